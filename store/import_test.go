package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/fleet"
	"github.com/promshard/promshard/store/storetest"
)

// groupsOf reads a list as the command line does.
func groupsOf(t *testing.T, list string) store.ImportGroups {
	t.Helper()
	var groups []store.ImportGroup
	require.NoError(t, json.Unmarshal([]byte(list), &groups))
	return each(groups)
}

func each(groups []store.ImportGroup) store.ImportGroups {
	return func(yield func(store.ImportGroup, error) bool) {
		for _, g := range groups {
			if !yield(g, nil) {
				return
			}
		}
	}
}

// importing returns a write that imports a list and keeps the result in r.
func importing(t *testing.T, s *store.Store, list string, o store.ImportOptions, r *store.ImportResult) func(context.Context) error {
	t.Helper()
	groups := groupsOf(t, list)
	return func(ctx context.Context) error {
		result, err := s.Import(ctx, groups, o)
		if r != nil {
			*r = result
		}
		return err
	}
}

// promgenList is what Promgen exports: no host labels, jobs in order, projects not.
const promgenList = `[
	{"targets": ["mail1.example.com:8080"], "labels": {"__shard": "tokyo", "service": "mail", "project": "smtp", "farm": "smtp-farm",
		"__farm_source": "promgen", "job": "app", "__scheme__": "http", "__metrics_path__": "/actuator/prometheus"}},
	{"targets": ["web1.example.com:9100", "web2.example.com:9100"], "labels": {"__shard": "tokyo", "service": "shop", "project": "shop web",
		"farm": "web-farm", "__farm_source": "pmc", "job": "node", "__scheme__": "http"}},
	{"targets": ["mail1.example.com:9100"], "labels": {"__shard": "tokyo", "service": "mail", "project": "smtp", "farm": "smtp-farm",
		"__farm_source": "promgen", "job": "node", "__scheme__": "http"}},
	{"targets": ["web1.example.com:9115", "web2.example.com:9115"], "labels": {"__shard": "tokyo", "service": "shop", "project": "shop web",
		"farm": "web-farm", "__farm_source": "pmc", "job": "probe", "__scheme__": "https", "__metrics_path__": "/probe",
		"__param_module": "icmp", "__param_target": "a b&c"}},
	{"targets": ["https://mail.example.com/"], "labels": {"project": "smtp", "service": "mail", "job": "http_2xx", "__shard": "tokyo",
		"__param_module": "http_2xx"}}
]`

