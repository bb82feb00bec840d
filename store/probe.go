package store

import (
	"context"
	"fmt"
)

// Probe is a module of blackbox_exporter's configuration, by which URLs are checked.
type Probe struct {
	ID int64 `db:"id"          json:"id"`
	// Version is the revision at which the row last changed.
	Version int64 `db:"version" json:"version"`
	// ManagedBy is the name under which apply owns the row; empty when none does.
	ManagedBy   string `db:"managed_by" json:"managed_by,omitempty"`
	Module      string `db:"module"      json:"module"`
	Description string `db:"description" json:"description"`
}

// ProbeFilter picks probes; a zero field does not filter.
type ProbeFilter struct {
	Module string `json:"module,omitempty"`

	Page `json:"-"`
}

// ProbeUpdate names the fields to change; a nil field stays as it is.
type ProbeUpdate struct {
	UpdateOptions

	Module      *string `json:"module,omitempty"`
	Description *string `json:"description,omitempty"`
}

var probeTable = table[Probe]{
	name:      "probe",
	columns:   `probe.id, probe.version, probe.managed_by, probe.module, probe.description`,
	from:      `probe`,
	order:     `probe.module`,
	search:    []string{"probe.module", "probe.description"},
	sorts:     []string{"id", "module"},
	id:        func(p Probe) int64 { return p.ID },
	version:   func(p *Probe) *int64 { return &p.Version },
	managedBy: func(p *Probe) *string { return &p.ManagedBy },
	label:     func(p Probe) (string, string) { return p.Module, "" },
}

func (f ProbeFilter) where() where {
	var w where
	match(&w, "probe.module = ?", f.Module)
	return w
}

// CreateProbe implements Inventory.
func (s *Store) CreateProbe(ctx context.Context, p *Probe) error {
	return createRow(ctx, s, probeTable, p, createProbe)
}

// Probe implements Inventory.
func (s *Store) Probe(ctx context.Context, id int64) (Probe, error) {
	return probeTable.byID(ctx, s.read(), id)
}

// Probes implements Inventory.
func (s *Store) Probes(ctx context.Context, f ProbeFilter) ([]Probe, error) {
	return probeTable.page(ctx, s, f.where(), f.Page)
}

// UpdateProbe implements Inventory.
func (s *Store) UpdateProbe(ctx context.Context, id int64, u ProbeUpdate) (Probe, error) {
	return updateRow(ctx, s, probeTable, id, u, updateProbe)
}

// DeleteProbe implements Inventory.
func (s *Store) DeleteProbe(ctx context.Context, id int64, o DeleteOptions) error {
	return deleteRow(ctx, s, probeTable, id, o, func(ctx context.Context, tx *writeTx, p Probe) ([]dependants, error) {
		return []dependants{{urlTable, whereIs("url.probe_id", p.ID)}}, tx.touchProjectsOf(ctx, projectsOfProbe(p.ID))
	})
}

func createProbe(ctx context.Context, tx *writeTx, p Probe) (Probe, error) {
	err := checkProbe(ctx, tx, 0, &p)
	if err != nil {
		return p, err
	}
	if p.ID, err = insertProbe(ctx, tx, p); err != nil {
		return p, err
	}
	return probeTable.created(ctx, tx, p)
}

// insertProbe inserts a valid row and returns its id.
func insertProbe(ctx context.Context, tx *writeTx, p Probe) (int64, error) {
	id, err := tx.insert(ctx, `
		INSERT INTO probe (module, description, version)
		VALUES            (?,      ?, ?)
		RETURNING id`,
		p.Module, p.Description, tx.next)
	if err != nil {
		return 0, fmt.Errorf("creating probe %q: %w", p.Module, err)
	}
	return id, nil
}

func updateProbe(ctx context.Context, tx *writeTx, before Probe, u ProbeUpdate) (Probe, error) {
	after := before
	assign(&after.Module, u.Module)
	assign(&after.Description, u.Description)
	if err := checkProbe(ctx, tx, before.ID, &after); err != nil {
		return after, err
	}
	_, err := probeTable.amend(ctx, tx, before, &after, `
		UPDATE probe
		SET    version = ?, module = ?, description = ?
		WHERE  id = ?`,
		after.Module, after.Description)
	if err != nil || after.Module == before.Module {
		return after, err
	}
	return after, tx.touchProjectsOf(ctx, projectsOfProbe(after.ID))
}

// checkProbe validates and normalises a probe, and demands that no other than id has its module.
func checkProbe(ctx context.Context, tx *writeTx, id int64, p *Probe) error {
	if err := p.validate(); err != nil {
		return err
	}
	return probeTable.vacant(ctx, tx, id, whereIs("probe.module", p.Module), "module", p.Module, "is taken by another probe")
}

// projectsOfProbe picks the projects that have URLs of a probe.
func projectsOfProbe(id int64) where {
	var w where
	w.add("project.id IN (SELECT project_id FROM url WHERE probe_id = ?)", id)
	return w
}
