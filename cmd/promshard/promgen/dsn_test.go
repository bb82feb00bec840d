package promgen_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/cmd/promshard/promgen"
	"github.com/promshard/promshard/cmd/promshard/promgen/promgentest"
	"github.com/promshard/promshard/store"
)

const password = "p4ss/w:rd@"

func TestParseDSNAcceptsWhatDjangoDoes(t *testing.T) {
	for dsn, name := range map[string]string{
		"mysql://promgen:p4ss%2Fw%3Ard%40@db.example:3307/promgen":                       "mysql://promgen@db.example:3307/promgen",
		"mariadb://promgen@/promgen?unix_socket=/run/mysqld/mysqld.sock&charset=utf8mb4": "mysql://promgen@/promgen",
		"mysql://promgen@db.example/promgen?ssl_mode=REQUIRED&conn_max_age=60":           "mysql://promgen@db.example/promgen",
		"mysql://promgen@db.example/promgen?ssl_mode=verify_identity":                    "mysql://promgen@db.example/promgen",
		"mysql://promgen@[2001:db8::1]/promgen?ssl-mode=DISABLED":                        "mysql://promgen@[2001:db8::1]/promgen",
		"postgres://promgen:p4ss%2Fw%3Ard%40@db.example/promgen?sslmode=disable":         "postgres://promgen@db.example/promgen",
		"pgsql://promgen@/promgen?host=/run/postgresql&CONN_MAX_AGE=60":                  "postgres://promgen@/promgen",
		"postgresql://db.example:5433/promgen":                                           "postgres://db.example:5433/promgen",
		"sqlite:promgen.sqlite3":                                                         "promgen.sqlite3",
		"sqlite:/var/lib/promgen?#.sqlite3":                                              "/var/lib/promgen?#.sqlite3",
		"sqlite:///promgen.sqlite3":                                                      "promgen.sqlite3",
		"sqlite:////var/lib/prom%20gen.sqlite3?timeout=20":                               "/var/lib/prom gen.sqlite3",
	} {
		db, err := promgen.ParseDSN(dsn, "")
		if assert.NoError(t, err, dsn) {
			assert.Equal(t, name, db.String(), dsn)
		}
	}
}

func TestParseDSNRefusesWithoutTellingSecrets(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing.pem")
	notPEM := filepath.Join(t.TempDir(), "not.pem")
	require.NoError(t, os.WriteFile(notPEM, []byte("no"), 0o600))
	for dsn, want := range map[string]string{
		"":                   "has no scheme",
		"promgen.sqlite3":    "has no scheme",
		"sqlite":             "has no scheme",
		"oracle://db/x":      `scheme "oracle" is not known`,
		"sqlite:":            "names no file",
		"sqlite://:memory:":  "has a host",
		"sqlite::memory:":    "names no file",
		"sqlite://host/path": "has a host",
		"sqlite:///%zz":      "two hexadecimal digits",
		"mysql:promgen":      "needs two slashes",
		"mysql://promgen:" + password + "/x@db/promgen":                "percent-encoded",
		"mysql://promgen:s3cret@db.example/":                           "names no database",
		"mysql://promgen:s3cret@db.example/promgen?colour=s3cret":      `has the parameter "colour"`,
		"mysql://promgen:s3cret@db/promgen?ssl_mode=SOMETIMES":         `has ssl_mode "SOMETIMES"`,
		"mysql://promgen:s3cret@db/promgen?ssl_ca=" + missing:          "no such file",
		"mysql://promgen:s3cret@db/promgen?ssl_ca=" + notPEM:           "there is no certificate",
		"postgres://promgen:s3cret@db/promgen?connect_timeout=s3cret":  "connect_timeout",
		"postgres://promgen:s3cret@%2Frun%2Fpostgresql/promgen":        "?host=",
		"postgres://promgen:s3cret@db.example":                         "names no database",
		"postgres://promgen:s3cret@db:port/promgen":                    "is not a valid URL",
		"mysql://promgen@db/promgen?ssl_mode=VERIFY_CA&ssl_ca=s3cret/": "ssl_ca",
	} {
		_, err := promgen.ParseDSN(dsn, "")
		if !assert.ErrorIs(t, err, store.ErrInvalid, dsn) {
			continue
		}
		assert.ErrorContains(t, err, want, dsn)
		if strings.Contains(dsn, ":s3cret@") || strings.Contains(dsn, password) {
			assert.NotContains(t, err.Error(), "s3cret", dsn)
			assert.NotContains(t, err.Error(), password, dsn)
		}
	}
}

