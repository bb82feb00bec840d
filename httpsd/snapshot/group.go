package snapshot

import (
	"fmt"
	"unique"

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
		Source:  source(d.kind, project, d.id, d.hash),
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

// source is a group's source id, see [Group].
func source(kind Kind, project, id int64, hash uint64) string {
	switch {
	case kind == URLs:
		return fmt.Sprintf("url/%d/%d", project, id)
	case hash == 0:
		return fmt.Sprintf("exporter/%d", id)
	default:
		return fmt.Sprintf("exporter/%d/%016x", id, hash)
	}
}

// group is what a chunk keeps of a target group beside its bytes. Equal values mean equal bytes.
type group struct {
	tag tag
	// id and hash make the source id, together with the project's.
	id   int64
	hash uint64
	job  unique.Handle[string]
	// size is in bytes, the comma before the group included. Rows of a group beyond four gigabytes do not fit into
	// memory in the first place.
	size    uint32
	targets uint32
}

// total is what the group adds to the totals of a list.
func (g *group) total() total {
	return total{tag: g.tag, size: int64(g.size), groups: 1, targets: int64(g.targets)}
}
