package store_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

func TestVersionIsTheRevisionOfTheLastChange(t *testing.T) {
	withSeed(t, func(t *testing.T, s *store.Store, p seed) {
		ctx := t.Context()
		require.EqualValues(t, 1, p.shard.Version)
		h, err := s.UpdateHost(ctx, p.host.ID, store.HostUpdate{Enabled: ptr(false)})
		require.NoError(t, err)
		require.Equal(t, revision(t, s), h.Version)
		require.Greater(t, h.Version, p.host.Version)
		read, err := s.Host(ctx, h.ID)
		require.NoError(t, err)
		require.Equal(t, h, read)

		same, err := s.UpdateHost(ctx, p.host.ID, store.HostUpdate{Enabled: ptr(false)})
		require.NoError(t, err)
		require.Equal(t, h, same, "what changes nothing leaves the version as it is")
	})
}

// TestEveryRowHasAVersion demands that each way of writing puts one in: 0 would switch the check off.
func TestEveryRowHasAVersion(t *testing.T) {
	withSeed(t, func(t *testing.T, s *store.Store, p seed) {
		ctx := t.Context()
		_, err := s.Import(ctx, func(yield func(store.ImportGroup, error) bool) {
			_ = yield(store.ImportGroup{Targets: []string{"a:1"}, Labels: map[string]string{
				"__shard": "new", "service": "new", "project": "new", "farm": "new", "job": "new",
			}}, nil) && yield(store.ImportGroup{Targets: []string{"https://new.example/"}, Labels: map[string]string{
				"__shard": "new", "service": "new", "project": "new", "job": "new", "__param_module": "new",
			}}, nil)
		}, store.ImportOptions{})
		require.NoError(t, err)
		_, err = s.RegisterServer(ctx, "other", "prom9", 1)
		require.NoError(t, err)
		_, err = s.SetHosts(ctx, p.project.ID, store.SetHosts{Add: []store.Host{{Name: "set", Enabled: true}}})
		require.NoError(t, err)
		for _, table := range []string{
			"shard", "server", "service", "project", "farm", "host", "exporter", "default_exporter", "probe", "url",
		} {
			versions, err := store.Query[int64](ctx, s, "SELECT version FROM "+table)
			require.NoError(t, err)
			require.NotEmpty(t, versions)
			require.NotContains(t, versions, int64(0), table)
		}
	})
}

func TestStaleWritesAreRefused(t *testing.T) {
	withSeed(t, func(t *testing.T, s *store.Store, p seed) {
		ctx := t.Context()
		other := store.Host{Name: "web2", Project: "shop-api", Enabled: true}
		require.NoError(t, s.CreateHost(ctx, &other))
		now, err := s.UpdateHost(ctx, p.host.ID, store.HostUpdate{Enabled: ptr(false)})
		require.NoError(t, err)

		const text = `host version "8": host "web1" of project "shop-api" has changed since; it is now at version 14`
		update := store.HostUpdate{Name: ptr("web3"), UpdateOptions: store.UpdateOptions{IfVersion: p.host.Version}}
		for name, write := range map[string]func(ctx context.Context) error{
			"update": func(ctx context.Context) error { _, err := s.UpdateHost(ctx, p.host.ID, update); return err },
			"delete": func(ctx context.Context) error {
				return s.DeleteHost(ctx, p.host.ID, store.DeleteOptions{IfVersion: p.host.Version})
			},
		} {
			t.Run(name, func(t *testing.T) {
				refused(t, s, store.ErrStale, text, write)
				refused(t, s, store.ErrConflict, text, write)
			})
		}
		update.IfVersion = now.Version
		renamed, err := s.UpdateHost(ctx, p.host.ID, update)
		require.NoError(t, err)
		require.NoError(t, s.DeleteHost(ctx, p.host.ID, store.DeleteOptions{IfVersion: renamed.Version}))
	})
}

func TestUpgradeGivesRowsAVersion(t *testing.T) {
	forEmpty(t, func(t *testing.T, u string) {
		_, err := store.MigrateTo(t.Context(), u, 1)
		require.NoError(t, err)
		require.NoError(t, store.ExecURL(t.Context(), u,
			`INSERT INTO service (name, description, owner, labels) VALUES ('old', '', '', '')`,
			`UPDATE revision SET number = 41`))
		_, err = store.Migrate(t.Context(), u, store.Options{})
		require.NoError(t, err)
		s := storetest.Open(t, u)
		list, err := s.Services(t.Context(), store.ServiceFilter{})
		require.NoError(t, err)
		require.Len(t, list, 1)
		require.EqualValues(t, 41, list[0].Version)
		require.True(t, strings.HasPrefix(list[0].Name, "old"))
	})
}
