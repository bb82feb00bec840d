package httpsd

import "github.com/promshard/promshard/store"

var probeResource = &resource[store.Probe, store.ProbeFilter, store.ProbeUpdate]{
	noun: "probe", path: "probes",
	fresh: store.Probe{},

	id:       func(p store.Probe) int64 { return p.ID },
	named:    func(name string) (store.ProbeFilter, error) { return store.ProbeFilter{Module: name}, nil },
	page:     func(f *store.ProbeFilter) *store.Page { return &f.Page },
	at:       func(_ store.Probe) names { return names{} },
	filtered: func(_ store.ProbeFilter) names { return names{} },

	get: store.Inventory.Probe,
	all: store.Inventory.Probes,
}
