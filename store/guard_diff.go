package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
)

// scraped is what one entry of a shard's list has Prometheus scrape: the address, whatever its labels are. A list can
// have the same more than once.
type scraped struct {
	shard int64
	// address is "targets http://host:port/path" or "urls https://…".
	address string
}

// removal is what one write takes away: by shard, the targets of which the list has fewer afterwards.
type removal struct {
	targets  []scraped
	perShard map[int64]int64
	projects map[int64]map[projectName]int64
}

// projectName is a project as it was called before the write.
type projectName struct{ service, project string }

// lost is a target that a project does not have any more, which another may have now.
type lost struct {
	scraped
	by projectName
}

// removedTargets compares the targets of the projects in two states.
func removedTargets(ctx context.Context, before, after view, projects []int64) (*removal, error) {
	var gone []lost
	gained := map[scraped]int{}
	for chunk := range slices.Chunk(projects, idsAtOnce) {
		had, err := before.projectTargets(ctx, chunk)
		if err != nil {
			return nil, err
		}
		has, err := after.projectTargets(ctx, chunk)
		if err != nil {
			return nil, err
		}
		for _, id := range chunk {
			minus, plus := difference(had[id].targets, has[id].targets)
			for _, t := range minus {
				gone = append(gone, lost{scraped: t, by: had[id].name})
			}
			for _, t := range plus {
				gained[t]++
			}
		}
	}
	return newRemoval(gone, gained), nil
}

// newRemoval leaves out what one project lost and another gained on the same shard.
func newRemoval(gone []lost, gained map[scraped]int) *removal {
	r := &removal{perShard: map[int64]int64{}, projects: map[int64]map[projectName]int64{}}
	for _, l := range gone {
		if gained[l.scraped] > 0 {
			gained[l.scraped]--
			continue
		}
		r.targets = append(r.targets, l.scraped)
		r.perShard[l.shard]++
		if r.projects[l.shard] == nil {
			r.projects[l.shard] = map[projectName]int64{}
		}
		r.projects[l.shard][l.by]++
	}
	return r
}

// shardsWith lists the shards that lose at least n targets.
func (r *removal) shardsWith(n int64) (shards []int64) {
	for _, shard := range slices.Sorted(maps.Keys(r.perShard)) {
		if r.perShard[shard] >= n {
			shards = append(shards, shard)
		}
	}
	return shards
}

// projectsOf lists what each project of a shard loses, most first.
func (r *removal) projectsOf(shard int64) []ProjectRemoval {
	list := make([]ProjectRemoval, 0, len(r.projects[shard]))
	for name, n := range r.projects[shard] {
		list = append(list, ProjectRemoval{Service: name.service, Project: name.project, Removed: n})
	}
	slices.SortFunc(list, func(a, b ProjectRemoval) int {
		return cmp.Or(cmp.Compare(b.Removed, a.Removed), strings.Compare(a.Project, b.Project))
	})
	return list
}

// digest is the same for the same targets, however the write takes them away.
func (r *removal) digest() string {
	slices.SortFunc(r.targets, compareTargets)
	hash := sha256.New()
	var line []byte
	for _, t := range r.targets {
		line = strconv.AppendInt(line[:0], t.shard, 10)
		line = append(append(append(line, ' '), t.address...), '\n')
		hash.Write(line)
	}
	return hex.EncodeToString(hash.Sum(nil)[:16])
}

func compareTargets(a, b scraped) int {
	return cmp.Or(cmp.Compare(a.shard, b.shard), strings.Compare(a.address, b.address))
}

// difference returns what is in a and not in b, and the reverse, of sorted lists that can hold the same twice.
func difference(a, b []scraped) (minus, plus []scraped) {
	for len(a) > 0 && len(b) > 0 {
		switch order := compareTargets(a[0], b[0]); {
		case order < 0:
			minus, a = append(minus, a[0]), a[1:]
		case order > 0:
			plus, b = append(plus, b[0]), b[1:]
		default:
			a, b = a[1:], b[1:]
		}
	}
	return append(minus, a...), append(plus, b...)
}

// projectTargets are the targets of one project, sorted.
type projectTargets struct {
	name    projectName
	targets []scraped
}

// projectTargets reads what lists are rendered from, and returns the targets by project.
func (v view) projectTargets(ctx context.Context, ids []int64) (map[int64]projectTargets, error) {
	found := make(map[int64]projectTargets, len(ids))
	l := newLoader(v)
	if err := l.readProjects(ctx, ids); err != nil {
		return nil, err
	}
	err := l.streamHosts(ctx, ids, func(p *ProjectRows) error {
		targets := p.targets()
		slices.SortFunc(targets, compareTargets)
		found[p.ID] = projectTargets{name: projectName{service: p.Service, project: p.Name}, targets: targets}
		return nil
	})
	return found, err
}

// targets are all that the project puts into lists.
func (p *ProjectRows) targets() []scraped {
	list := make([]scraped, 0, len(p.Hosts)*len(p.Exporters)+len(p.URLs))
	for _, e := range p.Exporters {
		port, path := strconv.Itoa(e.Port), cmp.Or(e.Path, "/metrics")
		for _, h := range p.Hosts {
			list = append(list, scraped{p.ShardID, "targets " + e.Scheme + "://" + net.JoinHostPort(h.Name, port) + path})
		}
	}
	for _, u := range p.URLs {
		list = append(list, scraped{p.ShardID, "urls " + u.URL})
	}
	return list
}
