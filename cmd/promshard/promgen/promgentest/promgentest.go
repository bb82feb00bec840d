// Package promgentest gives tests the database of a Promgen in each kind of database, from the dumps in testdata/promgen.
//
// A package that uses it calls storetest.Main from TestMain.
package promgentest

import (
	"database/sql"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	_ "github.com/go-sql-driver/mysql" // the driver "mysql"
	_ "github.com/lib/pq"              // the driver "postgres"
	_ "modernc.org/sqlite"             // the driver "sqlite"

	"github.com/promshard/promshard/store/storetest"
)

// Run runs fn as the subtests "sqlite", "mariadb" and "postgres", each with the DSN of a Promgen database of its own.
func Run(t *testing.T, fn func(t *testing.T, dsn string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { fn(t, SQLite(t)) })
	t.Run("mariadb", func(t *testing.T) { fn(t, MariaDB(t)) })
	t.Run("postgres", func(t *testing.T) { fn(t, Postgres(t)) })
}

// SQLite returns the DSN of a Promgen database in a file.
func SQLite(tb testing.TB) string {
	tb.Helper()
	dsn := "sqlite:" + filepath.Join(tb.TempDir(), "promgen.sqlite3")
	Exec(tb, dsn, dump(tb, "sqlite"))
	return dsn
}

// MariaDB returns the DSN of a Promgen database in MariaDB.
func MariaDB(tb testing.TB) string {
	tb.Helper()
	dsn := storetest.MariaDB(tb)
	Exec(tb, dsn, dump(tb, "mariadb"))
	return dsn
}

// Postgres returns the DSN of a Promgen database in PostgreSQL.
func Postgres(tb testing.TB) string {
	tb.Helper()
	dsn := storetest.EmptyPostgresURL(tb)
	Exec(tb, dsn, dump(tb, "postgres"))
	return dsn
}

// File returns the path of a file in testdata/promgen.
func File(tb testing.TB, name string) string {
	tb.Helper()
	_, here, _, ok := runtime.Caller(0)
	if !ok {
		tb.Fatal("no caller")
	}
	return filepath.Join(filepath.Dir(here), "..", "..", "..", "..", "testdata", "promgen", name)
}

func dump(tb testing.TB, kind string) string {
	tb.Helper()
	text, err := os.ReadFile(File(tb, kind+"/0.61.0.sql"))
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}

// Exec runs statements on a database, as Promgen would.
func Exec(tb testing.TB, dsn string, statements ...string) {
	tb.Helper()
	db := Open(tb, dsn)
	for _, s := range statements {
		if _, err := db.ExecContext(tb.Context(), s); err != nil {
			tb.Fatalf("running %.200s: %v", s, err)
		}
	}
}

// Open opens a database for writing. It is closed when the test ends, before the database is dropped.
func Open(tb testing.TB, dsn string) *sql.DB {
	tb.Helper()
	driver, source := "postgres", dsn
	if path, ok := strings.CutPrefix(dsn, "sqlite:"); ok {
		driver, source = "sqlite", path
	} else if strings.HasPrefix(dsn, "mysql:") {
		u, err := url.Parse(dsn)
		if err != nil {
			tb.Fatal(err)
		}
		driver, source = "mysql", "root@unix("+u.Query().Get("unix_socket")+")"+u.Path+"?multiStatements=true&charset=utf8mb4"
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		tb.Fatal(err)
	}
	db.SetMaxOpenConns(1) // session settings hold for all statements
	tb.Cleanup(func() {
		if err := db.Close(); err != nil {
			tb.Error(err)
		}
	})
	return db
}

// NewerLayout turns the database into the layout of Promgen's newer versions, where a farm has a project. A farm that several projects
// share becomes one for each.
func NewerLayout(tb testing.TB, dsn string) {
	tb.Helper()
	drop := "DROP TABLE %s"
	switch {
	case strings.HasPrefix(dsn, "postgres"):
		drop += " CASCADE"
	case strings.HasPrefix(dsn, "mysql"):
		dropForeignKeys(tb, dsn)
	}
	Exec(tb, dsn, strings.Join([]string{
		`CREATE TABLE links AS
			SELECT p.id AS project, p.farm_id AS farm,
			       CASE WHEN p.id = (SELECT MIN(q.id) FROM promgen_project q WHERE q.farm_id = p.farm_id) THEN p.farm_id ELSE 1000 + p.id END AS own
			FROM   promgen_project p
			WHERE  p.farm_id IS NOT NULL`,
		`CREATE TABLE new_project AS SELECT id, name, description, owner_id, service_id, shard_id FROM promgen_project`,
		`CREATE TABLE new_farm AS
			SELECT l.own AS id, f.name, f.source, l.project AS project_id FROM links l JOIN promgen_farm f ON f.id = l.farm
			UNION ALL
			SELECT f.id, f.name, f.source, NULL FROM promgen_farm f WHERE f.id NOT IN (SELECT farm FROM links)`,
		strings.ReplaceAll(drop, "%s", "promgen_project"),
		strings.ReplaceAll(drop, "%s", "promgen_farm"),
		`ALTER TABLE new_project RENAME TO promgen_project`,
		`ALTER TABLE new_farm RENAME TO promgen_farm`,
		`INSERT INTO promgen_host (id, name, farm_id)
			SELECT 1000 * l.project + h.id, h.name, l.own FROM links l JOIN promgen_host h ON h.farm_id = l.farm WHERE l.own <> l.farm`,
	}, ";\n"))
}

// dropForeignKeys lets MariaDB drop tables that others refer to.
func dropForeignKeys(tb testing.TB, dsn string) {
	tb.Helper()
	rows, err := Open(tb, dsn).QueryContext(tb.Context(), `
		SELECT DISTINCT CONCAT('ALTER TABLE ', table_name, ' DROP FOREIGN KEY ', constraint_name)
		FROM   information_schema.key_column_usage
		WHERE  table_schema = database() AND referenced_table_name IN ('promgen_project', 'promgen_farm')`)
	if err != nil {
		tb.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var statement string
		if err := rows.Scan(&statement); err != nil {
			tb.Fatal(err)
		}
		Exec(tb, dsn, statement)
	}
	if err := rows.Err(); err != nil {
		tb.Fatal(err)
	}
}
