package snapshot

import (
	"encoding/json"
	"maps"
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/discovery/targetgroup"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/relabel"
	"github.com/prometheus/prometheus/scrape"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promshard/promshard/store"
)

// snapshotOf is a snapshot of a single project.
func snapshotOf(t require.TestingT, p *store.ProjectRows) *Snapshot {
	b := NewBuilder()
	require.NoError(t, b.Directory(store.Directory{Shards: []store.Shard{{ID: p.ShardID, Name: p.Shard, Enabled: true}}}))
	require.NoError(t, b.Service(store.Service{ID: p.ServiceID, Name: p.Service}))
	require.NoError(t, b.Project(p))
	return b.Snapshot(store.Revision{Epoch: "test", Number: 1})
}

// decode reads a list as discovery/http and discovery/file do.
func decode(t require.TestingT, list string) []*targetgroup.Group {
	var groups []*targetgroup.Group
	require.NoError(t, json.Unmarshal([]byte(list), &groups))
	for _, g := range groups {
		require.NotNil(t, g)
		for name, value := range g.Labels {
			require.True(t, model.LegacyValidation.IsValidLabelName(string(name)), "Prometheus 2 refuses a list for the label name %q", name)
			require.True(t, value.IsValid(), "%q", value)
			require.NotEmpty(t, value)
		}
	}
	return groups
}

// scrapeConfig is that of a job as people write it.
func scrapeConfig() *config.ScrapeConfig {
	c := config.DefaultScrapeConfig
	c.JobName = "promshard"
	c.ScrapeInterval, c.ScrapeTimeout = model.Duration(60e9), model.Duration(55e9)
	c.MetricNameValidationScheme = model.LegacyValidation
	return &c
}

// probeConfig is the one that blackbox_exporter's documentation gives: the target becomes a parameter.
func probeConfig() *config.ScrapeConfig {
	c := scrapeConfig()
	c.RelabelConfigs = []*relabel.Config{
		{
			SourceLabels: model.LabelNames{"__address__"}, TargetLabel: "__param_target", Action: relabel.Replace,
			Regex: relabel.MustNewRegexp("(.*)"), Replacement: "$1", NameValidationScheme: model.LegacyValidation,
		},
		{
			TargetLabel: "__address__", Action: relabel.Replace, Regex: relabel.MustNewRegexp("(.*)"),
			Replacement: "blackbox:9115", NameValidationScheme: model.LegacyValidation,
		},
	}
	return c
}

// TestPrometheusAcceptsEveryList: what the store accepts, Prometheus decodes and makes a target of, each and every one.
func TestPrometheusAcceptsEveryList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := genProject.Draw(t, "project")
		s := snapshotOf(t, p)
		for k, c := range map[Kind]*config.ScrapeConfig{Targets: scrapeConfig(), URLs: probeConfig()} {
			want := 0
			for _, g := range decode(t, listBody(t, s, k, Query{})) {
				targets, errs := scrape.TargetsFromGroup(g, c, nil, labels.NewBuilder(labels.EmptyLabels()))
				require.Empty(t, errs)
				require.Len(t, targets, len(g.Targets), "none was dropped")
				want += len(targets)
			}
			l, err := s.List(k, Query{})
			require.NoError(t, err)
			require.Equal(t, want, l.Targets())
		}
	})
}

// TestPrometheusSeesTheDesignedLabels compares with a second, plain statement of what the labels of a target are.
func TestPrometheusSeesTheDesignedLabels(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := genProject.Draw(t, "project")
		want := map[string]int{}
		for _, e := range p.Exporters {
			for _, h := range p.Hosts {
				want[targetText(h, e, designedLabels(p, e, h))]++
			}
		}
		got := map[string]int{}
		for _, g := range decode(t, listBody(t, snapshotOf(t, p), Targets, Query{})) {
			l := map[string]string{}
			for name, value := range g.Labels {
				l[string(name)] = string(value)
			}
			for _, target := range g.Targets {
				got[string(target[model.AddressLabel])+labels.FromMap(l).String()]++
			}
		}
		require.Equal(t, want, got)
	})
}

func targetText(h store.HostRow, e store.ExporterRow, l map[string]string) string {
	return net.JoinHostPort(h.Name, strconv.Itoa(e.Port)) + labels.FromMap(l).String()
}

func designedLabels(p *store.ProjectRows, e store.ExporterRow, h store.HostRow) map[string]string {
	l := map[string]string{}
	for _, users := range []store.Labels{p.ServiceLabels, p.Labels, e.Labels, h.Labels} {
		maps.Copy(l, users)
	}
	maps.Copy(l, map[string]string{
		"__shard": p.Shard, "service": p.Service, "project": p.Name, "farm": p.Farm, "__farm_source": p.FarmSource,
		"job": e.Job, "__scheme__": e.Scheme,
	})
	if e.Path != "" {
		path, params, err := store.SplitPath(e.Path)
		if err != nil {
			panic(err)
		}
		l["__metrics_path__"] = path
		for _, param := range params {
			l["__param_"+param.Name] = param.Value
		}
	}
	if e.ScrapeInterval != 0 {
		l["__scrape_interval__"] = e.ScrapeInterval.String()
	}
	if e.ScrapeTimeout != 0 {
		l["__scrape_timeout__"] = e.ScrapeTimeout.String()
	}
	if interval, err := model.ParseDuration(l["__scrape_interval__"]); err == nil {
		timeout, err := model.ParseDuration(l["__scrape_timeout__"])
		if err != nil {
			timeout, l["__scrape_timeout__"] = model.Duration(10e9), "10s"
		}
		if timeout > interval {
			l["__scrape_timeout__"] = l["__scrape_interval__"]
		}
	}
	maps.DeleteFunc(l, func(_, value string) bool { return value == "" })
	return l
}

// TestPrometheusTakesAnEmptyLabelForAnAbsentOne is why lists leave them out.
func TestPrometheusTakesAnEmptyLabelForAnAbsentOne(t *testing.T) {
	target := func(group string) string {
		groups := decodeOne(t, group)
		targets, errs := scrape.TargetsFromGroup(groups, scrapeConfig(), nil, labels.NewBuilder(labels.EmptyLabels()))
		require.Empty(t, errs)
		return targets[0].Labels(labels.NewBuilder(labels.EmptyLabels())).String() + targets[0].URL().String()
	}
	require.Equal(t,
		target(`{"targets":["a:1"],"labels":{"job":"x"}}`),
		target(`{"targets":["a:1"],"labels":{"job":"x","env":"","__param_y":"","__metrics_path__":"","__scheme__":""}}`))
}

func decodeOne(t require.TestingT, group string) *targetgroup.Group {
	var g targetgroup.Group
	require.NoError(t, json.Unmarshal([]byte(group), &g))
	return &g
}

// TestListsAreWhatEncodingJSONWrites: the bytes of the lists are those of the groups that Render returns.
func TestListsAreWhatEncodingJSONWrites(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := genProject.Draw(t, "project")
		s := snapshotOf(t, p)
		targets, urls := Render(p)
		for k, groups := range map[Kind][]Group{Targets: targets, URLs: urls} {
			if groups == nil {
				groups = []Group{}
			}
			got, want := listBody(t, s, k, Query{}), plainJSON(t, groups)
			if !strings.ContainsAny(got, "\u2028\u2029") { // encoding/json escapes these two
				require.Equal(t, want, got)
			}
			require.JSONEq(t, want, got)
		}
	})
}
