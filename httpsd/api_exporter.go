package httpsd

import "github.com/promshard/promshard/store"

var exporterResource = &resource[store.Exporter, store.ExporterFilter, store.ExporterUpdate]{
	noun: "exporter", path: "exporters",
	fresh: store.Exporter{Scheme: "http", Enabled: true},

	id:      func(e store.Exporter) int64 { return e.ID },
	version: func(e store.Exporter) int64 { return e.Version },
	expect:  func(u *store.ExporterUpdate) *store.UpdateOptions { return &u.UpdateOptions },
	named:   func(name string) (store.ExporterFilter, error) { return store.ExporterFilter{Job: name}, nil },
	page:    func(f *store.ExporterFilter) *store.Page { return &f.Page },
	at:      func(e store.Exporter) names { return names{project: e.Project} },
	filtered: func(f store.ExporterFilter) names {
		return names{service: f.Service, project: f.Project, shard: f.Shard}
	},

	inside: &inside[store.Exporter, store.ExporterFilter]{
		only:    func(f *store.ExporterFilter, project string) { f.Project = project },
		own:     func(e *store.Exporter, p store.Project) { e.ProjectID = p.ID },
		project: func(e store.Exporter) string { return e.Project },
	},

	get:    store.Inventory.Exporter,
	all:    store.Inventory.Exporters,
	insert: store.Inventory.CreateExporter,
	update: store.Inventory.UpdateExporter,
	drop:   store.Inventory.DeleteExporter,

	required: []string{"job", "port"},
	example: examples[store.Exporter]{
		one:       store.Exporter{ID: 1, Version: 7, Job: "node", Port: 9100, Scheme: "http", Enabled: true, ProjectID: 1, Project: "shop-api"},
		create:    `{"job":"node","port":9100,"project":"shop-api"}`,
		inProject: `{"job":"node","port":9100}`,
		change:    `{"scrape_interval":"30s","path":"/metrics?collect=cpu"}`,
	},
}
