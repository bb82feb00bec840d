package store

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// importBatch is what a window of the list says about one project.
type importBatch struct {
	groups  []importGroup
	project Project
	// imported is true when this import created the project, newProject when this batch does, newFarm likewise.
	imported, newProject, newFarm bool
	// projectLabels are those of the service and the project together.
	projectLabels Labels
	farm          Farm
	// exporters and hosts are those that the groups name, in their order.
	exporters []*importExporter
	hosts     []*importHost

	byKey  map[exporterKey]*importExporter
	byName map[string]*importHost
	// names are host names as validation left them, by how the list writes them.
	names map[string]string
}

// exporterKey is what makes an exporter of a project unique.
type exporterKey struct {
	job          string
	port         int
	path, scheme string
}

func (e *Exporter) key() exporterKey { return exporterKey{e.Job, e.Port, e.Path, e.Scheme} }

// importExporter is an exporter that a list names.
type importExporter struct {
	// row has the id 0 when the exporter is to be created.
	row    Exporter
	number int // of the first group that names it, 0 before that
	// imported is false when the exporter was there before the import.
	imported bool
	// labels are those of its targets, but for what hosts add: as they are, or as they are to be.
	labels Labels
	// hosts says, by name, which of extras the list wants on the exporter's target on that host.
	hosts  map[string]int
	extras []Labels
}

// importHost is a host that a list names.
type importHost struct {
	name string
	// id is 0 when the host is to be created.
	id     int64
	labels Labels
	number int // of the first group that names it, 0 before that
	// imported is false when the host was there before the import.
	imported bool
}

func newImportBatch() *importBatch {
	return &importBatch{byKey: map[exporterKey]*importExporter{}, byName: map[string]*importHost{}, names: map[string]string{}}
}

// placeProjects finds or creates projects with their services and shards, and demands that every group agrees.
func (imp *importer) placeProjects(ctx context.Context, window []*importBatch) error {
	for _, b := range window {
		name := Project{Name: b.groups[0].project}
		if err := name.validate(); err != nil {
			return importing(b.groups[0].number, err)
		}
	}
	if err := imp.findProjects(ctx, window); err != nil {
		return err
	}
	if err := imp.createProjects(ctx, window); err != nil {
		return err
	}
	for _, b := range window {
		b.imported = imp.meet("project", b.project.ID)
		for _, g := range b.groups {
			if g.service != b.project.Service {
				return importing(g.number, elsewhere("service", g.service, b.project.Name, b.project.Service))
			}
			if g.shard != "" && g.shard != b.project.Shard {
				return importing(g.number, elsewhere("__shard", g.shard, b.project.Name, b.project.Shard))
			}
		}
		if err := imp.placeLabels(ctx, b); err != nil {
			return importing(b.groups[0].number, err)
		}
	}
	return nil
}

// findProjects reads the projects that are there.
func (imp *importer) findProjects(ctx context.Context, window []*importBatch) error {
	missing := map[string]*importBatch{}
	for _, b := range window {
		if b.project.ID == 0 {
			missing[b.groups[0].project] = b
		}
	}
	projects, err := projectTable.list(ctx, imp.tx, whereIn("project.name", slices.Collect(maps.Keys(missing))))
	for _, p := range projects {
		missing[p.Name].project = p
	}
	return err
}

// elsewhere is the error for a group that puts a project elsewhere than it is.
func elsewhere(label, value, project, is string) error {
	return &Error{
		Kind: ErrConflict, Noun: "label", Field: label, Value: shorten(value),
		Reason: fmt.Sprintf("project %q is in %s %q", project, strings.TrimPrefix(label, "__"), is),
		Hint:   "change the project first, or correct the list",
	}
}

// placeLabels reads the labels of service and project, and meets the service and the shard.
func (imp *importer) placeLabels(ctx context.Context, b *importBatch) error {
	service, err := imp.service(ctx, b.project.Service)
	if err != nil {
		return err
	}
	imp.meet("shard", b.project.ShardID)
	b.projectLabels = Labels{}
	maps.Copy(b.projectLabels, service.Labels)
	maps.Copy(b.projectLabels, b.project.Labels)
	b.projectLabels = foldEffective(b.projectLabels)
	return nil
}

// createProjects creates the projects that were not found.
func (imp *importer) createProjects(ctx context.Context, window []*importBatch) error {
	var rows [][]any
	for _, b := range window {
		if b.project.ID != 0 {
			continue
		}
		b.newProject = true
		p, err := imp.newProject(ctx, b.groups)
		if err != nil {
			return importing(b.groups[0].number, err)
		}
		rows = append(rows, []any{p.Name, "", "", p.Enabled, p.Labels, p.ServiceID, p.ShardID})
	}
	if len(rows) == 0 {
		return nil
	}
	ids, err := imp.tx.insertRows(ctx, `project (name, description, owner, enabled, labels, service_id, shard_id)`, rows)
	if err != nil {
		return err
	}
	imp.add("project", ids...)
	imp.tx.touchProjects(ids...)
	return imp.findProjects(ctx, window)
}

// newProject returns the project of the groups, which is to be created. Its labels are those of the groups of URLs:
// nothing else can have them.
func (imp *importer) newProject(ctx context.Context, groups []importGroup) (Project, error) {
	first := groups[0]
	p := Project{Name: first.project, Service: first.service, Shard: cmp.Or(first.shard, DefaultShard), Enabled: true}
	service, err := imp.service(ctx, p.Service)
	if err != nil {
		return p, err
	}
	p.Labels = labelsOfURLs(service.Labels, groups)
	if err := p.validate(); err != nil {
		return p, err
	}
	shard, err := imp.shard(ctx, p.Shard)
	if err != nil {
		return p, err
	}
	p.ServiceID, p.ShardID = service.ID, shard.ID
	return p, shard.accepts()
}

// labelsOfURLs are the labels of the first group of URLs that the service does not say already.
func labelsOfURLs(service Labels, groups []importGroup) Labels {
	above := foldEffective(maps.Clone(service))
	for _, g := range groups {
		if g.module == "" {
			continue
		}
		own := Labels{}
		for name, value := range g.extra {
			if above[name] != value {
				own[name] = value
			}
		}
		return unfoldScrapeTimes(own)
	}
	return nil
}
