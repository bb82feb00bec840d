package check

import (
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/prometheus/common/model"
)

// dropsTarget ends the message of a problem that costs one target, or those of one group.
const dropsTarget = "; Prometheus drops the target"

// unixSocketLabel makes Prometheus 3.15 and later scrape a socket of the machine it runs on.
const unixSocketLabel = "__unix_socket__"

// switches are the labels that Prometheus reads as true or false.
var switches = []string{
	"__convert_classic_histograms_to_nhcb__", "__always_scrape_classic_histograms__", "__scrape_native_histograms__",
}

// group checks what Prometheus looks at once the list is decoded.
func (r *report) group(g group, o Options) {
	for _, name := range slices.Sorted(maps.Keys(g.labels)) {
		r.label(name, g.labels[name])
	}
	r.scrapeTimes(g)
	_, probed := g.labels["__param_module"]
	for _, t := range g.targets {
		r.target(t, o.URLs || probed)
	}
}

// label checks one label of a group.
func (r *report) label(name string, value text) {
	switch {
	case name == "":
		r.errorf(value.position, "a label name is empty%s", refusesFile)
	case !model.LegacyValidation.IsValidLabelName(name):
		r.errorf(value.position, "the label name %q is not of the form [a-zA-Z_][a-zA-Z0-9_]*; Prometheus 2 refuses the whole file", name)
	case name == unixSocketLabel:
		r.errorf(value.position, "%s would point a scrape at a socket of the machine that Prometheus runs on; a list must not", name)
	case !utf8.ValidString(value.value):
		r.errorf(value.position, "the value of label %q is not valid UTF-8%s", name, dropsTarget)
	case name == "__scheme__" && value.value != "" && value.value != "http" && value.value != "https":
		r.warnf(value.position, "the scheme %q is neither http nor https; every scrape fails", value.value)
	case slices.Contains(switches, name) && value.value != "":
		if _, err := strconv.ParseBool(value.value); err != nil {
			r.errorf(value.position, "%s %q is neither true nor false%s", name, value.value, dropsTarget)
		}
	}
}

// scrapeTimes checks interval and timeout. Where a group has but one of them, the other is taken to be Prometheus's
// own default.
func (r *report) scrapeTimes(g group) {
	interval, hasInterval, ok1 := r.duration(g, model.ScrapeIntervalLabel, time.Minute)
	timeout, hasTimeout, ok2 := r.duration(g, model.ScrapeTimeoutLabel, 10*time.Second)
	if !ok1 || !ok2 || timeout <= interval {
		return
	}
	switch {
	case hasInterval && hasTimeout:
		r.errorf(g.labels[model.ScrapeTimeoutLabel].position, "the timeout %s is longer than the interval %s%s",
			model.Duration(timeout), model.Duration(interval), dropsTarget)
	case hasTimeout:
		r.errorf(g.labels[model.ScrapeTimeoutLabel].position, "the timeout %s is longer than the default interval of 1m, and no %s is given%s",
			model.Duration(timeout), model.ScrapeIntervalLabel, dropsTarget)
	default:
		r.errorf(g.labels[model.ScrapeIntervalLabel].position, "the interval %s is shorter than the default timeout of 10s, and no %s is given%s",
			model.Duration(interval), model.ScrapeTimeoutLabel, dropsTarget)
	}
}

// duration reads a label that Prometheus parses as a duration. An empty one counts as absent, as it does there.
func (r *report) duration(g group, name string, missing time.Duration) (d time.Duration, present, ok bool) {
	label := g.labels[name]
	if label.value == "" {
		return missing, false, true
	}
	parsed, err := model.ParseDuration(label.value)
	if err != nil || parsed == 0 {
		r.errorf(label.position, "%s %q is not a duration above 0, such as 30s%s", name, label.value, dropsTarget)
		return 0, true, false
	}
	return time.Duration(parsed), true, true
}

// target checks one address.
func (r *report) target(t text, isURL bool) {
	switch {
	case t.value == "":
		r.errorf(t.position, "a target is empty%s", dropsTarget)
	case !utf8.ValidString(t.value):
		r.errorf(t.position, "a target is not valid UTF-8%s", dropsTarget)
	case isURL:
	case strings.Contains(t.value, "/"):
		r.errorf(t.position, `the target %q has a "/" in it; a target is HOST:PORT%s`, t.value, dropsTarget)
	default:
		r.address(t)
	}
}

// address warns of what Prometheus takes but cannot scrape.
func (r *report) address(t text) {
	if strings.ContainsFunc(t.value, unicode.IsSpace) {
		r.warnf(t.position, "the target %q has white space in it; every scrape fails", t.value)
		return
	}
	host, port, err := net.SplitHostPort(t.value)
	if err != nil {
		if strings.Count(t.value, ":") > 1 && !strings.HasPrefix(t.value, "[") {
			r.warnf(t.position, "the target %q looks like an IPv6 address without brackets; every scrape fails", t.value)
		}
		return
	}
	number, err := strconv.ParseUint(port, 10, 16)
	switch {
	case host == "":
		r.warnf(t.position, "the target %q has no host", t.value)
	case err != nil || number == 0:
		r.warnf(t.position, "the target %q has a port that is not 1 to 65535; every scrape fails", t.value)
	}
}
