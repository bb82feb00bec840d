package httpsd

import "github.com/promshard/promshard/store"

var farmResource = &resource[store.Farm, store.FarmFilter, store.FarmUpdate]{
	noun: "farm", path: "farms",
	fresh: store.Farm{Source: store.DefaultFarmSource},

	id:       func(f store.Farm) int64 { return f.ID },
	named:    func(name string) (store.FarmFilter, error) { return store.FarmFilter{Name: name}, nil },
	page:     func(f *store.FarmFilter) *store.Page { return &f.Page },
	at:       func(f store.Farm) names { return names{project: f.Project} },
	filtered: func(f store.FarmFilter) names { return names{project: f.Project} },

	get: store.Inventory.Farm,
	all: store.Inventory.Farms,
}
