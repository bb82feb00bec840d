//go:build e2e && linux

package e2e

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// job is one scrape config.
type job struct {
	name string
	// url is that of the list.
	url string
	// relabel is the YAML list of relabel_configs.
	relabel string
	// promshard are the fields of the entry of promshard_sd_configs that a custom Prometheus has in place of the URL, and
	// cache is the cache file among them.
	promshard, cache string
	// token is what the server shows for the list at the URL, if anything.
	token string
	// files is the pattern of the files that the list is in, in the place of the URL.
	files string
}

// release is a version of Prometheus.
type release struct {
	version, path string
	// defaults are labels that it adds to every discovered target, beside those that all releases add.
	defaults labels
	// garbles says that it shows wrong discovered labels (but scrapes the right targets) when relabelling changes them.
	garbles bool
}

// releases returns those that the tests run against.
func releases(t *testing.T) []release {
	t.Helper()
	return []release{
		{
			version: "3.15",
			path:    prometheusPath(t, "PROMSHARD_PROMETHEUS_315", "prometheus-3.15"),
			defaults: labels{
				"__always_scrape_classic_histograms__": "false", "__convert_classic_histograms_to_nhcb__": "false",
				"__scrape_native_histograms__": "false",
			},
		},
		{version: "2.42", path: prometheusPath(t, "PROMSHARD_PROMETHEUS_242", "prometheus-2.42"), garbles: true},
	}
}

// prometheus is a running Prometheus server.
type prometheus struct {
	release
	name, shard, address string
	jobs                 []job
	// refresh is how often it asks for its lists; "" is every second.
	refresh string
	// flags are more than those that all have.
	flags   []string
	process *process
}

// labels is a label set.
type labels map[string]string

// target is one active target as Prometheus shows it.
type target struct {
	Pool       string `json:"scrapePool"`
	Labels     labels `json:"labels"`
	Discovered labels `json:"discoveredLabels"`
	ScrapeURL  string `json:"scrapeUrl"`
	Health     string `json:"health"`
}

// start starts the server with its jobs, and returns once it is ready.
func (p *prometheus) start(t *testing.T) {
	t.Helper()
	p.launch(t)
	p.ready(t)
}

// launch starts the server with its jobs.
func (p *prometheus) launch(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	config := filepath.Join(dir, "prometheus.yml")
	require.NoError(t, os.WriteFile(config, []byte(p.config()), 0o600))
	p.process = start(t, p.name, p.path, append(p.flags, "--config.file="+config, "--storage.tsdb.path="+filepath.Join(dir, "data"),
		"--web.listen-address="+p.address)...)
}

// ready returns once the server answers.
func (p *prometheus) ready(t *testing.T) {
	t.Helper()
	eventually(t, func() error {
		if err := p.process.ended(); err != nil {
			require.NoError(t, err)
		}
		return httpGet(t, "http://"+p.address+"/-/ready", nil)
	})
}

// config is the server's prometheus.yml. Targets are scraped rarely, but for those that say otherwise.
func (p *prometheus) config() string {
	var b strings.Builder
	b.WriteString("global: {scrape_interval: 1h, scrape_timeout: 10s}\nscrape_configs:\n")
	for _, j := range p.jobs {
		fmt.Fprintf(&b, "- job_name: %s\n  %s\n", j.name, p.discovery(j))
		if j.relabel != "" {
			fmt.Fprintf(&b, "  relabel_configs: %s\n", j.relabel)
		}
	}
	return b.String()
}

// discovery is the section of the scrape config that says where targets come from.
func (p *prometheus) discovery(j job) string {
	switch {
	case j.promshard != "":
		return "promshard_sd_configs: [{" + j.promshard + "}]"
	case j.files != "":
		return fmt.Sprintf("file_sd_configs: [{files: [%q]}]", j.files)
	}
	authorization := ""
	if j.token != "" {
		authorization = fmt.Sprintf(", authorization: {credentials: %q}", j.token)
	}
	return fmt.Sprintf("http_sd_configs: [{url: %q, refresh_interval: %s%s}]", j.url, cmp.Or(p.refresh, "1s"), authorization)
}

