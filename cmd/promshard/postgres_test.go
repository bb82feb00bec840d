package main

import (
	"database/sql"
	"net/url"
	"testing"

	_ "github.com/lib/pq" // the driver "postgres"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store/storetest"
)

// emptyDatabase makes a database without a schema beside another, and returns its URL.
func emptyDatabase(t *testing.T, beside string) string {
	t.Helper()
	db, err := sql.Open("postgres", beside)
	require.NoError(t, err)
	defer db.Close()
	_, err = db.Exec(`CREATE DATABASE unmigrated`)
	require.NoError(t, err)
	u, err := url.Parse(beside)
	require.NoError(t, err)
	u.Path = "/unmigrated"
	return u.String()
}

func TestPostgreSQLIsMigratedOnPurposeOnly(t *testing.T) {
	t.Setenv("PROMSHARD_DATABASE", emptyDatabase(t, storetest.NewCluster(t).DatabaseURL(t)))
	for _, args := range [][]string{{"shard", "list"}, {"targets"}, {"register-server", "prod", "p1.example", "9090"}} {
		_, stderr, code := promshard(t, args...)
		assert.Equal(t, exitUnavailable, code, args)
		assert.Contains(t, stderr, "hint: run promshard migrate\n")
	}
	assert.Contains(t, mustRun(t, "migrate", "--status"), "due")
	assert.Contains(t, mustRun(t, "migrate"), "Applied 1 inventory\n")
	assert.Contains(t, mustRun(t, "migrate"), "Nothing to do")
	mustRun(t, "register-server", "prod", "p1.example", "9090")
	assert.Contains(t, mustRun(t, "server", "list", "--shard=prod"), "p1.example:9090")
	_, _, code := promshard(t, "shard", "rm", "prod")
	assert.Equal(t, exitConflict, code)
}
