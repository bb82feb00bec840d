package snapshot

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
)

// shop is a project with one host and one exporter.
func shop() *store.ProjectRows {
	return &store.ProjectRows{
		ID: 7, Name: "shop-web", ServiceID: 3, Service: "shop", ShardID: 1, Shard: "prod",
		Farm: "web", FarmSource: "promshard",
		Hosts:     []store.HostRow{{Name: "web1"}},
		Exporters: []store.ExporterRow{{ID: 12, Job: "node", Port: 9100, Scheme: "http"}},
	}
}

// with returns a shop that is altered.
func with(alter func(p *store.ProjectRows)) *store.ProjectRows {
	p := shop()
	alter(p)
	return p
}

// onlyGroup is the one group of targets of a project.
func onlyGroup(t *testing.T, p *store.ProjectRows) Group {
	t.Helper()
	targets, _ := Render(p)
	require.Len(t, targets, 1)
	return targets[0]
}

func TestRenderLabelsOfAnExporter(t *testing.T) {
	p := shop()
	targets, urls := Render(p)
	assert.Empty(t, urls)
	assert.Equal(t, []Group{{
		Source: "exporter/12", Targets: []string{"web1:9100"},
		Labels: map[string]string{
			"__shard": "prod", "service": "shop", "project": "shop-web", "farm": "web", "__farm_source": "promshard",
			"job": "node", "__scheme__": "http",
		},
	}}, targets)
}

func TestRenderURLs(t *testing.T) {
	p := with(func(p *store.ProjectRows) {
		p.ServiceLabels = store.Labels{"team": "a", "tier": "1"}
		p.Labels = store.Labels{"team": "b"}
		p.URLs = []store.URLRow{
			{ProbeID: 3, Module: "http_2xx", URL: "https://a.example/"},
			{ProbeID: 3, Module: "http_2xx", URL: "https://b.example/"},
			{ProbeID: 5, Module: "another", URL: "https://a.example/"},
		}
	})
	_, urls := Render(p)
	labels := func(module string) map[string]string {
		return map[string]string{
			"__shard": "prod", "service": "shop", "project": "shop-web", "job": module, "__param_module": module,
			"team": "b", "tier": "1",
		}
	}
	assert.Equal(t, []Group{
		{Source: "url/7/5", Targets: []string{"https://a.example/"}, Labels: labels("another")},
		{Source: "url/7/3", Targets: []string{"https://a.example/", "https://b.example/"}, Labels: labels("http_2xx")},
	}, urls, "in the order of their labels, not of ids")
}

func TestRenderMakesNoGroupWithoutTargets(t *testing.T) {
	for name, p := range map[string]*store.ProjectRows{
		"no hosts":     with(func(p *store.ProjectRows) { p.Hosts = nil }),
		"no exporters": with(func(p *store.ProjectRows) { p.Exporters = nil }),
		"nothing":      {ID: 1, Name: "empty"},
	} {
		t.Run(name, func(t *testing.T) {
			targets, urls := Render(p)
			assert.Empty(t, targets)
			assert.Empty(t, urls)
		})
	}
}

func TestRenderLaterLabelsWin(t *testing.T) {
	p := with(func(p *store.ProjectRows) {
		p.ServiceLabels = store.Labels{"a": "service", "b": "service", "c": "service", "d": "service", "gone": "x"}
		p.Labels = store.Labels{"b": "project", "c": "project", "d": "project"}
		p.Exporters[0].Labels = store.Labels{"c": "exporter", "d": "exporter"}
		p.Hosts[0].Labels = store.Labels{"d": "host", "gone": ""}
	})
	got := onlyGroup(t, p).Labels
	assert.Equal(t, "service", got["a"])
	assert.Equal(t, "project", got["b"])
	assert.Equal(t, "exporter", got["c"])
	assert.Equal(t, "host", got["d"])
	assert.NotContains(t, got, "gone", "an empty value takes a label away")
}

