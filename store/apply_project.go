package store

import (
	"context"
	"fmt"
	"slices"
)

// statedList is a list of a project that a document states.
type statedList struct {
	Position
	exclusive bool
}

// exclusiveLists are the lists that a document can state exclusively.
var exclusiveLists = []string{"hosts", "exporters", "urls"}

// projectParts are the lists that are stated of one project.
type projectParts struct {
	stated    Stated[ProjectStatement]
	row       Project
	hosts     []identified[HostUpdate]
	exporters []identified[ExporterUpdate]
	urls      []identified[URLUpdate]
}

func (p *projectParts) identify() (err error) {
	s := p.stated.Fields
	if s.Hosts != nil {
		if p.hosts, err = statedHosts.identify(*s.Hosts); err != nil {
			return err
		}
	}
	if s.Exporters != nil {
		if p.exporters, err = statedExporters.identify(*s.Exporters); err != nil {
			return err
		}
	}
	if s.URLs != nil {
		if p.urls, err = statedURLs.identify(*s.URLs); err != nil {
			return err
		}
	}
	return p.checkExclusive()
}

// checkExclusive refuses lists that are exclusive without being stated.
func (p *projectParts) checkExclusive() error {
	s := p.stated.Fields
	there := map[string]bool{"hosts": s.Hosts != nil, "exporters": s.Exporters != nil, "urls": s.URLs != nil}
	for i, name := range s.Exclusive {
		field := fmt.Sprintf("exclusive[%d]", i)
		switch {
		case !slices.Contains(exclusiveLists, name):
			return p.stated.Refuse(field, name, "is no list of a project; hosts, exporters and urls are")
		case slices.Contains(s.Exclusive[:i], name):
			return p.stated.Refuse(field, name, "is named twice")
		case !there[name]:
			return p.stated.Refuse(field, name, "is not stated beside it; write the list, or [] for none")
		}
	}
	return nil
}

// list is a list of the project by its name.
func (p *projectParts) list(name string) statedList {
	position := Position{p.stated.Source, p.stated.field(name)}
	return statedList{position, slices.Contains(p.stated.Fields.Exclusive, name)}
}

// projects makes statements about projects and all that belongs to them so.
func (a *applying) projects(ctx context.Context, list []Stated[ProjectStatement]) error {
	fields, parts := make([]Stated[ProjectUpdate], len(list)), make([]*projectParts, len(list))
	for i, s := range list {
		fields[i] = Stated[ProjectUpdate]{s.Position, s.Fields.ProjectUpdate}
		parts[i] = &projectParts{stated: s}
	}
	all, err := statedProjects.identify(fields)
	if err != nil {
		return err
	}
	for _, p := range parts {
		if err := p.identify(); err != nil {
			return err
		}
	}
	rows, err := putIdentified(ctx, a, statedProjects, all)
	if err != nil {
		return err
	}
	for i, p := range parts {
		p.row = rows[i]
	}
	for chunk := range slices.Chunk(parts, idsAtOnce) {
		if err := a.parts(ctx, chunk); err != nil {
			return err
		}
	}
	return nil
}

// parts makes statements about what belongs to some projects so.
func (a *applying) parts(ctx context.Context, parts []*projectParts) error {
	ids := make([]int64, len(parts))
	for i, p := range parts {
		ids[i] = p.row.ID
	}
	farms, err := rowsOf(ctx, a, statedFarms, whereIn("farm.project_id", ids), func(f Farm) int64 { return f.ProjectID })
	if err != nil {
		return err
	}
	if err := a.hosts(ctx, parts, ids, farms); err != nil {
		return err
	}
	exporters, err := rowsOf(ctx, a, statedExporters, whereIn("exporter.project_id", ids), func(e Exporter) int64 { return e.ProjectID })
	if err != nil {
		return err
	}
	urls, err := rowsOf(ctx, a, statedURLs, whereIn("url.project_id", ids), func(u URL) int64 { return u.ProjectID })
	if err != nil {
		return err
	}
	for _, p := range parts {
		id := p.row.ID
		if p.stated.Fields.Exporters != nil {
			a.lists["exporter"][id] = p.list("exporters")
		}
		if p.stated.Fields.URLs != nil {
			a.lists["url"][id] = p.list("urls")
		}
		if err := putIn(ctx, a, statedExporters, p.exporters, exporters[id], func(e *Exporter) { e.ProjectID = id }); err != nil {
			return err
		}
		if err := putIn(ctx, a, statedURLs, p.urls, urls[id], func(u *URL) { u.ProjectID = id }); err != nil {
			return err
		}
	}
	return nil
}

