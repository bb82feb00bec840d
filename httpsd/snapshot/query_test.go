package snapshot

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
)

// town is a small world: shop and bank on prod, an idle project beside them, and an empty shard.
func town() *world {
	w := newWorld()
	prod, dev := w.addShard("prod"), w.addShard("dev")
	w.addShard("spare")
	w.setServer("prometheus1", prod)
	w.setServer("prometheus2", prod)
	w.setServer("::1", dev)
	shop, bank := w.addService("shop"), w.addService("bank")
	w.addService("unborn")
	w.addHosts("shop-web", shop, prod, "web", "node", "nginx")
	w.addHosts("shop-dev", shop, dev, "web", "node")
	w.addHosts("bank-db", bank, prod, "db", "node", "mysqld")
	w.addProject("idle", bank, prod)
	return w
}

// addHosts adds a project of two hosts, and a URL.
func (w *world) addHosts(name string, service, shard int64, farm string, jobs ...string) int64 {
	id := w.addProject(name, service, shard)
	w.change(id, func(p *store.ProjectRows) {
		p.Farm, p.FarmSource = farm, store.DefaultFarmSource
		p.Hosts = []store.HostRow{{Name: name + "-1"}, {Name: name + "-2"}}
		for i, job := range jobs {
			p.Exporters = append(p.Exporters, store.ExporterRow{ID: w.id(), Job: job, Port: 9100 + i, Scheme: "http"})
		}
		p.URLs = []store.URLRow{{ProbeID: 1, Module: "http_2xx", URL: "https://" + name}}
	})
	return id
}

// groupsOf names the groups of a list by project and job, in order.
func groupsOf(t *testing.T, l *List) []string {
	names := []string{}
	for _, g := range decode(t, body(t, l)) {
		names = append(names, string(g.Labels["project"]+"/"+g.Labels["job"]))
	}
	return names
}

func TestListPicks(t *testing.T) {
	s := town().build()
	for _, test := range []struct {
		name string
		kind Kind
		q    Query
		want []string
	}{
		{"everything", Targets, Query{}, []string{"shop-dev/node", "bank-db/mysqld", "bank-db/node", "shop-web/nginx", "shop-web/node"}},
		{"all URLs", URLs, Query{}, []string{"shop-dev/http_2xx", "bank-db/http_2xx", "shop-web/http_2xx"}},
		{"a shard", Targets, Query{Shards: []string{"dev"}}, []string{"shop-dev/node"}},
		{"a shard without projects", Targets, Query{Shards: []string{"spare"}}, []string{}},
		{
			"shards in the order of names, whatever the query's", Targets,
			Query{Shards: []string{"spare", "prod", "dev", "prod"}},
			[]string{"shop-dev/node", "bank-db/mysqld", "bank-db/node", "shop-web/nginx", "shop-web/node"},
		},
		{"the shard of a server", Targets, Query{Servers: []string{"[::1]:9090"}}, []string{"shop-dev/node"}},
		{
			"a server joins the shards", Targets,
			Query{Servers: []string{"[::1]:9090"}, Shards: []string{"spare"}},
			[]string{"shop-dev/node"},
		},
		{
			"two servers of one shard", URLs,
			Query{Servers: []string{"prometheus1:9090", "prometheus2:9090"}},
			[]string{"bank-db/http_2xx", "shop-web/http_2xx"},
		},
		{
			"a service, over its shards", Targets,
			Query{Services: []string{"shop"}},
			[]string{"shop-dev/node", "shop-web/nginx", "shop-web/node"},
		},
		{"a service without projects", Targets, Query{Services: []string{"unborn"}}, []string{}},
		{"a project", Targets, Query{Projects: []string{"bank-db"}}, []string{"bank-db/mysqld", "bank-db/node"}},
		{"a project without targets", Targets, Query{Projects: []string{"idle"}}, []string{}},
		{"a farm, wherever it is", Targets, Query{Farms: []string{"web"}}, []string{"shop-dev/node", "shop-web/nginx", "shop-web/node"}},
		{"a job", Targets, Query{Jobs: []string{"nginx"}}, []string{"shop-web/nginx"}},
		{"a job that nothing has", Targets, Query{Jobs: []string{"redis"}}, []string{}},
		{"jobs on a shard", Targets, Query{Jobs: []string{"node", "redis"}, Shards: []string{"prod"}}, []string{"bank-db/node", "shop-web/node"}},
		{"a module of a probe", URLs, Query{Jobs: []string{"http_2xx"}, Projects: []string{"bank-db"}}, []string{"bank-db/http_2xx"}},
		{
			"fields narrow one another", Targets,
			Query{Services: []string{"shop"}, Farms: []string{"web"}, Shards: []string{"prod"}, Projects: []string{"shop-web", "bank-db"}},
			[]string{"shop-web/nginx", "shop-web/node"},
		},
		{"fields that contradict one another", Targets, Query{Services: []string{"shop"}, Farms: []string{"db"}}, []string{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			l, err := s.List(test.kind, test.q)
			require.NoError(t, err)
			assert.Equal(t, test.want, groupsOf(t, l))
			assert.Equal(t, len(test.want), l.Groups())
			if len(test.want) == 0 {
				assert.Equal(t, "[]", body(t, l))
			}
		})
	}
}

