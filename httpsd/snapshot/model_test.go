package snapshot

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promshard/promshard/store"
)

// TestChangesLeadToWhatAFullBuildGives changes a world at random and applies the changes. After each, the snapshot is
// what a full build from scratch gives and what a plain search through all rows gives, byte for byte and tag for
// tag; and in the end every older snapshot still is what it was.
func TestChangesLeadToWhatAFullBuildGives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld()
		d := draw{t, w}
		for range 3 {
			d.addShard()
			d.addService()
		}
		for range rapid.IntRange(0, 6).Draw(t, "projects") {
			d.addProject()
		}
		s := w.build()
		w.forget()
		var past []seen
		for range rapid.IntRange(1, 4).Draw(t, "steps") {
			past = append(past, see(t, s))
			for range rapid.IntRange(1, 4).Draw(t, "writes") {
				d.write()
			}
			s = s.Apply(w.changes())
			full := w.build()
			checkSnapshot(t, s)
			checkSnapshot(t, full)
			d.checkSources(s)
			require.Equal(t, see(t, full).bodies, see(t, s).bodies)
			require.Equal(t, full.Revision(), s.Revision())
			require.Equal(t, full.Shards(), s.Shards())
			require.Equal(t, full.Servers(), s.Servers())
			d.checkQueries(full, s)
		}
		for _, old := range past {
			require.Equal(t, old.bodies, see(t, old.snapshot).bodies)
		}
	})
}

// seen is a snapshot and what its lists of everything and of each shard were, with their tags.
type seen struct {
	snapshot *Snapshot
	bodies   []string
}

func see(t require.TestingT, s *Snapshot) seen {
	out := seen{snapshot: s}
	queries := []Query{{}}
	for _, shard := range s.Shards() {
		queries = append(queries, Query{Shards: []string{shard.Name}})
	}
	for _, q := range queries {
		for k := range Kind(kinds) {
			l, err := s.List(k, q)
			require.NoError(t, err)
			out.bodies = append(out.bodies, fmt.Sprint(k, q, l.ETag(), body(t, l)))
		}
	}
	return out
}

// draw makes random writes and queries.
type draw struct {
	t *rapid.T
	w *world
}

// checkQueries asks both snapshots and the world.
func (d draw) checkQueries(full, s *Snapshot) {
	for range 3 {
		q := d.query()
		for k := range Kind(kinds) {
			got, err := s.List(k, q)
			require.NoError(d.t, err, "%+v", q)
			fromFull, err := full.List(k, q)
			require.NoError(d.t, err, "%+v", q)
			require.Equal(d.t, plainJSON(d.t, d.w.list(k, q)), body(d.t, got), "%v %+v", k, q)
			require.Equal(d.t, body(d.t, fromFull), body(d.t, got))
			require.Equal(d.t, fromFull.ETag(), got.ETag())
		}
	}
}

// query picks by names that are there.
func (d draw) query() Query {
	return Query{
		Shards:   d.some("shards", namesOf(d.w.shards, func(s *store.Shard) string { return s.Name })),
		Services: d.some("services", namesOf(d.w.services, func(s *store.Service) string { return s.Name })),
		Projects: d.some("projects", namesOf(d.w.projects, func(p *store.ProjectRows) string { return p.Name })),
		Farms:    d.some("farms", slices.DeleteFunc(namesOf(d.w.projects, func(p *store.ProjectRows) string { return p.Farm }), func(f string) bool { return f == "" })),
		Servers:  d.some("servers", namesOf(d.w.servers, func(s *store.Server) string { return s.Host + ":9090" })),
		Jobs:     d.some("jobs", []string{"node", "app", "http_2xx", "unknown"}),
	}
}

// checkSources compares the source ids of every project's groups with those that Render gives.
func (d draw) checkSources(s *Snapshot) {
	for id := range d.w.projects {
		targets, urls := Render(d.w.rows(id))
		p, ok := s.project(id)
		require.True(d.t, ok)
		sh, ok := s.shard(p.shard)
		require.True(d.t, ok)
		for k, groups := range [][]Group{Targets: targets, URLs: urls} {
			var got []string
			if e, ok := sh.rows[k].find(p); ok {
				for _, g := range e.groups {
					got = append(got, Source{Kind(k), id, g.id, g.hash}.String())
				}
			}
			require.Equal(d.t, sourcesOf(groups), got)
		}
	}
}

