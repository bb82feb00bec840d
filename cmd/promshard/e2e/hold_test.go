//go:build e2e && linux

package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// How long a change may take from the command that makes it to the active target, while the list is being held.
const (
	heldWithin = 3 * time.Second
	// The discovery manager of a Prometheus this old passes nothing on for up to 5 s.
	heldWithinOld = heldWithin + 5*time.Second
)

// watcher is a Prometheus that has its lists held.
type watcher struct {
	*prometheus
	within  time.Duration
	project string
	// hosts are those of the project.
	hosts []string
}

// holding is a promshard, with a project for every list that anybody has held.
type holding struct {
	t        *testing.T
	database string
	only     *replica
	watchers []*watcher
	projects int
}

func newHolding(t *testing.T) *holding {
	t.Helper()
	h := &holding{t: t, database: "sqlite://" + filepath.Join(t.TempDir(), "promshard.db")}
	h.only = serve(t, h.database)
	promshard(t, h.database, "register-server", "prod", "prometheus.example", "9090")
	promshard(t, h.database, "service", "add", "shop")
	return h
}

// project registers a project with one target, and returns its name and the address of its list.
func (h *holding) project() (name, list string) {
	h.t.Helper()
	h.projects++
	name = fmt.Sprintf("shop-%d", h.projects)
	promshard(h.t, h.database, "project", "add", name, "--service=shop", "--shard=prod")
	promshard(h.t, h.database, "register-host", name, "127.0.0.1")
	promshard(h.t, h.database, "register-job", name, "node", "9", "--enabled")
	return name, h.only.list("/sd/targets", url.Values{"project": {name}, "wait": {""}})
}

// watch makes a Prometheus that is to have a list of its own held. launch starts it.
func (h *holding) watch(r release, within time.Duration) {
	h.t.Helper()
	name, list := h.project()
	w := &watcher{
		prometheus: &prometheus{
			release: r, name: r.version + " for " + name, address: freeAddress(h.t), refresh: "30s",
			jobs: []job{{name: "held", url: list}},
		},
		within: within, project: name, hosts: []string{"127.0.0.1"},
	}
	h.watchers = append(h.watchers, w)
}

// launch starts all servers, as close together as it goes.
func (h *holding) launch() {
	h.t.Helper()
	for _, w := range h.watchers {
		w.launch(h.t)
	}
}

// asExpected returns nil when the server has exactly the targets of its project.
func (w *watcher) asExpected(t *testing.T) error {
	t.Helper()
	project := node(labels{"__shard": "prod", "service": "shop", "project": w.project, "farm": w.project})
	var expected []labels
	for _, host := range w.hosts {
		expected = append(expected, project.at(host+":9"))
	}
	return w.has(t, map[string][]labels{"held": expected})
}

// allAsExpected returns nil when every server has exactly the targets of its project.
func (h *holding) allAsExpected() error {
	h.t.Helper()
	var problems []error
	for _, w := range h.watchers {
		problems = append(problems, w.asExpected(h.t))
	}
	return errors.Join(problems...)
}

// change registers a host and requires that it is an active target in time.
func (h *holding) change(w *watcher) {
	h.t.Helper()
	start := time.Now()
	w.hosts = append(w.hosts, "127.0.0.2")
	promshard(h.t, h.database, "register-host", w.project, "127.0.0.2")
	for {
		err := w.asExpected(h.t)
		took := time.Since(start)
		if err == nil {
			h.t.Logf("%s: %v from command to active target", w.name, took)
			return
		}
		require.Less(h.t, took, w.within, "%v", err)
		time.Sleep(50 * time.Millisecond)
	}
}

// metric returns the sum of the series of promshard that begin so.
func (r *replica) metric(t *testing.T, series string) float64 {
	t.Helper()
	var body bytes.Buffer
	require.NoError(t, httpGet(t, "http://"+r.address+"/metrics", &body))
	sum := 0.0
	for line := range strings.Lines(body.String()) {
		if !strings.HasPrefix(line, series) {
			continue
		}
		v, err := strconv.ParseFloat(line[strings.LastIndexByte(line, ' ')+1:len(line)-1], 64)
		require.NoError(t, err)
		sum += v
	}
	return sum
}

// holds waits until promshard holds that many requests.
func (h *holding) holds(n float64) {
	h.t.Helper()
	eventually(h.t, func() error {
		if held := h.only.metric(h.t, "promshard_held_requests "); held != n {
			return fmt.Errorf("%v of %v requests are held", held, n)
		}
		return nil
	})
}

// allHeld waits for an interval to begin in which promshard holds that many requests, and returns the time until which
// none of them is due: they come every 30 s, the first and the last of them as far apart as the servers' starts, and each
// is held for 27 s.
func (h *holding) allHeld(n float64, spread time.Duration) (until time.Time) {
	h.t.Helper()
	const margin = 2 * heldWithin
	eventually(h.t, func() error {
		if h.only.metric(h.t, "promshard_held_requests ") == n {
			return errors.New("these are held for an unknown time already")
		}
		return nil
	})
	h.holds(n)
	return time.Now().Add(27*time.Second - spread - margin)
}

