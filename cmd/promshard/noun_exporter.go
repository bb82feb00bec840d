package main

import (
	"fmt"

	"github.com/alecthomas/kingpin/v2"

	"github.com/promshard/promshard/store"
)

var exporters = &noun[store.Exporter, store.ExporterFilter, store.ExporterUpdate]{
	name: "exporter", plural: "exporters",
	help: "Exporters: on which port and path every host of a project answers scrapes of one job.",
	key: []keyPart{
		{name: "project", help: "Project that the exporter belongs to."},
		{name: "job", help: "Name of the job, such as node."},
		{name: "port", help: "Port that every host of the project has the exporter on."},
		{name: "path", help: "Path with its query, such as /probe?module=icmp; /metrics by default.", optional: true},
	},
	columns: []column[store.Exporter]{
		{"ID", func(e store.Exporter) string { return number(e.ID) }},
		{"PROJECT", func(e store.Exporter) string { return e.Project }},
		{"JOB", func(e store.Exporter) string { return e.Job }},
		{"PORT", func(e store.Exporter) string { return number(int64(e.Port)) }},
		{"PATH", func(e store.Exporter) string { return e.Path }},
		{"SCHEME", func(e store.Exporter) string { return e.Scheme }},
		{"ENABLED", func(e store.Exporter) string { return yesNo(e.Enabled) }},
		{"INTERVAL", func(e store.Exporter) string { return durationText(e.ScrapeInterval) }},
		{"TIMEOUT", func(e store.Exporter) string { return durationText(e.ScrapeTimeout) }},
		{"LABELS", func(e store.Exporter) string { return labelText(e.Labels) }},
	},
	id: func(e store.Exporter) int64 { return e.ID },
	title: func(e store.Exporter) string {
		return fmt.Sprintf("exporter %q (%s) of project %q", endpointText(e.Job, e.Port, e.Path), e.Scheme, e.Project)
	},
	match:  matchExporter,
	filter: exporterFilter,
	create: createExporter,
	change: changeExporter,

	get: store.Registry.Exporter, list: store.Registry.Exporters, insert: store.Registry.CreateExporter,
	update: store.Registry.UpdateExporter, remove: store.Registry.DeleteExporter,

	example: examples{
		key: "shop-web node 9100", add: "--scrape-interval=30s", set: "--scrape-interval=1m --scrape-timeout=20s", list: "--job=node --shard=prod",
	},
}

const exporterEnabledHelp = "Whether the exporter makes targets; --no-enabled while it is under maintenance."

func matchExporter(key []string) (store.ExporterFilter, error) {
	e, err := parseEndpoint(key[1:])
	return store.ExporterFilter{Project: key[0], Job: e.job, Port: e.port, Path: e.path}, err
}

func exporterFilter(cmd *kingpin.CmdClause) func() store.ExporterFilter {
	job := filterFlag(cmd, "job", "Those of this job.")
	port := portFlag(cmd, "Those on this port.")
	path := stringFlag(cmd, "path", "Those with this path; an empty one for those without.")
	scheme := filterFlag(cmd, "scheme", "Those with this scheme.")
	project := filterFlag(cmd, "project", "Those of this project.")
	service := filterFlag(cmd, "service", "Those of this service.")
	shard := filterFlag(cmd, "shard", "Those on this shard.")
	enabled := boolFlag(cmd, "enabled", "Those that are enabled, or with --no-enabled those that are not.")
	return func() store.ExporterFilter {
		return store.ExporterFilter{
			Job: job.or(""), Port: port.or(0), Path: path.value, Scheme: scheme.or(""), Project: project.or(""),
			Service: service.or(""), Shard: shard.or(""), Enabled: enabled.value,
		}
	}
}

func createExporter(cmd *kingpin.CmdClause) func([]string) (store.Exporter, error) {
	scheme := stringFlag(cmd, "scheme", "http, which is the default, or https.")
	enabled := boolFlag(cmd, "enabled", exporterEnabledHelp+" On by default.")
	interval := durationFlag(cmd, "scrape-interval", "How often to scrape it, instead of what the scrape config says.")
	timeout := durationFlag(cmd, "scrape-timeout", "How long a scrape may take; needs an interval.")
	labels := addLabels(cmd, newLabelHelp)
	return func(key []string) (store.Exporter, error) {
		e, err := parseEndpoint(key[1:])
		return store.Exporter{
			Project: key[0], Job: e.job, Port: e.port, Path: e.pathOr(), Scheme: scheme.or(""), Enabled: enabled.or(true),
			ScrapeInterval: interval.or(0), ScrapeTimeout: timeout.or(0), Labels: labels.labels(),
		}, err
	}
}

func changeExporter(cmd *kingpin.CmdClause) func(store.Exporter) store.ExporterUpdate {
	job := stringFlag(cmd, "job", "A new job.")
	port := portFlag(cmd, "A new port.")
	path := stringFlag(cmd, "path", "A new path with its query; an empty one for /metrics.")
	scheme := stringFlag(cmd, "scheme", "http or https.")
	enabled := boolFlag(cmd, "enabled", exporterEnabledHelp)
	interval := durationFlag(cmd, "scrape-interval", "How often to scrape it; 0 for what the scrape config says.")
	timeout := durationFlag(cmd, "scrape-timeout", "How long a scrape may take; needs an interval. 0 for what the scrape config says.")
	labels := addLabels(cmd, labelHelp)
	return func(e store.Exporter) store.ExporterUpdate {
		return store.ExporterUpdate{
			Job: job.value, Port: port.value, Path: path.value, Scheme: scheme.value, Enabled: enabled.value,
			ScrapeInterval: interval.value, ScrapeTimeout: timeout.value, Labels: labels.applied(e.Labels),
		}
	}
}
