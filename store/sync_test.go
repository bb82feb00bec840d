package store_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

// elsewhere is a small source with one of everything, and keys that begin at 101.
func elsewhere() store.SyncSource {
	return store.SyncSource{
		Name: "promgen",
		Shards: []store.SyncShard{
			{Key: 101, Name: "prod", URL: "http://prom.example.com", Enabled: true, Samples: 5, Targets: 6},
			{Key: 102, Name: "closed"},
		},
		Servers:  []store.SyncServer{{Key: 101, Host: "prometheus001", Port: 9090, Shard: 101}},
		Services: []store.SyncService{{Key: 101, Name: "shop", Description: "all of it", Owner: "ann"}},
		Projects: []store.SyncProject{
			{Key: 456, Name: "api", Description: "an API", Owner: "bob", Service: 101, Shard: 101},
			{Key: 457, Name: "web", Service: 101, Shard: 102},
		},
		Farms: []store.SyncFarm{{Key: 101, Name: "api-farm", Source: "cmdb", Project: 456}},
		Hosts: []store.SyncHost{{Key: 101, Name: "web1", Farm: 101}, {Key: 102, Name: "[2001:DB8::1]", Farm: 101}},
		Exporters: []store.SyncExporter{
			{Key: 101, Job: "node", Port: 9100, Enabled: true, Project: 456},
			{Key: 102, Job: "app", Port: 8080, Path: "/m?a=b", Scheme: "https", Project: 456},
		},
		DefaultExporters: []store.SyncDefaultExporter{{Key: 101, Job: "node", Port: 9100, Scheme: "https"}},
		Probes:           []store.SyncProbe{{Key: 101, Module: "http_2xx", Description: "good"}},
		URLs:             []store.SyncURL{{Key: 101, URL: "https://shop.example.com/", Project: 456, Probe: 101}},
	}
}

// pull syncs, and demands that a dry run before it tells the same, and that another run after it changes nothing.
func pull(t *testing.T, s *store.Store, source store.SyncSource, o store.SyncOptions) store.SyncResult {
	t.Helper()
	before := everything(t, s)
	want, err := s.Sync(store.WithDryRun(t.Context()), source, o)
	require.NoError(t, err)
	require.Equal(t, before, everything(t, s), "a dry run changes nothing")
	require.Zero(t, want.Revision)

	got, err := s.Sync(t.Context(), source, o)
	require.NoError(t, err)
	if len(got.Changes) > 0 {
		require.Equal(t, revision(t, s), got.Revision)
		want.Revision = got.Revision
	}
	require.Equal(t, want, got, "a dry run tells what happens")

	after, ledger := everything(t, s), ledgerOf(t, s)
	again, err := s.Sync(t.Context(), source, o)
	require.NoError(t, err)
	require.Empty(t, again.Changes, "the next run finds nothing to do")
	require.Equal(t, after, everything(t, s))
	require.Equal(t, ledger, ledgerOf(t, s))
	return got
}

func ledgerOf(t *testing.T, s *store.Store) []string {
	t.Helper()
	entries, err := store.Query[string](t.Context(), s, `
		SELECT source || ' ' || noun || ' ' || source_key || ' ' || row_id || ' ' || fields FROM sync_ledger ORDER BY 1`)
	require.NoError(t, err)
	return entries
}

// pulled syncs and demands that there are no issues.
func pulled(t *testing.T, s *store.Store, source store.SyncSource) store.SyncResult {
	t.Helper()
	result := pull(t, s, source, store.SyncOptions{})
	require.Empty(t, result.Issues)
	return result
}

// done lists changes as "create host web1 of project ...".
func done(r store.SyncResult) (list []string) {
	for _, c := range r.Changes {
		line := string(c.Action) + " " + c.Noun + " " + c.Name
		for _, f := range c.Fields {
			line += " " + f.Field
		}
		list = append(list, line)
	}
	return list
}

// told lists issues as "conflict project api owner: reason".
func told(r store.SyncResult) (list []string) {
	for _, i := range r.Issues {
		line := string(i.Kind) + " " + i.Noun + " " + i.Name
		if i.Field != "" {
			line += " " + i.Field
		}
		list = append(list, line+": "+i.Reason)
	}
	return list
}

