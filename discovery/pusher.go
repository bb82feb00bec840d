package discovery

import (
	"context"
	"time"

	"github.com/prometheus/prometheus/discovery/targetgroup"

	"github.com/promshard/promshard/discovery/client"
)

// pusher sends Prometheus the whole set once, then what has changed. Prometheus syncs all its targets for whatever it
// is sent, so after a change that went out the next ones wait for each other until hold has passed.
//
// Groups stay pending until Prometheus has taken them, one for each source: however long it does not, what is pending
// is no more than what it has and what it should have. It has one owner, the goroutine in run.
type pusher struct {
	kind string
	hold time.Duration
	up   chan<- []*targetgroup.Group

	// taken is what Prometheus has. It keeps the very same groups, so that this costs little more than the map.
	taken map[string]*targetgroup.Group
	// pending is what has changed since. A group without targets stands for one that is gone.
	pending map[string]*targetgroup.Group
	// first is true from when the first set is known until Prometheus has taken it.
	first bool
	// timer fires when what is pending may go out, if waiting is true; otherwise it may at once.
	timer   *time.Timer
	waiting bool
}

func newPusher(kind string, hold time.Duration, up chan<- []*targetgroup.Group) *pusher {
	return &pusher{kind: kind, hold: hold, up: up, taken: map[string]*targetgroup.Group{}, pending: map[string]*targetgroup.Group{}}
}

// run takes updates, always promptly, and sends what they amount to until ctx ends.
func (p *pusher) run(ctx context.Context, updates <-chan client.Update) {
	p.timer = time.NewTimer(p.hold) // goes off for nothing the first time
	defer p.timer.Stop()
	for {
		batch, up := p.due()
		select {
		case <-ctx.Done():
			return
		case u := <-updates:
			p.accept(u)
		case <-p.timer.C:
			p.waiting = false
		case up <- batch:
			p.sent(batch)
		}
	}
}

// due returns what should be sent now and where to, or a nil channel, which takes nothing, when there is nothing to
// send yet.
func (p *pusher) due() ([]*targetgroup.Group, chan<- []*targetgroup.Group) {
	if !p.first && (p.waiting || len(p.pending) == 0) {
		return nil, nil
	}
	batch := make([]*targetgroup.Group, 0, len(p.pending))
	for _, g := range p.pending {
		batch = append(batch, g)
	}
	return batch, p.up
}

// accept adds an update to what is pending. What comes back to what Prometheus has is no longer pending.
func (p *pusher) accept(u client.Update) {
	p.first = p.first || u.First
	for _, changed := range u.Changed {
		g := targetGroup(p.kind, changed)
		if has, ok := p.taken[g.Source]; ok && sameGroup(has, g) {
			delete(p.pending, g.Source)
		} else {
			p.pending[g.Source] = g
		}
	}
	for _, source := range u.Gone {
		if _, ok := p.taken[source]; ok {
			p.pending[source] = &targetgroup.Group{Source: source}
		} else {
			delete(p.pending, source)
		}
	}
}

// sent takes note of what Prometheus has taken, which is all that was pending. The first set begins no wait: it is no
// change, and one that follows a start, such as what the servers have over the cache, should not be late for it.
func (p *pusher) sent(batch []*targetgroup.Group) {
	for _, g := range batch {
		if g.Labels == nil {
			delete(p.taken, g.Source)
		} else {
			p.taken[g.Source] = g
		}
	}
	p.pending = map[string]*targetgroup.Group{} // a cleared one would stay as large as the first set
	if p.first {
		p.first = false
		return
	}
	if p.hold > 0 {
		p.timer.Reset(p.hold)
		p.waiting = true
	}
}
