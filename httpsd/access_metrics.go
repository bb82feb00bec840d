package httpsd

import (
	"errors"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/promshard/promshard/store"
)

// Why a request was refused.
const (
	refusedMissing   = "missing"   // it shows nothing and would have to
	refusedUnknown   = "unknown"   // its token is none
	refusedForbidden = "forbidden" // it may not do that
	refusedRate      = "rate"      // there were too many
)

// accessMetrics are those of an Access.
type accessMetrics struct {
	refused *prometheus.CounterVec
	errors  prometheus.Counter
	// confirmed is when the database last confirmed the table, in milliseconds of Unix time; 0 is never.
	confirmed atomic.Int64
}

func newAccessMetrics(a *Access, r prometheus.Registerer) *accessMetrics {
	f := promauto.With(r)
	m := &accessMetrics{
		refused: f.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "access_refused_total",
			Help: "Requests that were refused: nothing to know them by (missing), a token that is none (unknown), not allowed (forbidden), too many (rate).",
		}, []string{"reason"}),
		errors: f.NewCounter(prometheus.CounterOpts{
			Namespace: namespace, Name: "access_errors_total",
			Help: "Looks at the database for who may do what that failed; the last good answer is used meanwhile.",
		}),
	}
	for _, reason := range []string{refusedMissing, refusedUnknown, refusedForbidden, refusedRate} {
		m.refused.WithLabelValues(reason)
	}
	f.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: namespace, Name: "access_confirmed_timestamp_seconds",
		Help: "When the database last confirmed who may do what, in seconds since 1970; 0 before the first time.",
	}, func() float64 { return float64(m.confirmed.Load()) / 1000 })
	for _, kind := range store.PrincipalKinds {
		f.NewGaugeFunc(prometheus.GaugeOpts{
			Namespace: namespace, Name: "access_principals", Help: "Tokens, users and certificates that are let in.",
			ConstLabels: prometheus.Labels{"kind": kind},
		}, func() float64 { return float64(a.table.Load().count(kind)) })
	}
	return m
}

// count returns how many of a kind are let in.
func (t *accessTable) count(kind string) (n int) {
	switch {
	case t == nil:
	case kind == store.KindUser:
		n = len(t.users)
	case kind == store.KindCertificate:
		n = len(t.certificates)
	default:
		for _, holders := range t.tokens {
			n += len(holders)
		}
	}
	return n
}

// observe counts an answer with err, when that is a refusal of who asked. A nil Access counts nothing.
func (a *Access) observe(err error) {
	reason := ""
	switch {
	case a == nil:
	case errors.Is(err, errUnauthorized):
		reason = refusedMissing
	case errors.Is(err, errBadToken):
		reason = refusedUnknown
	case errors.Is(err, errForbidden), errors.Is(err, store.ErrForbidden):
		reason = refusedForbidden
	case isTooFast(err):
		reason = refusedRate
	}
	if reason != "" {
		a.metrics.refused.WithLabelValues(reason).Inc()
	}
}