// failing reads a database that cannot be read.
func failing(t *testing.T, dsn, password string) error {
	t.Helper()
	db, err := promgen.ParseDSN(dsn, password)
	require.NoError(t, err)
	_, err = db.Read(t.Context())
	require.Error(t, err)
	if password != "" {
		assert.NotContains(t, err.Error(), password)
	}
	return err
}

func TestReadTellsWhyItCannot(t *testing.T) {
	dir := t.TempDir()
	garbage := filepath.Join(dir, "garbage")
	require.NoError(t, os.WriteFile(garbage, []byte(strings.Repeat("no database ", 1000)), 0o600))
	empty := filepath.Join(dir, "empty")
	require.NoError(t, os.WriteFile(empty, nil, 0o600))

	err := failing(t, "sqlite:"+filepath.Join(dir, "missing"), "")
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.ErrorContains(t, err, "does not exist")
	require.NoFileExists(t, filepath.Join(dir, "missing"))

	require.ErrorIs(t, failing(t, "sqlite:"+dir, ""), store.ErrInvalid)
	require.ErrorContains(t, failing(t, "sqlite:"+garbage, ""), "not a database")
	err = failing(t, "sqlite:"+empty, "")
	require.ErrorIs(t, err, store.ErrInvalid)
	require.ErrorContains(t, err, "has no table promgen_shard, promgen_service")
}

func TestReadTellsWhichServerDoesNotAnswer(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().String()
	require.NoError(t, listener.Close())
	for _, scheme := range []string{"mysql", "postgres"} {
		err := failing(t, scheme+"://promgen@"+address+"/promgen", password)
		require.ErrorIs(t, err, store.ErrUnavailable)
		require.ErrorContains(t, err, scheme+"://promgen@"+address+"/promgen")
		require.ErrorContains(t, err, "refused")
	}
}

func TestReadTellsOfAWrongPassword(t *testing.T) {
	dsn := promgentest.MariaDB(t)
	promgentest.Exec(t, dsn, `CREATE OR REPLACE USER locked@localhost IDENTIFIED BY 'right'`)
	err := failing(t, strings.Replace(dsn, "root@", "locked:wr0ng@", 1), "")
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.ErrorContains(t, err, "does not let this user in")
	assert.NotContains(t, err.Error(), "wr0ng")
	var e *store.Error
	require.ErrorAs(t, err, &e)
	assert.Contains(t, e.Hint, "--password-file")

	err = failing(t, strings.Replace(promgentest.Postgres(t), "promshard@", "nobody_there@", 1), password)
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.ErrorContains(t, err, "does not let this user in")
}

func TestReadTellsWhatIsMissing(t *testing.T) {
	promgentest.Run(t, func(t *testing.T, dsn string) {
		promgentest.Exec(t, dsn, `ALTER TABLE promgen_shard RENAME COLUMN samples TO capacity`, `DROP TABLE promgen_defaultexporter`)
		s := read(t, dsn)
		assert.Zero(t, s.Shards[0].Samples, "what is not needed may be missing")
		assert.Empty(t, s.DefaultExporters)
		promgentest.Exec(t, dsn, `ALTER TABLE promgen_host RENAME COLUMN name TO title`)
		err := failing(t, dsn, "")
		require.ErrorIs(t, err, store.ErrInvalid)
		require.ErrorContains(t, err, "table promgen_host has no column name")
		promgentest.Exec(t, dsn, `ALTER TABLE promgen_exporter RENAME TO exporters`)
		require.ErrorContains(t, failing(t, dsn, ""), "has no table promgen_exporter")
	})
}

func TestReadEndsWithItsContext(t *testing.T) {
	// A server that takes connections and says nothing.
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	for _, scheme := range []string{"mysql", "postgres"} {
		db, err := promgen.ParseDSN(fmt.Sprintf("%s://promgen@%s/promgen", scheme, listener.Addr()), "")
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		_, err = db.Read(ctx)
		cancel()
		require.ErrorIs(t, err, context.DeadlineExceeded, scheme)
	}
}
