package httpsd

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/promshard/promshard/store"
)

const (
	// historySteps and historyProjects bound what a history remembers.
	historySteps    = 4096
	historyProjects = 1 << 18
)

// history is what the latest steps from snapshot to snapshot have touched, and what the journal said of the time before
// them when somebody wanted to know. Its methods are safe for concurrent use; the zero value remembers nothing.
type history struct {
	// asking is held while the journal is read, so that however many come back at one time, it is read once.
	asking chan struct{}

	mu    sync.Mutex
	epoch string
	// steps lead without a gap up to the revision until, the oldest first.
	steps    []step
	until    int64
	projects int
	// lost is the highest revision of which the journal could not tell what came after it, -1 for none.
	lost int64
}

// step is what was touched between two revisions, or at least that.
type step struct {
	from, to int64
	touched  touched
}

// touched is what can have changed.
type touched struct {
	projects []int64
	// shards is true when a filter may stand for other projects than before, though none of them was touched.
	shards bool
}

func newHistory() history { return history{asking: make(chan struct{}, 1), lost: -1} }

// restart forgets everything: the snapshot is not known to have come from the one before.
func (h *history) restart(at store.Revision) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.epoch != at.Epoch {
		h.lost = -1
	}
	h.epoch, h.until, h.steps, h.projects = at.Epoch, at.Number, nil, 0
}

// append adds the step to a revision of the same epoch.
func (h *history) append(to int64, t touched) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.steps = append(h.steps, step{from: h.until, to: to, touched: t})
	h.until = to
	h.projects += len(t.projects)
	for len(h.steps) > historySteps || h.projects > historyProjects {
		h.projects -= len(h.steps[0].touched.projects)
		h.steps = slices.Delete(h.steps, 0, 1)
	}
}

// prepend adds what the journal said of the time from a revision on, up to the oldest step at least.
func (h *history) prepend(from, to int64, t touched) {
	h.mu.Lock()
	defer h.mu.Unlock()
	oldest := h.oldest()
	if to < oldest || from >= oldest {
		return
	}
	if n := len(t.projects); h.projects+n <= historyProjects && len(h.steps) < historySteps {
		h.steps = slices.Insert(h.steps, 0, step{from: from, to: oldest, touched: t})
		h.projects += n
	}
}

// oldest is the earliest revision that the steps lead on from.
func (h *history) oldest() int64 {
	if len(h.steps) == 0 {
		return h.until
	}
	return h.steps[0].from
}

// since returns the union of what was touched after a revision, projects ascending. ok is false when that is further
// back than the steps are; never is true when the journal could not tell either.
func (h *history) since(r store.Revision) (t touched, ok, never bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if r.Epoch != h.epoch || r.Number > h.until {
		return touched{}, false, true
	}
	if r.Number < h.oldest() {
		return touched{}, false, r.Number <= h.lost
	}
	for i := len(h.steps) - 1; i >= 0 && h.steps[i].to > r.Number; i-- {
		t.projects = append(t.projects, h.steps[i].touched.projects...)
		t.shards = t.shards || h.steps[i].touched.shards
	}
	slices.Sort(t.projects)
	t.projects = slices.Compact(t.projects)
	return t, true, false
}

// forget notes that the journal cannot tell what came after a revision.
func (h *history) forget(r store.Revision) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if r.Epoch == h.epoch {
		h.lost = max(h.lost, r.Number)
	}
}

// errHistoryLost says that nobody can tell what was touched.
var errHistoryLost = errors.New("the journal does not reach back that far")

// journalPatience is how long somebody who comes back is made to wait for the journal.
const journalPatience = 5 * time.Second

// touchedSince returns at least what was touched between a revision and the snapshot that is current as the call
// begins. It asks the journal when it has to; the error is errHistoryLost, or one of the database or of ctx.
func (p *Publisher) touchedSince(ctx context.Context, r store.Revision) (touched, error) {
	h := &p.history
	if t, ok, never := h.since(r); ok || never {
		return t, lostUnless(ok)
	}
	ctx, cancel := context.WithTimeout(ctx, journalPatience)
	defer cancel()
	select {
	case h.asking <- struct{}{}:
		defer func() { <-h.asking }()
	case <-ctx.Done():
		return touched{}, ctx.Err()
	}
	if t, ok, never := h.since(r); ok || never { // another has asked meanwhile
		return t, lostUnless(ok)
	}
	touches, err := p.o.Source.Touched(ctx, r)
	if err != nil {
		return touched{}, err
	}
	if touches.Reload {
		h.forget(r)
		return touched{}, errHistoryLost
	}
	t := touched{projects: touches.Projects, shards: touches.Shards}
	h.prepend(r.Number, touches.Revision.Number, t)
	if at := p.Snapshot().Revision(); at.Epoch != touches.Revision.Epoch || at.Number > touches.Revision.Number {
		// A snapshot came that is newer than the answer: the steps know the rest, unless they were forgotten.
		t, ok, _ := h.since(r)
		return t, lostUnless(ok)
	}
	return t, nil
}

func lostUnless(ok bool) error {
	if ok {
		return nil
	}
	return errHistoryLost
}
