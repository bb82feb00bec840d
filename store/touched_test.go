package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

func TestTouched(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		create(t, s)
		begin, err := s.Revision(ctx)
		require.NoError(t, err)
		at := func() store.Revision {
			now, err := s.Revision(ctx)
			require.NoError(t, err)
			return now
		}
		touched := func(since store.Revision) store.Touches {
			touches, err := s.Touched(ctx, since)
			require.NoError(t, err)
			require.Equal(t, at(), touches.Revision)
			return touches
		}
		touch := func(projects ...int64) {
			_, err := store.Write(ctx, s, func(tx store.Tx) error { return tx.Record(projects...) })
			require.NoError(t, err)
		}

		t.Run("nothing", func(t *testing.T) {
			require.Equal(t, store.Touches{Revision: begin}, touched(begin))
		})
		t.Run("the union of what each write touched, those that are gone included", func(t *testing.T) {
			touch(7, 1)
			middle := at()
			touch(3)
			touch(1)
			require.Equal(t, store.Touches{Revision: at(), Projects: []int64{1, 3, 7}}, touched(begin))
			require.Equal(t, store.Touches{Revision: at(), Projects: []int64{1, 3}}, touched(middle))
		})
		t.Run("what a server moves to is not in projects", func(t *testing.T) {
			before := at()
			_, err := s.RegisterServer(ctx, "another", "prometheus9", 9090)
			require.NoError(t, err)
			touches := touched(before)
			require.True(t, touches.Shards)
			require.Empty(t, touches.Projects)
		})
		t.Run("it names at least what changes name", func(t *testing.T) {
			before := at()
			require.NoError(t, s.DeleteService(ctx, 1, store.DeleteOptions{Cascade: true}))
			changes, err := s.Changes(ctx, before)
			require.NoError(t, err)
			require.NotEmpty(t, changes.Projects)
			for id := range changes.Projects {
				require.Contains(t, touched(before).Projects, id)
			}
		})
		t.Run("what the journal cannot tell", func(t *testing.T) {
			now := at()
			reload := store.Touches{Revision: now, Reload: true}
			require.Equal(t, reload, touched(store.Revision{Epoch: "another", Number: now.Number}), "the epoch is another")
			require.Equal(t, reload, touched(store.Revision{Epoch: now.Epoch, Number: now.Number + 1}), "a revision to come")
			require.False(t, touched(begin).Reload)
			require.NoError(t, store.Exec(ctx, s, `DELETE FROM journal WHERE revision = ?`, begin.Number+1))
			require.Equal(t, reload, touched(begin), "an entry is gone")
			begin.Number++
			require.False(t, touched(begin).Reload, "and not needed here")
		})
	})
}

func TestTouchedIsBounded(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		begin, err := s.Revision(ctx)
		require.NoError(t, err)
		for n := range int64(2) {
			ids := make([]int64, 50_000)
			for i := range ids {
				ids[i] = int64(i) + 1 + n*50_000
			}
			_, err := store.Write(ctx, s, func(tx store.Tx) error { return tx.Record(ids...) })
			require.NoError(t, err)
		}
		touches, err := s.Touched(ctx, begin)
		require.NoError(t, err)
		require.Len(t, touches.Projects, 100_000)

		_, err = store.Write(ctx, s, func(tx store.Tx) error { return tx.Record(100_001) })
		require.NoError(t, err)
		touches, err = s.Touched(ctx, begin)
		require.NoError(t, err)
		require.True(t, touches.Reload)
		require.Empty(t, touches.Projects)

		require.NoError(t, store.Exec(ctx, s, `UPDATE revision SET number = number + 10000`))
		begin.Number += 2
		touches, err = s.Touched(ctx, begin)
		require.NoError(t, err)
		require.True(t, touches.Reload, "too many entries")
	})
}
