package store_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
)

func TestHostConforms(t *testing.T) {
	withSeed(t, func(t *testing.T, s *store.Store, p seed) {
		touched := store.Touched{Projects: []int64{p.project.ID}}
		noun[store.Host, store.HostUpdate]{
			name: "host", create: s.CreateHost, read: s.Host, update: s.UpdateHost, remove: func(ctx context.Context, id int64) error { return s.DeleteHost(ctx, id, store.DeleteOptions{}) },
			list:     func(ctx context.Context) ([]store.Host, error) { return s.Hosts(ctx, store.HostFilter{}) },
			id:       func(h store.Host) int64 { return h.ID },
			row:      store.Host{Name: "[2001:db8:0::1]", Enabled: true, Labels: store.Labels{"rack": "r1"}, FarmID: p.farm.ID},
			filled:   store.Host{Name: "2001:db8::1", Enabled: true, Labels: store.Labels{"rack": "r1"}, FarmID: p.farm.ID, Farm: "api-farm", Project: "shop-api"},
			change:   store.HostUpdate{Name: ptr("web2"), Enabled: ptr(false), Labels: &store.Labels{"rack": "r2"}},
			changed:  store.Host{Name: "web2", Labels: store.Labels{"rack": "r2"}, FarmID: p.farm.ID, Farm: "api-farm", Project: "shop-api"},
			conflict: `host name "2001:db8::1": already in farm "api-farm"`,
			taken:    store.HostUpdate{Name: ptr("web1")}, takenText: `host name "web1": already in farm "api-farm"`,
			invalid: map[string]store.Host{
				"host name: is missing":     {Project: "shop-api"},
				`host name "web1:9100"`:     {Name: "web1:9100", Project: "shop-api"},
				"host project: is missing":  {Name: "web2"},
				`host labels "__address__"`: {Name: "web2", Project: "shop-api", Labels: store.Labels{"__address__": "x"}},
			},
			orphans: map[string]store.Host{
				`host project "nope": there is no such project`: {Name: "web2", Project: "nope"},
				`host farm_id "99": there is no such farm`:      {Name: "web2", FarmID: 99},
			},
			created: touched, altered: touched, removed: touched,
		}.conforms(t, s)
	})
}

func TestHosts(t *testing.T) {
	withSeed(t, func(t *testing.T, s *store.Store, p seed) {
		ctx := t.Context()
		mail := store.Service{Name: "mail"}
		require.NoError(t, s.CreateService(ctx, &mail))
		smtp := store.Project{Name: "smtp", Service: "mail", Shard: "spare", Enabled: true}
		require.NoError(t, s.CreateProject(ctx, &smtp))

		t.Run("the first host of a project makes its farm", func(t *testing.T) {
			host := store.Host{Name: "web1", Project: "smtp"}
			e := journalled(t, s, "host.create", func(ctx context.Context) error { return s.CreateHost(ctx, &host) })
			assert.Equal(t, []string{"farm", "host"}, nouns(e))
			assert.Equal(t, `created host "web1" of project "smtp"`, e.Summary)
			assert.Equal(t, "smtp", host.Farm)
			assert.Equal(t, store.Touched{Projects: []int64{smtp.ID}}, e.Touched)
		})
		t.Run("are listed by name and filtered", func(t *testing.T) {
			list := named(t, func(h store.Host) string { return h.Name + "/" + h.Project })
			require.NoError(t, s.CreateHost(ctx, &store.Host{Name: "Web0", Project: "smtp", Enabled: true}))
			assert.Equal(t, []string{"Web0/smtp", "web1/shop-api", "web1/smtp"}, list(s.Hosts(ctx, store.HostFilter{})))
			assert.Equal(t, []string{"web1/shop-api", "web1/smtp"}, list(s.Hosts(ctx, store.HostFilter{Name: "web1"})))
			assert.Equal(t, []string{"web1/shop-api"}, list(s.Hosts(ctx, store.HostFilter{Farm: "api-farm"})))
			assert.Equal(t, []string{"Web0/smtp", "web1/smtp"}, list(s.Hosts(ctx, store.HostFilter{Project: "smtp"})))
			assert.Equal(t, []string{"web1/shop-api"}, list(s.Hosts(ctx, store.HostFilter{Service: "shop"})))
			assert.Equal(t, []string{"Web0/smtp", "web1/smtp"}, list(s.Hosts(ctx, store.HostFilter{Shard: "spare"})))
			assert.Equal(t, []string{"web1/smtp"}, list(s.Hosts(ctx, store.HostFilter{Shard: "spare", Enabled: ptr(false)})))
			assert.Empty(t, list(s.Hosts(ctx, store.HostFilter{Shard: "nope"})))
		})
	})
}
