package discovery

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/prometheus/discovery"

	"github.com/promshard/promshard/discovery/client"
)

var _ discovery.DiscovererMetrics = (*metrics)(nil)

// metrics are those of all Discoverers of a process. The series of a configuration are there while one of its
// Discoverers runs, so that reloads leave none behind. A scrape job may have several entries, which Prometheus does not
// tell apart by name: their counters are added up, and each gauge shows the one that is worst off.
type metrics struct {
	refresh    discovery.RefreshMetricsInstantiator
	registerer discovery.MetricRegisterer

	mu      sync.Mutex
	configs map[string]*tally
}

// tally is what is kept for one configuration.
type tally struct {
	counts map[*prometheus.Desc]float64
	runs   map[*series]struct{}
}

// series is the part of one running Discoverer. Its metrics' lock guards it.
type series struct {
	metrics      *metrics
	config       string
	connected    bool
	reconnecting bool
	lastEvent    time.Time
	revision     int64
}

func describe(name, help string) *prometheus.Desc {
	return prometheus.NewDesc("prometheus_sd_promshard_"+name, help, []string{"config"}, nil)
}

var (
	descConnected = describe("connected", "Whether a watch stream of a promshard server is open.")
	descLastEvent = describe("last_event_timestamp_seconds", "When a promshard server was last heard of, 0 while none has been.")
	descRevision  = describe("revision", "The revision of the inventory up to which changes have been received, 0 while none has been.")

	descReconnects = describe("reconnects_total", "Number of watch streams that were opened after the first one.")
	descFullSets   = describe("full_sets_total", "Number of whole sets that were received.")
	descDeltas     = describe("deltas_total", "Number of changes that were received over a watch stream.")
	descFallbacks  = describe("fallbacks_total", "Number of times that streams did not pass, so that requests at an interval began.")
	descCacheUsed  = describe("cache_used_total", "Number of times that the set was taken from the cache file, since no server had answered.")
	descFailures   = describe("failures_total", "Number of attempts to get something from a promshard server that have failed.")

	gauges   = []*prometheus.Desc{descConnected, descLastEvent, descRevision}
	counters = []*prometheus.Desc{descReconnects, descFullSets, descDeltas, descFallbacks, descCacheUsed, descFailures}
)

func newMetrics(reg prometheus.Registerer, refresh discovery.RefreshMetricsInstantiator) *metrics {
	m := &metrics{refresh: refresh, configs: map[string]*tally{}}
	m.registerer = discovery.NewMetricRegisterer(reg, []prometheus.Collector{m})
	return m
}

// Register implements discovery.DiscovererMetrics.
func (m *metrics) Register() error { return m.registerer.RegisterMetrics() }

// Unregister implements discovery.DiscovererMetrics.
func (m *metrics) Unregister() { m.registerer.UnregisterMetrics() }

// join begins the series of a Discoverer that runs for config. leave ends them.
func (m *metrics) join(config string) *series {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := m.configs[config]
	if t == nil {
		t = &tally{counts: map[*prometheus.Desc]float64{}, runs: map[*series]struct{}{}}
		m.configs[config] = t
	}
	s := &series{metrics: m, config: config}
	t.runs[s] = struct{}{}
	return s
}

func (m *metrics) leave(s *series) {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := m.configs[s.config]
	delete(t.runs, s)
	if len(t.runs) > 0 {
		return
	}
	delete(m.configs, s.config)
	// Prometheus takes these away when it cancels a Discoverer, but a request may be under way then.
	if r, ok := m.refresh.(interface{ DeleteLabelValues(mech, config string) }); ok {
		r.DeleteLabelValues(name, s.config)
	}
}

// polled counts a request for the whole set, which is what comes closest to a refresh of Prometheus's own mechanisms.
// The series are looked up each time: Prometheus deletes those of the old Discoverer after it has made the new one.
func (m *metrics) polled(config string, took time.Duration, ok bool) {
	r := m.refresh.Instantiate(name, config)
	r.Duration.Observe(took.Seconds())
	r.DurationHistogram.Observe(took.Seconds())
	if !ok {
		r.Failures.Inc()
	}
}

// observe counts what happens to the client.
func (s *series) observe(e client.Event) {
	s.metrics.mu.Lock()
	defer s.metrics.mu.Unlock()
	counts := s.metrics.configs[s.config].counts
	if e.ID.Revision > 0 { // a client that has to start over has no id for a while
		s.revision = e.ID.Revision
	}
	switch e.Kind {
	case client.Connected:
		if s.reconnecting {
			counts[descReconnects]++
		}
		s.connected, s.reconnecting = true, true
	case client.Disconnected:
		s.connected = false
		return
	case client.Full:
		counts[descFullSets]++
	case client.Delta:
		counts[descDeltas]++
	case client.Unchanged, client.Recovered:
	case client.Fallback:
		counts[descFallbacks]++
		return
	case client.CacheUsed:
		counts[descCacheUsed]++
		return
	case client.Failed:
		counts[descFailures]++
		return
	}
	s.lastEvent = time.Now()
}

// Describe implements prometheus.Collector.
func (m *metrics) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range gauges {
		ch <- d
	}
	for _, d := range counters {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (m *metrics) Collect(ch chan<- prometheus.Metric) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for config, t := range m.configs {
		for _, d := range counters {
			ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, t.counts[d], config)
		}
		connected, lastEvent, revision := t.worst()
		ch <- prometheus.MustNewConstMetric(descConnected, prometheus.GaugeValue, connected, config)
		ch <- prometheus.MustNewConstMetric(descLastEvent, prometheus.GaugeValue, lastEvent, config)
		ch <- prometheus.MustNewConstMetric(descRevision, prometheus.GaugeValue, revision, config)
	}
}

// worst returns the least that any of the Discoverers has.
func (t *tally) worst() (connected, lastEvent, revision float64) {
	first := true
	for s := range t.runs {
		c, l, r := s.values()
		if first {
			connected, lastEvent, revision, first = c, l, r, false
			continue
		}
		connected, lastEvent, revision = min(connected, c), min(lastEvent, l), min(revision, r)
	}
	return connected, lastEvent, revision
}

func (s *series) values() (connected, lastEvent, revision float64) {
	if s.connected {
		connected = 1
	}
	if !s.lastEvent.IsZero() {
		lastEvent = float64(s.lastEvent.UnixMilli()) / 1000
	}
	return connected, lastEvent, float64(s.revision)
}
