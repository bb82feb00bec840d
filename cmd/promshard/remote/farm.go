package remote

import (
	"context"

	"github.com/promshard/promshard/store"
)

var farmNoun = &noun[store.Farm, store.FarmFilter, store.FarmUpdate]{
	name: "farm", path: "farms", cascades: true,
	page:   func(f *store.FarmFilter) store.Page { return f.Page },
	expect: func(u *store.FarmUpdate) int64 { return u.IfVersion },
}

// CreateFarm implements store.Registry.
func (c *Client) CreateFarm(ctx context.Context, f *store.Farm) error {
	return farmNoun.create(ctx, c, f)
}

// Farm implements store.Registry.
func (c *Client) Farm(ctx context.Context, id int64) (store.Farm, error) {
	return farmNoun.get(ctx, c, id)
}

// Farms implements store.Registry.
func (c *Client) Farms(ctx context.Context, f store.FarmFilter) ([]store.Farm, error) {
	return farmNoun.list(ctx, c, f)
}

// UpdateFarm implements store.Registry.
func (c *Client) UpdateFarm(ctx context.Context, id int64, u store.FarmUpdate) (store.Farm, error) {
	return farmNoun.update(ctx, c, id, u)
}

// DeleteFarm implements store.Registry.
func (c *Client) DeleteFarm(ctx context.Context, id int64, o store.DeleteOptions) error {
	return farmNoun.remove(ctx, c, id, o)
}
