package store_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

// rowSink keeps what lists are rendered from, to be compared.
type rowSink struct {
	bytes.Buffer
	t *testing.T
}

func (r *rowSink) put(v any) error {
	b, err := json.Marshal(v)
	r.Write(append(b, '\n'))
	return err
}
func (r *rowSink) Directory(d store.Directory) error  { return r.put(d) }
func (r *rowSink) Service(s store.Service) error      { return r.put(s) }
func (r *rowSink) Project(p *store.ProjectRows) error { return r.put(p) }

var versions = regexp.MustCompile(`"[vV]ersion":\d+,?`)

// state is every row but for its version, and what lists are rendered from.
func state(t *testing.T, s *store.Store) string {
	t.Helper()
	sink := &rowSink{t: t}
	_, err := s.Load(t.Context(), sink)
	require.NoError(t, err)
	rows := everything(t, s)
	rows = rows[bytes.IndexByte([]byte(rows), '}'):] // the revision goes up
	return versions.ReplaceAllString(rows+"\n"+sink.String(), "")
}

// listOf yields groups.
func listOf(groups ...store.ImportGroup) iter.Seq2[store.ImportGroup, error] {
	return func(yield func(store.ImportGroup, error) bool) {
		for _, g := range groups {
			if !yield(g, nil) {
				return
			}
		}
	}
}

// imported is a list with something of every noun.
func imported() iter.Seq2[store.ImportGroup, error] {
	return listOf(
		store.ImportGroup{
			Targets: []string{"db1:9100", "db2:9100", "[2001:db8::1]:9100"},
			Labels:  map[string]string{"__shard": "new", "service": "data", "project": "data-db", "farm": "dbs", "job": "node", "rack": "r1"},
		},
		store.ImportGroup{
			Targets: []string{"web1:9100", "web9:9100"},
			Labels:  map[string]string{"__shard": "prod", "service": "shop", "project": "shop-api", "farm": "api-farm", "job": "node"},
		},
		store.ImportGroup{
			Targets: []string{"https://data.example.com/"},
			Labels:  map[string]string{"__shard": "new", "service": "data", "project": "data-db", "job": "tcp", "__param_module": "tcp"},
		},
	)
}

