package store

import (
	"context"
	"fmt"
)

// URL is an address that a project wants checked by a probe.
type URL struct {
	ID int64 `db:"id" json:"id"`
	// Version is the revision at which the row last changed.
	Version int64 `db:"version" json:"version"`
	// ManagedBy is the name under which apply owns the row; empty when none does.
	ManagedBy string `db:"managed_by" json:"managed_by,omitempty"`
	// URL is an absolute http or https URL.
	URL string `db:"url" json:"url"`
	// ProjectID and Project name the project, ProbeID and Probe the probe (its module). On creation the name is
	// looked at when the id is 0.
	ProjectID int64  `db:"project_id" json:"project_id"`
	Project   string `db:"project"    json:"project"`
	ProbeID   int64  `db:"probe_id"   json:"probe_id"`
	Probe     string `db:"probe"      json:"probe"`
}

// URLFilter picks URLs; a zero field does not filter.
type URLFilter struct {
	URL     string `json:"url,omitempty"`
	Project string `json:"project,omitempty"`
	Service string `json:"service,omitempty"`
	Shard   string `json:"shard,omitempty"`
	Probe   string `json:"probe,omitempty"`

	Page `json:"-"`
}

// URLUpdate names the fields to change; a nil field stays as it is.
type URLUpdate struct {
	UpdateOptions

	URL   *string `json:"url,omitempty"`
	Probe *string `json:"probe,omitempty"`
}

var urlTable = table[URL]{
	name:    "url",
	columns: `url.id, url.version, url.managed_by, url.url, url.project_id, project.name AS project, url.probe_id, probe.module AS probe`,
	from: `url
		JOIN project ON project.id = url.project_id
		JOIN probe   ON probe.id   = url.probe_id`,
	order:     `url.url, project.name, probe.module`,
	search:    []string{"url.url", "project.name", "probe.module"},
	sorts:     []string{"id", "url", "project", "probe"},
	id:        func(u URL) int64 { return u.ID },
	version:   func(u *URL) *int64 { return &u.Version },
	managedBy: func(u *URL) *string { return &u.ManagedBy },
	label: func(u URL) (string, string) {
		return u.URL, fmt.Sprintf(" of project %q by probe %q", u.Project, u.Probe)
	},
}

func (f URLFilter) where() where {
	var w where
	match(&w, "url.url = ?", f.URL)
	matchProject(&w, f.Project, f.Service, f.Shard)
	match(&w, "probe.module = ?", f.Probe)
	return w
}

// CreateURL implements Inventory.
func (s *Store) CreateURL(ctx context.Context, u *URL) error {
	return createRow(ctx, s, urlTable, u, createURL)
}

// URL implements Inventory.
func (s *Store) URL(ctx context.Context, id int64) (URL, error) {
	return urlTable.byID(ctx, s.read(), id)
}

// URLs implements Inventory.
func (s *Store) URLs(ctx context.Context, f URLFilter) ([]URL, error) {
	return urlTable.page(ctx, s, f.where(), f.Page)
}

// UpdateURL implements Inventory.
func (s *Store) UpdateURL(ctx context.Context, id int64, u URLUpdate) (URL, error) {
	return updateRow(ctx, s, urlTable, id, u, updateURL)
}

// DeleteURL implements Inventory.
func (s *Store) DeleteURL(ctx context.Context, id int64, o DeleteOptions) error {
	return deleteRow(ctx, s, urlTable, id, o, func(_ context.Context, tx *writeTx, u URL) ([]dependants, error) {
		tx.touchProjects(u.ProjectID)
		return nil, nil
	})
}

func createURL(ctx context.Context, tx *writeTx, u URL) (URL, error) {
	if err := u.validate(); err != nil {
		return u, err
	}
	project, err := projectTable.referred(ctx, tx, projectRef("url", u.ProjectID, u.Project))
	if err != nil {
		return u, err
	}
	u.ProjectID, u.Project = project.ID, project.Name
	if err := checkedBy(ctx, tx, &u, u.ProbeID, u.Probe); err != nil {
		return u, err
	}
	if err := vacantURL(ctx, tx, 0, u); err != nil {
		return u, err
	}
	if u.ID, err = tx.insert(ctx, `
		INSERT INTO url (url, project_id, probe_id, version)
		VALUES          (?,   ?,          ?, ?)
		RETURNING id`,
		u.URL, u.ProjectID, u.ProbeID, tx.next,
	); err != nil {
		return u, fmt.Errorf("creating URL %q: %w", u.URL, err)
	}
	tx.touchProjects(u.ProjectID)
	return urlTable.created(ctx, tx, u)
}

func updateURL(ctx context.Context, tx *writeTx, before URL, u URLUpdate) (URL, error) {
	after := before
	assign(&after.URL, u.URL)
	if err := after.validate(); err != nil {
		return after, err
	}
	if u.Probe != nil {
		if err := checkedBy(ctx, tx, &after, 0, *u.Probe); err != nil {
			return after, err
		}
	}
	if err := vacantURL(ctx, tx, before.ID, after); err != nil {
		return after, err
	}
	changed, err := urlTable.amend(ctx, tx, before, &after, `
		UPDATE url
		SET    version = ?, url = ?, probe_id = ?
		WHERE  id = ?`,
		after.URL, after.ProbeID)
	if changed {
		tx.touchProjects(after.ProjectID)
	}
	return after, err
}

// checkedBy makes u refer to the probe with the id, or with the module when the id is 0.
func checkedBy(ctx context.Context, q querier, u *URL, id int64, module string) error {
	probe, err := probeTable.referred(ctx, q, reference{noun: "url", field: "probe", id: id, name: module, column: "probe.module"})
	if err != nil {
		return err
	}
	u.ProbeID, u.Probe = probe.ID, probe.Module
	return nil
}

// vacantURL returns ErrConflict when a URL other than id is the same for the project and the probe of u.
func vacantURL(ctx context.Context, q querier, id int64, u URL) error {
	w := whereIs("url.project_id", u.ProjectID)
	w.add("url.probe_id = ?", u.ProbeID)
	w.add("url.url = ?", u.URL)
	return urlTable.vacant(ctx, q, id, w, "url", u.URL,
		fmt.Sprintf("already in project %q with probe %q", u.Project, u.Probe))
}
