package httpsd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/promshard/promshard/httpsd/snapshot"
	"github.com/promshard/promshard/store"
)

// Source is where a Publisher has the inventory from; *store.Store implements it.
type Source interface {
	// Load sends everything to the sink, as it is at the revision returned.
	Load(ctx context.Context, sink store.Sink) (store.Revision, error)
	// Changes returns what was touched after a revision, as it is now.
	Changes(ctx context.Context, since store.Revision) (store.Changes, error)
	// Touched returns which projects were touched after a revision.
	Touched(ctx context.Context, since store.Revision) (store.Touches, error)
	// Subscribe returns a channel of capacity one that holds a value when there may be something new.
	Subscribe() (wake <-chan struct{}, cancel func())
}

// PublisherOptions are what a Publisher needs. Only Source is required.
type PublisherOptions struct {
	Source Source
	// Logger gets one line when the database goes away or lists cannot be rendered, and one when that is over; nil
	// discards them.
	Logger *slog.Logger
	// Registerer gets the publisher's metrics; nil registers none.
	Registerer prometheus.Registerer
	// CheckInterval is how often the database is asked when no wake-up comes; 0 means 3s. Lists count as stale
	// after 10s without an answer, so it must be well below that.
	CheckInterval time.Duration
	// StallTimeout ends a check that has not answered, and a full load of which nothing has arrived, for that long;
	// 0 means 1m.
	StallTimeout time.Duration
	// RetryInterval is the first wait after a failure, which then doubles, with jitter, up to MaxRetryInterval;
	// 0 means 100ms and 3s.
	RetryInterval    time.Duration
	MaxRetryInterval time.Duration
	// Now is the clock by which staleness is told; nil means time.Now.
	Now func() time.Time
}

func (o PublisherOptions) withDefaults() PublisherOptions {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&o.CheckInterval, 3 * time.Second},
		{&o.StallTimeout, time.Minute},
		{&o.RetryInterval, 100 * time.Millisecond},
		{&o.MaxRetryInterval, 3 * time.Second},
	} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	return o
}

// Publisher follows the database and keeps the current snapshot. Whatever goes wrong, the last good snapshot stays.
// Run does the work; the other methods are safe for concurrent use.
type Publisher struct {
	o       PublisherOptions
	metrics *publisherMetrics

	current atomic.Pointer[snapshot.Snapshot]
	// checked is when the database last confirmed or renewed the snapshot, in nanoseconds of Unix time; 0 is never.
	checked atomic.Int64
	// views are told of every snapshot after it is in current.
	views views
	// history leads up to the snapshot in current.
	history history
	// checks are those who wait for a look at the database.
	checks checks
	// latest is the highest revision number the database was seen to have in the epoch of the snapshot.
	latest atomic.Int64

	// What follows belongs to Run. reload says that the next snapshot cannot be made from the current one.
	reload  bool
	trouble trouble
}

// NewPublisher returns a Publisher that has nothing loaded yet. It panics without a Source.
func NewPublisher(o PublisherOptions) *Publisher {
	if o.Source == nil {
		panic("httpsd: PublisherOptions.Source is required")
	}
	p := &Publisher{o: o.withDefaults(), history: newHistory(), checks: newChecks()}
	p.metrics = newPublisherMetrics(p, o.Registerer)
	return p
}

// Snapshot returns the current snapshot, nil before the first load has ended.
func (p *Publisher) Snapshot() *snapshot.Snapshot { return p.current.Load() }

// Staleness is how long ago the database last confirmed that the snapshot is current; 0 before the first load.
func (p *Publisher) Staleness() time.Duration {
	checked := p.checked.Load()
	if checked == 0 {
		return 0
	}
	return max(0, p.o.Now().Sub(time.Unix(0, checked)))
}

// Run follows the database until ctx ends, and then returns nil.
func (p *Publisher) Run(ctx context.Context) error {
	wake, cancel := p.o.Source.Subscribe()
	defer cancel()
	retry := &backoff.ExponentialBackOff{
		InitialInterval:     p.o.RetryInterval,
		RandomizationFactor: backoff.DefaultRandomizationFactor,
		Multiplier:          2,
		MaxInterval:         p.o.MaxRetryInterval,
	}
	for {
		waiting := p.checks.take()
		err := p.pass(ctx)
		waiting.tell(err)
		if ctx.Err() != nil {
			return nil
		}
		wait, listen, asked := p.o.CheckInterval, wake, p.checks.asked
		if err != nil {
			// A wake-up stays in its channel until the wait is over: a busy writer must not turn failures into a storm.
			wait, listen, asked = retry.NextBackOff(), nil, nil
		} else {
			retry.Reset()
		}
		p.report(err)
		if !sleep(ctx, wait, listen, asked) {
			return nil
		}
	}
}

