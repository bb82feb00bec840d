package httpsd

import (
	"context"

	"github.com/prometheus/common/model"

	"github.com/promshard/promshard/store"
)

// second is the error beside a result that nobody looks at.
func second(_ any, err error) error { return err }

// creations have the name of their action first, as all kinds of writes.
func creations() []kindOfWrite {
	return []kindOfWrite{
		{name: "shard.create", write: func(ctx context.Context, s *store.Store, f *revertFleet) error {
			return s.CreateShard(ctx, &store.Shard{Name: "new", Enabled: true})
		}},
		{name: "server.create", write: func(ctx context.Context, s *store.Store, f *revertFleet) error {
			return s.CreateServer(ctx, &store.Server{Host: "prom2", Port: 9090, Shard: "prod"})
		}},
		{name: "service.create", write: func(ctx context.Context, s *store.Store, f *revertFleet) error {
			return s.CreateService(ctx, &store.Service{Name: "new"})
		}},
		{name: "project.create", write: func(ctx context.Context, s *store.Store, f *revertFleet) error {
			return s.CreateProject(ctx, &store.Project{Name: "new", Service: "shop", Shard: "prod", Enabled: true})
		}},
		{name: "farm.create", unseen: true, write: func(ctx context.Context, s *store.Store, f *revertFleet) error {
			return s.CreateFarm(ctx, &store.Farm{Name: "bare-farm", Project: "bare"})
		}},
		{name: "host.create", write: func(ctx context.Context, s *store.Store, f *revertFleet) error {
			return s.CreateHost(ctx, &store.Host{Name: "a1", Project: "shop-api", Enabled: true, Labels: store.Labels{"rack": "r2"}})
		}},
		{name: "host.create, disabled", unseen: true, write: func(ctx context.Context, s *store.Store, f *revertFleet) error {
			return s.CreateHost(ctx, &store.Host{Name: "a1", Project: "shop-api"})
		}},
		{name: "exporter.create", write: func(ctx context.Context, s *store.Store, f *revertFleet) error {
			return s.CreateExporter(ctx, &store.Exporter{Job: "new", Port: 5, Path: "/x?y=z", Project: "shop-api", Enabled: true})
		}},
		{name: "default_exporter.create", unseen: true, write: func(ctx context.Context, s *store.Store, f *revertFleet) error {
			return s.CreateDefaultExporter(ctx, &store.DefaultExporter{Job: "new", Port: 5})
		}},
		{name: "probe.create", unseen: true, write: func(ctx context.Context, s *store.Store, f *revertFleet) error {
			return s.CreateProbe(ctx, &store.Probe{Module: "new"})
		}},
		{name: "url.create", write: func(ctx context.Context, s *store.Store, f *revertFleet) error {
			return s.CreateURL(ctx, &store.URL{URL: "https://a.example/", Project: "shop-api", Probe: "http_2xx"})
		}},
	}
}

