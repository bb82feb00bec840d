package store_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

func TestSyncLeavesOutWhatIsRefused(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		source := elsewhere()
		source.Services[0].Owner = strings.Repeat("x", 200)
		source.Hosts = append(source.Hosts, store.SyncHost{Key: 105, Name: "lost", Farm: 9})
		source.Exporters[0].Port = 0
		source.Probes[0].Module = "bad\n"
		source.DefaultExporters[0].Path = "metrics"
		source.Services = append(source.Services, store.SyncService{Key: 104, Name: "good"})
		source.Projects = append(source.Projects,
			store.SyncProject{Key: 500, Name: "kept", Service: 104, Shard: 101},
			store.SyncProject{Key: 501, Name: "kept", Service: 104, Shard: 101})
		result := pull(t, s, source, store.SyncOptions{})
		assert.Equal(t, []string{
			"refused service shop owner: is longer than 128 bytes",
			"refused probe bad\n module: has a control character; letters, digits, punctuation and spaces are accepted",
			`refused default_exporter node path: does not begin with "/"`,
			"refused project kept: is the same as what the source has under the key 500",
			"refused host lost farm: is not in the source",
		}, told(result))
		assert.Equal(t, 2+1+2+2+1, result.Issues[0].Below, "projects, farm, hosts, exporters, URL")
		assert.Equal(t, "correct it in the source; the next run takes it in", result.Issues[0].Hint)
		assert.Equal(t, []string{
			"create shard prod", "create shard closed", "create service good",
			`create server prometheus001:9090 on shard "prod"`, "create project kept",
		}, done(result))
		assert.Contains(t, result.Counts, store.SyncCounts{Noun: "host", Source: 3, LeftOut: 3})

		source = elsewhere()
		result = pull(t, s, source, store.SyncOptions{})
		assert.Empty(t, result.Issues)
		assert.EqualValues(t, 456, must(s.Projects(t.Context(), store.ProjectFilter{Name: "api"}))[0].ID,
			"what was left out gets its id later")
		assert.Empty(t, must(s.Projects(t.Context(), store.ProjectFilter{Name: "kept"})))
	})
}

func TestSyncLeavesRowsWhoseNewVersionIsRefused(t *testing.T) {
	synced(t, func(t *testing.T, s *store.Store, source *store.SyncSource) {
		must(s.UpdateExporter(t.Context(), 101, store.ExporterUpdate{Labels: &store.Labels{"__param_x": "y"}}))
		before := everything(t, s)
		source.Projects[0].Name = ""
		source.Projects[1].Service = 77
		source.Farms[0].Project = 88
		source.Hosts[0].Name = "a:b"
		source.Exporters[0].Path = "/m?x=z"
		source.Exporters[1].Port = 99999
		result := pull(t, s, *source, store.SyncOptions{})
		assert.Equal(t, []string{
			"refused project  name: is missing",
			"refused project web service: is not in the source",
			"refused farm api-farm project: is not in the source",
			"refused host a:b name: is neither a host name nor an IP address; the port belongs to the exporter",
			"refused exporter node labels: is set by the query of the path",
			"refused exporter app port: is not a port; 1 to 65535 are",
		}, told(result))
		assert.Equal(t, before, everything(t, s), "no list is shortened by what is refused")
		for _, c := range result.Counts {
			assert.Zero(t, c.LeftOut, c.Noun)
		}
	})
}

func TestSyncNumbersRowsWhoseIDIsTaken(t *testing.T) {
	withSeed(t, func(t *testing.T, s *store.Store, p seed) {
		source := store.SyncSource{
			Name:     "promgen",
			Services: []store.SyncService{{Key: p.service.ID, Name: "bank"}, {Key: 70, Name: "toys"}, {Key: -3, Name: "made-up"}},
		}
		result := pull(t, s, source, store.SyncOptions{})
		assert.Equal(t, []string{
			`renumbered service bank id: is that of "shop" here, so the row went in as 72`,
		}, told(result))
		var ids []int64
		for _, service := range must(s.Services(t.Context(), store.ServiceFilter{})) {
			ids = append(ids, service.ID)
		}
		assert.Equal(t, []int64{72, 71, p.service.ID, 70}, ids, "bank, made-up, shop, toys")
		assert.Empty(t, pull(t, s, source, store.SyncOptions{}).Issues, "that is told once")
		next := store.Service{Name: "next"}
		require.NoError(t, s.CreateService(t.Context(), &next))
		assert.EqualValues(t, 73, next.ID)
	})
}

