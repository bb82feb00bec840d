package store_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/fleet"
	"github.com/promshard/promshard/store/storetest"
)

// fleetSource is a fleet of the size as another inventory has it.
func fleetSource(f fleet.Fleet) store.SyncSource {
	source := store.SyncSource{Name: "promgen"}
	one := func(i, of int) int64 { return int64(1 + i%of) }
	for i := range f.Shards {
		source.Shards = append(source.Shards, store.SyncShard{Key: int64(i + 1), Name: fmt.Sprintf("shard%d", i), Enabled: true})
	}
	for i := range f.Services {
		source.Services = append(source.Services, store.SyncService{Key: int64(i + 1), Name: fmt.Sprintf("service%d", i)})
	}
	for i := range f.Projects {
		key := int64(i + 1)
		source.Projects = append(source.Projects, store.SyncProject{
			Key: key, Name: fmt.Sprintf("project%d", i), Service: one(i, f.Services), Shard: one(i, f.Shards),
		})
		source.Farms = append(source.Farms, store.SyncFarm{Key: key, Name: fmt.Sprintf("farm%d", i), Project: key})
	}
	for i := range f.Hosts {
		source.Hosts = append(source.Hosts, store.SyncHost{
			Key: int64(i + 1), Name: fmt.Sprintf("host%d.example.org", i), Farm: one(i, f.Projects),
		})
	}
	for i := range f.Exporters {
		source.Exporters = append(source.Exporters, store.SyncExporter{
			Key: int64(i + 1), Job: fmt.Sprintf("job%d", i/f.Projects), Port: 9100, Enabled: true, Project: one(i, f.Projects),
		})
	}
	return source
}

// BenchmarkSync takes a fleet into an empty inventory, and then again, unchanged and with one host that has another name.
func BenchmarkSync(b *testing.B) {
	f := benchFleet()
	for name, open := range map[string]func(testing.TB) *store.Store{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		b.Run("new/"+name, func(b *testing.B) {
			b.ReportAllocs()
			source := fleetSource(f)
			for range b.N {
				b.StopTimer()
				s := open(b)
				b.StartTimer()
				result, err := s.Sync(b.Context(), source, store.SyncOptions{})
				require.NoError(b, err)
				require.Empty(b, result.Issues)
			}
			b.ReportMetric(float64(f.Hosts)*float64(b.N)/b.Elapsed().Seconds(), "hosts/s")
		})
		b.Run("again/"+name, func(b *testing.B) {
			s, source := open(b), fleetSource(f)
			_, err := s.Sync(b.Context(), source, store.SyncOptions{})
			require.NoError(b, err)
			b.ReportAllocs()
			for b.Loop() {
				result, err := s.Sync(b.Context(), source, store.SyncOptions{})
				require.NoError(b, err)
				require.Empty(b, result.Changes)
			}
			b.ReportMetric(float64(f.Hosts)*float64(b.N)/b.Elapsed().Seconds(), "hosts/s")
		})
		b.Run("one/"+name, func(b *testing.B) {
			s, source := open(b), fleetSource(f)
			_, err := s.Sync(b.Context(), source, store.SyncOptions{})
			require.NoError(b, err)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				source.Hosts[f.Hosts/2].Name = fmt.Sprintf("other%d", i)
				result, err := s.Sync(b.Context(), source, store.SyncOptions{})
				require.NoError(b, err)
				require.Len(b, result.Changes, 1)
			}
		})
	}
}
