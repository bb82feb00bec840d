package remote

import (
	"context"

	"github.com/promshard/promshard/store"
)

var probeNoun = &noun[store.Probe, store.ProbeFilter, store.ProbeUpdate]{
	name: "probe", path: "probes", cascades: true,
	page:   func(f *store.ProbeFilter) store.Page { return f.Page },
	expect: func(u *store.ProbeUpdate) int64 { return u.IfVersion },
}

// CreateProbe implements store.Registry.
func (c *Client) CreateProbe(ctx context.Context, p *store.Probe) error {
	return probeNoun.create(ctx, c, p)
}

// Probe implements store.Registry.
func (c *Client) Probe(ctx context.Context, id int64) (store.Probe, error) {
	return probeNoun.get(ctx, c, id)
}

// Probes implements store.Registry.
func (c *Client) Probes(ctx context.Context, f store.ProbeFilter) ([]store.Probe, error) {
	return probeNoun.list(ctx, c, f)
}

// UpdateProbe implements store.Registry.
func (c *Client) UpdateProbe(ctx context.Context, id int64, u store.ProbeUpdate) (store.Probe, error) {
	return probeNoun.update(ctx, c, id, u)
}

// DeleteProbe implements store.Registry.
func (c *Client) DeleteProbe(ctx context.Context, id int64, o store.DeleteOptions) error {
	return probeNoun.remove(ctx, c, id, o)
}
