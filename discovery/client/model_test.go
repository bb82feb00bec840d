package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/exporter-toolkit/web"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/httpsd"
	"github.com/promshard/promshard/httpsd/snapshot"
	"github.com/promshard/promshard/httpsd/wire"
	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/fleet"
	"github.com/promshard/promshard/store/storetest"
)

// Whatever happens to servers and connections, a client holds at any time a set that there was, and in the end the
// set that there is.
func TestModel(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { newModel(t, seed).play(220) })
	}
}

// model is an inventory that is written to, two replicas that serve it, and clients that follow it.
type model struct {
	t        *testing.T
	random   *rand.Rand
	store    *store.Store
	replicas []*replica
	clients  []*follower
	hosts    int
	services int
	projects int
}

// follower is a client, and what lists there were of its query.
type follower struct {
	*player
	kind  snapshot.Kind
	query snapshot.Query
	// published are the lists there were, by entity tag; current is the tag of the last.
	published map[string]string
	current   string
	// refuses makes streams fail before they reach a proxy.
	refuses *atomic.Bool

	mu sync.Mutex
	// handed are the sets that the client has handed out, by entity tag.
	handed map[string]string
}

func newModel(t *testing.T, seed uint64) *model {
	databaseURL := storetest.SQLiteURL(t)
	m := &model{t: t, random: rand.New(rand.NewPCG(seed, 3)), store: storetest.Open(t, databaseURL)}
	small := fleet.Fleet{Name: "small", Shards: 3, Services: 4, Projects: 40, Hosts: 200, Exporters: 80, URLs: 20}
	storetest.Seed(t, m.store, small)
	m.follow(snapshot.Targets, snapshot.Query{}, 0)
	m.follow(snapshot.Targets, snapshot.Query{Shards: []string{"prod-001", "prod-002"}}, 0)
	m.follow(snapshot.URLs, snapshot.Query{}, 0)
	m.follow(snapshot.Targets, snapshot.Query{Shards: []string{"prod-001"}, Jobs: []string{"node"}}, 0)
	m.follow(snapshot.Targets, snapshot.Query{}, 40*time.Millisecond)
	m.publish()
	for _, writes := range []bool{true, false} {
		r := &replica{t: t, databaseURL: databaseURL, proxy: newProxy(t)}
		if writes {
			r.writer = m.store
		}
		m.replicas = append(m.replicas, r)
		r.start()
		t.Cleanup(func() { r.stop() })
	}
	for i, c := range m.clients {
		m.start(c, i)
	}
	return m
}

// follow adds a client that takes that long over each update.
func (m *model) follow(k snapshot.Kind, q snapshot.Query, slowness time.Duration) {
	f := &follower{
		player: &player{t: m.t}, kind: k, query: q, refuses: new(atomic.Bool),
		published: map[string]string{}, handed: map[string]string{},
	}
	f.after = func(u Update, held map[string]*Group) {
		pause(m.t.Context(), slowness)
		f.mu.Lock()
		defer f.mu.Unlock()
		f.handed[u.ETag] = setText(slices.Collect(maps.Values(held)))
	}
	m.clients = append(m.clients, f)
}

// start lets a client run, with every other one beginning at the other replica.
func (m *model) start(f *follower, i int) {
	transport := &http.Transport{}
	m.t.Cleanup(transport.CloseIdleConnections)
	servers := []string{m.replicas[i%2].proxy.address(), m.replicas[1-i%2].proxy.address()}
	f.run(refusing{transport, f.refuses}, Options{
		Query:           url.Values{"shard": f.query.Shards, "job": f.query.Jobs, "kind": {f.kind.String()}},
		RefreshInterval: 100 * time.Millisecond, StreamRetryInterval: time.Second,
		ConnectTimeout: 6 * time.Second, IdleTimeout: 2 * time.Second,
		MinBackoff: 5 * time.Millisecond, MaxBackoff: 100 * time.Millisecond,
	}, servers...)
}

// refusing is a transport that refuses streams when it is told to.
type refusing struct {
	http.RoundTripper
	streams *atomic.Bool
}

