package httpsd

import (
	"context"
	"slices"

	"github.com/promshard/promshard/store"
	documents "github.com/promshard/promshard/store/document"
)

// bulkWrites are those that create what is missing, and those of many rows at once.
func bulkWrites() []kindOfWrite {
	return []kindOfWrite{
		{name: "server.register, with its shard", write: func(ctx context.Context, s *store.Store, f *revertFleet) error {
			return second(s.RegisterServer(ctx, "new", "prom2", 9090))
		}},
		{name: "server.register, a move", write: func(ctx context.Context, s *store.Store, f *revertFleet) error {
			return second(s.RegisterServer(ctx, "spare", "prom1", 9090))
		}},
		{name: "host.register", write: func(ctx context.Context, s *store.Store, f *revertFleet) error {
			_, _, err := s.RegisterHost(ctx, "shop-api", "a1")
			return err
		}},
		{name: "host.register, with a farm", unseen: true, write: func(ctx context.Context, s *store.Store, f *revertFleet) error {
			_, _, err := s.RegisterHost(ctx, "bare", "a1")
			return err
		}},
		{name: "exporter.register", write: func(ctx context.Context, s *store.Store, f *revertFleet) error {
			_, _, err := s.RegisterJob(ctx, store.Exporter{Job: "new", Port: 7, Project: "shop-api", Enabled: true})
			return err
		}},
		{name: "default_exporter.register", unseen: true, write: func(ctx context.Context, s *store.Store, f *revertFleet) error {
			_, _, err := s.RegisterExporter(ctx, "new", 7, "/x")
			return err
		}},
		{name: "host.set, more hosts and less", write: func(ctx context.Context, s *store.Store, f *revertFleet) error {
			return second(s.SetHosts(ctx, f.api.ID, store.SetHosts{
				Add: []store.Host{{Name: "a1", Enabled: true}, {Name: "zz", Labels: store.Labels{"a": "1"}}}, Remove: []string{"web1", "web2"},
			}))
		}},
		{name: "host.set, other hosts", write: func(ctx context.Context, s *store.Store, f *revertFleet) error {
			return second(s.SetHosts(ctx, f.api.ID, store.SetHosts{Replace: &[]store.Host{
				{Name: "a1", Enabled: true}, {Name: "web1", Enabled: true, Labels: store.Labels{"rack": "r2"}}, {Name: "web2", Enabled: true},
			}}))
		}},
		{name: "host.set, in a project without a farm", unseen: true, write: func(ctx context.Context, s *store.Store, f *revertFleet) error {
			return second(s.SetHosts(ctx, f.bare.ID, store.SetHosts{Add: []store.Host{{Name: "a1", Enabled: true}}}))
		}},
		{name: "import, of what is new", write: func(ctx context.Context, s *store.Store, f *revertFleet) error {
			return second(s.Import(ctx, groupsOf(importedGroups("new", "new")...), store.ImportOptions{}))
		}},
		{name: "import, into what is there", write: func(ctx context.Context, s *store.Store, f *revertFleet) error {
			return second(s.Import(ctx, groupsOf(importedGroups("shop", "shop-api")...), store.ImportOptions{Shard: "prod"}))
		}},
		{name: "sync, of what is new", write: func(ctx context.Context, s *store.Store, f *revertFleet) error {
			return second(s.Sync(ctx, otherInventory("new", 1<<41), store.SyncOptions{}))
		}},
		{name: "sync, of what has changed there", write: func(ctx context.Context, s *store.Store, f *revertFleet) error {
			return second(s.Sync(ctx, changedInventory(f.synced), store.SyncOptions{}))
		}},
	}
}

// groupsOf yields groups.
func groupsOf(groups ...store.ImportGroup) store.ImportGroups {
	return func(yield func(store.ImportGroup, error) bool) {
		for _, g := range groups {
			if !yield(g, nil) {
				return
			}
		}
	}
}

// importedGroups are groups of a service's project, on the shard of the service's name.
func importedGroups(service, project string) []store.ImportGroup {
	return []store.ImportGroup{
		{
			Targets: []string{"db1:9100", "db2:9100", "[2001:db8::1]:9100"},
			Labels:  map[string]string{"__shard": service, "service": service, "project": project, "farm": "api-farm", "job": "node", "rack": "r1"},
		},
		{
			Targets: []string{"db1:81"},
			Labels: map[string]string{
				"__shard": service, "service": service, "project": project, "farm": "api-farm", "job": "new", "rack": "r1", "__scheme__": "https",
				"__metrics_path__": "/x", "__scrape_interval__": "10s",
			},
		},
		{
			Targets: []string{"https://db.example/"},
			Labels:  map[string]string{"__shard": service, "service": service, "project": project, "job": "tcp", "__param_module": "tcp"},
		},
	}
}

