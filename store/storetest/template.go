package storetest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/promshard/promshard/store"
)

// Migrating takes most of the time of a short test, above all with the race detector. So a process migrates one database of
// each kind, and tests get copies, each with an epoch of its own.

const newEpoch = `UPDATE revision SET epoch = $1`

// migratedFile is the content of a migrated SQLite file.
var migratedFile = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "storetest")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "template.db")
	if _, err := store.Migrate(context.Background(), "sqlite://"+(&url.URL{Path: path}).EscapedPath(), store.Options{}); err != nil {
		return nil, err
	}
	if wal, err := os.Stat(path + "-wal"); err == nil && wal.Size() > 0 {
		return nil, fmt.Errorf("%s was not written back", wal.Name())
	}
	return os.ReadFile(path)
})

// copyFile puts a copy of the migrated SQLite file where the URL says.
func copyFile(tb testing.TB, databaseURL string) {
	tb.Helper()
	content, err := migratedFile()
	if err != nil {
		tb.Fatalf("migrating the database that is copied: %v", err)
	}
	path, err := store.DatabaseFile(databaseURL)
	if err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o640); err != nil {
		tb.Fatalf("copying the migrated database: %v", err)
	}
	setEpoch(tb, "sqlite", path)
}

// setEpoch gives a copy an epoch of its own.
func setEpoch(tb testing.TB, driver, dsn string) {
	tb.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		tb.Fatal(err)
	}
	defer db.Close()
	epoch := make([]byte, 16)
	rand.Read(epoch)
	if _, err := db.Exec(newEpoch, hex.EncodeToString(epoch)); err != nil {
		tb.Fatalf("giving a copy of the migrated database an epoch: %v", err)
	}
}

// copyDatabase returns the URL of a copy of a migrated database in the cluster, for one test.
func (c *Cluster) copyDatabase(tb testing.TB) string {
	tb.Helper()
	const template = "migrated"
	c.migrated.Do(func() {
		if c.migrateErr = c.makeDatabase(template, "template0"); c.migrateErr == nil {
			_, c.migrateErr = store.Migrate(context.Background(), c.url(template), store.Options{})
		}
	})
	if c.migrateErr != nil {
		tb.Fatalf("migrating the database that is copied: %v", c.migrateErr)
	}
	c.mu.Lock()
	c.databases++
	name := fmt.Sprintf("test_%d", c.databases)
	c.mu.Unlock()
	if err := c.makeDatabase(name, template+" STRATEGY file_copy"); err != nil {
		tb.Fatalf("copying the migrated database: %v", err)
	}
	tb.Cleanup(func() {
		// It fails where a test has stopped the server, which goes away with all its data anyway.
		_ = c.exec("postgres", "DROP DATABASE "+name+" WITH (FORCE)")
	})
	setEpoch(tb, "postgres", c.url(name))
	return c.url(name)
}
