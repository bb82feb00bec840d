package promtest

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/httpsd"
	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

// hostileShard is a name that needs care in a URL, in YAML, in HTML and in a regular expression.
const hostileShard = `a/b "c" <d> 'e' & f: #%2F.*日本`

// promshard is the program from the database to the socket. Its handler can be swapped, as when it is restarted.
type promshard struct {
	store   *store.Store
	url     string
	handler atomic.Pointer[http.Handler]
	healthy *httpsd.Handler
	reg     *prometheus.Registry
}

func startPromshard(t *testing.T) *promshard {
	t.Helper()
	p := &promshard{store: storetest.SQLite(t), reg: prometheus.NewRegistry()}
	fill(t, p.store)
	publisher := httpsd.NewPublisher(httpsd.PublisherOptions{Source: p.store})
	run(t, publisher.Run)
	require.Eventually(t, func() bool { return publisher.Snapshot() != nil }, 30*time.Second, time.Millisecond)
	p.healthy = httpsd.New(httpsd.Options{Publisher: publisher, Registerer: p.reg})
	p.serve(p.healthy)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		(*p.handler.Load()).ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	p.url = server.URL
	return p
}

// serve answers with another handler from now on.
func (p *promshard) serve(h http.Handler) { p.handler.Store(&h) }

// run runs f until the test ends, and waits for it.
func run(t *testing.T, f func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			assert.NoError(t, err)
		}
	})
}

// fill makes three shards: prod with everything that changes a target, dev and a hostile one with a project each.
func fill(t *testing.T, s *store.Store) {
	t.Helper()
	ctx := t.Context()
	for i, shard := range []string{"prod", "dev", hostileShard} {
		_, err := s.RegisterServer(ctx, shard, "prometheus001", 9090+i)
		require.NoError(t, err)
	}
	require.NoError(t, s.CreateService(ctx, &store.Service{Name: "web", Labels: store.Labels{"team": "service", "tier": "front"}}))
	for project, shard := range map[string]string{"shop": "prod", "shop dev": "dev", "店/b": hostileShard} {
		require.NoError(t, s.CreateProject(ctx, &store.Project{Name: project, Service: "web", Shard: shard, Enabled: true, Labels: store.Labels{"team": "project"}}))
		require.NoError(t, s.CreateExporter(ctx, &store.Exporter{Project: project, Job: "node", Port: 9100, Enabled: true}))
	}
	require.NoError(t, s.CreateExporter(ctx, &store.Exporter{
		Project: "shop", Job: "app", Port: 8443, Scheme: "https", Path: "/probe?module=icmp&name=a b", Enabled: true,
		ScrapeInterval: model.Duration(20 * time.Second), Labels: store.Labels{"team": "exporter"},
	}))
	require.NoError(t, s.CreateExporter(ctx, &store.Exporter{Project: "shop", Job: "off", Port: 1, Enabled: false}))
	for _, h := range []store.Host{
		{Name: "web1", Project: "shop", Enabled: true, Labels: store.Labels{"rack": "r1"}},
		{Name: "web2", Project: "shop", Enabled: false},
		{Name: "2001:db8::1", Project: "shop", Enabled: true},
		{Name: "dev1", Project: "shop dev", Enabled: true},
		{Name: "192.0.2.7", Project: "店/b", Enabled: true},
	} {
		require.NoError(t, s.CreateHost(ctx, &h))
	}
	require.NoError(t, s.CreateProbe(ctx, &store.Probe{Module: "http_2xx"}))
	require.NoError(t, s.CreateURL(ctx, &store.URL{URL: "https://shop.example/?a=b&c=d", Project: "shop", Probe: "http_2xx"}))
}
