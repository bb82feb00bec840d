package httpsd

import "github.com/promshard/promshard/store"

var projectResource = &resource[store.Project, store.ProjectFilter, store.ProjectUpdate]{
	noun: "project", path: "projects",
	fresh: store.Project{Enabled: true},

	id:       func(p store.Project) int64 { return p.ID },
	version:  func(p store.Project) int64 { return p.Version },
	expect:   func(u *store.ProjectUpdate) *store.UpdateOptions { return &u.UpdateOptions },
	named:    func(name string) (store.ProjectFilter, error) { return store.ProjectFilter{Name: name}, nil },
	page:     func(f *store.ProjectFilter) *store.Page { return &f.Page },
	at:       func(p store.Project) names { return names{project: p.Name} },
	filtered: func(f store.ProjectFilter) names { return names{service: f.Service, project: f.Name, shard: f.Shard} },

	get:      store.Inventory.Project,
	all:      store.Inventory.Projects,
	insert:   store.Inventory.CreateProject,
	update:   store.Inventory.UpdateProject,
	drop:     store.Inventory.DeleteProject,
	cascades: true,

	required: []string{"name"},
	example: examples[store.Project]{
		one:    store.Project{ID: 1, Version: 4, Name: "shop-api", Enabled: true, ServiceID: 1, Service: "shop", ShardID: 1, Shard: "tokyo"},
		create: `{"name":"shop-api","service":"shop","shard":"tokyo"}`,
		change: `{"enabled":false,"description":"moves to another data centre"}`,
	},
}