func TestSyncTakesEverythingWithItsIDs(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		var result store.SyncResult
		entry := journalled(t, s, "sync", func(ctx context.Context) (err error) {
			result, err = s.Sync(ctx, elsewhere(), store.SyncOptions{})
			return err
		})
		require.Empty(t, result.Issues)
		assert.Equal(t, []string{
			"create shard prod", "create shard closed",
			"create service shop", "create probe http_2xx", "create default_exporter node on port 9100",
			`create server prometheus001:9090 on shard "prod"`,
			"create project api", "create project web",
			`create farm api-farm of project "api"`,
			`create host web1 of project "api"`, `create host 2001:db8::1 of project "api"`,
			`create exporter node on port 9100 of project "api"`, `create exporter app on port 8080 of project "api"`,
			`create url https://shop.example.com/ of project "api" by probe "http_2xx"`,
		}, done(result))
		assert.Equal(t, "sync from promgen: created 2 shards, 1 service, 1 probe, 1 default exporter, 1 server, 2 projects, "+
			"1 farm, 2 hosts, 2 exporters, 1 URL", entry.Summary)
		assert.Equal(t, store.Touched{Projects: []int64{456, 457}, Services: []int64{101}, Shards: true}, entry.Touched)
		assert.Len(t, entry.Changes, len(result.Changes))
		assert.JSONEq(t, `{"id":102,"version":1,"name":"2001:db8::1","enabled":true,"labels":{},"farm_id":101,"farm":"api-farm","project":"api"}`,
			string(entry.Changes[10].After))
		assert.Contains(t, result.Counts, store.SyncCounts{Noun: "exporter", Source: 2, Created: 2})

		for _, want := range []struct{ got, want any }{
			{must(s.Shard(ctx, 101)), store.Shard{ID: 101, Version: entry.Revision, Name: "prod", URL: "http://prom.example.com", Enabled: true, Samples: 5, Targets: 6}},
			{must(s.Server(ctx, 101)), store.Server{ID: 101, Version: entry.Revision, Host: "prometheus001", Port: 9090, ShardID: 101, Shard: "prod"}},
			{must(s.Service(ctx, 101)), store.Service{ID: 101, Version: entry.Revision, Name: "shop", Description: "all of it", Owner: "ann"}},
			{must(s.Project(ctx, 457)), store.Project{
				ID: 457, Version: entry.Revision, Name: "web", Enabled: true, ServiceID: 101, Service: "shop", ShardID: 102, Shard: "closed",
			}},
			{must(s.Farm(ctx, 101)), store.Farm{ID: 101, Version: entry.Revision, Name: "api-farm", Source: "cmdb", ProjectID: 456, Project: "api"}},
			{must(s.Host(ctx, 102)), store.Host{ID: 102, Version: entry.Revision, Name: "2001:db8::1", Enabled: true, FarmID: 101, Farm: "api-farm", Project: "api"}},
			{must(s.Exporter(ctx, 102)), store.Exporter{
				ID: 102, Version: entry.Revision, Job: "app", Port: 8080, Path: "/m?a=b", Scheme: "https", ProjectID: 456, Project: "api",
			}},
			{must(s.DefaultExporter(ctx, 101)), store.DefaultExporter{ID: 101, Version: entry.Revision, Job: "node", Port: 9100, Scheme: "https"}},
			{must(s.Probe(ctx, 101)), store.Probe{ID: 101, Version: entry.Revision, Module: "http_2xx", Description: "good"}},
			{must(s.URL(ctx, 101)), store.URL{ID: 101, Version: entry.Revision, URL: "https://shop.example.com/", ProjectID: 456, Project: "api", ProbeID: 101, Probe: "http_2xx"}},
		} {
			assert.Equal(t, want.want, want.got)
		}
		pulled(t, s, elsewhere())

		host := store.Host{Name: "new", Project: "api"}
		require.NoError(t, s.CreateHost(ctx, &host))
		require.EqualValues(t, 103, host.ID, "ids go on after those of the source")
		shard := store.Shard{Name: "new"}
		require.NoError(t, s.CreateShard(ctx, &shard))
		require.EqualValues(t, 103, shard.ID)
	})
}

func must[T any](row T, err error) T {
	if err != nil {
		panic(err)
	}
	return row
}
