package store_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

// forEmpty runs fn with the URL of an empty database of each kind; that of SQLite does not exist yet.
func forEmpty(t *testing.T, fn func(t *testing.T, databaseURL string)) {
	t.Run("sqlite", func(t *testing.T) { fn(t, storetest.EmptySQLiteURL(t)) })
	t.Run("postgres", func(t *testing.T) { fn(t, storetest.EmptyPostgresURL(t)) })
}

func TestMigrate(t *testing.T) {
	forEmpty(t, func(t *testing.T, u string) {
		before, err := store.MigrateStatus(t.Context(), u, store.Options{})
		require.NoError(t, err)
		require.Zero(t, before.Current)
		require.Positive(t, before.Target)
		require.Equal(t, before.Target, before.Migrations[len(before.Migrations)-1].Version)
		require.Equal(t, "inventory", before.Migrations[0].Name)
		for _, m := range before.Migrations {
			require.Nil(t, m.AppliedAt)
		}

		_, err = store.Open(t.Context(), u, store.Options{})
		require.ErrorIs(t, err, store.ErrUnavailable, "what is not migrated is not opened")
		var e *store.Error
		require.ErrorAs(t, err, &e)
		require.Contains(t, e.Hint, "promshard migrate")

		done, err := store.Migrate(t.Context(), u, store.Options{})
		require.NoError(t, err)
		require.Equal(t, done.Target, done.Current)
		require.Len(t, done.Applied, len(done.Migrations))
		for _, m := range done.Migrations {
			require.WithinDuration(t, time.Now(), *m.AppliedAt, time.Minute)
		}
		s := storetest.Open(t, u)
		first, err := s.Revision(t.Context())
		require.NoError(t, err)

		again, err := store.Migrate(t.Context(), u, store.Options{})
		require.NoError(t, err)
		require.Empty(t, again.Applied)
		require.Equal(t, done.Migrations, again.Migrations)
		second, err := s.Revision(t.Context())
		require.NoError(t, err)
		require.Equal(t, first, second, "an inventory keeps its epoch")

		status, err := store.MigrateStatus(t.Context(), u, store.Options{})
		require.NoError(t, err)
		require.Equal(t, again, status)
	})
}

func TestMigrateStatusCreatesNothing(t *testing.T) {
	u := storetest.EmptySQLiteURL(t)
	_, err := store.MigrateStatus(t.Context(), u, store.Options{})
	require.NoError(t, err)
	require.NoFileExists(t, strings.TrimPrefix(u, "sqlite://"))
}

func TestMigrateAtOnce(t *testing.T) {
	forEmpty(t, func(t *testing.T, u string) {
		applied := make([]int, 8)
		errs := make([]error, len(applied))
		var all sync.WaitGroup
		for i := range applied {
			all.Go(func() {
				var status store.MigrationStatus
				status, errs[i] = store.Migrate(t.Context(), u, store.Options{})
				applied[i] = len(status.Applied)
			})
		}
		all.Wait()
		sum := 0
		for i, err := range errs {
			require.NoError(t, err)
			sum += applied[i]
		}
		status, err := store.MigrateStatus(t.Context(), u, store.Options{})
		require.NoError(t, err)
		require.Len(t, status.Migrations, sum, "each migration is applied by one of them")
		storetest.Open(t, u)
	})
}

func TestMigrateFromProcessesAtOnce(t *testing.T) {
	forEmpty(t, func(t *testing.T, u string) {
		var children []*exec.Cmd
		var gates []io.Closer
		for range 4 {
			c, gate := child(t, "migrate", u)
			children, gates = append(children, c), append(gates, gate)
		}
		for _, gate := range gates {
			require.NoError(t, gate.Close())
		}
		for _, c := range children {
			require.NoError(t, c.Wait(), "%s", c.Stderr)
		}
		storetest.Open(t, u)
	})
}

func TestNewerSchemaIsRefused(t *testing.T) {
	storetest.RunURL(t, func(t *testing.T, u string) {
		s := storetest.Open(t, u)
		require.NoError(t, store.Exec(t.Context(), s,
			`INSERT INTO schema_version (version_id, is_applied) VALUES (4711, CAST(1 AS `+boolean(u)+`))`))

		_, migrateErr := store.Migrate(t.Context(), u, store.Options{})
		_, openErr := store.Open(t.Context(), u, store.Options{})
		status, statusErr := store.MigrateStatus(t.Context(), u, store.Options{})
		for _, err := range []error{migrateErr, openErr, statusErr} {
			require.ErrorIs(t, err, store.ErrUnavailable)
			require.ErrorContains(t, err, "has schema version 4711, newer than the")
			var e *store.Error
			require.ErrorAs(t, err, &e)
			require.Contains(t, e.Hint, "newer promshard")
		}
		require.EqualValues(t, 4711, status.Current)
	})
}

