package snapshot

import (
	"cmp"
	"slices"
	"strings"

	"github.com/prometheus/common/model"

	"github.com/promshard/promshard/store"
)

// Labels that promshard sets itself, beside service, project, farm and job.
const (
	shardLabel      = "__shard"
	farmSourceLabel = "__farm_source"
)

// defaultScrapeTimeout is Prometheus's own default.
const defaultScrapeTimeout = "10s"

type label struct{ name, value string }

// labelSet is built in three steps: add labels, those that win later; then settle; then read. It is reused.
type labelSet []label

// add appends a label.
func (s *labelSet) add(name, value string) { *s = append(*s, label{name, value}) }

// addAll appends a user's labels.
func (s *labelSet) addAll(labels store.Labels) {
	for name, value := range labels {
		s.add(name, value)
	}
}

// settle sorts by name, keeps of equal names the one added last, sees to the scrape timeout, and drops what is
// empty. Prometheus takes an empty label for an absent one, so an empty value on a host takes away what its service
// says.
func (s *labelSet) settle() {
	slices.SortStableFunc(*s, byLabelName)
	kept := (*s)[:0]
	for _, l := range *s {
		if n := len(kept); n > 0 && kept[n-1].name == l.name {
			kept[n-1] = l
			continue
		}
		kept = append(kept, l)
	}
	*s = kept
	s.settleTimeout()
	*s = slices.DeleteFunc(*s, func(l label) bool { return l.value == "" })
}

func byLabelName(a, b label) int { return strings.Compare(a.name, b.name) }

// settleTimeout puts a scrape timeout beside a scrape interval: the one given, at most the interval; else Prometheus's
// default, at most the interval. Prometheus drops a target whose timeout exceeds its interval, and without a label it
// takes the timeout from the job. An interval that it would refuse goes, and so does a timeout without an interval.
func (s *labelSet) settleTimeout() {
	interval := s.get(model.ScrapeIntervalLabel)
	every := duration(interval)
	if every == 0 {
		s.drop(model.ScrapeIntervalLabel)
		s.drop(model.ScrapeTimeoutLabel)
		return
	}
	timeout := s.get(model.ScrapeTimeoutLabel)
	if duration(timeout) == 0 {
		timeout = defaultScrapeTimeout
	}
	if duration(timeout) > every {
		timeout = interval
	}
	s.set(model.ScrapeTimeoutLabel, timeout)
}

// duration reads a duration as Prometheus does; 0 when it is none.
func duration(s string) model.Duration {
	if s == "" {
		return 0
	}
	d, err := model.ParseDuration(s)
	if err != nil {
		return 0
	}
	return d
}

func (s labelSet) find(name string) (int, bool) {
	return slices.BinarySearchFunc(s, name, func(l label, name string) int { return cmp.Compare(l.name, name) })
}

func (s labelSet) get(name string) string {
	if i, ok := s.find(name); ok {
		return s[i].value
	}
	return ""
}

func (s *labelSet) set(name, value string) {
	i, ok := s.find(name)
	if !ok {
		*s = slices.Insert(*s, i, label{name: name})
	}
	(*s)[i].value = value
}

func (s *labelSet) drop(name string) {
	if i, ok := s.find(name); ok {
		*s = slices.Delete(*s, i, i+1)
	}
}
