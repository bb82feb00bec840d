package main

import (
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/common/model"

	"github.com/promshard/promshard/store"
)

// addNouns declares the commands of every noun.
func (a *app) addNouns() {
	shards.add(a)
	servers.add(a)
	services.add(a)
	projects.add(a)
	farms.add(a)
	hosts.add(a)
	exporters.add(a)
	defaultExporters.add(a)
	probes.add(a)
	urls.add(a)
}

// labelHelp explains --label of set.
const labelHelp = "A label to put on it; NAME= takes one away. Repeatable."

// newLabelHelp explains --label of add.
const newLabelHelp = "A label to put on its targets. Repeatable."

func number(n int64) string { return strconv.FormatInt(n, 10) }

// estimate is a capacity; 0 is none.
func estimate(n int64) string {
	if n == 0 {
		return ""
	}
	return number(n)
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func labelText(l store.Labels) string {
	pairs := make([]string, 0, len(l))
	for _, name := range slices.Sorted(maps.Keys(l)) {
		pairs = append(pairs, name+"="+l[name])
	}
	return strings.Join(pairs, ",")
}

func durationText(d model.Duration) string {
	if d == 0 {
		return ""
	}
	return d.String()
}

// hostName spells an IP address as the inventory does; everything else is returned as it is.
func hostName(s string) string {
	plain := strings.TrimSuffix(strings.TrimPrefix(s, "["), "]")
	if addr, err := netip.ParseAddr(plain); err == nil {
		return addr.String()
	}
	return s
}

// splitAddress takes HOST:PORT apart.
func splitAddress(s string) (host string, port int, err error) {
	host, number, err := net.SplitHostPort(s)
	if err != nil {
		return "", 0, &usageError{err: fmt.Errorf("%q is not of the form HOST:PORT", s)}
	}
	if port, err = parsePort(number); err != nil {
		return "", 0, &usageError{err: fmt.Errorf("the port of %q is %w", s, err)}
	}
	return hostName(host), port, nil
}

// endpoint is job, port and path of an exporter, as arguments.
type endpoint struct {
	job  string
	port int
	// path is nil when it was not given.
	path *string
}

// parseEndpoint reads JOB PORT [PATH].
func parseEndpoint(args []string) (endpoint, error) {
	port, err := parsePort(args[1])
	if err != nil {
		return endpoint{}, &usageError{err: fmt.Errorf("the port %q is %w", args[1], err)}
	}
	e := endpoint{job: args[0], port: port}
	if len(args) > 2 {
		e.path = &args[2]
	}
	return e, nil
}

// pathOr returns the path, empty when it was not given.
func (e endpoint) pathOr() string {
	if e.path == nil {
		return ""
	}
	return *e.path
}

// endpointText calls an exporter as Promgen does: job:port/path.
func endpointText(job string, port int, path string) string {
	if path == "" {
		path = "/metrics"
	}
	return job + ":" + strconv.Itoa(port) + path
}
