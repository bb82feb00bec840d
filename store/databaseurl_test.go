package store

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseDatabaseURL(t *testing.T) {
	for raw, path := range map[string]string{
		"sqlite:data/promshard.db":     "data/promshard.db",
		"sqlite:promshard.db":          "promshard.db",
		"sqlite:/var/lib/p.db":         "/var/lib/p.db",
		"sqlite:///var/lib/p.db":       "/var/lib/p.db",
		"SQLite:///var/lib/p.db":       "/var/lib/p.db",
		"sqlite:with space/%3F%23%25":  "with space/?#%",
		"sqlite:日本語.db":                "日本語.db",
		"sqlite:a:b.db":                "a:b.db",
		"sqlite:../up/%E6%97%A5.db":    "../up/日.db",
		"sqlite:////two-slashes/on.db": "//two-slashes/on.db",
	} {
		t.Run(raw, func(t *testing.T) {
			u, err := parseDatabaseURL(raw)
			require.NoError(t, err)
			require.Equal(t, path, u.path)
			require.Equal(t, path, u.name)
			require.Same(t, sqliteDialect, u.dialect)
		})
	}
	for _, raw := range []string{
		"postgres://user:secret@db.example:5432/promshard?sslmode=disable",
		"postgresql://user:secret@db.example:5432/promshard",
		"PostgreSQL://user@db.example:5432/promshard?password=secret",
	} {
		t.Run(raw, func(t *testing.T) {
			u, err := parseDatabaseURL(raw)
			require.NoError(t, err)
			require.Equal(t, "postgres://db.example:5432/promshard", u.name)
			require.Contains(t, u.dsn, "secret")
			require.Contains(t, u.dsn, "connect_timeout=5")
			require.Contains(t, u.dsn, "application_name=promshard")
			require.Same(t, postgresDialect, u.dialect)
		})
	}
}

func TestParseDatabaseURLKeepsWhatIsGiven(t *testing.T) {
	u, err := parseDatabaseURL("postgres://h/d?connect_timeout=60&application_name=mine")
	require.NoError(t, err)
	require.Contains(t, u.dsn, "connect_timeout=60")
	require.Contains(t, u.dsn, "application_name=mine")
}

func TestParseDatabaseURLRefusesWithAReason(t *testing.T) {
	for raw, reason := range map[string]string{
		"":                                       `is empty; use sqlite:relative/path.db`,
		"data/promshard.db":                      `"data/promshard.db": has no scheme; use sqlite:relative/path.db`,
		"mysql://root:secret@h/d":                `scheme "mysql" is not known; use sqlite:relative/path.db`,
		"sqlite:":                                `names no file`,
		"sqlite://":                              `has two slashes`,
		"sqlite://relative/path.db":              `sqlite:relative/path.db`,
		"sqlite::memory:":                        `would be lost`,
		"sqlite:p.db?mode=ro":                    `takes no parameters`,
		"sqlite:p.db#x":                          `takes no parameters`,
		"sqlite:100%.db":                         `write "%" in a file name as %25`,
		"sqlite:a%00b":                           `zero byte`,
		"postgres:db":                            `needs two slashes`,
		"postgres:/db":                           `needs two slashes`,
		"postgres://user:se/cret@h/d":            `must be percent-encoded`,
		"postgres://user:secret@h:port/d":        `must be percent-encoded`,
		"postgres://u:secret@h/d?sslmode=secret": `is not accepted`,
		"postgres://u@h/d?password=secret&connect_timeout=secret": `is not accepted`,
	} {
		t.Run(raw, func(t *testing.T) {
			_, err := parseDatabaseURL(raw)
			require.ErrorIs(t, err, ErrInvalid)
			require.ErrorContains(t, err, reason)
			require.NotContains(t, err.Error(), "secret")
			require.NotContains(t, err.Error(), "se/cret")
		})
	}
}

func FuzzParseDatabaseURL(f *testing.F) {
	for _, seed := range []string{
		"sqlite:data/promshard.db", "sqlite:///a/b%20c.db", "sqlite::memory:", "sqlite:%", "mysql://x",
		"postgres://u:hunter2@h:5432/d?sslmode=disable", "postgresql://u@/d?host=/run&password=hunter2", "postgres://[::1",
		"postgres://h/d?sslmode=hunter2", "",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := parseDatabaseURL(raw)
		if err != nil {
			require.ErrorIs(t, err, ErrInvalid)
			require.NotEmpty(t, err.Error())
			return
		}
		require.NotNil(t, u.dialect)
		require.NotEqual(t, u.path == "", u.dsn == "", "either a file or a server")
		if u.dsn == "" {
			// What SQLite is given leads back to the same file, whatever characters are in its name.
			dsn := sqliteDSN(u.path, "deferred", 0)
			require.Equal(t, 1, strings.Count(dsn, "?"))
			require.NotContains(t, dsn, "#")
			return
		}
		again, err := parseDatabaseURL(u.dsn)
		require.NoError(t, err)
		require.Equal(t, u, again, "what was completed stays as it is")
	})
}

func FuzzDatabaseURLHidesPassword(f *testing.F) {
	f.Add("hunter2", "sslmode=hunter2")
	f.Add("p@ss/word", "x=%zz")
	f.Add("geheim!", "connect_timeout=geheim!")
	f.Fuzz(func(t *testing.T, password, query string) {
		secret := "S3cret-" + password
		for _, raw := range []string{
			"postgres://user:" + secret + "@host/db?" + query,
			"postgres://host/db?password=" + secret + "&" + query,
			"mysql://user:" + secret + "@host/db",
		} {
			u, err := parseDatabaseURL(raw)
			require.NotContains(t, u.name, "S3cret-")
			if err != nil {
				require.NotContains(t, err.Error(), "S3cret-")
			}
		}
	})
}
