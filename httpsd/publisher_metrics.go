package httpsd

import (
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/promshard/promshard/httpsd/snapshot"
)

const namespace = "promshard"

// publisherMetrics are those that a Publisher counts itself; the rest is read off its snapshot at each scrape.
type publisherMetrics struct {
	build  prometheus.Histogram
	apply  prometheus.Histogram
	up     prometheus.Gauge
	errors *prometheus.CounterVec
}

// newPublisherMetrics registers everything that is known about p; a nil registerer leaves them unregistered.
func newPublisherMetrics(p *Publisher, r prometheus.Registerer) *publisherMetrics {
	f := promauto.With(r)
	m := &publisherMetrics{
		build: f.NewHistogram(durationOpts("snapshot_build_duration_seconds",
			"How long it took to load everything from the database and render it.",
			prometheus.ExponentialBuckets(0.001, 4, 10))),
		apply: f.NewHistogram(durationOpts("snapshot_apply_duration_seconds",
			"How long it took to render what changed.",
			prometheus.ExponentialBuckets(0.00001, 4, 10))),
		up: f.NewGauge(prometheus.GaugeOpts{
			Namespace: namespace, Name: "database_up",
			Help: "Whether the last look at the database succeeded and led to current lists.",
		}),
		errors: f.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "publisher_errors_total",
			Help: "Attempts to follow the database that failed, by what was being done: load, changes, apply, publish.",
		}, []string{"operation"}),
	}
	for _, operation := range []string{"load", "changes", "apply", "publish"} {
		m.errors.WithLabelValues(operation)
	}
	for _, encoded := range []struct {
		event string
		count *atomic.Int64
	}{{"full", &p.views.maker.fulls}, {"delta", &p.views.maker.deltas}} {
		f.NewCounterFunc(prometheus.CounterOpts{
			Namespace: namespace, Name: "watch_encoded_total",
			Help:        "Sets and deltas that were encoded for watch streams, for however many watchers.",
			ConstLabels: prometheus.Labels{"event": encoded.event},
		}, func() float64 { return float64(encoded.count.Load()) })
	}
	if r != nil {
		r.MustRegister(newSnapshotCollector(p))
	}
	return m
}

// durationOpts describe a histogram that is both native and, for servers that do not read those, classic.
func durationOpts(name, help string, buckets []float64) prometheus.HistogramOpts {
	return prometheus.HistogramOpts{
		Namespace: namespace, Name: name, Help: help, Buckets: buckets,
		NativeHistogramBucketFactor:     1.1,
		NativeHistogramMaxBucketNumber:  100,
		NativeHistogramMinResetDuration: time.Hour,
	}
}

// snapshotCollector reads the current snapshot at each scrape, so that a shard that is gone is gone here too.
type snapshotCollector struct {
	publisher *Publisher

	revision, stale, lag   *prometheus.Desc
	targets, groups, bytes *prometheus.Desc
}

func newSnapshotCollector(p *Publisher) *snapshotCollector {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help, labels, nil)
	}
	return &snapshotCollector{
		publisher: p,
		revision:  desc("snapshot_revision", "The revision of the inventory that is served; absent until it is loaded."),
		stale:     desc("snapshot_stale_seconds", "How long ago the database last confirmed that what is served is current; absent until it is loaded."),
		lag:       desc("replica_lag_revisions", "By how many revisions the lists are behind what the database was last seen to hold; absent until it is loaded."),
		targets:   desc("targets", "Targets in the list of a shard.", "shard", "kind"),
		groups:    desc("target_groups", "Target groups in the list of a shard.", "shard", "kind"),
		bytes:     desc("list_bytes", "Size of the list of a shard, not compressed.", "shard", "kind"),
	}
}

// Describe implements prometheus.Collector.
func (c *snapshotCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.revision, c.stale, c.lag, c.targets, c.groups, c.bytes} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c *snapshotCollector) Collect(ch chan<- prometheus.Metric) {
	s := c.publisher.Snapshot()
	if s == nil {
		return
	}
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	gauge(c.revision, float64(s.Revision().Number))
	gauge(c.stale, c.publisher.Staleness().Seconds())
	gauge(c.lag, float64(max(0, c.publisher.latest.Load()-s.Revision().Number)))
	for _, shard := range s.Shards() {
		c.collectShard(gauge, shard)
	}
}

// collectShard sends what is known about the two lists of one shard.
func (c *snapshotCollector) collectShard(gauge func(*prometheus.Desc, float64, ...string), s snapshot.ShardStat) {
	for _, list := range []struct {
		kind                   string
		targets, groups, bytes float64
	}{
		{"targets", float64(s.Targets), float64(s.TargetGroups), float64(s.TargetBytes)},
		{"urls", float64(s.URLs), float64(s.URLGroups), float64(s.URLBytes)},
	} {
		gauge(c.targets, list.targets, s.Name, list.kind)
		gauge(c.groups, list.groups, s.Name, list.kind)
		gauge(c.bytes, list.bytes, s.Name, list.kind)
	}
}
