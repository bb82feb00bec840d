// Package fleet makes believable inventories of any size, always the same for the same size, to try promshard with and
// to measure it. It reads and writes nothing.
package fleet

import (
	"fmt"

	"github.com/promshard/promshard/store"
)

// Fleet is a size. Every project gets an equal share of the hosts, exporters and URLs, give or take one, and every
// shard and service an equal share of the projects.
type Fleet struct {
	// Name is what the fleet is called on the command line.
	Name string
	// All but URLs must be at least 1; Projects must be at least as many as Shards and as Services.
	Shards, Services, Projects, Hosts, Exporters, URLs int
}

// The fleets that promshard is designed for.
var (
	// Line is what LINE reported for its Promgen in 2020: 34,000 targets.
	Line = Fleet{Name: "line", Shards: 8, Services: 170, Projects: 1_700, Hosts: 17_000, Exporters: 3_400, URLs: 340}
	// Million has a million targets, 20,000 on each shard.
	Million = Fleet{Name: "million", Shards: 50, Services: 2_500, Projects: 25_000, Hosts: 500_000, Exporters: 50_000, URLs: 5_000}
	// Ten has ten million targets.
	Ten = Fleet{Name: "ten", Shards: 500, Services: 25_000, Projects: 250_000, Hosts: 5_000_000, Exporters: 500_000, URLs: 50_000}
)

// Named returns one of the fleets above by its name.
func Named(name string) (Fleet, bool) {
	for _, f := range []Fleet{Line, Million, Ten} {
		if f.Name == name {
			return f, true
		}
	}
	return Fleet{}, false
}

// Targets is how many targets the hosts and exporters make.
func (f Fleet) Targets() int64 {
	var n int64
	for p := range f.Projects {
		n += int64(share(f.Hosts, f.Projects, p)) * int64(share(f.Exporters, f.Projects, p))
	}
	return n
}

// Groups yields the fleet as an import takes it, project by project. It can be ranged over any number of times.
func (f Fleet) Groups() store.ImportGroups {
	return func(yield func(store.ImportGroup, error) bool) {
		for i := range f.Projects {
			p := f.project(i)
			for _, group := range append(p.exporterGroups(), p.urlGroups()...) {
				if !yield(group, nil) {
					return
				}
			}
		}
	}
}

// share is how many of total things the part at index gets when they are dealt out evenly.
func share(total, parts, index int) int {
	return int(int64(total)*int64(index+1)/int64(parts) - int64(total)*int64(index)/int64(parts))
}

// project is one project of a fleet.
type project struct {
	index                int
	shard, service, name string
	part                 part
	hosts                []string
	exporters, urls      int
}

// block is how many projects in a row share a shard, so that a service lies on a few shards and not on all.
const block = 5

func (f Fleet) project(i int) project {
	service := int(int64(i) * int64(f.Services) / int64(f.Projects))
	p := project{
		index: i,
		shard: shardName(f.shardOf(i)), service: serviceName(service),
		part:      parts[i%len(parts)],
		exporters: share(f.Exporters, f.Projects, i),
		urls:      share(f.URLs, f.Projects, i),
	}
	p.name = fmt.Sprintf("%s-%s-%03d", p.service, p.part.name, i)
	site := sites[service%len(sites)]
	for n := range share(f.Hosts, f.Projects, i) {
		p.hosts = append(p.hosts, fmt.Sprintf("%s-%s-%03d-%04d.%s.example.net", short(p.service), p.part.name, i, n+1, site))
	}
	return p
}

// shardOf deals projects out in blocks as long as every shard gets as many as any other, and the rest one by one.
func (f Fleet) shardOf(i int) int {
	if even := f.Projects / (block * f.Shards) * (block * f.Shards); i < even {
		return i / block % f.Shards
	}
	return i % f.Shards
}

// exporterGroups are the groups of the project's exporters.
func (p project) exporterGroups() []store.ImportGroup {
	groups := make([]store.ImportGroup, 0, p.exporters+1)
	if len(p.hosts) == 0 {
		return groups
	}
	for n := range p.exporters {
		e := p.part.exporter(n)
		group := store.ImportGroup{
			Targets: make([]string, len(p.hosts)),
			Labels: map[string]string{
				"__shard": p.shard, "service": p.service, "project": p.name,
				"farm": p.name, "__farm_source": store.DefaultFarmSource,
				"job": e.job, "__scheme__": "http",
			},
		}
		if e.path != "" {
			group.Labels["__metrics_path__"] = e.path
		}
		for i, host := range p.hosts {
			group.Targets[i] = fmt.Sprintf("%s:%d", host, e.port)
		}
		groups = append(groups, group)
	}
	return groups
}

// urlGroups is the group of the project's URLs, if it has any.
func (p project) urlGroups() []store.ImportGroup {
	if p.urls == 0 {
		return nil
	}
	module := modules[p.index/len(parts)%len(modules)]
	group := store.ImportGroup{Labels: map[string]string{
		"__shard": p.shard, "service": p.service, "project": p.name,
		"job": module, "__param_module": module,
	}}
	for n := range p.urls {
		url := fmt.Sprintf("https://%s.example.com/health", p.name)
		if n > 0 {
			url = fmt.Sprintf("https://%s.example.com/health/%d", p.name, n)
		}
		group.Targets = append(group.Targets, url)
	}
	return []store.ImportGroup{group}
}
