package origins_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/httpsd/consumers"
	"github.com/promshard/promshard/httpsd/origins"
	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

// planted is a small inventory.
type planted struct {
	*store.Store
	t       *testing.T
	project store.Project
	host    store.Host
	node    store.Exporter
}

func ptr[T any](v T) *T { return &v }

func plant(t *testing.T, s *store.Store) *planted {
	t.Helper()
	ctx := t.Context()
	p := &planted{
		Store: s, t: t,
		project: store.Project{Name: "shop-web", Service: "shop", Shard: "tokyo", Enabled: true},
		host:    store.Host{Name: "web1.example", Project: "shop-web", Enabled: true, Labels: store.Labels{"rack": "a1"}},
		node:    store.Exporter{Job: "node", Port: 9100, Project: "shop-web", Enabled: true},
	}
	for _, err := range []error{
		s.CreateShard(ctx, &store.Shard{Name: "tokyo", Enabled: true}), s.CreateShard(ctx, &store.Shard{Name: "osaka", Enabled: true}),
		s.CreateServer(ctx, &store.Server{Host: "prom1", Port: 9090, Shard: "tokyo"}),
		s.CreateService(ctx, &store.Service{Name: "shop"}),
		s.CreateProject(ctx, &p.project), s.CreateHost(ctx, &p.host), s.CreateExporter(ctx, &p.node),
		s.CreateProbe(ctx, &store.Probe{Module: "http_2xx"}),
		s.CreateURL(ctx, &store.URL{URL: "https://shop.example/", Project: "shop-web", Probe: "http_2xx"}),
	} {
		require.NoError(t, err)
	}
	return p
}

func (p *planted) revision() int64 {
	p.t.Helper()
	r, err := p.Revision(p.t.Context())
	require.NoError(p.t, err)
	return r.Number
}

func (p *planted) explain(target string) origins.Explanation {
	p.t.Helper()
	e, err := origins.Target(p.t.Context(), p, target, origins.Options{Consumers: asking(time.Now())})
	require.NoError(p.t, err)
	return e
}

// asking are consumers of which two get what is in tokyo.
func asking(now time.Time) []consumers.View {
	return consumers.Join([]store.Consumer{
		{Address: "10.0.0.1", Path: "/sd/targets", Query: "server=prom1%3A9090", Last: now},
		{Address: "10.0.0.2", Path: "/sd/targets", Query: "shard=osaka", Last: now},
		{Address: "10.0.0.3", Path: "/sd/targets", Query: "shard=tokyo", Last: now.Add(-time.Hour)},
		{Address: "10.0.0.4", Path: "/sd/urls", Last: now},
	})
}

func codes(e origins.Explanation) (list []string) {
	for _, r := range e.Reasons {
		list = append(list, r.Code)
	}
	return list
}

func TestTargetThatIsListed(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		p := plant(t, s)
		made := p.revision() - 2
		e := p.explain("web1.example:9100")
		require.True(t, e.Listed)
		assert.Empty(t, e.Reasons)
		require.Len(t, e.Origins, 1)
		o := e.Origins[0]
		assert.Equal(t, "web1.example:9100", o.Target)
		assert.Equal(t, []string{"shop", "shop-web", "tokyo", "shop-web"}, []string{o.Service, o.Project, o.Shard, o.Farm})
		assert.Equal(t, p.host.ID, o.Host.ID)
		assert.Equal(t, p.node.ID, o.Exporter.ID)
		assert.Equal(t, map[string]string{
			"__farm_source": "promshard", "__scheme__": "http", "__shard": "tokyo", "farm": "shop-web", "job": "node",
			"project": "shop-web", "rack": "a1", "service": "shop",
		}, o.Labels)
		assert.True(t, o.ShardEnabled)
		assert.Equal(t, []string{"prom1:9090"}, o.Servers)
		require.Len(t, o.Consumers, 1, "not who asks for another shard or kind, nor who has not asked for an hour")
		assert.Equal(t, "10.0.0.1", o.Consumers[0].Address)
		assert.Equal(t, made, o.Since)
		assert.Equal(t, made, o.LabelsSince)

		_, err := s.UpdateService(t.Context(), p.project.ServiceID, store.ServiceUpdate{Labels: &store.Labels{"tier": "1"}})
		require.NoError(t, err)
		o = p.explain("web1.example").Origins[0]
		assert.Equal(t, made, o.Since)
		assert.Equal(t, p.revision(), o.LabelsSince)
		_, err = s.UpdateService(t.Context(), p.project.ServiceID, store.ServiceUpdate{Owner: ptr("ann")})
		require.NoError(t, err)
		assert.Equal(t, p.revision()-1, p.explain("web1.example").Origins[0].LabelsSince, "an owner is no label")

		_, err = s.UpdateProject(t.Context(), p.project.ID, store.ProjectUpdate{Shard: ptr("osaka")})
		require.NoError(t, err)
		o = p.explain("web1.example:9100").Origins[0]
		assert.Equal(t, p.revision(), o.Since, "in the list of that shard")
		require.Len(t, o.Consumers, 1)
		assert.Equal(t, "10.0.0.2", o.Consumers[0].Address)
		assert.Empty(t, o.Servers)
	})
}

