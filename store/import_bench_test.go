package store_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/fleet"
	"github.com/promshard/promshard/store/storetest"
)

// benchFleet is the fleet "line" of the design, or "million" with PROMSHARD_BENCH_FLEET=million.
func benchFleet() fleet.Fleet {
	if os.Getenv("PROMSHARD_BENCH_FLEET") == "million" {
		return fleet.Million
	}
	return fleet.Line
}

// BenchmarkImport takes a fleet into an empty inventory, and then the same fleet again, which changes nothing.
func BenchmarkImport(b *testing.B) {
	f := benchFleet()
	for name, open := range map[string]func(testing.TB) *store.Store{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		b.Run("new/"+name, func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				b.StopTimer()
				s := open(b)
				b.StartTimer()
				result, err := s.Import(b.Context(), f.Groups(), store.ImportOptions{})
				require.NoError(b, err)
				require.EqualValues(b, f.Hosts, result.Imported.Hosts)
			}
			b.ReportMetric(float64(f.Hosts)*float64(b.N)/b.Elapsed().Seconds(), "hosts/s")
		})
		b.Run("again/"+name, func(b *testing.B) {
			s := open(b)
			_, err := s.Import(b.Context(), f.Groups(), store.ImportOptions{})
			require.NoError(b, err)
			b.ReportAllocs()
			for b.Loop() {
				result, err := s.Import(b.Context(), f.Groups(), store.ImportOptions{})
				require.NoError(b, err)
				require.Zero(b, result.Imported)
			}
			b.ReportMetric(float64(f.Hosts)*float64(b.N)/b.Elapsed().Seconds(), "hosts/s")
		})
	}
}
