package store_test

import (
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
		require.NoError(t, s.DeleteExporter(ctx, 101, store.DeleteOptions{}))
		require.NoError(t, s.DeleteURL(ctx, 101, store.DeleteOptions{}))
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
		require.NoError(t, s.DeleteHost(ctx, 101, store.DeleteOptions{}))
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
		require.NoError(t, s.DeleteURL(t.Context(), 101, store.DeleteOptions{}))
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
		require.NoError(t, s.DeleteProject(t.Context(), 456, store.DeleteOptions{Cascade: true}))
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