func TestRenderOwnLabelsWinOverAUsers(t *testing.T) {
	own := onlyGroup(t, with(func(p *store.ProjectRows) {
		p.Exporters[0].Path = "/probe?module=icmp"
		p.Exporters[0].ScrapeInterval = model.Duration(time.Minute)
		p.Exporters[0].ScrapeTimeout = model.Duration(20 * time.Second)
	})).Labels
	users := store.Labels{}
	for name := range own {
		users[name] = "5s"
	}
	got := onlyGroup(t, with(func(p *store.ProjectRows) {
		p.Exporters[0].Path = "/probe?module=icmp"
		p.Exporters[0].ScrapeInterval = model.Duration(time.Minute)
		p.Exporters[0].ScrapeTimeout = model.Duration(20 * time.Second)
		p.ServiceLabels, p.Labels, p.Exporters[0].Labels, p.Hosts[0].Labels = users, users, users, users
	})).Labels
	assert.Equal(t, own, got)
}

func TestRenderPath(t *testing.T) {
	for _, test := range []struct {
		name, path string
		want       map[string]string
	}{
		{"none", "", map[string]string{}},
		{"plain", "/actuator/prometheus", map[string]string{"__metrics_path__": "/actuator/prometheus"}},
		{"with parameters", "/probe?module=icmp&target=a%2Fb+c", map[string]string{
			"__metrics_path__": "/probe", "__param_module": "icmp", "__param_target": "a/b c",
		}},
		{"one that the store refuses", "/federate?match[]=up", map[string]string{"__metrics_path__": "/federate"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := onlyGroup(t, with(func(p *store.ProjectRows) { p.Exporters[0].Path = test.path })).Labels
			maps.DeleteFunc(got, func(name, _ string) bool {
				return name != "__metrics_path__" && !strings.HasPrefix(name, "__param_")
			})
			assert.Equal(t, test.want, got)
		})
	}
}

func FuzzRenderPath(f *testing.F) {
	for _, seed := range []string{"", "/", "/m?a=1&b=%20x", "/m?a=1&a=2", "/m?match[]=up", "?", "/%zz?a=%zz", "/m?a=b;c=d"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		got := onlyGroup(t, with(func(p *store.ProjectRows) { p.Exporters[0].Path = path })).Labels
		before, query, _ := strings.Cut(path, "?")
		require.Equal(t, before, got["__metrics_path__"])
		params := url.Values{}
		for name, value := range got {
			require.True(t, model.LegacyValidation.IsValidLabelName(name), name)
			if param, ok := strings.CutPrefix(name, "__param_"); ok {
				params.Set(param, value)
			}
		}
		want, err := url.ParseQuery(query)
		if _, _, refused := store.SplitPath(path); refused != nil {
			require.Empty(t, params)
			return
		}
		require.NoError(t, err)
		require.Equal(t, want, params, "what a browser would send, and nothing else")
	})
}

func TestRenderAddresses(t *testing.T) {
	p := with(func(p *store.ProjectRows) {
		p.Hosts = []store.HostRow{{Name: "10.0.0.1"}, {Name: "2001:db8::1"}, {Name: "::1"}, {Name: "web1.example.net"}}
	})
	assert.Equal(t, []string{"10.0.0.1:9100", "[2001:db8::1]:9100", "[::1]:9100", "web1.example.net:9100"}, onlyGroup(t, p).Targets)
}

