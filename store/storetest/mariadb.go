package storetest

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql" // the driver "mysql"
)

// errNoMariaDB is returned when the server's programs cannot be found.
var errNoMariaDB = errors.New("MariaDB is not installed: no mariadbd and mariadb-install-db in PATH or /usr/sbin")

// sharedMariaDB is the MariaDB of this test process, started by the first test that asks for it.
var sharedMariaDB lazyMariaDB

type lazyMariaDB struct {
	once   sync.Once
	server *mariaDB
	err    error

	mu sync.Mutex
	// databases counts those that were made.
	databases int
}

// MariaDB returns the URL of an empty database of its own in a private MariaDB server, for tests of what reads other
// programs' databases: mysql://root@/NAME?unix_socket=PATH. When MariaDB is not installed the test is skipped, or fails
// where the environment has CI=true. The package must call Main from TestMain.
func MariaDB(tb testing.TB) string {
	tb.Helper()
	if testing.Short() {
		tb.Skip("no MariaDB with -short")
	}
	l := &sharedMariaDB
	l.once.Do(func() { l.server, l.err = newMariaDB() })
	if errors.Is(l.err, errNoMariaDB) && os.Getenv("CI") != "true" {
		tb.Skip(l.err)
	}
	if l.err != nil {
		tb.Fatalf("starting MariaDB: %v", l.err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.databases++
	name := fmt.Sprintf("test_%d", l.databases)
	if err := l.server.exec("CREATE DATABASE " + name + " CHARACTER SET utf8mb4"); err != nil {
		tb.Fatalf("creating a database: %v", err)
	}
	tb.Cleanup(func() {
		if err := l.server.exec("DROP DATABASE IF EXISTS " + name); err != nil {
			tb.Errorf("dropping a database: %v", err)
		}
	})
	return l.server.url(name)
}

func (l *lazyMariaDB) close() error {
	if l.server == nil {
		return nil
	}
	return l.server.close()
}

// mariaDB is a private MariaDB server that listens on a socket in its own folder.
type mariaDB struct {
	home
	daemon, install string
}

func newMariaDB() (*mariaDB, error) {
	daemon, err1 := lookPathOrSbin("mariadbd")
	install, err2 := lookPathOrSbin("mariadb-install-db")
	if err1 != nil || err2 != nil {
		return nil, errNoMariaDB
	}
	h, err := newHome("mytest")
	if err != nil {
		return nil, err
	}
	m := &mariaDB{home: h, daemon: daemon, install: install}
	if err := m.create(); err != nil {
		return nil, errors.Join(err, m.close())
	}
	return m, nil
}

// lookPathOrSbin finds a program that Debian puts where only root's PATH leads.
func lookPathOrSbin(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	return exec.LookPath("/usr/sbin/" + name)
}

// create fills the folder, starts the server and waits until it answers.
func (m *mariaDB) create() error {
	if err := m.owner.take(m.dir); err != nil {
		return err
	}
	out, err := m.command(m.install, "--no-defaults", "--datadir="+m.data(), "--auth-root-authentication-method=normal",
		"--skip-test-db", "--skip-name-resolve").CombinedOutput()
	if err != nil {
		return fmt.Errorf("running mariadb-install-db: %w\n%s", err, out)
	}
	if err := m.start(); err != nil {
		return err
	}
	return m.await()
}

// start starts the server below the keeper.
func (m *mariaDB) start() error {
	return m.keep(`"$1" --no-defaults --datadir="$2/data" --socket="$2/socket" --pid-file="$2/pid" --skip-networking \
		--skip-log-bin --innodb-flush-log-at-trx-commit=0 --innodb-buffer-pool-size=64M --character-set-server=utf8mb4 \
		>"$2/log" 2>&1 </dev/null & pid=$!; cat; kill "$pid"; wait "$pid"; rm -rf "$2"`, m.daemon, m.dir)
}

// await waits until the server answers.
func (m *mariaDB) await() error {
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for deadline := time.Now().Add(startLimit); ; <-ticker.C {
		err := m.exec("SELECT 1")
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			log, _ := os.ReadFile(filepath.Join(m.dir, "log"))
			return fmt.Errorf("waiting for MariaDB: %w\n%s", err, log)
		}
	}
}

func (m *mariaDB) data() string   { return filepath.Join(m.dir, "data") }
func (m *mariaDB) socket() string { return filepath.Join(m.dir, "socket") }

// url returns the URL of a database, as Django writes it.
func (m *mariaDB) url(database string) string {
	return "mysql://root@/" + database + "?" + url.Values{"unix_socket": {m.socket()}}.Encode()
}

func (m *mariaDB) exec(statement string) error {
	db, err := sql.Open("mysql", "root@unix("+m.socket()+")/")
	if err != nil {
		return err
	}
	_, err = db.Exec(statement)
	return errors.Join(err, db.Close())
}
