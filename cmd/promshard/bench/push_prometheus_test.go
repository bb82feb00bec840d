//go:build bench && linux

package bench

import (
	"context"
	"fmt"
	"log/slog"
	"os/exec"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"
	promconfig "github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/discovery"
	_ "github.com/prometheus/prometheus/discovery/http" // http_sd_configs
	"github.com/prometheus/prometheus/discovery/targetgroup"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/scrape"
	"github.com/prometheus/prometheus/storage"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	_ "github.com/promshard/promshard/discovery" // promshard_sd_configs
	"github.com/promshard/promshard/store/fleet"
)

// oneShard is a shard of a hundred thousand targets.
var oneShard = fleet.Fleet{Name: "oneshard", Shards: 1, Services: 250, Projects: 2_500, Hosts: 50_000, Exporters: 5_000}

// spent is what this process has used.
type spent struct {
	bytes uint64
	cpu   time.Duration
	// collecting is what of cpu the Go runtime spent on collecting garbage, as it does every two minutes whatever happens.
	collecting time.Duration
}

func spentSoFar(t *testing.T) spent {
	t.Helper()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	var usage syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	collecting := []metrics.Sample{{Name: "/cpu/classes/gc/total:cpu-seconds"}}
	metrics.Read(collecting)
	return spent{
		bytes: memory.TotalAlloc, cpu: time.Duration(usage.Utime.Nano() + usage.Stime.Nano()),
		collecting: time.Duration(collecting[0].Value.Float64() * float64(time.Second)),
	}
}

func (s spent) since(t *testing.T) spent {
	t.Helper()
	return spentSoFar(t).less(s)
}

func (s spent) by(n int) spent {
	return s.scaled(1, time.Duration(n))
}

// TestWhatPrometheusPays measures, in this process, what the managers of a Prometheus use for a shard of 100,000
// targets, with http_sd_configs and with promshard_sd_configs: a minute in which nothing changes, and a change of one
// host. promshard itself and what writes to it are other processes. Each is done without the scrape manager (a consumer
// that drops what it receives) and with it. What the same managers use while there is nothing to discover is taken off.
func TestWhatPrometheusPays(t *testing.T) {
	databaseURL := cloneSQLite(t, filledSQLite(t, oneShard))
	server := startPromshard(t, databaseURL)
	w := &hostWriter{databaseURL: databaseURL}
	var nothing [2]spent
	for s, scraping := range []bool{false, true} {
		t.Run(fmt.Sprintf("nothing to discover, scraping %v", scraping), func(t *testing.T) { nothing[s] = idle(t, scraping) })
	}
	var cost [2][2]payment // by whether with the scrape manager, and by mechanism
	for s, scraping := range []bool{false, true} {
		for m, mechanism := range []string{"http", "promshard"} {
			t.Run(fmt.Sprintf("%s, scraping %v", mechanism, scraping), func(t *testing.T) {
				cost[s][m] = pay(t, mechanism, server.url, scraping, w)
			})
		}
	}
	if t.Failed() {
		return
	}
	for s := range cost {
		for m := range cost[s] {
			cost[s][m].idle = cost[s][m].idle.less(nothing[s])
		}
	}
	plain, scraping := cost[0], cost[1]
	addPayment(t, "a minute without a change, without the scrape manager", plain[0].idle, plain[1].idle, 0.01)
	addCollecting(t, plain[0].idle, plain[1].idle)
	addPayment(t, "one host added, without the scrape manager", plain[0].change, plain[1].change, 0.2)
	addPayment(t, "a minute without a change, with the scrape manager", scraping[0].idle, scraping[1].idle, 0.01)
	addCollecting(t, scraping[0].idle, scraping[1].idle)
	addPayment(t, "one host added, with the scrape manager", scraping[0].change, scraping[1].change, 0)
}

// addPayment adds two rows; a limit of 0 is no goal.
func addPayment(t *testing.T, what string, http, ours spent, limit float64) {
	t.Helper()
	cpu, bytes := ours.cpu.Seconds()/http.cpu.Seconds(), float64(ours.bytes)/float64(http.bytes)
	rows := []row{
		{
			what: "Prometheus with promshard_sd_configs, " + what + ", processor time; against http_sd_configs every 60s", fleet: "100,000 targets",
			value: formatDuration(ours.cpu), against: formatDuration(http.cpu), ratio: formatRatio(cpu),
		},
		{
			what: "the same, bytes allocated", fleet: "100,000 targets",
			value: formatBytes(ours.bytes), against: formatBytes(http.bytes), ratio: formatRatio(bytes),
		},
	}
	if limit > 0 {
		rows[0].goal, rows[1].goal = atMost(cpu, limit), atMost(bytes, limit)
	}
	add(t, rows...)
}

