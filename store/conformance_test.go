package store_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

var (
	_ store.Inventory = (*store.Store)(nil)
	_ store.History   = (*store.Store)(nil)
)

// seed is a small inventory with one of everything that others refer to.
type seed struct {
	shard   store.Shard
	spare   store.Shard // enabled, without projects
	closed  store.Shard // disabled
	server  store.Server
	service store.Service
	project store.Project
	farm    store.Farm
	host    store.Host
	app     store.Exporter
	probe   store.Probe
	url     store.URL
	preset  store.DefaultExporter
}

// plant creates a seed.
func plant(t *testing.T, s *store.Store) seed {
	t.Helper()
	p := seed{
		shard:   store.Shard{Name: "prod", URL: "http://prom.example.com", Enabled: true},
		spare:   store.Shard{Name: "spare", Enabled: true},
		closed:  store.Shard{Name: "closed"},
		server:  store.Server{Host: "prom1", Port: 9090, Shard: "prod"},
		service: store.Service{Name: "shop", Owner: "ann"},
		project: store.Project{Name: "shop-api", Service: "shop", Shard: "prod", Enabled: true},
		farm:    store.Farm{Name: "api-farm", Project: "shop-api"},
		host:    store.Host{Name: "web1", Project: "shop-api", Enabled: true},
		app:     store.Exporter{Job: "app", Port: 8080, Path: "/metrics", Project: "shop-api", Enabled: true},
		probe:   store.Probe{Module: "http_2xx"},
		url:     store.URL{URL: "https://shop.example.com/", Project: "shop-api", Probe: "http_2xx"},
		preset:  store.DefaultExporter{Job: "node", Port: 9100},
	}
	ctx := t.Context()
	for _, err := range []error{
		s.CreateShard(ctx, &p.shard), s.CreateShard(ctx, &p.spare), s.CreateShard(ctx, &p.closed),
		s.CreateServer(ctx, &p.server),
		s.CreateService(ctx, &p.service),
		s.CreateProject(ctx, &p.project),
		s.CreateFarm(ctx, &p.farm),
		s.CreateHost(ctx, &p.host),
		s.CreateExporter(ctx, &p.app),
		s.CreateProbe(ctx, &p.probe),
		s.CreateURL(ctx, &p.url),
		s.CreateDefaultExporter(ctx, &p.preset),
	} {
		require.NoError(t, err)
	}
	return p
}

// withSeed runs fn on a planted store of each kind.
func withSeed(t *testing.T, fn func(t *testing.T, s *store.Store, p seed)) {
	t.Helper()
	storetest.Run(t, func(t *testing.T, s *store.Store) { fn(t, s, plant(t, s)) })
}

// everything is all rows and the revision, to be compared.
func everything(t *testing.T, s *store.Store) string {
	t.Helper()
	ctx := t.Context()
	var all []any
	add := func(rows any, err error) {
		t.Helper()
		require.NoError(t, err)
		all = append(all, rows)
	}
	add(anyOf(s.Revision(ctx)))
	add(anyOf(s.Shards(ctx, store.ShardFilter{})))
	add(anyOf(s.Servers(ctx, store.ServerFilter{})))
	add(anyOf(s.Services(ctx, store.ServiceFilter{})))
	add(anyOf(s.Projects(ctx, store.ProjectFilter{})))
	add(anyOf(s.Farms(ctx, store.FarmFilter{})))
	add(anyOf(s.Hosts(ctx, store.HostFilter{})))
	add(anyOf(s.Exporters(ctx, store.ExporterFilter{})))
	add(anyOf(s.DefaultExporters(ctx, store.DefaultExporterFilter{})))
	add(anyOf(s.Probes(ctx, store.ProbeFilter{})))
	add(anyOf(s.URLs(ctx, store.URLFilter{})))
	b, err := json.Marshal(all)
	require.NoError(t, err)
	return string(b)
}

func anyOf[T any](v T, err error) (any, error) { return v, err }

