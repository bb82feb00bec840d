package discovery

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/discovery/targetgroup"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/httpsd"
	"github.com/promshard/promshard/httpsd/wire"
	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

// job is a scrape configuration named promshard with one entry, and more settings of the job. Changes go out at once
// unless the entry says otherwise.
func job(entry, more string) string {
	return namedJob("promshard", entry, more)
}

func namedJob(name, entry, more string) string {
	if !strings.Contains(entry, "coalesce_interval") {
		entry += ", coalesce_interval: 0"
	}
	return fmt.Sprintf("\n  - job_name: %s\n    promshard_sd_configs: [{%s}]\n%s", name, entry, more)
}

const jobs = "scrape_configs:"

// of is an entry's servers.
func of(servers ...*promshard) string {
	urls := make([]string, 0, len(servers))
	for _, s := range servers {
		urls = append(urls, fmt.Sprintf("%q", s.url))
	}
	return "servers: [" + strings.Join(urls, ", ") + "]"
}

// node is the target of a host of the project shop or shop-dev.
func node(hosts ...string) map[string]string {
	targets := map[string]string{}
	for _, host := range hosts {
		project := "shop"
		if strings.HasPrefix(host, "dev") {
			project = "shop-dev"
		}
		targets["http://"+host+":9100/metrics"] = fmt.Sprintf(`{farm=%q, instance="%s:9100", job="node", project=%q, service="web"}`, project, host, project)
	}
	return targets
}

func TestTargetsComeAndGo(t *testing.T) {
	s := filledStore(t)
	server := startPromshard(t, s)
	p := startPrometheus(t, jobs+
		namedJob("prod", of(server)+", shard: prod", "")+
		namedJob("everything", of(server), "")+
		namedJob("by-server", of(server)+`, server: "prometheus001:9091"`, "")+
		namedJob("filtered", of(server)+`, project: [shop-dev, shop], job: [node], service: [web], farm: [shop]`, "")+
		namedJob("none", of(server)+", job: [unheard-of]", "")+
		namedJob("urls", of(server)+", kind: urls", `
    metrics_path: /probe
    relabel_configs:
      - {source_labels: [__address__], target_label: __param_target}
      - {source_labels: [__param_target], target_label: instance}
      - {target_label: __address__, replacement: "blackbox:9115"}
      - {regex: __meta_promshard_(.*), action: labelmap}
`))
	t.Run("as the filters say", func(t *testing.T) {
		p.waitFor(t, "prod", node("web1"))
		p.waitFor(t, "everything", node("web1", "dev1"))
		p.waitFor(t, "by-server", node("dev1"))
		p.waitFor(t, "filtered", node("web1"))
		p.waitFor(t, "urls", map[string]string{
			"http://blackbox:9115/probe?module=http_2xx&target=https%3A%2F%2Fshop.example%2F%3Fa%3Db": `{instance="https://shop.example/?a=b", job="http_2xx", ` +
				`kind="urls", probe_id="1", project="shop", project_id="1", service="web", source="url/1/1"}`,
		})
	})
	t.Run("a set that is empty is sent too", func(t *testing.T) {
		p.waitForMetric(t, "full_sets_total none", 1)
		require.Empty(t, p.active("none"))
	})
	t.Run("a host that is registered", func(t *testing.T) {
		registerHost(t, s, "shop", "web2")
		p.waitFor(t, "prod", node("web1", "web2"))
		p.waitFor(t, "everything", node("web1", "web2", "dev1"))
	})
	t.Run("an exporter that comes and goes", func(t *testing.T) {
		e := createExporter(t, s, "shop", "app", 8080)
		require.Eventually(t, func() bool { return len(p.active("prod")) == 4 }, waitMost, waitStep)
		require.NoError(t, s.DeleteExporter(t.Context(), e.ID, store.DeleteOptions{}))
		p.waitFor(t, "prod", node("web1", "web2"))
	})
	t.Run("the last host that goes", func(t *testing.T) {
		hosts, err := s.Hosts(t.Context(), store.HostFilter{Name: "dev1"})
		require.NoError(t, err)
		require.Len(t, hosts, 1)
		require.NoError(t, s.DeleteHost(t.Context(), hosts[0].ID, store.DeleteOptions{}))
		p.waitFor(t, "by-server", map[string]string{})
		p.waitFor(t, "everything", node("web1", "web2"))
	})
	require.Zero(t, p.metric(t, "failures_total prod"))
	require.Equal(t, 1.0, p.metric(t, "full_sets_total prod"), "all that followed were deltas")
}

