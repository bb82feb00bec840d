package promtest

import (
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/promshard/promshard/httpsd"
	"github.com/promshard/promshard/store"
)

// What Prometheus is to make of the inventory of fill: the URL it scrapes, and the labels that remain.
var (
	prodTargets = map[string]string{
		"http://web1:9100/metrics":                              `{farm="shop", instance="web1:9100", job="node", project="shop", rack="r1", service="web", team="project", tier="front"}`,
		"http://[2001:db8::1]:9100/metrics":                     `{farm="shop", instance="[2001:db8::1]:9100", job="node", project="shop", service="web", team="project", tier="front"}`,
		"https://web1:8443/probe?module=icmp&name=a+b":          `{farm="shop", instance="web1:8443", job="app", project="shop", rack="r1", service="web", team="exporter", tier="front"}`,
		"https://[2001:db8::1]:8443/probe?module=icmp&name=a+b": `{farm="shop", instance="[2001:db8::1]:8443", job="app", project="shop", service="web", team="exporter", tier="front"}`,
	}
	devTargets = map[string]string{
		"http://dev1:9100/metrics": `{farm="shop dev", instance="dev1:9100", job="node", project="shop dev", service="web", team="project", tier="front"}`,
	}
	hostileTargets = map[string]string{
		"http://192.0.2.7:9100/metrics": `{farm="店/b", instance="192.0.2.7:9100", job="node", project="店/b", service="web", team="project", tier="front"}`,
	}
)

// How long to wait for what must come, and how often to look.
const (
	waitMost = 20 * time.Second
	waitStep = 5 * time.Millisecond
)

// with returns targets and one more.
func with(targets map[string]string, url, labels string) map[string]string {
	more := maps.Clone(targets)
	more[url] = labels
	return more
}

func union(sets ...map[string]string) map[string]string {
	all := map[string]string{}
	for _, set := range sets {
		maps.Copy(all, set)
	}
	return all
}

func TestTargetsArriveAsDesigned(t *testing.T) {
	p := startPromshard(t)
	keep := func(shard string) string {
		return "    relabel_configs: [{source_labels: [__shard], regex: " + yamlQuote(regexp.QuoteMeta(shard)) + ", action: keep}]"
	}
	prometheus := startPrometheus(t, "scrape_configs:"+
		job("by-shard", p.url+"/sd/targets?shard=prod", "")+
		job("by-server", p.url+"/sd/targets?server=prometheus001%3A9091", "")+
		job("by-hostile-shard", p.url+"/sd/targets?shard="+url.QueryEscape(hostileShard), "")+
		job("everything", p.url+"/sd/targets", "")+
		job("promgen", p.url+"/api/v1/targets/", "")+
		job("kept", p.url+"/sd/targets", keep("prod"))+
		job("hostile-kept", p.url+"/sd/targets", keep(hostileShard))+
		job("urls", p.url+"/sd/urls?shard=prod", `
    metrics_path: /probe
    relabel_configs:
      - {source_labels: [__address__], target_label: __param_target}
      - {source_labels: [__param_target], target_label: instance}
      - {target_label: __address__, replacement: "blackbox:9115"}
`))
	for name, want := range map[string]map[string]string{
		"by-shard":         prodTargets,
		"by-server":        devTargets,
		"by-hostile-shard": hostileTargets,
		"everything":       union(prodTargets, devTargets, hostileTargets),
		"promgen":          union(prodTargets, devTargets, hostileTargets),
		"kept":             prodTargets,
		"hostile-kept":     hostileTargets,
		"urls": {
			"http://blackbox:9115/probe?module=http_2xx&target=https%3A%2F%2Fshop.example%2F%3Fa%3Db%26c%3Dd": `{instance="https://shop.example/?a=b&c=d", job="http_2xx", project="shop", service="web", team="project", tier="front"}`,
		},
	} {
		t.Run(name, func(t *testing.T) { prometheus.waitFor(t, name, want) })
	}
	t.Run("the interval of an exporter is what it is scraped at", func(t *testing.T) {
		for _, target := range prometheus.scrape.TargetsActive()["by-shard"] {
			if target.GetValue("job") == "app" {
				assert.Equal(t, "20s", target.GetValue("__scrape_interval__"))
				assert.Equal(t, "10s", target.GetValue("__scrape_timeout__"))
			}
		}
	})
	t.Run("nothing is dropped but what relabelling drops", func(t *testing.T) {
		for name, dropped := range prometheus.scrape.TargetsDroppedCounts() {
			if !strings.HasSuffix(name, "kept") {
				assert.Zero(t, dropped, name)
			}
		}
	})
	assert.Zero(t, prometheus.failures(t))
}

