package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/pressly/goose/v3"
)

//go:embed migrations
var migrationFiles embed.FS

// versionTable is where goose keeps which migrations were applied.
const versionTable = "schema_version"

// MigrationStatus says which schema a database has and which one this program needs.
type MigrationStatus struct {
	// Current is the version of the database, 0 when it is empty or does not exist yet; Target is the program's.
	Current int64 `json:"current"`
	Target  int64 `json:"target"`
	// Applied are the versions that this call of Migrate applied, ascending.
	Applied []int64 `json:"applied,omitempty"`
	// Migrations are all that the program knows, ascending by version.
	Migrations []Migration `json:"migrations"`
}

// Migration is one numbered step of the schema.
type Migration struct {
	Version int64  `json:"version"`
	Name    string `json:"name"`
	// AppliedAt is nil while the migration is pending.
	AppliedAt *time.Time `json:"applied_at"`
}

// Migrate brings the database at databaseURL to the schema that this program needs, creating a SQLite file and its
// folder when they are not there. Any number of processes may do so at once. A database that is newer than the program
// is refused with ErrUnavailable.
func Migrate(ctx context.Context, databaseURL string, o Options) (MigrationStatus, error) {
	o = o.withDefaults()
	o.busyWait = busyTimeout
	u, err := parseDatabaseURL(databaseURL)
	if err != nil {
		return MigrationStatus{}, err
	}
	if err := createFile(u.path); err != nil {
		return MigrationStatus{}, err
	}
	return withDatabase(ctx, u, o, func(db *sqlx.DB) (MigrationStatus, error) {
		applied, err := u.dialect.migrate(ctx, u.dialect, db, o)
		if err != nil {
			return MigrationStatus{}, fmt.Errorf("migrating the database: %w", u.dialect.blame(ctx, err))
		}
		if err := insertEpoch(ctx, db); err != nil {
			return MigrationStatus{}, fmt.Errorf("migrating the database: %w", u.dialect.blame(ctx, err))
		}
		status, err := readStatus(ctx, db, u.dialect)
		status.Applied = applied
		return status, err
	})
}

// MigrateStatus says what Migrate would do, and changes nothing.
func MigrateStatus(ctx context.Context, databaseURL string, o Options) (MigrationStatus, error) {
	o = o.withDefaults()
	u, err := parseDatabaseURL(databaseURL)
	if err != nil {
		return MigrationStatus{}, err
	}
	if _, err := os.Stat(u.path); u.path != "" && errors.Is(err, fs.ErrNotExist) {
		known, err := knownMigrations(u.dialect)
		return MigrationStatus{Target: target(known), Migrations: known}, err
	}
	return withDatabase(ctx, u, o, func(db *sqlx.DB) (MigrationStatus, error) {
		return readStatus(ctx, db, u.dialect)
	})
}

// withDatabase opens the database for fn alone.
func withDatabase(ctx context.Context, u databaseURL, o Options,
	fn func(db *sqlx.DB) (MigrationStatus, error),
) (MigrationStatus, error) {
	writer, reader, err := u.dialect.open(ctx, u.dialect, u, o)
	if err != nil {
		return MigrationStatus{}, fmt.Errorf("opening the database: %w", err)
	}
	status, err := fn(writer)
	return status, errors.Join(err, writer.Close(), reader.Close())
}

// createFile makes an empty file, and its folder, unless they are there or path is empty.
func createFile(path string) error {
	if path == "" {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return &Error{Kind: ErrUnavailable, Noun: "database", Value: path, Reason: "cannot be created", Err: err}
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o640)
	if err != nil {
		if err := checkFile(path); err != nil {
			return err
		}
		return &Error{Kind: ErrUnavailable, Noun: "database", Value: path, Reason: "cannot be created", Err: err}
	}
	return f.Close()
}

// applyMigrations applies what is pending, each in one transaction.
func applyMigrations(ctx context.Context, db *sqlx.DB, d *dialect, o Options) (applied []int64, err error) {
	status, err := readStatus(ctx, db, d)
	if err != nil || status.Current == status.Target {
		return nil, err
	}
	files, err := fs.Sub(migrationFiles, "migrations/"+d.name)
	if err != nil {
		return nil, err
	}
	provider, err := goose.NewProvider(d.goose, db.DB, files,
		goose.WithTableName(versionTable), goose.WithDisableGlobalRegistry(true), goose.WithSlog(o.Logger))
	if err != nil {
		return nil, err
	}
	results, err := provider.Up(ctx)
	var partial *goose.PartialError
	if errors.As(err, &partial) {
		results = partial.Applied
	}
	for _, r := range results {
		if r.Error == nil {
			applied = append(applied, r.Source.Version)
		}
	}
	return applied, err
}