// refused demands an error of the kind with the text, and that nothing has changed.
func refused(t *testing.T, s *store.Store, kind error, text string, write func(ctx context.Context) error) {
	t.Helper()
	before := everything(t, s)
	err := write(t.Context())
	require.ErrorIs(t, err, kind)
	require.ErrorContains(t, err, text)
	require.Equal(t, before, everything(t, s))
}

// idle demands that a write succeeds and makes no revision.
func idle(t *testing.T, s *store.Store, write func(ctx context.Context) error) {
	t.Helper()
	before := everything(t, s)
	require.NoError(t, write(t.Context()))
	require.Equal(t, before, everything(t, s))
}

// journalled demands that a write succeeds with one journal entry, and returns it.
func journalled(t *testing.T, s *store.Store, action string, write func(ctx context.Context) error) store.Entry {
	t.Helper()
	before, err := s.Revision(t.Context())
	require.NoError(t, err)
	require.NoError(t, write(store.WithActor(t.Context(), "ann")))
	entries, err := s.Journal(t.Context(), store.JournalFilter{After: before.Number})
	require.NoError(t, err)
	require.Len(t, entries, 1)
	assert.Equal(t, before.Number+1, entries[0].Revision)
	assert.Equal(t, "ann", entries[0].Actor)
	assert.Equal(t, action, entries[0].Action)
	assert.NotEmpty(t, entries[0].Summary)
	return entries[0]
}

// nouns lists the nouns of an entry's changes, in order.
func nouns(e store.Entry) (list []string) {
	for _, c := range e.Changes {
		list = append(list, c.Noun)
	}
	return list
}

// noun is what every noun must do. T is its row, U its update.
type noun[T, U any] struct {
	name   string
	create func(ctx context.Context, row *T) error
	read   func(ctx context.Context, id int64) (T, error)
	list   func(ctx context.Context) ([]T, error)
	update func(ctx context.Context, id int64, u U) (T, error)
	remove func(ctx context.Context, id int64) error
	id     func(T) int64

	// row can be created beside the seed; filled is what becomes of it, but for its id.
	row, filled T
	// change alters row; changed is what becomes of it. taken gives it the place of a row of the seed.
	change, taken U
	changed       T
	// conflict is the text of the error when row is created twice, or taken is tried.
	conflict, takenText string
	// invalid are rows that are refused, by the text of the error; orphans refer to what is not there.
	invalid, orphans map[string]T
	// created, altered and removed are what the writes touch.
	created, altered, removed store.Touched
}

// conforms runs the writes and reads that all nouns share.
func (n noun[T, U]) conforms(t *testing.T, s *store.Store) {
	t.Helper()
	n.refuses(t, s)
	row := n.row
	entry := journalled(t, s, n.name+".create", func(ctx context.Context) error { return n.create(ctx, &row) })
	id := n.id(row)
	n.equal(t, n.filled, row)
	n.journal(t, entry, id, nil, &row)
	n.readable(t, id, row)
	refused(t, s, store.ErrConflict, n.conflict, func(ctx context.Context) error { again := n.row; return n.create(ctx, &again) })
	refused(t, s, store.ErrConflict, n.takenText, func(ctx context.Context) error { _, err := n.update(ctx, id, n.taken); return err })

	var after T
	entry = journalled(t, s, n.name+".update", func(ctx context.Context) (err error) {
		after, err = n.update(ctx, id, n.change)
		return err
	})
	n.equal(t, n.changed, after)
	n.journal(t, entry, id, &row, &after)
	n.touched(t, id, n.altered, entry.Touched)
	n.readable(t, id, after)
	idle(t, s, func(ctx context.Context) error { _, err := n.update(ctx, id, n.change); return err })
	var nothing U
	idle(t, s, func(ctx context.Context) error { _, err := n.update(ctx, id, nothing); return err })

	entry = journalled(t, s, n.name+".delete", func(ctx context.Context) error { return n.remove(ctx, id) })
	n.journal(t, entry, id, &after, nil)
	n.gone(t, s, id)

	again := n.row
	require.NoError(t, n.create(t.Context(), &again))
	assert.Greater(t, n.id(again), id, "ids are not used again")
}

