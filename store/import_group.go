package store

import (
	"fmt"
	"maps"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/prometheus/common/model"
)

// DefaultShard is where an import puts the projects of groups that name no shard, as Promgen does.
const DefaultShard = "Default"

// importGroup is a group that was understood. The names in it are not validated yet.
type importGroup struct {
	// number counts the groups from 1, for errors.
	number           int
	service, project string
	// shard, farm and source are empty when the group does not say.
	shard, farm, source string
	job, scheme, path   string
	// module is that of the probe of a group of URLs, empty for a group of hosts.
	module string
	// extra are the labels that promshard does not set itself.
	extra   Labels
	targets []string
}

// readGroup understands a group. It keeps the slice of targets.
func readGroup(number int, g ImportGroup, o ImportOptions) (importGroup, error) {
	labels := maps.Clone(g.Labels)
	maps.DeleteFunc(labels, func(_, value string) bool { return value == "" })
	take := func(name string) string {
		value := labels[name]
		delete(labels, name)
		return value
	}
	read := importGroup{number: number, targets: g.Targets}
	read.service, read.project, read.job = take("service"), take("project"), take("job")
	read.shard, read.farm, read.source = take("__shard"), take("farm"), take("__farm_source")
	if o.Shard != "" {
		read.shard = o.Shard
	}
	var err error
	if isURLGroup(read.farm, labels, g.Targets) {
		read.module = take(paramPrefix + "module")
		err = read.checkURLs()
	} else {
		read.scheme = take("__scheme__")
		read.path = takePath(labels)
		err = read.demand("service", read.service, "project", read.project, "job", read.job)
	}
	read.extra = foldScrapeTimes(labels)
	return read, err
}

// isURLGroup tells a group of URLs that a probe checks from one of hosts.
func isURLGroup(farm string, labels map[string]string, targets []string) bool {
	if farm != "" || labels[paramPrefix+"module"] == "" || len(targets) == 0 {
		return false
	}
	for _, t := range targets {
		if !strings.HasPrefix(t, "http://") && !strings.HasPrefix(t, "https://") {
			return false
		}
	}
	return true
}

// checkURLs checks the labels of a group of URLs.
func (g *importGroup) checkURLs() error {
	if g.job != "" && g.job != g.module {
		return &Error{
			Kind: ErrInvalid, Noun: "label", Field: "job", Value: shorten(g.job),
			Reason: fmt.Sprintf("differs from %smodule %q; for URLs both name the probe", paramPrefix, g.module),
		}
	}
	return g.demand("service", g.service, "project", g.project)
}

// demand takes names and values of labels in turn, and refuses an empty value.
func (g *importGroup) demand(pairs ...string) error {
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			return &Error{
				Kind: ErrInvalid, Noun: "label", Field: pairs[i],
				Reason: "is missing; a group of hosts says its service, project and job, a group of URLs its service, project and __param_module",
			}
		}
	}
	return nil
}

// takePath takes an exporter's path with its query out of the labels. Without a path, parameters stay labels.
func takePath(labels map[string]string) string {
	path := labels["__metrics_path__"]
	if path == "" {
		return ""
	}
	delete(labels, "__metrics_path__")
	query := url.Values{}
	for name, value := range labels {
		if p, ok := strings.CutPrefix(name, paramPrefix); ok {
			query.Set(p, value)
			delete(labels, name)
		}
	}
	switch {
	case len(query) == 0:
		return path
	case strings.Contains(path, "?"):
		return path + "&" + query.Encode()
	}
	return path + "?" + query.Encode()
}

// splitTarget takes "host:port" apart; an IPv6 address is in brackets.
func splitTarget(target string) (host string, port int, err error) {
	host, digits, err := net.SplitHostPort(target)
	number, notNumber := strconv.ParseUint(digits, 10, 16)
	if err != nil || notNumber != nil {
		return "", 0, &Error{
			Kind: ErrInvalid, Noun: "target", Value: shorten(target),
			Reason: "is not host:port; web1.example.com:9100 and [2001:db8::1]:9100 are",
		}
	}
	return host, int(number), nil
}

// foldScrapeTimes puts a scrape timeout behind its interval, so that one label stands for what only makes sense
// together. Without a timeout it is the one that lists show. It changes labels and returns them.
func foldScrapeTimes(labels Labels) Labels {
	interval, timeout := labels[scrapeIntervalLabel], labels[scrapeTimeoutLabel]
	if interval == "" && timeout == "" {
		return labels
	}
	if timeout == "" {
		timeout = shorterDuration(interval, "10s")
	}
	delete(labels, scrapeTimeoutLabel)
	labels[scrapeIntervalLabel] = interval + foldMark + timeout
	return labels
}

// foldEffective is foldScrapeTimes for labels that come from several nouns: a list then shows a timeout that is no
// longer than the interval, and none without an interval.
func foldEffective(labels Labels) Labels {
	interval, timeout := labels[scrapeIntervalLabel], labels[scrapeTimeoutLabel]
	switch {
	case interval == "":
		delete(labels, scrapeTimeoutLabel)
	case timeout != "":
		labels[scrapeTimeoutLabel] = shorterDuration(interval, timeout)
	}
	return foldScrapeTimes(labels)
}

// shorterDuration returns a when it is shorter than b, as it is written.
func shorterDuration(a, b string) string {
	x, err1 := model.ParseDuration(a)
	y, err2 := model.ParseDuration(b)
	if err1 == nil && err2 == nil && x < y {
		return a
	}
	return b
}

// foldMark stands between an interval and a timeout, where no valid label has it.
const foldMark = "\x00"

// unfoldScrapeTimes undoes foldScrapeTimes.
func unfoldScrapeTimes(labels Labels) Labels {
	interval, timeout, folded := strings.Cut(labels[scrapeIntervalLabel], foldMark)
	if !folded {
		return labels
	}
	delete(labels, scrapeIntervalLabel)
	for name, value := range map[string]string{scrapeIntervalLabel: interval, scrapeTimeoutLabel: timeout} {
		if value != "" {
			labels[name] = value
		}
	}
	return labels
}

// unfolded is a folded value as people know it.
func unfolded(value string) string {
	return strings.ReplaceAll(value, foldMark, ", "+scrapeTimeoutLabel+" ")
}