// insertEpoch gives a new inventory its random name; one that has a name keeps it.
func insertEpoch(ctx context.Context, db *sqlx.DB) error {
	epoch := make([]byte, 16)
	if _, err := rand.Read(epoch); err != nil {
		return fmt.Errorf("naming the inventory: %w", err)
	}
	_, err := db.ExecContext(ctx,
		db.Rebind(`INSERT INTO revision (id, epoch, number) VALUES (1, ?, 0) ON CONFLICT (id) DO NOTHING`),
		hex.EncodeToString(epoch))
	return err
}

// readStatus compares the database with the program. A database that is newer is an error.
func readStatus(ctx context.Context, db *sqlx.DB, d *dialect) (MigrationStatus, error) {
	known, err := knownMigrations(d)
	if err != nil {
		return MigrationStatus{}, err
	}
	status := MigrationStatus{Target: target(known), Migrations: known}
	times, err := appliedAt(ctx, db, d)
	if err != nil {
		return MigrationStatus{}, fmt.Errorf("reading the schema version: %w", d.blame(ctx, err))
	}
	for version := range times {
		status.Current = max(status.Current, version)
	}
	for i, m := range known {
		if at, ok := times[m.Version]; ok {
			known[i].AppliedAt = &at
		}
	}
	if status.Current > status.Target {
		return status, &Error{
			Kind: ErrUnavailable, Noun: "database",
			Reason: fmt.Sprintf("has schema version %d, newer than the %d of this program", status.Current, status.Target),
			Hint:   "run a newer promshard; an older one would not understand the data",
		}
	}
	return status, nil
}

// appliedAt returns when each version was applied; none in an empty database.
func appliedAt(ctx context.Context, db *sqlx.DB, d *dialect) (map[int64]time.Time, error) {
	var there bool
	if err := db.GetContext(ctx, &there, d.hasVersionTable); err != nil || !there {
		return nil, err
	}
	rows, err := db.QueryContext(ctx, `SELECT version_id, tstamp FROM `+versionTable+` WHERE is_applied AND version_id > 0`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	times := map[int64]time.Time{}
	for rows.Next() {
		var version int64
		var at sql.NullTime
		if err := rows.Scan(&version, &at); err != nil {
			return nil, err
		}
		times[version] = at.Time.UTC()
	}
	return times, rows.Err()
}

// knownMigrations lists the embedded files: 00001_inventory.sql is version 1, "inventory".
func knownMigrations(d *dialect) ([]Migration, error) {
	files, err := fs.ReadDir(migrationFiles, "migrations/"+d.name)
	if err != nil {
		return nil, err
	}
	known := make([]Migration, 0, len(files))
	for _, f := range files {
		version, err := goose.NumericComponent(f.Name())
		if err != nil {
			return nil, fmt.Errorf("reading the embedded migrations: %w", err)
		}
		_, name, _ := strings.Cut(strings.TrimSuffix(f.Name(), ".sql"), "_")
		known = append(known, Migration{Version: version, Name: name})
	}
	return known, nil
}

func target(known []Migration) int64 { return known[len(known)-1].Version }

// checkSchema refuses a database whose schema is not the program's.
func (s *Store) checkSchema(ctx context.Context) error {
	status, err := readStatus(ctx, s.reader, s.dialect)
	if err != nil {
		return err
	}
	if status.Current < status.Target {
		return &Error{
			Kind: ErrUnavailable, Noun: "database", Value: s.url.name,
			Reason: fmt.Sprintf("has schema version %d, this program needs %d", status.Current, status.Target),
			Hint:   "run promshard migrate",
		}
	}
	_, err = s.Revision(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return &Error{
			Kind: ErrUnavailable, Noun: "database", Value: s.url.name,
			Reason: "was not created to the end", Hint: "run promshard migrate",
		}
	}
	return err
}
