package store_test

import (
	"encoding/json"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
)

// contents is all that is in an inventory, by noun, as JSON.
func contents(t testing.TB, s *store.Store) map[string]string {
	t.Helper()
	ctx, all := t.Context(), map[string]string{}
	add := func(noun string) func(rows any, err error) {
		return func(rows any, err error) {
			t.Helper()
			require.NoError(t, err)
			text, err := json.MarshalIndent(rows, "", " ")
			require.NoError(t, err)
			all[noun] = string(text)
		}
	}
	shards, err := s.Shards(ctx, store.ShardFilter{})
	add("shard")(shards, err)
	servers, err := s.Servers(ctx, store.ServerFilter{})
	add("server")(servers, err)
	services, err := s.Services(ctx, store.ServiceFilter{})
	add("service")(services, err)
	projects, err := s.Projects(ctx, store.ProjectFilter{})
	add("project")(projects, err)
	farms, err := s.Farms(ctx, store.FarmFilter{})
	add("farm")(farms, err)
	hosts, err := s.Hosts(ctx, store.HostFilter{})
	add("host")(hosts, err)
	exporters, err := s.Exporters(ctx, store.ExporterFilter{})
	add("exporter")(exporters, err)
	defaults, err := s.DefaultExporters(ctx, store.DefaultExporterFilter{})
	add("default_exporter")(defaults, err)
	probes, err := s.Probes(ctx, store.ProbeFilter{})
	add("probe")(probes, err)
	urls, err := s.URLs(ctx, store.URLFilter{})
	add("url")(urls, err)
	return all
}

var versionField = regexp.MustCompile(`"version": \d+`)

// withoutVersions takes the versions out of contents: a revert makes new ones.
func withoutVersions(all map[string]string) map[string]string {
	for noun, text := range all {
		all[noun] = versionField.ReplaceAllString(text, `"version": n`)
	}
	return all
}