func TestSyncRefusesASourceThatHasShrunk(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		source := elsewhere()
		for i := range int64(40) {
			source.Hosts = append(source.Hosts, store.SyncHost{Key: 200 + i, Name: fmt.Sprintf("h%d", i), Farm: 101})
			source.Exporters = append(source.Exporters, store.SyncExporter{Key: 200 + i, Job: "j", Port: 1 + int(i), Project: 456})
		}
		pulled(t, s, source)
		must(s.UpdateShard(t.Context(), 101, store.ShardUpdate{MaxRemoval: ptr(100)})) // the guard would have a say, too
		full := source
		source.Hosts = full.Hosts[:20]
		source.Exporters = full.Exporters[:30]
		refused(t, s, store.ErrShrunk, "has lost 22 of 42 hosts since the last run", func(ctx context.Context) error {
			_, err := s.Sync(ctx, source, store.SyncOptions{})
			return err
		})
		refused(t, s, store.ErrShrunk, "has lost 42 of 42 hosts, 42 of 42 exporters since the last run", func(ctx context.Context) error {
			_, err := s.Sync(store.WithDryRun(ctx), store.SyncSource{Name: "promgen"}, store.SyncOptions{})
			return err
		})
		source.Hosts = full.Hosts[:21]
		assert.Len(t, pulled(t, s, source).Changes, 21+12, "half of them is taken for meant")
		result := pull(t, s, store.SyncSource{Name: "promgen"}, store.SyncOptions{AllowShrink: true})
		assert.Empty(t, result.Issues)
		assert.Empty(t, must(s.Shards(t.Context(), store.ShardFilter{})))
		assert.Empty(t, ledgerOf(t, s))
	})
}

func TestSyncRefusesSourcesThatMakeNoSense(t *testing.T) {
	withSeed(t, func(t *testing.T, s *store.Store, _ seed) {
		for want, source := range map[string]store.SyncSource{
			"source name: is missing":                                    {},
			`service key "0": is missing`:                                {Name: "x", Services: []store.SyncService{{Name: "a"}}},
			`service key "4": is there twice in the source`:              {Name: "x", Services: []store.SyncService{{Key: 4, Name: "a"}, {Key: 4, Name: "b"}}},
			"source name \"a\\n\": has a control character; letters, di": {Name: "a\n"},
		} {
			refused(t, s, store.ErrInvalid, want, func(ctx context.Context) error {
				_, err := s.Sync(ctx, source, store.SyncOptions{})
				return err
			})
		}
	})
}

func TestSyncKeepsSourcesApart(t *testing.T) {
	synced(t, func(t *testing.T, s *store.Store, source *store.SyncSource) {
		other := store.SyncSource{Name: "other", Services: []store.SyncService{{Key: 101, Name: "bank"}}}
		result := pull(t, s, other, store.SyncOptions{})
		assert.Equal(t, []string{"create service bank"}, done(result), "nothing of the first source is gone")
		assert.Empty(t, pulled(t, s, *source).Changes)
		other.Services = nil
		assert.Equal(t, []string{"delete service bank"}, done(pulled(t, s, other)))
	})
}

func TestSyncThatIsCancelledLeavesNothing(t *testing.T) {
	synced(t, func(t *testing.T, s *store.Store, source *store.SyncSource) {
		before, ledger := everything(t, s), ledgerOf(t, s)
		source.Services[0].Owner = "x"
		for i := range int64(3000) {
			source.Hosts = append(source.Hosts, store.SyncHost{Key: 1000 + i, Name: fmt.Sprintf("h%d", i), Farm: 101})
		}
		asked := int64(1)
		for ; ; asked += 1 + asked/2 {
			ctx := &countdown{Context: t.Context()}
			ctx.left.Store(asked)
			_, err := s.Sync(ctx, *source, store.SyncOptions{})
			if err == nil {
				break
			}
			require.ErrorIs(t, err, context.Canceled)
			require.Equal(t, before, everything(t, s))
			require.Equal(t, ledger, ledgerOf(t, s))
		}
		assert.Greater(t, asked, int64(5), "it was cancelled at several places")
		assert.Len(t, hostNames(t, s), 3002)
	})
}

// countdown is a context that ends after it was asked some times.
type countdown struct {
	context.Context //nolint:containedctx // it is one itself
	left            atomic.Int64
}

func (c *countdown) Err() error {
	if c.left.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}
