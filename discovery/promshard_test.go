package discovery

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/httpsd"
	"github.com/promshard/promshard/httpsd/wire"
	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

// promshard is a replica: the program from the database to the socket.
type promshard struct {
	store *store.Store
	url   string
	// handler answers; it can be swapped.
	handler atomic.Pointer[http.Handler]
	healthy http.Handler
	// watches counts the streams that were asked for.
	watches atomic.Int64
	server  *httptest.Server
}

// startPromshard runs a replica on a store.
func startPromshard(t testing.TB, s *store.Store) *promshard {
	t.Helper()
	p := &promshard{store: s}
	publisher := httpsd.NewPublisher(httpsd.PublisherOptions{Source: s})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- publisher.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			assert.NoError(t, err)
		}
	})
	require.Eventually(t, func() bool { return publisher.Snapshot() != nil }, waitMost, time.Millisecond)
	p.healthy = httpsd.New(httpsd.Options{Publisher: publisher})
	p.serve(p.healthy)
	p.start(t, "127.0.0.1:0")
	p.url = p.server.URL
	t.Cleanup(p.die)
	return p
}

func (p *promshard) start(t testing.TB, address string) {
	t.Helper()
	listener, err := net.Listen("tcp", address)
	require.NoError(t, err)
	p.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == wire.WatchPath {
			p.watches.Add(1)
		}
		(*p.handler.Load()).ServeHTTP(w, r)
	}))
	p.server.Listener.Close()
	p.server.Listener = listener
	p.server.Start()
}

// serve answers with another handler from now on. Streams that are open stay.
func (p *promshard) serve(h http.Handler) { p.handler.Store(&h) }

// cut closes every connection.
func (p *promshard) cut() { p.server.CloseClientConnections() }

// die closes every connection and the socket, as a process that is killed does.
func (p *promshard) die() {
	p.server.Listener.Close()
	p.server.CloseClientConnections()
	p.server.Close()
}

// comeBack listens on the same address again.
func (p *promshard) comeBack(t testing.TB) {
	t.Helper()
	p.start(t, p.server.Listener.Addr().String())
}

// filledStore has two shards with a project each, and a server that is registered to the first.
func filledStore(t testing.TB) *store.Store {
	t.Helper()
	s := storetest.SQLite(t)
	fill(t, s)
	return s
}

func fill(t testing.TB, s *store.Store) {
	t.Helper()
	ctx := t.Context()
	for i, shard := range []string{"prod", "dev"} {
		_, err := s.RegisterServer(ctx, shard, "prometheus001", 9090+i)
		require.NoError(t, err)
	}
	require.NoError(t, s.CreateService(ctx, &store.Service{Name: "web"}))
	for _, p := range []struct{ project, shard, host string }{{"shop", "prod", "web1"}, {"shop-dev", "dev", "dev1"}} {
		require.NoError(t, s.CreateProject(ctx, &store.Project{Name: p.project, Service: "web", Shard: p.shard, Enabled: true}))
		require.NoError(t, s.CreateExporter(ctx, &store.Exporter{Project: p.project, Job: "node", Port: 9100, Enabled: true}))
		registerHost(t, s, p.project, p.host)
	}
	require.NoError(t, s.CreateProbe(ctx, &store.Probe{Module: "http_2xx"}))
	require.NoError(t, s.CreateURL(ctx, &store.URL{URL: "https://shop.example/?a=b", Project: "shop", Probe: "http_2xx"}))
}

func registerHost(t testing.TB, s *store.Store, project, host string) {
	t.Helper()
	_, created, err := s.RegisterHost(context.Background(), project, host)
	require.NoError(t, err)
	require.True(t, created)
}

// createExporter gives a project one more group.
func createExporter(t testing.TB, s *store.Store, project, job string, port int) store.Exporter {
	t.Helper()
	e := store.Exporter{Project: project, Job: job, Port: port, Enabled: true}
	require.NoError(t, s.CreateExporter(context.Background(), &e))
	return e
}
