package promtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/discovery/targetgroup"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/relabel"
	"github.com/prometheus/prometheus/scrape"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promshard/promshard/httpsd/snapshot"
	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

// What people may try to write: some of it good, some of it what has made Prometheus refuse a list or drop a target.
var (
	genText = rapid.OneOf(
		rapid.SampledFrom([]string{"", "node", "店/b", `q"\`, "a b", " a", "x\x00", "\xff", "\u2028", "<&>", "é", "a\tb"}),
		rapid.String(),
	)
	genHostName = rapid.OneOf(
		rapid.SampledFrom([]string{"web1", "192.0.2.7", "2001:db8::1", "[::1]", "a/b", "a:1", "fe80::1%eth0", "", " ", "..", "例え", "256.1.1.1"}),
		rapid.StringMatching(`[a-z0-9_.:-]{1,12}`), rapid.String(),
	)
	genPath = rapid.OneOf(
		rapid.SampledFrom([]string{"", "/", "/metrics", "/m?a=1", "/m?a=1&a=2", "/m?a", "/m?a-b=1", "/m?a=%ff", "/a%2fb", "m", "/m?x=%00", "/é?ü=1"}),
		rapid.StringMatching(`/[a-z%#?]{0,6}(\?[a-z_=&;%0-9]{0,12})?`), rapid.String(),
	)
	genURL = mostly("https://a.example/", rapid.OneOf(
		rapid.SampledFrom([]string{"https://a.example/x?y=z#f", "http://[::1]:80", "a.example", "https://", "http://a b", "http://a\n", "http://é.example/"}),
		rapid.String(),
	))
	genLabelName = rapid.OneOf(
		rapid.SampledFrom([]string{
			"env", "job", "instance", "__address__", "__unix_socket__", "__scrape_interval__", "__scrape_timeout__", "__param_a",
			"__param_", "__param_module", "__name__", "__meta_x", "__scheme__", "__metrics_path__", "a-b", "é", "", "service", "__shard",
		}),
		rapid.StringMatching(`[a-zA-Z_][a-zA-Z0-9_]{0,6}`), rapid.String(),
	)
	genLabelValue = rapid.OneOf(rapid.SampledFrom([]string{"", "5s", "1m", "0s", "10", "-1s", "1y", "1ms", "\xff", "店"}), genText)
	genLabels     = mostly(store.Labels{"env": "prod"}, rapid.Map(rapid.MapOfN(genLabelName, genLabelValue, 0, 3), func(m map[string]string) store.Labels { return m }))
	genDuration   = rapid.Map(rapid.SampledFrom([]time.Duration{0, 0, 1, time.Millisecond, time.Second, 15 * time.Second, time.Minute, -time.Second, 9 * time.Hour}),
		func(d time.Duration) model.Duration { return model.Duration(d) })
)

// mostly draws a value that is good three times out of four, so that most writes fail, if at all, for one reason.
func mostly[T any](good T, whatever *rapid.Generator[T]) *rapid.Generator[T] {
	return rapid.OneOf(rapid.Just(good), rapid.Just(good), rapid.Just(good), whatever)
}

// written counts what the store accepted, by noun: a test of what is accepted must see some of each.
type written map[string]int

// try writes something that may be refused; refusals are of the kinds that the store promises, and nothing else.
func (w written) try(t require.TestingT, noun string, err error) bool {
	if err == nil {
		w[noun]++
		return true
	}
	known := errors.Is(err, store.ErrInvalid) || errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrNotFound)
	require.True(t, known, "%s: %v", noun, err)
	return false
}

// TestWhatTheStoreAcceptsPrometheusAccepts writes what people may try, and has Prometheus's own decoder and target
// construction read the lists that come of it.
func TestWhatTheStoreAcceptsPrometheusAccepts(t *testing.T) {
	s := storetest.SQLite(t)
	ctx := t.Context()
	accepted := written{}
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		round++
		project := scribble(ctx, rt, s, accepted, round)
		if project == "" {
			return
		}
		b := snapshot.NewBuilder()
		revision, err := s.Load(ctx, b)
		require.NoError(rt, err)
		lists := b.Snapshot(revision)
		for _, kind := range []snapshot.Kind{snapshot.Targets, snapshot.URLs} {
			list, err := lists.List(kind, snapshot.Query{Projects: []string{project}})
			require.NoError(rt, err)
			requireAccepted(rt, kind, list)
		}
	})
	for _, noun := range []string{"service", "project", "host", "exporter", "url"} {
		require.Positive(t, accepted[noun], "no %s was accepted, so nothing was tested", noun)
	}
}

