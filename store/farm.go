package store

import (
	"context"
	"fmt"
)

// DefaultFarmSource is the source of a farm whose hosts are typed in.
const DefaultFarmSource = "promshard"

// Farm is the named group of hosts of one project; a project has at most one.
type Farm struct {
	ID int64 `db:"id"   json:"id"`
	// Version is the revision at which the row last changed.
	Version int64 `db:"version" json:"version"`
	// ManagedBy is the name under which apply owns the row; empty when none does.
	ManagedBy string `db:"managed_by" json:"managed_by,omitempty"`
	Name      string `db:"name" json:"name"`
	// Source says where the hosts come from; empty on creation means DefaultFarmSource.
	Source string `db:"source" json:"source"`
	// ProjectID and Project name the project. On creation the name is looked at when the id is 0.
	ProjectID int64  `db:"project_id" json:"project_id"`
	Project   string `db:"project"    json:"project"`
}

// FarmFilter picks farms; a zero field does not filter.
type FarmFilter struct {
	Name    string `json:"name,omitempty"`
	Project string `json:"project,omitempty"`
	Source  string `json:"source,omitempty"`

	Page `json:"-"`
}

// FarmUpdate names the fields to change; a nil field stays as it is.
type FarmUpdate struct {
	UpdateOptions

	Name   *string `json:"name,omitempty"`
	Source *string `json:"source,omitempty"`
}

var farmTable = table[Farm]{
	name:      "farm",
	columns:   `farm.id, farm.version, farm.managed_by, farm.name, farm.source, farm.project_id, project.name AS project`,
	from:      `farm JOIN project ON project.id = farm.project_id`,
	order:     `farm.name, project.name`,
	search:    []string{"farm.name", "farm.source", "project.name"},
	sorts:     []string{"id", "name", "project"},
	id:        func(f Farm) int64 { return f.ID },
	version:   func(f *Farm) *int64 { return &f.Version },
	managedBy: func(f *Farm) *string { return &f.ManagedBy },
	label:     func(f Farm) (string, string) { return f.Name, fmt.Sprintf(" of project %q", f.Project) },
}

func (f FarmFilter) where() where {
	var w where
	match(&w, "farm.name = ?", f.Name)
	match(&w, "project.name = ?", f.Project)
	match(&w, "farm.source = ?", f.Source)
	return w
}

// CreateFarm implements Inventory.
func (s *Store) CreateFarm(ctx context.Context, f *Farm) error {
	return createRow(ctx, s, farmTable, f, createFarm)
}

// Farm implements Inventory.
func (s *Store) Farm(ctx context.Context, id int64) (Farm, error) {
	return farmTable.byID(ctx, s.read(), id)
}

// Farms implements Inventory.
func (s *Store) Farms(ctx context.Context, f FarmFilter) ([]Farm, error) {
	return farmTable.page(ctx, s, f.where(), f.Page)
}

// UpdateFarm implements Inventory.
func (s *Store) UpdateFarm(ctx context.Context, id int64, u FarmUpdate) (Farm, error) {
	return updateRow(ctx, s, farmTable, id, u, updateFarm)
}

// DeleteFarm implements Inventory.
func (s *Store) DeleteFarm(ctx context.Context, id int64, o DeleteOptions) error {
	return deleteRow(ctx, s, farmTable, id, o, func(_ context.Context, tx *writeTx, f Farm) ([]dependants, error) {
		tx.touchProjects(f.ProjectID)
		return []dependants{{hostTable, whereIs("farm.id", f.ID)}}, nil
	})
}

func createFarm(ctx context.Context, tx *writeTx, f Farm) (Farm, error) {
	if err := f.validate(); err != nil {
		return f, err
	}
	project, err := projectTable.referred(ctx, tx, projectRef("farm", f.ProjectID, f.Project))
	if err != nil {
		return f, err
	}
	f.ProjectID, f.Project = project.ID, project.Name
	other, found, err := findFarm(ctx, tx, project.ID)
	if err != nil {
		return f, err
	}
	if found {
		return f, &Error{
			Kind: ErrConflict, Noun: "farm", Field: "project", Value: f.Project,
			Reason: fmt.Sprintf("already has farm %q, and can have one", other.Name),
		}
	}
	if f.ID, err = insertFarm(ctx, tx, f); err != nil {
		return f, err
	}
	tx.touchProjects(f.ProjectID)
	return farmTable.created(ctx, tx, f)
}

// insertFarm inserts a valid row and returns its id.
func insertFarm(ctx context.Context, tx *writeTx, f Farm) (int64, error) {
	id, err := tx.insert(ctx, `
		INSERT INTO farm (name, source, project_id, version)
		VALUES           (?,    ?,      ?, ?)
		RETURNING id`,
		f.Name, f.Source, f.ProjectID, tx.next)
	if err != nil {
		return 0, fmt.Errorf("creating farm %q: %w", f.Name, err)
	}
	return id, nil
}

func updateFarm(ctx context.Context, tx *writeTx, before Farm, u FarmUpdate) (Farm, error) {
	after := before
	assign(&after.Name, u.Name)
	assign(&after.Source, u.Source)
	if err := after.validate(); err != nil {
		return after, err
	}
	changed, err := farmTable.amend(ctx, tx, before, &after, `
		UPDATE farm
		SET    version = ?, name = ?, source = ?
		WHERE  id = ?`,
		after.Name, after.Source)
	if changed {
		tx.touchProjects(after.ProjectID)
	}
	return after, err
}

// findFarm looks for the farm of a project.
func findFarm(ctx context.Context, q querier, project int64) (Farm, bool, error) {
	return farmTable.find(ctx, q, whereIs("farm.project_id", project))
}
