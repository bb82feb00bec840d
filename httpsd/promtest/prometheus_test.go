package promtest

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/discovery"
	_ "github.com/prometheus/prometheus/discovery/http" // http_sd_configs
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/scrape"
	"github.com/prometheus/prometheus/storage"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// prom is the part of a Prometheus that finds and keeps targets.
type prom struct {
	scrape *scrape.Manager
	reg    *prometheus.Registry
}

// startPrometheus runs the managers of a Prometheus with that configuration. They act at once, where the program
// itself waits some seconds, and scrape nothing.
func startPrometheus(t *testing.T, configuration string) *prom {
	t.Helper()
	logger := slog.New(slog.DiscardHandler)
	cfg, err := config.Load(configuration, logger)
	require.NoError(t, err, configuration)
	p := &prom{reg: prometheus.NewRegistry()}
	sdMetrics, err := discovery.CreateAndRegisterSDMetrics(p.reg)
	require.NoError(t, err)

	ctx, cancel := context.WithCancel(context.Background())
	found := discovery.NewManager(ctx, logger, p.reg, sdMetrics, discovery.Updatert(time.Millisecond))
	require.NotNil(t, found)
	p.scrape, err = scrape.NewManager(&scrape.Options{
		DiscoveryReloadInterval: model.Duration(time.Millisecond),
		InitialScrapeOffset:     time.Hour,
	}, logger, nil, nil, discard{}, p.reg)
	require.NoError(t, err)
	require.NoError(t, p.scrape.ApplyConfig(cfg))
	done := make(chan error, 2)
	go func() { done <- found.Run() }()
	go func() { done <- p.scrape.Run(found.SyncCh()) }()
	t.Cleanup(func() {
		p.scrape.Stop()
		cancel()
		for range cap(done) {
			if err := <-done; err != nil {
				assert.ErrorIs(t, err, context.Canceled)
			}
		}
	})
	sources := map[string]discovery.Configs{}
	for _, c := range cfg.ScrapeConfigs {
		sources[c.JobName] = c.ServiceDiscoveryConfigs
	}
	require.NoError(t, found.ApplyConfig(sources))
	return p
}

// active returns the labels of every active target of a job, by its URL.
func (p *prom) active(job string) map[string]string {
	targets := map[string]string{}
	for _, target := range p.scrape.TargetsActive()[job] {
		targets[target.URL().String()] = target.Labels(labels.NewBuilder(labels.EmptyLabels())).String()
	}
	return targets
}

// waitFor waits until a job has exactly these targets.
func (p *prom) waitFor(t *testing.T, job string, want map[string]string) {
	t.Helper()
	ok := assert.Eventually(t, func() bool { return assert.ObjectsAreEqual(want, p.active(job)) }, waitMost, waitStep)
	if !ok {
		require.Equal(t, want, p.active(job))
	}
}

// failures is how many fetches have failed.
func (p *prom) failures(t *testing.T) float64 {
	t.Helper()
	families, err := p.reg.Gather()
	require.NoError(t, err)
	for _, family := range families {
		if family.GetName() == "prometheus_sd_http_failures_total" {
			return family.GetMetric()[0].GetCounter().GetValue()
		}
	}
	t.Fatal("no such metric")
	return 0
}

// waitForFailures waits until more fetches have failed.
func (p *prom) waitForFailures(t *testing.T) {
	t.Helper()
	before := p.failures(t)
	require.Eventually(t, func() bool { return p.failures(t) > before+2 }, waitMost, waitStep)
}

// job is a scrape configuration that fetches a list often.
func job(name, url, more string) string {
	return fmt.Sprintf(`
  - job_name: %s
    http_sd_configs: [{url: %q, refresh_interval: 100ms}]
%s`, name, url, more)
}

// discard is a storage that nothing is ever written to.
type discard struct{}

func (discard) AppenderV2(context.Context) storage.AppenderV2 { return discard{} }

func (discard) Append(storage.SeriesRef, labels.Labels, int64, int64, float64, *histogram.Histogram, *histogram.FloatHistogram, storage.AppendV2Options) (storage.SeriesRef, error) {
	return 0, nil
}
func (discard) Commit() error   { return nil }
func (discard) Rollback() error { return nil }
