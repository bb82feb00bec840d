package httpsd

import "github.com/promshard/promshard/store"

var shardResource = &resource[store.Shard, store.ShardFilter, store.ShardUpdate]{
	noun: "shard", path: "shards",
	common: true,
	fresh:  store.Shard{Enabled: true},

	id:       func(s store.Shard) int64 { return s.ID },
	version:  func(s store.Shard) int64 { return s.Version },
	expect:   func(u *store.ShardUpdate) *store.UpdateOptions { return &u.UpdateOptions },
	named:    func(name string) (store.ShardFilter, error) { return store.ShardFilter{Name: name}, nil },
	page:     func(f *store.ShardFilter) *store.Page { return &f.Page },
	at:       func(s store.Shard) names { return names{shard: s.Name} },
	filtered: func(f store.ShardFilter) names { return names{shard: f.Name} },

	get:      store.Inventory.Shard,
	all:      store.Inventory.Shards,
	insert:   store.Inventory.CreateShard,
	update:   store.Inventory.UpdateShard,
	drop:     store.Inventory.DeleteShard,
	cascades: true,

	required: []string{"name"},
	example: examples[store.Shard]{
		one:    store.Shard{ID: 1, Version: 1, Name: "tokyo", URL: "https://prometheus-tokyo.example/", Enabled: true},
		create: `{"name":"tokyo","url":"https://prometheus-tokyo.example/"}`,
		change: `{"targets":50000}`,
	},
}