// targets returns the active targets by job.
func (p *prometheus) targets(t *testing.T) (map[string][]target, error) {
	t.Helper()
	var body bytes.Buffer
	if err := httpGet(t, "http://"+p.address+"/api/v1/targets?state=active", &body); err != nil {
		return nil, err
	}
	var answer struct {
		Data struct {
			ActiveTargets []target `json:"activeTargets"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body.Bytes(), &answer); err != nil {
		return nil, fmt.Errorf("decoding the targets of %s: %w", p.name, err)
	}
	byPool := map[string][]target{}
	for _, active := range answer.Data.ActiveTargets {
		byPool[active.Pool] = append(byPool[active.Pool], active)
	}
	return byPool, nil
}

// has returns nil when every job has exactly the targets that are expected of it.
func (p *prometheus) has(t *testing.T, expected map[string][]labels) error {
	t.Helper()
	targets, err := p.targets(t)
	if err != nil {
		return err
	}
	for _, j := range p.jobs {
		if err := p.sameTargets(j, expected[j.name], targets[j.name]); err != nil {
			return fmt.Errorf("%s, job %s: %w", p.name, j.name, err)
		}
	}
	return nil
}

// hasJob is has for one job.
func (p *prometheus) hasJob(t *testing.T, name string, expected []labels) error {
	t.Helper()
	one := *p
	one.jobs = slices.DeleteFunc(slices.Clone(p.jobs), func(j job) bool { return j.name != name })
	return one.has(t, map[string][]labels{name: expected})
}

// sameTargets compares a job's targets with the labels that are expected to be discovered for them.
func (p *prometheus) sameTargets(j job, expected []labels, targets []target) error {
	var want, got []string
	for _, discovered := range expected {
		discovered = discovered.with(p.defaults).with(j.meta())
		want = append(want, p.describe(j, target{Labels: visible(discovered), Discovered: discovered, ScrapeURL: scrapeURL(j, discovered)}))
	}
	for _, active := range targets {
		got = append(got, p.describe(j, active))
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(want, got) {
		return fmt.Errorf("expected %d targets\n%s\ngot %d\n%s", len(want), strings.Join(want, "\n"), len(got), strings.Join(got, "\n"))
	}
	return nil
}

// describe returns all of a target that tests compare.
func (p *prometheus) describe(j job, active target) string {
	if j.relabel == probeRelabelling && p.garbles {
		active.Discovered = nil
	}
	if j.promshard != "" {
		active.Discovered = withoutIDs(active.Discovered)
	}
	text, err := json.Marshal([]any{active.ScrapeURL, active.Labels, active.Discovered})
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// visible is what Prometheus makes of discovered labels: those with a leading "__" go, and instance is the address,
// which for a probe's target is the URL to be probed.
func visible(discovered labels) labels {
	shown := maps.Clone(discovered)
	maps.DeleteFunc(shown, func(name, _ string) bool { return strings.HasPrefix(name, "__") })
	shown["instance"] = discovered["__address__"]
	return shown
}

// scrapeURL is where Prometheus must scrape a target with these discovered labels.
func scrapeURL(j job, discovered labels) string {
	u := url.URL{Scheme: discovered["__scheme__"], Host: discovered["__address__"], Path: discovered["__metrics_path__"]}
	query := url.Values{}
	for name, value := range discovered {
		if parameter, ok := strings.CutPrefix(name, "__param_"); ok {
			query.Set(parameter, value)
		}
	}
	if j.relabel == probeRelabelling {
		query.Set("target", u.Host)
		u.Host = prober
	}
	u.RawQuery = query.Encode()
	return u.String()
}

// metric returns the sum of the series of that name that have this label.
func (p *prometheus) metric(t *testing.T, name, label string) (float64, error) {
	t.Helper()
	var body bytes.Buffer
	if err := httpGet(t, "http://"+p.address+"/metrics", &body); err != nil {
		return 0, err
	}
	sum := 0.0
	for line := range strings.Lines(body.String()) {
		series, value, _ := strings.Cut(strings.TrimSpace(line), "} ")
		if !strings.HasPrefix(series, name+"{") || !strings.Contains(series, label) {
			continue
		}
		v, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return 0, fmt.Errorf("reading %s of %s: %w", name, p.name, err)
		}
		sum += v
	}
	return sum, nil
}

// refreshes returns how many lists were asked for since the start, and how many of those requests failed.
func (p *prometheus) refreshes(t *testing.T) (all, failed float64, err error) {
	t.Helper()
	const http = `mechanism="http"`
	if all, err = p.metric(t, "prometheus_sd_refresh_duration_seconds_count", http); err != nil {
		return 0, 0, err
	}
	failed, err = p.metric(t, "prometheus_sd_refresh_failures_total", http)
	return all, failed, err
}
