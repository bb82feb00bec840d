package snapshot

import (
	"cmp"
	"strings"

	"github.com/promshard/promshard/store"
)

// project is what the indexes know of a project. It never changes: one that differs takes its place.
type project struct {
	id      int64
	name    string
	farm    string // empty when there is none
	service int64
	shard   int64
}

// newProject takes from the rows what the indexes need.
func newProject(p *store.ProjectRows) *project {
	shard, _ := shardOf(p, "")
	n := &project{id: p.ID, name: p.Name, farm: p.Farm, service: p.ServiceID, shard: shard}
	if n.farm == n.name {
		n.farm = n.name // one string for both: farms are often called as their projects are
	}
	return n
}

// The orders of the indexes. Names are unique, but while two projects or services swap theirs; the id sees to it that
// no index ever loses one.

func byID(a, b *project) int { return cmp.Compare(a.id, b.id) }

func byName(a, b *project) int {
	return cmp.Or(strings.Compare(a.name, b.name), cmp.Compare(a.id, b.id))
}

func byService(a, b *project) int {
	return cmp.Or(cmp.Compare(a.service, b.service), cmp.Compare(a.id, b.id))
}

func byFarm(a, b *project) int {
	return cmp.Or(strings.Compare(a.farm, b.farm), cmp.Compare(a.id, b.id))
}

// service is what the indexes know of a service.
type service struct {
	id   int64
	name string
}

func serviceByID(a, b service) int { return cmp.Compare(a.id, b.id) }

func serviceByName(a, b service) int {
	return cmp.Or(strings.Compare(a.name, b.name), cmp.Compare(a.id, b.id))
}
