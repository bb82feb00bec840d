package store_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

func insertService(ctx context.Context, tx store.Tx, name string) error {
	return tx.Exec(ctx, `INSERT INTO service (name, description, owner, labels) VALUES (?, '', '', '')`, name)
}

func services(t *testing.T, s *store.Store) []string {
	t.Helper()
	names, err := store.Query[string](t.Context(), s, `SELECT name FROM service ORDER BY name`)
	require.NoError(t, err)
	return names
}

func revision(t *testing.T, s *store.Store) int64 {
	t.Helper()
	r, err := s.Revision(t.Context())
	require.NoError(t, err)
	return r.Number
}

func TestWrite(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		ctx := store.WithActor(t.Context(), "alice")
		r, err := store.Write(ctx, s, func(tx store.Tx) error {
			require.NoError(t, insertService(ctx, tx, "kept"))
			return tx.Record(1, 2)
		})
		require.NoError(t, err)
		require.EqualValues(t, 1, r)
		require.Equal(t, []string{"kept"}, services(t, s))

		entries, err := s.Journal(ctx, store.JournalFilter{})
		require.NoError(t, err)
		require.Len(t, entries, 1)
		require.EqualValues(t, 1, entries[0].Revision)
		require.Equal(t, "alice", entries[0].Actor)
		require.Equal(t, "test", entries[0].Action)
		require.Equal(t, []int64{1, 2}, entries[0].Touched.Projects)
		require.WithinDuration(t, time.Now(), entries[0].At, time.Minute)
	})
}

func TestWriteThatIsRefusedChangesNothing(t *testing.T) {
	refused := errors.New("no")
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		for name, test := range map[string]struct {
			fn   func(tx store.Tx) error
			want error
		}{
			"an error": {func(store.Tx) error { return refused }, refused},
			"a name that is taken": {func(tx store.Tx) error {
				return insertService(t.Context(), tx, "lost")
			}, store.ErrConflict},
			"a reference to nothing": {func(tx store.Tx) error {
				return tx.Exec(t.Context(), `INSERT INTO farm (name, source, project_id) VALUES ('f', 's', 4711)`)
			}, store.ErrConflict},
			"nothing recorded": {func(store.Tx) error { return nil }, nil},
		} {
			t.Run(name, func(t *testing.T) {
				r, err := store.Write(t.Context(), s, func(tx store.Tx) error {
					require.NoError(t, insertService(t.Context(), tx, "lost"))
					if test.want != nil {
						require.NoError(t, tx.Record())
					}
					return test.fn(tx)
				})
				require.ErrorIs(t, err, test.want)
				require.Zero(t, r)
				require.Zero(t, revision(t, s))
				require.Empty(t, services(t, s))
			})
		}
	})
}

func TestWriteWhoseContextEndsChangesNothing(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		t.Run("before it", func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			_, err := store.Write(ctx, s, func(tx store.Tx) error { return tx.Record() })
			require.ErrorIs(t, err, context.Canceled)
		})
		t.Run("between its statements", func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			_, err := store.Write(ctx, s, func(tx store.Tx) error {
				cancel()
				return insertService(ctx, tx, "lost")
			})
			require.ErrorIs(t, err, context.Canceled)
		})
		t.Run("after its last statement", func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			_, err := store.Write(ctx, s, func(tx store.Tx) error {
				defer cancel()
				return errors.Join(insertService(ctx, tx, "lost"), tx.Record())
			})
			require.ErrorIs(t, err, context.Canceled)
		})
		t.Run("while a statement runs", func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			start := time.Now()
			_, err := store.Write(ctx, s, func(tx store.Tx) error {
				require.NoError(t, errors.Join(insertService(ctx, tx, "lost"), tx.Record()))
				return tx.Exec(ctx, `
					INSERT INTO service (name, description, owner, labels)
					WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000)
					SELECT max(i) || 'x', '', '', '' FROM n`)
			})
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.Less(t, time.Since(start), 5*time.Second)
		})
		t.Run("while it waits for another", func(t *testing.T) {
			_, err := store.Write(t.Context(), s, func(store.Tx) error {
				ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
				defer cancel()
				_, err := store.Write(ctx, s, func(tx store.Tx) error { return tx.Record() })
				require.ErrorIs(t, err, context.DeadlineExceeded)
				return nil
			})
			require.NoError(t, err)
		})
		require.Empty(t, services(t, s))
		require.Zero(t, revision(t, s))

		_, err := store.Write(t.Context(), s, func(tx store.Tx) error { return tx.Record() })
		require.NoError(t, err, "the store goes on working")
	})
}

func TestReadWhoseContextEnds(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		start := time.Now()
		_, err := store.Query[int64](ctx, s, `
			WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000) SELECT max(i) FROM n`)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Less(t, time.Since(start), 5*time.Second)
	})
}

