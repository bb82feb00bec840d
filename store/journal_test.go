package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

func TestJournal(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		for _, actor := range []string{"alice", "bob", "alice", ""} {
			_, err := store.Write(store.WithActor(t.Context(), actor), s, func(tx store.Tx) error { return tx.Record(5) })
			require.NoError(t, err)
		}
		revisions := func(f store.JournalFilter) []int64 {
			entries, err := s.Journal(t.Context(), f)
			require.NoError(t, err)
			list := []int64{}
			for _, e := range entries {
				list = append(list, e.Revision)
			}
			return list
		}
		require.Equal(t, []int64{1, 2, 3, 4}, revisions(store.JournalFilter{}))
		require.Equal(t, []int64{4, 3}, revisions(store.JournalFilter{Newest: true, Limit: 2}))
		require.Equal(t, []int64{3, 4}, revisions(store.JournalFilter{After: 2}))
		require.Equal(t, []int64{1, 3}, revisions(store.JournalFilter{Actor: "alice"}))
		require.Equal(t, []int64{4}, revisions(store.JournalFilter{Actor: "unknown"}))
		require.Equal(t, []int64{1, 2, 3, 4}, revisions(store.JournalFilter{Action: "test"}))
		require.Empty(t, revisions(store.JournalFilter{Action: "host.create"}))

		for _, limit := range []int{-1, 10_001} {
			_, err := s.Journal(t.Context(), store.JournalFilter{Limit: limit})
			require.ErrorIs(t, err, store.ErrInvalid)
			require.ErrorContains(t, err, "must be between 1 and 10000")
		}
	})
}

func TestJournalTakesNoActionThatIsNotListed(t *testing.T) {
	withSeed(t, func(t *testing.T, s *store.Store, p seed) {
		before := everything(t, s)
		_, err := store.WriteAs(t.Context(), s, "host.paint", func(tx store.Tx) error { return tx.DeleteHost(t.Context(), p.host.ID) })
		require.ErrorContains(t, err, `"host.paint" is no action`)
		require.Equal(t, before, everything(t, s))
		require.NotContains(t, store.Actions(), "host.paint")
		require.Contains(t, store.Actions(), "host.delete")
	})
}
