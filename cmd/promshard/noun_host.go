package main

import (
	"fmt"

	"github.com/alecthomas/kingpin/v2"

	"github.com/promshard/promshard/store"
)

var hosts = &noun[store.Host, store.HostFilter, store.HostUpdate]{
	name: "host", plural: "hosts",
	help: "Hosts: the machines of a project's farm.",
	key: []keyPart{
		{name: "project", help: "Project that the host belongs to; on add it gets a farm of its own name when it has none."},
		{name: "host", help: "Host name or IP address, without a port."},
	},
	columns: []column[store.Host]{
		{"ID", func(h store.Host) string { return number(h.ID) }},
		{"PROJECT", func(h store.Host) string { return h.Project }},
		{"HOST", func(h store.Host) string { return h.Name }},
		{"ENABLED", func(h store.Host) string { return yesNo(h.Enabled) }},
		{"FARM", func(h store.Host) string { return h.Farm }},
		{"LABELS", func(h store.Host) string { return labelText(h.Labels) }},
	},
	id:    func(h store.Host) int64 { return h.ID },
	title: func(h store.Host) string { return fmt.Sprintf("host %q of project %q", h.Name, h.Project) },
	match: func(key []string) (store.HostFilter, error) {
		return store.HostFilter{Project: key[0], Name: hostName(key[1])}, nil
	},
	filter: hostFilter,
	create: createHost,
	change: changeHost,

	get: store.Registry.Host, list: store.Registry.Hosts, insert: store.Registry.CreateHost,
	update: store.Registry.UpdateHost, remove: store.Registry.DeleteHost,

	example: examples{key: "shop-web web1.example", add: "--label=rack=a1", set: "--no-enabled --label=rack=", list: "--project=shop-web"},
}

const hostEnabledHelp = "Whether the host is a target; --no-enabled while it is under maintenance."

func hostFilter(cmd *kingpin.CmdClause) func() store.HostFilter {
	name := filterFlag(cmd, "name", "Those of this name.")
	farm := filterFlag(cmd, "farm", "Those of this farm.")
	project := filterFlag(cmd, "project", "Those of this project.")
	service := filterFlag(cmd, "service", "Those of this service.")
	shard := filterFlag(cmd, "shard", "Those on this shard.")
	enabled := boolFlag(cmd, "enabled", "Those that are enabled, or with --no-enabled those that are not.")
	return func() store.HostFilter {
		return store.HostFilter{
			Name: hostName(name.or("")), Farm: farm.or(""), Project: project.or(""), Service: service.or(""),
			Shard: shard.or(""), Enabled: enabled.value,
		}
	}
}

func createHost(cmd *kingpin.CmdClause) func([]string) (store.Host, error) {
	enabled := boolFlag(cmd, "enabled", hostEnabledHelp+" On by default.")
	labels := addLabels(cmd, newLabelHelp)
	return func(key []string) (store.Host, error) {
		return store.Host{Project: key[0], Name: key[1], Enabled: enabled.or(true), Labels: labels.labels()}, nil
	}
}

func changeHost(cmd *kingpin.CmdClause) func(store.Host) store.HostUpdate {
	name := stringFlag(cmd, "name", "A new name.")
	enabled := boolFlag(cmd, "enabled", hostEnabledHelp)
	labels := addLabels(cmd, labelHelp)
	return func(h store.Host) store.HostUpdate {
		return store.HostUpdate{Name: name.value, Enabled: enabled.value, Labels: labels.applied(h.Labels)}
	}
}
