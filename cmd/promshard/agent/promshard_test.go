package agent

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/httpsd"
	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

const (
	waitMost = 30 * time.Second
	waitStep = 5 * time.Millisecond
)

// promshard is the program from the database to the socket.
type promshard struct {
	store     *store.Store
	publisher *httpsd.Publisher
	url       string
	// handler answers, healthy unless it was swapped.
	handler atomic.Pointer[http.Handler]
	healthy http.Handler
	server  *httptest.Server
}

func startPromshard(t *testing.T) *promshard {
	t.Helper()
	p := &promshard{store: storetest.SQLite(t)}
	fill(t, p.store)
	publisher := httpsd.NewPublisher(httpsd.PublisherOptions{Source: p.store})
	p.publisher = publisher
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- publisher.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			assert.NoError(t, err)
		}
	})
	p.settle(t)
	p.healthy = httpsd.New(httpsd.Options{Publisher: publisher})
	p.serve(p.healthy)
	p.start(t, "127.0.0.1:0")
	p.url = p.server.URL
	t.Cleanup(p.die)
	return p
}

func (p *promshard) start(t *testing.T, address string) {
	t.Helper()
	listener, err := net.Listen("tcp", address)
	require.NoError(t, err)
	p.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		(*p.handler.Load()).ServeHTTP(w, r)
	}))
	p.server.Listener.Close()
	p.server.Listener = listener
	p.server.Start()
}

// serve answers with another handler from now on.
func (p *promshard) serve(h http.Handler) { p.handler.Store(&h) }

// die closes every connection and the socket, as a process that is killed does.
func (p *promshard) die() {
	p.server.Listener.Close()
	p.server.CloseClientConnections()
	p.server.Close()
}

// comeBack listens on the same address again.
func (p *promshard) comeBack(t *testing.T) {
	t.Helper()
	p.start(t, p.server.Listener.Addr().String())
}

// settle waits until all that was written is served.
func (p *promshard) settle(t *testing.T) {
	t.Helper()
	revision, err := p.store.Revision(t.Context())
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		s := p.publisher.Snapshot()
		return s != nil && s.Revision() == revision
	}, waitMost, waitStep)
}

// get returns the body at an address, with all that was written.
func (p *promshard) get(t *testing.T, target string) string {
	t.Helper()
	p.settle(t)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get(p.url + target)
	require.NoError(t, err)
	defer resp.Body.Close()
	require.Equal(t, http.StatusOK, resp.StatusCode)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return string(body)
}

// fill makes the shards prod and dev, with a server and a project each.
func fill(t *testing.T, s *store.Store) {
	t.Helper()
	ctx := t.Context()
	for i, shard := range []string{"prod", "dev"} {
		_, err := s.RegisterServer(ctx, shard, "prometheus001", 9090+i)
		require.NoError(t, err)
	}
	require.NoError(t, s.CreateService(ctx, &store.Service{Name: "web", Labels: store.Labels{"team": "<&> \u2028 \"東\""}}))
	for _, p := range []struct{ project, shard, host string }{{"shop", "prod", "web1"}, {"shop-dev", "dev", "dev1"}} {
		addProject(t, s, p.project, "web", p.shard, p.host)
	}
	require.NoError(t, s.CreateProbe(ctx, &store.Probe{Module: "http_2xx"}))
	require.NoError(t, s.CreateURL(ctx, &store.URL{URL: "https://shop.example/?a=b&c", Project: "shop", Probe: "http_2xx"}))
}

func addProject(t *testing.T, s *store.Store, name, service, shard, host string) {
	t.Helper()
	require.NoError(t, s.CreateProject(t.Context(), &store.Project{Name: name, Service: service, Shard: shard, Enabled: true}))
	require.NoError(t, s.CreateExporter(t.Context(), &store.Exporter{Project: name, Job: "node", Port: 9100, Enabled: true}))
	addHost(t, s, name, host)
}

func addHost(t *testing.T, s *store.Store, project, host string) {
	t.Helper()
	_, _, err := s.RegisterHost(context.Background(), project, host)
	require.NoError(t, err)
}

func removeHost(t *testing.T, s *store.Store, host string) {
	t.Helper()
	hosts, err := s.Hosts(t.Context(), store.HostFilter{Name: host})
	require.NoError(t, err)
	require.Len(t, hosts, 1)
	require.NoError(t, s.DeleteHost(t.Context(), hosts[0].ID, store.DeleteOptions{}))
}

// running is an agent, its registry and its log.
type running struct {
	*Agent
	registry *prometheus.Registry
	log      *lines
	stop     func()
}

// lines is a log. It is safe for concurrent use.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.b.String(), text)
}

// options are those of an agent that is quick about everything.
func options(p *promshard, file string) Options {
	return Options{
		Servers: []string{p.url}, Shard: "prod", TargetsFile: file,
		CoalesceInterval: -1, LookInterval: 20 * time.Millisecond, minBackoff: 10 * time.Millisecond, maxBackoff: 50 * time.Millisecond,
	}
}

// newAgent returns an agent that does not run yet.
func newAgent(t *testing.T, o Options) *running {
	t.Helper()
	r := &running{registry: prometheus.NewRegistry(), log: &lines{}}
	o.Registerer, o.Logger = r.registry, slog.New(slog.NewTextHandler(r.log, nil))
	var err error
	r.Agent, err = New(o)
	require.NoError(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			r.log.mu.Lock()
			t.Log(r.log.b.String())
			r.log.mu.Unlock()
		}
	})
	return r
}

// startAgent runs an agent until the test ends or it is stopped.
func startAgent(t *testing.T, o Options) *running {
	t.Helper()
	r := newAgent(t, o)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	r.stop = sync.OnceFunc(func() {
		cancel()
		began := time.Now()
		require.NoError(t, <-done)
		require.Less(t, time.Since(began), 10*time.Second, "Run returns promptly")
	})
	t.Cleanup(r.stop)
	return r
}

// metric is the value of a metric, the sum of its series.
func (r *running) metric(t *testing.T, name string) float64 {
	t.Helper()
	families, err := r.registry.Gather()
	require.NoError(t, err)
	sum := 0.0
	for _, f := range families {
		if f.GetName() != "promshard_agent_"+name {
			continue
		}
		for _, m := range f.GetMetric() {
			sum += m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
	}
	return sum
}

// lint says what is wrong with the metrics.
func (r *running) lint(t *testing.T) {
	t.Helper()
	problems, err := testutil.GatherAndLint(r.registry)
	require.NoError(t, err)
	require.Empty(t, problems)
}

func content(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return ""
	}
	require.NoError(t, err)
	return string(b)
}

// becomes waits until a file has exactly this content.
func becomes(t *testing.T, file, want string) {
	t.Helper()
	require.Eventually(t, func() bool { return content(t, file) == want }, waitMost, waitStep, "%s: %s\nwant %s", file, content(t, file), want)
}

// stays requires that a file has this content for a while.
func stays(t *testing.T, file, want string) {
	t.Helper()
	for deadline := time.Now().Add(300 * time.Millisecond); time.Now().Before(deadline); time.Sleep(waitStep) {
		require.Equal(t, want, content(t, file))
	}
}

// names are the files in a folder.
func names(t *testing.T, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

// inFolder returns a file of a new folder.
func inFolder(t *testing.T, name string) string {
	t.Helper()
	return filepath.Join(t.TempDir(), name)
}
