package store_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

// synced runs fn on a store of each kind that has taken in elsewhere, with the source to be changed.
func synced(t *testing.T, fn func(t *testing.T, s *store.Store, source *store.SyncSource)) {
	t.Helper()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		source := elsewhere()
		pulled(t, s, source)
		fn(t, s, &source)
	})
}

func TestSyncTakesWhatHasChanged(t *testing.T) {
	synced(t, func(t *testing.T, s *store.Store, source *store.SyncSource) {
		source.Projects[0].Owner = "carl"
		source.Projects[1].Shard = 101
		source.Hosts = append(source.Hosts[1:], store.SyncHost{Key: 103, Name: "web3", Farm: 101})
		source.Exporters[1].Enabled = true
		result := pulled(t, s, *source)
		assert.Equal(t, []string{
			"update project api owner", "update project web shard",
			`delete host web1 of project "api"`, `create host web3 of project "api"`,
			`update exporter app on port 8080 of project "api" enabled`,
		}, done(result))
		assert.Equal(t, []store.FieldChange{{Field: "owner", Before: "bob", After: "carl"}}, result.Changes[0].Fields)
		assert.Equal(t, []store.FieldChange{{Field: "shard", Before: "closed", After: "prod"}}, result.Changes[1].Fields)
		entries, err := s.Journal(t.Context(), store.JournalFilter{Newest: true, Limit: 1})
		require.NoError(t, err)
		assert.Equal(t, "sync from promgen: created 1 host; changed 2 projects, 1 exporter; deleted 1 host", entries[0].Summary)
		assert.Equal(t, []int64{456, 457}, entries[0].Touched.Projects)
	})
}

func TestSyncTouchesWhatListsShow(t *testing.T) {
	for name, test := range map[string]struct {
		change func(source *store.SyncSource)
		want   store.Touched
	}{
		"a description":   {func(s *store.SyncSource) { s.Projects[0].Description = "x" }, store.Touched{}},
		"a project":       {func(s *store.SyncSource) { s.Projects[1].Name = "x" }, store.Touched{Projects: []int64{457}}},
		"a service":       {func(s *store.SyncSource) { s.Services[0].Name = "x" }, store.Touched{Projects: []int64{456, 457}, Services: []int64{101}}},
		"its owner":       {func(s *store.SyncSource) { s.Services[0].Owner = "x" }, store.Touched{}},
		"a shard":         {func(s *store.SyncSource) { s.Shards[1].Name = "x" }, store.Touched{Projects: []int64{457}, Shards: true}},
		"its estimate":    {func(s *store.SyncSource) { s.Shards[1].Samples = 1 }, store.Touched{Shards: true}},
		"a server":        {func(s *store.SyncSource) { s.Servers[0].Shard = 102 }, store.Touched{Shards: true}},
		"a farm":          {func(s *store.SyncSource) { s.Farms[0].Source = "x" }, store.Touched{Projects: []int64{456}}},
		"a farm moved":    {func(s *store.SyncSource) { s.Farms[0].Project = 457 }, store.Touched{Projects: []int64{456, 457}}},
		"a host":          {func(s *store.SyncSource) { s.Hosts[0].Name = "x" }, store.Touched{Projects: []int64{456}}},
		"a host gone":     {func(s *store.SyncSource) { s.Hosts = s.Hosts[1:] }, store.Touched{Projects: []int64{456}}},
		"an exporter":     {func(s *store.SyncSource) { s.Exporters[0].Port = 1 }, store.Touched{Projects: []int64{456}}},
		"one moved":       {func(s *store.SyncSource) { s.Exporters[0].Project = 457 }, store.Touched{Projects: []int64{456, 457}}},
		"a probe":         {func(s *store.SyncSource) { s.Probes[0].Module = "x" }, store.Touched{Projects: []int64{456}}},
		"its description": {func(s *store.SyncSource) { s.Probes[0].Description = "x" }, store.Touched{}},
		"a suggestion":    {func(s *store.SyncSource) { s.DefaultExporters[0].Port = 1 }, store.Touched{}},
		"a URL gone":      {func(s *store.SyncSource) { s.URLs = nil }, store.Touched{Projects: []int64{456}}},
		"everything gone": {func(s *store.SyncSource) { *s = store.SyncSource{Name: s.Name} }, store.Touched{Projects: []int64{456, 457}, Services: []int64{101}, Shards: true}},
	} {
		t.Run(name, func(t *testing.T) {
			synced(t, func(t *testing.T, s *store.Store, source *store.SyncSource) {
				have, at := load(t, s)
				test.change(source)
				require.Empty(t, pulled(t, s, *source).Issues)
				entries, err := s.Journal(t.Context(), store.JournalFilter{Newest: true, Limit: 1})
				require.NoError(t, err)
				assert.Equal(t, test.want, entries[0].Touched)

				changes, err := s.Changes(t.Context(), at)
				require.NoError(t, err)
				have.apply(changes)
				want, _ := load(t, s)
				assert.Equal(t, want.projects, have.projects, "who follows the changes holds what is there")
				for id, service := range want.services {
					assert.Equal(t, service.Name, have.services[id].Name)
				}
				assert.Len(t, have.services, len(want.services))
				assert.Equal(t, want.directory, have.directory)
			})
		})
	}
}

