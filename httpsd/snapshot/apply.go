package snapshot

import (
	"bytes"
	"cmp"
	"maps"
	"slices"

	"github.com/promshard/promshard/store"
)

// Apply returns the snapshot that the changes lead to. It shares with s all that did not change, and s stays as it is.
// The changes must be those since s's revision. When they say Reload, nothing can be told from them: then s itself is
// returned, and the caller must build anew from a full load.
func (s *Snapshot) Apply(c store.Changes) *Snapshot {
	if c.Reload {
		return s
	}
	next := *s
	next.revision = c.Revision
	if c.Directory == nil && len(c.Services) == 0 && len(c.Projects) == 0 {
		return &next
	}
	next.picked = newListCache()
	ch := change{next: &next, shards: map[int64]*shardChange{}}
	if c.Directory != nil {
		ch.directory(c.Directory)
	}
	ch.services(c.Services)
	for _, id := range slices.Sorted(maps.Keys(c.Projects)) {
		ch.project(id, c.Projects[id])
	}
	ch.finish()
	return &next
}

// change is one Apply on its way.
type change struct {
	next   *Snapshot
	render renderer
	// shards are those that may change, by id.
	shards map[int64]*shardChange
	// gone and added are the projects whose place in an index changes; one that is altered is in both.
	gone, added []*project
}

// shardChange is what becomes of one shard.
type shardChange struct {
	old *shard // nil for a new one
	now shard
	// unlisted is true when the directory does not have the shard any more.
	unlisted bool
	edits    [kinds][]entry
}

// shard returns the change of a shard. One that is new begins as fallback says.
func (c *change) shard(id int64, fallback store.Shard) *shardChange {
	if sh, ok := c.shards[id]; ok {
		return sh
	}
	sh := &shardChange{}
	if old, ok := c.next.shard(id); ok {
		sh.old, sh.now = old, *old
	} else {
		sh.now = *newShard(fallback)
	}
	c.shards[id] = sh
	return sh
}

// directory takes over shards and servers.
func (c *change) directory(d *store.Directory) {
	for old := range c.next.shards.All() {
		c.shard(old.ID, old.Shard).unlisted = true
	}
	for _, s := range d.Shards {
		sh := c.shard(s.ID, s)
		sh.now.Shard, sh.unlisted = s, false
	}
	servers := make([]server, 0, len(d.Servers))
	for _, s := range d.Servers {
		servers = append(servers, newServer(s))
	}
	c.next.servers = index(serverByAddress, servers)
}

// services takes over services that were created, renamed or deleted.
func (c *change) services(services map[int64]*store.Service) {
	var gone, added []service
	for id, s := range services {
		if name, ok := c.next.ServiceName(id); ok {
			gone = append(gone, service{id: id, name: name})
		}
		if s != nil {
			added = append(added, service{id: id, name: s.Name})
		}
	}
	c.next.services = c.next.services.Update(gone, added)
	c.next.serviceNames = c.next.serviceNames.Update(gone, added)
}

// project notes what becomes of a project; rows is nil when it is gone.
func (c *change) project(id int64, rows *store.ProjectRows) {
	old, _ := c.next.project(id)
	if rows == nil {
		c.remove(old)
		return
	}
	now := newProject(rows)
	switch {
	case old == nil:
		c.add(now, rows)
	case *old == *now:
		now = old // so that entries which stay the same are known to
	case old.shard != now.shard || old.name != now.name:
		c.remove(old)
		c.add(now, rows)
	default:
		c.gone, c.added = append(c.gone, old), append(c.added, now)
	}
	sh := c.shard(now.shard, shardOfRows(rows))
	for k, e := range c.render.project(rows, now) {
		e.body = bytes.Clone(e.body)
		sh.edits[k] = append(sh.edits[k], e)
	}
}

// add notes a project that is new to its shard or to its place there.
func (c *change) add(p *project, rows *store.ProjectRows) {
	c.added = append(c.added, p)
	c.shard(p.shard, shardOfRows(rows)).now.projects++
}

// remove notes a project that leaves its shard or its place there, nil for one that was never there.
func (c *change) remove(p *project) {
	if p == nil {
		return
	}
	c.gone = append(c.gone, p)
	sh := c.shard(p.shard, store.Shard{ID: p.shard})
	sh.now.projects--
	for k := range sh.edits {
		sh.edits[k] = append(sh.edits[k], entry{project: p})
	}
}

// finish puts everything that was noted into the next snapshot.
func (c *change) finish() {
	n := c.next
	n.projects = n.projects.Update(c.gone, c.added)
	n.projectNames = n.projectNames.Update(c.gone, c.added)
	n.byService = n.byService.Update(c.gone, c.added)
	n.farms = n.farms.Update(withFarm(c.gone), withFarm(c.added))

	var gone, added []*shard
	var relisted [kinds]bool
	for _, sh := range c.shards {
		now := sh.finish()
		if now == sh.old {
			continue
		}
		if sh.old != nil && (now == nil || now.Name != sh.old.Name) {
			gone = append(gone, sh.old)
		}
		if now != nil {
			added = append(added, now)
		}
		for k := range relisted {
			relisted[k] = relisted[k] || alters(Kind(k), sh.old, now)
		}
	}
	n.shards = n.shards.Update(gone, added)
	n.shardNames = n.shardNames.Update(gone, added)
	for k := range n.full {
		if relisted[k] {
			n.full[k] = &lazyList{}
		}
	}
}

// finish returns what the shard has become: the old one when nothing changed, nil when it is gone. A shard that still
// has projects is never gone.
func (s *shardChange) finish() *shard {
	for k, edits := range s.edits {
		s.now.rows[k] = s.now.rows[k].with(edits)
	}
	switch {
	case s.unlisted && s.now.projects == 0:
		return nil
	case s.old != nil && *s.old == s.now:
		return s.old
	default:
		now := s.now // a copy, so that the shard does not keep what it has come from
		return &now
	}
}

// alters says whether the list of everything changes with a shard. A new name alters the labels of all its groups.
func alters(k Kind, old, now *shard) bool {
	if old == nil || now == nil {
		return cmp.Or(old, now).rows[k].Groups() > 0
	}
	return old.rows[k] != now.rows[k]
}

// shardOfRows is the shard that a project names, for one that no directory has.
func shardOfRows(p *store.ProjectRows) store.Shard {
	id, name := shardOf(p, "")
	return store.Shard{ID: id, Name: name, Enabled: true}
}
