package httpsd

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	documents "github.com/promshard/promshard/store/document"
)

// revertFleet is a small inventory with two of everything, one of them with nothing on it.
type revertFleet struct {
	prod, spare, closed store.Shard // spare has a project without targets, closed is disabled and empty
	server              store.Server
	shop, quiet         store.Service // quiet has no projects
	api                 store.Project // of shop, on prod, with one or two of everything
	bare                store.Project // of shop, on spare, without a farm
	hollow              store.Project // of shop, on prod, with a farm that has no hosts
	idle                store.Project // of shop, on prod, disabled, with a target and a URL
	big                 store.Project // of shop, on prod, with most of the targets there are
	farm, hollowFarm    store.Farm
	web, off            store.Host // off is disabled
	app, quietApp       store.Exporter
	probe, unused       store.Probe
	url                 store.URL
	preset              store.DefaultExporter
	// synced is what was taken in from another inventory.
	synced store.SyncSource
}

// planting creates rows, and fails the test when it cannot.
type planting struct{ t *testing.T }

func (p planting) must(err error) { p.t.Helper(); require.NoError(p.t, err) }

func plantRevertible(t *testing.T, s *store.Store) *revertFleet {
	t.Helper()
	f := &revertFleet{
		prod:   store.Shard{Name: "prod", URL: "http://prom.example", Enabled: true},
		spare:  store.Shard{Name: "spare", Enabled: true},
		closed: store.Shard{Name: "closed"},
		server: store.Server{Host: "prom1", Port: 9090, Shard: "prod"},
		shop:   store.Service{Name: "shop", Owner: "ann", Labels: store.Labels{"team": "a"}},
		quiet:  store.Service{Name: "quiet"},
		probe:  store.Probe{Module: "http_2xx"},
		unused: store.Probe{Module: "icmp"},
		preset: store.DefaultExporter{Job: "node", Port: 9100},
	}
	ctx, p := t.Context(), planting{t}
	for _, shard := range []*store.Shard{&f.prod, &f.spare, &f.closed} {
		p.must(s.CreateShard(ctx, shard))
	}
	p.must(s.CreateServer(ctx, &f.server))
	p.must(s.CreateService(ctx, &f.shop))
	p.must(s.CreateService(ctx, &f.quiet))
	p.must(s.CreateProbe(ctx, &f.probe))
	p.must(s.CreateProbe(ctx, &f.unused))
	p.must(s.CreateDefaultExporter(ctx, &f.preset))
	f.plantProjects(p, s)
	f.plantOthers(p, s)
	return f
}

// plantProjects creates the projects with what they have.
func (f *revertFleet) plantProjects(p planting, s *store.Store) {
	p.t.Helper()
	ctx := p.t.Context()
	f.api = store.Project{Name: "shop-api", Service: "shop", Shard: "prod", Enabled: true, Labels: store.Labels{"tier": "1"}}
	f.bare = store.Project{Name: "bare", Service: "shop", Shard: "spare", Enabled: true}
	f.hollow = store.Project{Name: "hollow", Service: "shop", Shard: "prod", Enabled: true}
	f.idle = store.Project{Name: "idle", Service: "shop", Shard: "prod"}
	f.big = store.Project{Name: "big", Service: "shop", Shard: "prod", Enabled: true}
	for _, project := range []*store.Project{&f.api, &f.bare, &f.hollow, &f.idle, &f.big} {
		p.must(s.CreateProject(ctx, project))
	}
	f.farm = store.Farm{Name: "api-farm", Project: "shop-api"}
	f.hollowFarm = store.Farm{Name: "hollow-farm", Project: "hollow"}
	p.must(s.CreateFarm(ctx, &f.farm))
	p.must(s.CreateFarm(ctx, &f.hollowFarm))
	f.web = store.Host{Name: "web1", Project: "shop-api", Enabled: true, Labels: store.Labels{"rack": "r1"}}
	f.off = store.Host{Name: "web2", Project: "shop-api"}
	other := store.Host{Name: "web3", Project: "shop-api", Enabled: true}
	sleeper := store.Host{Name: "sleeper", Project: "idle", Enabled: true}
	for _, h := range []*store.Host{&f.web, &f.off, &other, &sleeper} {
		p.must(s.CreateHost(ctx, h))
	}
	_, err := s.SetHosts(ctx, f.big.ID, store.SetHosts{Add: manyHosts(30)})
	p.must(err)
	f.app = store.Exporter{
		Job: "app", Port: 8080, Path: "/metrics?a=b", Scheme: "https", Project: "shop-api", Enabled: true,
		ScrapeInterval: 60e9, ScrapeTimeout: 5e9, Labels: store.Labels{"lang": "go"},
	}
	f.quietApp = store.Exporter{Job: "quiet", Port: 8081, Project: "shop-api"}
	p.must(s.CreateExporter(ctx, &f.app))
	p.must(s.CreateExporter(ctx, &f.quietApp))
	f.url = store.URL{URL: "https://shop.example/", Project: "shop-api", Probe: "http_2xx"}
	p.must(s.CreateURL(ctx, &f.url))
	p.must(s.CreateURL(ctx, &store.URL{URL: "https://idle.example/", Project: "idle", Probe: "http_2xx"}))
	for _, project := range []string{"shop-api", "idle", "big"} {
		p.must(s.CreateExporter(ctx, &store.Exporter{Job: "node", Port: 9100, Project: project, Enabled: true}))
	}
}

