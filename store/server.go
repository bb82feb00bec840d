package store

import (
	"context"
	"fmt"
	"net"
	"strconv"
)

// Server is one Prometheus, known by the address it says it has, registered to one shard.
type Server struct {
	ID int64 `db:"id" json:"id"`
	// Version is the revision at which the row last changed.
	Version int64 `db:"version" json:"version"`
	// ManagedBy is the name under which apply owns the row; empty when none does.
	ManagedBy string `db:"managed_by" json:"managed_by,omitempty"`
	// Host is a host name or an IP address, an IPv6 address without brackets.
	Host string `db:"host" json:"host"`
	Port int    `db:"port" json:"port"`
	// ShardID and Shard name the shard. On creation Shard is looked at when ShardID is 0.
	ShardID int64  `db:"shard_id" json:"shard_id"`
	Shard   string `db:"shard"    json:"shard"`
}

// ServerFilter picks servers; a zero field does not filter.
type ServerFilter struct {
	Shard string `json:"shard,omitempty"`
	Host  string `json:"host,omitempty"`
	Port  int    `json:"port,omitempty"`

	Page `json:"-"`
}

// ServerUpdate names the fields to change; a nil field stays as it is.
type ServerUpdate struct {
	UpdateOptions

	Host  *string `json:"host,omitempty"`
	Port  *int    `json:"port,omitempty"`
	Shard *string `json:"shard,omitempty"`
}

var serverTable = table[Server]{
	name:      "server",
	columns:   `server.id, server.version, server.managed_by, server.host, server.port, server.shard_id, shard.name AS shard`,
	from:      `server JOIN shard ON shard.id = server.shard_id`,
	order:     `server.host, server.port`,
	search:    []string{"server.host", "shard.name"},
	sorts:     []string{"id", "host", "port", "shard"},
	id:        func(s Server) int64 { return s.ID },
	version:   func(s *Server) *int64 { return &s.Version },
	managedBy: func(s *Server) *string { return &s.ManagedBy },
	label:     func(s Server) (string, string) { return s.address(), fmt.Sprintf(" on shard %q", s.Shard) },
}

// address is the server's host:port.
func (s Server) address() string { return net.JoinHostPort(s.Host, strconv.Itoa(s.Port)) }

func (f ServerFilter) where() where {
	var w where
	match(&w, "shard.name = ?", f.Shard)
	match(&w, "server.host = ?", f.Host)
	match(&w, "server.port = ?", f.Port)
	return w
}

// CreateServer implements Inventory.
func (s *Store) CreateServer(ctx context.Context, sv *Server) error {
	return createRow(ctx, s, serverTable, sv, createServer)
}

// Server implements Inventory.
func (s *Store) Server(ctx context.Context, id int64) (Server, error) {
	return serverTable.byID(ctx, s.read(), id)
}

// Servers implements Inventory.
func (s *Store) Servers(ctx context.Context, f ServerFilter) ([]Server, error) {
	return serverTable.page(ctx, s, f.where(), f.Page)
}

// UpdateServer implements Inventory.
func (s *Store) UpdateServer(ctx context.Context, id int64, u ServerUpdate) (Server, error) {
	return updateRow(ctx, s, serverTable, id, u, updateServer)
}

// DeleteServer implements Inventory.
func (s *Store) DeleteServer(ctx context.Context, id int64, o DeleteOptions) error {
	return deleteRow(ctx, s, serverTable, id, o, func(_ context.Context, tx *writeTx, _ Server) ([]dependants, error) {
		tx.touchShards()
		return nil, nil
	})
}

func createServer(ctx context.Context, tx *writeTx, s Server) (Server, error) {
	shard, err := shardTable.referred(ctx, tx, shardRef("server", s.ShardID, s.Shard))
	if err != nil {
		return s, err
	}
	s.ShardID, s.Shard = shard.ID, shard.Name
	if err := checkServer(ctx, tx, 0, &s); err != nil {
		return s, err
	}
	if s.ID, err = tx.insert(ctx, `
		INSERT INTO server (host, port, shard_id, version)
		VALUES             (?,    ?,    ?, ?)
		RETURNING id`,
		s.Host, s.Port, s.ShardID, tx.next,
	); err != nil {
		return s, fmt.Errorf("creating server %q: %w", s.address(), err)
	}
	tx.touchShards()
	return serverTable.created(ctx, tx, s)
}

func updateServer(ctx context.Context, tx *writeTx, before Server, u ServerUpdate) (Server, error) {
	after := before
	assign(&after.Host, u.Host)
	assign(&after.Port, u.Port)
	if u.Shard != nil {
		shard, err := shardTable.referred(ctx, tx, shardRef("server", 0, *u.Shard))
		if err != nil {
			return after, err
		}
		after.ShardID, after.Shard = shard.ID, shard.Name
	}
	if err := checkServer(ctx, tx, before.ID, &after); err != nil {
		return after, err
	}
	changed, err := serverTable.amend(ctx, tx, before, &after, `
		UPDATE server
		SET    version = ?, host = ?, port = ?, shard_id = ?
		WHERE  id = ?`,
		after.Host, after.Port, after.ShardID)
	if changed {
		tx.touchShards()
	}
	return after, err
}

// checkServer validates and normalises a server, and demands that no other than id has its address.
func checkServer(ctx context.Context, tx *writeTx, id int64, s *Server) error {
	if err := s.validate(); err != nil {
		return err
	}
	other, found, err := findServer(ctx, tx, *s)
	if err != nil || !found || other.ID == id {
		return err
	}
	return &Error{
		Kind: ErrConflict, Noun: "server", Field: "host", Value: s.address(),
		Reason: fmt.Sprintf("is already on shard %q", other.Shard), Hint: "move it by changing its shard",
	}
}

// findServer looks for the server with the address of s.
func findServer(ctx context.Context, q querier, s Server) (Server, bool, error) {
	return serverTable.find(ctx, q, ServerFilter{Host: s.Host, Port: s.Port}.where())
}
