package store_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
)

func TestProbeConforms(t *testing.T) {
	withSeed(t, func(t *testing.T, s *store.Store, _ seed) {
		noun[store.Probe, store.ProbeUpdate]{
			name: "probe", create: s.CreateProbe, read: s.Probe, update: s.UpdateProbe,
			list:     func(ctx context.Context) ([]store.Probe, error) { return s.Probes(ctx, store.ProbeFilter{}) },
			remove:   func(ctx context.Context, id int64) error { return s.DeleteProbe(ctx, id, store.DeleteOptions{}) },
			id:       func(p store.Probe) int64 { return p.ID },
			row:      store.Probe{Module: "icmp", Description: "ping"},
			filled:   store.Probe{Module: "icmp", Description: "ping"},
			change:   store.ProbeUpdate{Module: ptr("icmp6"), Description: ptr("")},
			changed:  store.Probe{Module: "icmp6"},
			conflict: `probe module "icmp": is taken by another probe`,
			taken:    store.ProbeUpdate{Module: ptr("http_2xx")}, takenText: `probe module "http_2xx": is taken by another probe`,
			invalid: map[string]store.Probe{"probe module: is missing": {}},
		}.conforms(t, s)
	})
}

func TestProbes(t *testing.T) {
	withSeed(t, func(t *testing.T, s *store.Store, p seed) {
		ctx := t.Context()
		touched := store.Touched{Projects: []int64{p.project.ID}}

		t.Run("are listed by module and filtered", func(t *testing.T) {
			list := named(t, func(p store.Probe) string { return p.Module })
			require.NoError(t, s.CreateProbe(ctx, &store.Probe{Module: "TCP"}))
			assert.Equal(t, []string{"TCP", "http_2xx"}, list(s.Probes(ctx, store.ProbeFilter{})))
			assert.Equal(t, []string{"TCP"}, list(s.Probes(ctx, store.ProbeFilter{Module: "TCP"})))
		})
		t.Run("rename touches the projects with URLs, a description does not", func(t *testing.T) {
			e := journalled(t, s, "probe.update", func(ctx context.Context) error {
				_, err := s.UpdateProbe(ctx, p.probe.ID, store.ProbeUpdate{Description: ptr("get")})
				return err
			})
			assert.Zero(t, e.Touched)
			e = journalled(t, s, "probe.update", func(ctx context.Context) error {
				_, err := s.UpdateProbe(ctx, p.probe.ID, store.ProbeUpdate{Module: ptr("http")})
				return err
			})
			assert.Equal(t, touched, e.Touched)
		})
		t.Run("delete says what hangs on a probe, and cascades", func(t *testing.T) {
			refused(t, s, store.ErrConflict, `probe "http": would also delete 1 URL; say cascade to do it`,
				func(ctx context.Context) error { return s.DeleteProbe(ctx, p.probe.ID, store.DeleteOptions{}) })
			e := journalled(t, s, "probe.delete", func(ctx context.Context) error {
				return s.DeleteProbe(ctx, p.probe.ID, store.DeleteOptions{Cascade: true})
			})
			assert.Equal(t, []string{"url", "probe"}, nouns(e))
			assert.Equal(t, touched, e.Touched)
		})
	})
}