// yamlQuote quotes for YAML's single quotes.
func yamlQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func TestChangesArrive(t *testing.T) {
	p := startPromshard(t)
	prometheus := startPrometheus(t, "scrape_configs:"+job("prod", p.url+"/sd/targets?shard=prod", ""))
	prometheus.waitFor(t, "prod", prodTargets)

	host, created, err := p.store.RegisterHost(t.Context(), "shop dev", "dev2")
	require.NoError(t, err)
	require.True(t, created)
	_, _, err = p.store.RegisterHost(t.Context(), "shop", "web3")
	require.NoError(t, err)
	grown := union(
		with(prodTargets, "http://web3:9100/metrics", `{farm="shop", instance="web3:9100", job="node", project="shop", service="web", team="project", tier="front"}`),
		with(prodTargets, "https://web3:8443/probe?module=icmp&name=a+b", `{farm="shop", instance="web3:8443", job="app", project="shop", service="web", team="exporter", tier="front"}`),
	)
	prometheus.waitFor(t, "prod", grown)

	require.NoError(t, p.store.DeleteHost(t.Context(), host.ID, store.DeleteOptions{}))
	web3, err := p.store.Hosts(t.Context(), store.HostFilter{Name: "web3"})
	require.NoError(t, err)
	require.Len(t, web3, 1)
	disabled := false
	_, err = p.store.UpdateHost(t.Context(), web3[0].ID, store.HostUpdate{Enabled: &disabled})
	require.NoError(t, err)
	prometheus.waitFor(t, "prod", prodTargets)
	assert.Zero(t, prometheus.failures(t))
}

func TestFailuresTakeNothingAway(t *testing.T) {
	p := startPromshard(t)
	prometheus := startPrometheus(t, "scrape_configs:"+job("prod", p.url+"/sd/targets?shard=prod", ""))
	prometheus.waitFor(t, "prod", prodTargets)
	notLoaded := httpsd.New(httpsd.Options{Publisher: httpsd.NewPublisher(httpsd.PublisherOptions{Source: p.store})})
	for name, broken := range map[string]http.Handler{
		"503 of a promshard that has loaded nothing": notLoaded,
		"404 of a shard that is unknown": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.URL.RawQuery = "shard=gone"
			p.healthy.ServeHTTP(w, r)
		}),
		"400 of a filter that is unknown": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.URL.RawQuery = "shrad=prod"
			p.healthy.ServeHTTP(w, r)
		}),
		"an answer that is cut off": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			p.healthy.ServeHTTP(&cutWriter{ResponseWriter: w, left: 200}, r)
		}),
		"a connection that is closed": http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }),
	} {
		t.Run(name, func(t *testing.T) {
			p.serve(broken)
			prometheus.waitForFailures(t)
			assert.Equal(t, prodTargets, prometheus.active("prod"))
		})
	}
	p.serve(p.healthy)
	_, _, err := p.store.RegisterHost(t.Context(), "shop", "back")
	require.NoError(t, err)
	require.Eventually(t, func() bool { return len(prometheus.active("prod")) == len(prodTargets)+2 }, waitMost, waitStep)
}

// cutWriter fails once some bytes are written, as a connection that dies does.
type cutWriter struct {
	http.ResponseWriter
	left int
}

func (w *cutWriter) Write(b []byte) (int, error) {
	if len(b) <= w.left {
		w.left -= len(b)
		return w.ResponseWriter.Write(b)
	}
	n, _ := w.ResponseWriter.Write(b[:w.left])
	w.left = 0
	return n, io.ErrClosedPipe
}

// TestLandingPageSnippets pastes every snippet of the landing page into a Prometheus.
func TestLandingPageSnippets(t *testing.T) {
	p := startPromshard(t)
	page := fetch(t, p.url+"/")
	var found []string
	for _, snippet := range preformatted(t, page) {
		prometheus := startPrometheus(t, strings.Replace(snippet, "refresh_interval: 30s", "refresh_interval: 100ms", 1))
		require.Eventually(t, func() bool { return len(prometheus.scrape.TargetsAll()) > 0 && len(allActive(prometheus)) > 0 }, waitMost, waitStep, snippet)
		found = append(found, allActive(prometheus)...)
	}
	// Each shard's targets twice: by its own list, and by keeping its part of the whole; and the one URL.
	assert.Len(t, found, 2*(len(prodTargets)+len(devTargets)+len(hostileTargets))+1)
}

func allActive(p *prom) []string {
	var urls []string
	for name := range p.scrape.TargetsActive() {
		for u := range p.active(name) {
			urls = append(urls, u)
		}
	}
	return urls
}

func fetch(t *testing.T, address string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	require.NoError(t, err)
	client := &http.Client{}
	defer client.CloseIdleConnections()
	res, err := client.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return string(body)
}

// preformatted returns the text of every <pre> of a page.
func preformatted(t *testing.T, page string) []string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	require.NoError(t, err)
	var found []string
	for node := range root.Descendants() {
		if node.Type == html.ElementNode && node.Data == "pre" {
			found = append(found, node.FirstChild.Data)
		}
	}
	return found
}
