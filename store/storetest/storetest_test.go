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
