package store_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/promshard/promshard/store"
)

func TestRegisterServer(t *testing.T) {
	withSeed(t, func(t *testing.T, s *store.Store, p seed) {
		var r store.ServerRegistration
		register := func(shard, host string) func(context.Context) error {
			return func(ctx context.Context) (err error) {
				r, err = s.RegisterServer(ctx, shard, host, 9090)
				return err
			}
		}
		t.Run("creates shard and server at once", func(t *testing.T) {
			e := journalled(t, s, "server.register", register("new", "prom2"))
			assert.Equal(t, []string{"shard", "server"}, nouns(e))
			assert.Equal(t, store.Touched{Shards: true}, e.Touched)
			assert.True(t, r.CreatedShard)
			assert.True(t, r.Created)
			assert.Equal(t, "new", r.Server.Shard)
			shard, err := s.Shard(t.Context(), r.Server.ShardID)
			require.NoError(t, err)
			assert.True(t, shard.Enabled, "projects can be put on it")
		})
		t.Run("a repeat changes nothing", func(t *testing.T) {
			first := r.Server
			idle(t, s, register("new", "prom2"))
			assert.Equal(t, store.ServerRegistration{Server: first}, r)
			idle(t, s, register("prod", "prom1"))
			assert.Equal(t, p.server, r.Server)
		})
		t.Run("moves a server that is elsewhere", func(t *testing.T) {
			e := journalled(t, s, "server.register", register("spare", "prom1"))
			assert.Equal(t, []string{"server"}, nouns(e))
			assert.Equal(t, `moved server "prom1:9090" from shard "prod" to shard "spare"`, e.Summary)
			moved := p.server
			moved.ShardID, moved.Shard, moved.Version = p.spare.ID, "spare", e.Revision
			assert.Equal(t, store.ServerRegistration{Server: moved, MovedFrom: "prod"}, r)
		})
		t.Run("knows an IPv6 address in any form", func(t *testing.T) {
			require.NoError(t, register("prod", "[2001:DB8:0::1]")(t.Context()))
			idle(t, s, register("prod", "2001:db8::1"))
		})
		t.Run("a bad server makes no shard", func(t *testing.T) {
			refused(t, s, store.ErrInvalid, "server host: is missing", register("newer", ""))
			refused(t, s, store.ErrInvalid, "shard name: is missing", register("", "prom3"))
		})
	})
}

func TestRegisterHost(t *testing.T) {
	withSeed(t, func(t *testing.T, s *store.Store, p seed) {
		ctx := t.Context()
		var host store.Host
		var created bool
		register := func(project, name string) func(context.Context) error {
			return func(ctx context.Context) (err error) {
				host, created, err = s.RegisterHost(ctx, project, name)
				return err
			}
		}
		t.Run("adds a host, once", func(t *testing.T) {
			e := journalled(t, s, "host.register", register("shop-api", "web2"))
			assert.True(t, created)
			assert.True(t, host.Enabled)
			assert.Equal(t, "api-farm", host.Farm)
			assert.Equal(t, []string{"host"}, nouns(e))
			assert.Equal(t, store.Touched{Projects: []int64{p.project.ID}}, e.Touched)
			first := host
			idle(t, s, register("shop-api", "web2"))
			assert.False(t, created)
			assert.Equal(t, first, host)
		})
		t.Run("leaves a disabled host disabled", func(t *testing.T) {
			_, err := s.UpdateHost(ctx, p.host.ID, store.HostUpdate{Enabled: ptr(false)})
			require.NoError(t, err)
			idle(t, s, register("shop-api", "web1"))
			assert.False(t, host.Enabled)
		})
		t.Run("makes a farm of the project's name", func(t *testing.T) {
			require.NoError(t, s.CreateProject(ctx, &store.Project{Name: "bare", Service: "shop", Shard: "prod"}))
			e := journalled(t, s, "host.register", register("bare", "web1"))
			assert.Equal(t, []string{"farm", "host"}, nouns(e))
			assert.Equal(t, "bare", host.Farm)
		})
		t.Run("refuses an unknown project and a bad name", func(t *testing.T) {
			refused(t, s, store.ErrNotFound, `host project "nope": there is no such project`, register("nope", "web1"))
			refused(t, s, store.ErrInvalid, `host name "web 1"`, register("shop-api", "web 1"))
		})
	})
}

func TestRegisterJob(t *testing.T) {
	withSeed(t, func(t *testing.T, s *store.Store, p seed) {
		var e store.Exporter
		var created bool
		register := func(row store.Exporter) func(context.Context) error {
			return func(ctx context.Context) (err error) {
				e, created, err = s.RegisterJob(ctx, row)
				return err
			}
		}
		entry := journalled(t, s, "exporter.register", register(store.Exporter{Job: "node", Port: 9100, Project: "shop-api"}))
		assert.True(t, created)
		assert.False(t, e.Enabled, "as asked for")
		assert.Equal(t, store.Touched{Projects: []int64{p.project.ID}}, entry.Touched)

		idle(t, s, register(store.Exporter{Job: "app", Port: 8080, Path: "/other", Project: "shop-api", Enabled: false}))
		assert.False(t, created)
		assert.Equal(t, p.app, e, "the path and the rest are left as they are")

		refused(t, s, store.ErrNotFound, `exporter project "nope"`, register(store.Exporter{Job: "x", Port: 1, Project: "nope"}))
		refused(t, s, store.ErrInvalid, `exporter port "0"`, register(store.Exporter{Job: "x", Project: "shop-api"}))
	})
}

func TestRegisterExporter(t *testing.T) {
	withSeed(t, func(t *testing.T, s *store.Store, p seed) {
		var e store.DefaultExporter
		var created bool
		register := func(path string) func(context.Context) error {
			return func(ctx context.Context) (err error) {
				e, created, err = s.RegisterExporter(ctx, "node", 9100, path)
				return err
			}
		}
		idle(t, s, register(""))
		assert.False(t, created)
		assert.Equal(t, p.preset, e)
		entry := journalled(t, s, "default_exporter.register", register("/m"))
		assert.True(t, created)
		assert.Zero(t, entry.Touched)
		refused(t, s, store.ErrInvalid, `default exporter path "m"`, register("m"))
	})
}

func TestHostsRegisteredAtOnceAreAllThere(t *testing.T) {
	withSeed(t, func(t *testing.T, s *store.Store, p seed) {
		require.NoError(t, s.CreateProject(t.Context(), &store.Project{Name: "bare", Service: "shop", Shard: "prod"}))
		before, err := s.Revision(t.Context())
		require.NoError(t, err)
		const writers, names = 50, 25
		created := make([]bool, writers)
		var group errgroup.Group
		for i := range writers {
			group.Go(func() (err error) {
				_, created[i], err = s.RegisterHost(t.Context(), "bare", fmt.Sprintf("web%d", i%names))
				return err
			})
		}
		require.NoError(t, group.Wait())

		hosts, err := s.Hosts(t.Context(), store.HostFilter{Project: "bare"})
		require.NoError(t, err)
		assert.Len(t, hosts, names)
		news := 0
		for _, c := range created {
			if c {
				news++
			}
		}
		assert.Equal(t, names, news, "each name is new to one writer")
		after, err := s.Revision(t.Context())
		require.NoError(t, err)
		assert.Equal(t, before.Number+names, after.Number, "one revision for each new host")
		farms, err := s.Farms(t.Context(), store.FarmFilter{Project: "bare"})
		require.NoError(t, err)
		assert.Len(t, farms, 1)
	})
}