func updates() []kindOfWrite {
	shard := func(u store.ShardUpdate, of func(f *revertFleet) int64) fleetWrite {
		return func(ctx context.Context, s *store.Store, f *revertFleet) error {
			return second(s.UpdateShard(ctx, of(f), u))
		}
	}
	project := func(u store.ProjectUpdate, of func(f *revertFleet) int64) fleetWrite {
		return func(ctx context.Context, s *store.Store, f *revertFleet) error {
			return second(s.UpdateProject(ctx, of(f), u))
		}
	}
	host := func(u store.HostUpdate, of func(f *revertFleet) int64) fleetWrite {
		return func(ctx context.Context, s *store.Store, f *revertFleet) error {
			return second(s.UpdateHost(ctx, of(f), u))
		}
	}
	exporter := func(u store.ExporterUpdate, of func(f *revertFleet) int64) fleetWrite {
		return func(ctx context.Context, s *store.Store, f *revertFleet) error {
			return second(s.UpdateExporter(ctx, of(f), u))
		}
	}
	server := func(u store.ServerUpdate) fleetWrite {
		return func(ctx context.Context, s *store.Store, f *revertFleet) error {
			return second(s.UpdateServer(ctx, f.server.ID, u))
		}
	}
	service := func(u store.ServiceUpdate) fleetWrite {
		return func(ctx context.Context, s *store.Store, f *revertFleet) error {
			return second(s.UpdateService(ctx, f.shop.ID, u))
		}
	}
	url := func(u store.URLUpdate) fleetWrite {
		return func(ctx context.Context, s *store.Store, f *revertFleet) error {
			return second(s.UpdateURL(ctx, f.url.ID, u))
		}
	}
	prod := func(f *revertFleet) int64 { return f.prod.ID }
	closed := func(f *revertFleet) int64 { return f.closed.ID }
	api := func(f *revertFleet) int64 { return f.api.ID }
	idle := func(f *revertFleet) int64 { return f.idle.ID }
	web := func(f *revertFleet) int64 { return f.web.ID }
	off := func(f *revertFleet) int64 { return f.off.ID }
	app := func(f *revertFleet) int64 { return f.app.ID }
	quiet := func(f *revertFleet) int64 { return f.quietApp.ID }
	interval := new(model.Duration(30e9))
	return []kindOfWrite{
		{name: "shard.update, its name", write: shard(store.ShardUpdate{Name: new("new")}, prod)},
		{name: "shard.update, disabled", unseen: true, write: shard(store.ShardUpdate{Enabled: new(false)}, prod)},
		{name: "shard.update, enabled", unseen: true, write: shard(store.ShardUpdate{Enabled: new(true)}, closed)},
		{name: "shard.update, what no list has", unseen: true, write: shard(store.ShardUpdate{URL: new("http://x.example"), Samples: new(int64(1)), Targets: new(int64(2)), MaxRemoval: new(99)}, prod)},
		{name: "server.update, a move", write: server(store.ServerUpdate{Shard: new("spare")})},
		{name: "server.update, its name", write: server(store.ServerUpdate{Host: new("prom2")})},
		{name: "service.update, its name", write: service(store.ServiceUpdate{Name: new("new")})},
		{name: "service.update, its labels", write: service(store.ServiceUpdate{Labels: &store.Labels{"env": "x"}})},
		{name: "service.update, what no list has", unseen: true, write: service(store.ServiceUpdate{Owner: new("bob"), Description: new("x")})},
		{name: "project.update, its name", write: project(store.ProjectUpdate{Name: new("new")}, api)},
		{name: "project.update, its labels", write: project(store.ProjectUpdate{Labels: &store.Labels{"env": "x"}}, api)},
		{name: "project.update, a move to another shard", write: project(store.ProjectUpdate{Shard: new("spare")}, api)},
		{name: "project.update, a move to another service", write: project(store.ProjectUpdate{Service: new("quiet")}, api)},
		{name: "project.update, disabled", write: project(store.ProjectUpdate{Enabled: new(false)}, api)},
		{name: "project.update, enabled", write: project(store.ProjectUpdate{Enabled: new(true)}, idle)},
		{name: "farm.update, its name and source", write: func(ctx context.Context, s *store.Store, f *revertFleet) error {
			return second(s.UpdateFarm(ctx, f.farm.ID, store.FarmUpdate{Name: new("new"), Source: new("cmdb")}))
		}},
		{name: "host.update, its name", write: host(store.HostUpdate{Name: new("zz")}, web)},
		{name: "host.update, its labels", write: host(store.HostUpdate{Labels: &store.Labels{"row": "1"}}, web)},
		{name: "host.update, disabled", write: host(store.HostUpdate{Enabled: new(false)}, web)},
		{name: "host.update, enabled", write: host(store.HostUpdate{Enabled: new(true)}, off)},
		{name: "exporter.update, where it is", write: exporter(store.ExporterUpdate{Port: new(1), Path: new(""), Scheme: new("http")}, app)},
		{name: "exporter.update, its job and labels", write: exporter(store.ExporterUpdate{Job: new("new"), Labels: &store.Labels{"a": "1"}}, app)},
		{name: "exporter.update, its times", write: exporter(store.ExporterUpdate{ScrapeInterval: interval, ScrapeTimeout: new(model.Duration(0))}, app)},
		{name: "exporter.update, disabled", write: exporter(store.ExporterUpdate{Enabled: new(false)}, app)},
		{name: "exporter.update, enabled", write: exporter(store.ExporterUpdate{Enabled: new(true)}, quiet)},
		{name: "default_exporter.update", unseen: true, write: func(ctx context.Context, s *store.Store, f *revertFleet) error {
			return second(s.UpdateDefaultExporter(ctx, f.preset.ID, store.DefaultExporterUpdate{Job: new("new"), Port: new(1), Path: new("/x"), Scheme: new("https")}))
		}},
		{name: "probe.update, its module", write: func(ctx context.Context, s *store.Store, f *revertFleet) error {
			return second(s.UpdateProbe(ctx, f.probe.ID, store.ProbeUpdate{Module: new("new")}))
		}},
		{name: "url.update", write: url(store.URLUpdate{URL: new("https://zz.example/")})},
		{name: "url.update, its probe", write: url(store.URLUpdate{Probe: new("icmp")})},
	}
}

