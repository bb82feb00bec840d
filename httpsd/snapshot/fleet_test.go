package snapshot

import (
	"fmt"
	"iter"

	"github.com/promshard/promshard/store"
)

// fleet is a believable inventory of one of the sizes in the design, the same at every call.
type fleet struct {
	shards, services, projects int
	hostsPerProject            int
}

var (
	lineFleet    = fleet{shards: 8, services: 170, projects: 1700, hostsPerProject: 10}
	millionFleet = fleet{shards: 50, services: 2500, projects: 25_000, hostsPerProject: 20}
	tenFleet     = fleet{shards: 500, services: 25_000, projects: 250_000, hostsPerProject: 20}
)

var fleetJobs = []struct {
	job, path string
	port      int
}{
	{"node", "", 9100},
	{"mysqld", "", 9104},
	{"jmx", "/actuator/prometheus", 8081},
	{"nginx", "/metrics", 9113},
	{"app", "/federate?module=app", 8080},
}

func (f fleet) shardName(i int) string   { return fmt.Sprintf("shard-%02d", i%f.shards) }
func (f fleet) serviceName(i int) string { return fmt.Sprintf("service-%04d", i%f.services) }

func (f fleet) directory() store.Directory {
	var d store.Directory
	for i := range f.shards {
		d.Shards = append(d.Shards, store.Shard{ID: int64(i + 1), Name: f.shardName(i), Enabled: true})
		d.Servers = append(d.Servers, store.Server{
			ID: int64(i + 1), Host: fmt.Sprintf("prometheus%03d", i), Port: 9090, ShardID: int64(i + 1), Shard: f.shardName(i),
		})
	}
	return d
}

// project is project i, ids from 1: two exporters, and a URL now and then.
func (f fleet) project(i int) *store.ProjectRows {
	service, shard := i%f.services, (i*7+i/f.shards)%f.shards
	name := fmt.Sprintf("%s-project-%06d", f.serviceName(service), (i*7919)%f.projects)
	p := &store.ProjectRows{
		ID: int64(i + 1), Name: name,
		ServiceID: int64(service + 1), Service: f.serviceName(service),
		ShardID: int64(shard + 1), Shard: f.shardName(shard),
		Farm: name, FarmSource: store.DefaultFarmSource,
	}
	for h := range f.hostsPerProject {
		p.Hosts = append(p.Hosts, store.HostRow{Name: fmt.Sprintf("web%04d.p%06d.dc%d.example.net", h, i, i%3)})
	}
	for e := range 2 {
		job := fleetJobs[(i+e)%len(fleetJobs)]
		p.Exporters = append(p.Exporters, store.ExporterRow{
			ID: int64(2*i + e + 1), Job: job.job, Port: job.port, Path: job.path, Scheme: "http",
		})
	}
	if i%5 == 0 {
		p.URLs = append(p.URLs, store.URLRow{ProbeID: 1, Module: "http_2xx", URL: "https://" + name + ".example.com/health"})
	}
	return p
}

func (f fleet) rows() iter.Seq[*store.ProjectRows] {
	return func(yield func(*store.ProjectRows) bool) {
		for i := range f.projects {
			if !yield(f.project(i)) {
				return
			}
		}
	}
}

func (f fleet) load(sink store.Sink, projects iter.Seq[*store.ProjectRows]) error {
	if err := sink.Directory(f.directory()); err != nil {
		return err
	}
	for i := range f.services {
		if err := sink.Service(store.Service{ID: int64(i + 1), Name: f.serviceName(i)}); err != nil {
			return err
		}
	}
	for p := range projects {
		if err := sink.Project(p); err != nil {
			return err
		}
	}
	return nil
}

func (f fleet) build(projects iter.Seq[*store.ProjectRows]) *Snapshot {
	b := NewBuilder()
	if err := f.load(b, projects); err != nil {
		panic(err)
	}
	return b.Snapshot(store.Revision{Epoch: "fleet", Number: 1})
}
