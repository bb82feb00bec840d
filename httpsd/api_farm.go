package httpsd

import "github.com/promshard/promshard/store"

var farmResource = &resource[store.Farm, store.FarmFilter, store.FarmUpdate]{
	noun: "farm", path: "farms",
	fresh: store.Farm{Source: store.DefaultFarmSource},

	id:       func(f store.Farm) int64 { return f.ID },
	version:  func(f store.Farm) int64 { return f.Version },
	expect:   func(u *store.FarmUpdate) *store.UpdateOptions { return &u.UpdateOptions },
	named:    func(name string) (store.FarmFilter, error) { return store.FarmFilter{Name: name}, nil },
	page:     func(f *store.FarmFilter) *store.Page { return &f.Page },
	at:       func(f store.Farm) names { return names{project: f.Project} },
	filtered: func(f store.FarmFilter) names { return names{project: f.Project} },

	get:      store.Inventory.Farm,
	all:      store.Inventory.Farms,
	insert:   store.Inventory.CreateFarm,
	update:   store.Inventory.UpdateFarm,
	drop:     store.Inventory.DeleteFarm,
	cascades: true,

	required: []string{"name"},
	example: examples[store.Farm]{
		one:    store.Farm{ID: 1, Version: 5, Name: "shop-api", Source: store.DefaultFarmSource, ProjectID: 1, Project: "shop-api"},
		create: `{"name":"shop-api","project":"shop-api"}`,
		change: `{"name":"shop-api-farm"}`,
	},
}