// changedInventory is another inventory after some edits: something of every noun is new, another or gone.
func changedInventory(s store.SyncSource) store.SyncSource {
	s.Shards = append(slices.Clone(s.Shards), store.SyncShard{Key: s.Shards[0].Key + 10, Name: "new", Enabled: true})
	s.Servers = nil
	s.Services = slices.Clone(s.Services)
	s.Services[0].Name = "new"
	s.Projects = slices.Clone(s.Projects)
	s.Projects[0].Shard = s.Shards[1].Key
	s.Farms = slices.Clone(s.Farms)
	s.Farms[0].Name = "new"
	s.Hosts = append(slices.Clone(s.Hosts[1:]), store.SyncHost{Key: s.Hosts[0].Key + 10, Name: "a1", Farm: s.Farms[0].Key})
	s.Exporters = slices.Clone(s.Exporters)
	s.Exporters[0].Port = 9101
	s.Exporters[1].Enabled = false
	s.DefaultExporters = nil
	s.Probes = slices.Clone(s.Probes)
	s.Probes[0].Module = "renamed"
	s.URLs = slices.Clone(s.URLs)
	s.URLs[0].URL = "https://changed.example/"
	return s
}

// apply returns a write that applies a document.
func apply(text string, o store.ApplyOptions) fleetWrite {
	return func(ctx context.Context, s *store.Store, _ *revertFleet) error {
		d, err := documents.Read("", []byte(text))
		if err != nil {
			return err
		}
		return second(s.Apply(ctx, d, o))
	}
}

func applies() []kindOfWrite {
	git := store.ApplyOptions{ManagedBy: "git"}
	prune := store.ApplyOptions{ManagedBy: "git", Prune: true}
	return []kindOfWrite{
		{name: "apply, of what is new and of changes", write: apply(`{
			"shards": [{"name": "new"}], "probes": [{"module": "new"}], "servers": [{"host": "prom1", "port": 9090, "shard": "new"}],
			"services": [{"name": "new"}, {"name": "shop", "labels": {"team": "b"}}],
			"projects": [
				{"name": "new", "service": "new", "shard": "new", "hosts": ["new1"], "exporters": [{"job": "node", "port": 9100}],
				 "urls": [{"url": "https://new.example/", "probe": "new"}]},
				{"name": "shop-api", "shard": "spare", "hosts": [{"name": "web1", "enabled": false}, "web2"]}
			]}`, store.ApplyOptions{})},
		{name: "apply, of lists that are all there is to be", write: apply(`{"projects": [{
			"name": "shop-api", "hosts": ["a1"], "exporters": [{"job": "app", "port": 1}], "urls": [], "exclusive": ["hosts", "exporters", "urls"]
			}]}`, git)},
		{name: "apply, of owned lists that have become shorter", write: apply(`{"projects": [{
			"name": "git-project", "hosts": ["git2"], "exporters": [{"job": "node", "port": 9100}], "urls": []
			}]}`, git)},
		{name: "apply, taking things over", write: apply(`{"projects": [{"name": "git-project", "hosts": ["git1"], "labels": {"a": "2"}}]}`,
			store.ApplyOptions{ManagedBy: "other", TakeOver: true})},
		{name: "apply, with prune", write: apply(`{
			"shards": [{"name": "git-shard"}], "services": [{"name": "git-service"}],
			"projects": [{"name": "git-project", "service": "git-service", "shard": "git-shard", "hosts": ["git1"]}]
			}`, prune)},
		{name: "apply, with prune, of nothing", write: apply(`{}`, store.ApplyOptions{ManagedBy: "git", Prune: true, AllowEmpty: true})},
	}
}

// massRemovals are what the guard wants confirmed.
func massRemovals() []kindOfWrite {
	return []kindOfWrite{
		{name: "project.update, disabled, confirmed", asked: true, write: func(ctx context.Context, s *store.Store, f *revertFleet) error {
			return second(s.UpdateProject(ctx, f.big.ID, store.ProjectUpdate{Enabled: new(false)}))
		}},
		{name: "project.update, a move to another shard, confirmed", asked: true, write: func(ctx context.Context, s *store.Store, f *revertFleet) error {
			return second(s.UpdateProject(ctx, f.big.ID, store.ProjectUpdate{Shard: new("spare")}))
		}},
		{name: "project.delete, confirmed", asked: true, write: func(ctx context.Context, s *store.Store, f *revertFleet) error {
			return s.DeleteProject(ctx, f.big.ID, store.DeleteOptions{Cascade: true})
		}},
		{name: "host.set, nothing, confirmed", asked: true, write: func(ctx context.Context, s *store.Store, f *revertFleet) error {
			return second(s.SetHosts(ctx, f.big.ID, store.SetHosts{Replace: &[]store.Host{}}))
		}},
		{name: "apply, of a disabled project, confirmed", asked: true, write: apply(`{"projects": [{"name": "big", "enabled": false}]}`, store.ApplyOptions{})},
	}
}
