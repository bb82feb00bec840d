package store

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
)

// ensure returns the row that w picks, or the one that create makes. It looks into the database once for each name.
func ensure[T any](
	ctx context.Context, imp *importer, t table[T], met map[string]T, name string, w where, create func() (T, error),
) (T, error) {
	if row, ok := met[name]; ok {
		return row, nil
	}
	row, found, err := t.find(ctx, imp.tx, w)
	if err == nil && !found {
		if row, err = create(); err == nil {
			imp.add(t.name, t.id(row))
		}
	}
	if err != nil {
		return row, err
	}
	imp.meet(t.name, t.id(row))
	met[name] = row
	return row, nil
}

// service finds or creates a service.
func (imp *importer) service(ctx context.Context, name string) (Service, error) {
	return ensure(ctx, imp, serviceTable, imp.services, name, whereIs("service.name", name), func() (s Service, err error) {
		s.Name = name
		if err := s.validate(); err != nil {
			return s, err
		}
		s.ID, err = insertService(ctx, imp.tx, s)
		imp.tx.touchServices(s.ID)
		return s, err
	})
}

// shard finds or creates a shard.
func (imp *importer) shard(ctx context.Context, name string) (Shard, error) {
	return ensure(ctx, imp, shardTable, imp.shards, name, whereIs("shard.name", name), func() (s Shard, err error) {
		s.Name, s.Enabled = name, true
		if err := s.validate(); err != nil {
			return s, err
		}
		s.ID, err = insertShard(ctx, imp.tx, s)
		imp.tx.touchShards()
		return s, err
	})
}

// probe finds or creates a probe.
func (imp *importer) probe(ctx context.Context, module string) (Probe, error) {
	return ensure(ctx, imp, probeTable, imp.probes, module, whereIs("probe.module", module), func() (p Probe, err error) {
		p.Module = module
		if err := p.validate(); err != nil {
			return p, err
		}
		p.ID, err = insertProbe(ctx, imp.tx, p)
		return p, err
	})
}

// placeFarms finds or creates the farms of projects whose groups have hosts, and demands that every group agrees.
func (imp *importer) placeFarms(ctx context.Context, window []*importBatch) error {
	if err := imp.findFarms(ctx, window); err != nil {
		return err
	}
	if err := imp.createFarms(ctx, window); err != nil {
		return err
	}
	for _, b := range window {
		if b.farm.ID == 0 {
			continue
		}
		imp.meet("farm", b.farm.ID)
		for _, g := range b.groups {
			if g.farm != "" && g.farm != b.farm.Name {
				return importing(g.number, otherFarm("farm", g.farm, b.project.Name, b.farm.Name))
			}
			if g.source != "" && g.source != b.farm.Source {
				return importing(g.number, otherFarm("__farm_source", g.source, b.project.Name, b.farm.Source))
			}
		}
	}
	return nil
}

// otherFarm is the error for a group that names another farm than the project's.
func otherFarm(label, value, project, is string) error {
	return &Error{
		Kind: ErrConflict, Noun: "label", Field: label, Value: shorten(value),
		Reason: fmt.Sprintf("project %q has %q, and can have one", project, is),
		Hint:   "change the farm first, or correct the list",
	}
}

// findFarms reads the farms that are there.
func (imp *importer) findFarms(ctx context.Context, window []*importBatch) error {
	missing := map[int64]*importBatch{}
	for _, b := range window {
		if b.farm.ID == 0 && b.needsFarm() {
			missing[b.project.ID] = b
		}
	}
	farms, err := farmTable.list(ctx, imp.tx, whereIn("farm.project_id", slices.Collect(maps.Keys(missing))))
	for _, f := range farms {
		missing[f.ProjectID].farm = f
	}
	return err
}

// needsFarm says whether a group has hosts.
func (b *importBatch) needsFarm() bool { return slices.ContainsFunc(b.groups, importGroup.hasHosts) }

func (g importGroup) hasHosts() bool { return g.module == "" && len(g.targets) > 0 }

// createFarms creates the farms that were not found.
func (imp *importer) createFarms(ctx context.Context, window []*importBatch) error {
	var rows [][]any
	for _, b := range window {
		if b.farm.ID != 0 || !b.needsFarm() {
			continue
		}
		b.newFarm = true
		g := b.groups[slices.IndexFunc(b.groups, importGroup.hasHosts)]
		f := Farm{Name: cmp.Or(g.farm, b.project.Name), Source: g.source}
		if err := f.validate(); err != nil {
			return importing(g.number, err)
		}
		rows = append(rows, []any{f.Name, f.Source, b.project.ID})
		imp.tx.touchProjects(b.project.ID)
	}
	if len(rows) == 0 {
		return nil
	}
	ids, err := imp.tx.insertRows(ctx, `farm (name, source, project_id)`, rows)
	if err != nil {
		return err
	}
	imp.add("farm", ids...)
	return imp.findFarms(ctx, window)
}