// addCollecting adds a row about the part of a minute that is not ours: the Go runtime collects garbage every two minutes,
// over all that the process holds, whether anything has become garbage or not.
func addCollecting(t *testing.T, http, ours spent) {
	t.Helper()
	ours.cpu -= min(ours.cpu, ours.collecting)
	add(t, row{
		what: "the same, processor time without the collection of garbage that Go forces every two minutes", fleet: "100,000 targets",
		value: formatDuration(ours.cpu), against: formatDuration(http.cpu), ratio: formatRatio(ours.cpu.Seconds() / http.cpu.Seconds()),
	})
}

// quiet is how long nothing happens to a Prometheus that is not polling: as long as the Go runtime goes without a
// collection at most, so that one is in it.
const quiet = 2 * time.Minute

// idle is what a minute costs without anything to discover.
func idle(t *testing.T, scraping bool) spent {
	length := quiet
	if config.quick {
		length = 6 * time.Second
	}
	startManagers(t, "none", "", length, scraping)
	wait(t, length/6)
	return quietMinute(t, length)
}

// quietMinute is what a minute costs of a time of that length, which begins now. What was done before it leaves nothing
// to be collected, nor memory to be given back.
func quietMinute(t *testing.T, length time.Duration) spent {
	t.Helper()
	debug.FreeOSMemory()
	before := spentSoFar(t)
	wait(t, length)
	return before.since(t).scaled(time.Minute, length)
}

// payment is what one mechanism costs: a minute without a change, and one change.
type payment struct{ idle, change spent }

func pay(t *testing.T, mechanism, serverURL string, scraping bool, w *hostWriter) payment {
	interval, length, polls, changes := 20*time.Second, quiet, 2, 3
	if config.quick {
		interval, length, polls, changes = 2*time.Second, 6*time.Second, 3, 2
	}
	p := startManagers(t, mechanism, serverURL, interval, scraping)
	targets := w.targets()
	p.await(t, targets)
	wait(t, interval/2)
	var idle spent
	if mechanism == "http" {
		// It is asked for more often than every minute; a minute has one of these polls.
		length = time.Duration(polls) * interval
		idle = quietMinute(t, length).scaled(length, time.Minute).by(polls)
	} else {
		idle = quietMinute(t, length)
	}

	before := spentSoFar(t)
	start := time.Now()
	for range changes {
		began := time.Now()
		w.add(t)
		p.await(t, w.targets())
		// The next change finds a quiet Prometheus: past the poll that brought this one, and past coalesce_interval.
		wait(t, max(0, interval-time.Since(began)))
	}
	change := before.since(t)
	if mechanism != "http" {
		change = change.less(idle.scaled(time.Since(start), time.Minute))
	}
	return payment{idle: idle, change: change.by(changes)}
}

// scaled is what would be spent in d, when s was spent in per.
func (s spent) scaled(d, per time.Duration) spent {
	f := d.Seconds() / per.Seconds()
	return spent{
		bytes: uint64(float64(s.bytes) * f), cpu: time.Duration(float64(s.cpu) * f),
		collecting: time.Duration(float64(s.collecting) * f),
	}
}

func (s spent) less(o spent) spent {
	return spent{
		bytes: s.bytes - min(s.bytes, o.bytes), cpu: s.cpu - min(s.cpu, o.cpu),
		collecting: s.collecting - min(s.collecting, o.collecting),
	}
}

// wait lets time pass.
func wait(t *testing.T, d time.Duration) {
	t.Helper()
	select {
	case <-time.After(d):
	case <-t.Context().Done():
		require.NoError(t, t.Context().Err())
	}
}

// hostWriter adds hosts to oneShard through the command line, a process of its own.
type hostWriter struct {
	databaseURL string
	added       int
}

// targets is how many there are: each project has two exporters.
func (w *hostWriter) targets() int { return int(oneShard.Targets()) + 2*w.added }

func (w *hostWriter) add(t *testing.T) {
	t.Helper()
	path, err := buildPromshard()
	require.NoError(t, err)
	p := firstProject(t, w.databaseURL, path)
	w.added++
	out, err := exec.CommandContext(t.Context(), path, "register-host", "--database", w.databaseURL, p, "added-"+strconv.Itoa(w.added)).CombinedOutput()
	require.NoError(t, err, "%s", out)
}

