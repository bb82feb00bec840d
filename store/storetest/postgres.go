package storetest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"sync"
	"testing"
	"time"

	_ "github.com/lib/pq" // the driver "postgres"
)

const (
	// superuser owns everything in the cluster.
	superuser = "promshard"
	// startLimit bounds how long a cluster may take to start or stop.
	startLimit = time.Minute
)

// errNotInstalled is returned when no initdb can be found.
var errNotInstalled = errors.New("PostgreSQL is not installed: no initdb in PATH or /usr/lib/postgresql/*/bin")

// exit is os.Exit.
var exit = os.Exit

// shared is the cluster of this test process, started by the first test that asks for it.
var shared lazyCluster

type lazyCluster struct {
	once    sync.Once
	cluster *Cluster
	err     error
}

// start returns the cluster, or skips or fails the test when it cannot be had.
func (l *lazyCluster) start(tb testing.TB) *Cluster {
	tb.Helper()
	skipWhenShort(tb)
	l.once.Do(func() { l.cluster, l.err = newCluster() })
	if l.err != nil {
		unavailable(tb, l.err)
	}
	return l.cluster
}

func (l *lazyCluster) close() error {
	if l.cluster == nil {
		return nil
	}
	return l.cluster.close()
}

// skipWhenShort keeps servers out of go test -short.
func skipWhenShort(tb testing.TB) {
	tb.Helper()
	if testing.Short() {
		tb.Skip("no PostgreSQL with -short")
	}
}

func unavailable(tb testing.TB, err error) {
	tb.Helper()
	if errors.Is(err, errNotInstalled) && os.Getenv("CI") != "true" {
		tb.Skip(err)
	}
	tb.Fatalf("starting PostgreSQL: %v", err)
}

// Cluster is a private PostgreSQL server that listens on a socket in its own folder. It does not wait for disks, since
// its data is thrown away; with PROMSHARD_TEST_FSYNC=1 it does, for measurements.
type Cluster struct {
	home
	bin string

	mu sync.Mutex
	// databases counts those that were made. No test uses those in free, which are empty, and in copies, which are migrated.
	databases    int
	free, copies []string

	// migrated guards the making of the database that tests get copies of.
	migrated   sync.Once
	migrateErr error
	recycler   recycler
}

// NewCluster starts a cluster for one test, which may stop and start it. It is removed when the test ends. Most tests
// want Postgres instead, which is much cheaper.
func NewCluster(tb testing.TB) *Cluster {
	tb.Helper()
	skipWhenShort(tb)
	c, err := newCluster()
	if err != nil {
		unavailable(tb, err)
	}
	tb.Cleanup(func() {
		if err := c.close(); err != nil {
			tb.Errorf("removing the PostgreSQL cluster: %v", err)
		}
	})
	return c
}

// DatabaseURL returns the URL of a new, empty, migrated database.
func (c *Cluster) DatabaseURL(tb testing.TB) string {
	tb.Helper()
	u := c.createDatabase(tb)
	migrate(tb, u)
	return u
}

// Stop ends the server at once, as a crash would; the data stays.
func (c *Cluster) Stop(tb testing.TB) {
	tb.Helper()
	if err := c.pgCtl("stop", "-m", "immediate"); err != nil {
		tb.Fatalf("stopping PostgreSQL: %v", err)
	}
}

// Start starts a server that was stopped, and returns once it answers.
func (c *Cluster) Start(tb testing.TB) {
	tb.Helper()
	if err := c.startServer(); err != nil {
		tb.Fatalf("starting PostgreSQL: %v", err)
	}
}

func newCluster() (*Cluster, error) {
	bin, err := findBinaries()
	if err != nil {
		return nil, err
	}
	h, err := newHome("pstest")
	if err != nil {
		return nil, err
	}
	c := &Cluster{home: h, bin: bin}
	if err := c.create(); err != nil {
		return nil, errors.Join(err, c.close())
	}
	return c, nil
}

// create fills the folder and starts the keeper and the server.
func (c *Cluster) create() error {
	if err := c.owner.take(c.dir); err != nil {
		return err
	}
	if err := c.startKeeper(); err != nil {
		return err
	}
	if err := c.run("initdb", "-D", c.data(), "-U", superuser, "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"); err != nil {
		return err
	}
	return c.startServer()
}