// TestAChangeReachesHeldPrometheusServersAtOnce has ten servers of today and an old one, as they are released, wait for
// a list each. Each list changes once. Nothing runs beside it: it is about time.
func TestAChangeReachesHeldPrometheusServersAtOnce(t *testing.T) {
	h := newHolding(t)
	all := releases(t)
	const servers = 10
	for range servers {
		h.watch(all[0], heldWithin)
	}
	h.watch(all[1], heldWithinOld)
	old := h.watchers[servers]
	started := time.Now()
	h.launch()
	spread := time.Since(started)

	step(t, "the first request of a server is not held", func(t *testing.T) {
		eventually(t, h.allAsExpected)
		t.Logf("%d servers have their targets %v after the first was started", len(h.watchers), time.Since(started))
		require.Zero(t, h.only.metric(t, "promshard_held_requests_total{"))
	})
	until := h.allHeld(servers+1, spread)
	change := func(w *watcher) {
		if time.Now().After(until) {
			until = h.allHeld(servers+1, spread)
		}
		h.change(w)
	}
	step(t, "a change is an active target at once, ten times out of ten", func(t *testing.T) {
		for _, w := range h.watchers[:servers] {
			change(w)
		}
		require.InDelta(t, servers, h.only.metric(t, `promshard_held_requests_total{outcome="changed"}`), 0)
	})
	step(t, "and with an old release when its manager passes it on", func(*testing.T) { change(old) })
	h.holds(servers + 1)
	step(t, "a promshard that stops frees them all and takes no target away", func(t *testing.T) {
		start := time.Now()
		h.only.process.end(t, syscall.SIGTERM)
		require.Less(t, time.Since(start), 10*time.Second, "it waited for those that it held")
		require.Zero(t, h.only.process.cmd.ProcessState.ExitCode(), "%s", h.only.process.log.tail())
		for range 10 {
			require.NoError(t, h.allAsExpected())
			time.Sleep(300 * time.Millisecond)
		}
	})
}

// victoria starts a VictoriaMetrics with one list, which it asks for at that interval, and returns its address.
func (h *holding) victoria(interval time.Duration) (name, address string) {
	h.t.Helper()
	path := programPath(h.t, "PROMSHARD_VICTORIA_METRICS", "victoria-metrics", "victoria-metrics")
	name, list := h.project()
	dir, address := h.t.TempDir(), freeAddress(h.t)
	config := (&prometheus{jobs: []job{{name: name, url: list}}, refresh: "1s"}).config()
	// It has one interval for all lists, a flag.
	config = strings.ReplaceAll(config, ", refresh_interval: 1s", "")
	file := filepath.Join(dir, "scrape.yml")
	require.NoError(h.t, os.WriteFile(file, []byte(config), 0o600))
	start(h.t, "victoria-metrics "+name, path, "-promscrape.config="+file, "-storageDataPath="+filepath.Join(dir, "data"),
		"-httpListenAddr="+address, "-promscrape.httpSDCheckInterval="+interval.String())
	return name, address
}

// shows returns nil when the VictoriaMetrics at the address has the target.
func shows(t *testing.T, address, target string) error {
	t.Helper()
	var body bytes.Buffer
	if err := httpGet(t, "http://"+address+"/api/v1/targets?state=active", &body); err != nil {
		return err
	}
	if !strings.Contains(body.String(), target) {
		return fmt.Errorf("no %s in %s", target, body.String())
	}
	return nil
}

// TestVictoriaMetricsIsHeldWhileItKeepsItsConnection shows what docs/howto-push.md says of the release in Debian 12: it
// gives up connections that were idle for ten to twenty seconds. So with a longer interval its requests come on new ones.
func TestVictoriaMetricsIsHeldWhileItKeepsItsConnection(t *testing.T) {
	t.Parallel()
	often, seldom := newHolding(t), newHolding(t)
	name, address := often.victoria(4 * time.Second)
	_, other := seldom.victoria(25 * time.Second)
	eventually(t, func() error { return errors.Join(shows(t, address, "127.0.0.1:9"), shows(t, other, "127.0.0.1:9")) })

	// A change that comes between two requests is answered at once as well, and says nothing.
	for i := 2; often.only.metric(t, `promshard_held_requests_total{outcome="changed"}`) == 0; i++ {
		require.Less(t, i, 20, "no held request was ever answered with a change")
		host := fmt.Sprintf("127.0.0.%d", i)
		often.holds(1)
		start := time.Now()
		promshard(t, often.database, "register-host", name, host)
		eventually(t, func() error { return shows(t, address, host+":9") })
		t.Logf("%v from command to active target", time.Since(start))
		require.Less(t, time.Since(start), heldWithinOld)
	}

	eventually(t, func() error {
		if n := seldom.only.metric(t, `promshard_http_requests_total{code="200",handler="targets"`); n < 2 {
			return fmt.Errorf("%v requests", n)
		}
		return nil
	})
	require.Zero(t, seldom.only.metric(t, "promshard_held_requests "))
	require.Zero(t, seldom.only.metric(t, "promshard_held_requests_total{"))
}