// rowsOf reads rows by what they belong to, and by their key.
func rowsOf[T, U any](ctx context.Context, a *applying, n statedNoun[T, U], w where, parent func(T) int64) (map[int64]map[string]T, error) {
	rows, err := n.table.list(ctx, a.tx, w)
	if err != nil {
		return nil, err
	}
	all := map[int64]map[string]T{}
	for _, row := range rows {
		id := parent(row)
		if all[id] == nil {
			all[id] = map[string]T{}
		}
		all[id][n.keyOf(row)] = row
	}
	return all, nil
}

// putIn makes the statements of a list so: there are the rows that its owner has.
func putIn[T, U any](ctx context.Context, a *applying, n statedNoun[T, U], list []identified[U], there map[string]T, into func(*T)) error {
	for _, s := range list {
		before, found := there[s.key]
		if _, err := put(ctx, a, n, s.Stated, before, found, into); err != nil {
			return err
		}
	}
	return nil
}

// hosts makes statements about farms and hosts so.
func (a *applying) hosts(ctx context.Context, parts []*projectParts, projects []int64, farms map[int64]map[string]Farm) error {
	w := whereIn("farm.project_id", projects)
	hosts, err := rowsOf(ctx, a, statedHosts, w, func(h Host) int64 { return h.FarmID })
	if err != nil {
		return err
	}
	for _, p := range parts {
		farm, found := farms[p.row.ID][statedFarms.keyOf(Farm{})]
		if p.stated.Fields.Farm != nil {
			if farm, err = a.farm(ctx, p, farm, found); err != nil {
				return err
			}
		}
		if p.stated.Fields.Hosts == nil {
			continue
		}
		if farm, err = a.hostsOf(ctx, p, farm, hosts[farm.ID]); err != nil {
			return err
		}
		if farm.ID != 0 {
			a.stated["farm"].add(farm.ID)
			a.lists["host"][farm.ID] = p.list("hosts")
		}
	}
	return nil
}

// farm makes the statement about the farm of a project so. Without a name a new one gets that of the project.
func (a *applying) farm(ctx context.Context, p *projectParts, before Farm, found bool) (Farm, error) {
	return put(ctx, a, statedFarms, *p.stated.Fields.Farm, before, found, func(f *Farm) {
		f.ProjectID = p.row.ID
		if p.stated.Fields.Farm.Fields.Name == nil {
			f.Name = p.row.Name
		}
	})
}

// hostsOf makes the statements about the hosts of a project so, and returns its farm, which is made with the first host.
// New hosts are created together.
func (a *applying) hostsOf(ctx context.Context, p *projectParts, farm Farm, there map[string]Host) (Farm, error) {
	var fresh []Host
	for _, s := range p.hosts {
		if before, found := there[s.key]; found {
			if _, err := put(ctx, a, statedHosts, s.Stated, before, true, nil); err != nil {
				return farm, err
			}
			continue
		}
		row := statedHosts.fresh
		assignStated(&row, s.Fields, nil)
		if err := row.validate(); err != nil {
			return farm, s.blame(err)
		}
		fresh = append(fresh, row)
	}
	if len(fresh) == 0 {
		return farm, nil
	}
	mark := len(a.tx.changes)
	set := hostSet{tx: a.tx, project: p.row, farm: farm}
	if err := set.create(ctx, fresh); err != nil {
		return farm, p.list("hosts").blame(err)
	}
	a.tx.touchProjects(p.row.ID)
	a.statesSince(mark)
	return set.farm, nil
}