// writes are one of every kind of write.
func writes(s *store.Store, p seed) map[string]func(ctx context.Context) error {
	update := func(_ any, err error) error { return err }
	return map[string]func(ctx context.Context) error{
		"shard.create": func(ctx context.Context) error { return s.CreateShard(ctx, &store.Shard{Name: "x", Enabled: true}) },
		"server.create": func(ctx context.Context) error {
			return s.CreateServer(ctx, &store.Server{Host: "p2", Port: 1, Shard: "prod"})
		},
		"service.create": func(ctx context.Context) error { return s.CreateService(ctx, &store.Service{Name: "x"}) },
		"project.create": func(ctx context.Context) error {
			return s.CreateProject(ctx, &store.Project{Name: "x", Service: "shop", Shard: "spare", Enabled: true})
		},
		"host.create": func(ctx context.Context) error {
			return s.CreateHost(ctx, &store.Host{Name: "x", Project: "shop-api", Enabled: true, Labels: store.Labels{"a": "b"}})
		},
		"exporter.create": func(ctx context.Context) error {
			return s.CreateExporter(ctx, &store.Exporter{Job: "x", Port: 5, Project: "shop-api", Enabled: true})
		},
		"default_exporter.create": func(ctx context.Context) error {
			return s.CreateDefaultExporter(ctx, &store.DefaultExporter{Job: "x", Port: 5})
		},
		"probe.create": func(ctx context.Context) error { return s.CreateProbe(ctx, &store.Probe{Module: "x"}) },
		"url.create": func(ctx context.Context) error {
			return s.CreateURL(ctx, &store.URL{URL: "https://x.example/", Project: "shop-api", Probe: "http_2xx"})
		},
		"shard.update": func(ctx context.Context) error {
			return update(s.UpdateShard(ctx, p.shard.ID, store.ShardUpdate{Name: ptr("y"), Enabled: ptr(false)}))
		},
		"server.update": func(ctx context.Context) error {
			return update(s.UpdateServer(ctx, p.server.ID, store.ServerUpdate{Shard: ptr("spare")}))
		},
		"service.update": func(ctx context.Context) error {
			return update(s.UpdateService(ctx, p.service.ID, store.ServiceUpdate{Name: ptr("y"), Labels: &store.Labels{"l": "v"}}))
		},
		"project.update, a move": func(ctx context.Context) error {
			return update(s.UpdateProject(ctx, p.project.ID, store.ProjectUpdate{Shard: ptr("spare"), Enabled: ptr(false), Name: ptr("y")}))
		},
		"farm.update": func(ctx context.Context) error {
			return update(s.UpdateFarm(ctx, p.farm.ID, store.FarmUpdate{Name: ptr("y")}))
		},
		"host.update": func(ctx context.Context) error {
			return update(s.UpdateHost(ctx, p.host.ID, store.HostUpdate{Enabled: ptr(false), Labels: &store.Labels{"l": "v"}}))
		},
		"exporter.update": func(ctx context.Context) error {
			return update(s.UpdateExporter(ctx, p.app.ID, store.ExporterUpdate{Port: ptr(1), Path: ptr(""), ScrapeInterval: ptr(model.Duration(time.Minute))}))
		},
		"default_exporter.update": func(ctx context.Context) error {
			return update(s.UpdateDefaultExporter(ctx, p.preset.ID, store.DefaultExporterUpdate{Port: ptr(1)}))
		},
		"probe.update": func(ctx context.Context) error {
			return update(s.UpdateProbe(ctx, p.probe.ID, store.ProbeUpdate{Module: ptr("y")}))
		},
		"url.update": func(ctx context.Context) error {
			return update(s.UpdateURL(ctx, p.url.ID, store.URLUpdate{URL: ptr("http://y/")}))
		},

		"shard.delete, with all that is on it": func(ctx context.Context) error {
			return s.DeleteShard(ctx, p.shard.ID, store.DeleteOptions{Cascade: true})
		},
		"service.delete, with its projects": func(ctx context.Context) error {
			return s.DeleteService(ctx, p.service.ID, store.DeleteOptions{Cascade: true})
		},
		"project.delete, with its hosts": func(ctx context.Context) error {
			return s.DeleteProject(ctx, p.project.ID, store.DeleteOptions{Cascade: true})
		},
		"farm.delete, with its hosts": func(ctx context.Context) error {
			return s.DeleteFarm(ctx, p.farm.ID, store.DeleteOptions{Cascade: true})
		},
		"probe.delete, with its URLs": func(ctx context.Context) error {
			return s.DeleteProbe(ctx, p.probe.ID, store.DeleteOptions{Cascade: true})
		},
		"server.delete":   func(ctx context.Context) error { return s.DeleteServer(ctx, p.server.ID, store.DeleteOptions{}) },
		"host.delete":     func(ctx context.Context) error { return s.DeleteHost(ctx, p.host.ID, store.DeleteOptions{}) },
		"exporter.delete": func(ctx context.Context) error { return s.DeleteExporter(ctx, p.app.ID, store.DeleteOptions{}) },
		"default_exporter.delete": func(ctx context.Context) error {
			return s.DeleteDefaultExporter(ctx, p.preset.ID, store.DeleteOptions{})
		},
		"url.delete": func(ctx context.Context) error { return s.DeleteURL(ctx, p.url.ID, store.DeleteOptions{}) },

		"server.register, with a shard": func(ctx context.Context) error { return update(s.RegisterServer(ctx, "z", "p9", 1)) },
		"server.register, a move":       func(ctx context.Context) error { return update(s.RegisterServer(ctx, "z", "prom1", 9090)) },
		"host.register, with a farm": func(ctx context.Context) error {
			_, _, err := s.RegisterHost(ctx, "bare", "x")
			return err
		},
		"exporter.register": func(ctx context.Context) error {
			_, _, err := s.RegisterJob(ctx, store.Exporter{Job: "x", Port: 7, Project: "shop-api", Enabled: true})
			return err
		},
		"default_exporter.register": func(ctx context.Context) error {
			_, _, err := s.RegisterExporter(ctx, "x", 7, "/y")
			return err
		},
		"host.set": func(ctx context.Context) error {
			return update(s.SetHosts(ctx, p.project.ID, store.SetHosts{Replace: &[]store.Host{
				{Name: "new1", Enabled: true}, {Name: "web1", Labels: store.Labels{"a": "b"}}, {Name: "new2", Enabled: true},
			}}))
		},
		"host.set, in a project without a farm": func(ctx context.Context) error {
			return update(s.SetHosts(ctx, p.project.ID+1, store.SetHosts{Add: []store.Host{{Name: "new1"}}}))
		},
		"import": func(ctx context.Context) error { return update(s.Import(ctx, imported(), store.ImportOptions{})) },
		"sync":   func(ctx context.Context) error { return update(s.Sync(ctx, elsewhere(), store.SyncOptions{})) },
	}
}