func TestImportOfPromgensList(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		want := store.ImportCounts{Shards: 1, Services: 2, Projects: 2, Farms: 2, Hosts: 3, Exporters: 4, Probes: 1, URLs: 1}
		var r store.ImportResult

		e := journalled(t, s, "import", importing(t, s, promgenList, store.ImportOptions{}, &r))
		assert.Equal(t, store.ImportResult{Imported: want, Revision: e.Revision}, r)
		assert.Equal(t, "imported 1 shard, 2 services, 2 projects, 2 farms, 4 exporters, 3 hosts, 1 probe, 1 URL", e.Summary)
		assert.Equal(t, []string{"shard", "service", "project", "farm", "exporter", "host", "probe", "url"}, nouns(e))
		assert.Equal(t, []store.IDRange{{First: 1, Last: 3}}, e.Changes[5].Created)
		assert.Equal(t, store.Touched{Shards: true, Services: []int64{1, 2}, Projects: []int64{1, 2}}, e.Touched)

		exporters, err := s.Exporters(ctx, store.ExporterFilter{Project: "shop web"})
		require.NoError(t, err)
		require.Len(t, exporters, 2)
		assert.Equal(t, "/probe?module=icmp&target=a+b%26c", exporters[1].Path)
		assert.Equal(t, "https", exporters[1].Scheme)
		assert.Empty(t, exporters[1].Labels)
		assert.True(t, exporters[1].Enabled)
		farms, err := s.Farms(ctx, store.FarmFilter{Name: "web-farm"})
		require.NoError(t, err)
		assert.Equal(t, "pmc", farms[0].Source)
		urls, err := s.URLs(ctx, store.URLFilter{Project: "smtp", Probe: "http_2xx"})
		require.NoError(t, err)
		assert.Len(t, urls, 1)

		t.Run("the same list again changes nothing", func(t *testing.T) {
			idle(t, s, importing(t, s, promgenList, store.ImportOptions{}, &r))
			assert.Equal(t, store.ImportResult{Existing: want}, r)
		})
		t.Run("what is disabled stays so", func(t *testing.T) {
			_, err := s.UpdateExporter(ctx, exporters[1].ID, store.ExporterUpdate{Enabled: ptr(false)})
			require.NoError(t, err)
			_, err = s.UpdateHost(ctx, 1, store.HostUpdate{Enabled: ptr(false)})
			require.NoError(t, err)
			_, err = s.UpdateProject(ctx, 1, store.ProjectUpdate{Enabled: ptr(false)})
			require.NoError(t, err)
			idle(t, s, importing(t, s, promgenList, store.ImportOptions{}, &r))
		})
		t.Run("what was added in between stays, what is new comes", func(t *testing.T) {
			_, err := s.UpdateExporter(ctx, exporters[0].ID, store.ExporterUpdate{Labels: &store.Labels{"team": "x"}})
			require.NoError(t, err)
			more := strings.Replace(promgenList, `"web2.example.com:9100"`, `"web2.example.com:9100", "web3.example.com:9100"`, 1)
			e := journalled(t, s, "import", importing(t, s, more, store.ImportOptions{}, &r))
			assert.Equal(t, store.ImportCounts{Hosts: 1}, r.Imported)
			assert.Equal(t, want, r.Existing)
			assert.Equal(t, "imported 1 host", e.Summary)
			assert.Len(t, e.Touched.Projects, 1)
			hosts, err := s.Hosts(ctx, store.HostFilter{Name: "web3.example.com"})
			require.NoError(t, err)
			assert.Empty(t, hosts[0].Labels)
			after, err := s.Exporter(ctx, exporters[0].ID)
			require.NoError(t, err)
			assert.Equal(t, store.Labels{"team": "x"}, after.Labels)
		})
	})
}

// group writes one group of a list; labels are pairs of names and values that come beside service, project and job.
func group(targets string, labels ...string) string {
	all := map[string]string{"service": "shop", "project": "shop-api", "job": "app"}
	for i := 0; i < len(labels); i += 2 {
		all[labels[i]] = labels[i+1]
		if labels[i+1] == "" {
			delete(all, labels[i])
		}
	}
	b, err := json.Marshal(store.ImportGroup{Targets: strings.Fields(targets), Labels: all})
	if err != nil {
		panic(err)
	}
	return string(b)
}

func TestImportThatIsTriedChangesNothing(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		tried, err := s.Import(store.WithDryRun(ctx), groupsOf(t, promgenList), store.ImportOptions{})
		require.NoError(t, err)
		assert.Zero(t, tried.Revision)
		shards, err := s.Shards(ctx, store.ShardFilter{})
		require.NoError(t, err)
		assert.Empty(t, shards)
		journal, err := s.Journal(ctx, store.JournalFilter{})
		require.NoError(t, err)
		assert.Empty(t, journal)

		done, err := s.Import(ctx, groupsOf(t, promgenList), store.ImportOptions{})
		require.NoError(t, err)
		assert.Equal(t, int64(1), done.Revision)
		assert.Equal(t, tried.Imported, done.Imported, "what was tried is what is done")

		again, err := s.Import(store.WithDryRun(ctx), groupsOf(t, promgenList), store.ImportOptions{})
		require.NoError(t, err)
		assert.Equal(t, store.ImportResult{Existing: done.Imported}, again)

		elsewhere := `[{"targets": [], "labels": {"service": "mail", "project": "shop web", "job": "node"}}]`
		_, err = s.Import(store.WithDryRun(ctx), groupsOf(t, elsewhere), store.ImportOptions{})
		require.ErrorIs(t, err, store.ErrConflict, "what would be refused is refused")
	})
}

