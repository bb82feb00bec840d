package main

import (
	"fmt"

	"github.com/alecthomas/kingpin/v2"

	"github.com/promshard/promshard/store"
)

var defaultExporters = &noun[store.DefaultExporter, store.DefaultExporterFilter, store.DefaultExporterUpdate]{
	name: "default-exporter", plural: "default exporters",
	help: "Default exporters: suggestions for new projects; they make no targets by themselves.",
	key: []keyPart{
		{name: "job", help: "Name of the job, such as node."},
		{name: "port", help: "Port of the exporter."},
		{name: "path", help: "Path with its query; /metrics by default.", optional: true},
	},
	columns: []column[store.DefaultExporter]{
		{"ID", func(e store.DefaultExporter) string { return number(e.ID) }},
		{"JOB", func(e store.DefaultExporter) string { return e.Job }},
		{"PORT", func(e store.DefaultExporter) string { return number(int64(e.Port)) }},
		{"PATH", func(e store.DefaultExporter) string { return e.Path }},
		{"SCHEME", func(e store.DefaultExporter) string { return e.Scheme }},
	},
	id: func(e store.DefaultExporter) int64 { return e.ID },
	title: func(e store.DefaultExporter) string {
		return fmt.Sprintf("default exporter %q (%s)", endpointText(e.Job, e.Port, e.Path), e.Scheme)
	},
	match:  matchDefaultExporter,
	filter: defaultExporterFilter,
	create: createDefaultExporter,
	change: changeDefaultExporter,

	get: store.Registry.DefaultExporter, list: store.Registry.DefaultExporters, insert: store.Registry.CreateDefaultExporter,
	update: store.Registry.UpdateDefaultExporter, remove: store.Registry.DeleteDefaultExporter,

	example: examples{key: "node 9100", add: "--scheme=https", set: "--scheme=http", list: "--job=node"},
}

func matchDefaultExporter(key []string) (store.DefaultExporterFilter, error) {
	e, err := parseEndpoint(key)
	return store.DefaultExporterFilter{Job: e.job, Port: e.port, Path: e.path}, err
}

func defaultExporterFilter(cmd *kingpin.CmdClause) func() store.DefaultExporterFilter {
	job := filterFlag(cmd, "job", "Those of this job.")
	port := portFlag(cmd, "Those on this port.")
	path := stringFlag(cmd, "path", "Those with this path; an empty one for those without.")
	return func() store.DefaultExporterFilter {
		return store.DefaultExporterFilter{Job: job.or(""), Port: port.or(0), Path: path.value}
	}
}

func createDefaultExporter(cmd *kingpin.CmdClause) func([]string) (store.DefaultExporter, error) {
	scheme := stringFlag(cmd, "scheme", "http, which is the default, or https.")
	return func(key []string) (store.DefaultExporter, error) {
		e, err := parseEndpoint(key)
		return store.DefaultExporter{Job: e.job, Port: e.port, Path: e.pathOr(), Scheme: scheme.or("")}, err
	}
}

func changeDefaultExporter(cmd *kingpin.CmdClause) func(store.DefaultExporter) store.DefaultExporterUpdate {
	job := stringFlag(cmd, "job", "A new job.")
	port := portFlag(cmd, "A new port.")
	path := stringFlag(cmd, "path", "A new path with its query; an empty one for /metrics.")
	scheme := stringFlag(cmd, "scheme", "http or https.")
	return func(store.DefaultExporter) store.DefaultExporterUpdate {
		return store.DefaultExporterUpdate{Job: job.value, Port: port.value, Path: path.value, Scheme: scheme.value}
	}
}
