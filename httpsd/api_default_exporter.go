package httpsd

import "github.com/promshard/promshard/store"

var defaultExporterResource = &resource[store.DefaultExporter, store.DefaultExporterFilter, store.DefaultExporterUpdate]{
	noun: "default_exporter", path: "default-exporters",
	common: true,
	fresh:  store.DefaultExporter{Scheme: "http"},

	id:      func(d store.DefaultExporter) int64 { return d.ID },
	version: func(d store.DefaultExporter) int64 { return d.Version },
	expect:  func(u *store.DefaultExporterUpdate) *store.UpdateOptions { return &u.UpdateOptions },
	named: func(name string) (store.DefaultExporterFilter, error) {
		return store.DefaultExporterFilter{Job: name}, nil
	},
	page:     func(f *store.DefaultExporterFilter) *store.Page { return &f.Page },
	at:       func(_ store.DefaultExporter) names { return names{} },
	filtered: func(_ store.DefaultExporterFilter) names { return names{} },

	get:    store.Inventory.DefaultExporter,
	all:    store.Inventory.DefaultExporters,
	insert: store.Inventory.CreateDefaultExporter,
	update: store.Inventory.UpdateDefaultExporter,
	drop:   store.Inventory.DeleteDefaultExporter,

	required: []string{"job", "port"},
	example: examples[store.DefaultExporter]{
		one:    store.DefaultExporter{ID: 1, Version: 8, Job: "node", Port: 9100, Scheme: "http"},
		create: `{"job":"node","port":9100}`,
		change: `{"path":"/metrics"}`,
	},
}
