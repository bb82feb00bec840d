package main

import (
	"fmt"

	"github.com/alecthomas/kingpin/v2"

	"github.com/promshard/promshard/store"
)

var urls = &noun[store.URL, store.URLFilter, store.URLUpdate]{
	name: "url", plural: "URLs",
	help: "URLs: addresses that a project wants checked by a probe.",
	key: []keyPart{
		{name: "project", help: "Project that the URL belongs to."},
		{name: "probe", help: "Module of the probe that checks it."},
		{name: "url", help: "Absolute http or https URL."},
	},
	columns: []column[store.URL]{
		{"ID", func(u store.URL) string { return number(u.ID) }},
		{"PROJECT", func(u store.URL) string { return u.Project }},
		{"PROBE", func(u store.URL) string { return u.Probe }},
		{"URL", func(u store.URL) string { return u.URL }},
	},
	id: func(u store.URL) int64 { return u.ID },
	title: func(u store.URL) string {
		return fmt.Sprintf("URL %q of project %q by probe %q", u.URL, u.Project, u.Probe)
	},
	match: func(key []string) (store.URLFilter, error) {
		return store.URLFilter{Project: key[0], Probe: key[1], URL: key[2]}, nil
	},
	filter: urlFilter,
	create: createURL,
	change: changeURL,

	get: store.Registry.URL, list: store.Registry.URLs, insert: store.Registry.CreateURL,
	update: store.Registry.UpdateURL, remove: store.Registry.DeleteURL,

	example: examples{
		key: "shop-web http_2xx https://shop.example/health", add: "", set: "--url=https://shop.example/healthz", list: "--project=shop-web",
	},
}

func urlFilter(cmd *kingpin.CmdClause) func() store.URLFilter {
	url := filterFlag(cmd, "url", "Those that are this URL.")
	project := filterFlag(cmd, "project", "Those of this project.")
	service := filterFlag(cmd, "service", "Those of this service.")
	shard := filterFlag(cmd, "shard", "Those on this shard.")
	probe := filterFlag(cmd, "probe", "Those that this probe checks.")
	return func() store.URLFilter {
		return store.URLFilter{
			URL: url.or(""), Project: project.or(""), Service: service.or(""), Shard: shard.or(""), Probe: probe.or(""),
		}
	}
}

func createURL(*kingpin.CmdClause) func([]string) (store.URL, error) {
	return func(key []string) (store.URL, error) {
		return store.URL{Project: key[0], Probe: key[1], URL: key[2]}, nil
	}
}

func changeURL(cmd *kingpin.CmdClause) func(store.URL) store.URLUpdate {
	url := stringFlag(cmd, "url", "A new URL.")
	probe := stringFlag(cmd, "probe", "Another probe to check it by.")
	return func(store.URL) store.URLUpdate { return store.URLUpdate{URL: url.value, Probe: probe.value} }
}