func TestSyncLeavesEditsMadeHere(t *testing.T) {
	synced(t, func(t *testing.T, s *store.Store, source *store.SyncSource) {
		ctx := t.Context()
		must(s.UpdateProject(ctx, 456, store.ProjectUpdate{
			Owner: ptr("dora"), Shard: ptr("prod"), Labels: &store.Labels{"tier": "1"}, Enabled: ptr(false),
		}))
		must(s.UpdateProject(ctx, 457, store.ProjectUpdate{Shard: ptr("prod")}))
		must(s.UpdateHost(ctx, 101, store.HostUpdate{Name: ptr("web9"), Enabled: ptr(false)}))
		require.NoError(t, s.DeleteExporter(ctx, 101))
		require.NoError(t, s.DeleteURL(ctx, 101))
		before := everything(t, s)
		assert.Empty(t, pulled(t, s, *source).Changes)
		assert.Equal(t, before, everything(t, s))

		source.Projects[0].Description = "another"
		assert.Equal(t, []string{"update project api description"}, done(pulled(t, s, *source)))
		project := must(s.Project(ctx, 456))
		assert.Equal(t, "dora", project.Owner)
		assert.Equal(t, store.Labels{"tier": "1"}, project.Labels)
		assert.False(t, project.Enabled)

		source.Exporters, source.URLs = source.Exporters[1:], nil
		assert.Empty(t, pulled(t, s, *source).Changes, "what is gone on both sides is forgotten")
		assert.NotContains(t, strings.Join(ledgerOf(t, s), "\n"), "promgen url")
	})
}