func TestMetaLabels(t *testing.T) {
	s := filledStore(t)
	p := startPrometheus(t, jobs+job(of(startPromshard(t, s))+", shard: prod",
		"    relabel_configs: [{regex: __meta_promshard_(.*), action: labelmap}]"))
	p.waitFor(t, "promshard", map[string]string{
		"http://web1:9100/metrics": `{exporter_id="1", farm="shop", farm_source="promshard", instance="web1:9100", job="node", ` +
			`kind="targets", project="shop", project_id="1", service="web", source="exporter/1"}`,
	})
}

func TestServerDiesAndComesBack(t *testing.T) {
	s := filledStore(t)
	server := startPromshard(t, s)
	p := startPrometheus(t, jobs+job(of(server)+", shard: prod", ""))
	p.waitFor(t, "promshard", node("web1"))
	p.waitForMetric(t, "connected promshard", 1)

	server.die()
	p.waitForMetric(t, "connected promshard", 0)
	registerHost(t, s, "shop", "web2")
	require.Eventually(t, func() bool { return p.metric(t, "failures_total promshard") > 1 }, waitMost, waitStep)
	require.Equal(t, node("web1"), p.active("promshard"), "targets stay while nobody answers")

	server.comeBack(t)
	p.waitFor(t, "promshard", node("web1", "web2"))
	p.waitForMetric(t, "connected promshard", 1)
	require.Equal(t, 1.0, p.metric(t, "reconnects_total promshard"))
	require.Equal(t, 1.0, p.metric(t, "full_sets_total promshard"), "it resumes where it was")
}

func TestReplicaTakesOver(t *testing.T) {
	databaseURL := storetest.SQLiteURL(t)
	s := storetest.Open(t, databaseURL)
	fill(t, s)
	one, two := startPromshard(t, s), startPromshard(t, storetest.Open(t, databaseURL))
	p := startPrometheus(t, jobs+job(of(one, two)+", shard: prod", ""))
	p.waitFor(t, "promshard", node("web1"))
	p.waitForMetric(t, "connected promshard", 1)
	require.EqualValues(t, 1, one.watches.Load())
	require.Zero(t, two.watches.Load(), "one stream is enough")

	one.die()
	registerHost(t, two.store, "shop", "web2")
	p.waitFor(t, "promshard", node("web1", "web2"))
	require.Positive(t, two.watches.Load())
}

func TestErrorsTakeNothingAway(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for several attempts to fail")
	}
	s := filledStore(t)
	for name, broken := range map[string]func(healthy http.Handler) http.HandlerFunc{
		"404 of a shard that is unknown": func(healthy http.Handler) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				r.URL.RawQuery = "shard=gone"
				healthy.ServeHTTP(w, r)
			}
		},
		"503 of a promshard that has loaded nothing": func(http.Handler) http.HandlerFunc {
			return httpsd.New(httpsd.Options{Publisher: httpsd.NewPublisher(httpsd.PublisherOptions{Source: s})}).ServeHTTP
		},
		"an answer that is something else": func(http.Handler) http.HandlerFunc {
			return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "[]") }
		},
		"a connection that is closed": func(http.Handler) http.HandlerFunc {
			return func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := startPromshard(t, s)
			p := startPrometheus(t, jobs+job(of(server)+", shard: prod", ""))
			p.waitFor(t, "promshard", node("web1"))
			before := p.received(t)
			server.serve(broken(server.healthy))
			server.cut()
			require.Eventually(t, func() bool { return p.metric(t, "failures_total promshard") >= 3 }, waitMost, waitStep)
			require.Equal(t, node("web1"), p.active("promshard"))
			server.serve(server.healthy)
			p.waitForMetric(t, "connected promshard", 1)
			require.Equal(t, node("web1"), p.active("promshard"))
			require.Equal(t, before, p.received(t), "nothing has changed, so nothing was handed over")
		})
	}
}

