package promgen

import (
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/lib/pq"
)

// dialect is what sets one kind of database apart.
type dialect struct {
	scheme string
	// socketParameter is the parameter of a DSN that names a socket.
	socketParameter string
	// connect understands the URL of a server. Its error may hold secrets.
	connect func(u *url.URL) (driver.Connector, error)
	// transaction makes every read see the same state.
	transaction *sql.TxOptions
	// columns selects the names of the tables there are and of their columns, as far as the user may read them.
	columns string
}

// connectTimeout bounds how long a server may take to let us in.
const connectTimeout = 10 * time.Second

var snapshotRead = &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead}

var mysqlDialect = dialect{
	scheme: "mysql", socketParameter: "unix_socket", connect: mysqlConnector, transaction: snapshotRead,
	columns: `SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = database()`,
}

var postgresDialect = dialect{
	scheme: "postgres", socketParameter: "host", connect: postgresConnector, transaction: snapshotRead,
	columns: `SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = ANY (current_schemas(false))`,
}

var sqliteDialect = dialect{
	scheme:  "sqlite",
	columns: `SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type IN ('table', 'view')`,
}

// sqliteDSN opens a file that is there, and for reading only.
func sqliteDSN(path string) string {
	q := url.Values{"mode": {"ro"}, "_pragma": {"query_only(1)", "busy_timeout(10000)"}}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

func postgresConnector(u *url.URL) (driver.Connector, error) {
	q := u.Query()
	takeDjangos(q)
	for name, value := range map[string]string{"application_name": "promshard import", "connect_timeout": "10"} {
		if !q.Has(name) {
			q.Set(name, value)
		}
	}
	c := *u
	c.RawQuery = q.Encode()
	return pq.NewConnector(c.String())
}

func mysqlConnector(u *url.URL) (driver.Connector, error) {
	q := u.Query()
	takeDjangos(q)
	c := mysql.NewConfig()
	c.User = u.User.Username()
	c.Passwd, _ = u.User.Password()
	c.Net, c.Addr = "tcp", hostPort(u, "3306")
	if socket := first(q, "unix_socket", "unix-socket"); socket != "" {
		c.Net, c.Addr = "unix", socket
	}
	c.DBName = strings.Trim(u.Path, "/")
	c.Timeout = connectTimeout
	c.Logger = &mysql.NopLogger{} // what it would log comes back as an error
	if err := errors.Join(c.Apply(mysql.Charset("utf8mb4", "")), mysqlTLS(c, u.Hostname(), q)); err != nil {
		return nil, err
	}
	for name := range q {
		return nil, fmt.Errorf("has the parameter %q; unix_socket, ssl_mode and ssl_ca are known", name)
	}
	return mysql.NewConnector(c)
}

// mysqlTLS sets what the parameters ssl_mode and ssl_ca ask for, in the words of MySQL's own programs. Without them
// a server that has TLS is spoken to by TLS, as those do.
func mysqlTLS(c *mysql.Config, host string, q url.Values) error {
	mode, ca := strings.ToUpper(first(q, "ssl_mode", "ssl-mode")), first(q, "ssl_ca", "ssl-ca", "ssl")
	switch mode {
	case "DISABLED":
		c.TLSConfig = "false"
		return nil
	case "", "PREFERRED":
		if ca == "" {
			if c.Net == "tcp" {
				c.TLSConfig = "preferred"
			}
			return nil
		}
	case "REQUIRED":
		if ca == "" {
			c.TLSConfig = "skip-verify"
			return nil
		}
	case "VERIFY_CA", "VERIFY_IDENTITY":
	default:
		return fmt.Errorf("has ssl_mode %q; DISABLED, PREFERRED, REQUIRED, VERIFY_CA and VERIFY_IDENTITY are known", mode)
	}
	return verifiedTLS(c, host, ca)
}

// verifiedTLS makes the server show a certificate for its host by an authority in the file ca, or one that this system
// trusts when there is none.
func verifiedTLS(c *mysql.Config, host, ca string) error {
	if ca == "" {
		c.TLSConfig = "true"
		return nil
	}
	pem, err := os.ReadFile(ca)
	if err != nil {
		return fmt.Errorf("names an authority in ssl_ca: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return fmt.Errorf("names ssl_ca %s, in which there is no certificate", ca)
	}
	c.TLS = &tls.Config{RootCAs: pool, ServerName: host, MinVersion: tls.VersionTLS12}
	return nil
}

// first takes the parameters out of q and returns the first that has a value.
func first(q url.Values, names ...string) string {
	found := ""
	for _, name := range names {
		if found == "" {
			found = q.Get(name)
		}
		delete(q, name)
	}
	return found
}

// refusedBy says what a server had against us; empty when err is not an answer of a server.
func refusedBy(err error) (reason, hint string) {
	var my *mysql.MySQLError
	var pg *pq.Error
	switch {
	case errors.As(err, &my):
		if slices.Contains([]uint16{1044, 1045, 1698}, my.Number) {
			return "the server does not let this user in", loginHint
		}
		return "the server refuses", ""
	case errors.As(err, &pg):
		if class := pg.Code.Class(); class == "28" {
			return "the server does not let this user in", loginHint
		}
		return "the server refuses", ""
	}
	return "", ""
}

const loginHint = "are user and password right? --password-file and PROMSHARD_PROMGEN_PASSWORD give a password beside --from"
