package store_test

import (
	"context"
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

// twoServices is a source with a second service, which has a project with a host on the shard of the first one.
func twoServices() store.SyncSource {
	source := elsewhere()
	source.Services = append(source.Services, store.SyncService{Key: 102, Name: "bank"})
	source.Projects = append(source.Projects, store.SyncProject{Key: 458, Name: "ledger", Service: 102, Shard: 101})
	source.Farms = append(source.Farms, store.SyncFarm{Key: 102, Name: "ledger", Project: 458})
	source.Hosts = append(source.Hosts, store.SyncHost{Key: 103, Name: "bank1", Farm: 102})
	return source
}

// withEditorOfShop takes twoServices in, and gives fn a sync by somebody who may write to the service shop alone.
func withEditorOfShop(t *testing.T, fn func(t *testing.T, s *store.Store, sync func(ctx context.Context, source store.SyncSource) (store.SyncResult, error))) {
	t.Helper()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		pulled(t, s, twoServices())
		r := rights(t, s, "service", "shop")
		fn(t, s, func(ctx context.Context, source store.SyncSource) (store.SyncResult, error) {
			return s.Sync(store.WithRights(store.WithActor(ctx, "token:shop"), r), source, store.SyncOptions{})
		})
	})
}

func TestSyncWithinRights(t *testing.T) {
	withEditorOfShop(t, func(t *testing.T, s *store.Store, sync func(ctx context.Context, source store.SyncSource) (store.SyncResult, error)) {
		source := twoServices()
		source.Projects[0].Owner = "carl"
		source.Projects = slices.Delete(source.Projects, 1, 2)
		source.Exporters[0].Port = 9101
		source.Hosts[0].Name = "web9"
		result, err := sync(t.Context(), source)
		require.NoError(t, err)
		assert.Equal(t, []string{
			"update project api owner", "delete project web", `update host web9 of project "api" name`,
			`update exporter node on port 9101 of project "api" port`,
		}, done(result))

		source.Farms, source.Hosts, source.Exporters, source.URLs = source.Farms[1:], source.Hosts[2:], nil, nil
		result, err = sync(t.Context(), source)
		require.NoError(t, err, "what is deleted with the farm that says where it is")
		assert.Len(t, result.Changes, 1+2+2+1)
		source.Projects = source.Projects[1:]
		result, err = sync(t.Context(), source)
		require.NoError(t, err)
		assert.Equal(t, []string{"delete project api"}, done(result))
	})
}

func TestSyncBeyondRightsIsRefusedWhole(t *testing.T) {
	withEditorOfShop(t, func(t *testing.T, s *store.Store, sync func(ctx context.Context, source store.SyncSource) (store.SyncResult, error)) {
		for name, change := range map[string]func(source *store.SyncSource){
			"another's project":  func(source *store.SyncSource) { source.Projects[2].Owner = "eve" },
			"another's host":     func(source *store.SyncSource) { source.Hosts[2].Name = "bank2" },
			"no host of another": func(source *store.SyncSource) { source.Hosts = source.Hosts[:2] },
			"a new service": func(source *store.SyncSource) {
				source.Services = append(source.Services, store.SyncService{Key: 7, Name: "new"})
			},
			"a shard":             func(source *store.SyncSource) { source.Shards[0].URL = "http://eve.example" },
			"a probe":             func(source *store.SyncSource) { source.Probes[0].Description = "eve's" },
			"a project taken":     func(source *store.SyncSource) { source.Projects[2].Service = 101 },
			"a project given off": func(source *store.SyncSource) { source.Projects[0].Service = 102 },
		} {
			t.Run(name, func(t *testing.T) {
				source, ledger := twoServices(), ledgerOf(t, s)
				source.Projects[1].Owner = "carl"
				change(&source)
				refused(t, s, store.ErrForbidden, "token:shop may not write", func(ctx context.Context) error {
					_, err := sync(ctx, source)
					return err
				})
				assert.Equal(t, ledger, ledgerOf(t, s))
			})
		}
	})
}