func list(groups ...string) string { return "[" + strings.Join(groups, ",") + "]" }

func TestImportUnderstands(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		hosts := named(t, func(h store.Host) string { return h.Name })
		exporters := named(t, func(e store.Exporter) string { return fmt.Sprintf("%s %d %s %s", e.Job, e.Port, e.Path, e.Scheme) })
		var r store.ImportResult
		take := func(t *testing.T, o store.ImportOptions, groups ...string) {
			t.Helper()
			require.NoError(t, importing(t, s, list(groups...), o, &r)(ctx))
		}

		t.Run("a group that says no more than it must", func(t *testing.T) {
			take(t, store.ImportOptions{}, group("web1:80", "project", "a"))
			p, err := s.Projects(ctx, store.ProjectFilter{Name: "a"})
			require.NoError(t, err)
			assert.Equal(t, store.DefaultShard, p[0].Shard)
			f, err := s.Farms(ctx, store.FarmFilter{Project: "a"})
			require.NoError(t, err)
			assert.Equal(t, "a", f[0].Name)
			assert.Equal(t, store.DefaultFarmSource, f[0].Source)
			assert.Equal(t, []string{"app 80  http"}, exporters(s.Exporters(ctx, store.ExporterFilter{Project: "a"})))
		})
		t.Run("IPv6 addresses in any form", func(t *testing.T) {
			take(t, store.ImportOptions{}, group("[2001:DB8:0::1]:80 [2001:db8::1]:80 10.0.0.1:80", "project", "v6"))
			assert.Equal(t, []string{"10.0.0.1", "2001:db8::1"}, hosts(s.Hosts(ctx, store.HostFilter{Project: "v6"})))
			assert.EqualValues(t, 2, r.Imported.Hosts)
			assert.EqualValues(t, 1, r.Existing.Hosts, "the one that is listed twice")
		})
		t.Run("several ports in one group", func(t *testing.T) {
			take(t, store.ImportOptions{}, group("web1:80 web1:81 web2:80 web2:81", "project", "ports"))
			assert.Equal(t, []string{"app 80  http", "app 81  http"}, exporters(s.Exporters(ctx, store.ExporterFilter{Project: "ports"})))
			assert.Equal(t, []string{"web1", "web2"}, hosts(s.Hosts(ctx, store.HostFilter{Project: "ports"})))
		})
		t.Run("another shard than the list says", func(t *testing.T) {
			take(t, store.ImportOptions{Shard: "moved"}, group("web1:80", "project", "b", "__shard", "tokyo"))
			assert.Equal(t, []string{"Default", "moved"}, named(t, func(s store.Shard) string { return s.Name })(s.Shards(ctx, store.ShardFilter{})))
		})
		t.Run("no shard and no farm for a project that is there", func(t *testing.T) {
			take(t, store.ImportOptions{}, group("web2:80", "project", "b"))
			assert.EqualValues(t, 1, r.Imported.Hosts)
		})
		t.Run("parameters without a path stay labels", func(t *testing.T) {
			take(t, store.ImportOptions{}, group("web1:80", "project", "c", "__param_x", "1"))
			e, err := s.Exporters(ctx, store.ExporterFilter{Project: "c"})
			require.NoError(t, err)
			assert.Equal(t, store.Labels{"__param_x": "1"}, e[0].Labels)
		})
		t.Run("a module without URLs is a parameter", func(t *testing.T) {
			take(t, store.ImportOptions{}, group("web1:80", "project", "c2", "__metrics_path__", "/probe", "__param_module", "icmp"))
			assert.Equal(t, []string{"app 80 /probe?module=icmp http"}, exporters(s.Exporters(ctx, store.ExporterFilter{Project: "c2"})))
			assert.Zero(t, r.Imported.URLs)
		})
		t.Run("a path that has a query already", func(t *testing.T) {
			take(t, store.ImportOptions{}, group("web1:80", "project", "d", "__metrics_path__", "/p?a=1", "__param_x", "1"))
			assert.Equal(t, []string{"app 80 /p?a=1&x=1 http"}, exporters(s.Exporters(ctx, store.ExporterFilter{Project: "d"})))
		})
		t.Run("scrape interval and timeout", func(t *testing.T) {
			take(t, store.ImportOptions{}, group("web1:80", "project", "e", "__scrape_interval__", "1m30s", "__scrape_timeout__", "15s"),
				group("web1:80", "project", "f", "__scrape_interval__", "90s"))
			e, err := s.Exporters(ctx, store.ExporterFilter{Project: "e"})
			require.NoError(t, err)
			assert.Equal(t, "1m30s", e[0].ScrapeInterval.String())
			assert.Equal(t, "15s", e[0].ScrapeTimeout.String())
			assert.Empty(t, e[0].Labels)
			e, err = s.Exporters(ctx, store.ExporterFilter{Project: "f"})
			require.NoError(t, err)
			assert.Equal(t, store.Labels{"__scrape_interval__": "90s", "__scrape_timeout__": "10s"}, e[0].Labels, "as it is written")
		})
		t.Run("labels that all hosts share, and those that set hosts apart", func(t *testing.T) {
			take(t, store.ImportOptions{},
				group("web1:80", "project", "g", "dc", "x", "rack", "1"),
				group("web2:80", "project", "g", "dc", "x"),
				group("web1:9100", "project", "g", "job", "node", "dc", "x", "rack", "1"),
				group("web2:9100", "project", "g", "job", "node", "dc", "x"))
			for _, e := range rowsOf(s.Exporters(ctx, store.ExporterFilter{Project: "g"})) {
				assert.Equal(t, store.Labels{"dc": "x"}, e.Labels)
			}
			h := rowsOf(s.Hosts(ctx, store.HostFilter{Project: "g"}))
			assert.Equal(t, store.Labels{"rack": "1"}, h[0].Labels)
			assert.Empty(t, h[1].Labels)
		})
		t.Run("URLs, with the labels of their project", func(t *testing.T) {
			urls := group("https://a.example.com/ http://b.example.com/x https://a.example.com/",
				"project", "h", "job", "http_2xx", "__param_module", "http_2xx", "team", "x")
			take(t, store.ImportOptions{}, urls)
			assert.EqualValues(t, 2, r.Imported.URLs)
			assert.EqualValues(t, 1, r.Existing.URLs)
			assert.EqualValues(t, 0, r.Imported.Farms)
			assert.Equal(t, store.Labels{"team": "x"}, rowsOf(s.Projects(ctx, store.ProjectFilter{Name: "h"}))[0].Labels)
			idle(t, s, importing(t, s, list(urls), store.ImportOptions{}, nil))
			refused(t, s, store.ErrConflict, `label team "y": URLs have the labels of their project, and on project "h" it is "x"`,
				importing(t, s, list(group("https://c.example.com/", "project", "h", "job", "", "__param_module", "http_2xx", "team", "y")), store.ImportOptions{}, nil))
		})
		t.Run("a blackbox exporter of a farm is no group of URLs", func(t *testing.T) {
			refused(t, s, store.ErrInvalid, `target "https://a.example.com/": is not host:port`,
				importing(t, s, list(group("https://a.example.com/", "farm", "f", "__param_module", "x")), store.ImportOptions{}, nil))
		})
		t.Run("an empty list", func(t *testing.T) {
			idle(t, s, importing(t, s, "[]", store.ImportOptions{}, nil))
		})
	})
}

