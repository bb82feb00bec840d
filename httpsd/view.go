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
	// maker encodes for all of them.
	maker maker
}

// view is what one query picks, as time goes on.
type view struct {
	key   string
	kind  snapshot.Kind
	query snapshot.Query
	// users counts those who have joined; guarded by the mutex of views.
	users int

	maker *maker
	// watchers counts the streams of the view, zipped those of them that take gzip. Without any, nothing is encoded.
	watchers, zipped atomic.Int64

	current atomic.Pointer[viewState]
}

// viewState is a view as it is at one revision. It never changes.
type viewState struct {
	// number counts the changes of the view's groups: states with the same number differ in their revision alone.
	number uint64
	// selection is nil, and err set, when something that the query names is not there any more.
	selection *snapshot.Selection
	err       error
	// changed is closed when there is a state with a higher number.
	changed chan struct{}

	// steps lead to the state from those before it, as far as the view remembers. What follows is for those who have
	// to come from further back, and stays as long as the number does.
	steps    []viewStep
	catchUps *catchUps
	full     *zippedSet
}

// zippedSet is a whole set in compressed form, made when it is first asked for.
type zippedSet struct {
	once sync.Once
	segment
}

// zippedSet returns the whole set, but for its end, in compressed form.
func (s *viewState) zippedSet(m *maker) segment {
	s.full.once.Do(func() { s.full.segment = m.zippedFull(s.selection) })
	if s.full.deflated == nil { // an earlier call has panicked
		panic("compressing a set: it failed before")
	}
	return s.full.segment
}

// newState returns a state without a selection.
func (w *view) newState(number uint64) *viewState {
	return &viewState{number: number, changed: make(chan struct{}), catchUps: &catchUps{}, full: &zippedSet{}}
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
		w = &view{key: key, kind: k, query: q, maker: &v.maker}
		// Under the mutex, so that a snapshot which is published now is either seen here or comes through advance.
		state := w.newState(0)
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

// watch is join for a stream in a coding.
func (v *views) watch(current func() *snapshot.Snapshot, k snapshot.Kind, q snapshot.Query, c coding) *view {
	w := v.join(current, k, q)
	w.watchers.Add(1)
	if c == gzipped {
		w.zipped.Add(1)
	}
	return w
}

// unwatch gives back what watch returned.
func (v *views) unwatch(w *view, c coding) {
	w.watchers.Add(-1)
	if c == gzipped {
		w.zipped.Add(-1)
	}
	v.leave(w)
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
	if old.err != nil && err != nil || old.err == nil && err == nil && (same || now.Same(old.selection)) {
		state := *old
		state.selection, state.err = now, err
		w.current.Store(&state) // it holds the new snapshot, so that the old one can go
		return
	}
	state := w.newState(old.number + 1)
	state.selection, state.err = now, err
	if w.watchers.Load() > 0 && old.err == nil && err == nil && now.Revision().Epoch == old.selection.Revision().Epoch {
		state.steps = within(append(slices.Clone(old.steps), w.step(old, state)))
	}
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
