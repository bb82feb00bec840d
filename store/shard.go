package store

import (
	"context"
	"fmt"
)

// Shard is a set of Prometheus servers that scrape the same targets.
type Shard struct {
	ID int64 `db:"id"   json:"id"`
	// Version is the revision at which the row last changed.
	Version int64 `db:"version" json:"version"`
	// ManagedBy is the name under which apply owns the row; empty when none does.
	ManagedBy string `db:"managed_by" json:"managed_by,omitempty"`
	Name      string `db:"name" json:"name"`
	// URL is where people and, later, queries reach the shard's Prometheus; may be empty.
	URL string `db:"url" json:"url"`
	// Enabled says whether new projects may be put on the shard. A disabled shard goes on serving what it has.
	Enabled bool `db:"enabled" json:"enabled"`
	// Samples and Targets are the estimated capacity; 0 means not estimated.
	Samples int64 `db:"samples" json:"samples"`
	Targets int64 `db:"targets" json:"targets"`
	// MaxRemoval is the share of the shard's targets, in percent, that one write may take away unconfirmed: 1 to 100, where
	// 100 turns the guard off; 0 stands for GuardOptions.MaxRemoval.
	MaxRemoval int `db:"max_removal" json:"max_removal"`
}

// ShardFilter picks shards; a zero field does not filter.
type ShardFilter struct {
	Name    string `json:"name,omitempty"`
	Enabled *bool  `json:"enabled,omitempty"`

	Page `json:"-"`
}

// ShardUpdate names the fields to change; a nil field stays as it is.
type ShardUpdate struct {
	UpdateOptions

	Name    *string `json:"name,omitempty"`
	URL     *string `json:"url,omitempty"`
	Enabled *bool   `json:"enabled,omitempty"`
	Samples *int64  `json:"samples,omitempty"`
	Targets *int64  `json:"targets,omitempty"`
	// MaxRemoval is one of 0 to 100; see Shard.
	MaxRemoval *int `json:"max_removal,omitempty"`
}

var shardTable = table[Shard]{
	name:      "shard",
	columns:   `shard.id, shard.version, shard.managed_by, shard.name, shard.url, shard.enabled, shard.samples, shard.targets, shard.max_removal`,
	from:      `shard`,
	order:     `shard.name`,
	search:    []string{"shard.name", "shard.url"},
	sorts:     []string{"id", "name", "samples", "targets"},
	id:        func(s Shard) int64 { return s.ID },
	version:   func(s *Shard) *int64 { return &s.Version },
	managedBy: func(s *Shard) *string { return &s.ManagedBy },
	label:     func(s Shard) (string, string) { return s.Name, "" },
}

func (f ShardFilter) where() where {
	var w where
	match(&w, "shard.name = ?", f.Name)
	matchPtr(&w, "shard.enabled = ?", f.Enabled)
	return w
}

// CreateShard implements Inventory.
func (s *Store) CreateShard(ctx context.Context, sh *Shard) error {
	return createRow(ctx, s, shardTable, sh, createShard)
}

// Shard implements Inventory.
func (s *Store) Shard(ctx context.Context, id int64) (Shard, error) {
	return shardTable.byID(ctx, s.read(), id)
}

// Shards implements Inventory.
func (s *Store) Shards(ctx context.Context, f ShardFilter) ([]Shard, error) {
	return shardTable.page(ctx, s, f.where(), f.Page)
}

// UpdateShard implements Inventory.
func (s *Store) UpdateShard(ctx context.Context, id int64, u ShardUpdate) (Shard, error) {
	return updateRow(ctx, s, shardTable, id, u, updateShard)
}

// DeleteShard implements Inventory.
func (s *Store) DeleteShard(ctx context.Context, id int64, o DeleteOptions) error {
	return deleteRow(ctx, s, shardTable, id, o, deleteShard)
}

func createShard(ctx context.Context, tx *writeTx, s Shard) (Shard, error) {
	err := checkShard(ctx, tx, 0, &s)
	if err != nil {
		return s, err
	}
	if s.ID, err = insertShard(ctx, tx, s); err != nil {
		return s, err
	}
	tx.touchShards()
	return shardTable.created(ctx, tx, s)
}

// insertShard inserts a valid row and returns its id.
func insertShard(ctx context.Context, tx *writeTx, s Shard) (int64, error) {
	id, err := tx.insert(ctx, `
		INSERT INTO shard (name, url, enabled, samples, targets, max_removal, version)
		VALUES            (?,    ?,   ?,       ?,       ?,       ?,           ?)
		RETURNING id`,
		s.Name, s.URL, s.Enabled, s.Samples, s.Targets, s.MaxRemoval, tx.next)
	if err != nil {
		return 0, fmt.Errorf("creating shard %q: %w", s.Name, err)
	}
	return id, nil
}

func updateShard(ctx context.Context, tx *writeTx, before Shard, u ShardUpdate) (Shard, error) {
	after := before
	assign(&after.Name, u.Name)
	assign(&after.URL, u.URL)
	assign(&after.Enabled, u.Enabled)
	assign(&after.Samples, u.Samples)
	assign(&after.Targets, u.Targets)
	assign(&after.MaxRemoval, u.MaxRemoval)
	if err := checkShard(ctx, tx, before.ID, &after); err != nil {
		return after, err
	}
	changed, err := shardTable.amend(ctx, tx, before, &after, `
		UPDATE shard
		SET    version = ?, name = ?, url = ?, enabled = ?, samples = ?, targets = ?, max_removal = ?
		WHERE  id = ?`,
		after.Name, after.URL, after.Enabled, after.Samples, after.Targets, after.MaxRemoval)
	if err != nil || !changed {
		return after, err
	}
	tx.touchShards()
	if after.Name != before.Name {
		err = tx.touchProjectsOf(ctx, whereIs("project.shard_id", after.ID))
	}
	return after, err
}

func deleteShard(ctx context.Context, tx *writeTx, s Shard) ([]dependants, error) {
	projects := whereIs("project.shard_id", s.ID)
	below := append(ofProjects(projects),
		dependants{projectTable, projects},
		dependants{serverTable, whereIs("server.shard_id", s.ID)})
	tx.touchShards()
	return below, tx.touchProjectsOf(ctx, projects)
}

// checkShard validates and normalises a shard, and demands that no other than id has its name.
func checkShard(ctx context.Context, tx *writeTx, id int64, s *Shard) error {
	if err := s.validate(); err != nil {
		return err
	}
	return shardTable.vacant(ctx, tx, id, whereIs("shard.name", s.Name), "name", s.Name, "is taken by another shard")
}

// shardRef is the reference of a noun to a shard.
func shardRef(noun string, id int64, name string) reference {
	return reference{noun: noun, field: "shard", id: id, name: name, column: "shard.name"}
}