// refuses tries what must be refused.
func (n noun[T, U]) refuses(t *testing.T, s *store.Store) {
	t.Helper()
	for kind, rows := range map[error]map[string]T{store.ErrInvalid: n.invalid, store.ErrNotFound: n.orphans} {
		for text, row := range rows {
			refused(t, s, kind, text, func(ctx context.Context) error { return n.create(ctx, &row) })
		}
	}
}

// equal compares rows but for their ids.
func (n noun[T, U]) equal(t *testing.T, want, got T) {
	t.Helper()
	assert.Equal(t, n.fields(t, want), n.fields(t, got))
}

// fields are a row's, as JSON has them, but for the id and the version.
func (noun[T, U]) fields(t *testing.T, row T) map[string]any {
	t.Helper()
	b, err := json.Marshal(row)
	require.NoError(t, err)
	var fields map[string]any
	require.NoError(t, json.Unmarshal(b, &fields))
	delete(fields, "id")
	delete(fields, "version")
	return fields
}

// journal compares the one change of an entry.
func (n noun[T, U]) journal(t *testing.T, e store.Entry, id int64, before, after *T) {
	t.Helper()
	require.Len(t, e.Changes, 1)
	c := e.Changes[0]
	assert.Equal(t, n.name, c.Noun)
	assert.Equal(t, id, c.ID)
	for _, side := range []struct {
		want *T
		got  json.RawMessage
	}{{before, c.Before}, {after, c.After}} {
		if side.want == nil {
			assert.Empty(t, side.got)
			continue
		}
		want, err := json.Marshal(side.want)
		require.NoError(t, err)
		assert.JSONEq(t, string(want), string(side.got))
	}
	switch {
	case before == nil:
		n.touched(t, id, n.created, e.Touched)
	case after == nil:
		n.touched(t, id, n.removed, e.Touched)
	}
}

// self stands in expectations for the id of the row itself.
const self = -1

func (noun[T, U]) touched(t *testing.T, id int64, want, got store.Touched) {
	t.Helper()
	replace := func(ids []int64) (list []int64) {
		for _, i := range ids {
			if i == self {
				i = id
			}
			list = append(list, i)
		}
		return list
	}
	want.Projects, want.Services = replace(want.Projects), replace(want.Services)
	assert.Equal(t, want, got)
}

// readable demands that the row is read and listed as it is.
func (n noun[T, U]) readable(t *testing.T, id int64, row T) {
	t.Helper()
	got, err := n.read(t.Context(), id)
	require.NoError(t, err)
	assert.Equal(t, row, got)
	rows, err := n.list(t.Context())
	require.NoError(t, err)
	assert.Contains(t, rows, row)
}

// gone demands that the id is not found by any method.
func (n noun[T, U]) gone(t *testing.T, s *store.Store, id int64) {
	t.Helper()
	const text = "there is no such"
	refused(t, s, store.ErrNotFound, text, func(ctx context.Context) error { _, err := n.read(ctx, id); return err })
	refused(t, s, store.ErrNotFound, text, func(ctx context.Context) error { _, err := n.update(ctx, id, n.change); return err })
	refused(t, s, store.ErrNotFound, text, func(ctx context.Context) error { return n.remove(ctx, id) })
}

// named returns what rows are called, in their order.
func named[T any](t *testing.T, name func(T) string) func(rows []T, err error) []string {
	t.Helper()
	return func(rows []T, err error) []string {
		t.Helper()
		require.NoError(t, err)
		require.NotNil(t, rows)
		list := []string{}
		for _, row := range rows {
			list = append(list, name(row))
		}
		return list
	}
}

func ptr[T any](v T) *T { return &v }