func boolean(databaseURL string) string {
	if strings.HasPrefix(databaseURL, "sqlite") {
		return "INTEGER"
	}
	return "BOOLEAN"
}

func TestBothSchemasHaveTheSameColumns(t *testing.T) {
	columns := func(s *store.Store, query string) []string {
		list, err := store.Query[string](t.Context(), s, query)
		require.NoError(t, err)
		require.Greater(t, len(list), 50)
		return list
	}
	require.Equal(t,
		columns(storetest.SQLite(t), `
			SELECT t.name || '.' || c.name
			FROM   sqlite_schema t, pragma_table_info(t.name) c
			WHERE  t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.name <> 'schema_version'
			ORDER  BY 1`),
		columns(storetest.Postgres(t), `
			SELECT (table_name || '.' || column_name) COLLATE "C"
			FROM   information_schema.columns
			WHERE  table_schema = 'public' AND table_name <> 'schema_version'
			ORDER  BY 1`))
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	require.NoError(t, os.WriteFile(text, []byte(strings.Repeat("not a database\n", 100)), 0o600))
	below := filepath.Join(text, "below.db")

	for name, try := range map[string]func() error{
		"does not exist":             func() error { return open(t, "sqlite://"+dir+"/missing.db") },
		"is a folder":                func() error { return open(t, "sqlite://"+dir) },
		"is not an SQLite database":  func() error { return open(t, "sqlite://"+text) },
		"cannot be opened":           func() error { return open(t, "sqlite://"+below) },
		"cannot be created":          func() error { return migrate(t, "sqlite://"+below) },
		"is a folder; name a file":   func() error { return migrate(t, "sqlite://"+dir) },
		"is not an SQLite database ": func() error { return migrate(t, "sqlite://"+text) },
		"lost or refused":            func() error { return open(t, "postgres://u:secret@127.0.0.1:1/d?sslmode=disable") },
		"lost or refused ":           func() error { return migrate(t, "postgres://u:secret@127.0.0.1:1/d?sslmode=disable") },
	} {
		t.Run(name, func(t *testing.T) {
			err := try()
			require.ErrorIs(t, err, store.ErrUnavailable)
			require.ErrorContains(t, err, strings.TrimSpace(name))
			require.NotContains(t, err.Error(), "secret")
		})
	}
}

func TestPostgresSaysWhatIsMissing(t *testing.T) {
	u := storetest.EmptyPostgresURL(t)
	err := open(t, strings.Replace(u, "/test_", "/missing_", 1))
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.ErrorContains(t, err, "has no such database")
	err = open(t, strings.Replace(u, "promshard@", "nobody-known@", 1))
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.ErrorContains(t, err, "does not let this user in")
}

func TestMigrateCreatesFolders(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "b ?#%", "p.db")
	escaped := strings.NewReplacer("%", "%25", "?", "%3F", "#", "%23").Replace(path)
	require.NoError(t, migrate(t, "sqlite://"+escaped))
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Zero(t, info.Mode().Perm()&0o007, "the inventory is nobody else's business")
	info, err = os.Stat(filepath.Dir(path))
	require.NoError(t, err)
	require.Zero(t, info.Mode().Perm()&0o007)
	storetest.Open(t, "sqlite://"+escaped)
}

func open(t *testing.T, u string) error {
	s, err := store.Open(t.Context(), u, store.Options{})
	if err == nil {
		require.NoError(t, s.Close())
	}
	return err
}

func migrate(t *testing.T, u string) error {
	_, err := store.Migrate(t.Context(), u, store.Options{})
	return err
}

// children are what this test binary does when it is started by a test with one of these names.
var children = map[string]func(ctx context.Context, databaseURL string) error{
	"migrate": func(ctx context.Context, u string) error {
		_, err := store.Migrate(ctx, u, store.Options{})
		return err
	},
	"write": writeForever,
}

const childVariable = "PROMSHARD_TEST_CHILD"

// runChild does what a parent asked for, once its standard input ends.
func runChild(name string) {
	_, _ = io.Copy(io.Discard, os.Stdin)
	if err := children[name](context.Background(), os.Getenv(childVariable+"_URL")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// child starts this test binary as a child that begins when gate is closed.
func child(t *testing.T, name, databaseURL string) (cmd *exec.Cmd, gate io.Closer) {
	cmd = exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), childVariable+"="+name, childVariable+"_URL="+databaseURL)
	cmd.Stderr = new(strings.Builder)
	gate, err := cmd.StdinPipe()
	require.NoError(t, err)
	if name == "write" {
		return cmd, gate // the caller wants its output first
	}
	require.NoError(t, cmd.Start())
	return cmd, gate
}
