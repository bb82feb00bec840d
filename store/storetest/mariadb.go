package storetest

import (
	"database/sql"
	"errors"
	"fmt"
	"io"
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
	daemon, install, dir string
	owner                *owner
	// keeper runs the server, and stops it and removes everything once its standard input ends: when close is called,
	// or this process has died.
	keeper      *exec.Cmd
	keeperInput io.Closer
}

func newMariaDB() (*mariaDB, error) {
	daemon, err1 := lookPathOrSbin("mariadbd")
	install, err2 := lookPathOrSbin("mariadb-install-db")
	if err1 != nil || err2 != nil {
		return nil, errNoMariaDB
	}
	who, err := serverOwner()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "mytest")
	if err != nil {
		return nil, err
	}
	m := &mariaDB{daemon: daemon, install: install, dir: dir, owner: who}
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

func (m *mariaDB) start() error {
	m.keeper = m.command("sh", "-c", `"$1" --no-defaults --datadir="$2/data" --socket="$2/socket" --pid-file="$2/pid" --skip-networking \
		--skip-log-bin --innodb-flush-log-at-trx-commit=0 --innodb-buffer-pool-size=64M --character-set-server=utf8mb4 \
		>"$2/log" 2>&1 </dev/null & pid=$!; cat; kill "$pid"; wait "$pid"; rm -rf "$2"`, "keeper", m.daemon, m.dir)
	in, err := m.keeper.StdinPipe()
	if err != nil {
		return err
	}
	m.keeperInput = in
	return m.keeper.Start()
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

// close stops the server and removes the folder.
func (m *mariaDB) close() error {
	if m.keeperInput == nil {
		return os.RemoveAll(m.dir)
	}
	if err := m.keeperInput.Close(); err != nil {
		return err
	}
	_ = m.keeper.Wait() // its status says nothing that the folder does not
	if _, err := os.Stat(m.dir); !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s is still there", m.dir)
	}
	return nil
}

func (m *mariaDB) data() string   { return filepath.Join(m.dir, "data") }
func (m *mariaDB) socket() string { return filepath.Join(m.dir, "socket") }

func (m *mariaDB) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = m.dir
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	m.owner.become(cmd)
	return cmd
}

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
