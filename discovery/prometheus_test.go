package discovery

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/common/model"
	promconfig "github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/discovery"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/scrape"
	"github.com/prometheus/prometheus/storage"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// How long to wait for what must come, and how often to look.
const (
	waitMost = 30 * time.Second
	waitStep = 5 * time.Millisecond
)

// prom is the part of a Prometheus that finds and keeps targets.
type prom struct {
	found  *discovery.Manager
	scrape *scrape.Manager
	reg    *prometheus.Registry
	// stop ends it and waits for it; it may be called more than once.
	stop func()
}

// startPrometheus runs the managers of a Prometheus with that configuration. They act at once, where the program
// itself waits some seconds, and scrape nothing.
func startPrometheus(t *testing.T, configuration string) *prom {
	t.Helper()
	logger := slog.New(slog.DiscardHandler)
	p := &prom{reg: prometheus.NewRegistry()}
	sdMetrics, err := discovery.CreateAndRegisterSDMetrics(p.reg)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	p.found = discovery.NewManager(ctx, logger, p.reg, sdMetrics, discovery.Updatert(time.Millisecond))
	require.NotNil(t, p.found)
	p.scrape, err = scrape.NewManager(&scrape.Options{
		DiscoveryReloadInterval: model.Duration(time.Millisecond),
		InitialScrapeOffset:     time.Hour,
	}, logger, nil, nil, discard{}, p.reg)
	require.NoError(t, err)
	done := make(chan error, 2)
	go func() { done <- p.found.Run() }()
	go func() { done <- p.scrape.Run(p.found.SyncCh()) }()
	p.stop = func() {
		if ctx.Err() != nil {
			return
		}
		p.scrape.Stop()
		cancel()
		for range cap(done) {
			if err := <-done; err != nil {
				assert.ErrorIs(t, err, context.Canceled)
			}
		}
		assert.Eventually(t, func() bool { return p.series(t) == 0 }, waitMost, waitStep, "a Discoverer that did not end")
	}
	t.Cleanup(p.stop)
	p.reload(t, configuration)
	return p
}

// reload does what Prometheus does for a new configuration.
func (p *prom) reload(t *testing.T, configuration string) {
	t.Helper()
	cfg, err := promconfig.Load(configuration, slog.New(slog.DiscardHandler))
	require.NoError(t, err, configuration)
	require.NoError(t, p.scrape.ApplyConfig(cfg))
	sources := map[string]discovery.Configs{}
	for _, c := range cfg.ScrapeConfigs {
		sources[c.JobName] = c.ServiceDiscoveryConfigs
	}
	require.NoError(t, p.found.ApplyConfig(sources))
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

// metric is one of ours, 0 when it is not there.
func (p *prom) metric(t *testing.T, nameAndConfig string) float64 {
	t.Helper()
	return values(t, p.reg)[nameAndConfig]
}

// waitForMetric waits until one of ours has a value.
func (p *prom) waitForMetric(t *testing.T, nameAndConfig string, want float64) {
	t.Helper()
	require.Eventually(t, func() bool { return p.metric(t, nameAndConfig) == want }, waitMost, waitStep, "%s %v", nameAndConfig, want)
}

// series is how many of ours there are: none once every Run has returned.
func (p *prom) series(t *testing.T) int {
	t.Helper()
	n, err := testutil.GatherAndCount(p.reg, "prometheus_sd_promshard_connected")
	require.NoError(t, err)
	return n
}

// received is how often Prometheus has been handed something.
func (p *prom) received(t *testing.T) float64 {
	t.Helper()
	families, err := p.reg.Gather()
	require.NoError(t, err)
	for _, f := range families {
		if f.GetName() == "prometheus_sd_received_updates_total" {
			return f.GetMetric()[0].GetCounter().GetValue()
		}
	}
	t.Fatal("no such metric")
	return 0
}

// discard is a storage that nothing is ever written to.
type discard struct{}

func (discard) AppenderV2(context.Context) storage.AppenderV2 { return discard{} }

func (discard) Append(storage.SeriesRef, labels.Labels, int64, int64, float64, *histogram.Histogram, *histogram.FloatHistogram, storage.AppendV2Options) (storage.SeriesRef, error) {
	return 0, nil
}
func (discard) Commit() error   { return nil }
func (discard) Rollback() error { return nil }
