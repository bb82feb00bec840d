package remote

import (
	"context"

	"github.com/promshard/promshard/store"
)

var defaultExporterNoun = &noun[store.DefaultExporter, store.DefaultExporterFilter, store.DefaultExporterUpdate]{
	name: "default exporter", path: "default-exporters",
	page:   func(f *store.DefaultExporterFilter) store.Page { return f.Page },
	expect: func(u *store.DefaultExporterUpdate) int64 { return u.IfVersion },
}

// CreateDefaultExporter implements store.Registry.
func (c *Client) CreateDefaultExporter(ctx context.Context, d *store.DefaultExporter) error {
	return defaultExporterNoun.create(ctx, c, d)
}

// DefaultExporter implements store.Registry.
func (c *Client) DefaultExporter(ctx context.Context, id int64) (store.DefaultExporter, error) {
	return defaultExporterNoun.get(ctx, c, id)
}

// DefaultExporters implements store.Registry.
func (c *Client) DefaultExporters(ctx context.Context, f store.DefaultExporterFilter) ([]store.DefaultExporter, error) {
	return defaultExporterNoun.list(ctx, c, f)
}

// UpdateDefaultExporter implements store.Registry.
func (c *Client) UpdateDefaultExporter(ctx context.Context, id int64, u store.DefaultExporterUpdate) (store.DefaultExporter, error) {
	return defaultExporterNoun.update(ctx, c, id, u)
}

// DeleteDefaultExporter implements store.Registry.
func (c *Client) DeleteDefaultExporter(ctx context.Context, id int64, o store.DeleteOptions) error {
	return defaultExporterNoun.remove(ctx, c, id, o)
}
