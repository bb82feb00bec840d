package store_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
)

func TestFarms(t *testing.T) {
	withSeed(t, func(t *testing.T, s *store.Store, p seed) {
		ctx := t.Context()
		bare := store.Project{Name: "bare", Service: "shop", Shard: "prod"}
		require.NoError(t, s.CreateProject(ctx, &bare))
		touched := store.Touched{Projects: []int64{bare.ID}}
		farm := store.Farm{Name: "metal", ProjectID: bare.ID}

		t.Run("create fills in source and project", func(t *testing.T) {
			e := journalled(t, s, "farm.create", func(ctx context.Context) error { return s.CreateFarm(ctx, &farm) })
			assert.Equal(t, store.Farm{ID: farm.ID, Version: e.Revision, Name: "metal", Source: store.DefaultFarmSource, ProjectID: bare.ID, Project: "bare"}, farm)
			assert.Equal(t, touched, e.Touched)
			assert.Equal(t, `created farm "metal" of project "bare"`, e.Summary)
			got, err := s.Farm(ctx, farm.ID)
			require.NoError(t, err)
			assert.Equal(t, farm, got)
		})
		t.Run("a project has one", func(t *testing.T) {
			refused(t, s, store.ErrConflict, `farm project "bare": already has farm "metal", and can have one`,
				func(ctx context.Context) error { return s.CreateFarm(ctx, &store.Farm{Name: "other", Project: "bare"}) })
		})
		t.Run("what is invalid or hangs in the air is refused", func(t *testing.T) {
			refused(t, s, store.ErrInvalid, "farm name: is missing", func(ctx context.Context) error {
				return s.CreateFarm(ctx, &store.Farm{Project: "bare"})
			})
			refused(t, s, store.ErrInvalid, "farm project: is missing", func(ctx context.Context) error {
				return s.CreateFarm(ctx, &store.Farm{Name: "x"})
			})
			refused(t, s, store.ErrNotFound, `farm project "nope": there is no such project`, func(ctx context.Context) error {
				return s.CreateFarm(ctx, &store.Farm{Name: "x", Project: "nope"})
			})
		})
		t.Run("update", func(t *testing.T) {
			change := func(ctx context.Context) (err error) {
				farm, err = s.UpdateFarm(ctx, farm.ID, store.FarmUpdate{Name: ptr("iron"), Source: ptr("db")})
				return err
			}
			e := journalled(t, s, "farm.update", change)
			assert.Equal(t, touched, e.Touched)
			assert.Equal(t, "iron", farm.Name)
			assert.Equal(t, "db", farm.Source)
			idle(t, s, change)
			refused(t, s, store.ErrInvalid, "farm name: is missing", func(ctx context.Context) error {
				_, err := s.UpdateFarm(ctx, farm.ID, store.FarmUpdate{Name: ptr("")})
				return err
			})
		})
		t.Run("are listed by name and filtered", func(t *testing.T) {
			list := named(t, func(f store.Farm) string { return f.Name })
			assert.Equal(t, []string{"api-farm", "iron"}, list(s.Farms(ctx, store.FarmFilter{})))
			assert.Equal(t, []string{"iron"}, list(s.Farms(ctx, store.FarmFilter{Name: "iron"})))
			assert.Equal(t, []string{"api-farm"}, list(s.Farms(ctx, store.FarmFilter{Project: "shop-api"})))
			assert.Equal(t, []string{"iron"}, list(s.Farms(ctx, store.FarmFilter{Source: "db"})))
		})
		t.Run("delete says what hangs on a farm, and cascades", func(t *testing.T) {
			refused(t, s, store.ErrConflict, `farm "api-farm": would also delete 1 host; say cascade to do it`,
				func(ctx context.Context) error { return s.DeleteFarm(ctx, p.farm.ID, store.DeleteOptions{}) })
			e := journalled(t, s, "farm.delete", func(ctx context.Context) error {
				return s.DeleteFarm(ctx, p.farm.ID, store.DeleteOptions{Cascade: true})
			})
			assert.Equal(t, []string{"host", "farm"}, nouns(e))
			assert.Equal(t, store.Touched{Projects: []int64{p.project.ID}}, e.Touched)
			refused(t, s, store.ErrNotFound, "there is no such farm",
				func(ctx context.Context) error {
					return s.DeleteFarm(ctx, p.farm.ID, store.DeleteOptions{Cascade: true})
				})
			require.NoError(t, s.DeleteFarm(ctx, farm.ID, store.DeleteOptions{}))
		})
	})
}