func TestListRefusesUnknownNames(t *testing.T) {
	s := town().build()
	for _, test := range []struct {
		q    Query
		want NotFoundError
	}{
		{Query{Shards: []string{"prod", "prod2"}}, NotFoundError{"shard", "prod2"}},
		{Query{Servers: []string{"prometheus1:9091"}}, NotFoundError{"server", "prometheus1:9091"}},
		{Query{Servers: []string{"::1:9090"}}, NotFoundError{"server", "::1:9090"}},
		{Query{Services: []string{"Shop"}}, NotFoundError{"service", "Shop"}},
		{Query{Projects: []string{""}}, NotFoundError{"project", ""}},
		{Query{Farms: []string{""}}, NotFoundError{"farm", ""}},
		{Query{Farms: []string{"we"}}, NotFoundError{"farm", "we"}},
	} {
		t.Run(fmt.Sprint(test.q), func(t *testing.T) {
			for k := range Kind(kinds) {
				l, err := s.List(k, test.q)
				assert.Nil(t, l)
				var unknown *NotFoundError
				require.ErrorAs(t, err, &unknown)
				assert.Equal(t, test.want, *unknown)
				assert.ErrorIs(t, err, store.ErrNotFound)
			}
		})
	}
	assert.EqualError(t, &NotFoundError{Noun: "shard", Name: `a"b`}, `unknown shard "a\"b"`)
}

func TestListIsUnknownOnceItsNounIsGone(t *testing.T) {
	w := town()
	s := w.build()
	w.forget()
	for _, q := range []Query{{Services: []string{"shop"}}, {Projects: []string{"shop-web"}}, {Shards: []string{"dev"}}, {Servers: []string{"[::1]:9090"}}} {
		_, err := s.List(Targets, q)
		require.NoError(t, err)
	}
	w.deleteService(w.projects[w.projectNamed("shop-web")].ServiceID)
	w.deleteShard(w.shardNamed("dev"))
	s = s.Apply(w.changes())
	for _, q := range []Query{{Services: []string{"shop"}}, {Projects: []string{"shop-web"}}, {Shards: []string{"dev"}}, {Servers: []string{"[::1]:9090"}}, {Farms: []string{"web"}}} {
		_, err := s.List(Targets, q)
		assert.Error(t, err, "%+v", q)
	}
}

func (w *world) projectNamed(name string) int64 {
	for id, p := range w.projects {
		if p.Name == name {
			return id
		}
	}
	panic("no project " + name)
}

func (w *world) shardNamed(name string) int64 {
	for id, s := range w.shards {
		if s.Name == name {
			return id
		}
	}
	panic("no shard " + name)
}

func TestListLeavesTheQueryAsItIs(t *testing.T) {
	names := []string{"prod", "dev", "prod"}
	_, err := town().build().List(Targets, Query{Shards: names})
	require.NoError(t, err)
	assert.Equal(t, []string{"prod", "dev", "prod"}, names)
}

func TestKeysOfDifferentFiltersDiffer(t *testing.T) {
	keys := map[string]string{}
	for _, f := range []filter{
		{},
		{jobs: []string{"a", "b"}},
		{jobs: []string{"a"}},
		{jobs: []string{"ab"}},
		{jobs: []string{"a\x01b"}},
		{farms: []string{"a"}},
		{farms: []string{"a"}, jobs: []string{"b"}},
		{farms: []string{"a", "b"}},
		{projects: []*project{{name: "a"}}},
		{services: []service{{name: "a"}}},
		{shards: []*shard{newShard(store.Shard{Name: "a"})}},
	} {
		for k := range Kind(kinds) {
			key, text := f.key(k), fmt.Sprintf("%v %+v", k, f)
			require.NotContains(t, keys, key, "%s and %s", keys[key], text)
			keys[key] = text
		}
	}
}

func TestTagsTellContentApart(t *testing.T) {
	s := town().build()
	tags := map[string]string{}
	for _, q := range []Query{
		{},
		{Shards: []string{"prod"}},
		{Shards: []string{"dev"}},
		{Services: []string{"bank"}},
		{Jobs: []string{"node"}},
		{Jobs: []string{"nginx"}},
	} {
		for k := range Kind(kinds) {
			if k == URLs && len(q.Jobs) > 0 {
				continue
			}
			l, err := s.List(k, q)
			require.NoError(t, err)
			require.NotContains(t, tags, l.ETag())
			tags[l.ETag()] = body(t, l)
			require.Regexp(t, `^"[0-9a-f]{32}-[0-9a-f]+"$`, l.ETag())
		}
	}
}

func TestOneContentHasOneTagWhateverTheQuery(t *testing.T) {
	s := town().build()
	var first *List
	for _, q := range []Query{
		{Shards: []string{"dev"}},
		{Servers: []string{"[::1]:9090"}},
		{Projects: []string{"shop-dev"}},
		{Shards: []string{"dev", "spare"}},
		{Services: []string{"shop"}, Shards: []string{"dev"}},
		{Jobs: []string{"node"}, Shards: []string{"dev"}},
	} {
		l, err := s.List(Targets, q)
		require.NoError(t, err)
		if first == nil {
			first = l
		}
		assert.Equal(t, first.ETag(), l.ETag(), "%+v", q)
		assert.Equal(t, body(t, first), body(t, l), "%+v", q)
	}
}
