package store_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
)

func TestDryRunTellsAndKeepsNothing(t *testing.T) {
	withSeed(t, func(t *testing.T, s *store.Store, p seed) {
		var r store.Receipt
		ctx := store.WithReceipt(store.WithDryRun(t.Context()), &r)
		idle(t, s, func(context.Context) error {
			h, err := s.UpdateHost(ctx, p.host.ID, store.HostUpdate{Name: ptr("web9")})
			require.Equal(t, "web9", h.Name)
			return err
		})
		require.True(t, r.DryRun)
		require.Zero(t, r.Revision)
		require.Len(t, r.Changes, 1)
		require.Contains(t, string(r.Changes[0].After), `"web9"`)
		require.Equal(t, []int64{p.project.ID}, r.Touched.Projects)
		require.Contains(t, r.Summary, `changed host "web1"`)

		idle(t, s, func(context.Context) error {
			return s.CreateHost(ctx, &store.Host{Name: "new", Project: "shop-api"})
		})
		require.Len(t, r.Changes, 1)
		require.Contains(t, r.Summary, `created host "new"`)

		err := s.CreateHost(ctx, &store.Host{Name: "web1", Project: "shop-api"})
		require.ErrorIs(t, err, store.ErrConflict, "every check is made")
		require.Empty(t, r.Changes, "a receipt is of the last write alone")
	})
}

func TestReceiptOfAWrite(t *testing.T) {
	withSeed(t, func(t *testing.T, s *store.Store, p seed) {
		var r store.Receipt
		ctx := store.WithReceipt(t.Context(), &r)
		_, err := s.UpdateHost(ctx, p.host.ID, store.HostUpdate{Name: ptr("web9")})
		require.NoError(t, err)
		entries, err := s.Journal(ctx, store.JournalFilter{Newest: true, Limit: 1})
		require.NoError(t, err)
		require.Equal(t, store.Receipt{
			Revision: entries[0].Revision, Summary: entries[0].Summary, Changes: entries[0].Changes, Touched: entries[0].Touched,
		}, r)
		_, err = s.UpdateHost(ctx, p.host.ID, store.HostUpdate{Name: ptr("web9")})
		require.NoError(t, err)
		require.Equal(t, store.Receipt{}, r, "nothing was changed")
	})
}

func TestIdempotencyKeys(t *testing.T) {
	withSeed(t, func(t *testing.T, s *store.Store, _ seed) {
		var r store.Receipt
		with := func(actor, key, fingerprint string) context.Context {
			return store.WithReceipt(store.WithIdempotencyKey(store.WithActor(t.Context(), actor), key, fingerprint), &r)
		}
		first := store.Host{Name: "new", Project: "shop-api", Enabled: true}
		require.NoError(t, s.CreateHost(with("ann", "k1", "f1"), &first))
		require.False(t, r.Replayed)
		made := r.Revision

		t.Run("a repetition returns the first's result", func(t *testing.T) {
			idle(t, s, func(context.Context) error {
				again := store.Host{Name: "new", Project: "shop-api", Enabled: true}
				err := s.CreateHost(with("ann", "k1", "f1"), &again)
				requireSameJSON(t, first, again)
				return err
			})
			require.Equal(t, store.Receipt{Revision: made, Replayed: true}, r)
		})
		t.Run("even once the row is gone", func(t *testing.T) {
			require.NoError(t, s.DeleteHost(t.Context(), first.ID, store.DeleteOptions{}))
			idle(t, s, func(context.Context) error {
				again := store.Host{Name: "new", Project: "shop-api", Enabled: true}
				err := s.CreateHost(with("ann", "k1", "f1"), &again)
				requireSameJSON(t, first, again)
				return err
			})
		})
		t.Run("another request under the key is refused", func(t *testing.T) {
			const text = `idempotency key "k1": was used for another request, which made revision 13`
			refused(t, s, store.ErrConflict, text, func(context.Context) error {
				return s.CreateHost(with("ann", "k1", "f2"), &store.Host{Name: "x", Project: "shop-api"})
			})
			refused(t, s, store.ErrConflict, text, func(context.Context) error {
				return s.CreateService(with("ann", "k1", "f1"), &store.Service{Name: "x"})
			})
		})
		t.Run("the keys of others are others", func(t *testing.T) {
			again := store.Host{Name: "new", Project: "shop-api", Enabled: true}
			require.NoError(t, s.CreateHost(with("bob", "k1", "f1"), &again))
			require.NotEqual(t, first.ID, again.ID)
		})
		t.Run("registrations and imports are repeated whole", func(t *testing.T) {
			h, isNew, err := s.RegisterHost(with("ann", "k2", ""), "shop-api", "reg")
			require.NoError(t, err)
			require.True(t, isNew)
			idle(t, s, func(context.Context) error {
				again, isNew, err := s.RegisterHost(with("ann", "k2", ""), "shop-api", "reg")
				require.True(t, isNew)
				requireSameJSON(t, h, again)
				return err
			})
		})
		t.Run("a refused write keeps no key", func(t *testing.T) {
			refused(t, s, store.ErrNotFound, "there is no such project", func(context.Context) error {
				return s.CreateHost(with("ann", "k3", "f"), &store.Host{Name: "x", Project: "none"})
			})
			require.NoError(t, s.CreateHost(with("ann", "k3", "f"), &store.Host{Name: "x", Project: "shop-api"}))
		})
		t.Run("a key lasts a day", func(t *testing.T) {
			require.NoError(t, store.Exec(t.Context(), s, `UPDATE idempotency SET at = at - 86400001 WHERE name = 'k3'`))
			require.NoError(t, s.CreateHost(with("ann", "k3", "f"), &store.Host{Name: "y", Project: "shop-api"}))
			kept, err := store.Query[string](t.Context(), s, `SELECT name FROM idempotency WHERE actor = 'ann' ORDER BY name`)
			require.NoError(t, err)
			require.Equal(t, []string{"k1", "k2", "k3"}, kept)
		})
		t.Run("a key must be printable and short", func(t *testing.T) {
			for _, key := range []string{"a\nb", "\xff", string(make([]byte, 256))} {
				refused(t, s, store.ErrInvalid, "must be 1 to 255 bytes of printable UTF-8", func(context.Context) error {
					return s.CreateHost(with("ann", key, "f"), &store.Host{Name: "z", Project: "shop-api"})
				})
			}
		})
	})
}

// requireSameJSON compares what programs see: no labels are as good as an empty set.
func requireSameJSON(t *testing.T, want, got any) {
	t.Helper()
	w, err := json.Marshal(want)
	require.NoError(t, err)
	g, err := json.Marshal(got)
	require.NoError(t, err)
	require.JSONEq(t, string(w), string(g))
}
