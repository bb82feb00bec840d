package remote

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/httpsd"
	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

// twins are an inventory in a database, and one like it behind a server with small pages.
type twins struct {
	direct, remote store.Registry
	// steps counts what was done.
	steps int
}

func newTwins(t *testing.T) *twins {
	t.Helper()
	url := serve(t, handlerOf(t, storetest.SQLite(t), func(o *httpsd.Options) { o.API.MaxPageSize = 3 }))
	return &twins{direct: storetest.SQLite(t), remote: clientOf(t, Options{Servers: []string{url}})}
}

// kindsOfError are all that callers tell apart.
var kindsOfError = []error{
	store.ErrInvalid, store.ErrNotFound, store.ErrConflict, store.ErrStale, store.ErrGuarded, store.ErrShrunk, store.ErrForbidden, store.ErrUnavailable,
}

// told is what a caller learns of an error.
func told(err error) string {
	if err == nil {
		return "no error"
	}
	text := err.Error()
	for _, kind := range kindsOfError {
		if errors.Is(err, kind) {
			text += "; " + kind.Error()
		}
	}
	var refused *store.Error
	if errors.As(err, &refused) {
		text += fmt.Sprintf("; field %q, value %q, hint %q", refused.Field, refused.Value, refused.Hint)
	}
	var guarded *store.GuardError
	if errors.As(err, &guarded) {
		shards, _ := json.Marshal(guarded)
		text += "; " + string(shards)
	}
	var stands *store.RevertError
	if errors.As(err, &stands) {
		text += fmt.Sprintf("; newer %d", stands.Newer)
	}
	return text
}

// same does something to both, and demands the same result.
func (w *twins) same(t *testing.T, what string, do func(inv store.Registry) (any, error)) {
	t.Helper()
	w.steps++
	want, wantErr := do(w.direct)
	got, gotErr := do(w.remote)
	require.Equal(t, told(wantErr), told(gotErr), what)
	if wantErr != nil {
		return
	}
	wantText, err := json.Marshal(want)
	require.NoError(t, err)
	gotText, err := json.Marshal(got)
	require.NoError(t, err)
	require.JSONEq(t, string(wantText), string(gotText), what)
}

// nounOf is all that an inventory does with one noun.
type nounOf[T, F, U any] struct {
	create func(store.Registry, context.Context, *T) error
	get    func(store.Registry, context.Context, int64) (T, error)
	list   func(store.Registry, context.Context, F) ([]T, error)
	update func(store.Registry, context.Context, int64, U) (T, error)
	remove func(store.Registry, context.Context, int64, store.DeleteOptions) error
	// page and expect return a filter and an update with what all of them can have.
	page   func(F, store.Page) F
	expect func(U, int64) U
	// rows are created in this order, the last ones are refused.
	rows    []T
	filters []F
	updates []U
}

// fill creates the rows, each twice.
func (n nounOf[T, F, U]) fill(t *testing.T, w *twins) {
	t.Helper()
	for _, row := range n.rows {
		for range 2 {
			w.same(t, fmt.Sprintf("creating %+v", row), func(inv store.Registry) (any, error) {
				made := row
				return &made, n.create(inv, t.Context(), &made)
			})
		}
	}
}

// try reads and changes the rows in every way.
func (n nounOf[T, F, U]) try(t *testing.T, w *twins) {
	t.Helper()
	for _, f := range n.filters {
		n.readAll(t, w, f)
	}
	for id := int64(-1); id < 5; id++ {
		w.same(t, fmt.Sprintf("reading %d", id), func(inv store.Registry) (any, error) { return n.get(inv, t.Context(), id) })
		for _, u := range n.updates {
			for _, version := range []int64{0, 4711} {
				w.same(t, fmt.Sprintf("changing %d to %+v at %d", id, u, version), func(inv store.Registry) (any, error) {
					return n.update(inv, t.Context(), id, n.expect(u, version))
				})
			}
		}
	}
	n.readAll(t, w, *new(F))
}

// readAll lists what a filter picks, whole, searched, sorted and in parts.
func (n nounOf[T, F, U]) readAll(t *testing.T, w *twins, f F) {
	t.Helper()
	for _, p := range []store.Page{{}, {Search: "e"}, {Sort: "-id"}, {Sort: "nonsense"}, {Limit: 2}, {Limit: 4}, {Limit: 1, Sort: "id"}, {After: "nonsense"}} {
		w.same(t, fmt.Sprintf("listing %+v %+v", f, p), func(inv store.Registry) (any, error) {
			var next string
			p := p
			p.Next = &next
			first, err := n.list(inv, t.Context(), n.page(f, p))
			if err != nil || next == "" {
				return first, err
			}
			p.After = next
			second, err := n.list(inv, t.Context(), n.page(f, p))
			return [][]T{first, second}, err
		})
	}
}

