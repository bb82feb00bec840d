package main

import (
	"fmt"

	"github.com/alecthomas/kingpin/v2"

	"github.com/promshard/promshard/store"
)

var probes = &noun[store.Probe, store.ProbeFilter, store.ProbeUpdate]{
	name: "probe", plural: "probes",
	help: "Probes: modules of blackbox_exporter, by which URLs are checked.",
	key:  []keyPart{{name: "module", help: "Name of the module in blackbox_exporter's configuration."}},
	columns: []column[store.Probe]{
		{"ID", func(p store.Probe) string { return number(p.ID) }},
		{"MODULE", func(p store.Probe) string { return p.Module }},
		{"DESCRIPTION", func(p store.Probe) string { return p.Description }},
	},
	id:     func(p store.Probe) int64 { return p.ID },
	title:  func(p store.Probe) string { return fmt.Sprintf("probe %q", p.Module) },
	match:  func(key []string) (store.ProbeFilter, error) { return store.ProbeFilter{Module: key[0]}, nil },
	filter: probeFilter,
	create: createProbe,
	change: changeProbe,

	get: store.Registry.Probe, list: store.Registry.Probes, insert: store.Registry.CreateProbe,
	update: store.Registry.UpdateProbe, remove: store.Registry.DeleteProbe, cascades: true,

	example: examples{key: "http_2xx", add: "--description='answers 200'", set: "--description='answers with success'", list: "--output=json"},
}

func probeFilter(cmd *kingpin.CmdClause) func() store.ProbeFilter {
	module := filterFlag(cmd, "module", "The one of this module.")
	return func() store.ProbeFilter { return store.ProbeFilter{Module: module.or("")} }
}

func createProbe(cmd *kingpin.CmdClause) func([]string) (store.Probe, error) {
	description := stringFlag(cmd, "description", "What it checks.")
	return func(key []string) (store.Probe, error) {
		return store.Probe{Module: key[0], Description: description.or("")}, nil
	}
}

func changeProbe(cmd *kingpin.CmdClause) func(store.Probe) store.ProbeUpdate {
	module := stringFlag(cmd, "module", "A new module.")
	description := stringFlag(cmd, "description", "What it checks.")
	return func(store.Probe) store.ProbeUpdate {
		return store.ProbeUpdate{Module: module.value, Description: description.value}
	}
}
