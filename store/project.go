package store

import (
	"context"
	"fmt"
)

// Project belongs to one service and one shard; its farm, exporters and URLs make its targets.
type Project struct {
	ID int64 `db:"id"          json:"id"`
	// Version is the revision at which the row last changed.
	Version int64 `db:"version" json:"version"`
	// ManagedBy is the name under which apply owns the row; empty when none does.
	ManagedBy   string `db:"managed_by" json:"managed_by,omitempty"`
	Name        string `db:"name"        json:"name"`
	Description string `db:"description" json:"description"`
	Owner       string `db:"owner"       json:"owner"`
	// Enabled is false while the whole project is under maintenance: it then has no targets.
	Enabled bool   `db:"enabled" json:"enabled"`
	Labels  Labels `db:"labels"  json:"labels"`
	// ServiceID and Service name the service, ShardID and Shard the shard. On creation the name is looked at when
	// the id is 0.
	ServiceID int64  `db:"service_id" json:"service_id"`
	Service   string `db:"service"    json:"service"`
	ShardID   int64  `db:"shard_id"   json:"shard_id"`
	Shard     string `db:"shard"      json:"shard"`
}

// ProjectFilter picks projects; a zero field does not filter.
type ProjectFilter struct {
	Name    string `json:"name,omitempty"`
	Service string `json:"service,omitempty"`
	Shard   string `json:"shard,omitempty"`
	Enabled *bool  `json:"enabled,omitempty"`

	Page `json:"-"`
}

// ProjectUpdate names the fields to change; a nil field stays as it is.
type ProjectUpdate struct {
	UpdateOptions

	Name        *string `json:"name,omitempty"`
	Description *string `json:"description,omitempty"`
	Owner       *string `json:"owner,omitempty"`
	Enabled     *bool   `json:"enabled,omitempty"`
	// Labels replaces the whole set.
	Labels  *Labels `json:"labels,omitempty"`
	Service *string `json:"service,omitempty"`
	Shard   *string `json:"shard,omitempty"`
}

var projectTable = table[Project]{
	name: "project",
	columns: `project.id, project.version, project.managed_by, project.name, project.description, project.owner, project.enabled, project.labels,
		project.service_id, service.name AS service, project.shard_id, shard.name AS shard`,
	from: `project
		JOIN service ON service.id = project.service_id
		JOIN shard   ON shard.id   = project.shard_id`,
	order:     `project.name`,
	search:    []string{"project.name", "project.description", "project.owner", "service.name", "shard.name"},
	sorts:     []string{"id", "name", "service", "shard"},
	id:        func(p Project) int64 { return p.ID },
	label:     func(p Project) (string, string) { return p.Name, "" },
	version:   func(p *Project) *int64 { return &p.Version },
	managedBy: func(p *Project) *string { return &p.ManagedBy },
}

func (f ProjectFilter) where() where {
	var w where
	match(&w, "project.name = ?", f.Name)
	match(&w, "service.name = ?", f.Service)
	match(&w, "shard.name = ?", f.Shard)
	matchPtr(&w, "project.enabled = ?", f.Enabled)
	return w
}

// matchProject filters rows that belong to a project by its name and those of its service and shard.
func matchProject(w *where, project, service, shard string) {
	match(w, "project.name = ?", project)
	match(w, "project.service_id = (SELECT id FROM service WHERE name = ?)", service)
	match(w, "project.shard_id = (SELECT id FROM shard WHERE name = ?)", shard)
}

// CreateProject implements Inventory.
func (s *Store) CreateProject(ctx context.Context, p *Project) error {
	return createRow(ctx, s, projectTable, p, createProject)
}

// Project implements Inventory.
func (s *Store) Project(ctx context.Context, id int64) (Project, error) {
	return projectTable.byID(ctx, s.read(), id)
}

// Projects implements Inventory.
func (s *Store) Projects(ctx context.Context, f ProjectFilter) ([]Project, error) {
	return projectTable.page(ctx, s, f.where(), f.Page)
}

// UpdateProject implements Inventory.
func (s *Store) UpdateProject(ctx context.Context, id int64, u ProjectUpdate) (Project, error) {
	return updateRow(ctx, s, projectTable, id, u, updateProject)
}

// DeleteProject implements Inventory.
func (s *Store) DeleteProject(ctx context.Context, id int64, o DeleteOptions) error {
	return deleteRow(ctx, s, projectTable, id, o, deleteProject)
}

