package httpsd

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/promshard/promshard/httpsd/snapshot"
)

// views are the selections that somebody waits for. Each is looked at once per published snapshot, however many wait
// for it, and only those whose own selection has changed are woken.
type views struct {
	mu    sync.Mutex
	byKey map[string]*view
}

// view is what one query picks, as time goes on.
type view struct {
	key   string
	kind  snapshot.Kind
	query snapshot.Query
	// users counts those who have joined; guarded by the mutex of views.
	users int

	current atomic.Pointer[viewState]
}

// viewState is a view as it is at one revision. It never changes.
type viewState struct {
	// number counts the changes of the view's content: states with the same number differ in their revision alone.
	number uint64
	// selection is nil, and err set, when something that the query names is not there any more.
	selection *snapshot.Selection
	err       error
	// changed is closed when there is a state with a higher number.
	changed chan struct{}
}

// viewKey is one string for equal queries.
func viewKey(k snapshot.Kind, q snapshot.Query) string {
	var b strings.Builder
	b.WriteString(k.String())
	for _, values := range [][]string{q.Shards, q.Services, q.Projects, q.Farms, q.Jobs, q.Servers} {
		b.WriteByte('\n')
		for _, v := range slices.Compact(slices.Sorted(slices.Values(values))) {
			b.WriteString(strconv.Quote(v))
		}
	}
	return b.String()
}

// join returns the view of a query, which stays up to date until it is left as often as it was joined. current reads
// the published snapshot, which must not be nil.
func (v *views) join(current func() *snapshot.Snapshot, k snapshot.Kind, q snapshot.Query) *view {
	key := viewKey(k, q)
	v.mu.Lock()
	defer v.mu.Unlock()
	w, ok := v.byKey[key]
	if !ok {
		w = &view{key: key, kind: k, query: q}
		// Under the mutex, so that a snapshot which is published now is either seen here or comes through advance.
		state := &viewState{changed: make(chan struct{})}
		state.selection, state.err = current().Select(k, q)
		w.current.Store(state)
		if v.byKey == nil {
			v.byKey = map[string]*view{}
		}
		v.byKey[key] = w
	}
	w.users++
	return w
}

// leave gives back what join returned.
func (v *views) leave(w *view) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if w.users--; w.users == 0 {
		delete(v.byKey, w.key)
	}
}

// advance shows a newly published snapshot to all views.
func (v *views) advance(next *snapshot.Snapshot) {
	v.mu.Lock()
	all := slices.Collect(maps.Values(v.byKey))
	v.mu.Unlock()
	for _, w := range all {
		w.advance(next)
	}
}

// advance is called by one goroutine at a time, with snapshots in the order of their publication.
func (w *view) advance(next *snapshot.Snapshot) {
	old := w.current.Load()
	now, same, err := w.reselect(old, next)
	state := &viewState{number: old.number, selection: now, err: err, changed: old.changed}
	if old.err != nil && err != nil || old.err == nil && err == nil && (same || now.List().ETag() == old.selection.List().ETag()) {
		w.current.Store(state) // it holds the new snapshot, so that the old one can go
		return
	}
	state.number, state.changed = old.number+1, make(chan struct{})
	w.current.Store(state)
	close(old.changed)
}

func (w *view) reselect(old *viewState, next *snapshot.Snapshot) (now *snapshot.Selection, same bool, err error) {
	if old.err == nil {
		return next.Reselect(old.selection, w.query)
	}
	now, err = next.Select(w.kind, w.query)
	return now, false, err
}