// rowsOf panics on an error, which fails the test.
func rowsOf[T any](rows []T, err error) []T {
	if err != nil {
		panic(err)
	}
	return rows
}

func TestImportRefuses(t *testing.T) {
	withSeed(t, func(t *testing.T, s *store.Store, _ seed) {
		require.NoError(t, s.CreateProject(t.Context(), &store.Project{Name: "bare", Service: "shop", Shard: "prod"}))
		good := group("other1:80", "service", "new", "project", "new", "__shard", "new")
		for text, test := range map[string]struct {
			kind error
			bad  string
		}{
			`label service: is missing`:                                     {store.ErrInvalid, group("web1:80", "service", "")},
			`label project: is missing`:                                     {store.ErrInvalid, group("web1:80", "project", "")},
			`label job: is missing`:                                         {store.ErrInvalid, group("web1:80", "job", "")},
			`target "web1": is not host:port`:                               {store.ErrInvalid, group("web1")},
			`target "web1:65536": is not host:port`:                         {store.ErrInvalid, group("web1:65536")},
			`target "2001:db8::1:80": is not host:port`:                     {store.ErrInvalid, group("2001:db8::1:80")},
			`exporter port "0"`:                                             {store.ErrInvalid, group("web1:0")},
			`host name "web_!"`:                                             {store.ErrInvalid, group("web_!:80")},
			`exporter path "metrics": does not begin with "/"`:              {store.ErrInvalid, group("web1:80", "__metrics_path__", "metrics")},
			`exporter scheme "ftp"`:                                         {store.ErrInvalid, group("web1:80", "__scheme__", "ftp")},
			`exporter labels "a-b"`:                                         {store.ErrInvalid, group("web1:80", "a-b", "1")},
			`exporter labels "__meta_x"`:                                    {store.ErrInvalid, group("web1:80", "__meta_x", "1")},
			`__scrape_interval__ "often"`:                                   {store.ErrInvalid, group("web1:80", "__scrape_interval__", "often")},
			`exporter scrape_timeout "20s"`:                                 {store.ErrInvalid, group("web1:80", "__scrape_interval__", "10s", "__scrape_timeout__", "20s")},
			`project name " x"`:                                             {store.ErrInvalid, group("web1:80", "project", " x")},
			"project name \"a\\x00b\"":                                      {store.ErrInvalid, group("web1:80", "project", "a\x00b")},
			`service name "x "`:                                             {store.ErrInvalid, group("web1:80", "project", "p", "service", "x ")},
			`shard name " "`:                                                {store.ErrInvalid, group("web1:80", "project", "p", "__shard", " ")},
			`farm name " f"`:                                                {store.ErrInvalid, group("web1:80", "project", "bare", "farm", " f")},
			`probe module " m"`:                                             {store.ErrInvalid, group("http://x/", "job", "", "__param_module", " m")},
			`label job "app": differs from __param_module "m"`:              {store.ErrInvalid, group("http://x/", "__param_module", "m")},
			`url url "http://"`:                                             {store.ErrInvalid, group("http://", "job", "", "__param_module", "m")},
			`label service "mail": project "shop-api" is in service "shop"`: {store.ErrConflict, group("web1:80", "service", "mail")},
			`label __shard "spare": project "shop-api" is in shard "prod"`:  {store.ErrConflict, group("web1:80", "__shard", "spare")},
			`label farm "f": project "shop-api" has "api-farm", and can have one`: {
				store.ErrConflict, group("web1:80", "farm", "f"),
			},
			`label __farm_source "s": project "shop-api" has "promshard", and can have one`: {
				store.ErrConflict, group("web1:80", "farm", "api-farm", "__farm_source", "s"),
			},
			`project shard "closed": is disabled and takes no new projects`: {
				store.ErrConflict, group("web1:80", "project", "p", "__shard", "closed"),
			},
			`target "web1:80": is listed twice for job "app", with different labels`: {
				store.ErrInvalid, group("web1:80", "project", "bare", "a", "1") + "," + group("web1:80", "project", "bare", "a", "2"),
			},
			`label a: fits neither exporter "app" nor host "web2"`: {
				store.ErrInvalid, strings.Join([]string{
					group("web1:80", "project", "bare", "a", "1"), group("web2:80", "project", "bare", "a", "2"),
					group("web1:81", "project", "bare", "job", "node", "a", "3"), group("web2:81", "project", "bare", "job", "node", "a", "4"),
				}, ","),
			},
		} {
			t.Run(text, func(t *testing.T) {
				refused(t, s, test.kind, text, importing(t, s, list(good, test.bad, good), store.ImportOptions{}, nil))
				refused(t, s, test.kind, "importing group ", importing(t, s, list(good, test.bad), store.ImportOptions{}, nil))
				var groups []store.ImportGroup
				require.NoError(t, json.Unmarshal([]byte(list(test.bad)), &groups))
				err := store.CheckImportGroup(groups[0])
				if errors.Is(test.kind, store.ErrConflict) || len(groups) > 1 {
					require.NoError(t, err, "nothing is wrong with the group by itself")
					return
				}
				require.ErrorIs(t, err, test.kind)
			})
		}
		refused(t, s, store.ErrInvalid, "importing group 3: label job: is missing",
			importing(t, s, list(good, good, group("web1:80", "job", "")), store.ImportOptions{}, nil))
		refused(t, s, store.ErrInvalid, "importing group 2: target",
			importing(t, s, list(good, group("web1:80 bad")), store.ImportOptions{}, nil))
	})
}

