package promfile

import (
	"fmt"
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
)

// planner collects targets and notes.
type planner struct {
	options Options
	config  *config
	targets []*target
	notes   []Note
}

func (p *planner) note(kind NoteKind, job, what, reason, suggestion string) {
	p.notes = append(p.notes, Note{kind, job, what, reason, suggestion})
}

// scrape takes in the targets of a scrape config, and notes what it has besides.
func (p *planner) scrape(s *scrape) error {
	defaults := p.defaults(s)
	before := len(p.targets)
	for i, g := range s.Static {
		if g == nil {
			return fmt.Errorf("job %q: entry %d of static_configs is empty", s.JobName, i+1)
		}
		p.group(s, g, defaults)
	}
	for _, sd := range s.Files {
		if err := p.files(s, sd, defaults); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Rest)) {
		p.field(s, name, p.targets[before:])
	}
	for _, name := range slices.Sorted(maps.Keys(s.Params)) {
		if !fitsLabel(name, s.Params[name]) && len(p.targets) > before {
			p.note(Stays, s.JobName, "params "+name, "a label can hold one value of a parameter whose name is letters, digits and _", ownConfig(p.targets[before]))
		}
	}
	return nil
}

// fitsLabel says whether a label can say what a parameter is.
func fitsLabel(name string, values []string) bool {
	return len(values) == 1 && model.LegacyValidation.IsValidLabelName(paramPrefix+name)
}

// files takes in the targets of an entry of file_sd_configs.
func (p *planner) files(s *scrape, sd *fileSD, defaults map[string]string) error {
	if sd == nil {
		return fmt.Errorf("job %q: an entry of file_sd_configs is empty", s.JobName)
	}
	for _, pattern := range sd.Files {
		names, err := filepath.Glob(relativeTo(s.folder, pattern))
		if err != nil {
			return fmt.Errorf("job %q: file_sd_configs %q: %w", s.JobName, pattern, err)
		}
		if len(names) == 0 {
			p.note(LeftOut, s.JobName, "file_sd_configs "+pattern, "no such file is here", "import on the machine that has it, or copy it beside the configuration")
		}
		for _, name := range names {
			groups, err := readGroups(name)
			if err != nil {
				return fmt.Errorf("job %q: %w", s.JobName, err)
			}
			for _, g := range groups {
				p.group(s, g, defaults)
			}
		}
	}
	return nil
}

// defaults are the labels that a job's targets have unless they say otherwise.
func (p *planner) defaults(s *scrape) map[string]string {
	labels := map[string]string{"job": s.JobName, schemeLabel: s.Scheme, pathLabel: s.MetricsPath}
	if own, global := p.times(s.times), p.times(times{}); own != global {
		labels[intervalLabel], labels[timeoutLabel] = own.Interval, own.Timeout
	}
	for name, values := range s.Params {
		if fitsLabel(name, values) {
			labels[paramPrefix+name] = values[0]
		}
	}
	return labels
}

// times completes what is written by what Prometheus puts in its place.
func (p *planner) times(own times) times {
	first := func(values ...string) string {
		return values[slices.IndexFunc(values, func(v string) bool { return v != "" })]
	}
	t := times{Interval: first(own.Interval, p.config.global.Interval, "1m"), Timeout: own.Timeout}
	if t.Timeout == "" {
		t.Timeout = first(p.config.global.Timeout, "10s")
		if duration(t.Timeout) > duration(t.Interval) {
			t.Timeout = t.Interval
		}
	}
	return t
}

// duration reads a duration; what is none is none, and is refused where it is used.
func duration(text string) time.Duration {
	d, _ := model.ParseDuration(text)
	return time.Duration(d)
}

// group takes in the targets of a group.
func (p *planner) group(s *scrape, g *group, defaults map[string]string) {
	labels := maps.Clone(defaults)
	for name, value := range g.Labels {
		if value != "" {
			labels[name] = value
		}
	}
	delete(labels, addressLabel)
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		if labels[name] == "" || !passes(name) {
			if labels[name] != "" {
				p.noteOnce(Changed, s.JobName, "label "+name, "a label that begins with __ is for relabelling, and is not kept", "give it another name, or keep the job in prometheus.yml if it relabels by it")
			}
			delete(labels, name)
		}
	}
	for _, address := range g.Targets {
		p.target(s, address, labels)
	}
}

func (p *planner) noteOnce(kind NoteKind, job, what, reason, suggestion string) {
	if n := (Note{kind, job, what, reason, suggestion}); !slices.Contains(p.notes, n) {
		p.notes = append(p.notes, n)
	}
}

// The labels that mean something to Prometheus.
const (
	addressLabel  = "__address__"
	schemeLabel   = "__scheme__"
	pathLabel     = "__metrics_path__"
	intervalLabel = "__scrape_interval__"
	timeoutLabel  = "__scrape_timeout__"
	paramPrefix   = "__param_"
)

// passes says whether an inventory can keep a label.
func passes(name string) bool {
	return !strings.HasPrefix(name, "__") || strings.HasPrefix(name, paramPrefix) ||
		slices.Contains([]string{schemeLabel, pathLabel, intervalLabel, timeoutLabel, "__shard", "__farm_source"}, name)
}

// ownConfig suggests where a setting belongs that the job of a target has.
func ownConfig(t *target) string {
	list := "/sd/targets?job=" + url.QueryEscape(t.job)
	if t.module != "" {
		list = "/sd/urls?job=" + url.QueryEscape(t.module)
	}
	return "keep this setting, in a scrape config whose targets come from " + list
}

// field notes a field of a scrape config that a list of targets has no place for.
func (p *planner) field(s *scrape, name string, targets []*target) {
	switch {
	case strings.HasSuffix(name, "_sd_configs"):
		suggestion := "keep this scrape config in prometheus.yml"
		if name == "http_sd_configs" {
			suggestion = "give that list to promshard import-jobs, or keep this scrape config in prometheus.yml"
		}
		p.note(LeftOut, s.JobName, name, "only Prometheus can say which targets this finds", suggestion)
	case len(targets) == 0: // without targets nothing has to move
	case name == "relabel_configs":
		p.note(Stays, s.JobName, name, "relabelling happens in Prometheus; targets are imported as they are before it", ownConfig(targets[0]))
	case slices.Contains(access, name):
		p.note(Stays, s.JobName, name, "how targets are reached is no matter of the list, and promshard keeps no secrets", ownConfig(targets[0]))
	default:
		p.note(Stays, s.JobName, name, "a setting of scrapes is no matter of the list", ownConfig(targets[0]))
	}
}

// access are the fields of Prometheus's HTTP client.
var access = []string{
	"authorization", "basic_auth", "bearer_token", "bearer_token_file", "enable_http2", "follow_redirects", "http_headers", "no_proxy",
	"oauth2", "proxy_connect_header", "proxy_from_environment", "proxy_url", "tls_config",
}
