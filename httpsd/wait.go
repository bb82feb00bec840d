package httpsd

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"
)

// waitParameter is the query parameter that asks for a request to be held. It is no filter: the list is the same.
const waitParameter = "wait"

// refreshHeader says how often a Prometheus asks, in seconds, which is also how long it waits for a whole answer.
const refreshHeader = "X-Prometheus-Refresh-Interval-Seconds"

// parseWait returns how long the values of the parameter allow a request to be held; 0 is as long as the server does.
func parseWait(values []string) (time.Duration, error) {
	value := values[0]
	switch {
	case len(values) > 1:
		return 0, invalid(waitParameter, values[1], "must be given once")
	case value == "":
		return 0, nil
	}
	d, err := model.ParseDuration(value)
	if err != nil || d <= 0 {
		return 0, invalid(waitParameter, value, "must be a duration above 0 like 30s or 1m30s, or empty to wait as long as is allowed")
	}
	return time.Duration(d), nil
}

// holdLimit is how long a request may be held: no longer than the server does, than was asked for, and than 90 % of the
// client's refresh interval, since the client wants the whole answer within that. most is 0 when any time will do.
func holdLimit(server, most time.Duration, header http.Header) time.Duration {
	limit := server
	if most > 0 {
		limit = min(limit, most)
	}
	if interval, ok := refreshInterval(header); ok {
		limit = min(limit, interval-interval/10)
	}
	return limit
}

// refreshInterval is what the client says of itself; ok is false when it says nothing that makes sense.
func refreshInterval(header http.Header) (interval time.Duration, ok bool) {
	seconds, err := strconv.ParseFloat(strings.TrimSpace(header.Get(refreshHeader)), 64)
	if err != nil || !(seconds > 0) { // NaN is not above 0 either
		return 0, false
	}
	nanoseconds := seconds * float64(time.Second)
	if nanoseconds >= math.MaxInt64 {
		return math.MaxInt64, true
	}
	return max(time.Duration(nanoseconds), 1), true
}

// proxied says whether a request came through a proxy that says so: such a one may share its connections between
// clients, so that what was sent on a connection says nothing about what one of them has.
func proxied(header http.Header) bool {
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "Via"} {
		if len(header.Values(name)) > 0 {
			return true
		}
	}
	return false
}