func TestImportThatIsCutShortChangesNothing(t *testing.T) {
	withSeed(t, func(t *testing.T, s *store.Store, _ seed) {
		line := fleet.Line.Groups()
		broken := errors.New("unexpected end of file")
		refused(t, s, broken, "reading group 1001: unexpected end of file", func(ctx context.Context) error {
			_, err := s.Import(ctx, func(yield func(store.ImportGroup, error) bool) {
				n := 0
				for g, err := range line {
					if n++; n > 1000 {
						g, err = store.ImportGroup{}, broken
					}
					if !yield(g, err) || err != nil {
						return
					}
				}
			}, store.ImportOptions{})
			return err
		})
		refused(t, s, context.Canceled, "", func(ctx context.Context) error {
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			_, err := s.Import(ctx, line, store.ImportOptions{Progress: func(n int64) {
				if n > 5000 {
					cancel()
				}
			}})
			return err
		})
	})
}

func TestImportOfManyHosts(t *testing.T) {
	f := fleet.Fleet{Shards: 5, Services: 50, Projects: 500, Hosts: 50_000, Exporters: 500}
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		var seen []int64
		e := journalled(t, s, "import", func(ctx context.Context) error {
			_, err := s.Import(ctx, f.Groups(), store.ImportOptions{Progress: func(n int64) { seen = append(seen, n) }})
			return err
		})
		assert.EqualValues(t, 50_000, seen[len(seen)-1])
		assert.Len(t, seen, 50, "once for every thousand targets")
		assert.IsIncreasing(t, seen)
		assert.Len(t, e.Touched.Projects, 500)
		for _, c := range e.Changes {
			assert.Len(t, c.Created, 1, "%ss are created in a row", c.Noun)
		}
		hosts, err := s.Hosts(t.Context(), store.HostFilter{})
		require.NoError(t, err)
		assert.Len(t, hosts, 50_000)
	})
}

