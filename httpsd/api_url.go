package httpsd

import "github.com/promshard/promshard/store"

var urlResource = &resource[store.URL, store.URLFilter, store.URLUpdate]{
	noun: "url", path: "urls",
	fresh: store.URL{},

	id:       func(u store.URL) int64 { return u.ID },
	version:  func(u store.URL) int64 { return u.Version },
	expect:   func(u *store.URLUpdate) *store.UpdateOptions { return &u.UpdateOptions },
	named:    func(name string) (store.URLFilter, error) { return store.URLFilter{URL: name}, nil },
	page:     func(f *store.URLFilter) *store.Page { return &f.Page },
	at:       func(u store.URL) names { return names{project: u.Project} },
	filtered: func(f store.URLFilter) names { return names{service: f.Service, project: f.Project, shard: f.Shard} },

	inside: &inside[store.URL, store.URLFilter]{
		only:    func(f *store.URLFilter, project string) { f.Project = project },
		own:     func(u *store.URL, p store.Project) { u.ProjectID = p.ID },
		project: func(u store.URL) string { return u.Project },
	},

	get:    store.Inventory.URL,
	all:    store.Inventory.URLs,
	insert: store.Inventory.CreateURL,
	update: store.Inventory.UpdateURL,
	drop:   store.Inventory.DeleteURL,

	required: []string{"url"},
	example: examples[store.URL]{
		one:       store.URL{ID: 1, Version: 10, URL: "https://shop.example/", ProjectID: 1, Project: "shop-api", ProbeID: 1, Probe: "http_2xx"},
		create:    `{"url":"https://shop.example/","project":"shop-api","probe":"http_2xx"}`,
		inProject: `{"url":"https://shop.example/","probe":"http_2xx"}`,
		change:    `{"url":"https://shop.example/health"}`,
	},
}
