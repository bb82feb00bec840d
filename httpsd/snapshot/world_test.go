package snapshot

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/promshard/promshard/store"
)

// world is an inventory in plain maps: it loads and tells its changes as a store does.
type world struct {
	revision int64
	nextID   int64
	shards   map[int64]*store.Shard
	servers  map[int64]*store.Server
	services map[int64]*store.Service
	// projects have no names of services and shards: rows puts them in.
	projects map[int64]*store.ProjectRows

	// What was touched since the last changes.
	touchedShards   bool
	touchedServices map[int64]bool
	touchedProjects map[int64]bool
}

func newWorld() *world {
	w := &world{
		revision: 1,
		shards:   map[int64]*store.Shard{}, servers: map[int64]*store.Server{},
		services: map[int64]*store.Service{}, projects: map[int64]*store.ProjectRows{},
	}
	w.forget()
	return w
}

func (w *world) forget() {
	w.touchedShards, w.touchedServices, w.touchedProjects = false, map[int64]bool{}, map[int64]bool{}
}

func (w *world) id() int64 {
	w.nextID++
	return w.nextID
}

// rows are a project's rows as the store sends them.
func (w *world) rows(id int64) *store.ProjectRows {
	p, ok := w.projects[id]
	if !ok {
		return nil
	}
	rows := *p
	rows.Service, rows.ServiceLabels = w.services[p.ServiceID].Name, w.services[p.ServiceID].Labels
	rows.Shard = w.shards[p.ShardID].Name
	return &rows
}

func (w *world) directory() store.Directory {
	var d store.Directory
	for _, id := range slices.Sorted(maps.Keys(w.shards)) {
		d.Shards = append(d.Shards, *w.shards[id])
	}
	for _, id := range slices.Sorted(maps.Keys(w.servers)) {
		d.Servers = append(d.Servers, *w.servers[id])
	}
	return d
}

func (w *world) at() store.Revision { return store.Revision{Epoch: "world", Number: w.revision} }

// build is a full load.
func (w *world) build() *Snapshot {
	b := NewBuilder()
	must(b.Directory(w.directory()))
	for _, id := range slices.Sorted(maps.Keys(w.services)) {
		must(b.Service(*w.services[id]))
	}
	for _, id := range slices.Sorted(maps.Keys(w.projects)) {
		must(b.Project(w.rows(id)))
	}
	return b.Snapshot(w.at())
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// changes are those since the last call.
func (w *world) changes() store.Changes {
	w.revision++
	c := store.Changes{
		Revision: w.at(), Services: map[int64]*store.Service{}, Projects: map[int64]*store.ProjectRows{},
	}
	if w.touchedShards {
		d := w.directory()
		c.Directory = &d
	}
	for id := range w.touchedServices {
		c.Services[id] = nil
		if s, ok := w.services[id]; ok {
			clone := *s
			c.Services[id] = &clone
		}
	}
	for id := range w.touchedProjects {
		c.Projects[id] = w.rows(id)
	}
	w.forget()
	return c
}

// The writes. Each touches what the store's journal would name.

func (w *world) addShard(name string) int64 {
	id := w.id()
	w.shards[id] = &store.Shard{ID: id, Name: name, Enabled: true}
	w.touchedShards = true
	return id
}

func (w *world) renameShard(id int64, name string) {
	w.shards[id].Name = name
	w.touchedShards = true
	w.touchProjects(func(p *store.ProjectRows) bool { return p.ShardID == id })
}

// deleteShard takes its servers and projects with it.
func (w *world) deleteShard(id int64) {
	for _, p := range w.projectIDs() {
		if w.projects[p].ShardID == id {
			w.deleteProject(p)
		}
	}
	maps.DeleteFunc(w.servers, func(_ int64, s *store.Server) bool { return s.ShardID == id })
	delete(w.shards, id)
	w.touchedShards = true
}

func (w *world) setServer(host string, shard int64) {
	w.touchedShards = true
	for _, s := range w.servers {
		if s.Host == host {
			s.ShardID = shard
			return
		}
	}
	id := w.id()
	w.servers[id] = &store.Server{ID: id, Host: host, Port: 9090, ShardID: shard}
}

func (w *world) addService(name string) int64 {
	id := w.id()
	w.services[id] = &store.Service{ID: id, Name: name}
	w.touchedServices[id] = true
	return id
}

func (w *world) changeService(id int64, name string, labels store.Labels) {
	w.services[id].Name, w.services[id].Labels = name, labels
	w.touchedServices[id] = true
	w.touchProjects(func(p *store.ProjectRows) bool { return p.ServiceID == id })
}

func (w *world) deleteService(id int64) {
	for _, p := range w.projectIDs() {
		if w.projects[p].ServiceID == id {
			w.deleteProject(p)
		}
	}
	delete(w.services, id)
	w.touchedServices[id] = true
}

func (w *world) addProject(name string, service, shard int64) int64 {
	id := w.id()
	w.projects[id] = &store.ProjectRows{ID: id, Name: name, ServiceID: service, ShardID: shard}
	w.touchedProjects[id] = true
	return id
}

func (w *world) deleteProject(id int64) {
	delete(w.projects, id)
	w.touchedProjects[id] = true
}

// change alters a project. Older rows share its slices, so it must replace them.
func (w *world) change(id int64, alter func(p *store.ProjectRows)) {
	clone := *w.projects[id]
	alter(&clone)
	w.projects[id] = &clone
	w.touchedProjects[id] = true
}

func (w *world) touchProjects(which func(p *store.ProjectRows) bool) {
	for id, p := range w.projects {
		if which(p) {
			w.touchedProjects[id] = true
		}
	}
}

func (w *world) projectIDs() []int64 { return slices.Sorted(maps.Keys(w.projects)) }

// list is the plain statement of what a query picks: every project looked at, in the order of shards and projects.
func (w *world) list(k Kind, q Query) []Group {
	projects := make([]*store.ProjectRows, 0, len(w.projects))
	for id := range w.projects {
		projects = append(projects, w.rows(id))
	}
	slices.SortFunc(projects, func(a, b *store.ProjectRows) int {
		return cmp.Or(cmp.Compare(a.Shard, b.Shard), cmp.Compare(a.Name, b.Name))
	})
	shards := slices.Clone(q.Shards)
	for _, s := range w.servers {
		if slices.Contains(q.Servers, fmt.Sprintf("%s:%d", s.Host, s.Port)) {
			shards = append(shards, w.shards[s.ShardID].Name)
		}
	}
	admits := func(field []string, value string) bool { return len(field) == 0 || slices.Contains(field, value) }
	picked := []Group{}
	for _, p := range projects {
		if !admits(shards, p.Shard) || !admits(q.Services, p.Service) || !admits(q.Projects, p.Name) || !admits(q.Farms, p.Farm) {
			continue
		}
		groups, urls := Render(p)
		if k == URLs {
			groups = urls
		}
		for _, g := range groups {
			if admits(q.Jobs, g.Labels["job"]) {
				picked = append(picked, g)
			}
		}
	}
	return picked
}