func namesOf[T any](things map[int64]*T, name func(*T) string) []string {
	var names []string
	for _, id := range slices.Sorted(maps.Keys(things)) {
		names = append(names, name(things[id]))
	}
	return names
}

// some draws a few of the names, mostly none.
func (d draw) some(label string, names []string) []string {
	if len(names) == 0 || rapid.IntRange(0, 2).Draw(d.t, "by "+label) > 0 {
		return nil
	}
	return rapid.SliceOfN(rapid.SampledFrom(names), 1, 3).Draw(d.t, label)
}

// write makes one random write.
func (d draw) write() {
	writes := []func(){
		d.addShard, d.addService, d.addProject, d.addProject, d.resize, d.resize, d.resize, d.relabel, d.setExporters,
		d.setURLs, d.setFarm, d.moveProject, d.renameProject, d.swapProjects, d.deleteProject, d.changeService,
		d.swapServices, d.deleteService, d.renameShard, d.swapShards, d.deleteShard, d.setServer, d.touch, d.addAndDelete,
	}
	writes[rapid.IntRange(0, len(writes)-1).Draw(d.t, "write")]()
}

// unused is a name that nothing has had yet, and sorts anywhere.
func (d draw) unused(prefix string) string {
	return fmt.Sprintf("%s%02d-%d", prefix, rapid.IntRange(0, 99).Draw(d.t, "name"), d.w.id())
}

// pickOne draws an id; ok is false when there is none.
func pickOne[T any](d draw, things map[int64]*T) (id int64, ok bool) {
	if len(things) == 0 {
		return 0, false
	}
	return rapid.SampledFrom(slices.Sorted(maps.Keys(things))).Draw(d.t, "id"), true
}

func (d draw) addShard()   { d.w.addShard(d.unused("shard")) }
func (d draw) addService() { d.w.addService(d.unused("service")) }

func (d draw) addProject() {
	service, ok := pickOne(d, d.w.services)
	shard, ok2 := pickOne(d, d.w.shards)
	if !ok || !ok2 {
		return
	}
	id := d.w.addProject(d.unused("project"), service, shard)
	d.w.change(id, func(p *store.ProjectRows) {
		p.Farm, p.FarmSource = p.Name, store.DefaultFarmSource
		p.Hosts = d.hosts()
		p.Exporters = d.exporters()
	})
}

// hosts are few or enough to fill a good part of a chunk.
func (d draw) hosts() []store.HostRow {
	hosts := make([]store.HostRow, rapid.SampledFrom([]int{0, 1, 3, 40, 300, 1000}).Draw(d.t, "hosts"))
	for i := range hosts {
		hosts[i].Name = fmt.Sprintf("web%05d.example.net", i)
	}
	if len(hosts) > 1 && rapid.Bool().Draw(d.t, "with labels") {
		hosts[1].Labels = store.Labels{"rack": "r1"}
	}
	return hosts
}

func (d draw) exporters() []store.ExporterRow {
	all := []store.ExporterRow{
		{Job: "node", Port: 9100, Scheme: "http"},
		{Job: "app", Port: 8080, Scheme: "https", Path: "/m?x=1"},
		{Job: "node", Port: 9200, Scheme: "http"},
	}
	chosen := rapid.SliceOfNDistinct(rapid.SampledFrom([]int{0, 1, 2}), 0, 3, rapid.ID).Draw(d.t, "exporters")
	var exporters []store.ExporterRow
	for _, i := range chosen {
		e := all[i]
		e.ID = d.w.id()
		exporters = append(exporters, e)
	}
	return exporters
}

// onProject alters a project that is drawn.
func (d draw) onProject(alter func(p *store.ProjectRows)) {
	if id, ok := pickOne(d, d.w.projects); ok {
		d.w.change(id, alter)
	}
}

func (d draw) resize() {
	d.onProject(func(p *store.ProjectRows) {
		if p.Farm != "" {
			p.Hosts = d.hosts()
		}
	})
}

