package snapshot

import (
	"iter"
	"slices"
	"unique"

	"github.com/promshard/promshard/store"
)

// Selection is what a query picks from one snapshot, project by project, so that two of one query can be compared. It
// never changes, is safe for concurrent use, and holds on to its snapshot.
type Selection struct {
	snapshot *Snapshot
	kind     Kind
	filter   filter
	jobs     map[unique.Handle[string]]bool
	list     *List
}

// Select returns what the query picks. The error is a *[NotFoundError].
func (s *Snapshot) Select(k Kind, q Query) (*Selection, error) {
	f, err := s.resolve(q)
	if err != nil {
		return nil, err
	}
	return &Selection{snapshot: s, kind: k, filter: f, jobs: f.jobSet(), list: s.list(k, f)}, nil
}

// Revision is that of the snapshot.
func (s *Selection) Revision() store.Revision { return s.snapshot.revision }

// Snapshot is what was selected from.
func (s *Selection) Snapshot() *Snapshot { return s.snapshot }

// List is the selection as a list.
func (s *Selection) List() *List { return s.list }

// Part is what a project contributes to a selection: at least one group.
type Part struct {
	// Project is the project's id.
	Project int64
	entry   *entry
	kind    Kind
	jobs    map[unique.Handle[string]]bool
}

// Groups yields the source ids of the groups and their bytes, in the order of the list. The bytes are the snapshot's
// own and must not be changed.
func (p Part) Groups() iter.Seq2[Source, []byte] {
	return func(yield func(Source, []byte) bool) {
		for g, body := range p.entry.spans() {
			if p.jobs != nil && !p.jobs[g.job] {
				continue
			}
			if !yield(Source{kind: p.kind, project: p.Project, id: g.id, hash: g.hash}, body[1:]) {
				return
			}
		}
	}
}

// Size is about how many bytes the groups have.
func (p Part) Size() int { return len(p.entry.body) }

// same says whether two parts have the same groups with the same bytes.
func (p Part) same(q Part) bool {
	return slices.Equal(p.groups(), q.groups())
}

// groups are those of the entry that the filter lets through.
func (p Part) groups() []group {
	if p.jobs == nil {
		return p.entry.groups
	}
	return slices.DeleteFunc(slices.Clone(p.entry.groups), func(g group) bool { return !p.jobs[g.job] })
}

// empty says whether none of the entry's groups is of a job that the filter lets through.
func (p Part) empty() bool {
	for range p.Groups() {
		return false
	}
	return true
}

// part wraps an entry; ok is false when the filter leaves nothing of it.
func (s *Selection) part(e *entry) (p Part, ok bool) {
	p = Part{Project: e.project.id, entry: e, kind: s.kind, jobs: s.jobs}
	return p, !p.empty()
}

// Parts yields the parts in the order of the list.
func (s *Selection) Parts() iter.Seq[Part] {
	return func(yield func(Part) bool) {
		for e := range s.entries() {
			if p, ok := s.part(e); ok && !yield(p) {
				return
			}
		}
	}
}

// entries yields the entries that the filter lets through, jobs aside, in the order of the list.
func (s *Selection) entries() iter.Seq[*entry] {
	return func(yield func(*entry) bool) {
		if !s.filter.onlyShardsAndJobs() {
			for _, c := range s.snapshot.candidates(s.filter) {
				if e, ok := c.shard.rows[s.kind].find(c.project); ok && !yield(e) {
					return
				}
			}
			return
		}
		for _, r := range s.snapshot.rows(s.kind, s.filter) {
			for _, c := range r.chunks {
				for i := range c.entries {
					if !yield(&c.entries[i]) {
						return
					}
				}
			}
		}
	}
}

// Project returns the part of one project; ok is false when it has none in the selection.
func (s *Selection) Project(id int64) (p Part, ok bool) {
	project, ok := s.snapshot.project(id)
	if !ok {
		return Part{}, false
	}
	sh, ok := s.snapshot.shard(project.shard)
	if !ok || !s.filter.admits(project, sh) || (s.filter.projects != nil && !slices.Contains(s.filter.projects, project)) {
		return Part{}, false
	}
	e, ok := sh.rows[s.kind].find(project)
	if !ok {
		return Part{}, false
	}
	return s.part(e)
}

// Same says whether a selection of the same query has the same groups, by their source ids and their bytes. Equal entity
// tags mean equal bytes alone: an exporter that takes the place of an equal one has another source id.
func (s *Selection) Same(other *Selection) bool { return s.list.total == other.list.total }

// ChangedSince returns the ids, ascending, of the projects whose parts differ between an older selection of the same
// query and this one, those that have come or gone included. It looks at no more than what the two do not share.
func (s *Selection) ChangedSince(old *Selection) []int64 {
	if s.Same(old) {
		return nil
	}
	before, after := parts(old, s), parts(s, old)
	var changed []int64
	for id, p := range before {
		if q, ok := after[id]; !ok || !p.same(q) {
			changed = append(changed, id)
		}
	}
	for id := range after {
		if _, ok := before[id]; !ok {
			changed = append(changed, id)
		}
	}
	slices.Sort(changed)
	return changed
}

// parts returns the parts of a selection by project, without those that lie in chunks which the other has too.
func parts(of, other *Selection) map[int64]Part {
	found := map[int64]Part{}
	put := func(e *entry) {
		if p, ok := of.part(e); ok {
			found[p.Project] = p
		}
	}
	if !of.filter.onlyShardsAndJobs() || !other.filter.onlyShardsAndJobs() {
		for e := range of.entries() {
			put(e)
		}
		return found
	}
	shared := map[*chunk]bool{}
	for _, r := range other.snapshot.rows(other.kind, other.filter) {
		for _, c := range r.chunks {
			shared[c] = true
		}
	}
	for _, r := range of.snapshot.rows(of.kind, of.filter) {
		for _, c := range r.chunks {
			if shared[c] {
				continue
			}
			for i := range c.entries {
				put(&c.entries[i])
			}
		}
	}
	return found
}

// Reselect returns what the query of old picks from s, like Select, and whether that is certainly the same as old; then
// it shares old's list, and no list was looked at. False may still mean that nothing has changed.
func (s *Snapshot) Reselect(old *Selection, q Query) (now *Selection, same bool, err error) {
	f, err := s.resolve(q)
	if err != nil {
		return nil, false, err
	}
	now = &Selection{snapshot: s, kind: old.kind, filter: f, jobs: old.jobs}
	same = f.onlyShardsAndJobs() && slices.Equal(s.rows(old.kind, f), old.snapshot.rows(old.kind, old.filter))
	if same {
		now.list = old.list
	} else {
		now.list = s.list(old.kind, f)
	}
	return now, same, nil
}
