package promgen_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/cmd/promshard/promgen"
	"github.com/promshard/promshard/cmd/promshard/promgen/promgentest"
	"github.com/promshard/promshard/httpsd/snapshot"
	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

// take imports a Promgen, and demands that a dry run before it tells the same and changes nothing.
func take(t *testing.T, s *store.Store, source promgen.Source, o store.SyncOptions) store.SyncResult {
	t.Helper()
	source.Name = "promgen"
	before, err := s.Revision(t.Context())
	require.NoError(t, err)
	told, err := s.Sync(store.WithDryRun(t.Context()), source.SyncSource, o)
	require.NoError(t, err)
	after, err := s.Revision(t.Context())
	require.NoError(t, err)
	require.Equal(t, before, after, "a dry run writes nothing")
	done, err := s.Sync(t.Context(), source.SyncSource, o)
	require.NoError(t, err)
	told.Revision = done.Revision
	require.Equal(t, told, done)
	return done
}

// target is one target of a list with its labels, as text.
type target = string

// targetsOf are the targets of a list as a set.
func targetsOf(t *testing.T, groups []store.ImportGroup) map[target]bool {
	t.Helper()
	set := map[target]bool{}
	for _, g := range groups {
		labels, err := json.Marshal(g.Labels)
		require.NoError(t, err)
		for _, address := range g.Targets {
			set[address+" "+string(labels)] = true
		}
	}
	return set
}

func groupsIn(t *testing.T, text []byte) []store.ImportGroup {
	t.Helper()
	var groups []store.ImportGroup
	require.NoError(t, json.Unmarshal(text, &groups))
	return groups
}

// lists are the targets and the URLs that the inventory gives to Prometheus.
func lists(t *testing.T, s *store.Store) (targets, urls map[target]bool) {
	t.Helper()
	b := snapshot.NewBuilder()
	revision, err := s.Load(t.Context(), b)
	require.NoError(t, err)
	snap := b.Snapshot(revision)
	var sets []map[target]bool
	for _, kind := range []snapshot.Kind{snapshot.Targets, snapshot.URLs} {
		list, err := snap.List(kind, snapshot.Query{})
		require.NoError(t, err)
		var text bytes.Buffer
		_, err = list.WriteTo(&text)
		require.NoError(t, err)
		sets = append(sets, targetsOf(t, groupsIn(t, text.Bytes())))
	}
	return sets[0], sets[1]
}

// What is refused, by noun and Promgen's id. docs/from-promgen.md has the reasons.
var refused = map[string][]int64{
	"shard": {6}, "probe": {12}, "default_exporter": {3}, "server": {4, 5}, "project": {9}, "farm": {11},
	"host":     {13, 14, 15, 17, 19, 20, 21, 22, 23, 24},
	"exporter": {16, 17, 18, 19, 20, 21, 22, 23, 24, 25},
	"url":      {6, 7, 8},
}

// The differences between Promgen's lists and promshard's that docs/from-promgen.md names.
var (
	refusedProjects = []string{" padded project ", "on a padded shard", "in a padded farm"}
	refusedJobs     = []string{
		"port zero", "port too high", "relative", "collect", "percent", "no value", "twice", " padded", "ftp", "padded ",
	}
	refusedHosts = []string{
		"", "port.example.com:9100", "space in.example.com", "http://url.example.com/", "256.1.1.1", "日本.example.com",
		"fe80::1%eth0", "-dash.example.com", "two..dots",
	}
	refusedURLs  = []string{"ftp://files.example.com/", "https://space.example.com/a b"}
	writtenHosts = map[string]string{
		"2001:db8::1": "[2001:db8::1]", "2001:DB8:0:0::2": "[2001:db8::2]", "2001:db8::5": "[2001:db8::5]",
		"2001:DB8:0::5": "[2001:db8::5]", "[2001:db8::6]": "[2001:db8::6]",
	}
	writtenPaths = map[string]map[string]string{
		"/probe?module=icmp&target=192.0.2.1%3A80": {
			"__metrics_path__": "/probe", "__param_module": "icmp", "__param_target": "192.0.2.1:80",
		},
		"/metrics?name=a+b&empty_is_not=0": {"__metrics_path__": "/metrics", "__param_name": "a b", "__param_empty_is_not": "0"},
	}
)

