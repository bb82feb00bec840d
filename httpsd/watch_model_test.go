package httpsd

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/httpsd/snapshot"
	"github.com/promshard/promshard/httpsd/wire"
	"github.com/promshard/promshard/store"
)

// TestWatchersHoldWhatWasPublished makes random changes, and lets clients of several filters follow, leave, come back
// and dawdle: after each event a client holds exactly the state of the id that came with it. (That it holds what the
// entity tag in the event stands for is checked with every event of every test.)
func TestWatchersHoldWhatWasPublished(t *testing.T) {
	seeds := []uint64{1, 2, rand.Uint64()}
	if testing.Short() {
		seeds = seeds[:1]
	}
	for _, seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			m := newWatchModel(t, seed)
			for range 600 {
				m.step(t)
			}
			m.settle(t)
			for _, result := range []string{"delta", "full"} {
				assert.Positive(t, m.resumes(t, result), result)
			}
		})
	}
}

// watchModel is a server, a history of what it published, and clients.
type watchModel struct {
	*serving
	random  *rand.Rand
	clients []*modelClient
	// published has the entity tag of each target's list at each revision, by target.
	published map[string]map[wire.ID]string
}

// modelClient follows one filter.
type modelClient struct {
	kind   snapshot.Kind
	query  snapshot.Query
	target string
	coding string
	f      *follower // nil while it is away
	last   follower  // what it held when it left
}

func newWatchModel(t *testing.T, seed uint64) *watchModel {
	t.Helper()
	m := &watchModel{
		random: rand.New(rand.NewPCG(seed, seed)), published: map[string]map[wire.ID]string{},
		serving: newServing(t, func(o *Options) { o.WatchPause, o.KeepAlive = time.Millisecond, 20*time.Millisecond }),
	}
	m.fill(60, 2)
	for target, c := range map[string]modelClient{
		"/sd/watch?":                                   {},
		"/sd/watch?kind=urls":                          {kind: snapshot.URLs},
		"/sd/watch?shard=prod":                         {query: prodList},
		"/sd/watch?shard=dev&kind=urls":                {kind: snapshot.URLs, query: snapshot.Query{Shards: []string{"dev"}}},
		"/sd/watch?service=web&job=app":                {query: snapshot.Query{Services: []string{"web"}, Jobs: []string{"app"}}},
		"/sd/watch?job=node&shard=prod":                {query: snapshot.Query{Shards: []string{"prod"}, Jobs: []string{"node"}}},
		"/sd/watch?server=prometheus001:9090":          {query: snapshot.Query{Servers: []string{"prometheus001:9090"}}},
		"/sd/watch?server=prometheus001:9090&job=node": {query: snapshot.Query{Servers: []string{"prometheus001:9090"}, Jobs: []string{"node"}}},
	} {
		for _, coding := range codingsOfStreams {
			client := c
			client.target, client.coding = target, coding
			m.clients = append(m.clients, &client)
		}
		m.published[target] = map[wire.ID]string{}
	}
	m.publish(t)
	return m
}

// publish shows what the source has, and notes it first: clients may hear of it at once.
func (m *watchModel) publish(t *testing.T) {
	t.Helper()
	b := snapshot.NewBuilder()
	revision, err := m.source.Load(t.Context(), b)
	require.NoError(t, err)
	next := b.Snapshot(revision)
	for _, c := range m.clients {
		list, err := next.List(c.kind, c.query)
		require.NoError(t, err)
		m.published[c.target][idOf(revision)] = list.ETag()
	}
	require.NoError(t, m.publisher.pass(t.Context()))
	require.Equal(t, revision, m.publisher.Snapshot().Revision())
}

// step changes something, or has a client do something.
func (m *watchModel) step(t *testing.T) {
	switch m.random.IntN(10) {
	case 0, 1, 2, 3:
		m.write()
		m.publish(t)
	case 4:
		for range m.random.IntN(10) { // several in one snapshot
			m.write()
		}
		m.publish(t)
	case 5:
		m.reload(t)
	default:
		m.visit(t, m.clients[m.random.IntN(len(m.clients))])
	}
}

// write changes one thing.
func (m *watchModel) write() {
	id := 100 + m.random.Int64N(12)
	shards := m.source.directory.Shards
	switch m.random.IntN(8) {
	case 0:
		m.source.remove(id)
	case 1: // a server moves to another shard, which touches no project
		m.source.mu.Lock()
		m.source.directory.Servers[0].ShardID = shards[m.random.IntN(len(shards))].ID
		m.source.revision.Number++
		m.source.shardsTouched[m.source.revision.Number] = true
		m.source.mu.Unlock()
	case 2: // nothing that shows
		m.source.touch(id)
	default:
		p := project(id, fmt.Sprintf("filler-%04d", id-100), shards[m.random.IntN(len(shards))])
		p.Exporters = append(p.Exporters, store.ExporterRow{ID: 1000 + id, Job: "app", Port: 8080, Scheme: "http"})
		for range m.random.IntN(4) {
			p.Hosts = append(p.Hosts, store.HostRow{Name: fmt.Sprintf("host%d", m.random.IntN(100))})
		}
		m.source.put(p)
	}
}

// reload has the publisher load everything, now and then another inventory.
func (m *watchModel) reload(t *testing.T) {
	m.write()
	m.source.set(func(f *fakeSource) {
		f.reload = true
		if m.random.IntN(25) == 0 {
			f.revision.Epoch += "x"
		}
	})
	m.publish(t)
	m.source.set(func(f *fakeSource) { f.reload = false })
}

// visit has a client come, leave, or take in some of what has come.
func (m *watchModel) visit(t *testing.T, c *modelClient) {
	switch {
	case c.f == nil:
		header := []string{"Accept-Encoding", c.coding}
		if c.last.id != (wire.ID{}) && m.random.IntN(4) > 0 {
			header = append(header, wire.LastEventID, c.last.id.String())
			c.f = m.follow(t, c.target, header...)
			c.f.set, c.f.id, c.f.etag = c.last.set, c.last.id, c.last.etag
		} else {
			c.f = m.follow(t, c.target, header...)
		}
	case m.random.IntN(4) == 0:
		c.f.leave(t)
		c.last = follower{set: c.f.set, id: c.f.id, etag: c.f.etag}
		c.f = nil
	default:
		for range m.random.IntN(5) {
			m.take(t, c)
		}
	}
}

// take takes in one event, which always comes: at least as a sign of life.
func (m *watchModel) take(t *testing.T, c *modelClient) {
	e := c.f.next(t)
	if e.ID == "" {
		return
	}
	want, ok := m.published[c.target][c.f.id]
	require.True(t, ok, "%s: %v was never published", c.target, c.f.id)
	assert.Equal(t, want, c.f.etag, "%s at %v", c.target, c.f.id)
}

// settle lets every client come to the last state.
func (m *watchModel) settle(t *testing.T) {
	for _, c := range m.clients {
		for c.f == nil {
			m.visit(t, c)
		}
		for c.f.id != m.id() {
			m.take(t, c)
		}
	}
}