func TestURLConforms(t *testing.T) {
	withSeed(t, func(t *testing.T, s *store.Store, p seed) {
		tcp := store.Probe{Module: "tcp"}
		require.NoError(t, s.CreateProbe(t.Context(), &tcp))
		touched := store.Touched{Projects: []int64{p.project.ID}}
		noun[store.URL, store.URLUpdate]{
			name: "url", create: s.CreateURL, read: s.URL, update: s.UpdateURL, remove: func(ctx context.Context, id int64) error { return s.DeleteURL(ctx, id, store.DeleteOptions{}) },
			list:   func(ctx context.Context) ([]store.URL, error) { return s.URLs(ctx, store.URLFilter{}) },
			id:     func(u store.URL) int64 { return u.ID },
			row:    store.URL{URL: "http://b.example.com/?a=1&b=2", ProjectID: p.project.ID, Probe: "http_2xx"},
			filled: store.URL{URL: "http://b.example.com/?a=1&b=2", ProjectID: p.project.ID, Project: "shop-api", ProbeID: p.probe.ID, Probe: "http_2xx"},
			change: store.URLUpdate{URL: ptr("http://c.example.com"), Probe: ptr("tcp")},
			changed: store.URL{
				URL: "http://c.example.com", ProjectID: p.project.ID, Project: "shop-api", ProbeID: tcp.ID, Probe: "tcp",
			},
			conflict:  `url url "http://b.example.com/?a=1&b=2": already in project "shop-api" with probe "http_2xx"`,
			taken:     store.URLUpdate{URL: ptr("https://shop.example.com/")},
			takenText: `url url "https://shop.example.com/": already in project "shop-api" with probe "http_2xx"`,
			invalid: map[string]store.URL{
				`url url "ftp://x"`:       {URL: "ftp://x", Project: "shop-api", Probe: "http_2xx"},
				"url project: is missing": {URL: "http://x", Probe: "http_2xx"},
				"url probe: is missing":   {URL: "http://x", Project: "shop-api"},
			},
			orphans: map[string]store.URL{
				`url project "nope": there is no such project`: {URL: "http://x", Project: "nope", Probe: "http_2xx"},
				`url probe "nope": there is no such probe`:     {URL: "http://x", Project: "shop-api", Probe: "nope"},
				`url probe_id "77": there is no such probe`:    {URL: "http://x", Project: "shop-api", ProbeID: 77},
			},
			created: touched, altered: touched, removed: touched,
		}.conforms(t, s)
	})
}

func TestURLs(t *testing.T) {
	withSeed(t, func(t *testing.T, s *store.Store, _ seed) {
		ctx := t.Context()
		require.NoError(t, s.CreateProbe(ctx, &store.Probe{Module: "tcp"}))
		require.NoError(t, s.CreateService(ctx, &store.Service{Name: "mail"}))
		require.NoError(t, s.CreateProject(ctx, &store.Project{Name: "smtp", Service: "mail", Shard: "spare"}))
		for _, u := range []store.URL{
			{URL: "https://shop.example.com/", Project: "shop-api", Probe: "tcp"},
			{URL: "https://shop.example.com/", Project: "smtp", Probe: "tcp"},
			{URL: "http://mail.example.com/", Project: "smtp", Probe: "http_2xx"},
		} {
			require.NoError(t, s.CreateURL(ctx, &u))
		}
		list := func(f store.URLFilter) []string {
			return named(t, func(u store.URL) string { return u.URL[:10] + " " + u.Project + " " + u.Probe })(s.URLs(ctx, f))
		}
		assert.Equal(t, []string{
			"http://mai smtp http_2xx", "https://sh shop-api http_2xx", "https://sh shop-api tcp", "https://sh smtp tcp",
		}, list(store.URLFilter{}))
		assert.Equal(t, []string{"http://mai smtp http_2xx"}, list(store.URLFilter{URL: "http://mail.example.com/"}))
		assert.Equal(t, []string{"https://sh shop-api tcp", "https://sh smtp tcp"}, list(store.URLFilter{Probe: "tcp"}))
		assert.Equal(t, []string{"https://sh shop-api http_2xx", "https://sh shop-api tcp"}, list(store.URLFilter{Project: "shop-api"}))
		assert.Equal(t, []string{"https://sh shop-api http_2xx", "https://sh shop-api tcp"}, list(store.URLFilter{Service: "shop"}))
		assert.Equal(t, []string{"http://mai smtp http_2xx"}, list(store.URLFilter{Shard: "spare", Probe: "http_2xx"}))
	})
}