// RoundTrip implements http.RoundTripper.
func (r refusing) RoundTrip(req *http.Request) (*http.Response, error) {
	if r.streams.Load() && strings.HasSuffix(req.URL.Path, wire.WatchPath) {
		return nil, errors.New("streams do not pass")
	}
	return r.RoundTripper.RoundTrip(req)
}

// setText is a set as one text, whatever its order.
func setText(groups []*Group) string {
	var all []string
	for _, g := range groups {
		all = append(all, groupBody(g.Targets, g.Labels))
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

// publish notes what the lists are now. It is called after each write, so no list escapes it.
func (m *model) publish() {
	m.t.Helper()
	b := snapshot.NewBuilder()
	revision, err := m.store.Load(m.t.Context(), b)
	require.NoError(m.t, err)
	s := b.Snapshot(revision)
	for _, f := range m.clients {
		list, err := s.List(f.kind, f.query)
		require.NoError(m.t, err)
		var body bytes.Buffer
		_, err = list.WriteTo(&body)
		require.NoError(m.t, err)
		var groups []*Group
		require.NoError(m.t, json.Unmarshal(body.Bytes(), &groups))
		f.current = list.ETag()
		f.published[f.current] = setText(groups)
	}
}

// play does so many steps, or as many as there is time for.
func (m *model) play(steps int) {
	for began := time.Now(); steps > 0 && time.Since(began) < 5*time.Second; steps-- {
		if m.random.IntN(10) < 7 {
			m.write()
			m.publish()
		} else {
			m.disturb()
		}
		pause(m.t.Context(), time.Duration(m.random.IntN(30))*time.Millisecond)
	}
	m.heal()
	var lost, deltas int
	for i, f := range m.clients {
		soon(m.t, func() bool { return f.etag() == f.current }, fmt.Sprintf("client %d has what there is", i))
		f.stop()
		f.check(i)
		lost, deltas = lost+f.count(Disconnected), deltas+f.count(Delta)
	}
	assert.NotZero(m.t, lost)
	assert.NotZero(m.t, deltas)
}

func (f *follower) etag() string {
	f.player.mu.Lock()
	defer f.player.mu.Unlock()
	if len(f.updates) == 0 {
		return ""
	}
	return f.updates[len(f.updates)-1].ETag
}

// check compares all that a client has handed out with what there was.
func (f *follower) check(i int) {
	for etag, text := range f.handed {
		want, known := f.published[etag]
		assert.True(f.t, known, "client %d: there never was a list with the entity tag %s", i, etag)
		assert.Equal(f.t, want, text, "client %d: the list with the entity tag %s", i, etag)
	}
	assert.NotContains(f.t, f.failures(""), "entity tag", "client %d: a server has sent something else than it meant", i)
	f.t.Logf("client %d: %d lists, %d handed out; full %d, delta %d, unchanged %d, lost %d, failed %d, fallback %d", i, len(f.published),
		len(f.handed), f.count(Full), f.count(Delta), f.count(Unchanged), f.count(Disconnected), f.count(Failed), f.count(Fallback))
}

// write does one write.
func (m *model) write() {
	ctx, r := m.t.Context(), m.random
	projects, err := m.store.Projects(ctx, store.ProjectFilter{})
	require.NoError(m.t, err)
	p := projects[r.IntN(len(projects))]
	switch r.IntN(9) {
	case 0, 1, 2:
		m.hosts++
		_, _, err = m.store.RegisterHost(ctx, p.Name, fmt.Sprintf("new%d", m.hosts))
	case 3:
		var hosts []store.Host
		if hosts, err = m.store.Hosts(ctx, store.HostFilter{}); err == nil && len(hosts) > 0 {
			err = m.store.DeleteHost(ctx, hosts[r.IntN(len(hosts))].ID, store.DeleteOptions{})
		}
	case 4:
		var exporters []store.Exporter
		if exporters, err = m.store.Exporters(ctx, store.ExporterFilter{}); err == nil && len(exporters) > 0 {
			e := exporters[r.IntN(len(exporters))]
			enabled := !e.Enabled
			_, err = m.store.UpdateExporter(ctx, e.ID, store.ExporterUpdate{Enabled: &enabled})
		}
	case 5:
		shard := fmt.Sprintf("prod-%03d", 1+r.IntN(3))
		_, err = m.store.UpdateProject(ctx, p.ID, store.ProjectUpdate{Shard: &shard})
	case 6:
		if len(projects) > 20 {
			err = m.store.DeleteProject(ctx, p.ID, store.DeleteOptions{Cascade: true})
		}
	case 7:
		services, serr := m.store.Services(ctx, store.ServiceFilter{})
		require.NoError(m.t, serr)
		m.services++
		name := fmt.Sprintf("renamed-%d", m.services)
		_, err = m.store.UpdateService(ctx, services[r.IntN(len(services))].ID, store.ServiceUpdate{Name: &name})
	case 8:
		m.projects++
		err = m.importProjects(ctx, p.Service)
	}
	require.NoError(m.t, err)
}

// importProjects brings several projects with one write.
func (m *model) importProjects(ctx context.Context, service string) error {
	_, err := m.store.Import(ctx, func(yield func(store.ImportGroup, error) bool) {
		for i := range 5 {
			name := fmt.Sprintf("import-%d-%d", m.projects, i)
			ok := yield(store.ImportGroup{Targets: []string{name + ":9100"}, Labels: map[string]string{
				"__shard": "prod-001", "service": service, "project": name, "farm": name, "job": "node",
			}}, nil)
			if !ok {
				return
			}
		}
	}, store.ImportOptions{})
	return err
}

// disturb makes something go wrong, or right again.
func (m *model) disturb() {
	i := m.random.IntN(2)
	r := m.replicas[i]
	switch m.random.IntN(10) {
	case 0:
		r.proxy.cut()
	case 1:
		r.proxy.stall()
	case 2, 3, 4:
		r.proxy.flow()
	case 5:
		r.proxy.setSlow(m.random.IntN(3) == 0)
	case 6:
		if m.random.IntN(2) == 0 {
			r.proxy.cut() // the server is killed rather than stopped
		}
		r.stop()
	case 7, 8:
		r.start()
	case 9:
		m.clients[m.random.IntN(len(m.clients))].refuses.Store(m.random.IntN(4) == 0)
	}
}

// heal makes everything right.
func (m *model) heal() {
	for _, r := range m.replicas {
		r.start()
		r.proxy.flow()
		r.proxy.setSlow(false)
	}
	for _, f := range m.clients {
		f.refuses.Store(false)
	}
}

// replica is a promshard of its own behind a proxy.
type replica struct {
	t           *testing.T
	databaseURL string
	// writer is the store that is written to, which wakes the replica at once; nil for one that has a store of its own and
	// learns of writes late.
	writer *store.Store
	proxy  *proxy
	// end is nil while it does not run.
	end func()
}

// start starts it, if it does not run.
func (r *replica) start() {
	if r.end != nil {
		return
	}
	s := r.writer
	if s == nil {
		var err error
		s, err = store.Open(context.Background(), r.databaseURL, store.Options{})
		require.NoError(r.t, err)
	}
	publisher := httpsd.NewPublisher(httpsd.PublisherOptions{Source: s, CheckInterval: 300 * time.Millisecond})
	handler := httpsd.New(httpsd.Options{Publisher: publisher, WatchPause: time.Millisecond, KeepAlive: 500 * time.Millisecond})
	server, err := httpsd.Listen(httpsd.ServerOptions{
		Handler: handler, OnShutdown: handler.Release, ShutdownTimeout: 100 * time.Millisecond,
		Web: &web.FlagConfig{WebListenAddresses: &[]string{"127.0.0.1:0"}},
	})
	require.NoError(r.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = server.Serve(ctx) }) // it may have to break off answers
	running.Go(func() { assert.NoError(r.t, publisher.Run(ctx)) })
	r.proxy.to(strings.TrimPrefix(server.URL(), "http://"))
	r.end = func() {
		r.proxy.to("")
		cancel()
		running.Wait()
		if r.writer == nil {
			assert.NoError(r.t, s.Close())
		}
	}
}

// stop stops it, if it runs.
func (r *replica) stop() {
	if r.end != nil {
		r.end()
		r.end = nil
	}
}