func (d draw) relabel() {
	d.onProject(func(p *store.ProjectRows) {
		p.Labels = store.Labels{"team": rapid.SampledFrom([]string{"a", "b", ""}).Draw(d.t, "team")}
	})
}

func (d draw) setExporters() {
	d.onProject(func(p *store.ProjectRows) { p.Exporters = d.exporters() })
}

func (d draw) setURLs() {
	d.onProject(func(p *store.ProjectRows) {
		p.URLs = nil
		for i := range rapid.IntRange(0, 3).Draw(d.t, "urls") {
			p.URLs = append(p.URLs, store.URLRow{ProbeID: 1, Module: "http_2xx", URL: fmt.Sprintf("https://%d.example.com", i)})
		}
	})
}

func (d draw) setFarm() {
	d.onProject(func(p *store.ProjectRows) {
		p.Farm = rapid.SampledFrom([]string{"", "shared farm", "farm of " + p.Name}).Draw(d.t, "farm")
		p.FarmSource, p.Hosts = store.DefaultFarmSource, d.hosts()
		if p.Farm == "" {
			p.FarmSource, p.Hosts = "", nil
		}
	})
}

func (d draw) moveProject() {
	service, ok := pickOne(d, d.w.services)
	shard, ok2 := pickOne(d, d.w.shards)
	if ok && ok2 {
		d.onProject(func(p *store.ProjectRows) { p.ServiceID, p.ShardID = service, shard })
	}
}

func (d draw) renameProject() {
	d.onProject(func(p *store.ProjectRows) { p.Name = d.unused("project") })
}

func (d draw) swapProjects() {
	a, _ := pickOne(d, d.w.projects)
	b, ok := pickOne(d, d.w.projects)
	if ok {
		first, second := d.w.projects[a].Name, d.w.projects[b].Name
		d.w.change(a, func(p *store.ProjectRows) { p.Name = second })
		d.w.change(b, func(p *store.ProjectRows) { p.Name = first })
	}
}

func (d draw) deleteProject() {
	if id, ok := pickOne(d, d.w.projects); ok {
		d.w.deleteProject(id)
	}
}

func (d draw) changeService() {
	if id, ok := pickOne(d, d.w.services); ok {
		d.w.changeService(id, d.unused("service"), store.Labels{"team": "s"})
	}
}

func (d draw) swapServices() {
	a, _ := pickOne(d, d.w.services)
	b, ok := pickOne(d, d.w.services)
	if ok {
		first, second := *d.w.services[a], *d.w.services[b]
		d.w.changeService(a, second.Name, first.Labels)
		d.w.changeService(b, first.Name, second.Labels)
	}
}

func (d draw) deleteService() {
	if id, ok := pickOne(d, d.w.services); ok {
		d.w.deleteService(id)
	}
}

func (d draw) renameShard() {
	if id, ok := pickOne(d, d.w.shards); ok {
		d.w.renameShard(id, d.unused("shard"))
	}
}

func (d draw) swapShards() {
	a, _ := pickOne(d, d.w.shards)
	b, ok := pickOne(d, d.w.shards)
	if ok {
		first, second := d.w.shards[a].Name, d.w.shards[b].Name
		d.w.renameShard(a, second)
		d.w.renameShard(b, first)
	}
}

func (d draw) deleteShard() {
	if id, ok := pickOne(d, d.w.shards); ok {
		d.w.deleteShard(id)
	}
}

func (d draw) setServer() {
	if shard, ok := pickOne(d, d.w.shards); ok {
		d.w.setServer(rapid.SampledFrom([]string{"prometheus1", "prometheus2"}).Draw(d.t, "server"), shard)
	}
}

// touch names a project and a service that are as they were.
func (d draw) touch() {
	if id, ok := pickOne(d, d.w.projects); ok {
		d.w.touchedProjects[id] = true
		d.w.touchedServices[d.w.projects[id].ServiceID] = true
	}
}

// addAndDelete leaves the ids of what nobody ever saw.
func (d draw) addAndDelete() {
	d.w.touchedProjects[d.w.id()] = true
	d.w.touchedServices[d.w.id()] = true
}
