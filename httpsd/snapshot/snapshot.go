package snapshot

import (
	"cmp"
	"strings"

	"github.com/promshard/promshard/httpsd/snapshot/sorted"
	"github.com/promshard/promshard/store"
)

// Snapshot is every list as it is at one revision. It never changes and is safe for concurrent use. Build the first
// with a [Builder] and the next ones with [Snapshot.Apply].
//
// Every project is in each index once, and each of its groups in one row: that of its shard.
type Snapshot struct {
	revision store.Revision

	shards       sorted.Set[*shard] // by id
	shardNames   sorted.Set[*shard]
	servers      sorted.Set[server] // by address
	services     sorted.Set[service]
	serviceNames sorted.Set[service]
	projects     sorted.Set[*project] // by id
	projectNames sorted.Set[*project]
	byService    sorted.Set[*project]
	farms        sorted.Set[*project] // by farm, those that have one

	full   [kinds]*lazyList
	picked *listCache
}

// Revision is the revision whose rows the snapshot shows.
func (s *Snapshot) Revision() store.Revision { return s.revision }

// ServiceName returns the name of the service with that id.
func (s *Snapshot) ServiceName(id int64) (string, bool) {
	v, ok := s.services.Find(func(v service) int { return cmp.Compare(v.id, id) })
	return v.name, ok
}

// ProjectName returns the name of the project with that id.
func (s *Snapshot) ProjectName(id int64) (string, bool) {
	p, ok := s.project(id)
	if !ok {
		return "", false
	}
	return p.name, true
}

// Shards describes the shards, in ascending order of names.
func (s *Snapshot) Shards() []ShardStat {
	stats := make([]ShardStat, 0, s.shardNames.Len())
	for sh := range s.shardNames.All() {
		stats = append(stats, sh.stat())
	}
	return stats
}

// Servers returns the servers, in ascending order of HOST:PORT.
func (s *Snapshot) Servers() []store.Server {
	servers := make([]store.Server, 0, s.servers.Len())
	for v := range s.servers.All() {
		servers = append(servers, v.Server)
	}
	return servers
}

// The look-ups.

func (s *Snapshot) project(id int64) (*project, bool) {
	return s.projects.Find(func(p *project) int { return cmp.Compare(p.id, id) })
}

func (s *Snapshot) shard(id int64) (*shard, bool) {
	return s.shards.Find(func(sh *shard) int { return cmp.Compare(sh.ID, id) })
}

func (s *Snapshot) shardNamed(name string) (*shard, bool) {
	return s.shardNames.Find(func(sh *shard) int { return strings.Compare(sh.Name, name) })
}

func (s *Snapshot) shardOfServer(address string) (*shard, bool) {
	v, ok := s.servers.Find(func(v server) int { return strings.Compare(v.address, address) })
	if !ok {
		return nil, false
	}
	return s.shard(v.ShardID)
}

func (s *Snapshot) serviceNamed(name string) (service, bool) {
	return s.serviceNames.Find(func(v service) int { return strings.Compare(v.name, name) })
}

func (s *Snapshot) projectNamed(name string) (*project, bool) {
	return s.projectNames.Find(func(p *project) int { return strings.Compare(p.name, name) })
}

// farmNamed says whether any project has a farm of that name.
func (s *Snapshot) farmNamed(name string) (string, bool) {
	_, ok := s.farms.Find(func(p *project) int { return strings.Compare(p.farm, name) })
	return name, ok
}
