//go:build dumpschema

package store_test

import (
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

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

// TestDumpSchema writes the dumps for the schema of this program; it is run when a version is released.
func TestDumpSchema(t *testing.T) {
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
