package httpsd

import (
	"context"
	"sync"

	"github.com/promshard/promshard/httpsd/wire"
	"github.com/promshard/promshard/store"
)

const (
	// viewSteps, viewStepBytes and viewStepProjects bound what a view remembers of how it came to be what it is.
	viewSteps        = 64
	viewStepBytes    = 1 << 20
	viewStepProjects = 1 << 15
	// catchUpFrames and catchUpBytes bound the frames that a state keeps for those who are further back.
	catchUpFrames = 256
	catchUpBytes  = 16 << 20
)

// viewStep is what led from one state of a view to the next.
type viewStep struct {
	// projects are those that have changed, ascending.
	projects []int64
	// frame is nil when the delta was too large to be encoded before anybody needs it.
	frame *frame
}

func (s viewStep) bytes() int {
	if s.frame == nil {
		return 0
	}
	return len(s.frame.text)
}

// step returns what leads from one state of the view to the next.
func (w *view) step(old, now *viewState) viewStep {
	s := viewStep{projects: now.selection.ChangedSince(old.selection)}
	if deltaSizeOf(now.selection, s.projects, frameSize) <= frameSize {
		s.frame = w.maker.delta(now.selection, s.projects)
		if w.zipped.Load() > 0 {
			s.frame.segment(w.maker)
		}
	}
	return s
}

// within returns as many of the latest steps as a view remembers.
func within(steps []viewStep) []viewStep {
	bytes, projects := 0, 0
	for i := len(steps) - 1; i >= 0; i-- {
		bytes += steps[i].bytes()
		projects += len(steps[i].projects)
		if len(steps)-i > viewSteps || bytes > viewStepBytes || projects > viewStepProjects {
			return steps[i+1:]
		}
	}
	return steps
}

// since returns a frame that leads to the state from an earlier one, whose number and id those are; nil stands for a
// full set, which is then the shortest way or the only one. The error is ctx's.
func (s *viewState) since(ctx context.Context, p *Publisher, w *view, number uint64, id wire.ID) (*frame, error) {
	missed := s.number - number
	if missed == 1 && len(s.steps) > 0 && s.steps[len(s.steps)-1].frame != nil {
		return s.steps[len(s.steps)-1].frame, nil
	}
	if missed > uint64(len(s.steps)) {
		return s.sinceRevision(ctx, p, w, id)
	}
	steps := s.steps[uint64(len(s.steps))-missed:]
	return s.catchUps.get(ctx, catchUpKey{number: number}, func(context.Context) *frame { return s.merge(w, steps) })
}

// merge returns steps as they are, one behind the other, or one delta of what all of them have led to when that is
// shorter.
func (s *viewState) merge(w *view, steps []viewStep) *frame {
	var frames []*frame
	var projects [][]int64
	sum := int64(0)
	for _, step := range steps {
		projects = append(projects, step.projects)
		sum += int64(step.bytes())
		if step.frame != nil {
			frames = append(frames, step.frame)
		}
	}
	all := union(projects...)
	if len(frames) == len(steps) && sum <= deltaSizeOf(s.selection, all, sum) {
		return joined(frames)
	}
	return s.delta(w, all)
}

// sinceRevision returns a frame that leads to the state from any that had the id: one delta of all projects that were
// touched since then. nil stands for a full set, the error is ctx's.
func (s *viewState) sinceRevision(ctx context.Context, p *Publisher, w *view, id wire.ID) (*frame, error) {
	at := s.selection.Revision()
	if id.Epoch != at.Epoch || id.Revision > at.Number {
		return nil, nil
	}
	return s.catchUps.get(ctx, catchUpKey{revision: id.Revision, byRevision: true}, func(ctx context.Context) *frame {
		t, err := p.touchedSince(ctx, store.Revision{Epoch: id.Epoch, Number: id.Revision})
		if err != nil || t.shards && len(w.query.Servers) > 0 {
			return nil // a server that moves to another shard touches no project
		}
		return s.delta(w, t.projects)
	})
}

// delta encodes what projects are now; nil when a full set is shorter.
func (s *viewState) delta(w *view, projects []int64) *frame {
	most := min(deltaSize, fullSizeOf(s.selection))
	if deltaSizeOf(s.selection, projects, most) > most {
		return nil
	}
	return w.maker.delta(s.selection, projects)
}

// catchUps are frames that lead to one state of a view from further back than its last step, each made once.
type catchUps struct {
	mu    sync.Mutex
	byKey map[catchUpKey]*catchUp
	bytes int
}

// catchUpKey says where a frame leads from: a number of the view, or a revision.
type catchUpKey struct {
	number     uint64
	revision   int64
	byRevision bool
}

// catchUp is a frame that is made, or on its way until done is closed.
type catchUp struct {
	done  chan struct{}
	frame *frame
}

// get returns the frame of a key. The first who asks for it makes it, whether he goes away meanwhile or not; the others
// wait for that. The error is ctx's.
func (c *catchUps) get(ctx context.Context, key catchUpKey, build func(context.Context) *frame) (*frame, error) {
	entry, first := c.entry(key)
	switch {
	case entry == nil:
		return build(ctx), ctx.Err()
	case first:
		defer close(entry.done)
		entry.frame = build(context.WithoutCancel(ctx))
		c.charge(entry.frame)
		return entry.frame, ctx.Err()
	}
	select {
	case <-entry.done:
		return entry.frame, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// entry returns the entry of a key, and whether it is new; nil when there is no room for it.
func (c *catchUps) entry(key catchUpKey) (entry *catchUp, first bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if entry, ok := c.byKey[key]; ok {
		return entry, false
	}
	if len(c.byKey) >= catchUpFrames || c.bytes >= catchUpBytes {
		return nil, false
	}
	if c.byKey == nil {
		c.byKey = map[catchUpKey]*catchUp{}
	}
	entry = &catchUp{done: make(chan struct{})}
	c.byKey[key] = entry
	return entry, true
}

// charge notes how large a frame has become.
func (c *catchUps) charge(f *frame) {
	if f == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bytes += len(f.text)
}
