package compare

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// configuration is as /api/v1/status/config tells it.
const configuration = `
global:
  scrape_interval: 1m
scrape_configs:
- job_name: promshard
  scrape_interval: 1m
  scrape_timeout: 10s
  metrics_path: /metrics
  scheme: http
  http_sd_configs:
  - follow_redirects: true
    url: http://promshard.example:9780/sd/targets?shard=prod
- job_name: probes
  params:
    module:
    - http_2xx
  scrape_interval: 5m
  scrape_timeout: 10s
  metrics_path: /probe
  scheme: https
`

// activeTarget is one of a Prometheus 3.
const activeTarget = `{"discoveredLabels":{"__address__":"web1.example:9100","__meta_url":"http://promshard.example:9780/","__metrics_path__":"/metrics",
"__scheme__":"http","__scrape_interval__":"1m","__scrape_native_histograms__":"false","__scrape_timeout__":"10s","job":"node","service":"shop"},
"labels":{"instance":"web1.example:9100","job":"node"},"scrapePool":"promshard","scrapeUrl":"http://web1.example:9100/metrics","globalUrl":"",
"lastError":"","lastScrape":"2026-11-28T00:00:00Z","lastScrapeDuration":0.1,"health":"up","scrapeInterval":"1m","scrapeTimeout":"10s"}`

func pools(t testing.TB) Pools {
	t.Helper()
	p, err := ReadPools(configuration)
	require.NoError(t, err)
	return p
}

// read returns all groups, and the error that ended them.
func read(answer string, o PrometheusOptions) (groups []Group, err error) {
	for g, err := range Prometheus(strings.NewReader(answer), o) {
		if err != nil {
			return groups, err
		}
		groups = append(groups, g)
	}
	return groups, nil
}

func TestPoolsAreTheDefaultsOfScrapeConfigs(t *testing.T) {
	p := pools(t)
	assert.Equal(t, map[string]string{
		"job": "probes", "__scheme__": "https", "__metrics_path__": "/probe", "__scrape_interval__": "5m",
		"__scrape_timeout__": "10s", "__param_module": "http_2xx",
	}, p["probes"])
	assert.Len(t, p, 2)
	_, err := ReadPools("scrape_configs: 1")
	require.Error(t, err)
}

func TestWhatPrometheusAddsIsKnown(t *testing.T) {
	groups, err := read(`{"status":"success","data":{"activeTargets":[`+activeTarget+`],"droppedTargets":[],"droppedTargetCounts":{"a":1}}}`,
		PrometheusOptions{Pools: pools(t)})
	require.NoError(t, err)
	require.Len(t, groups, 1)
	assert.Equal(t, []string{"web1.example:9100"}, groups[0].Targets)
	assert.NotContains(t, groups[0].Labels, "__address__")
	assert.Equal(t, map[string]bool{
		"__meta_url": true, "__metrics_path__": true, "__scheme__": true, "__scrape_interval__": true,
		"__scrape_native_histograms__": true, "__scrape_timeout__": true, "job": false, "service": false,
	}, groups[0].Added)
	assert.True(t, ptr(mustCompare(t, groups, []Group{{
		Targets: []string{"web1.example:9100"}, Labels: labelMap{"job": "node", "service": "shop", "__scheme__": "http"},
	}}, Options{})).Same())
}

func TestDroppedTargetsOfAnOlderPrometheusHaveNoPool(t *testing.T) {
	const answer = `{"status":"success","data":{"activeTargets":null,"droppedTargets":[
		{"discoveredLabels":{"__address__":"a:1","job":"probes","__scheme__":"https","__metrics_path__":"/m"}}]}}`
	groups, err := read(answer, PrometheusOptions{Pools: pools(t)})
	require.NoError(t, err)
	assert.Equal(t, map[string]bool{"job": true, "__scheme__": true, "__metrics_path__": false}, groups[0].Added)
	_, err = read(answer, PrometheusOptions{Pools: pools(t), Only: []string{"probes"}})
	require.ErrorContains(t, err, "does not say which scrape pool")
}

