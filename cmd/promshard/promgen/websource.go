package promgen

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/promshard/promshard/store"
)

// webBuilder puts the rows of a Source together from what Promgen tells over HTTP.
type webBuilder struct {
	Source
	// shards, services and projects are the keys by name.
	shards, services, projects map[string]int64
	// shardOf is the shard of a project, as far as a list names it.
	shardOf map[string]string
	// seen are the keys below 0 that are in already.
	seen map[int64]bool
	// torn is a name that one answer has and another has not.
	torn string
}

// source turns the answers into rows. When torn is not empty, it is a name that only some of them know.
func (s *webState) source() (source Source, torn string, err error) {
	b := &webBuilder{shardOf: map[string]string{}, seen: map[int64]bool{}}
	b.addShards(s.shards)
	b.addServices(s.services)
	b.findShards(s)
	b.addProjects(s.projects)
	for i, g := range s.targets {
		if err := b.addTargets(g); err != nil {
			return Source{}, "", fmt.Errorf("group %d of the targets: %w", i+1, err)
		}
	}
	for i, g := range s.urls {
		if err := b.addURLs(g); err != nil {
			return Source{}, "", fmt.Errorf("group %d of the URLs: %w", i+1, err)
		}
	}
	b.sort()
	return b.Source, b.torn, nil
}

func (b *webBuilder) addShards(rows []webRow) {
	b.shards = map[string]int64{}
	for _, r := range rows {
		key := r.key("shard")
		b.shards[r.Name] = key
		b.Shards = append(b.Shards, store.SyncShard{
			Key: key, Name: r.Name, URL: r.URL, Enabled: r.Enabled == nil || *r.Enabled, Samples: r.Samples, Targets: r.Targets,
		})
	}
}

func (b *webBuilder) addServices(rows []webRow) {
	b.services = map[string]int64{}
	for _, r := range rows {
		key := r.key("service")
		b.services[r.Name] = key
		b.Services = append(b.Services, store.SyncService{Key: key, Name: r.Name, Description: r.Description, Owner: r.Owner})
	}
}

// findShards notes the shards of the projects in the lists, which is where Promgen names them.
func (b *webBuilder) findShards(s *webState) {
	for _, r := range s.projects {
		if r.Shard != "" {
			b.shardOf[r.Name] = r.Shard
		}
	}
	for _, g := range slices.Concat(s.targets, s.urls) {
		b.shardOf[g.Labels["project"]] = g.Labels["__shard"]
	}
}

func (b *webBuilder) addProjects(rows []webRow) {
	b.projects = map[string]int64{}
	for _, r := range rows {
		key := r.key("project")
		b.projects[r.Name] = key
		shard, ok := b.shardOf[r.Name]
		if !ok {
			b.leaveOut(store.SyncIssue{
				Noun: "project", Key: key, Name: r.Name, Reason: "its shard is not known: it has neither an enabled exporter with a farm nor a URL",
				Hint: "read the database, or create it here: promshard project add",
			})
			continue
		}
		b.Projects = append(b.Projects, store.SyncProject{
			Key: key, Name: r.Name, Description: r.Description, Owner: r.Owner,
			Service: b.lookUp(b.services, r.Service), Shard: b.lookUp(b.shards, shard),
		})
	}
}

// lookUp returns the key of a name, and notes one that is not there.
func (b *webBuilder) lookUp(keys map[string]int64, name string) int64 {
	key, ok := keys[name]
	if !ok {
		b.torn = cmp.Or(name, "?")
	}
	return key
}

// once reports whether a key is new.
func (b *webBuilder) once(key int64) bool {
	if b.seen[key] {
		return false
	}
	b.seen[key] = true
	return true
}

// addTargets adds the farm, the hosts and the exporter of a group.
func (b *webBuilder) addTargets(g webGroup) error {
	project := b.lookUp(b.projects, g.Labels["project"])
	farm := project // see farmsAndHosts
	if b.once(keyOf("farm", project)) {
		b.Farms = append(b.Farms, store.SyncFarm{Key: farm, Name: g.Labels["farm"], Source: g.Labels["__farm_source"], Project: project})
	}
	if len(g.Targets) == 0 {
		b.leaveOut(store.SyncIssue{
			Noun: "exporter", Key: keyOf("exporter", project, g.Labels["job"]), Name: g.Labels["job"], Project: g.Labels["project"],
			Reason: "its port is not known: the list has no targets for it, since the farm has no hosts",
			Hint:   "read the database, or add a host in Promgen",
		})
	}
	for _, target := range g.Targets {
		host, port, err := splitTarget(target)
		if err != nil {
			return err
		}
		if key := keyOf("host", project, host); b.once(key) {
			b.Hosts = append(b.Hosts, store.SyncHost{Key: key, Name: host, Farm: farm})
		}
		e := store.SyncExporter{
			Job: g.Labels["job"], Port: port, Path: g.Labels["__metrics_path__"], Scheme: g.Labels["__scheme__"],
			Enabled: true, Project: project,
		}
		e.Key = keyOf("exporter", project, e.Job, e.Port, e.Path, e.Scheme)
		if b.once(e.Key) {
			b.Exporters = append(b.Exporters, e)
		}
	}
	return nil
}

// splitTarget takes a target apart as Promgen has put it together: a host, whatever is in it, a colon and a number.
func splitTarget(target string) (host string, port int, err error) {
	i := strings.LastIndexByte(target, ':')
	if i < 0 {
		return "", 0, fmt.Errorf("target %q has no port", target)
	}
	if port, err = strconv.Atoi(target[i+1:]); err != nil {
		return "", 0, fmt.Errorf("target %q has no number for a port", target)
	}
	return target[:i], port, nil
}

// addURLs adds the probe and the URLs of a group.
func (b *webBuilder) addURLs(g webGroup) error {
	project, module := b.lookUp(b.projects, g.Labels["project"]), g.Labels["__param_module"]
	if module == "" {
		return errors.New("has no label __param_module")
	}
	probe := keyOf("probe", module)
	if b.once(probe) {
		b.Probes = append(b.Probes, store.SyncProbe{Key: probe, Module: module})
	}
	for _, u := range g.Targets {
		if key := keyOf("url", project, module, u); b.once(key) {
			b.URLs = append(b.URLs, store.SyncURL{Key: key, URL: u, Project: project, Probe: probe})
		}
	}
	return nil
}

// sort makes rows that Promgen lists in another order come in the same one.
func (b *webBuilder) sort() {
	slices.SortFunc(b.Farms, func(x, y store.SyncFarm) int { return cmp.Compare(x.Key, y.Key) })
	slices.SortFunc(b.Hosts, func(x, y store.SyncHost) int { return cmp.Compare(x.Key, y.Key) })
	slices.SortFunc(b.Exporters, func(x, y store.SyncExporter) int { return cmp.Compare(x.Key, y.Key) })
}
