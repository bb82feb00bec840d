package remote

import (
	"context"

	"github.com/promshard/promshard/store"
)

var urlNoun = &noun[store.URL, store.URLFilter, store.URLUpdate]{
	name: "url", path: "urls",
	page:   func(f *store.URLFilter) store.Page { return f.Page },
	expect: func(u *store.URLUpdate) int64 { return u.IfVersion },
}

// CreateURL implements store.Registry.
func (c *Client) CreateURL(ctx context.Context, u *store.URL) error {
	return urlNoun.create(ctx, c, u)
}

// URL implements store.Registry.
func (c *Client) URL(ctx context.Context, id int64) (store.URL, error) {
	return urlNoun.get(ctx, c, id)
}

// URLs implements store.Registry.
func (c *Client) URLs(ctx context.Context, f store.URLFilter) ([]store.URL, error) {
	return urlNoun.list(ctx, c, f)
}

// UpdateURL implements store.Registry.
func (c *Client) UpdateURL(ctx context.Context, id int64, u store.URLUpdate) (store.URL, error) {
	return urlNoun.update(ctx, c, id, u)
}

// DeleteURL implements store.Registry.
func (c *Client) DeleteURL(ctx context.Context, id int64, o store.DeleteOptions) error {
	return urlNoun.remove(ctx, c, id, o)
}