func TestOtherPoolsAreLeftOut(t *testing.T) {
	answer := `{"data":{"activeTargets":[` + activeTarget + `,` + strings.ReplaceAll(activeTarget, `"scrapePool":"promshard"`, `"scrapePool":"probes"`) + `]}}`
	groups, err := read(answer, PrometheusOptions{Pools: pools(t), Only: []string{"probes"}})
	require.NoError(t, err)
	assert.Len(t, groups, 1)
}

func TestAnswersThatAreNoTargetsAreErrors(t *testing.T) {
	for answer, want := range map[string]string{
		``:                                   "the answer ends before its time",
		`[]`:                                 "expected {",
		`{}`:                                 "no list of targets",
		`{"status":"error","errorType":"x"}`: `its status is "error"`,
		`{"data":{"activeTargets":[` + activeTarget:                                  "the answer ends before its time",
		`{"data":{"activeTargets":[]}} {}`:                                           "something follows",
		`{"data":{"activeTargets":{}}}`:                                              "activeTargets is not a list",
		`{"data":{"activeTargets":[{}]}}`:                                            "has no address",
		`{"data":{"activeTargets":[1]}}`:                                             "cannot unmarshal",
		`{"data":{"activeTargets":[{"discoveredLabels":{"__address__":"a:1"}}],"a":`: "the answer ends before its time",
	} {
		t.Run(answer, func(t *testing.T) {
			_, err := read(answer, PrometheusOptions{})
			require.ErrorContains(t, err, "decoding its targets: ")
			assert.ErrorContains(t, err, want)
		})
	}
	broken := errors.New("the line is cut")
	for _, err := range Prometheus(iotest.ErrReader(broken), PrometheusOptions{}) {
		require.ErrorIs(t, err, broken)
	}
}

func TestReadingStopsWhenNobodyWantsMore(t *testing.T) {
	n := 0
	for _, err := range Prometheus(strings.NewReader(`{"data":{"activeTargets":[`+activeTarget+`,broken`), PrometheusOptions{}) {
		require.NoError(t, err)
		n++
		break
	}
	assert.Equal(t, 1, n)
}

// FuzzPrometheus holds the reader against encoding/json, which reads an answer whole.
func FuzzPrometheus(f *testing.F) {
	f.Add(`{"status":"success","data":{"activeTargets":[` + activeTarget + `],"droppedTargets":[]}}`)
	for _, seed := range []string{
		`{"data":{"droppedTargets":[{"discoveredLabels":{"__address__":"a:1","a":""}}],"activeTargets":null}}`,
		`{"data":{"activeTargets":[{"discoveredLabels":{"__address__":"a:1"}},{"discoveredLabels":{"__address__":"b:1"}}]},"data":{}}`,
		`{"data":null}`, `{"data":{"activeTargets":[],"activeTargets":[]}}`, `{"status":1}`, `{"a":{"b":[1,{}]}}`, "",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, answer string) {
		groups, err := read(answer, PrometheusOptions{})
		if err != nil {
			return
		}
		if !json.Valid([]byte(answer)) {
			t.Fatalf("%q is accepted and is no JSON", answer)
		}
		listed := strings.Count(answer, `"__address__"`) + strings.Count(answer, `\u`)
		for _, g := range groups {
			if len(g.Targets) != 1 || g.Targets[0] == "" {
				t.Fatalf("%q has a target without an address: %v", answer, g)
			}
			if g.Labels["__address__"] != "" {
				t.Fatalf("%q: the address is a label: %v", answer, g)
			}
		}
		if len(groups) > listed {
			t.Fatalf("%q has %d targets", answer, len(groups))
		}
	})
}

// BenchmarkPrometheus reads the answer of a Prometheus with 10,000 targets.
func BenchmarkPrometheus(b *testing.B) {
	answer := `{"status":"success","data":{"activeTargets":[` + strings.Repeat(activeTarget+",", 9_999) + activeTarget + `],"droppedTargets":[]}}`
	o := PrometheusOptions{Pools: pools(b)}
	b.SetBytes(int64(len(answer)))
	b.ReportAllocs()
	for b.Loop() {
		r, err := Compare(Prometheus(strings.NewReader(answer), o), each(nil), Options{Limit: 1})
		require.NoError(b, err)
		require.Equal(b, 9_999, r.There.Repeated+r.Here.Repeated)
	}
}
