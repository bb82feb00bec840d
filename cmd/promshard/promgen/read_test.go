package promgen_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/cmd/promshard/promgen"
	"github.com/promshard/promshard/cmd/promshard/promgen/promgentest"
	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

func read(t *testing.T, dsn string) promgen.Source {
	t.Helper()
	db, err := promgen.ParseDSN(dsn, "")
	require.NoError(t, err)
	source, err := db.Read(t.Context())
	require.NoError(t, err)
	return source
}

func TestReadKeepsWhatPromgenHas(t *testing.T) {
	promgentest.Run(t, func(t *testing.T, dsn string) {
		s := read(t, dsn)
		assert.Contains(t, s.Shards, store.SyncShard{Key: 4, Name: "osaka 2/b", URL: "https://osaka.example.com/", Enabled: true, Samples: 750000, Targets: 1200})
		assert.Contains(t, s.Shards, store.SyncShard{Key: 5, Name: `the "old" one`, Samples: 5000000, Targets: 10000})
		assert.Contains(t, s.Servers, store.SyncServer{Key: 2, Host: "2001:DB8::9", Port: 9090, Shard: 3})
		assert.Contains(t, s.Services, store.SyncService{Key: 1, Name: "shop", Description: "Sells things.\nSee \"the wiki\".", Owner: "alice"})
		assert.Contains(t, s.Services, store.SyncService{Key: 2, Name: "日本語 のサービス", Owner: "山田太郎"})
		assert.Contains(t, s.Projects, store.SyncProject{Key: 3, Name: "it's \"quoted\" \\ `here` $HOME; --", Service: 2, Shard: 5})
		assert.Contains(t, s.Projects, store.SyncProject{Key: 1, Name: "shop web", Owner: "山田太郎", Service: 1, Shard: 3})
		assert.Contains(t, s.Farms, store.SyncFarm{Key: 3, Name: "農場 <1> & 'co'", Source: "プラグイン", Project: 3})
		assert.Contains(t, s.Hosts, store.SyncHost{Key: 5, Name: "2001:DB8:0:0::2", Farm: 2})
		assert.Contains(t, s.Exporters, store.SyncExporter{
			Key: 3, Job: "blackbox", Port: 9115, Path: "/probe?module=icmp&target=192.0.2.1%3A80", Scheme: "http", Enabled: true, Project: 1,
		})
		assert.Contains(t, s.Exporters, store.SyncExporter{Key: 4, Job: "jmx", Port: 9404, Scheme: "http", Project: 1}, "a disabled one")
		assert.Contains(t, s.DefaultExporters, store.SyncDefaultExporter{Key: 2, Job: "blackbox", Port: 9115, Path: "/probe?module=http_2xx", Scheme: "https"})
		assert.Contains(t, s.Probes, store.SyncProbe{Key: 11, Module: "http post/日本"})
		assert.Contains(t, s.URLs, store.SyncURL{Key: 3, URL: "https://shop.example.com/", Project: 1, Probe: 11})
	})
}

func TestReadGivesTheSameFromEveryDatabase(t *testing.T) {
	want := read(t, promgentest.SQLite(t))
	require.Len(t, want.Hosts, 29, "27 hosts, and copies of the two of a shared farm")
	assert.Equal(t, want, read(t, promgentest.MariaDB(t)))
	assert.Equal(t, want, read(t, promgentest.Postgres(t)))
}

func TestReadCopiesASharedFarm(t *testing.T) {
	dsn := promgentest.SQLite(t)
	s := read(t, dsn)
	var farms []store.SyncFarm
	hosts := map[int64][]string{}
	for _, f := range s.Farms {
		if f.Name == "shared" {
			farms = append(farms, f)
		}
	}
	for _, h := range s.Hosts {
		hosts[h.Farm] = append(hosts[h.Farm], h.Name)
	}
	require.Len(t, farms, 2)
	assert.Equal(t, store.SyncFarm{Key: 6, Name: "shared", Source: "promgen", Project: 6}, farms[0])
	assert.Equal(t, store.SyncFarm{Key: 7, Name: "shared", Source: "promgen", Project: 7}, farms[1])
	assert.Equal(t, []string{"s1", "s2"}, hosts[farms[0].Key])
	assert.Equal(t, []string{"s1", "s2"}, hosts[farms[1].Key])
	assert.Equal(t, s, read(t, dsn), "keys are the same at every run")
}

func TestReadUnderstandsTheNewerLayout(t *testing.T) {
	promgentest.Run(t, func(t *testing.T, dsn string) {
		older := read(t, dsn)
		promgentest.NewerLayout(t, dsn)
		newer := read(t, dsn)
		assert.ElementsMatch(t, older.Farms, newer.Farms)
		assert.Equal(t, older.Projects, newer.Projects)
		assert.Equal(t, older.LeftOut, newer.LeftOut)
		assert.Len(t, newer.Hosts, len(older.Hosts))
	})
}

func TestReadListsFarmsWithoutAProject(t *testing.T) {
	s := read(t, promgentest.SQLite(t))
	require.Len(t, s.LeftOut, 1)
	assert.Equal(t, store.SyncRefused, s.LeftOut[0].Kind)
	assert.EqualValues(t, 5, s.LeftOut[0].Key)
	assert.Equal(t, "nobody's", s.LeftOut[0].Name)
	assert.NotEmpty(t, s.LeftOut[0].Hint)
}