func TestSyncTellsConflicts(t *testing.T) {
	change := func(t *testing.T, s *store.Store, source *store.SyncSource) {
		ctx := t.Context()
		must(s.UpdateProject(ctx, 456, store.ProjectUpdate{Owner: ptr("dora"), Description: ptr("same")}))
		must(s.UpdateProject(ctx, 457, store.ProjectUpdate{Shard: ptr("prod")}))
		require.NoError(t, s.DeleteHost(ctx, 101))
		must(s.UpdateURL(ctx, 101, store.URLUpdate{URL: ptr("https://other.example/")}))
		require.NoError(t, s.CreateShard(ctx, &store.Shard{Name: "third", Enabled: true}))
		source.Shards = append(source.Shards, store.SyncShard{Key: 104, Name: "fourth"})
		source.Projects[0].Owner, source.Projects[0].Description = "carl", "same"
		source.Projects[1].Shard = 104
		source.Hosts[0].Name = "web7"
		source.URLs = nil
	}
	synced(t, func(t *testing.T, s *store.Store, source *store.SyncSource) {
		change(t, s, source)
		result := pull(t, s, *source, store.SyncOptions{})
		assert.Equal(t, []string{
			`conflict project api owner: was changed here as well, to "dora"`,
			`conflict project web shard: was changed here as well, to "prod"`,
			`conflict host web7: was deleted here, and has changed in the source since`,
			`conflict url https://other.example/: is gone from the source, but was changed here`,
		}, told(result))
		assert.Equal(t, store.SyncIssue{
			Kind: store.SyncConflict, Noun: "project", Key: 456, Name: "api", Field: "owner", Value: "carl",
			Reason: `was changed here as well, to "dora"`, Hint: "make both sides the same, or let the source win",
		}, result.Issues[0])
		assert.Equal(t, "api", result.Issues[2].Project)
		assert.Equal(t, []string{"create shard fourth"}, done(result), "the rest goes in")

		assert.Equal(t, told(result), told(pull(t, s, *source, store.SyncOptions{})), "they are told until they are settled")

		must(s.UpdateProject(t.Context(), 456, store.ProjectUpdate{Owner: ptr("carl")}))
		require.NoError(t, s.DeleteURL(t.Context(), 101))
		assert.Len(t, pull(t, s, *source, store.SyncOptions{}).Issues, 2)
		source.Projects[0].Owner = "emil"
		assert.Equal(t, []string{"update project api owner"}, done(pull(t, s, *source, store.SyncOptions{})),
			"a conflict that was settled is over")
	})
	synced(t, func(t *testing.T, s *store.Store, source *store.SyncSource) {
		change(t, s, source)
		result := pull(t, s, *source, store.SyncOptions{Theirs: true})
		assert.Empty(t, result.Issues)
		assert.Equal(t, []string{
			"create shard fourth", "update project api owner", "update project web shard",
			`create host web7 of project "api"`,
			`delete url https://other.example/ of project "api" by probe "http_2xx"`,
		}, done(result))
		assert.EqualValues(t, 101, must(s.Hosts(t.Context(), store.HostFilter{Name: "web7"}))[0].ID)
	})
}

func TestSyncMeetsWhatIsThere(t *testing.T) {
	withSeed(t, func(t *testing.T, s *store.Store, p seed) {
		source := store.SyncSource{
			Name:             "promgen",
			Shards:           []store.SyncShard{{Key: 31, Name: "prod", URL: p.shard.URL, Enabled: true}},
			Servers:          []store.SyncServer{{Key: 31, Host: "prom1", Port: 9090, Shard: 31}},
			Services:         []store.SyncService{{Key: 31, Name: "shop", Owner: "ann"}},
			Projects:         []store.SyncProject{{Key: 31, Name: "shop-api", Service: 31, Shard: 31, Owner: "zoe"}},
			Farms:            []store.SyncFarm{{Key: 31, Name: "another", Project: 31}},
			Hosts:            []store.SyncHost{{Key: 31, Name: "web1", Farm: 31}, {Key: 32, Name: "web2", Farm: 31}},
			Exporters:        []store.SyncExporter{{Key: 31, Job: "app", Port: 8080, Path: "/metrics", Project: 31}},
			DefaultExporters: []store.SyncDefaultExporter{{Key: 31, Job: "node", Port: 9100}},
			Probes:           []store.SyncProbe{{Key: 31, Module: "http_2xx"}},
			URLs:             []store.SyncURL{{Key: 31, URL: p.url.URL, Project: 31, Probe: 31}},
		}
		result := pull(t, s, source, store.SyncOptions{})
		assert.Equal(t, []string{`create host web2 of project "shop-api"`}, done(result))
		assert.Equal(t, []string{
			`conflict project shop-api owner: is "" here`,
			`conflict farm another name: is "api-farm" here`,
			`conflict exporter app enabled: is "true" here`,
		}, told(result))
		assert.Len(t, ledgerOf(t, s), 11)

		source.Services[0].Owner = "eve"
		assert.Equal(t, []string{"update service shop owner"}, done(pull(t, s, source, store.SyncOptions{})))
		result = pull(t, s, source, store.SyncOptions{Theirs: true})
		assert.Empty(t, result.Issues)
		assert.Equal(t, []string{
			"update project shop-api owner", `update farm another of project "shop-api" name`,
			`update exporter app on port 8080 of project "shop-api" enabled`,
		}, done(result))
	})
}