func manyHosts(n int) (hosts []store.Host) {
	for i := range n {
		hosts = append(hosts, store.Host{Name: fmt.Sprintf("big%02d", i), Enabled: true})
	}
	return hosts
}

// plantOthers takes in what another inventory has, and what a document states for the name "git".
func (f *revertFleet) plantOthers(p planting, s *store.Store) {
	p.t.Helper()
	f.synced = otherInventory("elsewhere", 1<<40)
	_, err := s.Sync(p.t.Context(), f.synced, store.SyncOptions{})
	p.must(err)
	d, err := documents.Read("", []byte(ownedDocument))
	p.must(err)
	_, err = s.Apply(p.t.Context(), d, store.ApplyOptions{ManagedBy: "git"})
	p.must(err)
}

// otherInventory is one with something of every noun. Its names have a prefix, its keys begin above base.
func otherInventory(name string, base int64) store.SyncSource {
	return store.SyncSource{
		Name:     name,
		Shards:   []store.SyncShard{{Key: base + 1, Name: name, Enabled: true}, {Key: base + 2, Name: name + "-2", Enabled: true}},
		Servers:  []store.SyncServer{{Key: base + 1, Host: name, Port: 9090, Shard: base + 1}},
		Services: []store.SyncService{{Key: base + 1, Name: name}},
		Projects: []store.SyncProject{{Key: base + 1, Name: name, Service: base + 1, Shard: base + 1}},
		Farms:    []store.SyncFarm{{Key: base + 1, Name: name, Source: "cmdb", Project: base + 1}},
		Hosts: []store.SyncHost{
			{Key: base + 1, Name: name + "1", Farm: base + 1}, {Key: base + 2, Name: name + "2", Farm: base + 1},
		},
		Exporters: []store.SyncExporter{
			{Key: base + 1, Job: "node", Port: 9100, Enabled: true, Project: base + 1},
			{Key: base + 2, Job: "app", Port: 8080, Path: "/m?a=b", Scheme: "https", Enabled: true, Project: base + 1},
		},
		DefaultExporters: []store.SyncDefaultExporter{{Key: base + 1, Job: name, Port: 9100}},
		Probes:           []store.SyncProbe{{Key: base + 1, Module: name}},
		URLs:             []store.SyncURL{{Key: base + 1, URL: "https://" + name + ".example/", Project: base + 1, Probe: base + 1}},
	}
}

// ownedDocument is what belongs to the name "git".
const ownedDocument = `{
	"shards": [{"name": "git-shard"}],
	"servers": [{"host": "git-prom", "port": 9090, "shard": "git-shard"}],
	"services": [{"name": "git-service", "labels": {"by": "git"}}],
	"probes": [{"module": "git-probe"}],
	"default_exporters": [{"job": "git", "port": 9200}],
	"projects": [{
		"name": "git-project", "service": "git-service", "shard": "git-shard", "labels": {"a": "1"}, "farm": {"name": "git-farm"},
		"hosts": ["git1", {"name": "git2", "labels": {"rack": "r2"}}],
		"exporters": [{"job": "node", "port": 9100}, {"job": "app", "port": 8080}],
		"urls": [{"url": "https://git.example/", "probe": "git-probe"}, {"url": "https://git.example/2", "probe": "git-probe"}]
	}]
}`

// digestIn is what an answer of the guard wants to be confirmed with.
func digestIn(t *testing.T, body string) string {
	t.Helper()
	var refused struct{ Guard store.GuardError }
	require.NoError(t, json.Unmarshal([]byte(body), &refused))
	require.NotEmpty(t, refused.Guard.Digest)
	return refused.Guard.Digest
}
