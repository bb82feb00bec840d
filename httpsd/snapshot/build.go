package snapshot

import (
	"fmt"
	"slices"

	"github.com/promshard/promshard/httpsd/snapshot/sorted"
	"github.com/promshard/promshard/store"
)

// Builder makes a snapshot from a full load. It renders each project as it comes and keeps none of the rows.
type Builder struct {
	render   renderer
	shards   map[int64]*shardBuilder
	servers  []server
	services []service
	projects []*project
}

var _ store.Sink = (*Builder)(nil)

// NewBuilder returns a builder that has nothing yet.
func NewBuilder() *Builder {
	return &Builder{shards: map[int64]*shardBuilder{}}
}

// shardBuilder gathers the entries of one shard in the order of their coming.
type shardBuilder struct {
	shard  *shard
	arenas [kinds]arena
}

// Directory implements store.Sink.
func (b *Builder) Directory(d store.Directory) error {
	for _, s := range d.Shards {
		b.shards[s.ID] = &shardBuilder{shard: newShard(s)}
	}
	for _, s := range d.Servers {
		b.servers = append(b.servers, newServer(s))
	}
	return nil
}

// Service implements store.Sink.
func (b *Builder) Service(s store.Service) error {
	b.services = append(b.services, service{id: s.ID, name: s.Name})
	return nil
}

// Project implements store.Sink. The error says that a project came twice or out of order.
func (b *Builder) Project(rows *store.ProjectRows) error {
	if n := len(b.projects); n > 0 && b.projects[n-1].id >= rows.ID {
		return fmt.Errorf("loading project %d after project %d: ids must ascend", rows.ID, b.projects[n-1].id)
	}
	p := newProject(rows)
	b.projects = append(b.projects, p)
	sh, ok := b.shards[p.shard]
	if !ok {
		sh = &shardBuilder{shard: newShard(shardOfRows(rows))}
		b.shards[p.shard] = sh
	}
	sh.shard.projects++
	for k, e := range b.render.project(rows, p) {
		sh.arenas[k].add(e)
	}
	return nil
}

// Snapshot returns the snapshot of everything that came. The builder must not be used after it.
func (b *Builder) Snapshot(rev store.Revision) *Snapshot {
	s := &Snapshot{revision: rev, picked: newListCache()}
	for k := range s.full {
		s.full[k] = &lazyList{}
	}
	s.projects = sorted.Build(byID, b.projects)
	s.projectNames = index(byName, b.projects)
	s.byService = index(byService, b.projects)
	s.farms = index(byFarm, withFarm(b.projects))
	s.services = index(serviceByID, b.services)
	s.serviceNames = index(serviceByName, b.services)
	s.servers = index(serverByAddress, b.servers)
	b.projects, b.services = nil, nil

	shards := make([]*shard, 0, len(b.shards))
	for id, sh := range b.shards {
		for k := range sh.arenas {
			sh.shard.rows[k] = sh.arenas[k].row()
		}
		shards = append(shards, sh.shard)
		delete(b.shards, id) // and with it the arenas: what is copied need not be held twice
	}
	s.shards = index(shardByID, shards)
	s.shardNames = index(shardByName, shards)
	return s
}

// index puts members in order, in place, and builds a set of them.
func index[T any](compare func(a, b T) int, members []T) sorted.Set[T] {
	slices.SortFunc(members, compare)
	return sorted.Build(compare, members)
}

// withFarm returns the projects that have a farm.
func withFarm(projects []*project) []*project {
	return slices.DeleteFunc(slices.Clone(projects), func(p *project) bool { return p.farm == "" })
}

// arenaBlock is how much an arena sets aside at a time, in bytes.
const arenaBlock = 64 << 10

// arena holds entries with their bytes in a few large blocks.
type arena struct {
	block   []byte
	entries []entry
}

// add copies an entry's bytes into the arena, unless it has none.
func (a *arena) add(e entry) {
	if len(e.groups) == 0 {
		return
	}
	if cap(a.block)-len(a.block) < len(e.body) {
		a.block = make([]byte, 0, max(arenaBlock, len(e.body)))
	}
	start := len(a.block)
	a.block = append(a.block, e.body...)
	e.body = a.block[start:]
	a.entries = append(a.entries, e)
}

// row makes a row of the arena's entries and empties the arena.
func (a *arena) row() *row {
	slices.SortFunc(a.entries, func(x, y entry) int { return byName(x.project, y.project) })
	r := newRow(a.entries)
	*a = arena{}
	return r
}
