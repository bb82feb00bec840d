package remote

import (
	"context"

	"github.com/promshard/promshard/store"
)

var serverNoun = &noun[store.Server, store.ServerFilter, store.ServerUpdate]{
	name: "server", path: "servers",
	page:   func(f *store.ServerFilter) store.Page { return f.Page },
	expect: func(u *store.ServerUpdate) int64 { return u.IfVersion },
}

// CreateServer implements store.Registry.
func (c *Client) CreateServer(ctx context.Context, s *store.Server) error {
	return serverNoun.create(ctx, c, s)
}

// Server implements store.Registry.
func (c *Client) Server(ctx context.Context, id int64) (store.Server, error) {
	return serverNoun.get(ctx, c, id)
}

// Servers implements store.Registry.
func (c *Client) Servers(ctx context.Context, f store.ServerFilter) ([]store.Server, error) {
	return serverNoun.list(ctx, c, f)
}

// UpdateServer implements store.Registry.
func (c *Client) UpdateServer(ctx context.Context, id int64, u store.ServerUpdate) (store.Server, error) {
	return serverNoun.update(ctx, c, id, u)
}

// DeleteServer implements store.Registry.
func (c *Client) DeleteServer(ctx context.Context, id int64, o store.DeleteOptions) error {
	return serverNoun.remove(ctx, c, id, o)
}