// promgens is a list that Promgen itself has exported, with the differences that are meant to be.
func promgens(t *testing.T, name string) map[target]bool {
	t.Helper()
	text, err := os.ReadFile(promgentest.File(t, name))
	require.NoError(t, err)
	var groups []store.ImportGroup
	for _, g := range groupsIn(t, text) {
		if slices.Contains(refusedProjects, g.Labels["project"]) || slices.Contains(refusedJobs, g.Labels["job"]) {
			continue
		}
		if labels, ok := writtenPaths[g.Labels["__metrics_path__"]]; ok {
			maps.Copy(g.Labels, labels)
		}
		g.Targets = written(g.Targets)
		groups = append(groups, g)
	}
	return targetsOf(t, groups)
}

func written(targets []string) []string {
	var kept []string
	for _, address := range targets {
		i := strings.LastIndexByte(address, ':')
		host, port := address[:i], address[i:]
		if slices.Contains(refusedHosts, host) || slices.Contains(refusedURLs, address) {
			continue
		}
		if h, ok := writtenHosts[host]; ok {
			host = h
		}
		kept = append(kept, host+port)
	}
	return kept
}

// requirePromgensLists demands that Prometheus gets from the inventory what it got from Promgen.
func requirePromgensLists(t *testing.T, s *store.Store) {
	t.Helper()
	targets, urls := lists(t, s)
	require.Equal(t, promgens(t, "targets.json"), targets)
	require.Equal(t, promgens(t, "urls.json"), urls)
	require.Len(t, targets, 31)
	require.Len(t, urls, 5)
}

func TestImportedListsEqualPromgensExports(t *testing.T) {
	promgentest.Run(t, func(t *testing.T, dsn string) {
		s := storetest.SQLite(t)
		take(t, s, read(t, dsn), store.SyncOptions{})
		requirePromgensLists(t, s)
	})
	t.Run("into postgres", func(t *testing.T) {
		s := storetest.Postgres(t)
		take(t, s, read(t, promgentest.SQLite(t)), store.SyncOptions{})
		requirePromgensLists(t, s)
	})
}

func TestImportedListsEqualPromgensExportsInTheNewerLayout(t *testing.T) {
	promgentest.Run(t, func(t *testing.T, dsn string) {
		promgentest.NewerLayout(t, dsn)
		s := storetest.SQLite(t)
		take(t, s, read(t, dsn), store.SyncOptions{})
		requirePromgensLists(t, s)
	})
}

func TestImportKeepsIDsAndWhatListsDoNotShow(t *testing.T) {
	s := storetest.SQLite(t)
	take(t, s, read(t, promgentest.SQLite(t)), store.SyncOptions{})
	ctx := t.Context()
	shard, err := s.Shard(ctx, 5)
	require.NoError(t, err)
	assert.Equal(t, store.Shard{ID: 5, Version: 1, Name: `the "old" one`, Samples: 5000000, Targets: 10000}, shard, "a disabled one")
	service, err := s.Service(ctx, 1)
	require.NoError(t, err)
	assert.Equal(t, "alice", service.Owner)
	assert.Equal(t, "Sells things.\nSee \"the wiki\".", service.Description)
	project, err := s.Project(ctx, 2)
	require.NoError(t, err)
	assert.Equal(t, "shop/db", project.Name)
	assert.Equal(t, "osaka 2/b", project.Shard)
	exporter, err := s.Exporter(ctx, 4)
	require.NoError(t, err)
	assert.Equal(t, "jmx", exporter.Job)
	assert.False(t, exporter.Enabled)
	host, err := s.Host(ctx, 5)
	require.NoError(t, err)
	assert.Equal(t, "2001:db8::2", host.Name)
	farm, err := s.Farm(ctx, 3)
	require.NoError(t, err)
	assert.Equal(t, "プラグイン", farm.Source)
	server, err := s.Server(ctx, 2)
	require.NoError(t, err)
	assert.Equal(t, "2001:db8::9", server.Host)
	probe, err := s.Probe(ctx, 11)
	require.NoError(t, err)
	assert.Equal(t, "http post/日本", probe.Module)
	url, err := s.URL(ctx, 4)
	require.NoError(t, err)
	assert.Equal(t, "http://[2001:db8::1]:8080/health", url.URL)
	suggestion, err := s.DefaultExporter(ctx, 2)
	require.NoError(t, err)
	assert.Equal(t, store.DefaultExporter{ID: 2, Version: 1, Job: "blackbox", Port: 9115, Path: "/probe?module=http_2xx", Scheme: "https"}, suggestion)
}

