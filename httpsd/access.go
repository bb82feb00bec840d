package httpsd

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/time/rate"

	"github.com/promshard/promshard/store"
)

// AccessSource is where an Access has from who may do what; *store.Store implements it.
type AccessSource interface {
	// AccessRevision returns which state that is in, and costs little.
	AccessRevision(ctx context.Context) (store.AccessRevision, error)
	// Access returns everybody who is let in.
	Access(ctx context.Context) (store.AccessRevision, []store.AccessEntry, error)
	// MarkUsed notes who was let in, and when last.
	MarkUsed(ctx context.Context, used map[int64]time.Time) error
	// Subscribe returns a channel of capacity one that holds a value when there may be something new.
	Subscribe() (wake <-chan struct{}, cancel func())
}

// AccessOptions are what an Access needs. Only Source is required.
type AccessOptions struct {
	Source AccessSource
	// OpenLists lets everybody fetch lists, as Promgen does. Whoever shows a token that is none is refused even then.
	OpenLists bool
	// RateLimit is how many requests a second one principal may make, RateBurst how many at once after a pause; lists are
	// counted apart from everything else. 0 means 100 and 500; with a negative RateLimit nothing is limited.
	RateLimit float64
	RateBurst int
	// WebConfigFile is the file whose basic_auth_users are let in by their names; empty for none. The web server must
	// demand them as well.
	WebConfigFile string
	// Logger gets one line when the database goes away and one when it is back; nil discards them.
	Logger *slog.Logger
	// Registerer gets the metrics of access; nil registers none.
	Registerer prometheus.Registerer
	// CheckInterval is how often the database is asked when no wake-up comes; 0 means 3s.
	CheckInterval time.Duration
	// MarkInterval is how often the database is told who was let in; 0 means 1m.
	MarkInterval time.Duration
	// StallTimeout ends a look at the database that has not ended for that long; 0 means 30s.
	StallTimeout time.Duration
	// Now is the clock by which tokens expire; nil means time.Now.
	Now func() time.Time
}

