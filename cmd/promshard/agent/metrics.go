package agent

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/promshard/promshard/discovery/client"
)

// metrics are those of an Agent.
type metrics struct {
	connected, lastEvent, revision, inPlace *prometheus.GaugeVec
	groups, targets, files, lastWrite       *prometheus.GaugeVec

	reconnects, fullSets, deltas, fallbacks, failures *prometheus.CounterVec
	written, removed, writeFailures                   *prometheus.CounterVec
	duration                                          *prometheus.HistogramVec

	reloads      *prometheus.CounterVec
	reloadFailed prometheus.Gauge
}

func newMetrics(registerer prometheus.Registerer) *metrics {
	f := promauto.With(registerer)
	gauge := func(name, help string) *prometheus.GaugeVec {
		return f.NewGaugeVec(prometheus.GaugeOpts{Name: "promshard_agent_" + name, Help: help}, []string{"list"})
	}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return f.NewCounterVec(prometheus.CounterOpts{Name: "promshard_agent_" + name, Help: help}, labels)
	}
	return &metrics{
		connected: gauge("connected", "Whether a watch stream of a promshard server is open."),
		lastEvent: gauge("last_event_timestamp_seconds", "When a promshard server was last heard of, 0 while none has been."),
		revision:  gauge("revision", "The revision of the inventory up to which changes have been received, 0 while none has been."),
		inPlace:   gauge("in_place", "Whether the files are what was last received."),
		groups:    gauge("groups", "Target groups that were last received."),
		targets:   gauge("targets", "Targets that were last received."),
		files:     gauge("files", "Files that the list consists of."),
		lastWrite: gauge("last_write_timestamp_seconds", "When a file was last written or removed, 0 while none has been."),

		reconnects: counter("reconnects_total", "Watch streams that were opened after the first one.", "list"),
		fullSets:   counter("full_sets_total", "Whole sets that were received.", "list"),
		deltas:     counter("deltas_total", "Changes that were received over a watch stream.", "list"),
		fallbacks:  counter("fallbacks_total", "Times that streams did not pass, so that requests at an interval began.", "list"),
		failures:   counter("failures_total", "Attempts to get something from a promshard server that have failed.", "list"),

		written:       counter("files_written_total", "Files that were written.", "list"),
		removed:       counter("files_removed_total", "Files of a split list that were removed, since nothing was left for them.", "list"),
		writeFailures: counter("write_failures_total", "Writes of a list that have failed, by what was wrong: the files, or what --check found.", "list", "reason"),
		duration: f.NewHistogramVec(prometheus.HistogramOpts{
			Name: "promshard_agent_write_duration_seconds", Help: "How long it took to render a list and to put it in place, or to find that it is.",
			Buckets: prometheus.ExponentialBuckets(0.001, 4, 8),
		}, []string{"list"}),

		reloads: counter("reloads_total", "Requests to Prometheus to reload.", "result"),
		reloadFailed: f.NewGauge(prometheus.GaugeOpts{
			Name: "promshard_agent_reload_failed", Help: "Whether the last request to Prometheus to reload has failed.",
		}),
	}
}

func (m *metrics) reloaded(err error) {
	if err != nil {
		m.reloads.WithLabelValues("failed").Inc()
		m.reloadFailed.Set(1)
		return
	}
	m.reloads.WithLabelValues("done").Inc()
	m.reloadFailed.Set(0)
}

// The reasons for which a write fails.
const (
	reasonCheck = "check"
	reasonFiles = "files"
)

// listMetrics are those of one list.
type listMetrics struct {
	m    *metrics
	kind string
	// streams counts those that were open; the client's goroutine alone uses it.
	streams int
}

// list returns the metrics of a list, all of which are there from then on.
func (m *metrics) list(kind string) *listMetrics {
	for _, g := range []*prometheus.GaugeVec{m.connected, m.lastEvent, m.revision, m.inPlace, m.groups, m.targets, m.files, m.lastWrite} {
		g.WithLabelValues(kind)
	}
	for _, c := range []*prometheus.CounterVec{m.reconnects, m.fullSets, m.deltas, m.fallbacks, m.failures, m.written, m.removed} {
		c.WithLabelValues(kind)
	}
	m.writeFailures.WithLabelValues(kind, reasonCheck)
	m.writeFailures.WithLabelValues(kind, reasonFiles)
	return &listMetrics{m: m, kind: kind}
}

// observe takes note of what has happened to the client.
func (l *listMetrics) observe(e client.Event) {
	m := l.m
	switch e.Kind {
	case client.Connected:
		m.connected.WithLabelValues(l.kind).Set(1)
		if l.streams++; l.streams > 1 {
			m.reconnects.WithLabelValues(l.kind).Inc()
		}
	case client.Disconnected:
		m.connected.WithLabelValues(l.kind).Set(0)
	case client.Full:
		m.fullSets.WithLabelValues(l.kind).Inc()
	case client.Delta:
		m.deltas.WithLabelValues(l.kind).Inc()
	case client.Fallback:
		m.fallbacks.WithLabelValues(l.kind).Inc()
	case client.Failed:
		m.failures.WithLabelValues(l.kind).Inc()
		return
	case client.Unchanged, client.Recovered, client.CacheUsed:
	}
	if e.Kind != client.Disconnected {
		m.lastEvent.WithLabelValues(l.kind).SetToCurrentTime()
	}
	m.revision.WithLabelValues(l.kind).Set(float64(e.ID.Revision))
}

// synced takes note of a write.
func (l *listMetrics) synced(all []*client.Group, d done, err error, took time.Duration) {
	m, targets := l.m, 0
	for _, g := range all {
		targets += len(g.Targets)
	}
	m.groups.WithLabelValues(l.kind).Set(float64(len(all)))
	m.targets.WithLabelValues(l.kind).Set(float64(targets))
	m.duration.WithLabelValues(l.kind).Observe(took.Seconds())
	if !d.nothing() {
		m.written.WithLabelValues(l.kind).Add(float64(len(d.written)))
		m.removed.WithLabelValues(l.kind).Add(float64(len(d.removed)))
		m.lastWrite.WithLabelValues(l.kind).SetToCurrentTime()
	}
	if err != nil {
		m.inPlace.WithLabelValues(l.kind).Set(0)
		m.writeFailures.WithLabelValues(l.kind, reasonOf(err)).Inc()
		return
	}
	m.inPlace.WithLabelValues(l.kind).Set(1)
	m.files.WithLabelValues(l.kind).Set(float64(d.files))
}

func reasonOf(err error) string {
	var refused *CheckError
	if errors.As(err, &refused) {
		return reasonCheck
	}
	return reasonFiles
}
