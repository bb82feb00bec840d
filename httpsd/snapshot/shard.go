package snapshot

import (
	"cmp"
	"net"
	"strconv"
	"strings"

	"github.com/promshard/promshard/store"
)

// shard is what a snapshot knows of a shard. It never changes: one that differs takes its place.
type shard struct {
	store.Shard
	// projects counts all of the shard's projects, those without targets included.
	projects int
	rows     [kinds]*row
}

func newShard(s store.Shard) *shard {
	n := &shard{Shard: s}
	for k := range n.rows {
		n.rows[k] = &row{}
	}
	return n
}

func shardByID(a, b *shard) int { return cmp.Compare(a.ID, b.ID) }

func shardByName(a, b *shard) int {
	return cmp.Or(strings.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
}

// ShardStat says how much there is on a shard.
type ShardStat struct {
	ID      int64
	Name    string
	URL     string
	Enabled bool
	// Projects counts those without targets too.
	Projects     int
	TargetGroups int
	Targets      int
	// TargetBytes and URLBytes are the sizes of the shard's lists.
	TargetBytes int64
	URLGroups   int
	URLs        int
	URLBytes    int64
}

func (s *shard) stat() ShardStat {
	targets, urls := s.rows[Targets], s.rows[URLs]
	return ShardStat{
		ID: s.ID, Name: s.Name, URL: s.URL, Enabled: s.Enabled, Projects: s.projects,
		TargetGroups: targets.Groups(), Targets: targets.Targets(), TargetBytes: targets.Size(),
		URLGroups: urls.Groups(), URLs: urls.Targets(), URLBytes: urls.Size(),
	}
}

// server is a Prometheus and how it is named in queries: HOST:PORT, an IPv6 address in brackets.
type server struct {
	store.Server
	address string
}

func newServer(s store.Server) server {
	return server{Server: s, address: net.JoinHostPort(s.Host, strconv.Itoa(s.Port))}
}

func serverByAddress(a, b server) int { return strings.Compare(a.address, b.address) }
