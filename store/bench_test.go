package store_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

// benchSize is the fleet "line" of the design, or "million" with PROMSHARD_BENCH_FLEET=million.
func benchSize() store.Size {
	if os.Getenv("PROMSHARD_BENCH_FLEET") == "million" {
		return store.Size{Shards: 50, Services: 2500, Projects: 25_000, Hosts: 500_000, Exporters: 50_000}
	}
	return store.Size{Shards: 8, Services: 170, Projects: 1700, Hosts: 17_000, Exporters: 3400}
}

// countingSink throws away what it gets.
type countingSink struct{ projects, hosts, exporters int }

func (*countingSink) Directory(store.Directory) error { return nil }
func (*countingSink) Service(store.Service) error     { return nil }
func (s *countingSink) Project(p *store.ProjectRows) error {
	s.projects++
	s.hosts += len(p.Hosts)
	s.exporters += len(p.Exporters)
	return nil
}

// BenchmarkLoad loads the whole inventory. Since machines differ and are shared, each load is followed by a plain scan
// of the same rows, and "x-scan" is how many times as long the loads took.
func BenchmarkLoad(b *testing.B) {
	storetest.Bench(b, func(b *testing.B, s *store.Store) {
		size := benchSize()
		require.NoError(b, store.Fill(b.Context(), s, size))
		b.ReportAllocs()
		var loads, scans time.Duration
		for b.Loop() {
			var sink countingSink
			start := time.Now()
			_, err := s.Load(b.Context(), &sink)
			loads += time.Since(start)
			require.NoError(b, err)
			require.Equal(b, countingSink{size.Projects, size.Hosts, size.Exporters}, sink)

			b.StopTimer()
			start = time.Now()
			_, err = store.Scan(b.Context(), s)
			scans += time.Since(start)
			require.NoError(b, err)
			b.StartTimer()
		}
		b.ReportMetric(float64(loads)/float64(scans), "x-scan")
	})
}

// BenchmarkScan reads the rows that a load reads and throws them away.
func BenchmarkScan(b *testing.B) {
	storetest.Bench(b, func(b *testing.B, s *store.Store) {
		require.NoError(b, store.Fill(b.Context(), s, benchSize()))
		b.ReportAllocs()
		for b.Loop() {
			_, err := store.Scan(b.Context(), s)
			require.NoError(b, err)
		}
	})
}

// BenchmarkChanges reads what one write to one project changed.
func BenchmarkChanges(b *testing.B) {
	storetest.Bench(b, func(b *testing.B, s *store.Store) {
		require.NoError(b, store.Fill(b.Context(), s, benchSize()))
		since, err := s.Revision(b.Context())
		require.NoError(b, err)
		_, err = store.Write(b.Context(), s, func(tx store.Tx) error { return tx.Record(17) })
		require.NoError(b, err)
		b.ReportAllocs()
		for b.Loop() {
			c, err := s.Changes(b.Context(), since)
			require.NoError(b, err)
			require.Len(b, c.Projects, 1)
		}
	})
}

// BenchmarkNoChanges asks when there is nothing to tell.
func BenchmarkNoChanges(b *testing.B) {
	storetest.Bench(b, func(b *testing.B, s *store.Store) {
		since, err := s.Revision(b.Context())
		require.NoError(b, err)
		b.ReportAllocs()
		for b.Loop() {
			_, err := s.Changes(b.Context(), since)
			require.NoError(b, err)
		}
	})
}

// BenchmarkWrite makes the smallest write there is.
func BenchmarkWrite(b *testing.B) {
	storetest.Bench(b, func(b *testing.B, s *store.Store) {
		b.ReportAllocs()
		for b.Loop() {
			_, err := store.Write(context.Background(), s, func(tx store.Tx) error { return tx.Record() })
			require.NoError(b, err)
		}
	})
}
