package store

import (
	"context"
	"io/fs"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/pressly/goose/v3"
)

// testAction is what the journal says of the writes of tests.
const testAction = "test"

var _ = func() bool {
	actions[testAction] = true
	return true
}()

// Tx is a write under way, for tests of what surrounds it.
type Tx struct{ w *writeTx }

// Write runs fn as one write.
func Write(ctx context.Context, s *Store, fn func(tx Tx) error) (int64, error) {
	return WriteAs(ctx, s, testAction, fn)
}

// WriteAs runs fn as one write of an action.
func WriteAs(ctx context.Context, s *Store, action string, fn func(tx Tx) error) (int64, error) {
	return s.write(ctx, action, func(w *writeTx) error { return fn(Tx{w}) })
}

// Exec runs a statement that journals nothing.
func (t Tx) Exec(ctx context.Context, query string, args ...any) error {
	return t.w.exec(ctx, query, args...)
}

// Record journals a change, and that it touched projects.
func (t Tx) Record(projects ...int64) error {
	t.w.touchProjects(projects...)
	return t.w.record("test", 1, nil, "x")
}

// Exec runs a statement on the writers' pool, outside of any write.
func Exec(ctx context.Context, s *Store, query string, args ...any) error {
	_, err := s.writer.ExecContext(ctx, s.writer.Rebind(query), args...)
	return s.dialect.blame(ctx, err)
}

// Query reads one column with the readers' pool.
func Query[T any](ctx context.Context, s *Store, query string, args ...any) ([]T, error) {
	var values []T
	return values, s.read().selectAll(ctx, &values, query, args...)
}

// Scan reads the same rows of hosts, exporters, projects and URLs that Load does, without any order, and throws them
// away.
func Scan(ctx context.Context, s *Store) (rows int, err error) {
	for _, query := range []string{
		`SELECT id, name, description, owner, labels FROM service`,
		`SELECT id, name, enabled, labels, service_id, shard_id FROM project`,
		`SELECT id, name, source, project_id FROM farm`,
		`SELECT project_id, id, job, port, path, scheme, scrape_interval, scrape_timeout, labels FROM exporter`,
		`SELECT project_id, probe_id, url FROM url`,
		`SELECT farm_id, name, labels FROM host WHERE enabled`,
	} {
		n, err := scan(ctx, s, query)
		if err != nil {
			return 0, err
		}
		rows += n
	}
	return rows, nil
}

func scan(ctx context.Context, s *Store, query string) (n int, err error) {
	rows, err := s.reader.QueryContext(ctx, query)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return 0, err
	}
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return 0, err
		}
		n++
	}
	return n, rows.Err()
}

// Size says how large a fleet Fill makes.
type Size struct{ Shards, Services, Projects, Hosts, Exporters int }

// Fill puts a plain fleet into an empty inventory, in one write, by the database's own means. One host in a hundred has
// a label.
func Fill(ctx context.Context, s *Store, size Size) error {
	count := `WITH RECURSIVE n (i) AS (SELECT CAST(? AS INTEGER) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?) `
	into := func(table, columns, values string) string {
		// SQLite wants the WITH behind the INSERT INTO, and PostgreSQL does not mind.
		return `INSERT INTO ` + table + ` (` + columns + `) ` + count + `SELECT ` + values + ` FROM n`
	}
	_, err := s.write(ctx, testAction, func(w *writeTx) error {
		for _, step := range []struct {
			query string
			n     int
			args  []any
		}{
			{into("shard", "name, url, enabled, samples, targets", "'shard' || i, '', true, 0, 0"), size.Shards, nil},
			{into("service", "name, description, owner, labels", "'service' || i, '', '', ''"), size.Services, nil},
			{
				into("project", "name, description, owner, enabled, labels, service_id, shard_id",
					"'project' || i, '', '', true, '', 1 + i % ?, 1 + i % ?"),
				size.Projects,
				[]any{size.Services, size.Shards},
			},
			{into("farm", "name, source, project_id", "'farm' || i, 'promshard', 1 + i"), size.Projects, nil},
			{
				into("host", "name, enabled, labels, farm_id",
					`'host-' || i || '.example.org', true, CASE i % 100 WHEN 0 THEN '{"rack":"r1"}' ELSE '' END, 1 + i / ?`),
				size.Hosts,
				[]any{max(1, size.Hosts/size.Projects)},
			},
			{
				into("exporter", "job, port, path, scheme, enabled, scrape_interval, scrape_timeout, labels, project_id",
					`'job' || (i % 2), 9100, '', 'http', true, 0, 0, '', 1 + i / ?`),
				size.Exporters,
				[]any{max(1, size.Exporters/size.Projects)},
			},
		} {
			args := append([]any{0, step.n}, step.args...)
			if err := w.exec(ctx, step.query, args...); err != nil {
				return err
			}
		}
		return w.record("test", 1, nil, strings.Repeat("x", 10))
	})
	return err
}