// TestManyWriters has two replicas write at once, each from many goroutines.
func TestManyWriters(t *testing.T) {
	const writers, each = 8, 12
	storetest.RunURL(t, func(t *testing.T, u string) {
		replicas := []*store.Store{storetest.Open(t, u), storetest.Open(t, u)}
		var all sync.WaitGroup
		var mu sync.Mutex
		acknowledged := map[int64]string{}
		for i := range writers {
			all.Go(func() {
				for j := range each {
					name := fmt.Sprintf("s-%d-%d", i, j)
					r, err := store.Write(t.Context(), replicas[i%2], func(tx store.Tx) error {
						return errors.Join(insertService(t.Context(), tx, name), tx.Record(int64(i*each+j)))
					})
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					acknowledged[r] = name
					mu.Unlock()
				}
			})
		}
		all.Wait()
		require.Len(t, acknowledged, writers*each, "each write has a revision of its own")
		require.EqualValues(t, writers*each, revision(t, replicas[0]))
		require.Len(t, services(t, replicas[1]), writers*each)

		entries, err := replicas[0].Journal(t.Context(), store.JournalFilter{Limit: 10_000})
		require.NoError(t, err)
		require.Len(t, entries, writers*each)
		for i, e := range entries {
			require.EqualValues(t, i+1, e.Revision, "revisions are contiguous")
			var w, j int
			_, err := fmt.Sscanf(acknowledged[e.Revision], "s-%d-%d", &w, &j)
			require.NoError(t, err)
			require.Equal(t, []int64{int64(w*each + j)}, e.Touched.Projects, "and each has the entry of its own write")
		}
	})
}

