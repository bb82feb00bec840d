package httpsd

import (
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// outcome says why a request is held no longer.
type outcome string

const (
	heldChanged  outcome = "changed"  // the list has changed
	heldVanished outcome = "vanished" // what the filters name is not there any more
	heldRefused  outcome = "refused"  // the client may not have the list any more
	heldDeadline outcome = "deadline" // the time is up
	heldShutdown outcome = "shutdown" // the server stops
	heldGone     outcome = "gone"     // the client did not wait
)

// Why a request was not held whose client has the list.
const (
	refusedProxy = "proxy"
	refusedLimit = "limit"
)

// holds bounds and counts the requests that are held.
type holds struct {
	max int64
	now atomic.Int64

	total    *prometheus.CounterVec
	refused  *prometheus.CounterVec
	duration prometheus.Histogram
}

// newHolds lets at most that many requests be held at one time; 0 or less is none.
func newHolds(most int, r prometheus.Registerer) *holds {
	h := &holds{max: int64(most)}
	f := promauto.With(r)
	f.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: namespace, Name: "held_requests", Help: "Requests with wait that are held now.",
	}, func() float64 { return float64(h.now.Load()) })
	h.total = f.NewCounterVec(prometheus.CounterOpts{
		Namespace: namespace, Name: "held_requests_total",
		Help: "Requests that were held, by what ended that: changed, vanished, refused, deadline, shutdown or gone.",
	}, []string{"outcome"})
	h.refused = f.NewCounterVec(prometheus.CounterOpts{
		Namespace: namespace, Name: "hold_refused_total",
		Help: "Requests that were answered at once though their client had the list: they came through a proxy, or the limit on held requests was reached.",
	}, []string{"reason"})
	h.duration = f.NewHistogram(durationOpts("hold_duration_seconds", "How long requests were held.",
		prometheus.ExponentialBuckets(0.1, 3, 8)))
	for _, o := range []outcome{heldChanged, heldVanished, heldRefused, heldDeadline, heldShutdown, heldGone} {
		h.total.WithLabelValues(string(o))
	}
	for _, reason := range []string{refusedProxy, refusedLimit} {
		h.refused.WithLabelValues(reason)
	}
	return h
}

// enter takes a place; false when there is none. It must be left again.
func (h *holds) enter() bool {
	if h.now.Add(1) > h.max {
		h.now.Add(-1)
		return false
	}
	return true
}

func (h *holds) leave() { h.now.Add(-1) }

// observe counts a request that was held for so long, and keeps that out of how long its answer took.
func (h *holds) observe(w http.ResponseWriter, o outcome, held time.Duration) {
	h.total.WithLabelValues(string(o)).Inc()
	h.duration.Observe(held.Seconds())
	if rec, ok := w.(*recorder); ok {
		rec.held += held
	}
}
