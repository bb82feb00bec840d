package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// metrics are what a Store tells about itself:
//
//	promshard_store_writes_total{result}            writes by what became of them: committed, unchanged (nothing to
//	                                                change, a dry run, a repetition), refused (invalid, not found, conflict), canceled, failed
//	promshard_store_write_duration_seconds          from the call to the end of the commit, the wait for other
//	                                                writers included
//	promshard_store_errors_total{kind}              errors of reads and writes: invalid, not_found, conflict,
//	                                                unavailable, canceled, internal
//	promshard_store_wakeups_total                   times subscribers were told to look for changes
//	promshard_store_listener_reconnects_total       times the connection that waits for notifications was lost
//	promshard_store_load_duration_seconds           full loads, the time of their receiver included
//	promshard_guard_refused_total                   writes that the guard refused
//	promshard_guard_confirmed_total                 writes that the guard would have refused, and that were confirmed
//	go_sql_*{db_name="reader"|"writer"}             the two pools of connections
type metrics struct {
	writes        *prometheus.CounterVec
	writeDuration prometheus.Histogram
	errors        *prometheus.CounterVec
	wakeups       prometheus.Counter
	reconnects    prometheus.Counter
	loadDuration  prometheus.Histogram

	guardRefused, guardConfirmed prometheus.Counter

	registerer prometheus.Registerer
	registered []prometheus.Collector
}

func newMetrics() *metrics {
	m := &metrics{
		writes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "promshard_store_writes_total",
			Help: "Writes by what became of them.",
		}, []string{"result"}),
		writeDuration: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "promshard_store_write_duration_seconds",
			Help:    "Time from the call to the end of the commit, the wait for other writers included.",
			Buckets: prometheus.ExponentialBuckets(0.001, 2.5, 12),
		}),
		errors: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "promshard_store_errors_total",
			Help: "Errors of reads and writes by kind.",
		}, []string{"kind"}),
		wakeups: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "promshard_store_wakeups_total",
			Help: "Times subscribers were told to look for changes.",
		}),
		reconnects: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "promshard_store_listener_reconnects_total",
			Help: "Times the connection that waits for notifications was lost.",
		}),
		loadDuration: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "promshard_store_load_duration_seconds",
			Help:    "Time of full loads, that of their receiver included.",
			Buckets: prometheus.ExponentialBuckets(0.01, 2.5, 10),
		}),
		guardRefused: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "promshard_guard_refused_total",
			Help: "Writes that were refused since they would have taken too many targets away.",
		}),
		guardConfirmed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "promshard_guard_confirmed_total",
			Help: "Writes that took many targets away as they were told to.",
		}),
	}
	for _, result := range []string{"committed", "unchanged", "refused", "canceled", "failed"} {
		m.writes.WithLabelValues(result)
	}
	for _, kind := range []string{"invalid", "not_found", "conflict", "forbidden", "unavailable", "canceled", "internal"} {
		m.errors.WithLabelValues(kind)
	}
	return m
}

// register registers everything with r, or nothing; unregister undoes it.
func (m *metrics) register(r prometheus.Registerer, reader, writer *sql.DB) error {
	m.registerer = r
	for _, c := range []prometheus.Collector{
		m.writes, m.writeDuration, m.errors, m.wakeups, m.reconnects, m.loadDuration, m.guardRefused, m.guardConfirmed,
		collectors.NewDBStatsCollector(reader, "reader"), collectors.NewDBStatsCollector(writer, "writer"),
	} {
		if err := r.Register(c); err != nil {
			m.unregister()
			return fmt.Errorf("registering the store's metrics: %w", err)
		}
		m.registered = append(m.registered, c)
	}
	return nil
}

func (m *metrics) unregister() {
	for _, c := range m.registered {
		m.registerer.Unregister(c)
	}
	m.registered = nil
}

// observeWrite counts one write; its revision is 0 when it changed nothing.
func (m *metrics) observeWrite(took time.Duration, revision int64, err error) {
	result := "committed"
	switch kind := errorKind(err); kind {
	case "":
		if revision == 0 {
			result = "unchanged"
		}
	case "invalid", "not_found", "conflict", "forbidden":
		result = "refused"
	case "canceled":
		result = "canceled"
	default:
		result = "failed"
	}
	m.writes.WithLabelValues(result).Inc()
	m.writeDuration.Observe(took.Seconds())
	m.observeError(err)
}

// observeError counts err, unless it is nil.
func (m *metrics) observeError(err error) {
	if kind := errorKind(err); kind != "" {
		m.errors.WithLabelValues(kind).Inc()
	}
}

// errorKind names what kind of error err is; empty for nil.
func errorKind(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, ErrInvalid):
		return "invalid"
	case errors.Is(err, ErrNotFound), errors.Is(err, sql.ErrNoRows):
		return "not_found"
	case errors.Is(err, ErrConflict):
		return "conflict"
	case errors.Is(err, ErrForbidden):
		return "forbidden"
	case errors.Is(err, ErrUnavailable):
		return "unavailable"
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return "canceled"
	}
	return "internal"
}
