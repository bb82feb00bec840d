package promfile

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/promshard/promshard/store"
)

// part is targets that one project can have: every exporter of it is on every host of it.
type part struct {
	targets []*target
	// project is the name that the rules gave, name the one that it gets.
	project, name string
}

// plan makes the groups. A project of an inventory has its exporters on all its hosts, is on one shard and belongs to
// one service. Where the rules put together what is not so, several projects take its place.
func (p *planner) plan() Plan {
	parts := p.parts()
	plan := Plan{Notes: p.notes, Groups: []store.ImportGroup{}}
	nameParts(parts)
	slices.SortStableFunc(parts, func(a, b *part) int { return cmp.Compare(a.name, b.name) })
	for _, part := range parts {
		plan.Groups = append(plan.Groups, part.groups()...)
		plan.Targets += len(part.targets)
	}
	plan.Notes = append(plan.Notes, splitNotes(parts)...)
	if plan.Notes == nil {
		plan.Notes = []Note{}
	}
	return plan
}

// parts puts targets together that fit into one project, in the order of the configuration.
func (p *planner) parts() []*part {
	byExporter := map[string][]*target{}
	var order []string
	for _, t := range p.unique() {
		key := t.exporterKey()
		if byExporter[key] == nil {
			order = append(order, key)
		}
		byExporter[key] = append(byExporter[key], t)
	}
	byHosts := map[string]*part{}
	var parts []*part
	for _, key := range order {
		targets := byExporter[key]
		hosts := hostsKey(targets)
		if byHosts[hosts] == nil {
			byHosts[hosts] = &part{project: targets[0].project}
			parts = append(parts, byHosts[hosts])
		}
		byHosts[hosts].targets = append(byHosts[hosts].targets, targets...)
	}
	return parts
}

// unique leaves out targets that one project cannot have twice: the same one again, which says nothing new, and one
// with other labels, which is noted.
func (p *planner) unique() []*target {
	seen := map[string]*target{}
	var all []*target
	for _, t := range p.targets {
		key := t.exporterKey() + "\x00" + t.address
		first := seen[key]
		switch {
		case first == nil:
			seen[key] = t
			all = append(all, t)
		case !maps.Equal(first.labels, t.labels):
			p.leaveOut(t, fmt.Sprintf("is there with other labels already, in job %q", first.jobName), "let --project tell the two apart")
		}
	}
	return all
}

// exporterKey names what targets of one exporter share. For a URL that is the probe, and the labels, which are those of
// the project.
func (t *target) exporterKey() string {
	key := []any{t.service, t.project, t.shard, t.farm, t.source, t.module}
	if t.module != "" {
		return encode(append(key, t.labels)...)
	}
	return encode(append(key, fmt.Sprint(t.exporter()))...)
}

// hostsKey names what an exporter's targets must share with those of another to be of one project: the place, the
// hosts, and the labels that set hosts apart. Probes share the labels alone.
func hostsKey(targets []*target) string {
	first := targets[0]
	place := []any{first.service, first.project, first.shard, first.farm, first.source, first.module != ""}
	if first.module != "" {
		return encode(append(place, first.labels)...)
	}
	common := maps.Clone(first.labels)
	for _, t := range targets {
		maps.DeleteFunc(common, func(name, value string) bool { return t.labels[name] != value })
	}
	hosts := map[string]map[string]string{}
	for _, t := range targets {
		own := maps.Clone(t.labels)
		maps.DeleteFunc(own, func(name, _ string) bool { return common[name] != "" })
		hosts[t.host()] = own
	}
	return encode(append(place, hosts)...)
}

// encode makes one string of values, maps in the order of their keys.
func encode(values ...any) string {
	b, _ := json.Marshal(values) // strings and maps of strings
	return string(b)
}

// groups are the part's target groups: targets of one label set each.
func (p *part) groups() []store.ImportGroup {
	var groups []store.ImportGroup
	index := map[string]int{}
	for _, t := range p.targets {
		g := t.group()
		g.Labels["project"] = p.name
		key := encode(g.Labels)
		i, ok := index[key]
		if !ok {
			i = len(groups)
			index[key] = i
			groups = append(groups, store.ImportGroup{Labels: g.Labels})
		}
		groups[i].Targets = append(groups[i].Targets, t.address)
	}
	return groups
}

// nameParts gives every part a name of its own: that of its project, and where parts share it, behind it the least that
// tells them apart.
func nameParts(parts []*part) {
	byProject := map[string][]*part{}
	taken := map[string]bool{}
	for _, p := range parts {
		byProject[p.project] = append(byProject[p.project], p)
		taken[p.project] = true
	}
	for _, project := range slices.Sorted(maps.Keys(byProject)) {
		same := byProject[project]
		if len(same) == 1 {
			same[0].name = project
			continue
		}
		suffixes := tellApart(same)
		for i, p := range same {
			p.name = free(project+" "+suffixes[i], taken)
			taken[p.name] = true
		}
	}
}

// tellApart returns a short description for each part, no two of them the same.
func tellApart(parts []*part) []string {
	for _, describe := range []func(t *target) []string{
		func(t *target) []string { return []string{t.shard} },
		func(t *target) []string { return []string{t.service} },
		func(t *target) []string { return []string{cmp.Or(t.port, t.module)} },
		func(t *target) []string { return []string{t.job, cmp.Or(t.port, t.module)} },
		func(t *target) []string { return []string{t.service, t.shard, t.job, cmp.Or(t.port, t.module)} },
	} {
		var names []string
		for _, p := range parts {
			names = append(names, strings.TrimSpace(strings.Join(describe(p.targets[0]), " ")))
		}
		if len(slices.Compact(slices.Sorted(slices.Values(names)))) == len(parts) {
			return names
		}
	}
	var names []string
	for i := range parts {
		names = append(names, fmt.Sprint(i+1))
	}
	return names
}

// free is the name, or when it is taken the name with a number.
func free(name string, taken map[string]bool) string {
	for i, n := 2, name; ; i++ {
		if !taken[n] {
			return n
		}
		n = fmt.Sprint(name, " ", i)
	}
}

// splitNotes tells of projects that became several. The parts are in order.
func splitNotes(parts []*part) []Note {
	var order []string
	names := map[string][]string{}
	jobs := map[string]string{}
	for _, p := range parts {
		if p.name == p.project {
			continue
		}
		if names[p.project] == nil {
			order = append(order, p.project)
			jobs[p.project] = p.targets[0].jobName
		}
		names[p.project] = append(names[p.project], strconv.Quote(p.name))
	}
	var notes []Note
	for _, project := range order {
		notes = append(notes, Note{
			Changed, jobs[project], fmt.Sprintf("project %q", project),
			"its exporters are not all on the same hosts, with the same labels and in the same place, as those of a project are; it becomes " + enumerate(names[project]),
			"another --project can draw the line elsewhere",
		})
	}
	return notes
}

// enumerate lists names, but not very many.
func enumerate(names []string) string {
	const most = 10
	if len(names) > most {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
	}
	return strings.Join(names, ", ")
}
