package store_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
)

func TestSetHosts(t *testing.T) {
	withSeed(t, func(t *testing.T, s *store.Store, p seed) {
		on := func(names ...string) (hosts []store.Host) {
			for _, n := range names {
				hosts = append(hosts, store.Host{Name: n, Enabled: true})
			}
			return hosts
		}
		list := func() []string {
			return named(t, func(h store.Host) string { return h.Name })(s.Hosts(t.Context(), store.HostFilter{Project: "shop-api"}))
		}
		set := func(h store.SetHosts, want store.SetHostsResult) func(ctx context.Context) error {
			return func(ctx context.Context) error {
				r, err := s.SetHosts(ctx, p.project.ID, h)
				if err == nil {
					require.Equal(t, want, r)
				}
				return err
			}
		}
		t.Run("adds and removes in one write", func(t *testing.T) {
			h := store.SetHosts{Add: append(on("web2", "web3"), p.host), Remove: []string{"web9"}}
			e := journalled(t, s, "host.set", set(h, store.SetHostsResult{Added: 2, Unchanged: 1, Missing: []string{"web9"}}))
			require.Equal(t, []string{"host", "host"}, nouns(e))
			require.Equal(t, []int64{p.project.ID}, e.Touched.Projects)
			require.Equal(t, `set hosts of project "shop-api": 2 added, 0 changed, 0 removed`, e.Summary)
			require.Contains(t, string(e.Changes[0].After), `"project":"shop-api"`)
			require.Equal(t, []string{"web1", "web2", "web3"}, list())
		})
		t.Run("a repetition changes nothing", func(t *testing.T) {
			idle(t, s, set(store.SetHosts{Add: on("web2", "web3")}, store.SetHostsResult{Unchanged: 2}))
		})
		t.Run("replaces all there is", func(t *testing.T) {
			hosts := on("web2", "web4", "WEB5")
			hosts[0].Labels = store.Labels{"rack": "r1"}
			e := journalled(t, s, "host.set", set(store.SetHosts{Replace: &hosts}, store.SetHostsResult{Added: 2, Changed: 1, Removed: 2}))
			require.Len(t, e.Changes, 5)
			idle(t, s, set(store.SetHosts{Replace: &hosts}, store.SetHostsResult{Unchanged: 3}))
		})
		t.Run("replaces by nothing", func(t *testing.T) {
			journalled(t, s, "host.set", set(store.SetHosts{Replace: &[]store.Host{}}, store.SetHostsResult{Removed: 3}))
			require.Empty(t, list())
		})
		t.Run("makes the farm of a project that has none", func(t *testing.T) {
			other := store.Project{Name: "bare", Service: "shop", Shard: "prod", Enabled: true}
			require.NoError(t, s.CreateProject(t.Context(), &other))
			e := journalled(t, s, "host.set", func(ctx context.Context) error {
				_, err := s.SetHosts(ctx, other.ID, store.SetHosts{Add: on("b1")})
				return err
			})
			require.Equal(t, []string{"farm", "host"}, nouns(e))
		})
		t.Run("refuses what makes no sense", func(t *testing.T) {
			for text, h := range map[string]store.SetHosts{
				"hosts add: is missing":               {},
				"hosts replace: does not go with add": {Replace: &[]store.Host{}, Add: on("a")},
				`hosts add "a": is named twice`:       {Add: on("a", "a")},
				`hosts remove "a": is named twice`:    {Add: on("a"), Remove: []string{"a"}},
				`host name "a:1"`:                     {Add: on("a:1")},
				`host name "a b"`:                     {Remove: []string{"a b"}},
				`hosts replace "::1": is named twice`: {Replace: ptr(on("::1", "[::1]"))},
			} {
				refused(t, s, store.ErrInvalid, text, set(h, store.SetHostsResult{}))
			}
			refused(t, s, store.ErrNotFound, `project id "4711": there is no such project`, func(ctx context.Context) error {
				_, err := s.SetHosts(ctx, 4711, store.SetHosts{Add: on("a")})
				return err
			})
		})
	})
}
