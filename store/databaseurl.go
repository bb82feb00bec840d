package store

import (
	"net/url"
	"strings"

	"github.com/lib/pq"
)

// databaseURL is a database URL that was understood.
type databaseURL struct {
	dialect *dialect
	// path is the file of a SQLite database, empty for others.
	path string
	// dsn is what lib/pq is given, empty for others. It may hold a password: it is never logged.
	dsn string
	// name tells people which database it is, without secrets.
	name string
}

const databaseURLForms = "use sqlite:relative/path.db, sqlite:///absolute/path.db or postgres://user@host/database"

// parseDatabaseURL understands the forms that Open documents. Its errors never hold a password.
func parseDatabaseURL(raw string) (databaseURL, error) {
	scheme, rest, found := strings.Cut(raw, ":")
	switch {
	case raw == "":
		return databaseURL{}, badDatabaseURL("", "is empty; "+databaseURLForms)
	case !found:
		return databaseURL{}, badDatabaseURL(raw, "has no scheme; "+databaseURLForms)
	}
	switch strings.ToLower(scheme) {
	case "sqlite":
		return parseSQLiteURL(raw, rest)
	case "postgres", "postgresql":
		return parsePostgresURL("postgres:" + rest)
	}
	return databaseURL{}, badDatabaseURL("", "scheme \""+scheme+"\" is not known; "+databaseURLForms)
}

func parseSQLiteURL(raw, rest string) (databaseURL, error) {
	if strings.HasPrefix(rest, "//") {
		rest = rest[2:]
		if !strings.HasPrefix(rest, "/") {
			return databaseURL{}, badDatabaseURL(raw,
				"has two slashes, which would make the first folder a host; use one of sqlite:relative/path.db, sqlite:///absolute/path.db")
		}
	}
	if i := strings.IndexAny(rest, "?#"); i >= 0 {
		return databaseURL{}, badDatabaseURL(raw, `takes no parameters; write a "?" in a file name as %3F, a "#" as %23`)
	}
	path, err := url.PathUnescape(rest)
	switch {
	case err != nil:
		return databaseURL{}, badDatabaseURL(raw, `has a "%" that is not followed by two hexadecimal digits; write "%" in a file name as %25`)
	case path == "":
		return databaseURL{}, badDatabaseURL(raw, "names no file; "+databaseURLForms)
	case strings.ContainsRune(path, 0):
		return databaseURL{}, badDatabaseURL(raw, "has a zero byte in its path")
	case strings.Contains(path, ":memory:"):
		return databaseURL{}, badDatabaseURL(raw, "names a database in memory, which would be lost; name a file")
	}
	return databaseURL{dialect: sqliteDialect, path: path, name: path}, nil
}

// postgresDefaults are the parameters that a URL gets unless it has them.
var postgresDefaults = map[string]string{
	"application_name": "promshard",
	"connect_timeout":  "5",
	// Times without a zone, as goose writes them, are UTC.
	"timezone": "UTC",
	// A query with arguments takes one round trip instead of two.
	"binary_parameters": "yes",
}

func parsePostgresURL(raw string) (databaseURL, error) {
	// What url.Parse says about a bad URL can quote the password, so its error is dropped.
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return databaseURL{}, badDatabaseURL("postgres://…",
			"is not a valid URL; special characters in a password must be percent-encoded")
	case u.Opaque != "" || !strings.HasPrefix(raw, "postgres://"):
		return databaseURL{}, badDatabaseURL("postgres:…", "needs two slashes: postgres://user@host/database")
	}
	q := u.Query()
	for name, value := range postgresDefaults {
		if !q.Has(name) {
			q.Set(name, value)
		}
	}
	u.RawQuery = q.Encode()
	if u.Path == "" {
		u.Path = "/" // else a URL without a host would lose its slashes
	}
	if _, err := pq.NewConfig(u.String()); err != nil {
		return databaseURL{}, badDatabaseURL(postgresName(u), "is not accepted: "+withoutSecrets(err.Error(), u))
	}
	return databaseURL{dialect: postgresDialect, dsn: u.String(), name: postgresName(u)}, nil
}

// postgresName is the part of the URL that may be shown.
func postgresName(u *url.URL) string {
	return (&url.URL{Scheme: "postgres", Host: u.Host, Path: u.Path}).String()
}

// withoutSecrets returns text with the URL's passwords blanked out.
func withoutSecrets(text string, u *url.URL) string {
	secrets := []string{u.Query().Get("password"), u.Query().Get("sslkey")}
	if p, ok := u.User.Password(); ok {
		secrets = append(secrets, p)
	}
	for _, s := range secrets {
		if s != "" {
			text = strings.ReplaceAll(text, s, "…")
		}
	}
	return text
}

func badDatabaseURL(value, reason string) error {
	return &Error{Kind: ErrInvalid, Noun: "database URL", Value: value, Reason: reason}
}