// TestSyncLetsNobodyAlterWhatLaterRunsDo is about syncs that change no row, but what is remembered of rows: with another
// memory, the next run of somebody who may would undo what was done here.
func TestSyncLetsNobodyAlterWhatLaterRunsDo(t *testing.T) {
	withEditorOfShop(t, func(t *testing.T, s *store.Store, sync func(ctx context.Context, source store.SyncSource) (store.SyncResult, error)) {
		mine := twoServices()
		mine.Name = "mine"
		result, err := sync(t.Context(), mine)
		require.NoError(t, err, "a first meeting that changes nothing")
		require.Empty(t, result.Changes)
		require.Empty(t, result.Issues)

		must(s.UpdateProject(t.Context(), 458, store.ProjectUpdate{Owner: ptr("dora")}))
		require.NoError(t, s.DeleteHost(t.Context(), 103, store.DeleteOptions{}))
		agreeing, forgetting := twoServices(), twoServices()
		agreeing.Projects[2].Owner = "dora"
		forgetting.Hosts = forgetting.Hosts[:2]
		for text, source := range map[string]store.SyncSource{`may not write project "ledger"`: agreeing, "may not write host 103": forgetting} {
			ledger := ledgerOf(t, s)
			refused(t, s, store.ErrForbidden, text, func(ctx context.Context) error {
				_, err := sync(ctx, source)
				return err
			})
			require.Equal(t, ledger, ledgerOf(t, s))
		}
		assert.Empty(t, pulled(t, s, twoServices()).Changes, "what was done here stays")
	})
}

func TestSyncUnderAnIdempotencyKeyIsDoneOnce(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		pulled(t, s, elsewhere())
		source := elsewhere()
		source.Exporters[0].Port, source.Shards[0].Samples, source.Projects[0].Owner = 9101, 1<<60+1, "carl"
		var r store.Receipt
		ctx := store.WithReceipt(store.WithIdempotencyKey(t.Context(), "k", "f"), &r)
		first, err := s.Sync(ctx, source, store.SyncOptions{})
		require.NoError(t, err)
		require.Len(t, first.Changes, 3)
		require.Equal(t, r.Revision, first.Revision)
		idle(t, s, func(context.Context) error {
			again, err := s.Sync(ctx, source, store.SyncOptions{})
			requireSameJSON(t, first, again)
			assert.Equal(t, int64(1<<60+1), again.Changes[0].Fields[0].After, "numbers are exact")
			return err
		})
		require.True(t, r.Replayed)
		refused(t, s, store.ErrConflict, "was used for another request", func(ctx context.Context) error {
			_, err := s.Sync(store.WithIdempotencyKey(ctx, "k", "g"), source, store.SyncOptions{})
			return err
		})
	})
}

func TestSyncTellsHowFarItIs(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		source := elsewhere()
		var told []int64
		_, err := s.Sync(t.Context(), source, store.SyncOptions{Progress: func(rows int64) { told = append(told, rows) }})
		require.NoError(t, err)
		assert.True(t, slices.IsSorted(told), told)
		assert.EqualValues(t, source.Rows(), told[len(told)-1])
	})
}

func TestChangesOfFieldsSurviveJSON(t *testing.T) {
	for _, f := range []store.FieldChange{
		{Field: "samples", Before: int64(1<<62 + 1), After: int64(-3)}, {Field: "enabled", Before: true, After: false}, {Field: "name", Before: "", After: "1"},
	} {
		text, err := json.Marshal(f)
		require.NoError(t, err)
		var back store.FieldChange
		require.NoError(t, json.Unmarshal(text, &back))
		assert.Equal(t, f, back)
	}
	for _, bad := range []string{`{"field":"x","before":1.5}`, `{"field":"x","before":1e40}`, `{"field":7}`} {
		assert.Error(t, json.Unmarshal([]byte(bad), new(store.FieldChange)), bad)
	}
}
