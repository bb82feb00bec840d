package store

import (
	"context"
	"fmt"
	"maps"
)

// Service groups projects.
type Service struct {
	ID int64 `db:"id"          json:"id"`
	// Version is the revision at which the row last changed.
	Version int64 `db:"version" json:"version"`
	// ManagedBy is the name under which apply owns the row; empty when none does.
	ManagedBy   string `db:"managed_by" json:"managed_by,omitempty"`
	Name        string `db:"name"        json:"name"`
	Description string `db:"description" json:"description"`
	Owner       string `db:"owner"       json:"owner"`
	// Labels are put on every target of the service; those of project, exporter and host come after and win.
	Labels Labels `db:"labels" json:"labels"`
}

// ServiceFilter picks services; a zero field does not filter.
type ServiceFilter struct {
	Name string `json:"name,omitempty"`

	Page `json:"-"`
}

// ServiceUpdate names the fields to change; a nil field stays as it is.
type ServiceUpdate struct {
	UpdateOptions

	Name        *string `json:"name,omitempty"`
	Description *string `json:"description,omitempty"`
	Owner       *string `json:"owner,omitempty"`
	// Labels replaces the whole set.
	Labels *Labels `json:"labels,omitempty"`
}

var serviceTable = table[Service]{
	name:      "service",
	columns:   `service.id, service.version, service.managed_by, service.name, service.description, service.owner, service.labels`,
	from:      `service`,
	order:     `service.name`,
	search:    []string{"service.name", "service.description", "service.owner"},
	sorts:     []string{"id", "name"},
	id:        func(s Service) int64 { return s.ID },
	version:   func(s *Service) *int64 { return &s.Version },
	managedBy: func(s *Service) *string { return &s.ManagedBy },
	label:     func(s Service) (string, string) { return s.Name, "" },
}

func (f ServiceFilter) where() where {
	var w where
	match(&w, "service.name = ?", f.Name)
	return w
}

// CreateService implements Inventory.
func (s *Store) CreateService(ctx context.Context, sv *Service) error {
	return createRow(ctx, s, serviceTable, sv, createService)
}

// Service implements Inventory.
func (s *Store) Service(ctx context.Context, id int64) (Service, error) {
	return serviceTable.byID(ctx, s.read(), id)
}

// Services implements Inventory.
func (s *Store) Services(ctx context.Context, f ServiceFilter) ([]Service, error) {
	return serviceTable.page(ctx, s, f.where(), f.Page)
}

// UpdateService implements Inventory.
func (s *Store) UpdateService(ctx context.Context, id int64, u ServiceUpdate) (Service, error) {
	return updateRow(ctx, s, serviceTable, id, u, updateService)
}

// DeleteService implements Inventory.
func (s *Store) DeleteService(ctx context.Context, id int64, o DeleteOptions) error {
	return deleteRow(ctx, s, serviceTable, id, o, deleteService)
}

func createService(ctx context.Context, tx *writeTx, s Service) (Service, error) {
	err := checkService(ctx, tx, 0, &s)
	if err != nil {
		return s, err
	}
	if s.ID, err = insertService(ctx, tx, s); err != nil {
		return s, err
	}
	tx.touchServices(s.ID)
	return serviceTable.created(ctx, tx, s)
}

// insertService inserts a valid row and returns its id.
func insertService(ctx context.Context, tx *writeTx, s Service) (int64, error) {
	id, err := tx.insert(ctx, `
		INSERT INTO service (name, description, owner, labels, version)
		VALUES              (?,    ?,           ?,     ?, ?)
		RETURNING id`,
		s.Name, s.Description, s.Owner, s.Labels, tx.next)
	if err != nil {
		return 0, fmt.Errorf("creating service %q: %w", s.Name, err)
	}
	return id, nil
}

func updateService(ctx context.Context, tx *writeTx, before Service, u ServiceUpdate) (Service, error) {
	after := before
	assign(&after.Name, u.Name)
	assign(&after.Description, u.Description)
	assign(&after.Owner, u.Owner)
	assign(&after.Labels, u.Labels)
	if err := checkService(ctx, tx, before.ID, &after); err != nil {
		return after, err
	}
	_, err := serviceTable.amend(ctx, tx, before, &after, `
		UPDATE service
		SET    version = ?, name = ?, description = ?, owner = ?, labels = ?
		WHERE  id = ?`,
		after.Name, after.Description, after.Owner, after.Labels)
	if err != nil || after.Name == before.Name && maps.Equal(after.Labels, before.Labels) {
		return after, err
	}
	tx.touchServices(after.ID)
	return after, tx.touchProjectsOf(ctx, whereIs("project.service_id", after.ID))
}

func deleteService(ctx context.Context, tx *writeTx, s Service) ([]dependants, error) {
	projects := whereIs("project.service_id", s.ID)
	tx.touchServices(s.ID)
	return append(ofProjects(projects), dependants{projectTable, projects}), tx.touchProjectsOf(ctx, projects)
}

// checkService validates and normalises a service, and demands that no other than id has its name.
func checkService(ctx context.Context, tx *writeTx, id int64, s *Service) error {
	if err := s.validate(); err != nil {
		return err
	}
	return serviceTable.vacant(ctx, tx, id, whereIs("service.name", s.Name), "name", s.Name, "is taken by another service")
}