func TestServerMovesToAnotherShard(t *testing.T) {
	s := filledStore(t)
	server := startPromshard(t, s)
	p := startPrometheus(t, jobs+job(of(server)+`, server: "prometheus001:9090"`, ""))
	p.waitFor(t, "promshard", node("web1"))
	moved, err := s.Servers(t.Context(), store.ServerFilter{Shard: "prod"})
	require.NoError(t, err)
	require.Len(t, moved, 1)
	dev := "dev"
	_, err = s.UpdateServer(t.Context(), moved[0].ID, store.ServerUpdate{Shard: &dev})
	require.NoError(t, err)
	p.waitFor(t, "promshard", node("dev1"))
}

func TestReload(t *testing.T) {
	s := filledStore(t)
	server := startPromshard(t, s)
	prod := job(of(server)+", shard: prod", "")
	p := startPrometheus(t, jobs+prod)
	p.waitFor(t, "promshard", node("web1"))
	p.waitForMetric(t, "connected promshard", 1)
	provider := p.found.Providers()[0]

	t.Run("that changes nothing keeps the stream", func(t *testing.T) {
		p.reload(t, jobs+prod)
		require.Same(t, provider, p.found.Providers()[0])
		registerHost(t, s, "shop", "web2")
		p.waitFor(t, "promshard", node("web1", "web2"))
		require.EqualValues(t, 1, server.watches.Load())
		require.Zero(t, p.metric(t, "reconnects_total promshard"))
	})
	t.Run("that adds an equal job shares the stream", func(t *testing.T) {
		p.reload(t, jobs+prod+namedJob("again", of(server)+", shard: prod", ""))
		p.waitFor(t, "again", node("web1", "web2"))
		registerHost(t, s, "shop", "web3")
		p.waitFor(t, "again", node("web1", "web2", "web3"))
		p.waitFor(t, "promshard", node("web1", "web2", "web3"))
		require.EqualValues(t, 1, server.watches.Load())
	})
	t.Run("that changes the shard", func(t *testing.T) {
		p.reload(t, jobs+job(of(server)+", shard: dev", ""))
		p.waitFor(t, "promshard", node("dev1"))
		p.waitForMetric(t, "connected promshard", 1)
		require.EqualValues(t, 2, server.watches.Load())
		require.Empty(t, p.active("again"))
	})
	t.Run("that removes the entry", func(t *testing.T) {
		p.reload(t, jobs+"\n  - job_name: promshard\n    static_configs: [{targets: ['static:1']}]")
		require.Eventually(t, func() bool {
			return len(p.active("promshard")) == 1 && p.active("promshard")["http://static:1/metrics"] != ""
		}, waitMost, waitStep)
		require.Eventually(t, func() bool { return p.series(t) == 0 }, waitMost, waitStep, "its metrics go")
	})
}

func TestClientSettingsOfTheEntryAreUsed(t *testing.T) {
	server := startPromshard(t, filledStore(t))
	server.serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "prometheus001" || password != "it" || !strings.HasPrefix(r.UserAgent(), "Prometheus/") {
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		http.StripPrefix("/below", server.healthy).ServeHTTP(w, r)
	}))
	server.url += "/below"
	p := startPrometheus(t, jobs+job(of(server)+", shard: prod, basic_auth: {username: prometheus001, password: it}", ""))
	p.waitFor(t, "promshard", node("web1"))
}

func TestManyChangesAreCoalesced(t *testing.T) {
	s := filledStore(t)
	p := startPrometheus(t, jobs+job(of(startPromshard(t, s))+", shard: prod, coalesce_interval: 1h", ""))
	p.waitFor(t, "promshard", node("web1"))
	registerHost(t, s, "shop", "web2")
	p.waitFor(t, "promshard", node("web1", "web2"))
	received := p.received(t)
	for i := range 5 {
		registerHost(t, s, "shop", fmt.Sprintf("late%d", i))
	}
	now, err := s.Revision(t.Context())
	require.NoError(t, err)
	p.waitForMetric(t, "revision promshard", float64(now.Number))
	require.Equal(t, node("web1", "web2"), p.active("promshard"))
	require.Equal(t, received, p.received(t), "they wait for the end of the interval")
}

