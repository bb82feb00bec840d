package store_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
)

func TestShardConforms(t *testing.T) {
	withSeed(t, func(t *testing.T, s *store.Store, _ seed) {
		noun[store.Shard, store.ShardUpdate]{
			name: "shard", create: s.CreateShard, read: s.Shard, update: s.UpdateShard,
			list:   func(ctx context.Context) ([]store.Shard, error) { return s.Shards(ctx, store.ShardFilter{}) },
			remove: func(ctx context.Context, id int64) error { return s.DeleteShard(ctx, id, store.DeleteOptions{}) },
			id:     func(s store.Shard) int64 { return s.ID },
			row:    store.Shard{Name: "東京 1", Enabled: true, Samples: 5},
			filled: store.Shard{Name: "東京 1", Enabled: true, Samples: 5},
			change: store.ShardUpdate{
				Name: ptr("tokyo"), URL: ptr("https://p.example.com"), Enabled: ptr(false), Samples: ptr(int64(6)), Targets: ptr(int64(7)),
			},
			changed:  store.Shard{Name: "tokyo", URL: "https://p.example.com", Samples: 6, Targets: 7},
			conflict: `shard name "東京 1": is taken by another shard`,
			taken:    store.ShardUpdate{Name: ptr("prod")}, takenText: `shard name "prod": is taken by another shard`,
			invalid: map[string]store.Shard{"shard name: is missing": {}, `shard url "x"`: {Name: "x", URL: "x"}},
			created: store.Touched{Shards: true}, altered: store.Touched{Shards: true}, removed: store.Touched{Shards: true},
		}.conforms(t, s)
	})
}

func TestShards(t *testing.T) {
	withSeed(t, func(t *testing.T, s *store.Store, p seed) {
		ctx := t.Context()
		list := named(t, func(s store.Shard) string { return s.Name })

		t.Run("are listed in byte order and filtered", func(t *testing.T) {
			require.NoError(t, s.CreateShard(ctx, &store.Shard{Name: "Zürich", Enabled: true}))
			require.NoError(t, s.CreateShard(ctx, &store.Shard{Name: "azure", Enabled: true}))
			require.NoError(t, s.CreateShard(ctx, &store.Shard{Name: "Äther", Enabled: true}))
			assert.Equal(t, []string{"Zürich", "azure", "closed", "prod", "spare", "Äther"}, list(s.Shards(ctx, store.ShardFilter{})))
			assert.Equal(t, []string{"closed"}, list(s.Shards(ctx, store.ShardFilter{Enabled: ptr(false)})))
			assert.Equal(t, []string{"prod"}, list(s.Shards(ctx, store.ShardFilter{Name: "prod", Enabled: ptr(true)})))
			assert.Empty(t, list(s.Shards(ctx, store.ShardFilter{Name: "PROD"})))
			assert.Empty(t, list(s.Shards(ctx, store.ShardFilter{Name: "a\x00b"})), "a name that no database can hold")
		})
		t.Run("rename touches the projects", func(t *testing.T) {
			e := journalled(t, s, "shard.update", func(ctx context.Context) error {
				_, err := s.UpdateShard(ctx, p.shard.ID, store.ShardUpdate{Name: ptr("production")})
				return err
			})
			assert.Equal(t, store.Touched{Shards: true, Projects: []int64{p.project.ID}}, e.Touched)
			assert.Equal(t, `changed shard "prod": name "prod" → "production"`, e.Summary)
			got, err := s.Project(ctx, p.project.ID)
			require.NoError(t, err)
			assert.Equal(t, "production", got.Shard)
		})
		t.Run("disabling does not touch the projects", func(t *testing.T) {
			e := journalled(t, s, "shard.update", func(ctx context.Context) error {
				_, err := s.UpdateShard(ctx, p.shard.ID, store.ShardUpdate{Enabled: ptr(false)})
				return err
			})
			assert.Equal(t, store.Touched{Shards: true}, e.Touched)
			assert.Equal(t, `changed shard "production": enabled true → false`, e.Summary)
		})
		t.Run("delete says what hangs on a shard", func(t *testing.T) {
			refused(t, s, store.ErrConflict,
				`shard "production": would also delete 1 server, 1 project, 1 farm, 1 host, 1 exporter, 1 URL; say cascade to do it`,
				func(ctx context.Context) error { return s.DeleteShard(ctx, p.shard.ID, store.DeleteOptions{}) })
		})
		t.Run("cascade deletes it all, leaves first", func(t *testing.T) {
			e := journalled(t, s, "shard.delete", func(ctx context.Context) error {
				return s.DeleteShard(ctx, p.shard.ID, store.DeleteOptions{Cascade: true})
			})
			assert.Equal(t, []string{"url", "exporter", "host", "farm", "project", "server", "shard"}, nouns(e))
			for _, c := range e.Changes {
				assert.NotEmpty(t, c.Before)
				assert.Empty(t, c.After)
			}
			assert.Equal(t, store.Touched{Shards: true, Projects: []int64{p.project.ID}}, e.Touched)
			assert.Empty(t, named(t, func(h store.Host) string { return h.Name })(s.Hosts(ctx, store.HostFilter{})))
			assert.Equal(t, []string{"shop"}, named(t, func(s store.Service) string { return s.Name })(s.Services(ctx, store.ServiceFilter{})))
		})
	})
}