// drop deletes all rows that it may, without and then with what hangs on them.
func (n nounOf[T, F, U]) drop(t *testing.T, w *twins) {
	t.Helper()
	for _, o := range []store.DeleteOptions{{IfVersion: 4711}, {}, {Cascade: true}} {
		for id := range int64(5) {
			w.same(t, fmt.Sprintf("deleting %d with %+v", id, o), func(inv store.Registry) (any, error) { return nil, n.remove(inv, t.Context(), id, o) })
		}
	}
}

// conformer is a noun of whatever types.
type conformer interface {
	fill(t *testing.T, w *twins)
	try(t *testing.T, w *twins)
	drop(t *testing.T, w *twins)
}

func TestAServerIsToCommandsWhatADatabaseIs(t *testing.T) {
	w := newTwins(t)
	nouns := conformers()
	for _, n := range nouns {
		n.fill(t, w)
	}
	for _, n := range nouns {
		n.try(t, w)
	}
	tryTheRest(t, w)
	for i := range nouns {
		nouns[len(nouns)-1-i].drop(t, w)
	}
	assert.Greater(t, w.steps, 1000)
}

// tryTheRest does what is not done to one noun.
func tryTheRest(t *testing.T, w *twins) {
	t.Helper()
	ctx := t.Context()
	for _, args := range [][2]string{{"prod", "p1"}, {"prod", "p9"}, {"new", "p9"}, {"", "p1"}, {"prod", ""}, {"prod", "a b"}} {
		w.same(t, "registering a server", func(inv store.Registry) (any, error) { return inv.RegisterServer(ctx, args[0], args[1], 9090) })
	}
	w.same(t, "registering a server", func(inv store.Registry) (any, error) { return inv.RegisterServer(ctx, "prod", "p1", 0) })
	for _, args := range [][2]string{{"web", "w1"}, {"web", "w77"}, {"nope", "w1"}, {"", "w1"}, {"web", ""}} {
		w.same(t, "registering a host", func(inv store.Registry) (any, error) {
			h, created, err := inv.RegisterHost(ctx, args[0], args[1])
			return []any{h, created}, err
		})
	}
	for _, e := range []store.Exporter{
		{Project: "web", Job: "node", Port: 9100},
		{Project: "web", Job: "new", Port: 1, Enabled: true},
		{ProjectID: 1, Job: "new", Port: 2, Path: "/x?y=z"},
		{Job: "new", Port: 2},
		{Project: "web", Job: "new"},
		{Project: "web", Port: 1},
	} {
		w.same(t, "registering a job", func(inv store.Registry) (any, error) {
			e, created, err := inv.RegisterJob(ctx, e)
			return []any{e, created}, err
		})
	}
	for _, path := range []string{"", "/x", "x"} {
		w.same(t, "registering an exporter", func(inv store.Registry) (any, error) {
			e, created, err := inv.RegisterExporter(ctx, "node", 9100, path)
			return []any{e, created}, err
		})
	}
	for _, h := range []store.SetHosts{
		{},
		{Add: []store.Host{{Name: "s1", Enabled: true}}, Remove: []string{"w77", "gone"}},
		{Add: []store.Host{{Name: "a b"}}},
		{Replace: &[]store.Host{{Name: "w1", Labels: store.Labels{"rack": "z"}}}, Add: []store.Host{{Name: "x"}}},
		{Replace: &[]store.Host{{Name: "w1", Enabled: true, Labels: store.Labels{"rack": "z"}}, {Name: "w2"}}},
	} {
		w.same(t, fmt.Sprintf("setting hosts %+v", h), func(inv store.Registry) (any, error) { return inv.SetHosts(ctx, 1, h) })
	}
	for _, groups := range [][]store.ImportGroup{
		nil,
		{{Targets: []string{"i1:1", "i2:1"}, Labels: map[string]string{"__shard": "prod", "service": "shop", "project": "imported", "farm": "f", "job": "node", "team": "<a&b>"}}},
		{{Targets: []string{"i1:1"}, Labels: map[string]string{"service": "shop", "project": "imported"}}},
		{{}},
	} {
		for _, shard := range []string{"", "prod", "closed"} {
			w.same(t, fmt.Sprintf("importing %+v on %q", groups, shard), func(inv store.Registry) (any, error) {
				return inv.Import(ctx, groupsOf(groups), store.ImportOptions{Shard: shard})
			})
		}
	}
	for revision := int64(1); revision < 30; revision++ {
		w.same(t, "undoing a revision", func(inv store.Registry) (any, error) { return inv.Revert(store.WithDryRun(ctx), revision) })
	}
	w.same(t, "undoing a revision", func(inv store.Registry) (any, error) { return inv.Revert(ctx, 4711) })
}

// groupsOf yields groups.
func groupsOf(groups []store.ImportGroup) store.ImportGroups {
	return func(yield func(store.ImportGroup, error) bool) {
		for _, g := range groups {
			if !yield(g, nil) {
				return
			}
		}
	}
}
