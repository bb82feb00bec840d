package store

import "context"

// RegisterServer implements Inventory.
func (s *Store) RegisterServer(ctx context.Context, shard, host string, port int) (ServerRegistration, error) {
	return written(ctx, s, "server.register", func(tx *writeTx) (ServerRegistration, error) {
		return registerServer(ctx, tx, shard, Server{Host: host, Port: port})
	})
}

func registerServer(ctx context.Context, tx *writeTx, shard string, server Server) (r ServerRegistration, err error) {
	if err := server.validate(); err != nil {
		return r, err
	}
	on, found, err := shardTable.find(ctx, tx, whereIs("shard.name", shard))
	if err == nil && !found {
		on, err = createShard(ctx, tx, Shard{Name: shard, Enabled: true})
		r.CreatedShard = true
	}
	if err != nil {
		return r, err
	}
	before, found, err := findServer(ctx, tx, server)
	switch {
	case err != nil:
	case !found:
		server.ShardID = on.ID
		r.Created = true
		r.Server, err = createServer(ctx, tx, server)
	case before.ShardID != on.ID:
		r.MovedFrom = before.Shard
		r.Server, err = updateServer(ctx, tx, before, ServerUpdate{Shard: &on.Name})
		tx.describe("moved server %q from shard %q to shard %q", before.address(), before.Shard, on.Name)
	default:
		r.Server = before
	}
	return r, err
}

// registration is a row that was there, or is new.
type registration[T any] struct {
	Row T
	New bool
}

// RegisterHost implements Inventory.
func (s *Store) RegisterHost(ctx context.Context, project, host string) (Host, bool, error) {
	r, err := written(ctx, s, "host.register", func(tx *writeTx) (registration[Host], error) {
		return registerHost(ctx, tx, Host{Name: host, Project: project, Enabled: true})
	})
	return r.Row, r.New, err
}

func registerHost(ctx context.Context, tx *writeTx, h Host) (registration[Host], error) {
	if err := h.validate(); err != nil {
		return registration[Host]{}, err
	}
	farm, err := farmOfHost(ctx, tx, h)
	if err != nil {
		return registration[Host]{}, err
	}
	known, found, err := findHost(ctx, tx, farm.ID, h.Name)
	if err != nil || found {
		return registration[Host]{Row: known}, err
	}
	h.FarmID = farm.ID
	h, err = createHost(ctx, tx, h)
	return registration[Host]{Row: h, New: true}, err
}

// RegisterJob implements Inventory.
func (s *Store) RegisterJob(ctx context.Context, e Exporter) (Exporter, bool, error) {
	r, err := written(ctx, s, "exporter.register", func(tx *writeTx) (registration[Exporter], error) {
		return registerJob(ctx, tx, e)
	})
	return r.Row, r.New, err
}

func registerJob(ctx context.Context, tx *writeTx, e Exporter) (registration[Exporter], error) {
	if err := e.validate(); err != nil {
		return registration[Exporter]{}, err
	}
	project, err := projectTable.referred(ctx, tx, projectRef("exporter", e.ProjectID, e.Project))
	if err != nil {
		return registration[Exporter]{}, err
	}
	w := ExporterFilter{Job: e.Job, Port: e.Port, Project: project.Name}.where()
	known, found, err := exporterTable.find(ctx, tx, w)
	if err != nil || found {
		return registration[Exporter]{Row: known}, err
	}
	e.ProjectID = project.ID
	e, err = createExporter(ctx, tx, e)
	return registration[Exporter]{Row: e, New: true}, err
}

// RegisterExporter implements Inventory.
func (s *Store) RegisterExporter(ctx context.Context, job string, port int, path string) (DefaultExporter, bool, error) {
	r, err := written(ctx, s, "default_exporter.register", func(tx *writeTx) (registration[DefaultExporter], error) {
		return registerExporter(ctx, tx, DefaultExporter{Job: job, Port: port, Path: path})
	})
	return r.Row, r.New, err
}

func registerExporter(ctx context.Context, tx *writeTx, e DefaultExporter) (registration[DefaultExporter], error) {
	if err := e.validate(); err != nil {
		return registration[DefaultExporter]{}, err
	}
	w := DefaultExporterFilter{Job: e.Job, Port: e.Port, Path: &e.Path}.where()
	known, found, err := defaultExporterTable.find(ctx, tx, w)
	if err != nil || found {
		return registration[DefaultExporter]{Row: known}, err
	}
	e, err = createDefaultExporter(ctx, tx, e)
	return registration[DefaultExporter]{Row: e, New: true}, err
}