// TestSyncMeetsWithoutARevision adopts rows that are equal, which no list shows.
func TestSyncMeetsWithoutARevision(t *testing.T) {
	withSeed(t, func(t *testing.T, s *store.Store, _ seed) {
		source := store.SyncSource{Name: "promgen", Services: []store.SyncService{{Key: 9, Name: "shop", Owner: "ann"}}}
		before := everything(t, s)
		result := pulled(t, s, source)
		assert.Empty(t, result.Changes)
		assert.Zero(t, result.Revision)
		assert.Equal(t, before, everything(t, s))
		assert.Equal(t, []string{`promgen service 9 1 {"description":"","name":"shop","owner":"ann"}`}, ledgerOf(t, s))

		must(s.UpdateService(t.Context(), 1, store.ServiceUpdate{Owner: ptr("bob")}))
		assert.Empty(t, pulled(t, s, source).Changes, "it was remembered")
	})
}

func TestSyncLeavesOutWhatIsRefused(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		source := elsewhere()
		source.Services[0].Owner = strings.Repeat("x", 200)
		source.Hosts = append(source.Hosts, store.SyncHost{Key: 105, Name: "lost", Farm: 9})
		source.Exporters[0].Port = 0
		source.Probes[0].Module = "bad\n"
		source.DefaultExporters[0].Path = "metrics"
		source.Services = append(source.Services, store.SyncService{Key: 104, Name: "good"})
		source.Projects = append(source.Projects,
			store.SyncProject{Key: 500, Name: "kept", Service: 104, Shard: 101},
			store.SyncProject{Key: 501, Name: "kept", Service: 104, Shard: 101})
		result := pull(t, s, source, store.SyncOptions{})
		assert.Equal(t, []string{
			"refused service shop owner: is longer than 128 bytes",
			"refused probe bad\n module: has a control character; letters, digits, punctuation and spaces are accepted",
			`refused default_exporter node path: does not begin with "/"`,
			"refused project kept: is the same as what the source has under the key 500",
			"refused host lost farm: is not in the source",
		}, told(result))
		assert.Equal(t, 2+1+2+2+1, result.Issues[0].Below, "projects, farm, hosts, exporters, URL")
		assert.Equal(t, "correct it in the source; the next run takes it in", result.Issues[0].Hint)
		assert.Equal(t, []string{
			"create shard prod", "create shard closed", "create service good",
			`create server prometheus001:9090 on shard "prod"`, "create project kept",
		}, done(result))
		assert.Contains(t, result.Counts, store.SyncCounts{Noun: "host", Source: 3, LeftOut: 3})

		source = elsewhere()
		result = pull(t, s, source, store.SyncOptions{})
		assert.Empty(t, result.Issues)
		assert.EqualValues(t, 456, must(s.Projects(t.Context(), store.ProjectFilter{Name: "api"}))[0].ID,
			"what was left out gets its id later")
		assert.Empty(t, must(s.Projects(t.Context(), store.ProjectFilter{Name: "kept"})))
	})
}

func TestSyncLeavesRowsWhoseNewVersionIsRefused(t *testing.T) {
	synced(t, func(t *testing.T, s *store.Store, source *store.SyncSource) {
		must(s.UpdateExporter(t.Context(), 101, store.ExporterUpdate{Labels: &store.Labels{"__param_x": "y"}}))
		before := everything(t, s)
		source.Projects[0].Name = ""
		source.Projects[1].Service = 77
		source.Farms[0].Project = 88
		source.Hosts[0].Name = "a:b"
		source.Exporters[0].Path = "/m?x=z"
		source.Exporters[1].Port = 99999
		result := pull(t, s, *source, store.SyncOptions{})
		assert.Equal(t, []string{
			"refused project  name: is missing",
			"refused project web service: is not in the source",
			"refused farm api-farm project: is not in the source",
			"refused host a:b name: is neither a host name nor an IP address; the port belongs to the exporter",
			"refused exporter node labels: is set by the query of the path",
			"refused exporter app port: is not a port; 1 to 65535 are",
		}, told(result))
		assert.Equal(t, before, everything(t, s), "no list is shortened by what is refused")
		for _, c := range result.Counts {
			assert.Zero(t, c.LeftOut, c.Noun)
		}
	})
}

