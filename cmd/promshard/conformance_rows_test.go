package main

import (
	"github.com/prometheus/common/model"

	"github.com/promshard/promshard/store"
)

func ptr[T any](v T) *T { return &v }

// conformers are all nouns, with rows that refer to those before them.
func conformers() []conformer {
	minute, second := model.Duration(60e9), model.Duration(1e9)
	return []conformer{
		nounOf[store.Shard, store.ShardFilter, store.ShardUpdate]{
			create: store.Registry.CreateShard, get: store.Registry.Shard, list: store.Registry.Shards, update: store.Registry.UpdateShard, remove: store.Registry.DeleteShard,
			page:   func(f store.ShardFilter, p store.Page) store.ShardFilter { f.Page = p; return f },
			expect: func(u store.ShardUpdate, version int64) store.ShardUpdate { u.IfVersion = version; return u },
			rows: []store.Shard{
				{Name: "prod", Enabled: true, URL: "http://p.example"},
				{Name: "spare", Enabled: true, MaxRemoval: 50},
				{Name: "closed"},
				{Name: "fourth", Samples: 7},
				{},
				{Name: " x"},
				{Name: "\xff"},
				{Name: "x", Targets: -1},
				{Name: "x", URL: "x"},
			},
			filters: []store.ShardFilter{{}, {Name: "prod"}, {Enabled: ptr(false)}, {Name: "Prod"}},
			updates: []store.ShardUpdate{
				{}, {Name: ptr("spare")}, {Name: ptr("")}, {URL: ptr("http://q.example"), Samples: ptr(int64(5))}, {MaxRemoval: ptr(101)},
			},
		},
		nounOf[store.Server, store.ServerFilter, store.ServerUpdate]{
			create: store.Registry.CreateServer, get: store.Registry.Server, list: store.Registry.Servers, update: store.Registry.UpdateServer, remove: store.Registry.DeleteServer,
			page:   func(f store.ServerFilter, p store.Page) store.ServerFilter { f.Page = p; return f },
			expect: func(u store.ServerUpdate, version int64) store.ServerUpdate { u.IfVersion = version; return u },
			rows: []store.Server{
				{Host: "p1", Port: 9090, Shard: "prod"},
				{Host: "2001:DB8::1", Port: 9090, ShardID: 2},
				{Host: "p2", Port: 9090, Shard: "nope", ShardID: 1},
				{Host: "p3", Shard: "prod"},
				{Host: "p3", Port: 1, Shard: "nope"},
				{Host: "p3", Port: 1},
				{Host: "p3", Port: 1, ShardID: 99},
			},
			filters: []store.ServerFilter{{}, {Shard: "prod"}, {Host: "p1"}, {Port: 9090}, {Port: 1}},
			updates: []store.ServerUpdate{
				{}, {Shard: ptr("spare")}, {Shard: ptr("nope")}, {Port: ptr(70000)}, {Host: ptr("p1")},
			},
		},
		nounOf[store.Service, store.ServiceFilter, store.ServiceUpdate]{
			create: store.Registry.CreateService, get: store.Registry.Service, list: store.Registry.Services, update: store.Registry.UpdateService, remove: store.Registry.DeleteService,
			page:   func(f store.ServiceFilter, p store.Page) store.ServiceFilter { f.Page = p; return f },
			expect: func(u store.ServiceUpdate, version int64) store.ServiceUpdate { u.IfVersion = version; return u },
			rows: []store.Service{
				{Name: "shop", Owner: "@team", Labels: store.Labels{"tier": "1", "env": "prod"}}, {Name: "mail"}, {Name: "x", Labels: store.Labels{"a.b": "1"}}, {Name: "x", Labels: store.Labels{"a": "\xff"}},
			},
			filters: []store.ServiceFilter{{}, {Name: "mail"}, {Name: "nope"}},
			updates: []store.ServiceUpdate{
				{}, {Labels: &store.Labels{"tier": "2"}}, {Labels: &store.Labels{}}, {Labels: &store.Labels{"job": "1"}}, {Description: ptr("ünï <b>"), Labels: &store.Labels{"zone": "b", "tier": ""}},
			},
		},
		nounOf[store.Project, store.ProjectFilter, store.ProjectUpdate]{
			create: store.Registry.CreateProject, get: store.Registry.Project, list: store.Registry.Projects, update: store.Registry.UpdateProject, remove: store.Registry.DeleteProject,
			page:   func(f store.ProjectFilter, p store.Page) store.ProjectFilter { f.Page = p; return f },
			expect: func(u store.ProjectUpdate, version int64) store.ProjectUpdate { u.IfVersion = version; return u },
			rows: []store.Project{
				{Name: "web", Service: "shop", Shard: "prod", Enabled: true, Labels: store.Labels{"a": "1"}},
				{Name: "api", ServiceID: 1, ShardID: 2},
				{Name: "1", Service: "mail", Shard: "prod", Enabled: true},
				{Name: "a/b?c", Service: "shop", Shard: "spare"},
				{Name: "x", Service: "shop"},
				{Name: "x", Service: "shop", Shard: "closed"},
				{Name: "x", Service: "nope", Shard: "prod"},
			},
			filters: []store.ProjectFilter{{}, {Service: "shop"}, {Shard: "prod", Enabled: ptr(true)}, {Name: "a/b?c"}},
			updates: []store.ProjectUpdate{
				{}, {Shard: ptr("spare")}, {Enabled: ptr(false), Labels: &store.Labels{"b": "2"}}, {Service: ptr("nope")}, {Shard: ptr("closed")}, {Name: ptr("web")}, {Enabled: ptr(true)},
			},
		},
		nounOf[store.Farm, store.FarmFilter, store.FarmUpdate]{
			create: store.Registry.CreateFarm, get: store.Registry.Farm, list: store.Registry.Farms, update: store.Registry.UpdateFarm, remove: store.Registry.DeleteFarm,
			page:   func(f store.FarmFilter, p store.Page) store.FarmFilter { f.Page = p; return f },
			expect: func(u store.FarmUpdate, version int64) store.FarmUpdate { u.IfVersion = version; return u },
			rows: []store.Farm{
				{Name: "boxes", Project: "web", Source: "typed"}, {Name: "boxes", ProjectID: 2}, {Project: "1"}, {Name: "x", Project: "nope"}, {Name: "x"},
			},
			filters: []store.FarmFilter{{}, {Name: "boxes"}, {Source: "typed"}, {Project: "api"}},
			updates: []store.FarmUpdate{
				{}, {Name: ptr("machines")}, {Source: ptr("")}, {Source: ptr("cmdb")},
			},
		},
		nounOf[store.Host, store.HostFilter, store.HostUpdate]{
			create: store.Registry.CreateHost, get: store.Registry.Host, list: store.Registry.Hosts, update: store.Registry.UpdateHost, remove: store.Registry.DeleteHost,
			page:   func(f store.HostFilter, p store.Page) store.HostFilter { f.Page = p; return f },
			expect: func(u store.HostUpdate, version int64) store.HostUpdate { u.IfVersion = version; return u },
			rows: []store.Host{
				{Name: "w1", Project: "web", Enabled: true, Labels: store.Labels{"rack": "a"}},
				{Name: "w2", FarmID: 1, Enabled: true},
				{Name: "[2001:DB8::5]", Project: "api"},
				{Name: "o1", Project: "1", Enabled: true},
				{Name: "e1", Project: "web", Farm: "ignored"},
				{Name: "a:1", Project: "web"},
				{Name: "x", Project: "nope"},
				{Name: "x"},
				{Name: "x", FarmID: 99},
				{Project: "web"},
				{Name: "x", Project: "web", Labels: store.Labels{"job": "x"}},
			},
			filters: []store.HostFilter{{}, {Project: "web"}, {Service: "shop"}, {Shard: "prod"}, {Farm: "boxes", Enabled: ptr(true)}, {Name: "w1"}},
			updates: []store.HostUpdate{
				{}, {Name: ptr("w2")}, {Labels: &store.Labels{"rack": "b", "row": "1"}}, {Labels: &store.Labels{"row": "1"}}, {Enabled: ptr(false)}, {Name: ptr("a b")},
			},
		},
		nounOf[store.Exporter, store.ExporterFilter, store.ExporterUpdate]{
			create: store.Registry.CreateExporter, get: store.Registry.Exporter, list: store.Registry.Exporters, update: store.Registry.UpdateExporter, remove: store.Registry.DeleteExporter,
			page:   func(f store.ExporterFilter, p store.Page) store.ExporterFilter { f.Page = p; return f },
			expect: func(u store.ExporterUpdate, version int64) store.ExporterUpdate { u.IfVersion = version; return u },
			rows: []store.Exporter{
				{Job: "node", Port: 9100, Project: "web", Enabled: true},
				{Job: "app", Port: 80, Path: "/metrics?x=y", Scheme: "https", ProjectID: 1, ScrapeInterval: minute, ScrapeTimeout: second, Labels: store.Labels{"l": "1"}},
				{Job: "node", Port: 9100, Project: "api"},
				{Job: "x", Project: "web"},
				{Job: "x", Port: 1, Scheme: "ftp", Project: "web"},
				{Job: "x", Port: 1, Project: "web", ScrapeTimeout: minute},
				{Job: "x", Port: 1, Path: "x", Project: "web"},
				{Job: "x", Port: 1},
			},
			filters: []store.ExporterFilter{{}, {Job: "node"}, {Port: 80}, {Project: "web"}, {Enabled: ptr(false)}, {Shard: "spare", Service: "shop"}},
			updates: []store.ExporterUpdate{
				{}, {ScrapeInterval: ptr(minute)}, {ScrapeInterval: ptr(model.Duration(0)), ScrapeTimeout: ptr(model.Duration(0))}, {Labels: &store.Labels{"l": "2"}}, {Port: ptr(0)}, {Path: ptr("")}, {Enabled: ptr(true)},
			},
		},
		nounOf[store.DefaultExporter, store.DefaultExporterFilter, store.DefaultExporterUpdate]{
			create: store.Registry.CreateDefaultExporter, get: store.Registry.DefaultExporter, list: store.Registry.DefaultExporters, update: store.Registry.UpdateDefaultExporter, remove: store.Registry.DeleteDefaultExporter,
			page: func(f store.DefaultExporterFilter, p store.Page) store.DefaultExporterFilter { f.Page = p; return f },
			expect: func(u store.DefaultExporterUpdate, version int64) store.DefaultExporterUpdate {
				u.IfVersion = version
				return u
			},
			rows: []store.DefaultExporter{
				{Job: "node", Port: 9100}, {Job: "node", Port: 9100, Path: "/x"}, {Job: "", Port: 1}, {Job: "x", Port: 65536},
			},
			filters: []store.DefaultExporterFilter{{}, {Job: "node"}, {Path: ptr("")}, {Path: ptr("/x")}},
			updates: []store.DefaultExporterUpdate{
				{}, {Port: ptr(9101)}, {Path: ptr("/x")}, {Scheme: ptr("https")}, {Scheme: ptr("x")},
			},
		},
		nounOf[store.Probe, store.ProbeFilter, store.ProbeUpdate]{
			create: store.Registry.CreateProbe, get: store.Registry.Probe, list: store.Registry.Probes, update: store.Registry.UpdateProbe, remove: store.Registry.DeleteProbe,
			page:   func(f store.ProbeFilter, p store.Page) store.ProbeFilter { f.Page = p; return f },
			expect: func(u store.ProbeUpdate, version int64) store.ProbeUpdate { u.IfVersion = version; return u },
			rows: []store.Probe{
				{Module: "http_2xx"}, {Module: "icmp", Description: "ping"}, {Module: ""},
			},
			filters: []store.ProbeFilter{{}, {Module: "icmp"}},
			updates: []store.ProbeUpdate{
				{}, {Description: ptr("x")}, {Module: ptr("icmp")}, {Module: ptr("")},
			},
		},
		nounOf[store.URL, store.URLFilter, store.URLUpdate]{
			create: store.Registry.CreateURL, get: store.Registry.URL, list: store.Registry.URLs, update: store.Registry.UpdateURL, remove: store.Registry.DeleteURL,
			page:   func(f store.URLFilter, p store.Page) store.URLFilter { f.Page = p; return f },
			expect: func(u store.URLUpdate, version int64) store.URLUpdate { u.IfVersion = version; return u },
			rows: []store.URL{
				{URL: "https://shop.example/?a=b&c=%20", Project: "web", Probe: "http_2xx"}, {URL: "https://shop.example/", ProjectID: 2, ProbeID: 2}, {URL: "shop", Project: "web", Probe: "icmp"}, {URL: "https://x.example/", Project: "web"}, {URL: "https://x.example/", Probe: "icmp"}, {URL: "https://x.example/", Project: "web", Probe: "nope"},
			},
			filters: []store.URLFilter{{}, {Project: "web"}, {Probe: "icmp"}, {URL: "https://shop.example/"}},
			updates: []store.URLUpdate{
				{}, {Probe: ptr("icmp")}, {URL: ptr("https://y.example/")}, {URL: ptr("y")}, {Probe: ptr("nope")},
			},
		},
	}
}
