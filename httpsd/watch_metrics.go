package httpsd

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// watches bounds and counts the streams that are open.
type watches struct {
	max int64
	now atomic.Int64

	events  struct{ full, delta, id, behind prometheus.Counter }
	resumes struct{ delta, full, behind prometheus.Counter }
	bytes   prometheus.Counter
	refused prometheus.Counter
	ends    *prometheus.CounterVec
}

// newWatches lets at most that many streams be open at one time; 0 or less is none.
func newWatches(most int, r prometheus.Registerer) *watches {
	w := &watches{max: int64(most)}
	f := promauto.With(r)
	f.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: namespace, Name: "watchers", Help: "Watch streams that are open now.",
	}, func() float64 { return float64(w.now.Load()) })
	events := f.NewCounterVec(prometheus.CounterOpts{
		Namespace: namespace, Name: "watch_events_total",
		Help: "What was sent on watch streams: whole sets (full), deltas, behind, and the ids that keep a stream alive.",
	}, []string{"event"})
	w.events.full, w.events.delta = events.WithLabelValues("full"), events.WithLabelValues("delta")
	w.events.id, w.events.behind = events.WithLabelValues("id"), events.WithLabelValues("behind")
	w.bytes = f.NewCounter(prometheus.CounterOpts{
		Namespace: namespace, Name: "watch_sent_bytes_total", Help: "Bytes that were sent on watch streams, compressed where they were.",
	})
	resumes := f.NewCounterVec(prometheus.CounterOpts{
		Namespace: namespace, Name: "watch_resumes_total",
		Help: "Watch streams of clients that said what they had, by what they got: delta, full or behind.",
	}, []string{"result"})
	w.resumes.delta, w.resumes.full = resumes.WithLabelValues("delta"), resumes.WithLabelValues("full")
	w.resumes.behind = resumes.WithLabelValues("behind")
	w.refused = f.NewCounter(prometheus.CounterOpts{
		Namespace: namespace, Name: "watchers_refused_total", Help: "Watch streams that were refused since too many were open.",
	})
	w.ends = f.NewCounterVec(prometheus.CounterOpts{
		Namespace: namespace, Name: "watchers_ended_total",
		Help: "Watch streams that ended: the client left (gone) or stopped reading (slow), what it asked for vanished, it was not allowed that any more (refused), it had seen more than the server has (behind), or the server stopped (shutdown).",
	}, []string{"reason"})
	for _, why := range []end{endGone, endSlow, endVanished, endRefused, endBehind, endShutdown} {
		w.ends.WithLabelValues(string(why))
	}
	return w
}

// enter takes a place, which must be left again, or says why there is none.
func (w *watches) enter(stopping bool) error {
	if stopping {
		return errStopping
	}
	if w.now.Add(1) > w.max {
		w.now.Add(-1)
		w.refused.Inc()
		return errTooManyWatchers
	}
	return nil
}

func (w *watches) leave() { w.now.Add(-1) }

func (w *watches) ended(why end) { w.ends.WithLabelValues(string(why)).Inc() }
