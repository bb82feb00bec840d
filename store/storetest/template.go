package storetest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/promshard/promshard/store"
)

// Migrating takes most of the time of a short test. So a process migrates one database of each kind, and tests get copies,
// each with an epoch of its own.

// sqliteTemplate is a migrated SQLite file.
type sqliteTemplate struct {
	content []byte
	// epoch is that of the file, in its text.
	epoch string
}

var migratedFile = sync.OnceValues(func() (sqliteTemplate, error) {
	dir, err := os.MkdirTemp("", "storetest")
	if err != nil {
		return sqliteTemplate{}, err
	}
	defer os.RemoveAll(dir)
	return migrateFile(filepath.Join(dir, "template.db"))
})

func migrateFile(path string) (t sqliteTemplate, err error) {
	ctx, databaseURL := context.Background(), "sqlite://"+(&url.URL{Path: path}).EscapedPath()
	if _, err := store.Migrate(ctx, databaseURL, store.Options{}); err != nil {
		return t, err
	}
	if t.epoch, err = epochOf(ctx, databaseURL); err != nil {
		return t, err
	}
	if wal, err := os.Stat(path + "-wal"); err == nil && wal.Size() > 0 {
		return t, fmt.Errorf("%s was not written back", wal.Name())
	}
	if t.content, err = os.ReadFile(path); err != nil {
		return t, err
	}
	if n := bytes.Count(t.content, []byte(t.epoch)); n != 1 {
		return t, fmt.Errorf("the epoch is %d times in the file", n)
	}
	return t, nil
}

func epochOf(ctx context.Context, databaseURL string) (string, error) {
	s, err := store.Open(ctx, databaseURL, store.Options{})
	if err != nil {
		return "", err
	}
	r, err := s.Revision(ctx)
	return r.Epoch, errors.Join(err, s.Close())
}

// copyFile puts a copy of the migrated SQLite file where the URL says.
func copyFile(tb testing.TB, databaseURL string) {
	tb.Helper()
	template, err := migratedFile()
	if err != nil {
		tb.Fatalf("migrating the database that is copied: %v", err)
	}
	path, err := store.DatabaseFile(databaseURL)
	if err != nil {
		tb.Fatal(err)
	}
	content := bytes.Replace(template.content, []byte(template.epoch), []byte(newEpoch()), 1)
	if err := os.WriteFile(path, content, 0o640); err != nil {
		tb.Fatalf("copying the migrated database: %v", err)
	}
}

func newEpoch() string {
	epoch := make([]byte, 16)
	rand.Read(epoch)
	return hex.EncodeToString(epoch)
}