// scribble writes a service and a project with whatever is accepted of some hosts, exporters and URLs. It returns the
// project's name, empty when it was refused.
func scribble(ctx context.Context, t *rapid.T, s *store.Store, accepted written, round int) string {
	shard := store.Shard{Name: fmt.Sprintf("shard-%d-%s", round, mostly("a", genText).Draw(t, "shard")), Enabled: true}
	service := store.Service{Name: fmt.Sprintf("service-%d-%s", round, mostly("a", genText).Draw(t, "service")), Labels: genLabels.Draw(t, "service labels")}
	project := store.Project{
		Name: fmt.Sprintf("project-%d-%s", round, mostly("a", genText).Draw(t, "project")), Enabled: true, Labels: genLabels.Draw(t, "project labels"),
		Service: service.Name, Shard: shard.Name,
	}
	if !accepted.try(t, "shard", s.CreateShard(ctx, &shard)) || !accepted.try(t, "service", s.CreateService(ctx, &service)) ||
		!accepted.try(t, "project", s.CreateProject(ctx, &project)) {
		return ""
	}
	for range rapid.IntRange(0, 4).Draw(t, "hosts") {
		accepted.try(t, "host", s.CreateHost(ctx, &store.Host{
			Name: genHostName.Draw(t, "host"), Enabled: true, Labels: genLabels.Draw(t, "host labels"), Project: project.Name,
		}))
	}
	for range rapid.IntRange(0, 3).Draw(t, "exporters") {
		accepted.try(t, "exporter", s.CreateExporter(ctx, &store.Exporter{
			Job: mostly("node", genText).Draw(t, "job"), Port: mostly(9100, rapid.IntRange(-1, 70000)).Draw(t, "port"), Path: mostly("", genPath).Draw(t, "path"),
			Scheme: mostly("https", rapid.SampledFrom([]string{"", "http", "ftp"})).Draw(t, "scheme"), Enabled: true,
			ScrapeInterval: genDuration.Draw(t, "interval"), ScrapeTimeout: mostly(0, genDuration).Draw(t, "timeout"),
			Labels: genLabels.Draw(t, "exporter labels"), Project: project.Name,
		}))
	}
	probe := store.Probe{Module: fmt.Sprintf("module-%d-%s", round, mostly("a", genText).Draw(t, "module"))}
	if accepted.try(t, "probe", s.CreateProbe(ctx, &probe)) {
		for range rapid.IntRange(0, 2).Draw(t, "urls") {
			accepted.try(t, "url", s.CreateURL(ctx, &store.URL{URL: genURL.Draw(t, "url"), Project: project.Name, Probe: probe.Module}))
		}
	}
	return project.Name
}

// requireAccepted has Prometheus read a list: as discovery/http does, and then as a scrape pool does.
func requireAccepted(t require.TestingT, kind snapshot.Kind, list *snapshot.List) {
	var body bytes.Buffer
	_, err := list.WriteTo(&body)
	require.NoError(t, err)
	var groups []*targetgroup.Group
	require.NoError(t, json.Unmarshal(body.Bytes(), &groups), body.String())
	made := 0
	for _, g := range groups {
		require.NotNil(t, g)
		for name := range g.Labels {
			require.True(t, model.LegacyValidation.IsValidLabelName(string(name)), "Prometheus 2 refuses label name %q", name)
		}
		targets, failures := scrape.TargetsFromGroup(g, scrapeConfig(kind), nil, labels.NewBuilder(labels.EmptyLabels()))
		require.Empty(t, failures, body.String())
		made += len(targets)
	}
	require.Equal(t, list.Targets(), made)
}

// scrapeConfig is one with Prometheus's defaults; for URLs with the relabelling for blackbox_exporter.
func scrapeConfig(kind snapshot.Kind) *config.ScrapeConfig {
	c := config.DefaultScrapeConfig
	c.ScrapeInterval, c.ScrapeTimeout = config.DefaultGlobalConfig.ScrapeInterval, config.DefaultGlobalConfig.ScrapeTimeout
	c.MetricNameValidationScheme = model.UTF8Validation
	if kind == snapshot.URLs {
		toParam, toAddress := relabel.DefaultRelabelConfig, relabel.DefaultRelabelConfig
		toParam.SourceLabels, toParam.TargetLabel = model.LabelNames{model.AddressLabel}, "__param_target"
		toAddress.TargetLabel, toAddress.Replacement = model.AddressLabel, "blackbox:9115"
		toParam.NameValidationScheme, toAddress.NameValidationScheme = model.UTF8Validation, model.UTF8Validation
		c.RelabelConfigs = []*relabel.Config{&toParam, &toAddress}
	}
	return &c
}
