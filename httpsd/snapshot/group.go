package snapshot

import (
	"fmt"
	"strconv"
	"unique"

	"github.com/promshard/promshard/httpsd/wire"
	"github.com/promshard/promshard/store"
)

// Group is a target group before it becomes bytes. As JSON it is what the lists hold, but for escapes that
// encoding/json adds.
type Group struct {
	// Source tells groups of one kind apart for as long as they exist: "exporter/12" for the hosts of exporter 12
	// that have no labels of their own, "exporter/12/0123456789abcdef" for those with the label set of that hash,
	// "url/7/3" for the URLs of project 7 that probe 3 checks.
	Source  string            `json:"-"`
	Targets []string          `json:"targets"`
	Labels  map[string]string `json:"labels"`
}

// Render returns the groups that a project's rows make, in the order of the lists. It is what the lists are rendered
// from.
func Render(p *store.ProjectRows) (targets, urls []Group) {
	var r renderer
	var groups []Group
	for d := range r.drafts(p) {
		r.encode(d)
		groups = append(groups, d.group(p.ID))
	}
	for _, e := range r.ordered() {
		if e.kind == URLs {
			urls = append(urls, groups[e.index])
		} else {
			targets = append(targets, groups[e.index])
		}
	}
	return targets, urls
}

func (d *draft) group(project int64) Group {
	g := Group{
		Source:  Source{kind: d.kind, project: project, id: d.id, hash: d.hash}.String(),
		Targets: make([]string, d.targets()),
		Labels:  make(map[string]string, len(d.labels)),
	}
	raw := func(dst []byte, s string) []byte { return append(dst, s...) }
	for i := range g.Targets {
		g.Targets[i] = string(d.appendTarget(nil, i, raw))
	}
	for _, l := range d.labels {
		g.Labels[l.name] = l.value
	}
	return g
}

// Source is a group's source id, see [Group].
type Source struct {
	kind        Kind
	project, id int64
	hash        uint64
}

// String is the id as text.
func (s Source) String() string { return string(s.Append(nil)) }

// Append appends the id as text. It has no character that JSON would escape.
func (s Source) Append(dst []byte) []byte {
	if s.kind == URLs {
		dst = append(dst, "url/"...)
		dst = strconv.AppendInt(dst, s.project, 10)
		dst = append(dst, '/')
		return strconv.AppendInt(dst, s.id, 10)
	}
	dst = append(dst, "exporter/"...)
	dst = strconv.AppendInt(dst, s.id, 10)
	if s.hash != 0 {
		dst = fmt.Appendf(dst, "/%016x", s.hash)
	}
	return dst
}

// group is what a chunk keeps of a target group beside its bytes. Equal values mean equal bytes.
type group struct {
	tag wire.Tag
	// id and hash make the source id, together with the project's.
	id   int64
	hash uint64
	job  unique.Handle[string]
	// size is in bytes, the comma before the group included. Rows of a group beyond four gigabytes do not fit into
	// memory in the first place.
	size    uint32
	targets uint32
}

// total is what the group adds to the totals of a list; project is the id of the one it belongs to.
func (g *group) total(project int64) total {
	source := scatter(scatter(scatter(scatter(uint64(project))^uint64(g.id))^g.hash) ^ g.tag.Low())
	return total{tag: g.tag, sources: source, size: int64(g.size), groups: 1, targets: int64(g.targets)}
}

// scatter is a permutation after which neighbours have nothing in common (the finalizer of splitmix64).
func scatter(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
