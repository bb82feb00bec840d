package store

import (
	"context"
	"fmt"
)

// Host is one machine of a farm.
type Host struct {
	ID int64 `db:"id" json:"id"`
	// Version is the revision at which the row last changed.
	Version int64 `db:"version" json:"version"`
	// ManagedBy is the name under which apply owns the row; empty when none does.
	ManagedBy string `db:"managed_by" json:"managed_by,omitempty"`
	// Name is a host name, an IPv4 address, or an IPv6 address without brackets; no port.
	Name string `db:"name" json:"name"`
	// Enabled is false while the host is under maintenance: it is then no target.
	Enabled bool   `db:"enabled" json:"enabled"`
	Labels  Labels `db:"labels"  json:"labels"`
	// FarmID and Farm name the farm, Project its project. On creation, FarmID is looked at first; when it is 0,
	// Project is, and a project that has no farm yet gets one of its own name.
	FarmID  int64  `db:"farm_id" json:"farm_id"`
	Farm    string `db:"farm"    json:"farm"`
	Project string `db:"project" json:"project"`
}

// HostFilter picks hosts; a zero field does not filter.
type HostFilter struct {
	Name    string `json:"name,omitempty"`
	Farm    string `json:"farm,omitempty"`
	Project string `json:"project,omitempty"`
	Service string `json:"service,omitempty"`
	Shard   string `json:"shard,omitempty"`
	Enabled *bool  `json:"enabled,omitempty"`

	Page `json:"-"`
}

// HostUpdate names the fields to change; a nil field stays as it is.
type HostUpdate struct {
	UpdateOptions

	Name    *string `json:"name,omitempty"`
	Enabled *bool   `json:"enabled,omitempty"`
	// Labels replaces the whole set.
	Labels *Labels `json:"labels,omitempty"`
}

var hostTable = table[Host]{
	name:    "host",
	columns: `host.id, host.version, host.managed_by, host.name, host.enabled, host.labels, host.farm_id, farm.name AS farm, project.name AS project`,
	from: `host
		JOIN farm    ON farm.id    = host.farm_id
		JOIN project ON project.id = farm.project_id`,
	order:     `host.name, project.name`,
	search:    []string{"host.name", "farm.name", "project.name"},
	sorts:     []string{"id", "name", "farm", "project"},
	id:        func(h Host) int64 { return h.ID },
	label:     func(h Host) (string, string) { return h.Name, fmt.Sprintf(" of project %q", h.Project) },
	version:   func(h *Host) *int64 { return &h.Version },
	managedBy: func(h *Host) *string { return &h.ManagedBy },
}

func (f HostFilter) where() where {
	var w where
	match(&w, "host.name = ?", f.Name)
	match(&w, "farm.name = ?", f.Farm)
	matchProject(&w, f.Project, f.Service, f.Shard)
	matchPtr(&w, "host.enabled = ?", f.Enabled)
	return w
}

// CreateHost implements Inventory.
func (s *Store) CreateHost(ctx context.Context, h *Host) error {
	return createRow(ctx, s, hostTable, h, createHost)
}

// Host implements Inventory.
func (s *Store) Host(ctx context.Context, id int64) (Host, error) {
	return hostTable.byID(ctx, s.read(), id)
}

// Hosts implements Inventory.
func (s *Store) Hosts(ctx context.Context, f HostFilter) ([]Host, error) {
	return hostTable.page(ctx, s, f.where(), f.Page)
}

// UpdateHost implements Inventory.
func (s *Store) UpdateHost(ctx context.Context, id int64, u HostUpdate) (Host, error) {
	return updateRow(ctx, s, hostTable, id, u, updateHost)
}

// DeleteHost implements Inventory.
func (s *Store) DeleteHost(ctx context.Context, id int64, o DeleteOptions) error {
	return deleteRow(ctx, s, hostTable, id, o, func(ctx context.Context, tx *writeTx, h Host) ([]dependants, error) {
		return nil, tx.touchProjectsOf(ctx, projectOfFarm(h.FarmID))
	})
}

// createHost makes the farm as well when h names a project that has none.
func createHost(ctx context.Context, tx *writeTx, h Host) (Host, error) {
	if err := h.validate(); err != nil {
		return h, err
	}
	farm, err := farmOfHost(ctx, tx, h)
	if err != nil {
		return h, err
	}
	h.FarmID, h.Farm, h.Project = farm.ID, farm.Name, farm.Project
	if err := vacantHost(ctx, tx, 0, h); err != nil {
		return h, err
	}
	if h.ID, err = tx.insert(ctx, `
		INSERT INTO host (name, enabled, labels, farm_id, version)
		VALUES           (?,    ?,       ?,      ?, ?)
		RETURNING id`,
		h.Name, h.Enabled, h.Labels, h.FarmID, tx.next,
	); err != nil {
		return h, fmt.Errorf("creating host %q: %w", h.Name, err)
	}
	tx.touchProjects(farm.ProjectID)
	return hostTable.created(ctx, tx, h)
}

func updateHost(ctx context.Context, tx *writeTx, before Host, u HostUpdate) (Host, error) {
	after := before
	assign(&after.Name, u.Name)
	assign(&after.Enabled, u.Enabled)
	assign(&after.Labels, u.Labels)
	if err := after.validate(); err != nil {
		return after, err
	}
	if err := vacantHost(ctx, tx, before.ID, after); err != nil {
		return after, err
	}
	changed, err := hostTable.amend(ctx, tx, before, &after, `
		UPDATE host
		SET    version = ?, name = ?, enabled = ?, labels = ?
		WHERE  id = ?`,
		after.Name, after.Enabled, after.Labels)
	if err != nil || !changed {
		return after, err
	}
	return after, tx.touchProjectsOf(ctx, projectOfFarm(after.FarmID))
}

// farmOfHost returns the farm that a new host names, creating one of the project's name when the project has none.
func farmOfHost(ctx context.Context, tx *writeTx, h Host) (Farm, error) {
	if h.FarmID != 0 {
		return farmTable.referred(ctx, tx, reference{noun: "host", field: "farm", id: h.FarmID})
	}
	project, err := projectTable.referred(ctx, tx, projectRef("host", 0, h.Project))
	if err != nil {
		return Farm{}, err
	}
	farm, found, err := findFarm(ctx, tx, project.ID)
	if err != nil || found {
		return farm, err
	}
	return createFarm(ctx, tx, Farm{Name: project.Name, ProjectID: project.ID})
}

// findHost looks for a host of a farm by its name.
func findHost(ctx context.Context, q querier, farm int64, name string) (Host, bool, error) {
	w := whereIs("host.farm_id", farm)
	w.add("host.name = ?", name)
	return hostTable.find(ctx, q, w)
}

// vacantHost returns ErrConflict when a host other than id has the name of h in its farm.
func vacantHost(ctx context.Context, q querier, id int64, h Host) error {
	w := whereIs("host.farm_id", h.FarmID)
	w.add("host.name = ?", h.Name)
	return hostTable.vacant(ctx, q, id, w, "name", h.Name, fmt.Sprintf("already in farm %q", h.Farm))
}

// projectOfFarm picks the project of a farm.
func projectOfFarm(farm int64) where {
	var w where
	w.add("project.id = (SELECT project_id FROM farm WHERE id = ?)", farm)
	return w
}
