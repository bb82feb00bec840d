package promgen

import (
	"database/sql/driver"
	"net"
	"net/url"
	"strings"

	"github.com/promshard/promshard/store"
)

// Database is a Promgen database that a DSN names.
type Database struct {
	// name tells people which database it is, without secrets.
	name string
	// secrets must not be in any message.
	secrets []string
	dialect dialect
	// connector makes connections to a server. It may hold a password: it is never shown.
	connector driver.Connector
	// file is that of a SQLite database, empty for others.
	file string
}

// String is the database's name, without secrets.
func (d Database) String() string { return d.name }

const dsnForms = "use mysql://user@host/database, postgres://user@host/database or sqlite:path, as Django's DATABASE_URL has it"

// ParseDSN understands a DSN as Django's DATABASE_URL has it:
//
//	mysql://user:password@host:port/database    also mariadb://; ?unix_socket=PATH for a socket, ?ssl_mode=, ?ssl_ca=FILE
//	postgres://user:password@host/database      also postgresql://, pgsql://, psql://; ?host=FOLDER for a socket, ?sslmode= and so on
//	sqlite:path                                 also Django's sqlite:///relative and sqlite:////absolute
//
// A password that is not empty takes the place of the one in the DSN. Errors never hold a password.
func ParseDSN(raw, password string) (Database, error) {
	scheme, rest, found := strings.Cut(raw, ":")
	switch strings.ToLower(scheme) {
	case "sqlite", "sqlite3":
		if found {
			return parseSQLite(rest)
		}
	case "mysql", "mariadb":
		return parseServer(rest, password, mysqlDialect)
	case "postgres", "postgresql", "pgsql", "psql":
		return parseServer(rest, password, postgresDialect)
	}
	if !found {
		return Database{}, badDSN("", "has no scheme; "+dsnForms)
	}
	return Database{}, badDSN("", `scheme "`+scheme+`" is not known; `+dsnForms)
}

func parseSQLite(rest string) (Database, error) {
	path := rest
	if strings.HasPrefix(rest, "//") {
		host, p, found := strings.Cut(rest[2:], "/")
		if host != "" || !found {
			return Database{}, badDSN("sqlite:"+rest, "has a host where Django has none; use sqlite:path or sqlite:////absolute/path")
		}
		path, _, _ = strings.Cut(p, "?")
		unescaped, err := url.PathUnescape(path)
		if err != nil {
			return Database{}, badDSN("sqlite:"+rest, `has a "%" that is not followed by two hexadecimal digits`)
		}
		path = unescaped
	}
	if path == "" || strings.Contains(path, ":memory:") {
		return Database{}, badDSN("sqlite:"+rest, "names no file; "+dsnForms)
	}
	return Database{name: path, dialect: sqliteDialect, file: path}, nil
}

// parseServer understands the URL of a database server, without its scheme.
func parseServer(rest, password string, d dialect) (Database, error) {
	// What url.Parse says about a bad URL can quote the password, so its error is dropped.
	u, err := url.Parse(d.scheme + ":" + rest)
	switch {
	case !strings.HasPrefix(rest, "//"):
		return Database{}, badDSN(d.scheme+":…", "needs two slashes; "+dsnForms)
	case err != nil:
		return Database{}, badDSN(d.scheme+"://…",
			"is not a valid URL; special characters in a password must be percent-encoded, a socket's folder goes into ?"+d.socketParameter+"=")
	}
	if strings.Trim(u.Path, "/") == "" {
		return Database{}, badDSN(shown(u), "names no database; "+dsnForms)
	}
	if password != "" {
		u.User = url.UserPassword(u.User.Username(), password)
	}
	db := Database{name: shown(u), dialect: d, secrets: secretsOf(u)}
	if db.connector, err = d.connect(u); err != nil {
		return Database{}, badDSN(db.name, db.blank(err.Error()))
	}
	return db, nil
}

// shown is the part of a URL that may be shown.
func shown(u *url.URL) string {
	s := &url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	if name := u.User.Username(); name != "" {
		s.User = url.User(name)
	}
	return s.String()
}

func secretsOf(u *url.URL) []string {
	var secrets []string
	if p, ok := u.User.Password(); ok {
		secrets = append(secrets, p, url.QueryEscape(p), url.PathEscape(p))
	}
	for _, name := range []string{"password", "passwd", "sslpassword"} {
		secrets = append(secrets, u.Query().Get(name))
	}
	return secrets
}

// blank returns text without the database's secrets.
func (d Database) blank(text string) string {
	for _, s := range d.secrets {
		if len(s) > 0 {
			text = strings.ReplaceAll(text, s, "…")
		}
	}
	return text
}

// takeDjangos removes the parameters that are for Django and not for its driver.
func takeDjangos(q url.Values) {
	for name := range q {
		switch strings.ToLower(name) {
		case "conn_max_age", "conn_health_checks", "atomic_requests", "autocommit", "disable_server_side_cursors", "time_zone", "test",
			"engine", "charset", "init_command", "sql_mode", "isolation_level", "client_encoding":
			delete(q, name)
		}
	}
}

// hostPort is the host of a URL with the port that it has when it says none.
func hostPort(u *url.URL, port string) string {
	host := u.Hostname()
	if host == "" {
		host = "localhost"
	}
	if p := u.Port(); p != "" {
		port = p
	}
	return net.JoinHostPort(host, port)
}

func badDSN(value, reason string) error {
	return &store.Error{Kind: store.ErrInvalid, Noun: "Promgen database", Value: value, Reason: reason}
}