func TestTargetsOfAnImport(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		p := plant(t, s)
		r, err := s.Import(t.Context(), func(yield func(store.ImportGroup, error) bool) {
			yield(store.ImportGroup{
				Targets: []string{"db1:9100", "[2001:DB8::1]:9100"},
				Labels:  map[string]string{"__shard": "tokyo", "service": "data", "project": "db", "job": "node"},
			}, nil)
		}, store.ImportOptions{})
		require.NoError(t, err)
		for _, target := range []string{"db1:9100", "[2001:db8:0::1]:9100", "2001:db8::1", "[2001:db8::1]"} {
			e := p.explain(target)
			require.Len(t, e.Origins, 1, target)
			assert.Equal(t, r.Revision, e.Origins[0].Since)
		}
	})
}

func TestTargetThatIsMissing(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		p := plant(t, s)
		ctx := t.Context()
		missing := func(target string, want ...string) origins.Explanation {
			t.Helper()
			e := p.explain(target)
			assert.False(t, e.Listed)
			assert.Empty(t, e.Origins)
			assert.Equal(t, want, codes(e))
			for _, r := range e.Reasons {
				assert.NotEmpty(t, r.Text)
			}
			return e
		}
		e := missing("web1.example:9101", origins.OtherPort)
		assert.Equal(t, `project "shop-web" has no exporter on port 9101; it has node on port 9100`, e.Reasons[0].Text)

		e = missing("web11.example:9100", origins.UnknownHost)
		assert.Equal(t, []string{"web1.example"}, e.Near)
		assert.Equal(t, []string{"web1.example"}, missing("web1", origins.UnknownHost).Near)
		assert.Empty(t, missing("zzz:1", origins.UnknownHost).Near)

		_, err := s.UpdateHost(ctx, p.host.ID, store.HostUpdate{Enabled: ptr(false)})
		require.NoError(t, err)
		missing("web1.example:9100", origins.HostDisabled)
		_, err = s.UpdateExporter(ctx, p.node.ID, store.ExporterUpdate{Enabled: ptr(false)})
		require.NoError(t, err)
		missing("web1.example:9100", origins.HostDisabled, origins.ExporterDisabled)
		_, err = s.UpdateProject(ctx, p.project.ID, store.ProjectUpdate{Enabled: ptr(false)})
		require.NoError(t, err)
		missing("web1.example:9100", origins.ProjectDisabled, origins.HostDisabled, origins.ExporterDisabled)
		require.NoError(t, s.DeleteExporter(ctx, p.node.ID, store.DeleteOptions{}))
		missing("web1.example:9100", origins.ProjectDisabled, origins.HostDisabled, origins.NoExporter)

		require.NoError(t, s.DeleteHost(store.WithActor(ctx, "bob"), p.host.ID, store.DeleteOptions{}))
		e = missing("web1.example:9100", origins.UnknownHost)
		require.NotNil(t, e.Departed)
		assert.Equal(t, p.revision(), e.Departed.Revision)
		assert.Equal(t, "bob", e.Departed.Actor)
		assert.Equal(t, "deleted", e.Departed.Object.Kind)

		require.NoError(t, s.CreateHost(ctx, &store.Host{Name: "old_x", Project: "shop-web"}))
		hosts, err := s.Hosts(ctx, store.HostFilter{})
		require.NoError(t, err)
		_, err = s.UpdateHost(ctx, hosts[0].ID, store.HostUpdate{Name: ptr("young")})
		require.NoError(t, err)
		e = missing("old_x", origins.UnknownHost)
		require.NotNil(t, e.Departed)
		assert.Equal(t, "changed", e.Departed.Object.Kind)
	})
}

