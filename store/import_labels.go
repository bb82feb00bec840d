package store

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
)

// settleLabels decides which of the labels that a list puts on (exporter, host) pairs of one project are the
// exporter's and which the host's, such that rendering gives the list's labels back: what all hosts share is the
// exporter's, what sets hosts apart is theirs. Rows that were there before the import keep their labels. It returns
// ErrInvalid when no choice gives the list's labels.
func (b *importBatch) settleLabels() error {
	names := map[string]bool{}
	for _, e := range b.exporters {
		for _, extra := range e.extras {
			addKeys(names, extra)
		}
		if e.imported && e.row.ID != 0 {
			addKeys(names, e.labels)
		}
	}
	if b.imported {
		addKeys(names, b.projectLabels)
	}
	b.fixScrapeTimes()
	sorted := slices.Sorted(maps.Keys(names))
	for _, name := range sorted {
		b.settleLabel(name)
	}
	for _, name := range sorted {
		if err := b.verifyLabel(name); err != nil {
			return err
		}
	}
	return nil
}

func addKeys(names map[string]bool, labels Labels) {
	for name := range labels {
		names[name] = true
	}
}

// wanted is the value that the list gives the label on a host of the exporter, empty for none; known is false when
// the list does not say: the host is not among the exporter's, or an exporter that was there before has more labels
// than the list knows of; or when it does not matter.
func (e *importExporter) wanted(h *importHost, name string) (value string, known bool) {
	i, ok := e.hosts[h.name]
	if !ok || e.settled(name) {
		return "", false
	}
	value = e.extras[i][name]
	return value, value != "" || e.imported
}

// settleLabel decides about one label.
func (b *importBatch) settleLabel(name string) {
	common, shared := b.commonValue(name)
	for _, e := range b.exporters {
		if e.row.ID != 0 || e.settled(name) {
			continue
		}
		value := common
		if !shared {
			value = b.valueOfMixedHosts(e, name)
		}
		e.labels[name] = value
	}
	for _, h := range b.hosts {
		if h.id != 0 {
			continue
		}
		for _, e := range b.exporters {
			if value, known := e.wanted(h, name); known && value != e.labels[name] {
				h.labels[name] = value
			}
		}
	}
}

// commonValue returns the one value that the label has on every host of every exporter, if it is one.
func (b *importBatch) commonValue(name string) (value string, shared bool) {
	for _, e := range b.exporters {
		if e.settled(name) {
			continue
		}
		v, one := e.commonValue(name)
		if !one || shared && v != value {
			return "", false
		}
		value, shared = v, true
	}
	return value, shared
}

// commonValue returns the one value that the label has on every host of the exporter, if it is one.
func (e *importExporter) commonValue(name string) (value string, shared bool) {
	for _, extra := range e.extras {
		if shared && extra[name] != value {
			return "", false
		}
		value, shared = extra[name], true
	}
	return value, shared
}

// valueOfMixedHosts returns the value on a host of e for which exporters differ: such a host cannot have the label
// itself. When there is no such host, hosts have the label, but for what service and project say.
func (b *importBatch) valueOfMixedHosts(e *importExporter, name string) string {
	for _, h := range b.hosts {
		value, known := e.wanted(h, name)
		if known && b.mixed(h, name, value) {
			return value
		}
	}
	return b.projectLabels[name]
}

// mixed says whether an exporter has another value than this one for the label on the host.
func (b *importBatch) mixed(h *importHost, name, value string) bool {
	return slices.ContainsFunc(b.exporters, func(e *importExporter) bool {
		v, known := e.wanted(h, name)
		return known && v != value
	})
}

// verifyLabel demands that what settleLabel decided gives the list's values, as far as rows of this import go.
func (b *importBatch) verifyLabel(name string) error {
	for _, e := range b.exporters {
		for _, h := range b.hosts {
			want, known := e.wanted(h, name)
			if !known || !e.imported || !h.imported {
				continue
			}
			got, own := h.labels[name]
			if !own {
				got = e.labels[name]
			}
			if got != want {
				return importing(e.number, e.unsettled(h, name))
			}
		}
	}
	return nil
}

// unsettled is the error for a label that neither the exporter nor the host can have.
func (e *importExporter) unsettled(h *importHost, name string) error {
	return &Error{
		Kind: ErrInvalid, Noun: "label", Field: name,
		Reason: fmt.Sprintf("fits neither exporter %q nor host %q: a label of an exporter is the same on its hosts, one of a host the same on its exporters",
			e.row.Job, h.name),
		Hint: "let the groups of one project follow one another, or take the label out",
	}
}

// ownLabels returns the labels of an exporter that is to be created: what service and project do not say already.
func (b *importBatch) ownLabels(e *importExporter) Labels {
	own := Labels{}
	for name, value := range e.labels {
		if b.projectLabels[name] != value {
			own[name] = value
		}
	}
	return own
}

// fixScrapeTimes moves a scrape interval and timeout that all hosts of an exporter share to the exporter's fields, which
// win over labels, unless service or project say the same or the fields would say it in other words.
func (b *importBatch) fixScrapeTimes() {
	for _, e := range b.exporters {
		value, shared := e.commonValue(scrapeIntervalLabel)
		if e.row.ID != 0 || !shared || value == b.projectLabels[scrapeIntervalLabel] {
			continue
		}
		interval, timeout, _ := strings.Cut(value, foldMark)
		i, ok1 := canonicalDuration(interval)
		t, ok2 := canonicalDuration(timeout)
		if ok1 && ok2 {
			e.row.ScrapeInterval, e.row.ScrapeTimeout = i, t
		}
	}
}

// settled says whether labels cannot alter the one by that name on the exporter's targets.
func (e *importExporter) settled(name string) bool {
	return name == scrapeIntervalLabel && e.row.ScrapeInterval != 0
}

// canonicalDuration reads a duration that is written as promshard writes it; an empty one is 0.
func canonicalDuration(s string) (model.Duration, bool) {
	if s == "" {
		return 0, true
	}
	d, err := model.ParseDuration(s)
	return d, err == nil && d > 0 && d.String() == s
}

// effectiveLabels are the labels that rendering puts on the hosts of an exporter that is there.
func effectiveLabels(above Labels, e Exporter) Labels {
	labels := unfoldScrapeTimes(maps.Clone(above))
	maps.Copy(labels, e.Labels)
	if e.ScrapeInterval != 0 {
		labels[scrapeIntervalLabel] = e.ScrapeInterval.String()
	}
	if e.ScrapeTimeout != 0 {
		labels[scrapeTimeoutLabel] = e.ScrapeTimeout.String()
	}
	return foldEffective(labels)
}
