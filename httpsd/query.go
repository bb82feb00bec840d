package httpsd

import (
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/promshard/promshard/httpsd/snapshot"
)

// filters are the query parameters of a list, in the order in which errors name them.
var filters = []string{"shard", "service", "project", "farm", "job", "server"}

// filterField returns where the values of a filter go.
func filterField(q *snapshot.Query, filter string) *[]string {
	switch filter {
	case "shard":
		return &q.Shards
	case "service":
		return &q.Services
	case "project":
		return &q.Projects
	case "farm":
		return &q.Farms
	case "job":
		return &q.Jobs
	default:
		return &q.Servers
	}
}

// parseQuery reads the filters of a list from a raw query. given, when not empty, is the one that the address itself
// stands for: as a parameter it is refused, since it could only widen or contradict what the address says. others are
// parameters that the address knows beside the filters; their values are returned as they are. Whatever is not
// understood is refused and named: a filter that was silently ignored would give another list than was meant.
func parseQuery(raw, given string, others ...string) (q snapshot.Query, rest url.Values, err error) {
	if raw == "" {
		return q, nil, nil
	}
	values, err := url.ParseQuery(raw)
	if err != nil {
		return q, nil, invalid("", "", "the query cannot be parsed: "+shorten(err.Error()))
	}
	for name := range values {
		if name == given || !slices.Contains(filters, name) && !slices.Contains(others, name) {
			return q, nil, refuseUnknown(values, given, others)
		}
	}
	for _, filter := range filters {
		if err := takeFilter(&q, filter, values[filter]); err != nil {
			return snapshot.Query{}, nil, err
		}
		delete(values, filter)
	}
	return q, values, nil
}

// refuseUnknown names the first parameter, in byte order, that is not known.
func refuseUnknown(values url.Values, given string, others []string) error {
	accepted := slices.DeleteFunc(slices.Concat(filters, others), func(f string) bool { return f == given })
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !slices.Contains(accepted, name) {
			return invalid("", name, "not known here; accepted are "+strings.Join(accepted, ", "))
		}
	}
	return nil
}

// takeFilter checks the values of one filter and puts them into q.
func takeFilter(q *snapshot.Query, filter string, values []string) error {
	for _, value := range values {
		if value == "" {
			return invalid(filter, "", "must not be empty; leave the parameter out to get everything")
		}
		if filter == "server" {
			if _, _, err := net.SplitHostPort(value); err != nil {
				return invalid(filter, value, fmt.Sprintf("must be HOST:PORT (%v)", err))
			}
		}
	}
	*filterField(q, filter) = values
	return nil
}