func TestReadTakesOneFarmOfAProject(t *testing.T) {
	dsn := promgentest.SQLite(t)
	promgentest.NewerLayout(t, dsn)
	promgentest.Exec(t, dsn, `INSERT INTO promgen_farm (id, name, source, project_id) VALUES (99, 'second', 'promgen', 1)`)
	s := read(t, dsn)
	require.Len(t, s.LeftOut, 2)
	assert.Equal(t, "second", s.LeftOut[1].Name)
	assert.Contains(t, s.LeftOut[1].Reason, `"web machines"`)
}

func TestReadNeverWrites(t *testing.T) {
	dsn := promgentest.SQLite(t)
	path := strings.TrimPrefix(dsn, "sqlite:")
	before, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.Chmod(path, 0o400))
	read(t, dsn)
	after, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, before, after)
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	assert.Len(t, entries, 1, "no journal beside it")
}

func TestReadSeesOneStateWhileOthersWrite(t *testing.T) {
	promgentest.Run(t, func(t *testing.T, dsn string) {
		writes, stop := writeInPairs(t, promgentest.Open(t, dsn))
		defer stop()
		for reads := 0; reads < 20 || writes.Load() < 10; reads++ {
			time.Sleep(2 * time.Millisecond) // SQLite lets a writer in between readers only
			s := read(t, dsn)
			hosts := 0
			for _, h := range s.Hosts {
				if h.Key >= 5000 {
					hosts++
				}
			}
			exporters := 0
			for _, e := range s.Exporters {
				if e.Key >= 5000 {
					exporters++
				}
			}
			require.Equal(t, hosts, exporters, "a host and an exporter come and go in one transaction")
		}
	})
}

// TestReadOfAFileInTheMiddleOfAWrite has a copy of a file and of its journal, as a machine leaves them that was switched off.
func TestReadOfAFileInTheMiddleOfAWrite(t *testing.T) {
	dsn := promgentest.SQLite(t)
	tx, err := promgentest.Open(t, dsn).BeginTx(t.Context(), nil)
	require.NoError(t, err)
	for _, statement := range []string{
		`PRAGMA cache_size = 1`, // what does not fit into the cache goes to the file, and the journal before that
		`DELETE FROM promgen_host`,
		`CREATE TABLE large AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) SELECT randomblob(4000) FROM n`,
	} {
		_, err = tx.ExecContext(t.Context(), statement)
		require.NoError(t, err)
	}
	file := strings.TrimPrefix(dsn, "sqlite:")
	left := filepath.Join(t.TempDir(), "left.sqlite3")
	for _, end := range []string{"", "-journal"} {
		content, err := os.ReadFile(file + end)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(left+end, content, 0o600))
	}
	require.NoError(t, tx.Rollback())

	db, err := promgen.ParseDSN("sqlite:"+left, "")
	require.NoError(t, err)
	_, err = db.Read(t.Context())
	require.ErrorContains(t, err, "was left in the middle of a write")
	var refused *store.Error
	require.ErrorAs(t, err, &refused)
	require.Contains(t, refused.Hint, "sqlite3")
	require.FileExists(t, left+"-journal", "nothing is written, and nothing taken away")

	var hosts int
	require.NoError(t, promgentest.Open(t, "sqlite:"+left).QueryRowContext(t.Context(), `SELECT count(*) FROM promgen_host`).Scan(&hosts))
	require.Positive(t, hosts)
	require.NotEmpty(t, read(t, "sqlite:"+left).Hosts, "once the write is taken back it is read")
}

// writeInPairs adds and removes a host and an exporter, both in one transaction, until stop is called. It counts the
// transactions.
func writeInPairs(t *testing.T, db *sql.DB) (writes *atomic.Int64, stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	writes = new(atomic.Int64)
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			statements := []string{
				`INSERT INTO promgen_host (id, name, farm_id) VALUES (5000, 'pair', 1)`,
				`INSERT INTO promgen_exporter (id, job, port, path, scheme, enabled, project_id) VALUES (5000, 'pair', 1, '', 'http', TRUE, 1)`,
			}
			if writes.Load()%2 == 1 {
				statements = []string{`DELETE FROM promgen_host WHERE id = 5000`, `DELETE FROM promgen_exporter WHERE id = 5000`}
			}
			if inOne(ctx, db, statements) == nil { // else SQLite was busy
				writes.Add(1)
			}
		}
	}()
	return writes, func() {
		cancel()
		<-done
	}
}

func inOne(ctx context.Context, db *sql.DB, statements []string) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	for _, s := range statements {
		if _, err := tx.ExecContext(ctx, s); err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
	return tx.Commit()
}

func TestReadNeedsNoMoreThanSelect(t *testing.T) {
	dsn := promgentest.MariaDB(t)
	promgentest.Exec(t, dsn, `CREATE OR REPLACE USER reader@localhost IDENTIFIED BY 's3cr/t@'`)
	for _, table := range []string{
		"promgen_shard", "promgen_prometheus", "promgen_service", "promgen_project", "promgen_farm", "promgen_host",
		"promgen_exporter", "promgen_defaultexporter", "promgen_probe", "promgen_url",
	} {
		promgentest.Exec(t, dsn, "GRANT SELECT ON "+table+" TO reader@localhost")
	}
	as := strings.Replace(dsn, "root@", "reader:wrong@", 1)
	_, err := promgen.ParseDSN(as, "")
	require.NoError(t, err)
	db, err := promgen.ParseDSN(as, "s3cr/t@")
	require.NoError(t, err)
	_, err = db.Read(t.Context())
	require.ErrorIs(t, err, store.ErrInvalid)
	require.ErrorContains(t, err, "auth_user")
	promgentest.Exec(t, dsn, "GRANT SELECT (id, username) ON auth_user TO reader@localhost")
	s, err := db.Read(t.Context())
	require.NoError(t, err)
	assert.Equal(t, read(t, dsn), s)
}
