package store_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
)

func TestServerConforms(t *testing.T) {
	withSeed(t, func(t *testing.T, s *store.Store, p seed) {
		noun[store.Server, store.ServerUpdate]{
			name: "server", create: s.CreateServer, read: s.Server, update: s.UpdateServer, remove: func(ctx context.Context, id int64) error { return s.DeleteServer(ctx, id, store.DeleteOptions{}) },
			list:   func(ctx context.Context) ([]store.Server, error) { return s.Servers(ctx, store.ServerFilter{}) },
			id:     func(s store.Server) int64 { return s.ID },
			row:    store.Server{Host: "[2001:DB8::1]", Port: 9090, Shard: "prod"},
			filled: store.Server{Host: "2001:db8::1", Port: 9090, ShardID: p.shard.ID, Shard: "prod"},
			change: store.ServerUpdate{Host: ptr("prom2"), Port: ptr(9091), Shard: ptr("spare")},
			// A server may be on a disabled shard, which goes on serving.
			changed:  store.Server{Host: "prom2", Port: 9091, ShardID: p.spare.ID, Shard: "spare"},
			conflict: `server host "[2001:db8::1]:9090": is already on shard "prod"`,
			taken:    store.ServerUpdate{Host: ptr("prom1")}, takenText: `server host "prom1:9090": is already on shard "prod"`,
			invalid: map[string]store.Server{
				"server host: is missing":                  {Port: 1, Shard: "prod"},
				`server port "0"`:                          {Host: "a", Shard: "prod"},
				"server shard: is missing; name the shard": {Host: "a", Port: 1},
			},
			orphans: map[string]store.Server{
				`server shard "nope": there is no such shard`:   {Host: "a", Port: 1, Shard: "nope"},
				`server shard_id "999": there is no such shard`: {Host: "a", Port: 1, ShardID: 999},
			},
			created: store.Touched{Shards: true}, altered: store.Touched{Shards: true}, removed: store.Touched{Shards: true},
		}.conforms(t, s)
	})
}

func TestServers(t *testing.T) {
	withSeed(t, func(t *testing.T, s *store.Store, p seed) {
		ctx := t.Context()
		list := named(t, func(s store.Server) string { return s.Host + "/" + s.Shard })
		require.NoError(t, s.CreateServer(ctx, &store.Server{Host: "prom1", Port: 9091, ShardID: p.spare.ID}))
		require.NoError(t, s.CreateServer(ctx, &store.Server{Host: "alpha", Port: 9091, ShardID: p.spare.ID, Shard: "the id wins"}))

		assert.Equal(t, []string{"alpha/spare", "prom1/prod", "prom1/spare"}, list(s.Servers(ctx, store.ServerFilter{})))
		assert.Equal(t, []string{"alpha/spare", "prom1/spare"}, list(s.Servers(ctx, store.ServerFilter{Shard: "spare"})))
		assert.Equal(t, []string{"prom1/prod"}, list(s.Servers(ctx, store.ServerFilter{Host: "prom1", Port: 9090})))
		refused(t, s, store.ErrNotFound, `server shard "nope": there is no such shard`, func(ctx context.Context) error {
			_, err := s.UpdateServer(ctx, p.server.ID, store.ServerUpdate{Shard: ptr("nope")})
			return err
		})
		refused(t, s, store.ErrInvalid, `server port "70000"`, func(ctx context.Context) error {
			_, err := s.UpdateServer(ctx, p.server.ID, store.ServerUpdate{Port: ptr(70000)})
			return err
		})
	})
}
