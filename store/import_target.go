package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

// loadExporters reads the exporters that the projects have.
func (imp *importer) loadExporters(ctx context.Context, window []*importBatch) error {
	known := map[int64]*importBatch{}
	for _, b := range window {
		if !b.newProject {
			known[b.project.ID] = b
		}
	}
	rows, err := exporterTable.list(ctx, imp.tx, whereIn("exporter.project_id", slices.Collect(maps.Keys(known))))
	for _, row := range rows {
		b := known[row.ProjectID]
		b.byKey[row.key()] = &importExporter{row: row, labels: effectiveLabels(b.projectLabels, row), hosts: map[string]int{}}
	}
	return err
}

// loadHosts reads the hosts that the farms have.
func (imp *importer) loadHosts(ctx context.Context, window []*importBatch) error {
	known := map[int64]*importBatch{}
	for _, b := range window {
		if b.farm.ID != 0 && !b.newFarm {
			known[b.farm.ID] = b
		}
	}
	w := whereIn("host.farm_id", slices.Collect(maps.Keys(known)))
	var rows []Host
	if err := imp.tx.selectAll(ctx, &rows, `SELECT id, name, labels, farm_id FROM host`+w.sql(), w.args...); err != nil {
		return fmt.Errorf("reading hosts: %w", err)
	}
	for _, row := range rows {
		known[row.FarmID].byName[row.Name] = &importHost{name: row.Name, id: row.ID, labels: foldScrapeTimes(row.Labels)}
	}
	return nil
}

// takeTargets notes which exporters and hosts the groups name, and decides about their labels.
func (imp *importer) takeTargets(_ context.Context, window []*importBatch) error {
	for _, b := range window {
		for _, g := range b.groups {
			if g.module != "" {
				continue
			}
			if err := imp.group(b, g); err != nil {
				return importing(g.number, err)
			}
		}
		if err := b.settleLabels(); err != nil {
			return err
		}
	}
	return nil
}

func (imp *importer) group(b *importBatch, g importGroup) error {
	var e *importExporter
	var extra int
	for _, target := range g.targets {
		name, port, err := splitTarget(target)
		if err != nil {
			return err
		}
		if e == nil || e.row.Port != port {
			e = imp.exporter(b, g, port)
			extra = e.extra(g.extra)
		}
		h, err := imp.host(b, g, name)
		if err != nil {
			return err
		}
		if err := imp.pair(e, h, extra, target); err != nil {
			return err
		}
		imp.progress(1)
	}
	return nil
}

// pair notes that the exporter is on the host, with the labels of the index. A target that is there twice counts as
// existing.
func (imp *importer) pair(e *importExporter, h *importHost, extra int, target string) error {
	before, twice := e.hosts[h.name]
	switch {
	case twice && before != extra:
		return &Error{
			Kind: ErrInvalid, Noun: "target", Value: shorten(target),
			Reason: fmt.Sprintf("is listed twice for job %q, with different labels", e.row.Job),
		}
	case twice:
		imp.result.Existing.Hosts++
	}
	e.hosts[h.name] = extra
	return nil
}

// exporter returns the exporter of a group's targets on a port, which may be one to be created.
func (imp *importer) exporter(b *importBatch, g importGroup, port int) *importExporter {
	key := exporterKey{g.job, port, g.path, g.scheme}
	if key.scheme == "" {
		key.scheme = "http"
	}
	e := b.byKey[key]
	if e == nil {
		e = &importExporter{
			row:      Exporter{Job: key.job, Port: key.port, Path: key.path, Scheme: key.scheme, Enabled: true, ProjectID: b.project.ID},
			imported: true,
			labels:   maps.Clone(b.projectLabels),
			hosts:    map[string]int{},
		}
		b.byKey[key] = e
	}
	if e.number == 0 {
		e.number = g.number
		b.exporters = append(b.exporters, e)
		if e.row.ID != 0 {
			e.imported = imp.meet("exporter", e.row.ID)
		}
	}
	return e
}

// extra returns the index of a label set.
func (e *importExporter) extra(labels Labels) int {
	i := slices.IndexFunc(e.extras, func(l Labels) bool { return maps.Equal(l, labels) })
	if i < 0 {
		i = len(e.extras)
		e.extras = append(e.extras, labels)
	}
	return i
}

// host returns the host that a target names, which may be one to be created.
func (imp *importer) host(b *importBatch, g importGroup, written string) (*importHost, error) {
	name, ok := b.names[written]
	if !ok {
		valid := Host{Name: written}
		if err := valid.validate(); err != nil {
			return nil, err
		}
		name = valid.Name
		b.names[written] = name
	}
	h := b.byName[name]
	if h == nil {
		h = &importHost{name: name, imported: true, labels: Labels{}}
		b.byName[name] = h
	}
	if h.number == 0 {
		h.number = g.number
		b.hosts = append(b.hosts, h)
		if h.id != 0 {
			h.imported = imp.meet("host", h.id)
		}
	}
	return h, nil
}

// insertExporters creates the exporters that the projects do not have.
func (imp *importer) insertExporters(ctx context.Context, window []*importBatch) error {
	var rows [][]any
	for _, b := range window {
		for _, e := range b.exporters {
			if e.row.ID != 0 {
				continue
			}
			e.row.Labels = unfoldScrapeTimes(b.ownLabels(e))
			if err := e.row.validate(); err != nil {
				return importing(e.number, err)
			}
			imp.tx.touchProjects(b.project.ID)
			rows = append(rows, []any{
				e.row.Job, e.row.Port, e.row.Path, e.row.Scheme, e.row.Enabled,
				int64(e.row.ScrapeInterval), int64(e.row.ScrapeTimeout), e.row.Labels, e.row.ProjectID,
			})
		}
	}
	ids, err := imp.tx.insertRows(ctx,
		`exporter (job, port, path, scheme, enabled, scrape_interval, scrape_timeout, labels, project_id)`, rows)
	imp.add("exporter", ids...)
	return err
}

// insertHosts creates the hosts that the farms do not have.
func (imp *importer) insertHosts(ctx context.Context, window []*importBatch) error {
	var rows [][]any
	for _, b := range window {
		for _, h := range b.hosts {
			if h.id != 0 {
				continue
			}
			row := Host{Name: h.name, Enabled: true, Labels: unfoldScrapeTimes(h.labels)}
			if err := row.validate(); err != nil {
				return importing(h.number, err)
			}
			imp.tx.touchProjects(b.project.ID)
			rows = append(rows, []any{row.Name, row.Enabled, row.Labels, b.farm.ID})
		}
	}
	ids, err := imp.tx.insertRows(ctx, `host (name, enabled, labels, farm_id)`, rows)
	imp.add("host", ids...)
	return err
}
