package httpsd

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/httpsd/snapshot"
	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/fleet"
	"github.com/promshard/promshard/store/storetest"
)

// listed returns how many targets the lists of each shard have, as they are rendered from the whole inventory.
func listed(t *testing.T, s *store.Store) map[string]int64 {
	t.Helper()
	b := snapshot.NewBuilder()
	rev, err := s.Load(t.Context(), b)
	require.NoError(t, err)
	counts := map[string]int64{}
	for _, shard := range b.Snapshot(rev).Shards() {
		counts[shard.Name] = int64(shard.Targets + shard.URLs)
	}
	return counts
}

// TestGuardCountsAsListsDo compares the guard's numbers with the lengths of rendered lists, before and after writes that
// add nothing.
func TestGuardCountsAsListsDo(t *testing.T) {
	const writes = 60
	small := fleet.Fleet{Shards: 4, Services: 6, Projects: 24, Hosts: 120, Exporters: 48, URLs: 30}
	storetest.RunURL(t, func(t *testing.T, u string) {
		s := storetest.OpenWith(t, u, store.Options{Guard: store.GuardOptions{MaxRemoval: 5, MinTargets: 2}})
		_, err := s.Import(t.Context(), small.Groups(), store.ImportOptions{})
		require.NoError(t, err)
		r := rand.New(rand.NewPCG(1, 2))
		asked := 0
		for range writes {
			before := listed(t, s)
			write := removal(t, s, r)
			err := write(t.Context())
			var g *store.GuardError
			if !errors.As(err, &g) {
				require.NoError(t, err)
				for shard, after := range listed(t, s) {
					gone := before[shard] - after
					require.False(t, gone >= 2 && gone*100 > 5*before[shard], "%d of %d went from %s unasked", gone, before[shard], shard)
				}
				continue
			}
			asked++
			require.Equal(t, before, listed(t, s))
			require.NoError(t, write(store.WithConfirm(t.Context(), g.Digest)))
			after := listed(t, s)
			for _, shard := range g.Shards {
				require.Equal(t, before[shard.Shard], shard.Targets)
				require.Equal(t, before[shard.Shard]-after[shard.Shard], shard.Removed)
			}
		}
		require.Greater(t, asked, 5)
	})
}

// removal returns a random write that only takes away.
func removal(t *testing.T, s *store.Store, r *rand.Rand) func(ctx context.Context) error {
	t.Helper()
	ctx, off := t.Context(), false
	hosts, err := s.Hosts(ctx, store.HostFilter{})
	require.NoError(t, err)
	exporters, err := s.Exporters(ctx, store.ExporterFilter{})
	require.NoError(t, err)
	projects, err := s.Projects(ctx, store.ProjectFilter{})
	require.NoError(t, err)
	switch n := r.IntN(8); {
	case n < 4 && len(hosts) > 0:
		h := hosts[r.IntN(len(hosts))]
		return func(ctx context.Context) error {
			_, err := s.UpdateHost(ctx, h.ID, store.HostUpdate{Enabled: &off})
			return err
		}
	case n < 6 && len(exporters) > 0:
		e := exporters[r.IntN(len(exporters))]
		return func(ctx context.Context) error { return s.DeleteExporter(ctx, e.ID, store.DeleteOptions{}) }
	case len(projects) > 0:
		p := projects[r.IntN(len(projects))]
		return func(ctx context.Context) error {
			_, err := s.UpdateProject(ctx, p.ID, store.ProjectUpdate{Enabled: &off})
			return err
		}
	}
	return func(context.Context) error { return nil }
}
