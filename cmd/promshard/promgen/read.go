package promgen

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/promshard/promshard/store"
)

// Read reads everything in one transaction that writes nothing and sees one state.
func (d Database) Read(ctx context.Context) (source Source, err error) {
	for attempt := 0; ; attempt++ {
		source, err = d.readOnce(ctx)
		if attempt == journalAttempts || !errors.Is(err, errJournal) {
			return source, err
		}
		select {
		case <-time.After(journalPause):
		case <-ctx.Done():
			return Source{}, ctx.Err()
		}
	}
}

// errJournal marks a SQLite file beside which there is the journal of a write that has not ended, as it seems. To SQLite it
// seems so for a moment, too, when a writer ends just while a reader looks.
var errJournal = errors.New("its rollback journal is there, and nobody is writing")

const (
	journalAttempts = 20
	journalPause    = 50 * time.Millisecond
)

func (d Database) readOnce(ctx context.Context) (Source, error) {
	db, err := d.open()
	if err != nil {
		return Source{}, err
	}
	source, err := d.readFrom(ctx, db)
	return source, errors.Join(err, db.Close())
}

// open returns a pool that has not connected to a server yet.
func (d Database) open() (*sql.DB, error) {
	if d.connector != nil {
		return sql.OpenDB(d.connector), nil
	}
	switch info, err := os.Stat(d.file); {
	case errors.Is(err, fs.ErrNotExist):
		return nil, unreachable(d.file, "does not exist", "sqlite:///path is relative to this folder, as in Django; sqlite:////path is absolute", nil)
	case err != nil:
		return nil, unreachable(d.file, "cannot be read", "", err)
	case info.IsDir():
		return nil, unusable(d.file, "is a folder, not a database", "")
	}
	return sql.Open("sqlite", sqliteDSN(d.file))
}

func (d Database) readFrom(ctx context.Context, db *sql.DB) (Source, error) {
	tx, err := db.BeginTx(ctx, d.dialect.transaction)
	if err != nil {
		return Source{}, d.explain(ctx, "connecting", err)
	}
	defer tx.Rollback() //nolint:errcheck // nothing was written
	r := &reader{db: d, tx: tx, columns: map[string]map[string]bool{}}
	return r.all(ctx)
}

// explain turns an error of the driver into one that names the database, tells refusals from outages, and holds no secrets.
func (d Database) explain(ctx context.Context, doing string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if unfinished := new(sqlite.Error); errors.As(err, &unfinished) && unfinished.Code() == sqlite3.SQLITE_READONLY_ROLLBACK {
		return unreachable(d.name, "was left in the middle of a write",
			"start Promgen, or read it once with a program that may write it, such as sqlite3: that takes the write back", errJournal)
	}
	reason, hint := refusedBy(err)
	if reason == "" {
		reason = doing
	}
	// The text alone: what the error wraps may hold secrets.
	return unreachable(d.name, reason, hint, errors.New(d.blank(err.Error())))
}

// reader reads one database in one transaction.
type reader struct {
	db Database
	tx *sql.Tx
	// columns are those of the tables there are, as far as they were looked at.
	columns map[string]map[string]bool
}

func (r *reader) all(ctx context.Context) (Source, error) {
	var s Source
	if err := r.look(ctx); err != nil {
		return s, err
	}
	for _, read := range []func(context.Context, *Source) error{
		r.shards, r.servers, r.services, r.projects, r.farmsAndHosts, r.exporters, r.defaultExporters, r.probes, r.urls,
	} {
		if err := read(ctx, &s); err != nil {
			return s, err
		}
	}
	return s, nil
}

// list runs a query and scans each row into the places that scan names.
func list[T any](ctx context.Context, r *reader, query string, scan func(*T) []any) ([]T, error) {
	rows, err := r.tx.QueryContext(ctx, query)
	if err != nil {
		return nil, r.db.explain(ctx, "reading", err)
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		var row T
		if err := rows.Scan(scan(&row)...); err != nil {
			return nil, r.db.explain(ctx, "reading", err)
		}
		all = append(all, row)
	}
	if err := rows.Err(); err != nil {
		return nil, r.db.explain(ctx, "reading", err)
	}
	return all, nil
}

