package store_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

var dumpSchema = flag.Bool("dump-schema", false,
	"write testdata/schema/VERSION for the schema of this program; sqlite3 and pg_dump must be in PATH")

// furnish fills an inventory with something of every kind, as it is dumped for each version of the schema.
func furnish(t *testing.T, s *store.Store) {
	t.Helper()
	create(t, s)
	ctx := store.WithActor(t.Context(), "ann")
	for _, err := range []error{
		s.CreateShard(ctx, &store.Shard{Name: "東京 / \"two\"", URL: "https://prom.example.com/?a=b", Samples: 1 << 40, Targets: 7, Enabled: true}),
		s.CreateServer(ctx, &store.Server{Host: "2001:db8::9", Port: 9091, Shard: "osaka"}),
		s.CreateService(ctx, &store.Service{Name: "it's", Description: "two\nlines; -- of 'it'", Owner: "絵美", Labels: store.Labels{"team": "a\\b\"c"}}),
		s.CreateProject(ctx, &store.Project{Name: "v6", Service: "it's", Shard: "東京 / \"two\"", Enabled: true, Owner: "bob", Description: "d"}),
		s.CreateFarm(ctx, &store.Farm{Name: "six", Source: "cmdb", Project: "v6"}),
		s.CreateHost(ctx, &store.Host{Name: "2001:db8::1", Project: "v6", Enabled: true, Labels: store.Labels{"rack": "r\t1"}}),
		s.CreateHost(ctx, &store.Host{Name: "gone", Project: "v6", Enabled: true}),
		s.CreateExporter(ctx, &store.Exporter{
			Job: "box", Port: 9115, Path: "/probe?module=icmp&x=%20", Project: "v6", Enabled: true, ScrapeInterval: model.Duration(90 * time.Second),
		}),
		s.CreateDefaultExporter(ctx, &store.DefaultExporter{Job: "node", Port: 9100}),
		s.CreateDefaultExporter(ctx, &store.DefaultExporter{Job: "app", Port: 8080, Path: "/m", Scheme: "https"}),
		s.CreateProbe(ctx, &store.Probe{Module: "icmp", Description: "pings"}),
		s.CreateURL(ctx, &store.URL{URL: "https://v6.example/?q='1'", Project: "v6", Probe: "icmp"}),
	} {
		require.NoError(t, err)
	}
	gone := must(s.Hosts(ctx, store.HostFilter{Name: "gone"}))
	require.NoError(t, s.DeleteHost(ctx, gone[0].ID, store.DeleteOptions{}))
}

// described is all that an inventory has: rows and journal as JSON, and its lists.
func described(t *testing.T, s *store.Store) (rows, lists string) {
	t.Helper()
	entries, err := s.Journal(t.Context(), store.JournalFilter{Limit: 10_000})
	require.NoError(t, err)
	journal, err := json.Marshal(entries)
	require.NoError(t, err)
	var indented bytes.Buffer
	require.NoError(t, json.Indent(&indented, []byte(`{"rows":`+everything(t, s)+`,"journal":`+string(journal)+`}`), "", "\t"))
	_, lines, _ := export(t, s)
	return indented.String() + "\n", strings.Join(lines, "\n") + "\n"
}

// TestUpgrade migrates a dump of every schema version there was. What was in it is still there, and still works.
func TestUpgrade(t *testing.T) {
	versions, err := filepath.Glob("testdata/schema/*/sqlite.sql")
	require.NoError(t, err)
	require.NotEmpty(t, versions, "there is nothing to upgrade")
	for _, file := range versions {
		dir := filepath.Dir(file)
		version, err := strconv.ParseInt(filepath.Base(dir), 10, 64)
		require.NoError(t, err)
		t.Run("from "+filepath.Base(dir), func(t *testing.T) {
			t.Run("sqlite", func(t *testing.T) {
				u := storetest.EmptySQLiteURL(t)
				restore(t, "sqlite", strings.TrimPrefix(u, "sqlite://"), dir+"/sqlite.sql")
				testUpgrade(t, u, version, dir)
			})
			t.Run("postgres", func(t *testing.T) {
				u := storetest.EmptyPostgresURL(t)
				restore(t, "postgres", u, dir+"/postgres.sql")
				testUpgrade(t, u, version, dir)
			})
		})
	}
}

// restore runs a dump on an empty database.
func restore(t *testing.T, driver, name, file string) {
	t.Helper()
	dump, err := os.ReadFile(file)
	require.NoError(t, err)
	db, err := sql.Open(driver, name)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), string(dump))
	require.NoError(t, err)
	require.NoError(t, db.Close())
}

