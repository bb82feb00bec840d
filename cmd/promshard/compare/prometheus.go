package compare

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Pools knows, by scrape pool, the labels that a Prometheus puts on every target which does not say otherwise.
type Pools map[string]map[string]string

// ReadPools reads the configuration of a running Prometheus, which has every default filled in.
func ReadPools(configuration string) (Pools, error) {
	var c struct {
		ScrapeConfigs []struct {
			JobName        string              `yaml:"job_name"`
			Scheme         string              `yaml:"scheme"`
			MetricsPath    string              `yaml:"metrics_path"`
			ScrapeInterval string              `yaml:"scrape_interval"`
			ScrapeTimeout  string              `yaml:"scrape_timeout"`
			Params         map[string][]string `yaml:"params"`
		} `yaml:"scrape_configs"`
	}
	if err := yaml.Unmarshal([]byte(configuration), &c); err != nil {
		return nil, fmt.Errorf("decoding its configuration: %w", err)
	}
	pools := Pools{}
	for _, s := range c.ScrapeConfigs {
		labels := map[string]string{
			"job": s.JobName, "__scheme__": s.Scheme, "__metrics_path__": s.MetricsPath,
			"__scrape_interval__": s.ScrapeInterval, "__scrape_timeout__": s.ScrapeTimeout,
		}
		for name, values := range s.Params {
			if len(values) > 0 {
				labels["__param_"+name] = values[0]
			}
		}
		pools[s.JobName] = labels
	}
	return pools, nil
}

// switches are labels that a newer Prometheus adds to every target.
var switches = []string{
	"__scrape_native_histograms__", "__always_scrape_classic_histograms__", "__convert_classic_histograms_to_nhcb__",
}

// PrometheusOptions say which targets of a Prometheus are read.
type PrometheusOptions struct {
	Pools Pools
	// Only names the scrape pools that are read; empty is all of them.
	Only []string
}

// Prometheus reads what /api/v1/targets of a Prometheus answers, active and dropped targets alike, one by one: their
// labels as they were discovered, before relabelling.
func Prometheus(r io.Reader, o PrometheusOptions) Groups {
	return func(yield func(Group, error) bool) {
		p := &prometheusReader{dec: json.NewDecoder(r), options: o, yield: yield}
		if err := p.answer(); err != nil && !errors.Is(err, errStopped) {
			yield(Group{}, fmt.Errorf("decoding its targets: %w", err))
		}
	}
}

// errStopped ends reading when nobody wants more.
var errStopped = errors.New("nobody wants more")

type prometheusReader struct {
	dec     *json.Decoder
	options PrometheusOptions
	yield   func(Group, error) bool
	// found says that there was a list of targets.
	found bool
}

// answer reads the whole document.
func (p *prometheusReader) answer() error {
	err := p.object(func(key string) error {
		switch key {
		case "data":
			return p.object(p.data)
		case "status":
			return p.status()
		}
		return p.skip()
	})
	if err != nil {
		return err
	}
	if _, err := p.dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the end of the answer")
	}
	if !p.found {
		return errors.New("the answer has no list of targets; does the URL belong to a Prometheus?")
	}
	return nil
}

// object reads an object, and its values by read.
func (p *prometheusReader) object(read func(key string) error) error {
	if err := p.delim('{'); err != nil {
		return err
	}
	for p.dec.More() {
		token, err := p.dec.Token()
		if err != nil {
			return whole(err)
		}
		key, _ := token.(string)
		if err := read(key); err != nil {
			return err
		}
	}
	return p.delim('}')
}

func (p *prometheusReader) delim(want json.Delim) error {
	token, err := p.dec.Token()
	if err == nil && token != want {
		err = fmt.Errorf("expected %s at byte %d", want, p.dec.InputOffset())
	}
	return whole(err)
}

// whole puts a name to an answer that was cut short.
func whole(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the answer ends before its time")
	}
	return err
}

func (p *prometheusReader) skip() error {
	var value json.RawMessage
	return whole(p.dec.Decode(&value))
}

func (p *prometheusReader) status() error {
	var status string
	if err := p.dec.Decode(&status); err != nil {
		return whole(err)
	}
	if status != "success" {
		return fmt.Errorf("its status is %q", status)
	}
	return nil
}

// data reads one value of the answer's data.
func (p *prometheusReader) data(key string) error {
	if key != "activeTargets" && key != "droppedTargets" {
		return p.skip()
	}
	p.found = true
	token, err := p.dec.Token()
	switch {
	case err != nil:
		return whole(err)
	case token == nil: // null is an empty list
		return nil
	case token != json.Delim('['):
		return fmt.Errorf("%s is not a list", key)
	}
	for p.dec.More() {
		if err := p.target(); err != nil {
			return err
		}
	}
	return p.delim(']')
}

// target reads one target.
func (p *prometheusReader) target() error {
	var t struct {
		DiscoveredLabels map[string]string `json:"discoveredLabels"`
		ScrapePool       string            `json:"scrapePool"`
	}
	if err := p.dec.Decode(&t); err != nil {
		return whole(err)
	}
	address := t.DiscoveredLabels["__address__"]
	switch {
	case address == "":
		return errors.New("a target has no address among its discovered labels")
	case len(p.options.Only) == 0:
	case t.ScrapePool == "":
		return errors.New("this Prometheus does not say which scrape pool its dropped targets belong to; compare all pools, or active targets alone")
	case !slices.Contains(p.options.Only, t.ScrapePool):
		return nil
	}
	delete(t.DiscoveredLabels, "__address__")
	if !p.yield(Group{Targets: []string{address}, Labels: t.DiscoveredLabels, Added: p.added(t.ScrapePool, t.DiscoveredLabels)}, nil) {
		return errStopped
	}
	return nil
}

// added names the labels that Prometheus may have added: what it says of where a target was found, and the defaults of
// its scrape pool. A dropped target of an older Prometheus has no pool: its labels may be the defaults of any.
func (p *prometheusReader) added(pool string, labels map[string]string) map[string]bool {
	added := map[string]bool{}
	for name, value := range labels {
		switch {
		case strings.HasPrefix(name, "__meta_"), slices.Contains(switches, name):
			added[name] = true
		case pool != "":
			added[name] = p.options.Pools[pool][name] == value
		default:
			for _, defaults := range p.options.Pools {
				added[name] = added[name] || defaults[name] == value
			}
		}
	}
	return added
}