func deletions() []kindOfWrite {
	var plain store.DeleteOptions
	cascade := store.DeleteOptions{Cascade: true}
	return []kindOfWrite{
		{name: "shard.delete", write: func(ctx context.Context, s *store.Store, f *revertFleet) error {
			return s.DeleteShard(ctx, f.closed.ID, plain)
		}},
		{name: "shard.delete, with all that is on it", asked: true, write: func(ctx context.Context, s *store.Store, f *revertFleet) error {
			return s.DeleteShard(ctx, f.prod.ID, cascade)
		}},
		{name: "server.delete", write: func(ctx context.Context, s *store.Store, f *revertFleet) error {
			return s.DeleteServer(ctx, f.server.ID, plain)
		}},
		{name: "service.delete", unseen: true, write: func(ctx context.Context, s *store.Store, f *revertFleet) error {
			return s.DeleteService(ctx, f.quiet.ID, plain)
		}},
		{name: "service.delete, with its projects", asked: true, write: func(ctx context.Context, s *store.Store, f *revertFleet) error {
			return s.DeleteService(ctx, f.shop.ID, cascade)
		}},
		{name: "project.delete", unseen: true, write: func(ctx context.Context, s *store.Store, f *revertFleet) error {
			return s.DeleteProject(ctx, f.bare.ID, plain)
		}},
		{name: "project.delete, with all it has", write: func(ctx context.Context, s *store.Store, f *revertFleet) error {
			return s.DeleteProject(ctx, f.api.ID, cascade)
		}},
		{name: "farm.delete", unseen: true, write: func(ctx context.Context, s *store.Store, f *revertFleet) error {
			return s.DeleteFarm(ctx, f.hollowFarm.ID, plain)
		}},
		{name: "farm.delete, with its hosts", write: func(ctx context.Context, s *store.Store, f *revertFleet) error {
			return s.DeleteFarm(ctx, f.farm.ID, cascade)
		}},
		{name: "host.delete", write: func(ctx context.Context, s *store.Store, f *revertFleet) error {
			return s.DeleteHost(ctx, f.web.ID, plain)
		}},
		{name: "exporter.delete", write: func(ctx context.Context, s *store.Store, f *revertFleet) error {
			return s.DeleteExporter(ctx, f.app.ID, plain)
		}},
		{name: "default_exporter.delete", unseen: true, write: func(ctx context.Context, s *store.Store, f *revertFleet) error {
			return s.DeleteDefaultExporter(ctx, f.preset.ID, plain)
		}},
		{name: "probe.delete", unseen: true, write: func(ctx context.Context, s *store.Store, f *revertFleet) error {
			return s.DeleteProbe(ctx, f.unused.ID, plain)
		}},
		{name: "probe.delete, with its URLs", write: func(ctx context.Context, s *store.Store, f *revertFleet) error {
			return s.DeleteProbe(ctx, f.probe.ID, cascade)
		}},
		{name: "url.delete", write: func(ctx context.Context, s *store.Store, f *revertFleet) error {
			return s.DeleteURL(ctx, f.url.ID, plain)
		}},
	}
}
