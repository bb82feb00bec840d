package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

// BenchmarkGuard times what the guard adds to writes of several sizes. "x-write" is how many times as long as the smallest
// write that is committed, in the same run, since machines differ and are shared.
func BenchmarkGuard(b *testing.B) {
	off := false
	port := 9999
	storetest.Bench(b, func(b *testing.B, s *store.Store) {
		require.NoError(b, store.Fill(b.Context(), s, benchSize()))
		for _, test := range []struct {
			name string
			asks bool
			fn   func(ctx context.Context, tx store.Tx) error
		}{
			{"a host is added", false, func(ctx context.Context, tx store.Tx) error {
				return tx.CreateHost(ctx, store.Host{Name: "new", Project: "project7", Enabled: true})
			}},
			{"a host is deleted", false, func(ctx context.Context, tx store.Tx) error { return tx.DeleteHost(ctx, 777) }},
			{"an exporter has new labels", false, func(ctx context.Context, tx store.Tx) error {
				return tx.UpdateExporter(ctx, 777, store.ExporterUpdate{Labels: &store.Labels{"a": "b"}})
			}},
			{"an exporter has another port", false, func(ctx context.Context, tx store.Tx) error {
				return tx.UpdateExporter(ctx, 777, store.ExporterUpdate{Port: &port})
			}},
			{"a project is disabled", false, func(ctx context.Context, tx store.Tx) error {
				return tx.UpdateProjects(ctx, store.ProjectFilter{Name: "project7"}, store.ProjectUpdate{Enabled: &off})
			}},
			{"a shard is emptied", true, func(ctx context.Context, tx store.Tx) error {
				return tx.UpdateProjects(ctx, store.ProjectFilter{Shard: "shard3"}, store.ProjectUpdate{Enabled: &off})
			}},
		} {
			b.Run(test.name, func(b *testing.B) {
				var guard, writes time.Duration
				for b.Loop() {
					took, asks, err := store.TimeGuard(b.Context(), s, test.fn)
					require.NoError(b, err)
					require.Equal(b, test.asks, asks)
					guard += took
					start := time.Now()
					_, err = store.Write(b.Context(), s, func(tx store.Tx) error { return tx.Record() })
					require.NoError(b, err)
					writes += time.Since(start)
				}
				b.ReportMetric(guard.Seconds()*1000/float64(b.N), "guard-ms")
				b.ReportMetric(float64(guard)/float64(writes), "x-write")
			})
		}
	})
}
