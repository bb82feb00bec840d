package httpsd

import (
	"net"
	"strconv"

	"github.com/promshard/promshard/store"
)

var serverResource = &resource[store.Server, store.ServerFilter, store.ServerUpdate]{
	noun: "server", path: "servers",
	fresh: store.Server{},

	id:       func(s store.Server) int64 { return s.ID },
	version:  func(s store.Server) int64 { return s.Version },
	expect:   func(u *store.ServerUpdate) *store.UpdateOptions { return &u.UpdateOptions },
	named:    serverNamed,
	page:     func(f *store.ServerFilter) *store.Page { return &f.Page },
	at:       func(s store.Server) names { return names{shard: s.Shard} },
	filtered: func(f store.ServerFilter) names { return names{shard: f.Shard} },

	get:    store.Inventory.Server,
	all:    store.Inventory.Servers,
	insert: store.Inventory.CreateServer,
	update: store.Inventory.UpdateServer,
	drop:   store.Inventory.DeleteServer,

	required: []string{"host", "port"},
	example: examples[store.Server]{
		one:    store.Server{ID: 1, Version: 2, Host: "prometheus001", Port: 9090, ShardID: 1, Shard: "tokyo"},
		create: `{"host":"prometheus001","port":9090,"shard":"tokyo"}`,
		change: `{"port":9091}`,
	},
}

// serverNamed picks the server at HOST:PORT. Anything else is the address of none.
func serverNamed(name string) (store.ServerFilter, error) {
	host, number, err := net.SplitHostPort(name)
	port, notNumber := strconv.Atoi(number)
	if err != nil || notNumber != nil || host == "" || port == 0 {
		return store.ServerFilter{}, &store.Error{
			Kind: store.ErrNotFound, Noun: "server", Value: shorten(name), Reason: "is neither an id nor HOST:PORT",
		}
	}
	return store.ServerFilter{Host: host, Port: port}, nil
}