// firstProject returns the name of one project of a fleet.
func firstProject(t *testing.T, databaseURL, promshard string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), promshard, "project", "list", "--database", databaseURL, "--output", "json").Output()
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(out), `"name":`)
	require.True(t, found)
	name, _, found := strings.Cut(strings.TrimLeft(rest, ` "`), `"`)
	require.True(t, found)
	return name
}

// managers are the part of a Prometheus that finds targets, and, when it scrapes, the part that keeps them.
type managers struct {
	scrape   *scrape.Manager
	registry *prometheus.Registry
	// received is the number of targets that the last update of the discovery manager had.
	received atomic.Int64
}

const mechanismConfig = `
scrape_configs:
  - job_name: oneshard
    scrape_interval: 24h
    scrape_timeout: 1s
    %s
`

func configurationOf(mechanism, serverURL string, interval time.Duration) string {
	sd := fmt.Sprintf("promshard_sd_configs: [{servers: [%q]}]", serverURL)
	switch mechanism {
	case "none":
		sd = "static_configs: []"
	case "http":
		sd = fmt.Sprintf("http_sd_configs: [{url: %q, refresh_interval: %s}]", serverURL+"/sd/targets", model.Duration(interval))
	}
	return fmt.Sprintf(mechanismConfig, sd)
}

func startManagers(t *testing.T, mechanism, serverURL string, interval time.Duration, scraping bool) *managers {
	t.Helper()
	logger := slog.New(slog.DiscardHandler)
	cfg, err := promconfig.Load(configurationOf(mechanism, serverURL, interval), logger)
	require.NoError(t, err)
	registry := prometheus.NewRegistry()
	sdMetrics, err := discovery.CreateAndRegisterSDMetrics(registry)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	found := discovery.NewManager(ctx, logger, registry, sdMetrics)
	p := &managers{registry: registry}
	done := make(chan error, 2)
	go func() { done <- found.Run() }()
	stop := func() {}
	if scraping {
		p.scrape, err = scrape.NewManager(&scrape.Options{InitialScrapeOffset: 24 * time.Hour}, logger, nil, nil, noStorage{}, registry)
		require.NoError(t, err)
		require.NoError(t, p.scrape.ApplyConfig(cfg))
		stop = p.scrape.Stop
		go func() { done <- p.scrape.Run(found.SyncCh()) }()
	} else {
		go func() { done <- p.drop(ctx, found.SyncCh()) }()
	}
	t.Cleanup(func() {
		stop()
		cancel()
		for range cap(done) {
			if err := <-done; err != nil {
				assert.ErrorIs(t, err, context.Canceled)
			}
		}
	})
	require.NoError(t, found.ApplyConfig(map[string]discovery.Configs{"oneshard": cfg.ScrapeConfigs[0].ServiceDiscoveryConfigs}))
	return p
}

// drop counts what the discovery manager sends, and keeps nothing.
func (p *managers) drop(ctx context.Context, updates <-chan map[string][]*targetgroup.Group) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case update, ok := <-updates:
			if !ok {
				return nil
			}
			n := 0
			for _, groups := range update {
				for _, g := range groups {
					n += len(g.Targets)
				}
			}
			p.received.Store(int64(n))
		}
	}
}

// count is how many targets have arrived. The scrape manager is asked through its metric, which costs least.
func (p *managers) count(t *testing.T) int {
	t.Helper()
	if p.scrape == nil {
		return int(p.received.Load())
	}
	families, err := p.registry.Gather()
	require.NoError(t, err)
	for _, family := range families {
		if family.GetName() == "prometheus_target_scrape_pool_targets" && len(family.GetMetric()) > 0 {
			return int(family.GetMetric()[0].GetGauge().GetValue())
		}
	}
	return 0
}

func (p *managers) await(t *testing.T, targets int) {
	t.Helper()
	for deadline := time.Now().Add(patience); p.count(t) != targets; wait(t, 50*time.Millisecond) {
		require.True(t, time.Now().Before(deadline), "want %d targets, have %d", targets, p.count(t))
	}
}

// noStorage is a storage that nothing is ever written to.
type noStorage struct{}

func (noStorage) AppenderV2(context.Context) storage.AppenderV2 { return noStorage{} }

func (noStorage) Append(storage.SeriesRef, labels.Labels, int64, int64, float64, *histogram.Histogram, *histogram.FloatHistogram, storage.AppendV2Options) (storage.SeriesRef, error) {
	return 0, nil
}
func (noStorage) Commit() error   { return nil }
func (noStorage) Rollback() error { return nil }