func (o AccessOptions) withDefaults() AccessOptions {
	if o.RateLimit == 0 {
		o.RateLimit = 100
	}
	if o.RateBurst <= 0 {
		o.RateBurst = 500
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.CheckInterval <= 0 {
		o.CheckInterval = 3 * time.Second
	}
	if o.MarkInterval <= 0 {
		o.MarkInterval = time.Minute
	}
	if o.StallTimeout <= 0 {
		o.StallTimeout = 30 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// Access knows who may do what, from memory: no request waits for the database, and when that is lost the last table
// stays. Run keeps the table up to date; the other methods are safe for concurrent use.
type Access struct {
	o       AccessOptions
	metrics *accessMetrics
	web     *webUsers

	table atomic.Pointer[accessTable]

	// usages are by the ids of principals, and outlive tables.
	usagesMu sync.Mutex
	usages   map[int64]*usage

	// misses are requests with a token that is not in the table, which may have been created a moment ago; running says that
	// Run looks for them.
	misses  checks
	running atomic.Bool

	// failing is whether the last look at the database failed. It belongs to Run.
	failing bool
}

const (
	// missPause is the least time between two looks at the database for tokens that are not in the table, so that made-up
	// ones cost it little; missPatience is how long a request waits for such a look.
	missPause    = 200 * time.Millisecond
	missPatience = time.Second
)

// usage is what is known of the requests of one principal.
type usage struct {
	// used is when it was let in last, in milliseconds of Unix time; marked is what the database knows of that.
	used, marked atomic.Int64
	// lists and others bound the rate of requests; nil does not.
	lists, others *rate.Limiter
}

// NewAccess returns an Access that knows nobody yet. It panics without a Source.
func NewAccess(o AccessOptions) *Access {
	if o.Source == nil {
		panic("httpsd: AccessOptions.Source is required")
	}
	a := &Access{o: o.withDefaults(), web: newWebUsers(o.WebConfigFile), usages: map[int64]*usage{}, misses: newChecks()}
	a.metrics = newAccessMetrics(a, o.Registerer)
	return a
}

// Run follows the database until ctx ends, and then returns nil.
func (a *Access) Run(ctx context.Context) error {
	wake, cancel := a.o.Source.Subscribe()
	defer cancel()
	retry := &backoff.ExponentialBackOff{
		InitialInterval: 100 * time.Millisecond, Multiplier: 2, RandomizationFactor: 0.3, MaxInterval: 3 * time.Second,
	}
	mark := time.NewTicker(a.o.MarkInterval)
	defer mark.Stop()
	a.running.Store(true)
	defer a.running.Store(false)
	for {
		waiting := a.misses.take()
		err := a.refresh(ctx)
		waiting.tell(err)
		if ctx.Err() != nil {
			a.markBeforeEnd(ctx)
			return nil
		}
		a.report(err)
		wait, listen, missed := a.o.CheckInterval, wake, a.misses.asked
		if err != nil {
			wait, listen, missed = retry.NextBackOff(), nil, nil
		} else {
			retry.Reset()
		}
		if a.rest(ctx, wait, listen, missed) {
			select {
			case <-mark.C:
				a.mark(ctx)
			default:
			}
		}
	}
}

// rest is sleep that lets missed end it no sooner than missPause after it began.
func (a *Access) rest(ctx context.Context, d time.Duration, wake, missed <-chan struct{}) bool {
	pause := time.NewTimer(min(d, missPause))
	defer pause.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-wake:
		return true
	case <-pause.C:
		return sleep(ctx, d-min(d, missPause), wake, missed)
	}
}

// find returns the holder of a secret, nil when there is none. One that the table does not know is looked for in the
// database, which may know it since a moment ago.
func (a *Access) find(ctx context.Context, t *accessTable, secret string) *holder {
	if h := t.token(secret); h != nil || !a.running.Load() || !store.ValidToken(secret) {
		return h
	}
	ctx, cancel := context.WithTimeout(ctx, missPatience)
	defer cancel()
	looked := make(chan error, 1)
	a.misses.add(looked)
	select {
	case err := <-looked:
		if err != nil {
			return nil
		}
	case <-ctx.Done():
	}
	return a.table.Load().token(secret)
}

// refresh brings the table up to date.
func (a *Access) refresh(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, a.o.StallTimeout, errStalled)
	defer cancel()
	if current := a.table.Load(); current != nil {
		revision, err := a.o.Source.AccessRevision(ctx)
		if err != nil || revision == current.revision {
			return explain(ctx, err)
		}
	}
	revision, entries, err := a.o.Source.Access(ctx)
	if err != nil {
		return explain(ctx, err)
	}
	next := newAccessTable(revision, entries, a.usageOf)
	a.forget(entries)
	// The new table is there before those wake who wait for it.
	if old := a.table.Swap(next); old != nil {
		close(old.replaced)
	}
	return nil
}

// usageOf returns what is known of a principal's requests.
func (a *Access) usageOf(e store.AccessEntry) *usage {
	a.usagesMu.Lock()
	defer a.usagesMu.Unlock()
	u := a.usages[e.ID]
	if u == nil {
		u = &usage{}
		if a.o.RateLimit > 0 {
			u.lists = rate.NewLimiter(rate.Limit(a.o.RateLimit), a.o.RateBurst)
			u.others = rate.NewLimiter(rate.Limit(a.o.RateLimit), a.o.RateBurst)
		}
		a.usages[e.ID] = u
	}
	return u
}

// forget drops what is known of principals that are not let in any more.
func (a *Access) forget(entries []store.AccessEntry) {
	known := make(map[int64]bool, len(entries))
	for _, e := range entries {
		known[e.ID] = true
	}
	a.usagesMu.Lock()
	defer a.usagesMu.Unlock()
	maps.DeleteFunc(a.usages, func(id int64, _ *usage) bool { return !known[id] })
}

// mark tells the database who was let in since the last time. What it cannot be told now, it is told the next time.
func (a *Access) mark(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, a.o.StallTimeout)
	defer cancel()
	used := map[int64]time.Time{}
	a.usagesMu.Lock()
	usages := maps.Clone(a.usages)
	a.usagesMu.Unlock()
	for id, u := range usages {
		if at := u.used.Load(); at > u.marked.Load() {
			used[id] = time.UnixMilli(at)
		}
	}
	if err := a.o.Source.MarkUsed(ctx, used); err != nil {
		a.o.Logger.Debug("Noting who was let in", "err", err)
		return
	}
	for id, at := range used {
		usages[id].marked.Store(at.UnixMilli())
	}
}

// markBeforeEnd is mark for a process that ends: it does not wait for long.
func (a *Access) markBeforeEnd(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	a.mark(ctx)
}

// report counts a look that failed, and logs when failing starts and ends.
func (a *Access) report(err error) {
	switch {
	case err != nil && !a.failing:
		a.o.Logger.Error("The list of who may do what cannot follow the database and stays as it is", "err", err)
	case err == nil && a.failing:
		a.o.Logger.Info("The list of who may do what follows the database again")
	}
	a.failing = err != nil
	if err != nil {
		a.metrics.errors.Inc()
		return
	}
	a.metrics.confirmed.Store(a.o.Now().UnixMilli())
}

// changes returns a channel that is closed when the table is replaced; nil when there is none to be.
func (a *Access) changes() <-chan struct{} {
	if a == nil {
		return nil
	}
	if t := a.table.Load(); t != nil {
		return t.replaced
	}
	return nil
}

// errNoAccess says that nobody can be let in yet.
var errNoAccess = errors.New("who may do what is not loaded yet; try again")
