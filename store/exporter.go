package store

import (
	"context"
	"fmt"

	"github.com/prometheus/common/model"
)

// Exporter says on which port and path every host of a project answers scrapes of one job.
type Exporter struct {
	ID int64 `db:"id"   json:"id"`
	// Version is the revision at which the row last changed.
	Version int64 `db:"version" json:"version"`
	// ManagedBy is the name under which apply owns the row; empty when none does.
	ManagedBy string `db:"managed_by" json:"managed_by,omitempty"`
	Job       string `db:"job"  json:"job"`
	Port      int    `db:"port" json:"port"`
	// Path is empty for Prometheus's own default (/metrics), else begins with "/" and may carry a query
	// ("/probe?module=icmp"), each parameter of which becomes a __param_NAME label.
	Path string `db:"path" json:"path"`
	// Scheme is http or https; empty on creation means http.
	Scheme  string `db:"scheme"  json:"scheme"`
	Enabled bool   `db:"enabled" json:"enabled"`
	// ScrapeInterval and ScrapeTimeout override those of the scrape config; 0 leaves them to Prometheus. A timeout
	// needs an interval, and may not be longer.
	ScrapeInterval model.Duration `db:"scrape_interval" json:"scrape_interval"`
	ScrapeTimeout  model.Duration `db:"scrape_timeout"  json:"scrape_timeout"`
	Labels         Labels         `db:"labels"          json:"labels"`
	// ProjectID and Project name the project. On creation the name is looked at when the id is 0.
	ProjectID int64  `db:"project_id" json:"project_id"`
	Project   string `db:"project"    json:"project"`
}

// ExporterFilter picks exporters; a zero field does not filter.
type ExporterFilter struct {
	Job     string  `json:"job,omitempty"`
	Port    int     `json:"port,omitempty"`
	Path    *string `json:"path,omitempty"`
	Scheme  string  `json:"scheme,omitempty"`
	Project string  `json:"project,omitempty"`
	Service string  `json:"service,omitempty"`
	Shard   string  `json:"shard,omitempty"`
	Enabled *bool   `json:"enabled,omitempty"`

	Page `json:"-"`
}

// ExporterUpdate names the fields to change; a nil field stays as it is.
type ExporterUpdate struct {
	UpdateOptions

	Job            *string         `json:"job,omitempty"`
	Port           *int            `json:"port,omitempty"`
	Path           *string         `json:"path,omitempty"`
	Scheme         *string         `json:"scheme,omitempty"`
	Enabled        *bool           `json:"enabled,omitempty"`
	ScrapeInterval *model.Duration `json:"scrape_interval,omitempty"`
	ScrapeTimeout  *model.Duration `json:"scrape_timeout,omitempty"`
	// Labels replaces the whole set.
	Labels *Labels `json:"labels,omitempty"`
}

var exporterTable = table[Exporter]{
	name: "exporter",
	columns: `exporter.id, exporter.version, exporter.managed_by, exporter.job, exporter.port, exporter.path, exporter.scheme, exporter.enabled,
		exporter.scrape_interval, exporter.scrape_timeout, exporter.labels, exporter.project_id, project.name AS project`,
	from:      `exporter JOIN project ON project.id = exporter.project_id`,
	order:     `exporter.job, exporter.port, exporter.path, exporter.scheme, project.name`,
	search:    []string{"exporter.job", "exporter.path", "project.name"},
	sorts:     []string{"id", "job", "port", "path", "scheme", "project"},
	id:        func(e Exporter) int64 { return e.ID },
	version:   func(e *Exporter) *int64 { return &e.Version },
	managedBy: func(e *Exporter) *string { return &e.ManagedBy },
	label: func(e Exporter) (string, string) {
		return e.Job, fmt.Sprintf(" on port %d of project %q", e.Port, e.Project)
	},
}

func (f ExporterFilter) where() where {
	var w where
	match(&w, "exporter.job = ?", f.Job)
	match(&w, "exporter.port = ?", f.Port)
	matchPtr(&w, "exporter.path = ?", f.Path)
	match(&w, "exporter.scheme = ?", f.Scheme)
	matchProject(&w, f.Project, f.Service, f.Shard)
	matchPtr(&w, "exporter.enabled = ?", f.Enabled)
	return w
}

