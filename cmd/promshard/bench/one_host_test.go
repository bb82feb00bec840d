//go:build bench && linux

package bench

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/httpsd"
	"github.com/promshard/promshard/httpsd/snapshot"
	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/fleet"
	"github.com/promshard/promshard/store/storetest"
)

// cost is what something took.
type cost struct {
	took  time.Duration
	bytes uint64
}

// TestOneHostAdded measures, in this process, how long a publisher takes from the commit of one added host to the
// swapped snapshot, and what the process allocates meanwhile, against a full build. Full builds and additions take
// turns, and so do the fleets.
func TestOneHostAdded(t *testing.T) {
	eachDatabase(t, func(t *testing.T, db database) {
		var rigs []*adder
		for _, f := range config.fleets() {
			rigs = append(rigs, newAdder(t, db, f))
		}
		for range config.rounds {
			for _, a := range rigs {
				a.build(t)
				a.add(t, config.additions/config.rounds)
			}
		}
		for _, a := range rigs {
			add(t, a.rows(db)...)
		}
		if len(rigs) > 1 {
			add(t, compareFleets(db, rigs[0], rigs[1])...)
		}
	})
}

// rows are those of one fleet.
func (a *adder) rows(db database) []row {
	timeRatio := median(a.lags).Seconds() / median(a.buildTimes).Seconds()
	bytesRatio := float64(median(a.allocated)) / float64(median(a.buildBytes))
	timed := row{
		what: "one host added, from commit to swapped snapshot, median; against a full build", fleet: a.fleet.Name, database: db.name,
		value: formatDuration(median(a.lags)), against: formatDuration(median(a.buildTimes)), ratio: formatRatio(timeRatio),
	}
	allocated := row{
		what: "the same, bytes allocated", fleet: a.fleet.Name, database: db.name,
		value: formatBytes(median(a.allocated)), against: formatBytes(median(a.buildBytes)), ratio: formatRatio(bytesRatio),
	}
	if judged(a.fleet) {
		timed.goal, allocated.goal = atMost(timeRatio, 1.0/1000), atMost(bytesRatio, 1.0/1000)
	}
	slow := row{
		what: fmt.Sprintf("the same, 99th percentile of %d", len(a.lags)), fleet: a.fleet.Name, database: db.name,
		value: formatDuration(quantile(a.lags, 0.99)), against: formatDuration(median(a.buildTimes)),
		ratio: formatRatio(quantile(a.lags, 0.99).Seconds() / median(a.buildTimes).Seconds()),
	}
	return []row{timed, slow, allocated}
}

func compareFleets(db database, small, large *adder) []row {
	times := median(large.lags).Seconds() / median(small.lags).Seconds()
	bytes := float64(median(large.allocated)) / float64(median(small.allocated))
	names := large.fleet.Name + " against " + small.fleet.Name
	return []row{
		{
			what: "one host added, time", fleet: names, database: db.name, value: formatDuration(median(large.lags)),
			against: formatDuration(median(small.lags)), ratio: formatRatio(times), goal: atMost(times, 2),
		},
		{
			what: "one host added, bytes allocated", fleet: names, database: db.name, value: formatBytes(median(large.allocated)),
			against: formatBytes(median(small.allocated)), ratio: formatRatio(bytes), goal: atMost(bytes, 2),
		},
	}
}

// adder adds hosts to one inventory that a publisher follows.
type adder struct {
	fleet     fleet.Fleet
	store     *store.Store
	follower  *follower
	projects  []store.Project
	revision  int64
	additions int

	buildTimes, lags      []time.Duration
	buildBytes, allocated []uint64
}

func newAdder(t *testing.T, db database, f fleet.Fleet) *adder {
	t.Helper()
	a := &adder{fleet: f, store: storetest.Open(t, db.clone(t, db.filled(t, f)))}
	a.follower = follow(t, a.store)
	var err error
	a.projects, err = a.store.Projects(t.Context(), store.ProjectFilter{})
	require.NoError(t, err)
	a.revision = a.follower.publisher.Snapshot().Revision().Number
	for range 20 { // prepared statements, pools, the first growth of everything
		a.one(t)
	}
	return a
}

