package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/semaphore"
)

// Options say how a database is opened. The zero value is ready to use.
type Options struct {
	// Logger receives what happens in the background: lost connections, slow waits. Nil discards it.
	Logger *slog.Logger
	// Registerer receives the store's metrics. Nil means that none are registered.
	Registerer prometheus.Registerer
	// Readers bounds the connections that reads use at once. 0 means 8.
	Readers int
	// Guard says how much one write may take away unconfirmed. The zero value is ready to use.
	Guard GuardOptions

	// busyWait is how long a SQLite connection that writes waits for the lock in one go. The driver does not cut the
	// wait short when a context ends, so a Store makes a long wait of short ones (see begin); 0 means 50 ms.
	busyWait time.Duration
}

// withDefaults returns o with every zero field filled in, the Registerer excepted.
func (o Options) withDefaults() Options {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Readers <= 0 {
		o.Readers = 8
	}
	if o.busyWait <= 0 {
		o.busyWait = 50 * time.Millisecond
	}
	return o
}

// Store is an inventory in a database. It is safe for concurrent use.
type Store struct {
	url     databaseURL
	dialect *dialect
	options Options
	// writer is used under the semaphore line alone; reader serves any number of reads at once.
	writer *sqlx.DB
	reader *sqlx.DB
	line   *semaphore.Weighted

	logger  *slog.Logger
	metrics *metrics
	wakes   wakes
	// background counts goroutines that may outlive the call that started them by a bounded time; Close waits.
	background sync.WaitGroup
}

// Open opens the inventory at databaseURL (sqlite:relative/path.db, sqlite:///absolute/path.db or
// postgres://user@host/database) and checks that its schema is the one that this program knows: an ErrUnavailable
// with a hint says what to do when it is not. It migrates nothing; see Migrate. The caller closes the Store.
func Open(ctx context.Context, databaseURL string, o Options) (*Store, error) {
	o = o.withDefaults()
	u, err := parseDatabaseURL(databaseURL)
	if err != nil {
		return nil, err
	}
	if o.Guard, err = o.Guard.withDefaults(); err != nil {
		return nil, err
	}
	s := &Store{
		url: u, dialect: u.dialect, options: o, logger: o.Logger, metrics: newMetrics(),
		line: semaphore.NewWeighted(1),
	}
	if s.writer, s.reader, err = u.dialect.open(ctx, u.dialect, u, o); err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	if err := s.checkSchema(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("opening the database: %w", err), s.closePools())
	}
	if o.Registerer != nil {
		if err := s.metrics.register(o.Registerer, s.reader.DB, s.writer.DB); err != nil {
			return nil, errors.Join(err, s.closePools())
		}
	}
	return s, nil
}

// Close releases every connection and waits for what runs in the background. Watch must have returned.
func (s *Store) Close() error {
	s.background.Wait()
	s.metrics.unregister()
	return s.closePools()
}

// closePools closes all connections. That one of them was lost already is no error.
func (s *Store) closePools() error {
	err := errors.Join(s.reader.Close(), s.writer.Close())
	if errors.Is(s.dialect.translate(err), ErrUnavailable) {
		return nil
	}
	return err
}

// acquireWriter waits, in the order of arrival, until no other write of this Store is under way. The caller calls
// release once, after its transaction has ended.
func (s *Store) acquireWriter(ctx context.Context) (release func(), err error) {
	if err := s.line.Acquire(ctx, 1); err != nil {
		return nil, fmt.Errorf("waiting for other writers: %w", err)
	}
	return func() { s.line.Release(1) }, nil
}

// read returns the pool of readers.
func (s *Store) read() querier { return pool{db: s.reader, dialect: s.dialect, metrics: s.metrics} }

const revisionQuery = `SELECT epoch, number FROM revision WHERE id = 1`

// Revision returns where the inventory stands.
func (s *Store) Revision(ctx context.Context) (Revision, error) {
	var r Revision
	if err := s.read().get(ctx, &r, revisionQuery); err != nil {
		return Revision{}, fmt.Errorf("reading the revision: %w", err)
	}
	return r, nil
}

// pool is a querier over a pool of connections: each query may see a later state than the one before.
type pool struct {
	db      *sqlx.DB
	dialect *dialect
	metrics *metrics
}

func (p pool) get(ctx context.Context, dest any, query string, args ...any) error {
	return p.done(ctx, p.db.GetContext(ctx, dest, p.db.Rebind(query), args...))
}

func (p pool) selectAll(ctx context.Context, dest any, query string, args ...any) error {
	return p.done(ctx, p.db.SelectContext(ctx, dest, p.db.Rebind(query), args...))
}

func (p pool) done(ctx context.Context, err error) error {
	err = p.dialect.blame(ctx, err)
	if !errors.Is(err, sql.ErrNoRows) {
		p.metrics.observeError(err)
	}
	return err
}