func TestImportListsWhatIsRefused(t *testing.T) {
	promgentest.Run(t, func(t *testing.T, dsn string) {
		result := take(t, storetest.SQLite(t), read(t, dsn), store.SyncOptions{})
		got := map[string][]int64{}
		for _, issue := range result.Issues {
			issue = promgen.Explain(issue)
			assert.Equal(t, store.SyncRefused, issue.Kind, issue)
			assert.NotEmpty(t, issue.Reason, issue)
			assert.NotEmpty(t, issue.Hint, issue)
			assert.NotContains(t, issue.Hint+issue.Reason, "the source", issue)
			got[issue.Noun] = append(got[issue.Noun], issue.Key)
		}
		assert.Equal(t, refused, got)
		for _, c := range result.Counts {
			assert.Equal(t, c.Source, c.Created+c.LeftOut, c.Noun)
		}
	})
}

func TestSecondImportTakesOverWhatHasChanged(t *testing.T) {
	promgentest.Run(t, func(t *testing.T, dsn string) {
		s := storetest.SQLite(t)
		take(t, s, read(t, dsn), store.SyncOptions{})
		again := take(t, s, read(t, dsn), store.SyncOptions{})
		require.Empty(t, again.Changes)
		require.Zero(t, again.Revision)

		promgentest.Exec(t, dsn,
			`UPDATE promgen_host SET name = 'web9.example.com' WHERE id = 1`,
			`DELETE FROM promgen_host WHERE id = 2`,
			`INSERT INTO promgen_host (id, name, farm_id) VALUES (100, 'web3.example.com', 1)`,
			`UPDATE promgen_exporter SET enabled = FALSE WHERE id = 2`,
			`UPDATE promgen_project SET shard_id = 4 WHERE id = 1`,
			`UPDATE promgen_host SET name = 'mended.example.com' WHERE id = 13`,
		)
		result := take(t, s, read(t, dsn), store.SyncOptions{})
		assert.ElementsMatch(t, []string{
			`update project 1 [shard]`, `update host 1 [name]`, `delete host 2 []`, `create host 100 []`,
			`create host 13 []`, `update exporter 2 [enabled]`,
		}, changes(result))
		targets, _ := lists(t, s)
		for list := range targets {
			assert.NotContains(t, list, `"nginx"`)
			assert.False(t, strings.Contains(list, `"shop web"`) && strings.Contains(list, `"tokyo"`), list)
		}
		assert.Empty(t, take(t, s, read(t, dsn), store.SyncOptions{}).Changes)
	})
}

// changes are the changes of a result, without their values.
func changes(r store.SyncResult) []string {
	var all []string
	for _, c := range r.Changes {
		fields := []string{}
		for _, f := range c.Fields {
			fields = append(fields, f.Field)
		}
		all = append(all, fmt.Sprintf("%s %s %d %v", c.Action, c.Noun, c.Key, fields))
	}
	return all
}

