//go:build e2e && linux

package e2e

import (
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// shards are those of the fleet. Their names need quoting in URLs, in YAML and in relabelling.
var shards = []string{"alpha", "大阪", "gamma ray"}

// fleet is what the tests register through the command line: a handful of targets on three shards, on ports of this
// machine that nothing listens on, but for one that answers.
type fleet struct {
	database string
	// later are hosts that were added to the project live.
	later []string
	// live is the address of the exporter that answers.
	live string
}

// newFleet registers the fleet, and each server to its shard.
func newFleet(t *testing.T, database string, servers []*prometheus) *fleet {
	t.Helper()
	exporter := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "live 1")
	}))
	t.Cleanup(exporter.Close)
	f := &fleet{database: database, live: strings.TrimPrefix(exporter.URL, "http://")}
	for _, p := range servers {
		host, port, err := net.SplitHostPort(p.address)
		require.NoError(t, err)
		f.run(t, "register-server", p.shard, host, port)
	}
	f.registerPayments(t)
	f.registerSearch(t)
	f.registerTiles(t)
	return f
}

// run runs one command.
func (f *fleet) run(t *testing.T, args ...string) {
	t.Helper()
	promshard(t, f.database, args...)
}

// registerPayments puts a project with every kind of label on alpha, and one under maintenance.
func (f *fleet) registerPayments(t *testing.T) {
	t.Helper()
	f.run(t, "service", "add", "決済", "--label=team=支払", "--label=tier=silver")
	f.run(t, "project", "add", "決済 API", "--service=決済", "--shard=alpha", "--label=tier=gold")
	f.run(t, "register-host", "決済 API", "127.0.0.1")
	f.run(t, "host", "add", "決済 API", "::1", `--label=rack=A "1" \ 東`)
	f.run(t, "host", "add", "決済 API", "127.0.0.9", "--no-enabled")
	f.run(t, "register-job", "決済 API", "node", "9", "--enabled")
	f.run(t, "register-job", "決済 API", "node-later", "11")
	f.run(t, "exporter", "add", "決済 API", "app", "7", "/app/metrics?module=%E6%9D%B1+%26", "--scheme=https",
		"--scrape-interval=30s", "--scrape-timeout=5s", "--label=tier=bronze")

	f.run(t, "project", "add", "live", "--service=決済", "--shard=alpha")
	host, port, err := net.SplitHostPort(f.live)
	require.NoError(t, err)
	f.run(t, "host", "add", "live", host)
	f.run(t, "exporter", "add", "live", "live", port, "--scrape-interval=5s")

	f.run(t, "project", "add", "old", "--service=決済", "--shard=alpha", "--no-enabled")
	f.run(t, "register-host", "old", "127.0.0.1")
	f.run(t, "register-job", "old", "node", "9", "--enabled")
}

// registerSearch puts a project on the second shard.
func (f *fleet) registerSearch(t *testing.T) {
	t.Helper()
	f.run(t, "service", "add", "search")
	f.run(t, "project", "add", "検索", "--service=search", "--shard=大阪")
	for _, host := range []string{"127.0.0.2", "127.0.0.3"} {
		f.run(t, "register-host", "検索", host)
	}
	f.run(t, "register-job", "検索", "node", "9", "--enabled")
}

// registerTiles puts a project with URLs on the third shard.
func (f *fleet) registerTiles(t *testing.T) {
	t.Helper()
	f.run(t, "service", "add", "maps")
	f.run(t, "project", "add", "tiles", "--service=maps", "--shard=gamma ray")
	f.run(t, "register-host", "tiles", "127.0.0.4")
	f.run(t, "register-job", "tiles", "node", "9", "--enabled")
	f.run(t, "probe", "add", "http_2xx")
	f.run(t, "url", "add", "tiles", "http_2xx", "http://127.0.0.4:9/地図?q=1")
}

// targets returns the labels that Prometheus must discover for the targets of the shard.
func (f *fleet) targets(shard string) []labels {
	switch shard {
	case "alpha":
		api := node(labels{"__shard": shard, "service": "決済", "project": "決済 API", "farm": "決済 API", "team": "支払", "tier": "gold"})
		app := api.with(labels{
			"job": "app", "__scheme__": "https", "__metrics_path__": "/app/metrics", "__param_module": "東 &", "tier": "bronze",
			"__scrape_interval__": "30s", "__scrape_timeout__": "5s",
		})
		rack := labels{"rack": `A "1" \ 東`}
		return []labels{
			api.at("127.0.0.1:9"), api.at("[::1]:9").with(rack),
			app.at("127.0.0.1:7"), app.at("[::1]:7").with(rack),
			api.at(f.live).with(labels{
				"project": "live", "farm": "live", "job": "live", "tier": "silver",
				"__scrape_interval__": "5s", "__scrape_timeout__": "5s",
			}),
		}
	case "大阪":
		search := node(labels{"__shard": shard, "service": "search", "project": "検索", "farm": "検索"})
		return []labels{search.at("127.0.0.2:9"), search.at("127.0.0.3:9")}
	default:
		return []labels{node(labels{"__shard": shard, "service": "maps", "project": "tiles", "farm": "tiles"}).at("127.0.0.4:9")}
	}
}

// urls returns the labels that Prometheus must discover for the URLs of the shard.
func (f *fleet) urls(shard string) []labels {
	if shard != "gamma ray" {
		return nil
	}
	return []labels{{
		"__address__": "http://127.0.0.4:9/地図?q=1", "__shard": shard, "service": "maps", "project": "tiles",
		"job": "http_2xx", "__param_module": "http_2xx",
		"__scheme__": "http", "__metrics_path__": "/metrics", "__scrape_interval__": "1h", "__scrape_timeout__": "10s",
	}}
}

// node returns the labels of a target of job node, with Prometheus's own defaults, and these.
func node(own labels) labels {
	return labels{
		"job": "node", "__farm_source": "promshard", "__scheme__": "http",
		"__metrics_path__": "/metrics", "__scrape_interval__": "1h", "__scrape_timeout__": "10s",
	}.with(own)
}

// with returns a copy with the others put over it.
func (l labels) with(others labels) labels {
	merged := maps.Clone(l)
	maps.Copy(merged, others)
	return merged
}

func (l labels) at(address string) labels { return l.with(labels{"__address__": address}) }

const (
	// prober stands for a blackbox_exporter.
	prober = "127.0.0.1:9"
	// probeRelabelling is what the scrape config of a blackbox_exporter does with a list of URLs.
	probeRelabelling = `[{source_labels: [__address__], target_label: __param_target},` +
		` {source_labels: [__param_target], target_label: instance}, {target_label: __address__, replacement: "` + prober + `"}]`
)

// jobsOf returns the scrape configs of a server: its shard's list from the first replica, the same by the server's own
// address from the last one, the same out of the list of everything, and its URLs.
func jobsOf(p *prometheus, replicas []*replica) []job {
	first, last := replicas[0], replicas[len(replicas)-1]
	return []job{
		{name: "shard", url: first.list("/sd/targets", url.Values{"shard": {p.shard}})},
		{name: "server", url: last.list("/sd/targets", url.Values{"server": {p.address}})},
		{
			name: "keep", url: first.list("/sd/targets", nil),
			relabel: fmt.Sprintf("[{source_labels: [__shard], regex: %q, action: keep}]", p.shard),
		},
		{name: "urls", url: last.list("/sd/urls", url.Values{"shard": {p.shard}}), relabel: probeRelabelling},
	}
}
