package snapshot

import "github.com/promshard/promshard/store"

// Within says whether all that a query can ever pick is in reach, judged by the shards, the services or the projects that
// it names: any of the three that lies in reach as a whole is enough, since the others only narrow it. What is unknown is
// in nobody's reach, unless that is everywhere.
func (s *Snapshot) Within(q Query, r *store.Reach) bool {
	return r.Everywhere || s.shardsWithin(q, r) || s.servicesWithin(q, r) || s.projectsWithin(q, r)
}

func (s *Snapshot) shardsWithin(q Query, r *store.Reach) bool {
	for _, name := range q.Shards {
		sh, ok := s.shardNamed(name)
		if !ok || !r.Covers(store.Place{Shard: sh.ID}) {
			return false
		}
	}
	for _, address := range q.Servers {
		sh, ok := s.shardOfServer(address)
		if !ok || !r.Covers(store.Place{Shard: sh.ID}) {
			return false
		}
	}
	return len(q.Shards)+len(q.Servers) > 0
}

func (s *Snapshot) servicesWithin(q Query, r *store.Reach) bool {
	for _, name := range q.Services {
		v, ok := s.serviceNamed(name)
		if !ok || !r.Covers(store.Place{Service: v.id}) {
			return false
		}
	}
	return len(q.Services) > 0
}

func (s *Snapshot) projectsWithin(q Query, r *store.Reach) bool {
	for _, name := range q.Projects {
		p, ok := s.projectNamed(name)
		if !ok || !r.Covers(s.placeOf(p)) {
			return false
		}
	}
	return len(q.Projects) > 0
}

func (s *Snapshot) placeOf(p *project) store.Place {
	return store.Place{Service: p.service, Project: p.id, Shard: p.shard}
}