func TestRunReturnsSoonWhateverItDoes(t *testing.T) {
	healthy := startPromshard(t, filledStore(t))
	hanging := startPromshard(t, storetest.SQLite(t))
	hanging.serve(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	for name, c := range map[string]struct {
		entry   string
		arrived func() bool
	}{
		"on a stream":                    {of(healthy), func() bool { return healthy.watches.Load() > 0 }},
		"while a server does not answer": {of(hanging), func() bool { return hanging.watches.Load() > 0 }},
		"while no server can be reached": {`servers: ["http://127.0.0.1:1"]`, func() bool { return true }},
	} {
		t.Run(name, func(t *testing.T) {
			d := mustNew(t, "{"+c.entry+"}")
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				d.Run(ctx, make(chan []*targetgroup.Group))
			}()
			require.Eventually(t, c.arrived, waitMost, waitStep)
			began := time.Now()
			cancel()
			<-ended
			assert.Less(t, time.Since(began), 3*time.Second, "a second, and what a busy machine may add")
		})
	}
}

func TestStartFromTheCacheFile(t *testing.T) {
	if testing.Short() {
		t.Skip("a start without servers waits for 5 s")
	}
	server := startPromshard(t, filledStore(t))
	file := filepath.Join(t.TempDir(), "promshard.cache")
	text := jobs + job(of(server)+fmt.Sprintf(", shard: prod, cache_file: %q", file), "")
	p := startPrometheus(t, text)
	p.waitFor(t, "promshard", node("web1"))
	p.stop()
	require.FileExists(t, file)
	server.die()

	again := startPrometheus(t, text)
	again.waitFor(t, "promshard", node("web1"))
	require.Equal(t, 1.0, again.metric(t, "cache_used_total promshard"))
	require.Zero(t, again.metric(t, "connected promshard"))
	server.comeBack(t)
	registerHost(t, server.store, "shop", "web2")
	again.waitFor(t, "promshard", node("web1", "web2"))
}

// TestStreamsDoNotPass has a proxy that refuses the stream. What it answers is up to it; that targets arrive is not.
func TestStreamsDoNotPass(t *testing.T) {
	server := startPromshard(t, filledStore(t))
	server.serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == wire.WatchPath {
			http.Error(w, "no streams here", http.StatusNotImplemented)
			return
		}
		server.healthy.ServeHTTP(w, r)
	}))
	p := startPrometheus(t, jobs+job(of(server)+", shard: prod, refresh_interval: 100ms", ""))
	p.waitFor(t, "promshard", node("web1"))
	p.waitForMetric(t, "fallbacks_total promshard", 1)
	registerHost(t, server.store, "shop", "web2")
	p.waitFor(t, "promshard", node("web1", "web2"))
	_, refreshes := refreshMetrics(t, p.reg)
	require.Positive(t, refreshes)
	require.Zero(t, p.metric(t, "connected promshard"))
}

// TestAServerThatIsMoved has the targets of its new shard, with no change to its configuration.
func TestAServerThatIsMoved(t *testing.T) {
	s := filledStore(t)
	server := startPromshard(t, s)
	p := startPrometheus(t, jobs+job(of(server)+`, server: "prometheus001:9090"`, ""))
	move := func(shard string) {
		_, err := s.RegisterServer(t.Context(), shard, "prometheus001", 9090)
		require.NoError(t, err)
	}
	p.waitFor(t, "promshard", node("web1"))
	move("dev")
	p.waitFor(t, "promshard", node("dev1"))
	move("prod")
	p.waitFor(t, "promshard", node("web1"))
	require.Equal(t, 1.0, p.metric(t, "full_sets_total promshard"), "a move is a change like any other")

	server.die()
	move("dev")
	require.Eventually(t, func() bool { return p.metric(t, "failures_total promshard") > 1 }, waitMost, waitStep)
	require.Equal(t, node("web1"), p.active("promshard"), "targets stay while nobody answers")
	server.comeBack(t)
	p.waitFor(t, "promshard", node("dev1"))

	servers, err := s.Servers(t.Context(), store.ServerFilter{Host: "prometheus001", Port: 9090})
	require.NoError(t, err)
	failures := p.metric(t, "failures_total promshard")
	require.NoError(t, s.DeleteServer(t.Context(), servers[0].ID, store.DeleteOptions{}))
	require.Eventually(t, func() bool { return p.metric(t, "failures_total promshard") > failures }, waitMost, waitStep)
	require.Equal(t, node("dev1"), p.active("promshard"), "targets stay when it is registered nowhere")
}
