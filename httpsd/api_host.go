package httpsd

import "github.com/promshard/promshard/store"

var hostResource = &resource[store.Host, store.HostFilter, store.HostUpdate]{
	noun: "host", path: "hosts",
	fresh:   store.Host{Enabled: true},
	derived: []string{"farm"},

	id:       func(h store.Host) int64 { return h.ID },
	version:  func(h store.Host) int64 { return h.Version },
	expect:   func(u *store.HostUpdate) *store.UpdateOptions { return &u.UpdateOptions },
	named:    func(name string) (store.HostFilter, error) { return store.HostFilter{Name: name}, nil },
	page:     func(f *store.HostFilter) *store.Page { return &f.Page },
	at:       func(h store.Host) names { return names{project: h.Project} },
	filtered: func(f store.HostFilter) names { return names{service: f.Service, project: f.Project, shard: f.Shard} },

	inside: &inside[store.Host, store.HostFilter]{
		bulk:    true,
		only:    func(f *store.HostFilter, project string) { f.Project = project },
		own:     func(h *store.Host, p store.Project) { h.Project = p.Name },
		project: func(h store.Host) string { return h.Project },
	},

	get:    store.Inventory.Host,
	all:    store.Inventory.Hosts,
	insert: store.Inventory.CreateHost,
	update: store.Inventory.UpdateHost,
	drop:   store.Inventory.DeleteHost,

	required: []string{"name"},
	example: examples[store.Host]{
		one:    store.Host{ID: 1, Version: 6, Name: "web1", Enabled: true, FarmID: 1, Farm: "shop-api", Project: "shop-api"},
		create: `{"name":"web1","project":"shop-api"}`,
		change: `{"enabled":false}`,
	},
}
