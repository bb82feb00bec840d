// Package storetest gives tests a real, empty store of each kind: SQLite in a temporary folder, and PostgreSQL in a
// private cluster that the test process starts when it first needs one and removes when it ends.
//
// A package that uses it has
//
//	func TestMain(m *testing.M) { storetest.Main(m) }
package storetest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"github.com/promshard/promshard/store"
)

// Main runs the tests, fails when they leave goroutines behind, stops the database servers that were started, and
// exits. Every package whose tests use PostgreSQL or MariaDB through this one must call it, or Close, from TestMain.
func Main(m *testing.M, options ...goleak.Option) {
	cleanup := goleak.Cleanup(func(code int) {
		if err := Close(); err != nil {
			fmt.Println("storetest:", err)
			code = max(code, 1)
		}
		exit(code)
	})
	goleak.VerifyTestMain(m, append([]goleak.Option{cleanup}, options...)...)
}

// Close stops the database servers that were started, and removes them. Main does it; it is for a TestMain of another kind, once
// its tests have run.
func Close() error {
	if err := errors.Join(shared.close(), sharedMariaDB.close()); err != nil {
		return fmt.Errorf("removing the database servers: %w", err)
	}
	return nil
}

// Run runs fn as the subtests "sqlite" and "postgres", each with an empty store.
func Run(t *testing.T, fn func(t *testing.T, s *store.Store)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { fn(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { fn(t, Postgres(t)) })
}

// RunURL runs fn as the subtests "sqlite" and "postgres", each with the URL of an empty, migrated database, for tests
// that open several stores on it.
func RunURL(t *testing.T, fn func(t *testing.T, databaseURL string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { fn(t, SQLiteURL(t)) })
	t.Run("postgres", func(t *testing.T) { fn(t, PostgresURL(t)) })
}

// Bench runs fn as the sub-benchmarks "sqlite" and "postgres", each with an empty store.
func Bench(b *testing.B, fn func(b *testing.B, s *store.Store)) {
	b.Helper()
	b.Run("sqlite", func(b *testing.B) { fn(b, SQLite(b)) })
	b.Run("postgres", func(b *testing.B) { fn(b, Postgres(b)) })
}

// SQLite returns an empty store on a SQLite file. It is closed when the test ends.
func SQLite(tb testing.TB) *store.Store {
	tb.Helper()
	return Open(tb, SQLiteURL(tb))
}

// SQLiteURL returns the URL of an empty, migrated SQLite database.
func SQLiteURL(tb testing.TB) string {
	tb.Helper()
	u := EmptySQLiteURL(tb)
	copyFile(tb, u)
	return u
}

// EmptySQLiteURL returns the URL of a SQLite database that does not exist yet.
func EmptySQLiteURL(tb testing.TB) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "promshard.db")
	return "sqlite://" + (&url.URL{Path: path}).EscapedPath()
}

// Postgres returns an empty store on a database of its own in PostgreSQL. It is closed when the test ends. When
// PostgreSQL is not installed the test is skipped, or fails where the environment has CI=true.
func Postgres(tb testing.TB) *store.Store {
	tb.Helper()
	return Open(tb, PostgresURL(tb))
}

// PostgresURL returns the URL of an empty, migrated database in PostgreSQL; see Postgres.
func PostgresURL(tb testing.TB) string {
	tb.Helper()
	return shared.start(tb).copyDatabase(tb)
}

// EmptyPostgresURL returns the URL of a database in PostgreSQL that holds nothing yet; see Postgres.
func EmptyPostgresURL(tb testing.TB) string {
	tb.Helper()
	return shared.start(tb).createDatabase(tb)
}

// Open opens another store on a database, as a replica does. It is closed when the test ends.
func Open(tb testing.TB, databaseURL string) *store.Store {
	tb.Helper()
	return OpenWith(tb, databaseURL, store.Options{})
}

// OpenWith is Open with options.
func OpenWith(tb testing.TB, databaseURL string, o store.Options) *store.Store {
	tb.Helper()
	s, err := store.Open(context.Background(), databaseURL, o)
	if err != nil {
		tb.Fatalf("opening the store: %v", err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Errorf("closing the store: %v", err)
		}
	})
	return s
}

func migrate(tb testing.TB, databaseURL string) {
	tb.Helper()
	if _, err := store.Migrate(context.Background(), databaseURL, store.Options{}); err != nil {
		tb.Fatalf("migrating the database: %v", err)
	}
}
