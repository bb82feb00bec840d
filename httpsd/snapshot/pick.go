package snapshot

import (
	"cmp"
	"iter"
	"slices"
	"strings"
	"unique"
)

// List returns the list that the query picks: "[]" when what it names is there but has nothing to scrape. The error is
// a *[NotFoundError]. The list of one shard, and that of everything, is handed out as it is held; others are made when
// they are first asked for, and kept with the snapshot.
func (s *Snapshot) List(k Kind, q Query) (*List, error) {
	f, err := s.resolve(q)
	if err != nil {
		return nil, err
	}
	return s.list(k, f), nil
}

// list returns the list that a filter picks.
func (s *Snapshot) list(k Kind, f filter) *List {
	if f.onlyShards() {
		switch len(f.shards) {
		case 0:
			return s.full[k].get(func() *List { return concat(s.rows(k, f)) })
		case 1:
			return &f.shards[0].rows[k].List
		}
	}
	return s.picked.get(f.key(k), func() (*List, int64) { return s.pick(k, f) })
}

// pick makes the list that a filter picks, and says how many bytes it holds for itself.
func (s *Snapshot) pick(k Kind, f filter) (*List, int64) {
	if f.onlyShards() {
		return concat(s.rows(k, f)), 0
	}
	p := picker{jobs: f.jobSet()}
	if f.onlyShardsAndJobs() {
		for _, r := range s.rows(k, f) {
			p.row(r)
		}
	} else {
		for _, c := range s.candidates(f) {
			if e, ok := c.shard.rows[k].find(c.project); ok {
				p.entry(e)
			}
		}
	}
	list := p.list()
	return list, list.Size()
}

// rows are those of the filter's shards, or of all, in order.
func (s *Snapshot) rows(k Kind, f filter) []*row {
	var rows []*row
	if f.shards != nil {
		for _, sh := range f.shards {
			rows = append(rows, sh.rows[k])
		}
		return rows
	}
	for sh := range s.shardNames.All() {
		rows = append(rows, sh.rows[k])
	}
	return rows
}

// candidate is a project and the shard that it is on.
type candidate struct {
	project *project
	shard   *shard
}

// candidates are the projects that a filter lets through, in the order of the lists. The filter names projects, farms
// or services; whichever is the most narrow is walked.
func (s *Snapshot) candidates(f filter) []candidate {
	var found []candidate
	for p := range s.walk(f) {
		if sh, ok := s.shard(p.shard); ok && f.admits(p, sh) {
			found = append(found, candidate{p, sh})
		}
	}
	slices.SortFunc(found, func(a, b candidate) int {
		return cmp.Or(shardByName(a.shard, b.shard), byName(a.project, b.project))
	})
	return found
}

// walk yields, once each, at least the projects that the filter lets through.
func (s *Snapshot) walk(f filter) iter.Seq[*project] {
	switch {
	case f.projects != nil:
		return slices.Values(f.projects)
	case f.farms != nil:
		return func(yield func(*project) bool) {
			for _, farm := range f.farms {
				if !s.projectsOfFarm(farm, yield) {
					return
				}
			}
		}
	default:
		return func(yield func(*project) bool) {
			for _, v := range f.services {
				if !s.projectsOfService(v.id, yield) {
					return
				}
			}
		}
	}
}

func (s *Snapshot) projectsOfFarm(farm string, yield func(*project) bool) bool {
	for p := range s.farms.From(func(p *project) int { return strings.Compare(p.farm, farm) }) {
		if p.farm != farm {
			break
		}
		if !yield(p) {
			return false
		}
	}
	return true
}

func (s *Snapshot) projectsOfService(id int64, yield func(*project) bool) bool {
	for p := range s.byService.From(func(p *project) int { return cmp.Compare(p.service, id) }) {
		if p.service != id {
			break
		}
		if !yield(p) {
			return false
		}
	}
	return true
}

// admits says whether the filter lets a project through, jobs aside.
func (f *filter) admits(p *project, sh *shard) bool {
	return (f.shards == nil || slices.Contains(f.shards, sh)) &&
		(f.farms == nil || slices.Contains(f.farms, p.farm)) &&
		(f.services == nil || slices.ContainsFunc(f.services, func(v service) bool { return v.id == p.service }))
}

// picker gathers groups of a snapshot for a list of their own.
type picker struct {
	// jobs is nil when every job will do.
	jobs   map[unique.Handle[string]]bool
	bodies [][]byte
	total  total
}

// jobSet is nil when the filter does not look at jobs.
func (f *filter) jobSet() map[unique.Handle[string]]bool {
	if f.jobs == nil {
		return nil
	}
	set := map[unique.Handle[string]]bool{}
	for _, job := range f.jobs {
		set[unique.Make(job)] = true
	}
	return set
}

func (p *picker) row(r *row) {
	for _, c := range r.chunks {
		for i := range c.entries {
			p.entry(&c.entries[i])
		}
	}
}

func (p *picker) entry(e *entry) {
	if p.jobs == nil {
		p.add(e.body, e.total())
		return
	}
	for g, body := range e.spans() {
		if p.jobs[g.job] {
			p.add(body, g.total(e.project.id))
		}
	}
}

func (p *picker) add(body []byte, t total) {
	p.bodies = append(p.bodies, body)
	p.total = p.total.plus(t)
}

// list copies what was gathered into one chunk.
func (p *picker) list() *List {
	if p.total.groups == 0 {
		return &List{}
	}
	c := &chunk{body: newSlab(int(p.total.size)), total: p.total}
	for _, body := range p.bodies {
		c.body = append(c.body, body...)
	}
	return &List{chunks: []*chunk{c}, total: p.total}
}