func createProject(ctx context.Context, tx *writeTx, p Project) (Project, error) {
	err := checkProject(ctx, tx, 0, &p)
	if err != nil {
		return p, err
	}
	if err := putInService(ctx, tx, &p, p.ServiceID, p.Service); err != nil {
		return p, err
	}
	if err := putOnShard(ctx, tx, &p, p.ShardID, p.Shard); err != nil {
		return p, err
	}
	if p.ID, err = insertProject(ctx, tx, p); err != nil {
		return p, err
	}
	tx.touchProjects(p.ID)
	return projectTable.created(ctx, tx, p)
}

// insertProject inserts a valid row and returns its id.
func insertProject(ctx context.Context, tx *writeTx, p Project) (int64, error) {
	id, err := tx.insert(ctx, `
		INSERT INTO project (name, description, owner, enabled, labels, service_id, shard_id, version)
		VALUES              (?,    ?,           ?,     ?,       ?,      ?,          ?, ?)
		RETURNING id`,
		p.Name, p.Description, p.Owner, p.Enabled, p.Labels, p.ServiceID, p.ShardID, tx.next)
	if err != nil {
		return 0, fmt.Errorf("creating project %q: %w", p.Name, err)
	}
	return id, nil
}

func updateProject(ctx context.Context, tx *writeTx, before Project, u ProjectUpdate) (Project, error) {
	after := before
	assign(&after.Name, u.Name)
	assign(&after.Description, u.Description)
	assign(&after.Owner, u.Owner)
	assign(&after.Enabled, u.Enabled)
	assign(&after.Labels, u.Labels)
	if err := checkProject(ctx, tx, before.ID, &after); err != nil {
		return after, err
	}
	if u.Service != nil {
		if err := putInService(ctx, tx, &after, 0, *u.Service); err != nil {
			return after, err
		}
	}
	if u.Shard != nil && *u.Shard != before.Shard {
		if err := putOnShard(ctx, tx, &after, 0, *u.Shard); err != nil {
			return after, err
		}
	}
	_, err := projectTable.amend(ctx, tx, before, &after, `
		UPDATE project
		SET    version = ?, name = ?, description = ?, owner = ?, enabled = ?, labels = ?, service_id = ?, shard_id = ?
		WHERE  id = ?`,
		after.Name, after.Description, after.Owner, after.Enabled, after.Labels, after.ServiceID, after.ShardID)
	listed := after
	listed.Description, listed.Owner = before.Description, before.Owner
	if len(differences(before, listed)) > 0 {
		tx.touchProjects(after.ID)
	}
	return after, err
}

func deleteProject(_ context.Context, tx *writeTx, p Project) ([]dependants, error) {
	tx.touchProjects(p.ID)
	return ofProjects(whereIs("project.id", p.ID)), nil
}

// checkProject validates and normalises a project, and demands that no other than id has its name.
func checkProject(ctx context.Context, tx *writeTx, id int64, p *Project) error {
	if err := p.validate(); err != nil {
		return err
	}
	return projectTable.vacant(ctx, tx, id, whereIs("project.name", p.Name), "name", p.Name, "is taken by another project")
}

// putInService makes p refer to the service with the id, or with the name when the id is 0.
func putInService(ctx context.Context, q querier, p *Project, id int64, name string) error {
	service, err := serviceTable.referred(ctx, q, reference{noun: "project", field: "service", id: id, name: name, column: "service.name"})
	if err != nil {
		return err
	}
	p.ServiceID, p.Service = service.ID, service.Name
	return nil
}

// putOnShard makes p refer to the shard with the id, or with the name when the id is 0, unless it takes no projects.
func putOnShard(ctx context.Context, q querier, p *Project, id int64, name string) error {
	shard, err := shardTable.referred(ctx, q, shardRef("project", id, name))
	if err != nil {
		return err
	}
	p.ShardID, p.Shard = shard.ID, shard.Name
	return shard.accepts()
}

// accepts returns ErrConflict when the shard takes no new projects.
func (s *Shard) accepts() error {
	if s.Enabled {
		return nil
	}
	return &Error{
		Kind: ErrConflict, Noun: "project", Field: "shard", Value: s.Name,
		Reason: "is disabled and takes no new projects", Hint: "enable the shard, or choose another one",
	}
}

// projectRef is the reference of a noun to a project.
func projectRef(noun string, id int64, name string) reference {
	return reference{noun: noun, field: "project", id: id, name: name, column: "project.name"}
}