func TestURLs(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		p := plant(t, s)
		ask := func(url string) origins.Explanation {
			e, err := origins.URL(t.Context(), s, url, origins.Options{Consumers: asking(time.Now())})
			require.NoError(t, err)
			return e
		}
		e := ask("https://shop.example/")
		require.True(t, e.Listed)
		o := e.Origins[0]
		assert.Equal(t, "http_2xx", o.Probe)
		assert.Equal(t, "http_2xx", o.Labels["__param_module"])
		assert.Equal(t, p.revision(), o.Since)
		require.Len(t, o.Consumers, 1)
		assert.Equal(t, "10.0.0.4", o.Consumers[0].Address)

		e = ask("http://shop.example/")
		assert.Equal(t, []string{origins.UnknownURL}, codes(e))
		assert.Equal(t, []string{"https://shop.example/"}, e.Near)
		_, err := s.UpdateProject(t.Context(), p.project.ID, store.ProjectUpdate{Enabled: ptr(false)})
		require.NoError(t, err)
		e = ask("https://shop.example/")
		assert.False(t, e.Listed)
		assert.Equal(t, []string{origins.ProjectDisabled}, codes(e))
	})
}

func TestWhatIsNoTarget(t *testing.T) {
	s := storetest.SQLite(t)
	for _, target := range []string{"", ":9100", "a:b", "a:0", "a:70000", "a:b:c", "http://x/"} {
		_, err := origins.Target(t.Context(), s, target, origins.Options{})
		require.ErrorIs(t, err, store.ErrInvalid, target)
		require.ErrorContains(t, err, "HOST:PORT")
	}
	_, err := origins.URL(t.Context(), s, "", origins.Options{})
	require.ErrorIs(t, err, store.ErrInvalid)
}

func TestCompare(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		p := plant(t, s)
		ctx := t.Context()
		start := p.revision()
		_, _, err := s.RegisterHost(ctx, "shop-web", "web2.example")
		require.NoError(t, err)
		_, err = s.UpdateHost(ctx, p.host.ID, store.HostUpdate{Labels: &store.Labels{"rack": "b2"}})
		require.NoError(t, err)
		labelled := p.revision()
		_, err = s.UpdateProject(ctx, p.project.ID, store.ProjectUpdate{Shard: ptr("osaka")})
		require.NoError(t, err)
		moved := p.revision()
		_, _, err = s.RegisterHost(ctx, "shop-web", "web3.example")
		require.NoError(t, err)
		compare := func(from, to int64, shard string, most int) (list []string, d origins.Diff) {
			past, err := s.Between(ctx, from, to)
			require.NoError(t, err)
			d = origins.Compare(past, shard, most)
			for _, sh := range d.Shards {
				list = append(list, fmt.Sprintf("%s +%d -%d ~%d", sh.Shard, sh.Added, sh.Removed, sh.Relabelled))
				for _, x := range sh.Targets {
					list = append(list, fmt.Sprint(x.Change, " ", x.Target, " ", x.Labels["rack"], x.Before["rack"]))
				}
			}
			return list, d
		}
		list, d := compare(start, labelled, "", 100)
		assert.Equal(t, []string{"tokyo +1 -0 ~1", "relabelled web1.example:9100 b2a1", "added web2.example:9100 "}, list)
		assert.Equal(t, []int64{start, labelled}, []int64{d.From, d.To})
		list, _ = compare(labelled, moved, "", 100)
		assert.Equal(t, []string{
			"osaka +3 -0 ~0", "added web1.example:9100 b2", "added web2.example:9100 ", "added https://shop.example/ ",
			"tokyo +0 -3 ~0", "removed web1.example:9100 b2", "removed web2.example:9100 ", "removed https://shop.example/ ",
		}, list)
		list, d = compare(labelled, 0, "osaka", 1)
		assert.Equal(t, []string{"osaka +4 -0 ~0", "added web1.example:9100 b2"}, list)
		assert.True(t, d.Truncated)
		assert.Equal(t, moved+1, d.To)
		list, d = compare(0, 0, "", 100)
		assert.Equal(t, "osaka +4 -0 ~0", list[0], "from the beginning")
		assert.False(t, d.Truncated)
		list, _ = compare(moved, moved, "", 100)
		assert.Empty(t, list)
	})
}
