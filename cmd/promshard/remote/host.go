package remote

import (
	"context"

	"github.com/promshard/promshard/store"
)

var hostNoun = &noun[store.Host, store.HostFilter, store.HostUpdate]{
	name: "host", path: "hosts",
	derived: []string{"farm"},
	page:    func(f *store.HostFilter) store.Page { return f.Page },
	expect:  func(u *store.HostUpdate) int64 { return u.IfVersion },
	labels:  func(h *store.Host) store.Labels { return h.Labels },
	version: func(h *store.Host) int64 { return h.Version },
}

// CreateHost implements store.Registry.
func (c *Client) CreateHost(ctx context.Context, h *store.Host) error {
	return hostNoun.create(ctx, c, h)
}

// Host implements store.Registry.
func (c *Client) Host(ctx context.Context, id int64) (store.Host, error) {
	return hostNoun.get(ctx, c, id)
}

// Hosts implements store.Registry.
func (c *Client) Hosts(ctx context.Context, f store.HostFilter) ([]store.Host, error) {
	return hostNoun.list(ctx, c, f)
}

// UpdateHost implements store.Registry.
func (c *Client) UpdateHost(ctx context.Context, id int64, u store.HostUpdate) (store.Host, error) {
	return hostNoun.update(ctx, c, id, u)
}

// DeleteHost implements store.Registry.
func (c *Client) DeleteHost(ctx context.Context, id int64, o store.DeleteOptions) error {
	return hostNoun.remove(ctx, c, id, o)
}
