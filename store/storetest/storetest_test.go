package storetest_test

import (
	"bufio"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/fleet"
	"github.com/promshard/promshard/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

func TestRun(t *testing.T) {
	epochs := map[string]bool{}
	for range 2 {
		storetest.Run(t, func(t *testing.T, s *store.Store) {
			r, err := s.Revision(t.Context())
			require.NoError(t, err)
			require.Zero(t, r.Number)
			require.Len(t, r.Epoch, 32)
			require.NotContains(t, epochs, r.Epoch, "every database has an epoch of its own")
			epochs[r.Epoch] = true

			shards, err := s.Shards(t.Context(), store.ShardFilter{})
			require.NoError(t, err)
			require.Empty(t, shards, "nothing is left of the test before")
			require.NoError(t, s.CreateShard(t.Context(), &store.Shard{Name: "x", Enabled: true}))
		})
	}
}

func TestSeed(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		f := fleet.Fleet{Shards: 2, Services: 3, Projects: 5, Hosts: 40, Exporters: 10}
		result := storetest.Seed(t, s, f)
		require.EqualValues(t, 5, result.Imported.Projects)
		hosts, err := s.Hosts(t.Context(), store.HostFilter{})
		require.NoError(t, err)
		require.Len(t, hosts, 40)
	})
}

// TestDatabasesOfPostgreSQLAreUsedAgain looks at what a test finds in the database that another has had.
func TestDatabasesOfPostgreSQLAreUsedAgain(t *testing.T) {
	had := map[string]bool{}
	use := func(t *testing.T, change string) (db *sql.DB, again bool) {
		t.Helper()
		u := storetest.PostgresURL(t)
		db, err := sql.Open("postgres", u)
		require.NoError(t, err)
		t.Cleanup(func() { db.Close() })
		_, err = db.ExecContext(t.Context(), change)
		require.NoError(t, err)
		again, had[u] = had[u], true
		return db, again
	}
	look := func(t *testing.T) (rows, epoch string, again bool) {
		t.Helper()
		db, again := use(t, `SELECT 1`)
		require.NoError(t, db.QueryRowContext(t.Context(), `SELECT epoch FROM revision`).Scan(&epoch))
		require.NoError(t, db.QueryRowContext(t.Context(), `
			SELECT concat(
				query_to_xml('SELECT number FROM revision', true, false, ''),
				query_to_xml('SELECT * FROM schema_version ORDER BY 1', true, false, ''),
				query_to_xml('SELECT count(*) FROM shard', true, false, ''),
				query_to_xml('SELECT sequencename, last_value FROM pg_sequences ORDER BY 1', true, false, ''))`).Scan(&rows))
		return rows, epoch, again
	}
	var rows, epoch string
	t.Run("a new one", func(t *testing.T) { rows, epoch, _ = look(t) })
	t.Run("one with rows", func(t *testing.T) {
		_, again := use(t, `
			INSERT INTO shard (name, url, enabled, samples, targets) VALUES ('x', '', true, 0, 0);
			INSERT INTO server (host, port, shard_id) VALUES ('p', 1, 1);
			UPDATE revision SET number = 7;
			DELETE FROM schema_version WHERE version_id = 1`)
		require.True(t, again)
	})
	t.Run("the same as a new one", func(t *testing.T) {
		after, another, again := look(t)
		require.True(t, again)
		require.Equal(t, rows, after)
		require.NotEqual(t, epoch, another, "every database has an epoch of its own")
	})
	for name, change := range map[string]string{
		"a column":                   `ALTER TABLE shard ADD COLUMN more TEXT`,
		"a constraint that went":     `ALTER TABLE server DROP CONSTRAINT server_shard_id_fkey`,
		"a trigger":                  `CREATE FUNCTION f() RETURNS trigger AS 'BEGIN RETURN NULL; END' LANGUAGE plpgsql; CREATE TRIGGER f AFTER INSERT ON shard EXECUTE FUNCTION f()`,
		"a default back and forth":   `ALTER TABLE shard ALTER COLUMN url SET DEFAULT ''; ALTER TABLE shard ALTER COLUMN url DROP DEFAULT`,
		"a table in another schema":  `CREATE SCHEMA other; CREATE TABLE other.x (y TEXT)`,
		"a setting":                  `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET timezone = %L', current_database(), 'UTC'); END $$`,
		"more rows than are deleted": `INSERT INTO shard (name, url, enabled, samples, targets) SELECT 'x' || i, repeat('x', 100), true, 0, 0 FROM generate_series(1, 50000) AS i`,
	} {
		t.Run("one with "+name, func(t *testing.T) { use(t, change) })
		t.Run("not the one with "+name, func(t *testing.T) {
			after, _, again := look(t)
			require.False(t, again)
			require.Equal(t, rows, after)
		})
		clear(had)
	}
}

// TestClusterGoesWithItsProcess kills a process that has a cluster, and waits for the cluster to be gone.
func TestClusterGoesWithItsProcess(t *testing.T) {
	const variable = "PROMSHARD_TEST_CHILD"
	if os.Getenv(variable) != "" {
		u, err := url.Parse(storetest.NewCluster(t).DatabaseURL(t))
		require.NoError(t, err)
		fmt.Println(u.Query().Get("host"))
		time.Sleep(time.Minute) // to be killed
		return
	}
	storetest.PostgresURL(t) // skips the test where there is no PostgreSQL
	child := exec.Command(os.Args[0], "-test.run=^TestClusterGoesWithItsProcess$")
	child.Env = append(os.Environ(), variable+"=1")
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	lines := bufio.NewScanner(out)
	require.True(t, lines.Scan())
	dir := lines.Text()
	require.DirExists(t, dir)
	require.NoError(t, child.Process.Kill())
	require.Error(t, child.Wait())
	require.Eventually(t, func() bool {
		_, err := os.Stat(dir)
		return os.IsNotExist(err)
	}, 30*time.Second, 50*time.Millisecond)
}

func TestMariaDB(t *testing.T) {
	for range 2 {
		t.Run("empty", func(t *testing.T) {
			u, err := url.Parse(storetest.MariaDB(t))
			require.NoError(t, err)
			db, err := sql.Open("mysql", "root@unix("+u.Query().Get("unix_socket")+")"+u.Path)
			require.NoError(t, err)
			defer db.Close()
			var tables int
			require.NoError(t, db.QueryRowContext(t.Context(),
				`SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = database()`).Scan(&tables))
			require.Zero(t, tables)
			_, err = db.ExecContext(t.Context(), `CREATE TABLE 表 (名 VARCHAR(10))`)
			require.NoError(t, err)
		})
	}
}