// plantMore is plant with a project that has nothing.
func plantMore(t *testing.T, s *store.Store) seed {
	t.Helper()
	p := plant(t, s)
	require.NoError(t, s.CreateProject(t.Context(), &store.Project{Name: "bare", Service: "shop", Shard: "spare", Enabled: true}))
	return p
}

// newest is the last revision.
func newest(t *testing.T, s *store.Store) int64 { return revision(t, s) }

func TestRevertOfEachKindOfWriteGivesWhatWasThere(t *testing.T) {
	for _, db := range []func(testing.TB) *store.Store{storetest.SQLite, storetest.Postgres} {
		s := db(t)
		p := plantMore(t, s)
		for name, write := range writes(s, p) {
			t.Run(name, func(t *testing.T) {
				before := state(t, s)
				require.NoError(t, write(t.Context()))
				done := newest(t, s)
				after := state(t, s)
				require.NotEqual(t, before, after)

				entry := journalled(t, s, "revert", func(ctx context.Context) error {
					r, err := s.Revert(ctx, done)
					assert.Equal(t, done, r.Reverted)
					assert.Equal(t, done+1, r.Revision)
					assert.Positive(t, r.Created+r.Changed+r.Deleted)
					return err
				})
				require.Equal(t, before, state(t, s))
				assert.Contains(t, entry.Summary, fmt.Sprintf("reverted revision %d: ", done))

				_, err := s.Revert(t.Context(), done)
				var conflict *store.RevertError
				require.ErrorAs(t, err, &conflict, "a revision is reverted once")
				assert.Equal(t, done+1, conflict.Newer)

				_, err = s.Revert(t.Context(), done+1)
				require.NoError(t, err, "a revert is reverted")
				require.Equal(t, after, state(t, s))
				_, err = s.Revert(t.Context(), done+2)
				require.NoError(t, err)
				require.Equal(t, before, state(t, s))
			})
		}
	}
}

