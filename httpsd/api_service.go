package httpsd

import "github.com/promshard/promshard/store"

var serviceResource = &resource[store.Service, store.ServiceFilter, store.ServiceUpdate]{
	noun: "service", path: "services",
	fresh: store.Service{},

	id:       func(s store.Service) int64 { return s.ID },
	version:  func(s store.Service) int64 { return s.Version },
	expect:   func(u *store.ServiceUpdate) *store.UpdateOptions { return &u.UpdateOptions },
	named:    func(name string) (store.ServiceFilter, error) { return store.ServiceFilter{Name: name}, nil },
	page:     func(f *store.ServiceFilter) *store.Page { return &f.Page },
	at:       func(s store.Service) names { return names{service: s.Name} },
	filtered: func(f store.ServiceFilter) names { return names{service: f.Name} },

	get:      store.Inventory.Service,
	all:      store.Inventory.Services,
	insert:   store.Inventory.CreateService,
	update:   store.Inventory.UpdateService,
	drop:     store.Inventory.DeleteService,
	cascades: true,

	required: []string{"name"},
	example: examples[store.Service]{
		one:    store.Service{ID: 1, Version: 3, Name: "shop", Owner: "team-shop", Labels: store.Labels{"tier": "1"}},
		create: `{"name":"shop","owner":"team-shop","labels":{"tier":"1"}}`,
		change: `{"labels":{"tier":null,"team":"shop"}}`,
	},
}
