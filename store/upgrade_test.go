package store_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

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
