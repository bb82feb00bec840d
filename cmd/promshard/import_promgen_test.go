package main

import (
	"database/sql"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/promshard/promshard/store/storetest"
)

// promgenFixtures is where Promgen's own databases and answers are, from the folder of this package.
var promgenFixtures = func() string {
	path, err := filepath.Abs("../../testdata/promgen")
	if err != nil {
		panic(err)
	}
	return path
}()

// promgenDatabase makes the SQLite database of a Promgen: promgen FILE.
func promgenDatabase(ts *testscript.TestScript, _ bool, args []string) {
	dump, err := os.ReadFile(filepath.Join(promgenFixtures, "sqlite", "0.61.0.sql"))
	ts.Check(err)
	execSQLite(ts, args[0], string(dump))
}

// promgenSQL runs a statement, or those of a file, on a SQLite database: promgensql FILE STATEMENT.
func promgenSQL(ts *testscript.TestScript, _ bool, args []string) {
	statement := args[1]
	if strings.HasSuffix(statement, ".sql") {
		statement = ts.ReadFile(statement)
	}
	execSQLite(ts, args[0], statement)
}

func execSQLite(ts *testscript.TestScript, file, statements string) {
	db, err := sql.Open("sqlite", ts.MkAbs(file))
	ts.Check(err)
	_, err = db.Exec(statements)
	ts.Check(err)
	ts.Check(db.Close())
}

// promgenWeb answers as Promgen did, to those who have the token.
func promgenWeb(t *testing.T) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	for path, file := range map[string]string{
		"/p/rest/shard/": "rest-shard.json", "/p/rest/service/": "rest-service.json", "/p/rest/project/": "rest-project.json",
		"/p/api/v1/targets": "targets.json", "/p/api/v1/urls": "urls.json",
	} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "Token t0ken" {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			http.ServeFile(w, r, filepath.Join(promgenFixtures, file))
		})
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server
}

func TestImportPromgenFromAWebServer(t *testing.T) {
	t.Run("into a database", func(t *testing.T) {
		t.Setenv(databaseVariable, "sqlite:"+filepath.Join(t.TempDir(), "promshard.db"))
		importFromPromgenWeb(t)
	})
	t.Run("into a server", func(t *testing.T) {
		t.Setenv(serverVariable, serveStore(t, storetest.SQLite(t)))
		t.Setenv(tokenVariable, "psh_"+exampleToken)
		importFromPromgenWeb(t)
	})
}

// importFromPromgenWeb shows Promgen's token to Promgen alone.
func importFromPromgenWeb(t *testing.T) {
	t.Helper()
	from := promgenWeb(t).URL + "/p/"
	token := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(token, []byte("t0ken\n"), 0o600))

	_, stderr, code := promshard(t, "import", "promgen", "--from", from, "--promgen-token=wr0ng")
	assert.Equal(t, exitUnavailable, code)
	assert.Contains(t, stderr, "fetching /rest/shard/: the server answered 401 Unauthorized\nhint: --promgen-token-file or --promgen-token")

	stdout, stderr, code := promshard(t, "import", "promgen", "--from", from, "--promgen-token-file", token)
	assert.Equal(t, exitLeftOut, code, stderr)
	assert.Contains(t, stdout, "Created 4 shards, 6 services, 2 probes, 8 projects, 7 farms, 16 hosts, 12 exporters, 5 URLs\n")
	assert.Contains(t, stdout, `refused project "no farm yet" (id 4): its shard is not known`)
	assert.Contains(t, stdout, "Not told by Promgen's web server: servers, default exporters, disabled exporters, ")

	t.Setenv("PROMSHARD_PROMGEN_TOKEN", "t0ken")
	stdout, _, code = promshard(t, "import", "promgen", "--from", from, "--output=json")
	assert.Equal(t, exitLeftOut, code)
	var report promgenReport
	require.NoError(t, json.Unmarshal([]byte(stdout), &report))
	assert.Empty(t, report.Changes)
	assert.NotEmpty(t, report.Issues)
	assert.NotEmpty(t, report.Absent)
	for _, c := range report.Counts {
		assert.LessOrEqual(t, c.LeftOut, c.Source, c.Noun)
	}
}

func TestImportPromgenGivesUpInTime(t *testing.T) {
	t.Setenv("PROMSHARD_DATABASE", "sqlite:"+filepath.Join(t.TempDir(), "promshard.db"))
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer server.Close()
	_, stderr, code := promshard(t, "import", "promgen", "--from", server.URL, "--timeout=50ms")
	assert.Equal(t, exitUnavailable, code)
	assert.Contains(t, stderr, "promshard: reading Promgen took longer than --timeout=50ms\n")
}