// CreateExporter implements Inventory.
func (s *Store) CreateExporter(ctx context.Context, e *Exporter) error {
	return createRow(ctx, s, exporterTable, e, createExporter)
}

// Exporter implements Inventory.
func (s *Store) Exporter(ctx context.Context, id int64) (Exporter, error) {
	return exporterTable.byID(ctx, s.read(), id)
}

// Exporters implements Inventory.
func (s *Store) Exporters(ctx context.Context, f ExporterFilter) ([]Exporter, error) {
	return exporterTable.page(ctx, s, f.where(), f.Page)
}

// UpdateExporter implements Inventory.
func (s *Store) UpdateExporter(ctx context.Context, id int64, u ExporterUpdate) (Exporter, error) {
	return updateRow(ctx, s, exporterTable, id, u, updateExporter)
}

// DeleteExporter implements Inventory.
func (s *Store) DeleteExporter(ctx context.Context, id int64, o DeleteOptions) error {
	return deleteRow(ctx, s, exporterTable, id, o, func(_ context.Context, tx *writeTx, e Exporter) ([]dependants, error) {
		tx.touchProjects(e.ProjectID)
		return nil, nil
	})
}

func createExporter(ctx context.Context, tx *writeTx, e Exporter) (Exporter, error) {
	if err := e.validate(); err != nil {
		return e, err
	}
	project, err := projectTable.referred(ctx, tx, projectRef("exporter", e.ProjectID, e.Project))
	if err != nil {
		return e, err
	}
	e.ProjectID, e.Project = project.ID, project.Name
	if err := vacantExporter(ctx, tx, 0, e); err != nil {
		return e, err
	}
	if e.ID, err = tx.insert(ctx, `
		INSERT INTO exporter (job, port, path, scheme, enabled, scrape_interval, scrape_timeout, labels, project_id, version)
		VALUES               (?,   ?,    ?,    ?,      ?,       ?,               ?,              ?,      ?, ?)
		RETURNING id`,
		e.Job, e.Port, e.Path, e.Scheme, e.Enabled, int64(e.ScrapeInterval), int64(e.ScrapeTimeout), e.Labels, e.ProjectID, tx.next,
	); err != nil {
		return e, fmt.Errorf("creating exporter %q: %w", e.Job, err)
	}
	tx.touchProjects(e.ProjectID)
	return exporterTable.created(ctx, tx, e)
}

func updateExporter(ctx context.Context, tx *writeTx, before Exporter, u ExporterUpdate) (Exporter, error) {
	after := before
	assign(&after.Job, u.Job)
	assign(&after.Port, u.Port)
	assign(&after.Path, u.Path)
	assign(&after.Scheme, u.Scheme)
	assign(&after.Enabled, u.Enabled)
	assign(&after.ScrapeInterval, u.ScrapeInterval)
	assign(&after.ScrapeTimeout, u.ScrapeTimeout)
	assign(&after.Labels, u.Labels)
	if err := after.validate(); err != nil {
		return after, err
	}
	if err := vacantExporter(ctx, tx, before.ID, after); err != nil {
		return after, err
	}
	changed, err := exporterTable.amend(ctx, tx, before, &after, `
		UPDATE exporter
		SET    version = ?, job = ?, port = ?, path = ?, scheme = ?, enabled = ?,
		       scrape_interval = ?, scrape_timeout = ?, labels = ?
		WHERE  id = ?`,
		after.Job, after.Port, after.Path, after.Scheme, after.Enabled,
		int64(after.ScrapeInterval), int64(after.ScrapeTimeout), after.Labels)
	if changed {
		tx.touchProjects(after.ProjectID)
	}
	return after, err
}

// vacantExporter returns ErrConflict when an exporter other than id scrapes the same in the project of e.
func vacantExporter(ctx context.Context, q querier, id int64, e Exporter) error {
	w := whereIs("exporter.project_id", e.ProjectID)
	w.add("exporter.job = ?", e.Job)
	w.add("exporter.port = ?", e.Port)
	w.add("exporter.path = ?", e.Path)
	w.add("exporter.scheme = ?", e.Scheme)
	return exporterTable.vacant(ctx, q, id, w, "job", e.Job,
		fmt.Sprintf("already in project %q with port %d, path %q and scheme %s", e.Project, e.Port, e.Path, e.Scheme))
}