func TestImportLeavesWhatWasChangedHere(t *testing.T) {
	ctx := t.Context()
	dsn := promgentest.SQLite(t)
	s := storetest.SQLite(t)
	take(t, s, read(t, dsn), store.SyncOptions{})
	ours, off := "told here", false
	_, err := s.UpdateService(ctx, 1, store.ServiceUpdate{Description: &ours, Labels: &store.Labels{"team": "shop"}})
	require.NoError(t, err)
	_, err = s.UpdateHost(ctx, 3, store.HostUpdate{Enabled: &off})
	require.NoError(t, err)
	_, err = s.UpdateExporter(ctx, 1, store.ExporterUpdate{Enabled: &off})
	require.NoError(t, err)
	added := store.Host{Name: "only-here.example.com", FarmID: 1, Enabled: true}
	require.NoError(t, s.CreateHost(ctx, &added))
	require.NoError(t, s.DeleteExporter(ctx, 7, store.DeleteOptions{}))
	promgentest.Exec(t, dsn, `UPDATE promgen_host SET name = 'web9.example.com' WHERE id = 1`)

	assert.Equal(t, []string{"update host 1 [name]"}, changes(take(t, s, read(t, dsn), store.SyncOptions{})))
	service, err := s.Service(ctx, 1)
	require.NoError(t, err)
	assert.Equal(t, ours, service.Description)
	assert.Equal(t, store.Labels{"team": "shop"}, service.Labels)
	host, err := s.Host(ctx, 3)
	require.NoError(t, err)
	assert.False(t, host.Enabled, "maintenance is promshard's own")
	exporter, err := s.Exporter(ctx, 1)
	require.NoError(t, err)
	assert.False(t, exporter.Enabled)
	_, err = s.Host(ctx, added.ID)
	require.NoError(t, err)
	_, err = s.Exporter(ctx, 7)
	require.ErrorIs(t, err, store.ErrNotFound, "what was deleted here stays away")
}

func TestImportSettlesConflictsAsAsked(t *testing.T) {
	ctx := t.Context()
	dsn := promgentest.SQLite(t)
	s := storetest.SQLite(t)
	take(t, s, read(t, dsn), store.SyncOptions{})
	ours := "ours"
	_, err := s.UpdateProject(ctx, 2, store.ProjectUpdate{Description: &ours})
	require.NoError(t, err)
	promgentest.Exec(t, dsn, `UPDATE promgen_project SET description = 'theirs' WHERE id = 2`)

	result := take(t, s, read(t, dsn), store.SyncOptions{})
	assert.Empty(t, result.Changes)
	var conflicts []store.SyncIssue
	for _, issue := range result.Issues {
		if issue.Kind == store.SyncConflict {
			conflicts = append(conflicts, promgen.Explain(issue))
		}
	}
	require.Len(t, conflicts, 1)
	assert.Equal(t, "description", conflicts[0].Field)
	assert.Contains(t, conflicts[0].Hint, "--theirs")

	assert.Equal(t, []string{"update project 2 [description]"}, changes(take(t, s, read(t, dsn), store.SyncOptions{Theirs: true})))
	project, err := s.Project(ctx, 2)
	require.NoError(t, err)
	assert.Equal(t, "theirs", project.Description)
}

func TestImportFollowsFarmsFromProjectToProject(t *testing.T) {
	dsn := promgentest.SQLite(t)
	s := storetest.SQLite(t)
	take(t, s, read(t, dsn), store.SyncOptions{})
	hosts := func(project string) (names []string) {
		found, err := s.Hosts(t.Context(), store.HostFilter{Project: project})
		require.NoError(t, err)
		for _, h := range found {
			names = append(names, h.Name)
		}
		return names
	}
	require.Equal(t, []string{"s1", "s2"}, hosts("shared-b"))

	promgentest.Exec(t, dsn, `UPDATE promgen_project SET farm_id = NULL WHERE id = 6`)
	take(t, s, read(t, dsn), store.SyncOptions{})
	assert.Empty(t, hosts("shared-a"), "the first project of a shared farm has let it go")
	assert.Equal(t, []string{"s1", "s2"}, hosts("shared-b"))

	promgentest.Exec(t, dsn,
		`UPDATE promgen_project SET farm_id = 1 WHERE id = 6`,
		`UPDATE promgen_project SET farm_id = 2 WHERE id = 1`,
		`UPDATE promgen_project SET farm_id = 6 WHERE id = 2`)
	take(t, s, read(t, dsn), store.SyncOptions{})
	assert.Equal(t, []string{"192.0.2.7", "web1.example.com", "web2.example.com"}, hosts("shared-a"))
	assert.Equal(t, []string{"2001:db8::1", "2001:db8::2", "db-3_a.example.com"}, hosts("shop web"))
	assert.Equal(t, []string{"s1", "s2"}, hosts("shop/db"))
	assert.Equal(t, []string{"s1", "s2"}, hosts("shared-b"))
	assert.Empty(t, take(t, s, read(t, dsn), store.SyncOptions{}).Changes)
}