func testUpgrade(t *testing.T, u string, version int64, dir string) {
	before, err := store.MigrateStatus(t.Context(), u, store.Options{})
	require.NoError(t, err)
	require.Equal(t, version, before.Current)
	done, err := store.Migrate(t.Context(), u, store.Options{})
	require.NoError(t, err)
	require.Equal(t, done.Target, done.Current)
	require.Len(t, done.Applied, int(done.Target-version))

	s := storetest.Open(t, u)
	rows, lists := described(t, s)
	wantRows, err := os.ReadFile(dir + "/rows.json")
	require.NoError(t, err)
	wantLists, err := os.ReadFile(dir + "/lists.txt")
	require.NoError(t, err)
	assert.Equal(t, string(wantLists), lists)
	var want, got any
	require.NoError(t, json.Unmarshal(wantRows, &want))
	require.NoError(t, json.Unmarshal([]byte(rows), &got))
	contains(t, "", want, got)

	next := store.Host{Name: "next", Project: "v6", Enabled: true}
	require.NoError(t, s.CreateHost(t.Context(), &next))
	assert.EqualValues(t, 8, next.ID, "no id is given out twice")
	fresh := storetest.Open(t, freshLike(t, u))
	assert.Equal(t, schemaOf(t, fresh), schemaOf(t, s), "an upgraded database has the schema of a new one")
}

// contains demands that everything in want is in got, which may have more fields.
func contains(t *testing.T, at string, want, got any) {
	t.Helper()
	switch want := want.(type) {
	case map[string]any:
		have, _ := got.(map[string]any)
		for name, value := range want {
			contains(t, at+"."+name, value, have[name])
		}
	case []any:
		have, _ := got.([]any)
		if assert.Len(t, have, len(want), at) {
			for i, value := range want {
				contains(t, fmt.Sprintf("%s[%d]", at, i), value, have[i])
			}
		}
	default:
		assert.Equal(t, want, got, at)
	}
}

// freshLike is the URL of a new database of the same kind.
func freshLike(t *testing.T, u string) string {
	if strings.HasPrefix(u, "sqlite") {
		return storetest.SQLiteURL(t)
	}
	return storetest.PostgresURL(t)
}

// schemaOf describes tables and indexes.
func schemaOf(t *testing.T, s *store.Store) []string {
	t.Helper()
	list, err := store.Query[string](t.Context(), s, `
		SELECT t.name || ' ' || c.name || ' ' || c.type || ' ' || c."notnull" || ' ' || c.pk || ' ' || coalesce(c.dflt_value, '')
		FROM   sqlite_schema t, pragma_table_info(t.name) c
		WHERE  t.name NOT LIKE 'sqlite_%' AND t.name <> 'schema_version'
		ORDER  BY 1`)
	if err != nil {
		list, err = store.Query[string](t.Context(), s, `
			SELECT table_name || ' ' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' ||
			       coalesce(collation_name, '') || ' ' || is_identity || ' ' || coalesce(column_default, '')
			FROM   information_schema.columns
			WHERE  table_schema = 'public' AND table_name <> 'schema_version'
			UNION ALL
			SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'schema_version'
			ORDER  BY 1`)
	}
	require.NoError(t, err)
	require.NotEmpty(t, list)
	return list
}

// TestDumpSchema writes the dumps for the schema of this program; it is run when a version is released.
func TestDumpSchema(t *testing.T) {
	if !*dumpSchema {
		t.Skip("only with -dump-schema")
	}
	sqliteURL, postgresURL := storetest.SQLiteURL(t), storetest.PostgresURL(t)
	status, err := store.MigrateStatus(t.Context(), sqliteURL, store.Options{})
	require.NoError(t, err)
	dir := filepath.Join("testdata", "schema", strconv.FormatInt(status.Target, 10))
	require.NoError(t, os.MkdirAll(dir, 0o755))
	write := func(name string, b []byte) { require.NoError(t, os.WriteFile(filepath.Join(dir, name), b, 0o644)) }

	for _, u := range []string{postgresURL, sqliteURL} {
		s := storetest.Open(t, u)
		furnish(t, s)
		// Both databases are to have one epoch and one history, so that one description is good for both.
		require.NoError(t, store.Exec(t.Context(), s, `UPDATE revision SET epoch = 'dumped'`))
		require.NoError(t, store.Exec(t.Context(), s, `UPDATE journal SET at = 1700000000000 + revision`))
		rows, lists := described(t, s)
		write("rows.json", []byte(rows))
		write("lists.txt", []byte(lists))
		require.NoError(t, s.Close())
	}
	file, err := url.PathUnescape(strings.TrimPrefix(sqliteURL, "sqlite://"))
	require.NoError(t, err)
	dump, err := exec.Command("sqlite3", file, ".dump").Output()
	require.NoError(t, err)
	write("sqlite.sql", dump)
	dump, err = exec.Command("pg_dump", "--inserts", "--no-owner", "--no-privileges", "--no-comments", postgresURL).Output()
	require.NoError(t, err)
	write("postgres.sql", plainSQL(dump))
}

// plainSQL leaves out what depends on the version of pg_dump, and what only psql understands.
func plainSQL(dump []byte) []byte {
	var kept []string
	for line := range strings.Lines(string(dump)) {
		if strings.HasPrefix(line, `\`) || strings.HasPrefix(line, "--") || strings.HasPrefix(line, "SET ") ||
			strings.HasPrefix(line, "SELECT pg_catalog.set_config(") || strings.TrimSpace(line) == "" {
			continue
		}
		kept = append(kept, line)
	}
	return []byte(strings.Join(kept, ""))
}