func TestSyncNumbersRowsWhoseIDIsTaken(t *testing.T) {
	withSeed(t, func(t *testing.T, s *store.Store, p seed) {
		source := store.SyncSource{
			Name:     "promgen",
			Services: []store.SyncService{{Key: p.service.ID, Name: "bank"}, {Key: 70, Name: "toys"}, {Key: -3, Name: "made-up"}},
		}
		result := pull(t, s, source, store.SyncOptions{})
		assert.Equal(t, []string{
			`renumbered service bank id: is that of "shop" here, so the row went in as 72`,
		}, told(result))
		var ids []int64
		for _, service := range must(s.Services(t.Context(), store.ServiceFilter{})) {
			ids = append(ids, service.ID)
		}
		assert.Equal(t, []int64{72, 71, p.service.ID, 70}, ids, "bank, made-up, shop, toys")
		assert.Empty(t, pull(t, s, source, store.SyncOptions{}).Issues, "that is told once")
		next := store.Service{Name: "next"}
		require.NoError(t, s.CreateService(t.Context(), &next))
		assert.EqualValues(t, 73, next.ID)
	})
}

func TestSyncDeletesNothingThatOthersHangOn(t *testing.T) {
	synced(t, func(t *testing.T, s *store.Store, source *store.SyncSource) {
		ctx := t.Context()
		require.NoError(t, s.CreateHost(ctx, &store.Host{Name: "own", Project: "api", Enabled: true}))
		must(s.UpdateProject(ctx, 457, store.ProjectUpdate{Labels: &store.Labels{"a": "b"}}))
		*source = store.SyncSource{Name: "promgen"}
		result := pull(t, s, *source, store.SyncOptions{})
		assert.Equal(t, []string{
			"conflict shard prod: is gone from the source, but stays for what hangs on it here: 1 project",
			"conflict shard closed: is gone from the source, but stays for what hangs on it here: 1 project",
			"conflict service shop: is gone from the source, but stays for what hangs on it here: 2 projects",
			"conflict project api: is gone from the source, but stays for what hangs on it here: 1 farm",
			"conflict project web: is gone from the source, but was changed here",
			"conflict farm api-farm: is gone from the source, but stays for what hangs on it here: 1 host",
		}, told(result))
		assert.Equal(t, []string{"own"}, hostNames(t, s))
		result = pull(t, s, *source, store.SyncOptions{Theirs: true})
		assert.Equal(t, []string{"delete shard closed", "delete project web"}, done(result))
		assert.Len(t, result.Issues, 4, "what the source never had is not deleted for it")
	})
}

func hostNames(t *testing.T, s *store.Store) (names []string) {
	t.Helper()
	for _, h := range must(s.Hosts(t.Context(), store.HostFilter{})) {
		names = append(names, h.Name)
	}
	return names
}

