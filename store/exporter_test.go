package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
)

func TestExporterConforms(t *testing.T) {
	withSeed(t, func(t *testing.T, s *store.Store, p seed) {
		touched := store.Touched{Projects: []int64{p.project.ID}}
		row := store.Exporter{
			Job: "probe", Port: 9115, Path: "/probe?module=icmp", Enabled: true, Project: "shop-api",
			ScrapeInterval: model.Duration(30 * time.Second), ScrapeTimeout: model.Duration(5 * time.Second),
			Labels: store.Labels{"a": "1"},
		}
		filled := row
		filled.Scheme, filled.ProjectID = "http", p.project.ID
		noun[store.Exporter, store.ExporterUpdate]{
			name: "exporter", create: s.CreateExporter, read: s.Exporter, update: s.UpdateExporter, remove: func(ctx context.Context, id int64) error { return s.DeleteExporter(ctx, id, store.DeleteOptions{}) },
			list: func(ctx context.Context) ([]store.Exporter, error) { return s.Exporters(ctx, store.ExporterFilter{}) },
			id:   func(e store.Exporter) int64 { return e.ID },
			row:  row, filled: filled,
			change: store.ExporterUpdate{
				Job: ptr("node"), Port: ptr(9100), Path: ptr(""), Scheme: ptr("https"), Enabled: ptr(false),
				ScrapeInterval: ptr(model.Duration(time.Minute)), ScrapeTimeout: ptr(model.Duration(0)), Labels: &store.Labels{"b": "2"},
			},
			changed: store.Exporter{
				Job: "node", Port: 9100, Scheme: "https", ScrapeInterval: model.Duration(time.Minute), Labels: store.Labels{"b": "2"},
				ProjectID: p.project.ID, Project: "shop-api",
			},
			conflict:  `exporter job "probe": already in project "shop-api" with port 9115, path "/probe?module=icmp" and scheme http`,
			taken:     store.ExporterUpdate{Job: ptr("app"), Port: ptr(8080), Path: ptr("/metrics")},
			takenText: `exporter job "app": already in project "shop-api" with port 8080, path "/metrics" and scheme http`,
			invalid: map[string]store.Exporter{
				"exporter job: is missing":     {Port: 1, Project: "shop-api"},
				`exporter port "0"`:            {Job: "x", Project: "shop-api"},
				`exporter path "metrics"`:      {Job: "x", Port: 1, Path: "metrics", Project: "shop-api"},
				`exporter scheme "ftp"`:        {Job: "x", Port: 1, Scheme: "ftp", Project: "shop-api"},
				"exporter scrape_timeout":      {Job: "x", Port: 1, ScrapeTimeout: 1e9, Project: "shop-api"},
				`exporter labels "job"`:        {Job: "x", Port: 1, Labels: store.Labels{"job": "y"}, Project: "shop-api"},
				"exporter project: is missing": {Job: "x", Port: 1},
			},
			orphans: map[string]store.Exporter{
				`exporter project "nope": there is no such project`: {Job: "x", Port: 1, Project: "nope"},
			},
			created: touched, altered: touched, removed: touched,
		}.conforms(t, s)
	})
}

func TestExporters(t *testing.T) {
	withSeed(t, func(t *testing.T, s *store.Store, _ seed) {
		ctx := t.Context()
		require.NoError(t, s.CreateService(ctx, &store.Service{Name: "mail"}))
		require.NoError(t, s.CreateProject(ctx, &store.Project{Name: "smtp", Service: "mail", Shard: "spare"}))
		for _, e := range []store.Exporter{
			{Job: "app", Port: 8080, Project: "smtp", Enabled: true},
			{Job: "app", Port: 8080, Path: "/metrics", Scheme: "https", Project: "shop-api"},
			{Job: "Node", Port: 9100, Project: "smtp"},
		} {
			require.NoError(t, s.CreateExporter(ctx, &e))
		}
		list := func(f store.ExporterFilter) []string {
			return named(t, func(e store.Exporter) string { return e.Job + e.Path + " " + e.Scheme + " " + e.Project })(s.Exporters(ctx, f))
		}
		assert.Equal(t, []string{"Node http smtp", "app http smtp", "app/metrics http shop-api", "app/metrics https shop-api"}, list(store.ExporterFilter{}))
		assert.Equal(t, []string{"Node http smtp"}, list(store.ExporterFilter{Job: "Node"}))
		assert.Equal(t, []string{"Node http smtp"}, list(store.ExporterFilter{Port: 9100}))
		assert.Equal(t, []string{"app http smtp"}, list(store.ExporterFilter{Path: ptr(""), Job: "app"}))
		assert.Equal(t, []string{"app/metrics https shop-api"}, list(store.ExporterFilter{Scheme: "https"}))
		assert.Equal(t, []string{"Node http smtp", "app http smtp"}, list(store.ExporterFilter{Project: "smtp"}))
		assert.Equal(t, []string{"app/metrics http shop-api", "app/metrics https shop-api"}, list(store.ExporterFilter{Service: "shop"}))
		assert.Equal(t, []string{"app http smtp"}, list(store.ExporterFilter{Shard: "spare", Enabled: ptr(true)}))
	})
}

func TestDefaultExporterConforms(t *testing.T) {
	withSeed(t, func(t *testing.T, s *store.Store, _ seed) {
		noun[store.DefaultExporter, store.DefaultExporterUpdate]{
			name: "default_exporter", create: s.CreateDefaultExporter, read: s.DefaultExporter,
			update: s.UpdateDefaultExporter, remove: func(ctx context.Context, id int64) error {
				return s.DeleteDefaultExporter(ctx, id, store.DeleteOptions{})
			},
			list: func(ctx context.Context) ([]store.DefaultExporter, error) {
				return s.DefaultExporters(ctx, store.DefaultExporterFilter{})
			},
			id:       func(e store.DefaultExporter) int64 { return e.ID },
			row:      store.DefaultExporter{Job: "nginx", Port: 9113},
			filled:   store.DefaultExporter{Job: "nginx", Port: 9113, Scheme: "http"},
			change:   store.DefaultExporterUpdate{Job: ptr("mysql"), Port: ptr(9104), Path: ptr("/m"), Scheme: ptr("https")},
			changed:  store.DefaultExporter{Job: "mysql", Port: 9104, Path: "/m", Scheme: "https"},
			conflict: `default exporter job "nginx": is suggested already with port 9113 and path ""`,
			taken:    store.DefaultExporterUpdate{Job: ptr("node"), Port: ptr(9100)}, takenText: `default exporter job "node": is suggested already`,
			invalid: map[string]store.DefaultExporter{
				"default exporter job: is missing": {Port: 1}, `default exporter port "-1"`: {Job: "x", Port: -1},
			},
		}.conforms(t, s)

		list := func(f store.DefaultExporterFilter) []string {
			return named(t, func(e store.DefaultExporter) string { return e.Job + e.Path })(s.DefaultExporters(t.Context(), f))
		}
		require.NoError(t, s.CreateDefaultExporter(t.Context(), &store.DefaultExporter{Job: "node", Port: 9100, Path: "/x"}))
		assert.Equal(t, []string{"nginx", "node", "node/x"}, list(store.DefaultExporterFilter{}))
		assert.Equal(t, []string{"node"}, list(store.DefaultExporterFilter{Job: "node", Port: 9100, Path: ptr("")}))
	})
}
