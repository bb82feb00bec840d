package main

import (
	"fmt"
	"net"
	"strconv"

	"github.com/alecthomas/kingpin/v2"

	"github.com/promshard/promshard/store"
)

var servers = &noun[store.Server, store.ServerFilter, store.ServerUpdate]{
	name: "server", plural: "servers",
	help: "Servers: each is one Prometheus, registered to one shard.",
	key:  []keyPart{{name: "host:port", help: "Address of the Prometheus, an IPv6 address in brackets."}},
	columns: []column[store.Server]{
		{"ID", func(s store.Server) string { return number(s.ID) }},
		{"SERVER", serverAddress},
		{"SHARD", func(s store.Server) string { return s.Shard }},
	},
	id:     func(s store.Server) int64 { return s.ID },
	title:  func(s store.Server) string { return fmt.Sprintf("server %q on shard %q", serverAddress(s), s.Shard) },
	match:  matchServer,
	filter: serverFilter,
	create: createServer,
	change: changeServer,

	get: store.Registry.Server, list: store.Registry.Servers, insert: store.Registry.CreateServer,
	update: store.Registry.UpdateServer, remove: store.Registry.DeleteServer,

	example: examples{
		key: "prometheus001.example:9090", add: "--shard=prod", set: "--shard=prod --port=9091", list: "--shard=prod",
	},
}

func serverAddress(s store.Server) string { return net.JoinHostPort(s.Host, strconv.Itoa(s.Port)) }

func matchServer(key []string) (store.ServerFilter, error) {
	host, port, err := splitAddress(key[0])
	return store.ServerFilter{Host: host, Port: port}, err
}

func serverFilter(cmd *kingpin.CmdClause) func() store.ServerFilter {
	shard := filterFlag(cmd, "shard", "Those of this shard.")
	host := filterFlag(cmd, "host", "Those on this host.")
	port := portFlag(cmd, "Those on this port.")
	return func() store.ServerFilter {
		return store.ServerFilter{Shard: shard.or(""), Host: hostName(host.or("")), Port: port.or(0)}
	}
}

func createServer(cmd *kingpin.CmdClause) func([]string) (store.Server, error) {
	shard := cmd.Flag("shard", "Shard that the server belongs to.").PlaceHolder("SHARD").Required().String()
	return func(key []string) (store.Server, error) {
		host, port, err := splitAddress(key[0])
		return store.Server{Host: host, Port: port, Shard: *shard}, err
	}
}

func changeServer(cmd *kingpin.CmdClause) func(store.Server) store.ServerUpdate {
	shard := stringFlag(cmd, "shard", "Shard to move the server to.")
	host := stringFlag(cmd, "host", "A new host.")
	port := portFlag(cmd, "A new port.")
	return func(store.Server) store.ServerUpdate {
		return store.ServerUpdate{Shard: shard.value, Host: host.value, Port: port.value}
	}
}