func TestRevertNamesWhatStandsInTheWay(t *testing.T) {
	withSeed(t, func(t *testing.T, s *store.Store, p seed) {
		ctx := t.Context()
		spare := store.Service{Name: "spare"}
		require.NoError(t, s.CreateService(ctx, &spare))
		created := newest(t, s)
		_, err := s.UpdateService(ctx, spare.ID, store.ServiceUpdate{Owner: ptr("bob")})
		require.NoError(t, err)
		changed := newest(t, s)
		project := store.Project{Name: "p", Service: "spare", Shard: "prod", Enabled: true}
		require.NoError(t, s.CreateProject(ctx, &project))
		placed := newest(t, s)
		require.NoError(t, s.DeleteURL(ctx, p.url.ID, store.DeleteOptions{}))
		deletedURL := newest(t, s)
		require.NoError(t, s.CreateURL(ctx, &store.URL{URL: p.url.URL, Project: "shop-api", Probe: "http_2xx"}))
		again := newest(t, s)
		require.NoError(t, s.DeleteHost(ctx, p.host.ID, store.DeleteOptions{}))
		deletedHost := newest(t, s)
		require.NoError(t, s.DeleteFarm(ctx, p.farm.ID, store.DeleteOptions{Cascade: true}))
		deletedFarm := newest(t, s)
		_, err = s.Import(ctx, imported(), store.ImportOptions{})
		require.NoError(t, err)
		list := newest(t, s)
		hosts, err := s.Hosts(ctx, store.HostFilter{Name: "db2"})
		require.NoError(t, err)
		_, err = s.UpdateHost(ctx, hosts[0].ID, store.HostUpdate{Enabled: ptr(false)})
		require.NoError(t, err)
		touched := newest(t, s)

		for name, test := range map[string]struct {
			revision int64
			noun     string
			newer    int64
			text     string
		}{
			"a later change":              {created, "service", changed, `service "spare" has been changed since, by revision`},
			"what has taken the name":     {deletedURL, "url", again, `of project "shop-api" by probe "http_2xx" has taken the place of URL`},
			"a place that is gone":        {deletedHost, "farm", deletedFarm, `to which host "web1" of project "shop-api" belonged, has been deleted since`},
			"a change of an imported row": {list, "host", touched, `host "db2" of project "data-db" has been changed since`},
		} {
			t.Run(name, func(t *testing.T) {
				refused(t, s, store.ErrConflict, test.text, func(ctx context.Context) error {
					_, err := s.Revert(ctx, test.revision)
					var conflict *store.RevertError
					require.ErrorAs(t, err, &conflict)
					assert.Equal(t, test.revision, conflict.Revision)
					assert.Equal(t, test.noun, conflict.Noun)
					assert.Equal(t, test.newer, conflict.Newer)
					assert.NotEmpty(t, conflict.Name)
					return err
				})
			})
		}
		t.Run("what belongs to what would go", func(t *testing.T) {
			_, err := s.Revert(ctx, changed)
			require.NoError(t, err, "the project does not depend on the owner")
			refused(t, s, store.ErrConflict, `project "p" belongs to a service that would go`, func(ctx context.Context) error {
				_, err := s.Revert(ctx, created)
				var conflict *store.RevertError
				require.ErrorAs(t, err, &conflict)
				assert.Equal(t, placed, conflict.Newer)
				return err
			})
		})
		t.Run("a change that was itself reverted does not", func(t *testing.T) {
			_, err := s.Revert(ctx, touched)
			require.NoError(t, err)
			_, err = s.Revert(ctx, list)
			require.NoError(t, err)
		})
		refused(t, s, store.ErrNotFound, "no such revision", func(ctx context.Context) error { _, err := s.Revert(ctx, 4711); return err })
		t.Run("what has no history", func(t *testing.T) {
			_, err := store.Write(ctx, s, func(tx store.Tx) error { return tx.Record() })
			require.NoError(t, err)
			made := newest(t, s)
			refused(t, s, store.ErrInvalid, "has no history", func(ctx context.Context) error { _, err := s.Revert(ctx, made); return err })
		})
	})
}

func TestRevertKnowsEveryTableAndColumn(t *testing.T) {
	s := storetest.SQLite(t)
	tables, err := store.Query[string](t.Context(), s, `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`)
	require.NoError(t, err)
	besides := []string{
		"revision", "journal", "journal_object", "consumer", "schema_version", "idempotency", "principal", "principal_grant",
		"sync_ledger",
	}
	for _, table := range tables {
		columns, known := store.PastColumns(table)
		if !known {
			assert.Contains(t, besides, table, "a table whose rows the journal has must be among the nouns of history.go")
			continue
		}
		all, err := store.Query[string](t.Context(), s, `SELECT name FROM pragma_table_info(?)`, table)
		require.NoError(t, err)
		assert.ElementsMatch(t, all, columns, "of table %s", table)
	}
	for _, noun := range store.Nouns() {
		assert.True(t, slices.Contains(tables, noun))
	}
}