// sleep waits until d is over or one of the channels holds something; false means that ctx has ended.
func sleep(ctx context.Context, d time.Duration, wake, asked <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-wake:
	case <-asked:
	case <-timer.C:
	}
	return true
}

// pass brings the snapshot up to date once.
func (p *Publisher) pass(ctx context.Context) (err error) {
	operation := "changes"
	defer func() {
		if r := recover(); r != nil {
			// Rendering left us without a result: what is served stays, and the next attempt starts from nothing.
			p.reload = true
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
		if err != nil && !errors.As(err, new(*publishError)) {
			err = &publishError{operation: operation, err: err}
		}
	}()

	current := p.current.Load()
	if current == nil {
		operation = "load"
		return p.load(ctx)
	}
	changes, err := p.changes(ctx, current.Revision())
	if err != nil {
		return err
	}
	if changes.Reload || p.reload {
		operation = "load"
		return p.load(ctx)
	}
	operation = "apply"
	return p.apply(current, changes)
}

// changes asks the database what is new.
func (p *Publisher) changes(ctx context.Context, since store.Revision) (store.Changes, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, p.o.StallTimeout, errStalled)
	defer cancel()
	changes, err := p.o.Source.Changes(ctx, since)
	if err != nil {
		return changes, explain(ctx, err)
	}
	return changes, p.notBehind(since, changes.Revision)
}

// notBehind refuses a revision that would take readers back in time. Whatever comes after such a revision is another
// history, even when it has grown to the numbers of the one that is served: so it is loaded whole then.
func (p *Publisher) notBehind(served, revision store.Revision) error {
	if served.Epoch != revision.Epoch || revision.Number >= served.Number {
		return nil
	}
	p.reload = true
	return &publishError{operation: "publish", err: fmt.Errorf("the database is at revision %d, behind %d which is being served: was it restored from a backup? restart promshard to accept that",
		revision.Number, served.Number)}
}

// apply publishes the snapshot that changes lead to.
func (p *Publisher) apply(current *snapshot.Snapshot, changes store.Changes) error {
	if changes.Revision == current.Revision() {
		p.confirm()
		return nil
	}
	p.latest.Store(changes.Revision.Number)
	start := time.Now()
	next := current.Apply(changes)
	p.metrics.apply.Observe(time.Since(start).Seconds())
	return p.publish(next, &touched{projects: slices.Collect(maps.Keys(changes.Projects)), shards: changes.Directory != nil})
}

// load publishes a snapshot that is built from nothing, while the last one goes on being served.
func (p *Publisher) load(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	builder := snapshot.NewBuilder()
	sink := newWatchedSink(builder, p.o.StallTimeout, func() { cancel(errStalled) })
	defer sink.stop()

	start := time.Now()
	revision, err := p.o.Source.Load(ctx, sink)
	if err != nil {
		return explain(ctx, err)
	}
	next := builder.Snapshot(revision)
	p.metrics.build.Observe(time.Since(start).Seconds())
	if err := p.publish(next, nil); err != nil {
		return err
	}
	// A load needs several times what it leaves behind. It is rare, and what follows needs little, so without this
	// the process would keep that memory for minutes.
	debug.FreeOSMemory()
	return nil
}

// publish swaps the snapshot, unless that would take readers back in time. t is what was touched since the last one, nil
// when that is not known.
func (p *Publisher) publish(next *snapshot.Snapshot, t *touched) error {
	revision := next.Revision()
	if current := p.current.Load(); current != nil {
		served := current.Revision()
		if err := p.notBehind(served, revision); err != nil {
			return err
		}
		if served.Epoch != revision.Epoch {
			p.o.Logger.Warn("The database holds another inventory than before", "served_epoch", served.Epoch, "epoch", revision.Epoch, "revision", revision.Number)
		}
	}
	// In this order: whoever sees a snapshot finds what led to it, and what is told of views is current.
	if t != nil {
		p.history.append(revision.Number, *t)
	} else {
		p.history.restart(revision)
	}
	p.current.Store(next)
	p.views.advance(next)
	p.latest.Store(revision.Number)
	p.reload = false
	p.confirm()
	return nil
}

// confirm notes that the snapshot is what the database holds now.
func (p *Publisher) confirm() { p.checked.Store(p.o.Now().UnixNano()) }

// errStalled is the cause of a context that StallTimeout has ended.
var errStalled = errors.New("the database does not answer")

// explain puts the reason why ctx was ended in front of an error, when it was ended by us.
func explain(ctx context.Context, err error) error {
	if err != nil && errors.Is(context.Cause(ctx), errStalled) {
		return fmt.Errorf("%w: %w", errStalled, err)
	}
	return err
}
