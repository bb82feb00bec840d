package remote

import (
	"context"

	"github.com/promshard/promshard/store"
)

var exporterNoun = &noun[store.Exporter, store.ExporterFilter, store.ExporterUpdate]{
	name: "exporter", path: "exporters",
	page:    func(f *store.ExporterFilter) store.Page { return f.Page },
	expect:  func(u *store.ExporterUpdate) int64 { return u.IfVersion },
	labels:  func(e *store.Exporter) store.Labels { return e.Labels },
	version: func(e *store.Exporter) int64 { return e.Version },
}

// CreateExporter implements store.Registry.
func (c *Client) CreateExporter(ctx context.Context, e *store.Exporter) error {
	return exporterNoun.create(ctx, c, e)
}

// Exporter implements store.Registry.
func (c *Client) Exporter(ctx context.Context, id int64) (store.Exporter, error) {
	return exporterNoun.get(ctx, c, id)
}

// Exporters implements store.Registry.
func (c *Client) Exporters(ctx context.Context, f store.ExporterFilter) ([]store.Exporter, error) {
	return exporterNoun.list(ctx, c, f)
}

// UpdateExporter implements store.Registry.
func (c *Client) UpdateExporter(ctx context.Context, id int64, u store.ExporterUpdate) (store.Exporter, error) {
	return exporterNoun.update(ctx, c, id, u)
}

// DeleteExporter implements store.Registry.
func (c *Client) DeleteExporter(ctx context.Context, id int64, o store.DeleteOptions) error {
	return exporterNoun.remove(ctx, c, id, o)
}
