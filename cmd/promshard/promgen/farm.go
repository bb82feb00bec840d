package promgen

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/promshard/promshard/store"
)

// farm is a row of promgen_farm with the projects that have it, lowest id first.
type farm struct {
	id           int64
	name, source string
	projects     []int64
	hosts        []store.SyncHost
}

// farmsAndHosts reads farms in both layouts. A farm that several projects share becomes one for each: the project with the
// lowest id keeps the ids of its hosts, the others get copies.
//
// A farm here is a part of its project, and has the project's id for its key: a project that is given another farm in
// Promgen then has other hosts at the next run, with no moment in between in which it has none.
func (r *reader) farmsAndHosts(ctx context.Context, s *Source) error {
	farms, err := r.farms(ctx)
	if err != nil {
		return err
	}
	byID := map[int64]*farm{}
	for i := range farms {
		byID[farms[i].id] = &farms[i]
	}
	hosts, err := list(ctx, r, `SELECT id, name, farm_id FROM promgen_host ORDER BY id`, func(v *store.SyncHost) []any {
		return []any{&v.Key, &v.Name, &v.Farm}
	})
	if err != nil {
		return err
	}
	for _, h := range hosts {
		if f := byID[h.Farm]; f != nil {
			f.hosts = append(f.hosts, h)
		}
	}
	taken := map[int64]string{}
	for _, f := range farms {
		s.addFarm(f, taken)
	}
	return nil
}

// farms reads the farms and whose they are.
func (r *reader) farms(ctx context.Context) ([]farm, error) {
	type link struct{ farm, project int64 }
	links := `SELECT id, project_id FROM promgen_farm WHERE project_id IS NOT NULL`
	if !r.hasColumn("promgen_farm", "project_id") {
		links = `SELECT farm_id, id FROM promgen_project WHERE farm_id IS NOT NULL`
	}
	all, err := list(ctx, r, `SELECT id, name, source FROM promgen_farm ORDER BY id`, func(v *farm) []any {
		return []any{&v.id, &v.name, &v.source}
	})
	if err != nil {
		return nil, err
	}
	linked, err := list(ctx, r, links, func(v *link) []any { return []any{&v.farm, &v.project} })
	if err != nil {
		return nil, err
	}
	slices.SortFunc(linked, func(a, b link) int { return cmp.Compare(a.project, b.project) })
	projects := map[int64][]int64{}
	for _, l := range linked {
		projects[l.farm] = append(projects[l.farm], l.project)
	}
	for i := range all {
		all[i].projects = projects[all[i].id]
	}
	return all, nil
}

// addFarm adds the farm of each of its projects; taken are the farms of those that have one.
func (s *Source) addFarm(f farm, taken map[int64]string) {
	if len(f.projects) == 0 {
		s.leaveOut(store.SyncIssue{
			Noun: "farm", Key: f.id, Name: f.name, Reason: "belongs to no project, so that nothing scrapes its hosts; a farm here belongs to one",
			Hint: "give it to a project in Promgen, or delete it there", Below: len(f.hosts),
		})
		return
	}
	for i, project := range f.projects {
		if other, ok := taken[project]; ok {
			s.leaveOut(store.SyncIssue{
				Noun: "farm", Key: f.id, Name: f.name, Below: len(f.hosts),
				Reason: fmt.Sprintf("belongs to project %d, which has the farm %q as well; a project here has one", project, other),
				Hint:   "move its hosts to the other farm in Promgen",
			})
			continue
		}
		taken[project] = f.name
		s.Farms = append(s.Farms, store.SyncFarm{Key: project, Name: f.name, Source: f.source, Project: project})
		for _, h := range f.hosts {
			h.Farm = project
			if i > 0 {
				h.Key = keyOf("host", h.Key, project)
			}
			s.Hosts = append(s.Hosts, h)
		}
	}
}