func TestSyncBelowWhatWasDeletedHere(t *testing.T) {
	synced(t, func(t *testing.T, s *store.Store, source *store.SyncSource) {
		require.NoError(t, s.DeleteProject(t.Context(), 456, true))
		before := everything(t, s)
		assert.Empty(t, pulled(t, s, *source).Changes, "what was deleted here stays deleted, with all below it")
		source.Hosts = append(source.Hosts, store.SyncHost{Key: 110, Name: "x", Farm: 101}, store.SyncHost{Key: 111, Name: "y", Farm: 101})
		result := pull(t, s, *source, store.SyncOptions{})
		assert.Equal(t, []string{"conflict farm api-farm: was deleted here, and the source has more below it than before"}, told(result))
		assert.Equal(t, 2, result.Issues[0].Below)
		assert.Equal(t, before, everything(t, s))

		require.NoError(t, s.CreateProject(t.Context(), &store.Project{Name: "api", Service: "shop", Shard: "prod", Owner: "bob", Description: "an API"}))
		require.NoError(t, s.CreateFarm(t.Context(), &store.Farm{Name: "api-farm", Source: "cmdb", Project: "api"}))
		result = pull(t, s, *source, store.SyncOptions{})
		assert.Empty(t, result.Issues, "what was created again is met again")
		assert.Equal(t, []string{"x", "y"}, hostNames(t, s), "what was deleted and not created again stays deleted")
	})
}

func TestSyncExchangesNames(t *testing.T) {
	synced(t, func(t *testing.T, s *store.Store, source *store.SyncSource) {
		source.Projects[0].Name, source.Projects[1].Name = "web", "api"
		source.Hosts = []store.SyncHost{{Key: 101, Name: "2001:db8::1", Farm: 101}, {Key: 103, Name: "web1", Farm: 101}}
		source.Exporters[0].Job, source.Exporters[0].Port, source.Exporters[0].Path, source.Exporters[0].Scheme = "app", 8080, "/m?a=b", "https"
		source.Exporters[1].Job, source.Exporters[1].Port, source.Exporters[1].Path, source.Exporters[1].Scheme = "node", 9100, "", ""
		result := pulled(t, s, *source)
		assert.Equal(t, "web", must(s.Project(t.Context(), 456)).Name)
		assert.Equal(t, "api", must(s.Project(t.Context(), 457)).Name)
		assert.Equal(t, "2001:db8::1", must(s.Host(t.Context(), 101)).Name)
		assert.Equal(t, "web1", must(s.Host(t.Context(), 103)).Name)
		assert.Equal(t, "app", must(s.Exporter(t.Context(), 101)).Job)
		assert.Len(t, result.Changes, 7)
	})
}

func TestSyncMovesFarmsOneAfterTheOther(t *testing.T) {
	synced(t, func(t *testing.T, s *store.Store, source *store.SyncSource) {
		source.Services = append(source.Services, store.SyncService{Key: 102, Name: "more"})
		source.Projects = append(source.Projects, store.SyncProject{Key: 458, Name: "cdn", Service: 102, Shard: 101})
		source.Farms = append(source.Farms, store.SyncFarm{Key: 102, Name: "web-farm", Project: 457})
		pulled(t, s, *source)
		source.Farms[0].Project, source.Farms[1].Project = 457, 458
		_, err := s.Sync(t.Context(), *source, store.SyncOptions{})
		require.NoError(t, err)
		result := pull(t, s, *source, store.SyncOptions{})
		assert.Empty(t, result.Issues)
		assert.EqualValues(t, 457, must(s.Farm(t.Context(), 101)).ProjectID)
		assert.EqualValues(t, 458, must(s.Farm(t.Context(), 102)).ProjectID)
	})
}

// TestSyncFollowsNewKeys takes in a source that was restored with other keys.
func TestSyncFollowsNewKeys(t *testing.T) {
	synced(t, func(t *testing.T, s *store.Store, source *store.SyncSource) {
		must(s.UpdateProject(t.Context(), 456, store.ProjectUpdate{Owner: ptr("dora")}))
		before := everything(t, s)
		source.Services[0].Key = 7
		source.Projects[0].Key, source.Projects[0].Service, source.Projects[1].Service = 8, 7, 7
		source.Farms[0].Project = 8
		for i := range source.Exporters {
			source.Exporters[i].Project = 8
		}
		source.URLs[0].Project = 8
		assert.Empty(t, pulled(t, s, *source).Changes)
		assert.Equal(t, before, everything(t, s))
	})
}

