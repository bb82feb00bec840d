package consumers

import (
	"context"
	"log/slog"
	"time"

	"github.com/promshard/promshard/store"
)

// Saver is where replicas share what they have seen; *store.Store is one.
type Saver interface {
	SaveConsumers(ctx context.Context, replica string, seen []store.Consumer, forget time.Time) error
}

// ShareOptions say how a tracker shares what it has seen. Saver and Replica are required.
type ShareOptions struct {
	Saver Saver
	// Replica is what this process is called among those that share; no two may have one name at a time.
	Replica string
	// Every is how often what is new is saved; 0 means 5s.
	Every time.Duration
	// Logger gets when saving begins to fail, and when it works again; nil discards it.
	Logger *slog.Logger
}

const (
	// saveTimeout bounds one attempt, so that a database that hangs holds nothing up.
	saveTimeout = 5 * time.Second
	// forgetEvery is how often what is old is taken out of the database.
	forgetEvery = time.Minute
	// lastSlack is by how much the time at which a consumer was last seen may be out of date in the database.
	lastSlack = 30 * time.Second
)

// sharer is one run of Share.
type sharer struct {
	t *Tracker
	o ShareOptions
	// saved is what the database has, forgot when old rows were deleted.
	saved   map[string]savedRow
	forgot  time.Time
	failing bool
}

type savedRow struct {
	row store.Consumer
	at  time.Time
}

// Share saves what is new every few seconds until ctx ends, and then that this process holds nothing open any more. A
// database that cannot be reached costs nothing but that others do not know. It returns nil.
func (t *Tracker) Share(ctx context.Context, o ShareOptions) error {
	if o.Every <= 0 {
		o.Every = 5 * time.Second
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	s := &sharer{t: t, o: o, saved: map[string]savedRow{}}
	tick := time.NewTicker(o.Every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			s.leave(context.WithoutCancel(ctx))
			return nil
		case <-tick.C:
			s.save(ctx, t.All())
		}
	}
}

// leave saves that nothing is held open.
func (s *sharer) leave(ctx context.Context) {
	all := s.t.All()
	for i := range all {
		all[i].Held, all[i].Watching = 0, 0
	}
	s.save(ctx, all)
}

// save saves what differs from what the database has.
func (s *sharer) save(ctx context.Context, all []store.Consumer) {
	now := s.t.o.Now()
	due, kept := s.due(all, now)
	forget := time.Time{}
	if now.Sub(s.forgot) >= forgetEvery {
		forget = now.Add(-s.t.o.Keep)
	}
	if len(due) == 0 && forget.IsZero() {
		s.saved = kept
		return
	}
	ctx, cancel := context.WithTimeout(ctx, saveTimeout)
	defer cancel()
	err := s.o.Saver.SaveConsumers(ctx, s.o.Replica, due, forget)
	s.report(err)
	if err != nil {
		return
	}
	for _, row := range due {
		kept[row.Name] = savedRow{row, now}
	}
	s.saved = kept
	if !forget.IsZero() {
		s.forgot = now
	}
}

// due picks the rows that are to be saved, and returns what stays in the database of the others.
func (s *sharer) due(all []store.Consumer, now time.Time) (due []store.Consumer, kept map[string]savedRow) {
	kept = make(map[string]savedRow, len(all))
	for _, row := range all {
		old, ok := s.saved[row.Name]
		if ok {
			kept[row.Name] = old
		}
		if !ok || old.outdatedBy(row, now) {
			due = append(due, row)
		}
	}
	return due, kept
}

func (s savedRow) outdatedBy(row store.Consumer, now time.Time) bool {
	open := row.Held > 0 || row.Watching > 0
	return row.Tag != s.row.Tag || row.Interval != s.row.Interval ||
		row.Held != s.row.Held || row.Watching != s.row.Watching ||
		row.Last.Sub(s.row.Last) >= lastSlack || open && now.Sub(s.at) >= store.ConsumerWritten
}

// report counts failures, and logs the first of a row and the end of it.
func (s *sharer) report(err error) {
	switch {
	case err != nil && !s.failing:
		s.o.Logger.Warn("What this server has seen of consumers cannot be shared; it is tried again", "err", err)
	case err == nil && s.failing:
		s.o.Logger.Info("What this server has seen of consumers is shared again")
	}
	s.failing = err != nil
	if err != nil {
		s.t.failed.Inc()
	}
}