func TestRenderScrapeTimes(t *testing.T) {
	const interval, timeout = "__scrape_interval__", "__scrape_timeout__"
	for _, test := range []struct {
		name              string
		labels            [4]store.Labels // of service, project, exporter, host
		every, within     time.Duration   // the exporter's own fields
		interval, timeout string
	}{
		{name: "left to Prometheus"},
		{name: "a long interval keeps Prometheus's default timeout", every: time.Minute, interval: "1m", timeout: "10s"},
		{name: "a short interval is the timeout as well", every: 5 * time.Second, interval: "5s", timeout: "5s"},
		{name: "both", every: time.Minute, within: 30 * time.Second, interval: "1m", timeout: "30s"},
		{
			name: "a label, as it was written", labels: [4]store.Labels{{interval: "60s"}},
			interval: "60s", timeout: "10s",
		},
		{
			name:     "a host's shorter interval cuts the timeout of its service",
			labels:   [4]store.Labels{{interval: "60s", timeout: "45s"}, nil, nil, {interval: "15s"}},
			interval: "15s", timeout: "15s",
		},
		{
			name: "the exporter's fields win", labels: [4]store.Labels{nil, nil, nil, {interval: "15s", timeout: "15s"}},
			every: 2 * time.Minute, interval: "2m", timeout: "15s",
		},
		{name: "a timeout alone goes", labels: [4]store.Labels{{timeout: "5s"}}},
		{name: "an interval that Prometheus refuses goes", labels: [4]store.Labels{{interval: "soon", timeout: "5s"}}},
		{name: "an interval of zero goes", labels: [4]store.Labels{{interval: "0s"}}},
		{
			name: "a timeout that Prometheus refuses is passed over", labels: [4]store.Labels{{interval: "30s", timeout: "0"}},
			interval: "30s", timeout: "10s",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := onlyGroup(t, with(func(p *store.ProjectRows) {
				e := &p.Exporters[0]
				p.ServiceLabels, p.Labels, e.Labels, p.Hosts[0].Labels = test.labels[0], test.labels[1], test.labels[2], test.labels[3]
				e.ScrapeInterval, e.ScrapeTimeout = model.Duration(test.every), model.Duration(test.within)
			})).Labels
			assert.Equal(t, test.interval, got[interval])
			assert.Equal(t, test.timeout, got[timeout])
		})
	}
}

func TestRenderSplitsHostsByTheirLabels(t *testing.T) {
	p := with(func(p *store.ProjectRows) {
		p.Hosts = []store.HostRow{
			{Name: "a"},
			{Name: "b", Labels: store.Labels{"rack": "2", "row": "x"}},
			{Name: "c", Labels: store.Labels{}},
			{Name: "d", Labels: store.Labels{"row": "x", "rack": "2"}},
			{Name: "e", Labels: store.Labels{"rack": "1"}},
		}
	})
	targets, _ := Render(p)
	got := map[string][]string{}
	for _, g := range targets {
		got[g.Labels["rack"]+g.Labels["row"]] = g.Targets
	}
	assert.Equal(t, map[string][]string{"": {"a:9100", "c:9100"}, "2x": {"b:9100", "d:9100"}, "1": {"e:9100"}}, got)

	sources := sourcesOf(targets)
	assert.Contains(t, sources, "exporter/12")
	for _, source := range sources {
		assert.Regexp(t, `^exporter/12(/[0-9a-f]{16})?$`, source)
	}
	assert.Len(t, slices.Compact(slices.Sorted(slices.Values(sources))), 3, "sources differ")

	p.Hosts = append(p.Hosts[:1], p.Hosts[2:]...)
	fewer, _ := Render(p)
	assert.ElementsMatch(t, sources, sourcesOf(fewer), "a host that goes does not rename the group of another")
}

func sourcesOf(groups []Group) []string {
	var sources []string
	for _, g := range groups {
		sources = append(sources, g.Source)
	}
	return sources
}

func TestRenderOrdersByContentNotByID(t *testing.T) {
	exporters := []store.ExporterRow{
		{Job: "node", Port: 9100, Scheme: "http"},
		{Job: "node", Port: 9200, Scheme: "http"},
		{Job: "app", Port: 8080, Scheme: "https", Path: "/m"},
	}
	ordered := func(ids ...int64) []Group {
		p := with(func(p *store.ProjectRows) {
			p.Exporters = slices.Clone(exporters)
			for i, id := range ids {
				p.Exporters[i].ID = id
			}
			slices.SortFunc(p.Exporters, func(a, b store.ExporterRow) int { return int(a.ID - b.ID) })
		})
		targets, _ := Render(p)
		for i := range targets {
			targets[i].Source = ""
		}
		return targets
	}
	assert.Equal(t, ordered(1, 2, 3), ordered(3, 2, 1))
	assert.Equal(t, ordered(1, 2, 3), ordered(2, 3, 1))
}
