package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
	"golang.org/x/sync/errgroup"

	"github.com/promshard/promshard/httpsd"
	"github.com/promshard/promshard/httpsd/consumers"
	"github.com/promshard/promshard/store"
)

// lateSource is a source that a publisher can be made of before the database is there. It must be set before the
// publisher runs.
type lateSource struct{ httpsd.Source }

// backend is what waits for the database, and what follows it then.
type backend struct {
	source       *lateSource
	publisher    *httpsd.Publisher
	accessSource *lateAccess
	access       *httpsd.Access
	inventory    *lateInventory
	// tracker has who asks, which is shared under the name replica.
	tracker *consumers.Tracker
	replica string
	// opened is called once, before anything follows the database.
	opened func(ctx context.Context, s *store.Store)
	// served is closed once no request is under way any more that may need the database.
	served chan struct{}
}

// follow opens the database, as soon as it can be, and keeps what is known of it up to date until ctx ends.
func (b *backend) follow(ctx context.Context, database string, o store.Options) error {
	s, err := awaitDatabase(ctx, database, o)
	if err != nil {
		return unlessDone(ctx, err)
	}
	b.opened(ctx, s)
	b.source.Source, b.accessSource.AccessSource = s, s
	b.inventory.store.Store(s)
	asked := ctx
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return unlessDone(ctx, s.Watch(ctx)) })
	group.Go(func() error { return unlessDone(ctx, b.publisher.Run(ctx)) })
	group.Go(func() error { return unlessDone(ctx, b.access.Run(ctx)) })
	group.Go(func() error {
		return b.tracker.Share(ctx, consumers.ShareOptions{Saver: s, Replica: b.replica, Logger: o.Logger})
	})
	err = group.Wait()
	if asked.Err() != nil {
		<-b.served
	}
	return errors.Join(err, s.Close())
}

// unlessDone drops an error that only says that ctx has ended.
func unlessDone(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil
	}
	return err
}

// awaitDatabase migrates and opens the database. While a server cannot be reached it tries again, less and less often
// up to every five seconds; a file that cannot be used will not mend by itself, and is an error at once.
func awaitDatabase(ctx context.Context, database string, o store.Options) (*store.Store, error) {
	wait := &backoff.ExponentialBackOff{
		InitialInterval: 200 * time.Millisecond, Multiplier: 2, RandomizationFactor: 0.3, MaxInterval: 5 * time.Second,
	}
	var last string
	for {
		s, err := migrateAndOpen(ctx, database, o)
		if err == nil {
			if last != "" {
				o.Logger.Info("The database can be used now")
			}
			return s, nil
		}
		if ctx.Err() != nil || isSQLite(database) || !errors.Is(err, store.ErrUnavailable) {
			return nil, err
		}
		last = logChange(o.Logger, last, err)
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(wait.NextBackOff()):
		}
	}
}

// logChange logs err unless it says the same as the last time, and returns what it says.
func logChange(logger *slog.Logger, last string, err error) string {
	now := err.Error()
	if now == last {
		return last
	}
	logger.Warn("The database cannot be used yet; lists are answered with 503", "err", err)
	return now
}

func migrateAndOpen(ctx context.Context, database string, o store.Options) (*store.Store, error) {
	status, err := store.Migrate(ctx, database, o)
	if err != nil {
		return nil, err
	}
	for _, v := range status.Applied {
		o.Logger.Info("Migrated the database", "version", v)
	}
	s, err := store.Open(ctx, database, o)
	if err != nil {
		return nil, fmt.Errorf("after migrating: %w", err)
	}
	return s, nil
}

// replicaName tells this process from others that serve the same inventory, on this machine and others, now and later.
func replicaName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return host + "/" + strings.ToLower(rand.Text()[:8])
}
