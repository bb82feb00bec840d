//go:build bench && linux

package bench

import (
	"context"
	"log/slog"
	"strconv"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	promconfig "github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/discovery"
	"github.com/prometheus/prometheus/discovery/targetgroup"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

// TestFromCommitToTheDiscoverer measures how long a change takes from its commit to the Discoverer's channel, in a shard
// of 100,000 targets, with the server in another process.
func TestFromCommitToTheDiscoverer(t *testing.T) {
	changes := 200
	if config.quick {
		changes = 20
	}
	databaseURL := clonePostgres(t, filledPostgres(t, oneShard))
	server := startPromshard(t, databaseURL)
	s := storetest.Open(t, databaseURL)
	projects, err := s.Projects(t.Context(), store.ProjectFilter{})
	require.NoError(t, err)
	updates := startDiscoverer(t, server.url)
	first := receive(t, updates)
	n := 0
	for _, g := range first {
		n += len(g.Targets)
	}
	require.EqualValues(t, oneShard.Targets(), n)

	var took []time.Duration
	for i := range changes {
		host := store.Host{Name: "late-" + strconv.Itoa(i), Project: projects[i%len(projects)].Name, Enabled: true}
		require.NoError(t, s.CreateHost(t.Context(), &host))
		committed := time.Now()
		require.NotEmpty(t, receive(t, updates))
		took = append(took, time.Since(committed))
		wait(t, 20*time.Millisecond)
	}
	limit := 50 * time.Millisecond
	add(t,
		row{
			what: "one host added, from commit to the Discoverer's channel, median", fleet: "100,000 targets", database: "PostgreSQL",
			value: formatDuration(median(took)), goal: goal{text: "≤ " + formatDuration(limit), met: median(took) <= limit},
		},
		row{
			what: "the same, 99th percentile of " + strconv.Itoa(changes), fleet: "100,000 targets", database: "PostgreSQL",
			value: formatDuration(quantile(took, 0.99)),
		},
	)
}

// startDiscoverer runs a Discoverer alone, which sends each change at once, until the test ends.
func startDiscoverer(t *testing.T, serverURL string) <-chan []*targetgroup.Group {
	t.Helper()
	cfg, err := promconfig.Load(`
scrape_configs:
  - job_name: late
    promshard_sd_configs: [{servers: ["`+serverURL+`"], coalesce_interval: 0s}]
`, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	conf := cfg.ScrapeConfigs[0].ServiceDiscoveryConfigs[0]
	registry := prometheus.NewRegistry()
	refresh := discovery.NewRefreshMetrics(registry)
	require.NoError(t, refresh.Register())
	metrics := conf.NewDiscovererMetrics(registry, refresh)
	require.NoError(t, metrics.Register())
	d, err := conf.NewDiscoverer(discovery.DiscovererOptions{Logger: slog.New(slog.DiscardHandler), Metrics: metrics, SetName: "late"})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	updates, done := make(chan []*targetgroup.Group), make(chan struct{})
	go func() {
		defer close(done)
		d.Run(ctx, updates)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return updates
}

func receive(t *testing.T, updates <-chan []*targetgroup.Group) []*targetgroup.Group {
	t.Helper()
	select {
	case groups := <-updates:
		return groups
	case <-time.After(patience):
		require.FailNow(t, "nothing arrived")
		return nil
	}
}
