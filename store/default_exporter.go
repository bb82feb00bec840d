package store

import (
	"context"
	"fmt"
)

// DefaultExporter is a suggestion for new projects; it makes no targets by itself.
type DefaultExporter struct {
	ID int64 `db:"id"     json:"id"`
	// Version is the revision at which the row last changed.
	Version int64 `db:"version" json:"version"`
	// ManagedBy is the name under which apply owns the row; empty when none does.
	ManagedBy string `db:"managed_by" json:"managed_by,omitempty"`
	Job       string `db:"job"    json:"job"`
	Port      int    `db:"port"   json:"port"`
	Path      string `db:"path"   json:"path"`
	Scheme    string `db:"scheme" json:"scheme"`
}

// DefaultExporterFilter picks default exporters; a zero field does not filter.
type DefaultExporterFilter struct {
	Job  string  `json:"job,omitempty"`
	Port int     `json:"port,omitempty"`
	Path *string `json:"path,omitempty"`

	Page `json:"-"`
}

// DefaultExporterUpdate names the fields to change; a nil field stays as it is.
type DefaultExporterUpdate struct {
	UpdateOptions

	Job    *string `json:"job,omitempty"`
	Port   *int    `json:"port,omitempty"`
	Path   *string `json:"path,omitempty"`
	Scheme *string `json:"scheme,omitempty"`
}

var defaultExporterTable = table[DefaultExporter]{
	name: "default_exporter",
	columns: `default_exporter.id, default_exporter.version, default_exporter.managed_by, default_exporter.job, default_exporter.port, default_exporter.path,
		default_exporter.scheme`,
	from:      `default_exporter`,
	order:     `default_exporter.job, default_exporter.port, default_exporter.path`,
	search:    []string{"default_exporter.job", "default_exporter.path"},
	sorts:     []string{"id", "job", "port", "path", "scheme"},
	id:        func(e DefaultExporter) int64 { return e.ID },
	label:     func(e DefaultExporter) (string, string) { return e.Job, fmt.Sprintf(" on port %d", e.Port) },
	version:   func(e *DefaultExporter) *int64 { return &e.Version },
	managedBy: func(e *DefaultExporter) *string { return &e.ManagedBy },
}

func (f DefaultExporterFilter) where() where {
	var w where
	match(&w, "default_exporter.job = ?", f.Job)
	match(&w, "default_exporter.port = ?", f.Port)
	matchPtr(&w, "default_exporter.path = ?", f.Path)
	return w
}

// CreateDefaultExporter implements Inventory.
func (s *Store) CreateDefaultExporter(ctx context.Context, e *DefaultExporter) error {
	return createRow(ctx, s, defaultExporterTable, e, createDefaultExporter)
}

// DefaultExporter implements Inventory.
func (s *Store) DefaultExporter(ctx context.Context, id int64) (DefaultExporter, error) {
	return defaultExporterTable.byID(ctx, s.read(), id)
}

// DefaultExporters implements Inventory.
func (s *Store) DefaultExporters(ctx context.Context, f DefaultExporterFilter) ([]DefaultExporter, error) {
	return defaultExporterTable.page(ctx, s, f.where(), f.Page)
}

// UpdateDefaultExporter implements Inventory.
func (s *Store) UpdateDefaultExporter(ctx context.Context, id int64, u DefaultExporterUpdate) (DefaultExporter, error) {
	return updateRow(ctx, s, defaultExporterTable, id, u, updateDefaultExporter)
}

// DeleteDefaultExporter implements Inventory.
func (s *Store) DeleteDefaultExporter(ctx context.Context, id int64, o DeleteOptions) error {
	return deleteRow(ctx, s, defaultExporterTable, id, o,
		func(context.Context, *writeTx, DefaultExporter) ([]dependants, error) { return nil, nil })
}

func createDefaultExporter(ctx context.Context, tx *writeTx, e DefaultExporter) (DefaultExporter, error) {
	err := checkDefaultExporter(ctx, tx, 0, &e)
	if err != nil {
		return e, err
	}
	if e.ID, err = tx.insert(ctx, `
		INSERT INTO default_exporter (job, port, path, scheme, version)
		VALUES                       (?,   ?,    ?,    ?, ?)
		RETURNING id`,
		e.Job, e.Port, e.Path, e.Scheme, tx.next,
	); err != nil {
		return e, fmt.Errorf("creating default exporter %q: %w", e.Job, err)
	}
	return defaultExporterTable.created(ctx, tx, e)
}

func updateDefaultExporter(ctx context.Context, tx *writeTx, before DefaultExporter, u DefaultExporterUpdate) (DefaultExporter, error) {
	after := before
	assign(&after.Job, u.Job)
	assign(&after.Port, u.Port)
	assign(&after.Path, u.Path)
	assign(&after.Scheme, u.Scheme)
	if err := checkDefaultExporter(ctx, tx, before.ID, &after); err != nil {
		return after, err
	}
	_, err := defaultExporterTable.amend(ctx, tx, before, &after, `
		UPDATE default_exporter
		SET    version = ?, job = ?, port = ?, path = ?, scheme = ?
		WHERE  id = ?`,
		after.Job, after.Port, after.Path, after.Scheme)
	return after, err
}

// checkDefaultExporter validates and normalises a default exporter, and demands that no other than id suggests the same.
func checkDefaultExporter(ctx context.Context, tx *writeTx, id int64, e *DefaultExporter) error {
	if err := e.validate(); err != nil {
		return err
	}
	w := DefaultExporterFilter{Job: e.Job, Port: e.Port, Path: &e.Path}.where()
	return defaultExporterTable.vacant(ctx, tx, id, w, "job", e.Job,
		fmt.Sprintf("is suggested already with port %d and path %q", e.Port, e.Path))
}