// build makes one snapshot from nothing, beside the publisher's.
func (a *adder) build(t *testing.T) {
	t.Helper()
	settleHeap()
	before := allocatedBytes()
	start := time.Now()
	b := snapshot.NewBuilder()
	revision, err := a.store.Load(t.Context(), b)
	require.NoError(t, err)
	s := b.Snapshot(revision)
	a.buildTimes = append(a.buildTimes, time.Since(start))
	a.buildBytes = append(a.buildBytes, allocatedBytes()-before)
	require.Equal(t, a.follower.publisher.Snapshot().Revision(), s.Revision())
}

// add adds n hosts for their time, and as many for their bytes, since counting bytes takes time.
func (a *adder) add(t *testing.T, n int) {
	t.Helper()
	settleHeap()
	for range n {
		a.lags = append(a.lags, a.one(t).took)
	}
	a.follower.counting.Store(true)
	defer a.follower.counting.Store(false)
	for range n {
		a.allocated = append(a.allocated, a.one(t).bytes)
	}
}

// one adds a host to the next project: the projects take their turns in an order that jumps about.
func (a *adder) one(t *testing.T) cost {
	t.Helper()
	a.additions++
	a.revision++
	project := a.projects[a.additions*7919%len(a.projects)].Name
	host := store.Host{Project: project, Enabled: true, Name: fmt.Sprintf("added-%06d.example.net", a.additions)}
	a.follower.expect(a.revision)
	require.NoError(t, a.store.CreateHost(t.Context(), &host))
	return a.follower.wait(t, time.Now())
}

// settleHeap leaves no garbage of one measurement for the next.
func settleHeap() {
	runtime.GC()
	runtime.GC()
}

func allocatedBytes() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// follower runs a publisher and notes when it starts to look at the database and when it has swapped its snapshot. It
// is the publisher's source and clock. Nothing but writes of the same store wakes it.
type follower struct {
	*store.Store
	publisher *httpsd.Publisher
	// counting says that bytes are to be counted.
	counting atomic.Bool

	mu       sync.Mutex
	expected int64
	looked   time.Time
	before   uint64
	swapped  chan cost
}

// follow runs a publisher on the store until the test ends, and returns once everything is loaded.
func follow(t *testing.T, s *store.Store) *follower {
	t.Helper()
	f := &follower{Store: s, swapped: make(chan cost, 1)}
	f.publisher = httpsd.NewPublisher(httpsd.PublisherOptions{Source: f, CheckInterval: time.Hour, Now: f.now})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f.publisher.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
	require.Eventually(t, func() bool { return f.publisher.Snapshot() != nil }, 5*time.Minute, 10*time.Millisecond)
	return f
}

// expect arms the follower for the snapshot of a revision that is about to be written.
func (f *follower) expect(revision int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.expected, f.looked = revision, time.Time{}
}

// Changes implements httpsd.Source. The publisher calls it when a commit has woken it.
func (f *follower) Changes(ctx context.Context, since store.Revision) (store.Changes, error) {
	f.mu.Lock()
	if f.looked.IsZero() {
		if f.counting.Load() {
			f.before = allocatedBytes()
		}
		f.looked = time.Now()
	}
	f.mu.Unlock()
	return f.Store.Changes(ctx, since)
}

// now is the publisher's clock. It is asked right after each swap, to note when the database last confirmed it.
func (f *follower) now() time.Time {
	now := time.Now()
	s := f.publisher.Snapshot()
	f.mu.Lock()
	defer f.mu.Unlock()
	if s == nil || f.expected == 0 || s.Revision().Number < f.expected {
		return now
	}
	c := cost{took: now.Sub(f.looked)}
	if f.counting.Load() {
		c.bytes = allocatedBytes() - f.before
	}
	f.expected = 0
	f.swapped <- c
	return now
}

// wait returns what it cost to publish the expected revision. The commit is taken to be when the write returned or
// when the publisher began to look, whichever was first.
func (f *follower) wait(t *testing.T, returned time.Time) cost {
	t.Helper()
	select {
	case c := <-f.swapped:
		f.mu.Lock()
		defer f.mu.Unlock()
		if early := f.looked.Sub(returned); early > 0 {
			c.took += early
		}
		return c
	case <-time.After(time.Minute):
		require.FailNow(t, "a written host is not published after a minute")
		return cost{}
	}
}