func TestImportRefusesAPromgenThatHasLostItsHosts(t *testing.T) {
	dsn := promgentest.SQLite(t)
	s := storetest.SQLite(t)
	for i := range 10 {
		promgentest.Exec(t, dsn, fmt.Sprintf(`INSERT INTO promgen_host (id, name, farm_id) VALUES (%d, 'more%d', 1)`, 200+i, i))
	}
	take(t, s, read(t, dsn), store.SyncOptions{})
	promgentest.Exec(t, dsn, `DELETE FROM promgen_host`)
	source := read(t, dsn)
	source.Name = "promgen"
	_, err := s.Sync(t.Context(), source.SyncSource, store.SyncOptions{})
	require.ErrorIs(t, err, store.ErrConflict)
	targets, _ := lists(t, s)
	require.Len(t, targets, 31+3*10, "nothing is gone")

	_, err = s.Sync(t.Context(), source.SyncSource, store.SyncOptions{AllowShrink: true})
	var guard *store.GuardError
	require.ErrorAs(t, err, &guard)
	targets, _ = lists(t, s)
	require.Len(t, targets, 31+3*10, "nothing is gone before the guard's question is answered")
	_, err = s.Sync(store.WithConfirm(t.Context(), guard.Digest), source.SyncSource, store.SyncOptions{AllowShrink: true})
	require.NoError(t, err)
	targets, _ = lists(t, s)
	assert.Empty(t, targets)
}

// webPromgen serves what Promgen itself has answered.
func webPromgen(t *testing.T) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	for path, file := range map[string]string{
		"/rest/shard/": "rest-shard.json", "/rest/service/": "rest-service.json", "/rest/project/": "rest-project.json",
		"/api/v1/targets": "targets.json", "/api/v1/urls": "urls.json",
	} {
		text, err := os.ReadFile(promgentest.File(t, file))
		require.NoError(t, err)
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "Token t0ken" {
				w.WriteHeader(http.StatusForbidden)
				return
			}
			_, _ = w.Write(text)
		})
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server
}

func web(t *testing.T, server *httptest.Server, token string) promgen.Web {
	t.Helper()
	u, err := url.Parse(server.URL)
	require.NoError(t, err)
	return promgen.Web{URL: u, Token: token, Client: server.Client(), UserAgent: "test"}
}

func TestImportFromTheWebGivesTheSameLists(t *testing.T) {
	server := webPromgen(t)
	source, err := web(t, server, "t0ken").Read(t.Context())
	require.NoError(t, err)
	s := storetest.SQLite(t)
	take(t, s, source, store.SyncOptions{})
	requirePromgensLists(t, s)
	project, err := s.Project(t.Context(), 1)
	require.NoError(t, err)
	assert.Equal(t, "shop web", project.Name)
	assert.Equal(t, "山田太郎", project.Owner)
	again, err := web(t, server, "t0ken").Read(t.Context())
	require.NoError(t, err)
	assert.Empty(t, take(t, s, again, store.SyncOptions{}).Changes)
	var left []string
	for _, issue := range source.LeftOut {
		left = append(left, issue.Noun+" "+issue.Name)
	}
	assert.Equal(t, []string{"project no farm yet", "exporter node"}, left, "what the lists do not tell enough of")
}