func TestSyncRefusesASourceThatHasShrunk(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		source := elsewhere()
		for i := range int64(40) {
			source.Hosts = append(source.Hosts, store.SyncHost{Key: 200 + i, Name: fmt.Sprintf("h%d", i), Farm: 101})
			source.Exporters = append(source.Exporters, store.SyncExporter{Key: 200 + i, Job: "j", Port: 1 + int(i), Project: 456})
		}
		pulled(t, s, source)
		full := source
		source.Hosts = full.Hosts[:20]
		source.Exporters = full.Exporters[:30]
		refused(t, s, store.ErrConflict, "has lost 22 of 42 hosts since the last run", func(ctx context.Context) error {
			_, err := s.Sync(ctx, source, store.SyncOptions{})
			return err
		})
		refused(t, s, store.ErrConflict, "has lost 42 of 42 hosts, 42 of 42 exporters since the last run", func(ctx context.Context) error {
			_, err := s.Sync(ctx, store.SyncSource{Name: "promgen"}, store.SyncOptions{DryRun: true})
			return err
		})
		source.Hosts = full.Hosts[:21]
		assert.Len(t, pulled(t, s, source).Changes, 21+12, "half of them is taken for meant")
		result := pull(t, s, store.SyncSource{Name: "promgen"}, store.SyncOptions{AllowShrink: true})
		assert.Empty(t, result.Issues)
		assert.Empty(t, must(s.Shards(t.Context(), store.ShardFilter{})))
		assert.Empty(t, ledgerOf(t, s))
	})
}

func TestSyncRefusesSourcesThatMakeNoSense(t *testing.T) {
	withSeed(t, func(t *testing.T, s *store.Store, _ seed) {
		for want, source := range map[string]store.SyncSource{
			"source name: is missing":                                    {},
			`service key "0": is missing`:                                {Name: "x", Services: []store.SyncService{{Name: "a"}}},
			`service key "4": is there twice in the source`:              {Name: "x", Services: []store.SyncService{{Key: 4, Name: "a"}, {Key: 4, Name: "b"}}},
			"source name \"a\\n\": has a control character; letters, di": {Name: "a\n"},
		} {
			refused(t, s, store.ErrInvalid, want, func(ctx context.Context) error {
				_, err := s.Sync(ctx, source, store.SyncOptions{})
				return err
			})
		}
	})
}

func TestSyncKeepsSourcesApart(t *testing.T) {
	synced(t, func(t *testing.T, s *store.Store, source *store.SyncSource) {
		other := store.SyncSource{Name: "other", Services: []store.SyncService{{Key: 101, Name: "bank"}}}
		result := pull(t, s, other, store.SyncOptions{})
		assert.Equal(t, []string{"create service bank"}, done(result), "nothing of the first source is gone")
		assert.Empty(t, pulled(t, s, *source).Changes)
		other.Services = nil
		assert.Equal(t, []string{"delete service bank"}, done(pulled(t, s, other)))
	})
}

func TestSyncThatIsCancelledLeavesNothing(t *testing.T) {
	synced(t, func(t *testing.T, s *store.Store, source *store.SyncSource) {
		before, ledger := everything(t, s), ledgerOf(t, s)
		source.Services[0].Owner = "x"
		for i := range int64(3000) {
			source.Hosts = append(source.Hosts, store.SyncHost{Key: 1000 + i, Name: fmt.Sprintf("h%d", i), Farm: 101})
		}
		ctx := &countdown{Context: t.Context(), left: 1}
		for ; ; ctx.left += 1 + ctx.left/2 {
			left := ctx.left
			_, err := s.Sync(ctx, *source, store.SyncOptions{})
			ctx.left = left
			if err == nil {
				break
			}
			require.ErrorIs(t, err, context.Canceled)
			require.Equal(t, before, everything(t, s))
			require.Equal(t, ledger, ledgerOf(t, s))
		}
		assert.Greater(t, ctx.left, 5, "it was cancelled at several places")
		assert.Len(t, hostNames(t, s), 3002)
	})
}

// countdown is a context that ends after it was asked some times.
type countdown struct {
	context.Context
	left int
}

func (c *countdown) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}
