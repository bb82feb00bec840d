package store_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

// watch runs Watch until the test ends.
func watch(t *testing.T, s *store.Store) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.Watch(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("Watch returned %v", err)
		}
	})
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
}

// follower notes the revision at each wake-up, and for each one when it was first seen.
func follow(t *testing.T, s *store.Store) (seen func(revision int64, within time.Duration) time.Duration) {
	wake, cancel := s.Subscribe()
	t.Cleanup(cancel)
	return func(revision int64, within time.Duration) time.Duration {
		t.Helper()
		start := time.Now()
		deadline := time.After(within)
		for {
			select {
			case <-wake:
				r, err := s.Revision(t.Context())
				if err == nil && r.Number >= revision {
					return time.Since(start)
				}
			case <-deadline:
				t.Fatalf("revision %d was not seen within %s", revision, within)
			}
		}
	}
}

func touch(t *testing.T, s *store.Store) int64 {
	t.Helper()
	r, err := store.Write(t.Context(), s, func(tx store.Tx) error { return tx.Record(1) })
	require.NoError(t, err)
	return r
}

func TestSubscribe(t *testing.T) {
	s := storetest.SQLite(t)
	wake, cancel := s.Subscribe()
	other, cancelOther := s.Subscribe()
	defer cancelOther()
	<-wake // it holds one from the start
	for range 5 {
		touch(t, s)
	}
	<-wake
	select {
	case <-wake:
		t.Error("wake-ups that nobody took are one wake-up")
	default:
	}
	cancel()
	touch(t, s)
	select {
	case <-wake:
		t.Error("it was cancelled")
	default:
	}
	<-other
}

func TestWritesOfOthersAreNoticed(t *testing.T) {
	storetest.RunURL(t, func(t *testing.T, u string) {
		s, other := storetest.Open(t, u), storetest.Open(t, u)
		watch(t, s)
		seen := follow(t, s)
		seen(0, 5*time.Second)
		time.Sleep(300 * time.Millisecond) // the watch is under way
		for range 5 {
			r := touch(t, other)
			// The regular wake-up comes every three seconds: it cannot be what all of these see.
			seen(r, time.Second)
		}
	})
}

func TestRegularWakeUps(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		t.Parallel()
		watch(t, s)
		wake, cancel := s.Subscribe()
		defer cancel()
		for range 3 { // the first of Subscribe, the first of Watch, a regular one
			select {
			case <-wake:
			case <-time.After(6 * time.Second):
				t.Fatal("no wake-up")
			}
		}
	})
}

func TestWatchSurvivesTheLossOfItsConnection(t *testing.T) {
	u := storetest.PostgresURL(t)
	registry := prometheus.NewRegistry()
	s, other := storetest.OpenWith(t, u, store.Options{Registerer: registry}), storetest.Open(t, u)
	watch(t, s)
	seen := follow(t, s)
	for range 3 {
		require.Eventually(t, func() bool { return listeners(t, other) == 1 }, 10*time.Second, 10*time.Millisecond)
		seen(touch(t, other), time.Second)
		_, err := store.Query[bool](t.Context(), other, `
			SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'`)
		require.NoError(t, err)
		// Written while nobody may be listening.
		seen(touch(t, other), 2*time.Second)
	}
	metric, err := testutil.GatherAndCount(registry, "promshard_store_listener_reconnects_total")
	require.NoError(t, err)
	require.Equal(t, 1, metric)
}

// listeners counts the connections that wait for notifications.
func listeners(t *testing.T, s *store.Store) int64 {
	n, err := store.Query[int64](t.Context(), s, `
		SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'`)
	require.NoError(t, err)
	return n[0]
}

func TestDatabaseIsLostAndFound(t *testing.T) {
	cluster := storetest.NewCluster(t)
	u := cluster.DatabaseURL(t)
	s := storetest.Open(t, u)
	watch(t, s)
	seen := follow(t, s)
	seen(touch(t, s), time.Second)

	cluster.Stop(t)
	_, err := s.Revision(t.Context())
	require.ErrorIs(t, err, store.ErrUnavailable)
	_, err = s.Changes(t.Context(), store.Revision{})
	require.ErrorIs(t, err, store.ErrUnavailable)
	_, err = s.Load(t.Context(), newReplica())
	require.ErrorIs(t, err, store.ErrUnavailable)
	_, err = store.Write(t.Context(), s, func(tx store.Tx) error { return tx.Record(1) })
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.ErrorIs(t, s.CreateShard(t.Context(), &store.Shard{Name: "x", Enabled: true}), store.ErrUnavailable)

	cluster.Start(t)
	seen(touch(t, s), time.Second)
	require.Eventually(t, func() bool { return listeners(t, s) == 1 }, 15*time.Second, 50*time.Millisecond)
	seen(touch(t, storetest.Open(t, u)), time.Second)
}

func TestWatchReturnsPromptly(t *testing.T) {
	cluster := storetest.NewCluster(t)
	for name, s := range map[string]*store.Store{
		"sqlite":                          storetest.SQLite(t),
		"postgres":                        storetest.Postgres(t),
		"a server that cannot be reached": storetest.Open(t, cluster.DatabaseURL(t)),
	} {
		t.Run(name, func(t *testing.T) {
			if name == "a server that cannot be reached" {
				cluster.Stop(t)
			}
			for _, after := range []time.Duration{0, 50 * time.Millisecond, 300 * time.Millisecond} {
				ctx, cancel := context.WithTimeout(t.Context(), after)
				require.ErrorIs(t, s.Watch(ctx), context.DeadlineExceeded)
				deadline, _ := ctx.Deadline()
				require.Less(t, time.Since(deadline), time.Second)
				cancel()
			}
		})
	}
}
