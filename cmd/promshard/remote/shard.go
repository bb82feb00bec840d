package remote

import (
	"context"

	"github.com/promshard/promshard/store"
)

var shardNoun = &noun[store.Shard, store.ShardFilter, store.ShardUpdate]{
	name: "shard", path: "shards", cascades: true,
	page:   func(f *store.ShardFilter) store.Page { return f.Page },
	expect: func(u *store.ShardUpdate) int64 { return u.IfVersion },
}

// CreateShard implements store.Registry.
func (c *Client) CreateShard(ctx context.Context, s *store.Shard) error {
	return shardNoun.create(ctx, c, s)
}

// Shard implements store.Registry.
func (c *Client) Shard(ctx context.Context, id int64) (store.Shard, error) {
	return shardNoun.get(ctx, c, id)
}

// Shards implements store.Registry.
func (c *Client) Shards(ctx context.Context, f store.ShardFilter) ([]store.Shard, error) {
	return shardNoun.list(ctx, c, f)
}

// UpdateShard implements store.Registry.
func (c *Client) UpdateShard(ctx context.Context, id int64, u store.ShardUpdate) (store.Shard, error) {
	return shardNoun.update(ctx, c, id, u)
}

// DeleteShard implements store.Registry.
func (c *Client) DeleteShard(ctx context.Context, id int64, o store.DeleteOptions) error {
	return shardNoun.remove(ctx, c, id, o)
}