func (r *reader) shards(ctx context.Context, s *Source) (err error) {
	q := fmt.Sprintf(`SELECT id, name, %s, %s, %s, %s FROM promgen_shard t ORDER BY id`,
		r.optional("promgen_shard", "url", "''"), r.optional("promgen_shard", "enabled", "TRUE"),
		r.optional("promgen_shard", "samples", "0"), r.optional("promgen_shard", "targets", "0"))
	s.Shards, err = list(ctx, r, q, func(v *store.SyncShard) []any {
		return []any{&v.Key, &v.Name, &v.URL, &v.Enabled, &v.Samples, &v.Targets}
	})
	return err
}

func (r *reader) servers(ctx context.Context, s *Source) (err error) {
	if !r.has("promgen_prometheus") {
		return nil
	}
	s.Servers, err = list(ctx, r, `SELECT id, host, port, shard_id FROM promgen_prometheus ORDER BY id`, func(v *store.SyncServer) []any {
		return []any{&v.Key, &v.Host, &v.Port, &v.Shard}
	})
	return err
}

func (r *reader) services(ctx context.Context, s *Source) (err error) {
	owner, join := r.owner("promgen_service")
	q := fmt.Sprintf(`SELECT t.id, t.name, %s, %s FROM promgen_service t %s ORDER BY t.id`,
		r.optional("promgen_service", "description", "''"), owner, join)
	s.Services, err = list(ctx, r, q, func(v *store.SyncService) []any {
		return []any{&v.Key, &v.Name, &v.Description, &v.Owner}
	})
	return err
}

func (r *reader) projects(ctx context.Context, s *Source) (err error) {
	owner, join := r.owner("promgen_project")
	q := fmt.Sprintf(`SELECT t.id, t.name, %s, %s, t.service_id, t.shard_id FROM promgen_project t %s ORDER BY t.id`,
		r.optional("promgen_project", "description", "''"), owner, join)
	s.Projects, err = list(ctx, r, q, func(v *store.SyncProject) []any {
		return []any{&v.Key, &v.Name, &v.Description, &v.Owner, &v.Service, &v.Shard}
	})
	return err
}

func (r *reader) exporters(ctx context.Context, s *Source) (err error) {
	q := fmt.Sprintf(`SELECT id, job, port, path, %s, %s, project_id FROM promgen_exporter t ORDER BY id`,
		r.optional("promgen_exporter", "scheme", "'http'"), r.optional("promgen_exporter", "enabled", "TRUE"))
	s.Exporters, err = list(ctx, r, q, func(v *store.SyncExporter) []any {
		return []any{&v.Key, &v.Job, &v.Port, &v.Path, &v.Scheme, &v.Enabled, &v.Project}
	})
	return err
}

func (r *reader) defaultExporters(ctx context.Context, s *Source) (err error) {
	if !r.has("promgen_defaultexporter") {
		return nil
	}
	q := fmt.Sprintf(`SELECT id, job, port, path, %s FROM promgen_defaultexporter t ORDER BY id`,
		r.optional("promgen_defaultexporter", "scheme", "'http'"))
	s.DefaultExporters, err = list(ctx, r, q, func(v *store.SyncDefaultExporter) []any {
		return []any{&v.Key, &v.Job, &v.Port, &v.Path, &v.Scheme}
	})
	return err
}

func (r *reader) probes(ctx context.Context, s *Source) (err error) {
	if !r.has("promgen_probe") {
		return nil
	}
	q := fmt.Sprintf(`SELECT id, module, %s FROM promgen_probe t ORDER BY id`, r.optional("promgen_probe", "description", "''"))
	s.Probes, err = list(ctx, r, q, func(v *store.SyncProbe) []any { return []any{&v.Key, &v.Module, &v.Description} })
	return err
}

func (r *reader) urls(ctx context.Context, s *Source) (err error) {
	if !r.has("promgen_url") {
		return nil
	}
	s.URLs, err = list(ctx, r, `SELECT id, url, project_id, probe_id FROM promgen_url ORDER BY id`, func(v *store.SyncURL) []any {
		return []any{&v.Key, &v.URL, &v.Project, &v.Probe}
	})
	return err
}