// startKeeper starts the shell that cleans up even when this process is killed.
func (c *Cluster) startKeeper() error {
	return c.keep(`cat; "$1" -D "$2/data" -m immediate stop; rm -rf "$2"`, filepath.Join(c.bin, "pg_ctl"), c.dir)
}

func (c *Cluster) data() string { return filepath.Join(c.dir, "data") }

// startServer starts the server and waits until it answers.
func (c *Cluster) startServer() error {
	settings := "-c listen_addresses= -c unix_socket_directories=" + c.dir +
		" -c max_connections=200 -c shared_buffers=256MB -c timezone=Asia/Tokyo"
	if os.Getenv("PROMSHARD_TEST_FSYNC") != "1" {
		settings += " -c fsync=off -c full_page_writes=off"
	}
	return c.pgCtl("start", "-l", filepath.Join(c.dir, "log"), "-o", settings)
}

func (c *Cluster) pgCtl(action string, args ...string) error {
	return c.run("pg_ctl", append([]string{action, "-D", c.data(), "-w", "-t", strconv.Itoa(int(startLimit.Seconds()))}, args...)...)
}

// run runs one of PostgreSQL's programs to its end.
func (c *Cluster) run(name string, args ...string) error {
	out, err := c.command(filepath.Join(c.bin, name), args...).CombinedOutput()
	if err != nil {
		log, _ := os.ReadFile(filepath.Join(c.dir, "log"))
		return fmt.Errorf("running %s: %w\n%s%s", name, err, out, log)
	}
	return nil
}

// url returns the URL of a database in the cluster.
func (c *Cluster) url(database string) string {
	q := url.Values{"host": {c.dir}, "sslmode": {"disable"}}
	return "postgres://" + superuser + "@/" + database + "?" + q.Encode()
}

// createDatabase returns the URL of an empty database for one test. Making one is slow, so those of tests that have
// ended are emptied and used again.
func (c *Cluster) createDatabase(tb testing.TB) string {
	tb.Helper()
	name, err := c.takeDatabase()
	if err != nil {
		tb.Fatalf("creating a database: %v", err)
	}
	tb.Cleanup(func() {
		// It fails where a test has stopped the server, which goes away with all its data anyway.
		if c.empty(name) == nil {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.free = append(c.free, name)
		}
	})
	return c.url(name)
}

func (c *Cluster) takeDatabase() (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if last := len(c.free) - 1; last >= 0 {
		name := c.free[last]
		c.free = c.free[:last]
		return name, nil
	}
	c.databases++
	name := fmt.Sprintf("test_%d", c.databases)
	return name, c.makeDatabase(name, "template0")
}

// makeDatabase makes a database from a template. Its text sorts by the rules of a language where the server can do that, so that a query that
// relies on the database's own order is found out.
func (c *Cluster) makeDatabase(name, template string) error {
	create := "CREATE DATABASE " + name + " TEMPLATE " + template
	if template != "template0" { // which has the rules of the database that is copied
		return c.exec("postgres", create)
	}
	if c.exec("postgres", create+" LOCALE_PROVIDER icu ICU_LOCALE 'en'") == nil {
		return nil
	}
	return c.exec("postgres", create)
}

// empty throws out everybody who is in the database, and everything.
func (c *Cluster) empty(name string) error {
	return c.exec(name, expel+`;
		DROP SCHEMA public CASCADE;
		CREATE SCHEMA public`)
}

func (c *Cluster) exec(database, statements string) error {
	return c.with(database, func(conn *sql.Conn) error {
		_, err := conn.ExecContext(context.Background(), statements)
		return err
	})
}

// findBinaries returns the folder of initdb and pg_ctl: that in PATH, else the highest version where Debian puts them.
func findBinaries() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(path), nil
		}
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", errNotInstalled
	}
	version := func(path string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
		return n
	}
	sort.Slice(found, func(i, j int) bool { return version(found[i]) > version(found[j]) })
	return filepath.Dir(found[0]), nil
}