// PastColumns are the columns that a revert brings back of a noun.
func PastColumns(noun string) ([]string, bool) {
	n, ok := nouns[noun]
	if !ok {
		return nil, false
	}
	return n.ownColumns(), true
}

// MigrateTo brings an empty database to an older schema.
func MigrateTo(ctx context.Context, databaseURL string, version int64) (MigrationStatus, error) {
	u, err := parseDatabaseURL(databaseURL)
	if err != nil {
		return MigrationStatus{}, err
	}
	if err := createFile(u.path); err != nil {
		return MigrationStatus{}, err
	}
	return withDatabase(ctx, u, Options{}.withDefaults(), func(db *sqlx.DB) (MigrationStatus, error) {
		files, err := fs.Sub(migrationFiles, "migrations/"+u.dialect.name)
		if err != nil {
			return MigrationStatus{}, err
		}
		provider, err := goose.NewProvider(u.dialect.goose, db.DB, files,
			goose.WithTableName(versionTable), goose.WithDisableGlobalRegistry(true))
		if err != nil {
			return MigrationStatus{}, err
		}
		if _, err := provider.UpTo(ctx, version); err != nil {
			return MigrationStatus{}, err
		}
		return MigrationStatus{}, insertEpoch(ctx, db)
	})
}

// ExecURL runs statements on a database whatever its schema.
func ExecURL(ctx context.Context, databaseURL string, statements ...string) error {
	u, err := parseDatabaseURL(databaseURL)
	if err != nil {
		return err
	}
	_, err = withDatabase(ctx, u, Options{}.withDefaults(), func(db *sqlx.DB) (MigrationStatus, error) {
		for _, statement := range statements {
			if _, err := db.ExecContext(ctx, statement); err != nil {
				return MigrationStatus{}, err
			}
		}
		return MigrationStatus{}, nil
	})
	return err
}

// MoveHosts deletes hosts and creates the same in another project.
func (t Tx) MoveHosts(ctx context.Context, hosts []Host, to Project) error {
	for _, h := range hosts {
		if err := t.w.touchProjectsOf(ctx, projectOfFarm(h.FarmID)); err != nil {
			return err
		}
		if err := hostTable.remove(ctx, t.w, h); err != nil {
			return err
		}
		if _, err := createHost(ctx, t.w, Host{Name: h.Name, Enabled: h.Enabled, Project: to.Name}); err != nil {
			return err
		}
	}
	return nil
}

// TimeGuard runs fn as a write that is rolled back, and returns how long the guard took to judge it and what it found.
func TimeGuard(ctx context.Context, s *Store, fn func(ctx context.Context, tx Tx) error) (took time.Duration, asks bool, err error) {
	var r Receipt
	ctx = WithReceipt(WithDryRun(ctx), &r)
	_, err = s.write(ctx, testAction, func(w *writeTx) error {
		if err := fn(ctx, Tx{w}); err != nil {
			return err
		}
		start := time.Now()
		err := s.guard(ctx, w)
		took = time.Since(start)
		return err
	})
	return took, r.Guard != nil, err
}

// CreateHost creates a host.
func (t Tx) CreateHost(ctx context.Context, h Host) error {
	_, err := createHost(ctx, t.w, h)
	return err
}

// DeleteHost deletes a host.
func (t Tx) DeleteHost(ctx context.Context, id int64) error {
	h, err := hostTable.byID(ctx, t.w, id)
	if err != nil {
		return err
	}
	if err := t.w.touchProjectsOf(ctx, projectOfFarm(h.FarmID)); err != nil {
		return err
	}
	return hostTable.remove(ctx, t.w, h)
}

// UpdateExporter changes an exporter.
func (t Tx) UpdateExporter(ctx context.Context, id int64, u ExporterUpdate) error {
	e, err := exporterTable.byID(ctx, t.w, id)
	if err == nil {
		_, err = updateExporter(ctx, t.w, e, u)
	}
	return err
}

// UpdateProjects changes projects.
func (t Tx) UpdateProjects(ctx context.Context, f ProjectFilter, u ProjectUpdate) error {
	projects, err := projectTable.list(ctx, t.w, f.where())
	for _, p := range projects {
		if err == nil {
			_, err = updateProject(ctx, t.w, p, u)
		}
	}
	return err
}
