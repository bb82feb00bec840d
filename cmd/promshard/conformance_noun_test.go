package main

import (
	"context"
	"reflect"
	"testing"

	"github.com/promshard/promshard/store"
)

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
	// rows are created in this order; the first ones have the ids from 1 on, and the last ones are refused.
	rows    []T
	filters []F
	updates []U
}

// conformer is a noun of whatever types.
type conformer interface {
	fill(t *testing.T, w *twins)
	try(t *testing.T, w *twins)
	drop(t *testing.T, w *twins)
}

// fill creates the rows, and the first of them a second time.
func (n nounOf[T, F, U]) fill(t *testing.T, w *twins) {
	t.Helper()
	for _, row := range n.rows {
		w.do(t, t.Context(), n.create, &row)
	}
	w.write(t, t.Context(), n.create, &n.rows[0])
}

// try reads and changes the rows in every way.
func (n nounOf[T, F, U]) try(t *testing.T, w *twins) {
	t.Helper()
	ctx := t.Context()
	for _, f := range n.filters {
		n.readAll(t, w, f, store.Page{})
	}
	var everything F
	n.readAll(t, w, everything, store.Page{Search: "e"}, store.Page{Sort: "nonsense"}, store.Page{Limit: 1, Sort: "-id"}, store.Page{Limit: 2}, store.Page{Limit: 4}, store.Page{After: "nonsense"})
	for _, id := range []int64{-1, 0, 99} {
		w.do(t, ctx, n.get, id)
		w.write(t, ctx, n.update, id, n.updates[1])
	}
	for _, id := range []int64{1, 2} {
		w.do(t, ctx, n.get, id)
		for _, u := range n.updates {
			w.write(t, ctx, n.update, id, u)
		}
		w.do(t, ctx, n.update, id, n.expect(n.updates[1], 4711))
	}
	n.readAll(t, w, everything, store.Page{})
}

// readAll lists what a filter picks, in pages: the first one and the rest.
func (n nounOf[T, F, U]) readAll(t *testing.T, w *twins, f F, pages ...store.Page) {
	t.Helper()
	for _, p := range pages {
		w.same(t, reflect.TypeFor[T]().Name()+"s", methodName(n.list), func(inv inventory) outcome {
			var next string
			p.Next = &next
			first, err := n.list(inv, t.Context(), n.page(f, p))
			if err != nil {
				return outcome{err: err}
			}
			if next == "" {
				return outcome{values: []any{first}}
			}
			rest := p
			rest.After = next
			second, err := n.list(inv, t.Context(), n.page(f, rest))
			return outcome{[]any{first, second}, err}
		})
	}
}

// drop deletes rows, without and then with what hangs on them.
func (n nounOf[T, F, U]) drop(t *testing.T, w *twins) {
	t.Helper()
	w.do(t, t.Context(), n.remove, 1, store.DeleteOptions{IfVersion: 4711})
	for _, o := range []store.DeleteOptions{{}, {Cascade: true}} {
		for _, id := range []int64{-1, 1, 2} {
			w.write(t, t.Context(), n.remove, id, o)
		}
	}
}
