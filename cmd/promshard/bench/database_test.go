//go:build bench && linux

package bench

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cespare/xxhash/v2"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/fleet"
	"github.com/promshard/promshard/store/storetest"
)

// database is a kind of database that can hold a fleet.
type database struct {
	name string
	// driver is the name for database/sql, and source what that calls the database of a URL.
	driver string
	source func(databaseURL string) string
	// filled returns the URL of a database with the fleet, shared by all that do not write; clone copies it.
	filled func(t *testing.T, f fleet.Fleet) string
	clone  func(t *testing.T, databaseURL string) string
}

var databases = []database{
	{name: "SQLite", driver: "sqlite", source: sqlitePath, filled: filledSQLite, clone: cloneSQLite},
	{name: "PostgreSQL", driver: "postgres", source: func(u string) string { return u }, filled: filledPostgres, clone: clonePostgres},
}

// eachDatabase runs fn as a subtest for each kind of database.
func eachDatabase(t *testing.T, fn func(t *testing.T, db database)) {
	t.Helper()
	for _, db := range databases {
		t.Run(db.name, func(t *testing.T) { fn(t, db) })
	}
}

func sqliteURL(path string) string     { return "sqlite://" + (&url.URL{Path: path}).EscapedPath() }
func sqlitePath(fromURL string) string { return strings.TrimPrefix(fromURL, "sqlite://") }

// filledSQLite keeps the file between runs, under a name that changes when fleets are made differently.
func filledSQLite(t *testing.T, f fleet.Fleet) string {
	t.Helper()
	path := filepath.Join(config.cache, fmt.Sprintf("%s-%x.db", f.Name, fingerprint(t, f)))
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		work := filepath.Join(t.TempDir(), "new.db")
		fill(t, sqliteURL(work), f)
		copySQLite(t, work, path)
	}
	_, err := store.Migrate(t.Context(), sqliteURL(path), store.Options{})
	require.NoError(t, err)
	return sqliteURL(path)
}

// fingerprint tells the size, and how fleets are made: that shows in the small one.
func fingerprint(t *testing.T, f fleet.Fleet) uint32 {
	t.Helper()
	h := xxhash.New()
	encoder := json.NewEncoder(h)
	require.NoError(t, encoder.Encode(f))
	for group, err := range fleet.Line.Groups() {
		require.NoError(t, err)
		require.NoError(t, encoder.Encode(group))
	}
	return uint32(h.Sum64())
}

// fill creates the database's schema and imports the fleet.
func fill(t *testing.T, databaseURL string, f fleet.Fleet) {
	t.Helper()
	start := time.Now()
	_, err := store.Migrate(t.Context(), databaseURL, store.Options{})
	require.NoError(t, err)
	s, err := store.Open(t.Context(), databaseURL, store.Options{})
	require.NoError(t, err)
	_, err = s.Import(t.Context(), f.Groups(), store.ImportOptions{})
	require.NoError(t, errors.Join(err, s.Close()))
	took := time.Since(start)
	t.Logf("imported %d hosts in %s, %s hosts", f.Hosts, formatDuration(took), formatRate(float64(f.Hosts)/took.Seconds()))
}

// copySQLite writes a complete copy of a database that nobody writes to, or none.
func copySQLite(t *testing.T, from, to string) {
	t.Helper()
	if log, err := os.Stat(from + "-wal"); err == nil {
		require.Zero(t, log.Size(), "what was written to %s is not in the file yet", from)
	}
	in, err := os.Open(from)
	require.NoError(t, err)
	defer in.Close()
	out, err := os.Create(to + ".part")
	require.NoError(t, err)
	_, err = io.Copy(out, in)
	require.NoError(t, errors.Join(err, out.Close()))
	require.NoError(t, os.Rename(to+".part", to))
}

func cloneSQLite(t *testing.T, databaseURL string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "clone.db")
	copySQLite(t, sqlitePath(databaseURL), path)
	return sqliteURL(path)
}

// postgresFleets are the databases of this run, by the fleet's name. They go with the cluster when the run ends.
var postgresFleets = map[string]string{}

func filledPostgres(t *testing.T, f fleet.Fleet) string {
	t.Helper()
	if u, ok := postgresFleets[f.Name]; ok {
		return u
	}
	cluster := storetest.EmptyPostgresURL(t)
	execPostgres(t, databaseIn(t, cluster, "postgres"), "CREATE DATABASE "+f.Name+" TEMPLATE template0")
	u := databaseIn(t, cluster, f.Name)
	fill(t, u, f)
	// Statistics and visibility as they are in a database that has been up for a while.
	execPostgres(t, u, "VACUUM ANALYZE")
	postgresFleets[f.Name] = u
	return u
}

// clones counts copies, for their names.
var clones atomic.Int64

// clonePostgres copies a database that nobody is connected to.
func clonePostgres(t *testing.T, databaseURL string) string {
	t.Helper()
	u, err := url.Parse(databaseURL)
	require.NoError(t, err)
	clone := fmt.Sprintf("clone_%d", clones.Add(1))
	admin := databaseIn(t, databaseURL, "postgres")
	execPostgres(t, admin, "CREATE DATABASE "+clone+" TEMPLATE "+strings.TrimPrefix(u.Path, "/"))
	t.Cleanup(func() { execPostgres(t, admin, "DROP DATABASE "+clone) })
	return databaseIn(t, databaseURL, clone)
}

// databaseIn returns the URL of another database in the same cluster.
func databaseIn(t *testing.T, databaseURL, name string) string {
	t.Helper()
	u, err := url.Parse(databaseURL)
	require.NoError(t, err)
	u.Path = "/" + name
	return u.String()
}

func execPostgres(t *testing.T, databaseURL, statement string) {
	t.Helper()
	db, err := sql.Open("postgres", databaseURL)
	require.NoError(t, err)
	_, err = db.Exec(statement)
	require.NoError(t, errors.Join(err, db.Close()), statement)
}
