package httpsd

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// requestMetrics count requests by the name of their route, of which there is a fixed number.
type requestMetrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	size     *prometheus.HistogramVec
}

func newRequestMetrics(r prometheus.Registerer) *requestMetrics {
	f := promauto.With(r)
	size := durationOpts("http_response_size_bytes", "Size of the bodies of answers, as sent.",
		prometheus.ExponentialBuckets(256, 8, 8))
	return &requestMetrics{
		requests: f.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "http_requests_total",
			Help: "Requests that were answered, by route, status code and method.",
		}, []string{"handler", "code", "method"}),
		duration: f.NewHistogramVec(durationOpts("http_request_duration_seconds",
			"How long requests took, the writing of the answer included, the time for which they were held left out.",
			prometheus.ExponentialBuckets(0.0001, 4, 9)), []string{"handler"}),
		size: f.NewHistogramVec(size, []string{"handler"}),
	}
}

// of returns the function that counts an answer of one route.
func (m *requestMetrics) of(name string) func(method string, w *recorder, took time.Duration) {
	duration, size := m.duration.WithLabelValues(name), m.size.WithLabelValues(name)
	return func(method string, w *recorder, took time.Duration) {
		code := w.code
		if code == 0 {
			code = http.StatusOK
		}
		m.requests.WithLabelValues(name, strconv.Itoa(code), knownMethod(method)).Inc()
		duration.Observe(took.Seconds())
		size.Observe(float64(w.bytes))
	}
}

// methods are those that count under their own name, and that an Allow header may list.
var methods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
	http.MethodOptions,
}

// knownMethod bounds the values of the label: a client may send any word.
func knownMethod(method string) string {
	for _, m := range methods {
		if m == method {
			return m
		}
	}
	return "other"
}
