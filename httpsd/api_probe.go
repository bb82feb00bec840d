package httpsd

import "github.com/promshard/promshard/store"

var probeResource = &resource[store.Probe, store.ProbeFilter, store.ProbeUpdate]{
	noun: "probe", path: "probes",
	common: true,
	fresh:  store.Probe{},

	id:       func(p store.Probe) int64 { return p.ID },
	version:  func(p store.Probe) int64 { return p.Version },
	expect:   func(u *store.ProbeUpdate) *store.UpdateOptions { return &u.UpdateOptions },
	named:    func(name string) (store.ProbeFilter, error) { return store.ProbeFilter{Module: name}, nil },
	page:     func(f *store.ProbeFilter) *store.Page { return &f.Page },
	at:       func(_ store.Probe) names { return names{} },
	filtered: func(_ store.ProbeFilter) names { return names{} },

	get:      store.Inventory.Probe,
	all:      store.Inventory.Probes,
	insert:   store.Inventory.CreateProbe,
	update:   store.Inventory.UpdateProbe,
	drop:     store.Inventory.DeleteProbe,
	cascades: true,

	required: []string{"module"},
	example: examples[store.Probe]{
		one:    store.Probe{ID: 1, Version: 9, Module: "http_2xx"},
		create: `{"module":"http_2xx"}`,
		change: `{"description":"any answer from 200 to 299"}`,
	},
}