// byJob yields a fleet in the order of Promgen's export, in which projects come again for every job.
func byJob(f fleet.Fleet) store.ImportGroups {
	return func(yield func(store.ImportGroup, error) bool) {
		jobs := []string{}
		seen := map[string]bool{}
		for g, err := range f.Groups() {
			if err != nil {
				yield(g, err)
				return
			}
			if job := g.Labels["job"]; !seen[job] {
				seen[job] = true
				jobs = append(jobs, job)
			}
		}
		for _, job := range jobs {
			for g, err := range f.Groups() {
				if g.Labels["job"] == job && !yield(g, err) {
					return
				}
			}
		}
	}
}

func TestImportOfProjectsThatComeAgain(t *testing.T) {
	f := fleet.Fleet{Shards: 3, Services: 60, Projects: 600, Hosts: 1800, Exporters: 1200, URLs: 600}
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		r, err := s.Import(t.Context(), byJob(f), store.ImportOptions{})
		require.NoError(t, err)
		assert.Zero(t, r.Existing)
		r.Imported.Probes = 0
		assert.Equal(t, store.ImportCounts{Shards: 3, Services: 60, Projects: 600, Farms: 600, Hosts: 1800, Exporters: 1200, URLs: 600}, r.Imported)
		again, err := s.Import(t.Context(), f.Groups(), store.ImportOptions{})
		require.NoError(t, err)
		assert.Zero(t, again.Imported, "the order does not matter")
	})
}