// TestWritersStandInLine shows that a write which reads before it changes never loses another's change.
func TestWritersStandInLine(t *testing.T) {
	storetest.RunURL(t, func(t *testing.T, u string) {
		replicas := []*store.Store{storetest.Open(t, u), storetest.Open(t, u)}
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				_, err := store.Write(t.Context(), replicas[i%2], func(tx store.Tx) error {
					return errors.Join(tx.Exec(t.Context(), `
						INSERT INTO service (name, description, owner, labels)
						SELECT 'n' || count(*), '', '', '' FROM service`), tx.Record())
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		require.Len(t, services(t, replicas[0]), 20)
	})
}

func TestCommitThatFails(t *testing.T) {
	t.Run("for certain", func(t *testing.T) {
		s := storetest.SQLite(t)
		_, err := store.Write(t.Context(), s, func(tx store.Tx) error {
			return errors.Join(
				tx.Exec(t.Context(), `PRAGMA defer_foreign_keys = 1`),
				tx.Exec(t.Context(), `INSERT INTO farm (name, source, project_id) VALUES ('f', 's', 4711)`),
				tx.Record())
		})
		require.ErrorIs(t, err, store.ErrConflict)
		require.Zero(t, revision(t, s))
	})
	t.Run("with an outcome that nobody knows", func(t *testing.T) {
		s := storetest.Postgres(t)
		require.NoError(t, store.Exec(t.Context(), s, `
			CREATE FUNCTION hang_up() RETURNS trigger AS 'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END'
			LANGUAGE plpgsql`))
		require.NoError(t, store.Exec(t.Context(), s, `
			CREATE CONSTRAINT TRIGGER hang_up AFTER INSERT ON journal DEFERRABLE INITIALLY DEFERRED
			FOR EACH ROW EXECUTE FUNCTION hang_up()`))
		wake, cancel := s.Subscribe()
		defer cancel()
		<-wake
		_, err := store.Write(t.Context(), s, func(tx store.Tx) error { return tx.Record() })
		require.ErrorIs(t, err, store.ErrUnavailable)
		require.ErrorContains(t, err, "may have been kept or not")
		select {
		case <-wake:
		default:
			t.Error("subscribers must look, since it may have been kept")
		}

		require.NoError(t, store.Exec(t.Context(), s, `DROP TRIGGER hang_up ON journal`))
		_, err = store.Write(t.Context(), s, func(tx store.Tx) error { return tx.Record() })
		require.NoError(t, err, "the store goes on working")
	})
}

func TestLockedByAnotherProgram(t *testing.T) {
	u := storetest.SQLiteURL(t)
	s, other := storetest.Open(t, u), storetest.Open(t, u)
	_, err := store.Write(t.Context(), other, func(store.Tx) error {
		require.Zero(t, revision(t, s), "a writer does not keep readers out")
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		start := time.Now()
		_, err := store.Write(ctx, s, func(tx store.Tx) error { return tx.Record() })
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Less(t, time.Since(start), 2*time.Second, "the wait ends with the context")
		return nil
	})
	require.NoError(t, err)
}

func TestReadersCannotWrite(t *testing.T) {
	_, err := store.Query[int64](t.Context(), storetest.SQLite(t), `DELETE FROM revision RETURNING number`)
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.ErrorContains(t, err, "may not be written")
}

// TestAcknowledgedWritesSurvive kills a process that writes in a loop, and looks for every write it had acknowledged.
func TestAcknowledgedWritesSurvive(t *testing.T) {
	u := storetest.SQLiteURL(t)
	want := 0
	for round := range 3 {
		c, gate := child(t, "write", u)
		out, err := c.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, c.Start())
		require.NoError(t, gate.Close())
		lines := bufio.NewScanner(out)
		names := map[string]bool{}
		for lines.Scan() {
			names[lines.Text()] = true
			if len(names) == 20+30*round {
				require.NoError(t, c.Process.Kill())
			}
		}
		require.Error(t, c.Wait(), "it was killed")
		require.GreaterOrEqual(t, len(names), 20, "%s", c.Stderr)

		s, err := store.Open(t.Context(), u, store.Options{})
		require.NoError(t, err)
		kept := map[string]bool{}
		for _, name := range services(t, s) {
			kept[name] = true
		}
		for name := range names {
			require.True(t, kept[name], "%s was acknowledged", name)
		}
		// The last write may have been kept without an acknowledgement, but never in part.
		want += len(names)
		require.GreaterOrEqual(t, len(kept), want)
		require.LessOrEqual(t, len(kept), want+1)
		want = len(kept)
		require.EqualValues(t, want, revision(t, s))
		entries, err := s.Journal(t.Context(), store.JournalFilter{Limit: 10_000})
		require.NoError(t, err)
		require.Len(t, entries, want)
		require.NoError(t, s.Close())
	}
}

// writeForever is the child of TestAcknowledgedWritesSurvive: it prints the name of each service it has written.
func writeForever(ctx context.Context, u string) error {
	s, err := store.Open(ctx, u, store.Options{})
	if err != nil {
		return err
	}
	for {
		name := fmt.Sprint("s", time.Now().UnixNano())
		if _, err := store.Write(ctx, s, func(tx store.Tx) error {
			return errors.Join(insertService(ctx, tx, name), tx.Record())
		}); err != nil {
			return err
		}
		fmt.Println(name)
	}
}

func TestMetrics(t *testing.T) {
	storetest.RunURL(t, func(t *testing.T, u string) {
		registry := prometheus.NewPedanticRegistry()
		s := storetest.OpenWith(t, u, store.Options{Registerer: registry})
		_, err := store.Write(t.Context(), s, func(tx store.Tx) error { return tx.Record() })
		require.NoError(t, err)
		_, err = store.Write(t.Context(), s, func(store.Tx) error { return nil })
		require.NoError(t, err)
		_, err = store.Write(t.Context(), s, func(store.Tx) error { return &store.Error{Kind: store.ErrConflict} })
		require.Error(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = s.Revision(ctx)
		require.Error(t, err)

		require.NoError(t, testutil.GatherAndCompare(registry, strings.NewReader(`
			# HELP promshard_store_writes_total Writes by what became of them.
			# TYPE promshard_store_writes_total counter
			promshard_store_writes_total{result="canceled"} 0
			promshard_store_writes_total{result="committed"} 1
			promshard_store_writes_total{result="failed"} 0
			promshard_store_writes_total{result="refused"} 1
			promshard_store_writes_total{result="unchanged"} 1
			# HELP promshard_store_errors_total Errors of reads and writes by kind.
			# TYPE promshard_store_errors_total counter
			promshard_store_errors_total{kind="canceled"} 1
			promshard_store_errors_total{kind="conflict"} 1
			promshard_store_errors_total{kind="forbidden"} 0
			promshard_store_errors_total{kind="internal"} 0
			promshard_store_errors_total{kind="invalid"} 0
			promshard_store_errors_total{kind="not_found"} 0
			promshard_store_errors_total{kind="unavailable"} 0
		`), "promshard_store_writes_total", "promshard_store_errors_total"))
		problems, err := testutil.GatherAndLint(registry)
		require.NoError(t, err)
		for _, p := range problems {
			require.False(t, strings.HasPrefix(p.Metric, "promshard_"), "%s: %s", p.Metric, p.Text)
		}

		_, err = store.Open(t.Context(), u, store.Options{Registerer: registry})
		require.ErrorContains(t, err, "registering the store's metrics", "one registry has room for one store")
	})
}

func TestMetricsLeaveWithTheStore(t *testing.T) {
	u, registry := storetest.SQLiteURL(t), prometheus.NewRegistry()
	for range 2 {
		s, err := store.Open(t.Context(), u, store.Options{Registerer: registry})
		require.NoError(t, err)
		require.NoError(t, s.Close())
	}
}
