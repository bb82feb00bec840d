package httpsd

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/exporter-toolkit/web"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/httpsd/snapshot"
	"github.com/promshard/promshard/store"
)

var update = flag.Bool("update", false, "rewrite golden files")

// serving is a real server on a free port.
type serving struct {
	url       string
	publisher *Publisher
	source    *fakeSource
	reg       *prometheus.Registry
	log       *logLines
	clock     *clock
	client    *http.Client
}

// clock is the time that staleness is told by.
type clock struct{ ahead time.Duration }

func (c *clock) now() time.Time { return time.Now().Add(c.ahead) }

// newServing starts a server whose publisher has loaded nothing; load does that.
func newServing(t *testing.T, change ...func(*Options)) *serving {
	t.Helper()
	s := &serving{source: newFakeSource(), reg: prometheus.NewRegistry(), log: &logLines{}, clock: &clock{}}
	s.publisher = NewPublisher(PublisherOptions{Source: s.source, Registerer: s.reg, Now: s.clock.now})
	o := Options{Publisher: s.publisher, Logger: s.log.logger(), Registerer: s.reg, Gatherer: s.reg}
	for _, f := range change {
		f(&o)
	}
	server := startServer(t, ServerOptions{Handler: New(o), Logger: s.log.logger()})
	s.url = server.URL()
	s.client = &http.Client{
		Transport:     &http.Transport{DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	t.Cleanup(s.client.CloseIdleConnections)
	return s
}

// loadedServing starts a server that has everything loaded.
func loadedServing(t *testing.T, change ...func(*Options)) *serving {
	t.Helper()
	s := newServing(t, change...)
	s.load(t)
	return s
}

func (s *serving) load(t *testing.T) {
	t.Helper()
	require.NoError(t, s.publisher.pass(t.Context()))
}

// startServer serves on a free port until the test ends.
func startServer(t testing.TB, o ServerOptions) *Server {
	t.Helper()
	if o.Web == nil {
		o.Web = &web.FlagConfig{WebListenAddresses: &[]string{"127.0.0.1:0"}}
	}
	server, err := Listen(o)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		assert.NoError(t, <-done)
	})
	return server
}

// answer is a response that was read to its end.
type answer struct {
	code   int
	header http.Header
	body   string
}

// do sends a request; header is name, value, name, value.
func (s *serving) do(t *testing.T, method, target string, header ...string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.url+target, http.NoBody)
	require.NoError(t, err)
	for i := 0; i < len(header); i += 2 {
		req.Header.Add(header[i], header[i+1])
	}
	res, err := s.client.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return answer{res.StatusCode, res.Header, string(body)}
}

func (s *serving) get(t *testing.T, target string, header ...string) answer {
	t.Helper()
	return s.do(t, http.MethodGet, target, header...)
}

// list is the body of a list straight from the snapshot.
func (s *serving) list(t *testing.T, kind snapshot.Kind, q snapshot.Query) string {
	t.Helper()
	return listBody(t, s.publisher.Snapshot(), kind, q)
}

// requireError checks the form of an error and returns its text.
func requireError(t *testing.T, a answer, code int, errorType string) string {
	t.Helper()
	require.Equal(t, code, a.code, a.body)
	assert.Equal(t, "application/json", a.header.Get("Content-Type"))
	var body map[string]string
	require.NoError(t, json.Unmarshal([]byte(a.body), &body), a.body)
	assert.Equal(t, "error", body["status"])
	assert.Equal(t, errorType, body["errorType"])
	assert.Len(t, body, 3)
	assert.Empty(t, a.header.Get("ETag"))
	return body["error"]
}

func TestEveryListAddress(t *testing.T) {
	s := loadedServing(t)
	all, allURLs := snapshot.Query{}, snapshot.Query{}
	for _, tc := range []struct {
		path string
		kind snapshot.Kind
		q    snapshot.Query
	}{
		{"/sd/targets", snapshot.Targets, all},
		{"/sd/urls", snapshot.URLs, allURLs},
		{"/sd/targets?shard=prod", snapshot.Targets, snapshot.Query{Shards: []string{"prod"}}},
		{"/sd/targets?shard=prod&shard=dev", snapshot.Targets, snapshot.Query{Shards: []string{"prod", "dev"}}},
		{"/sd/targets?server=prometheus001:9090", snapshot.Targets, snapshot.Query{Shards: []string{"prod"}}},
		{"/sd/targets?server=%5B2001:db8::1%5D:9090", snapshot.Targets, snapshot.Query{Shards: []string{"dev"}}},
		{"/sd/targets?service=web", snapshot.Targets, snapshot.Query{Services: []string{"web"}}},
		{"/sd/targets?project=shop", snapshot.Targets, snapshot.Query{Projects: []string{"shop"}}},
		{"/sd/targets?farm=shop-dev", snapshot.Targets, snapshot.Query{Farms: []string{"shop-dev"}}},
		{"/sd/targets?job=node", snapshot.Targets, snapshot.Query{Jobs: []string{"node"}}},
		{"/sd/urls?shard=dev", snapshot.URLs, snapshot.Query{Shards: []string{"dev"}}},
		{"/sd/targets?shard=" + url.QueryEscape(hostileShard), snapshot.Targets, snapshot.Query{Shards: []string{hostileShard}}},
		{"/api/v1/targets", snapshot.Targets, all},
		{"/api/v1/config", snapshot.Targets, all},
		{"/api/v1/urls", snapshot.URLs, allURLs},
		{"/rest/all/targets", snapshot.Targets, all},
		{"/rest/all/urls", snapshot.URLs, allURLs},
		{"/service/1/targets", snapshot.Targets, snapshot.Query{Services: []string{"web"}}},
		{"/project/2/targets", snapshot.Targets, snapshot.Query{Projects: []string{"shop-dev"}}},
		{"/rest/service/web/targets", snapshot.Targets, snapshot.Query{Services: []string{"web"}}},
		{"/rest/project/shop/targets", snapshot.Targets, snapshot.Query{Projects: []string{"shop"}}},
		{"/rest/project/" + url.PathEscape("a/b 店") + "/targets", snapshot.Targets, snapshot.Query{Projects: []string{"a/b 店"}}},
		{"/api/v1/targets?shard=dev", snapshot.Targets, snapshot.Query{Shards: []string{"dev"}}},
		{"/rest/service/web/targets?shard=dev", snapshot.Targets, snapshot.Query{Services: []string{"web"}, Shards: []string{"dev"}}},
		{"/service/1/targets?project=shop", snapshot.Targets, snapshot.Query{Services: []string{"web"}, Projects: []string{"shop"}}},
	} {
		t.Run(tc.path, func(t *testing.T) {
			want := s.list(t, tc.kind, tc.q)
			require.NotEqual(t, "[]", want)
			for _, target := range withSlash(tc.path) {
				a := s.get(t, target)
				require.Equal(t, http.StatusOK, a.code, a.body)
				assert.Equal(t, want, a.body, target)
				assert.Equal(t, "application/json", a.header.Get("Content-Type"))
				assert.Equal(t, strconv.Itoa(len(want)), a.header.Get("Content-Length"))
				assert.Equal(t, "no-cache", a.header.Get("Cache-Control"))
				assert.Equal(t, "Accept-Encoding", a.header.Get("Vary"))
				assert.Regexp(t, `^"[^"]+"$`, a.header.Get("ETag"))
				assert.Empty(t, a.header.Get("Age"))
			}
		})
	}
}

// withSlash returns an address, and for one of Promgen's also the one that ends with a slash.
func withSlash(target string) []string {
	path, query, filtered := strings.Cut(target, "?")
	if strings.HasPrefix(path, "/sd/") {
		return []string{target}
	}
	slashed := path + "/"
	if filtered {
		slashed += "?" + query
	}
	return []string{target, slashed}
}

func TestEveryRouteAndMethod(t *testing.T) {
	s := loadedServing(t)
	paths := []string{
		"/", "/metrics", "/-/healthy", "/-/ready", "/static/style.css", "/sd/targets", "/sd/urls",
		"/api/v1/targets", "/api/v1/config", "/api/v1/urls", "/service/1/targets", "/project/1/targets",
		"/rest/all/targets", "/rest/all/urls", "/rest/service/web/targets", "/rest/project/shop/targets",
	}
	require.Len(t, paths, len((&handler{}).routesForTest()), "every route is walked")
	for _, path := range paths {
		t.Run(path, func(t *testing.T) {
			got := s.get(t, path)
			require.Equal(t, http.StatusOK, got.code)
			require.NotEmpty(t, got.body)
			head := s.do(t, http.MethodHead, path)
			require.Equal(t, http.StatusOK, head.code)
			assert.Empty(t, head.body)
			assert.Equal(t, got.header.Get("Content-Type"), head.header.Get("Content-Type"))
			for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"} {
				a := s.do(t, method, path)
				text := requireError(t, a, http.StatusMethodNotAllowed, "bad_data")
				assert.Equal(t, "GET, HEAD", a.header.Get("Allow"))
				assert.Contains(t, text, method)
			}
		})
	}
}

// routesForTest is the route table, of a handler that serves nothing.
func (h *handler) routesForTest() []route {
	h.o = Options{}.withDefaults()
	return h.routes()
}

func TestUnknownAddresses(t *testing.T) {
	s := loadedServing(t)
	for _, target := range []string{
		"/nothing", "/sd", "/sd/", "/sd/targets/", "/sd/targets/x", "//sd/targets", "/sd//targets", "/sd/%74argets",
		"/service/x/targets", "/service/-1/targets", "/service//targets", "/rest/service//targets",
		"/rest/service/web/targets/more", "/static/../metrics", "/static/", "/%2e%2e/etc/passwd",
		"/rest/service/<script>/nothing",
	} {
		t.Run(target, func(t *testing.T) {
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				a := s.raw(t, method, target)
				requireError(t, a, http.StatusNotFound, "not_found")
			}
		})
	}
}

// raw sends a request whose target no client library has tidied.
func (s *serving) raw(t *testing.T, method, target string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.url, http.NoBody)
	require.NoError(t, err)
	path, query, _ := strings.Cut(target, "?")
	req.URL.Opaque, req.URL.RawQuery = strings.TrimPrefix(s.url, "http:")+path, query
	res, err := s.client.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return answer{res.StatusCode, res.Header, string(body)}
}

func TestUnknownNouns(t *testing.T) {
	s := loadedServing(t)
	for _, target := range []string{
		"/sd/targets?shard=gone", "/sd/targets?shard=prod&shard=gone", "/sd/targets?service=gone", "/sd/targets?project=gone",
		"/sd/targets?farm=gone", "/sd/targets?server=gone:9090", "/sd/urls?shard=gone",
		"/service/99/targets", "/service/99999999999999999999999/targets", "/project/99/targets",
		"/rest/service/gone/targets", "/rest/project/gone/targets", "/rest/service/%2e%2e/targets",
		"/sd/targets?shard=PROD", "/sd/targets?shard=prod%00", "/sd/targets?shard=%ff",
	} {
		t.Run(target, func(t *testing.T) {
			requireError(t, s.get(t, target), http.StatusNotFound, "not_found")
		})
	}
	t.Run("a job is a label, so an unknown one has an empty list", func(t *testing.T) {
		a := s.get(t, "/sd/targets?job=gone")
		assert.Equal(t, http.StatusOK, a.code)
		assert.Equal(t, "[]", a.body)
	})
}

func TestRefusedQueries(t *testing.T) {
	s := loadedServing(t)
	for target, want := range map[string]string{
		"/sd/targets?shrad=prod":               `"shrad"`,
		"/sd/targets?Shard=prod":               `"Shard"`,
		"/sd/targets?wait":                     `"wait"`,
		"/sd/targets?shard=prod&a=1&b=2":       `"a"`,
		"/sd/targets?=x":                       "accepted are shard, service, project, farm, job, server",
		"/sd/targets?shard":                    "shard",
		"/sd/targets?shard=":                   "shard",
		"/sd/targets?shard=prod&shard=":        "shard",
		"/sd/targets?server=prometheus001":     "HOST:PORT",
		"/sd/targets?server=2001:db8::1:9090":  "HOST:PORT",
		"/sd/targets?shard=%zz":                "cannot be parsed",
		"/sd/targets?shard=a;b":                "cannot be parsed",
		"/service/1/targets?service=web":       "accepted are shard, project, farm, job, server",
		"/rest/project/shop/targets?project=x": "accepted are shard, service, farm, job, server",
		"/api/v1/targets?nope=1":               `"nope"`,
	} {
		t.Run(target, func(t *testing.T) {
			text := requireError(t, s.raw(t, http.MethodGet, target), http.StatusBadRequest, "bad_data")
			assert.Contains(t, text, want)
		})
	}
}

func TestNotLoadedYet(t *testing.T) {
	s := newServing(t)
	for _, target := range []string{"/sd/targets", "/sd/urls", "/sd/targets?shard=gone", "/api/v1/targets", "/service/1/targets", "/rest/service/web/targets", "/-/ready"} {
		t.Run(target, func(t *testing.T) {
			a := s.get(t, target)
			requireError(t, a, http.StatusServiceUnavailable, "unavailable")
			assert.Equal(t, "5", a.header.Get("Retry-After"))
		})
	}
	assert.Equal(t, http.StatusOK, s.get(t, "/-/healthy").code)
	assert.Contains(t, s.get(t, "/").body, "being loaded")
	s.load(t)
	assert.Equal(t, http.StatusOK, s.get(t, "/-/ready").code)
	assert.Equal(t, http.StatusOK, s.get(t, "/sd/targets").code)
}

func TestStaleListsSaySo(t *testing.T) {
	s := loadedServing(t)
	fresh := s.get(t, "/sd/targets")
	s.source.err = store.ErrUnavailable
	s.clock.ahead = 90 * time.Second
	require.ErrorIs(t, s.publisher.pass(t.Context()), store.ErrUnavailable)

	stale := s.get(t, "/sd/targets")
	assert.Equal(t, http.StatusOK, stale.code)
	assert.Equal(t, fresh.body, stale.body)
	assert.Equal(t, "90", stale.header.Get("Age"))
	assert.Equal(t, "90", s.get(t, "/sd/targets", "If-None-Match", fresh.header.Get("ETag")).header.Get("Age"))
	assert.Contains(t, s.get(t, "/").body, "has not answered for 1m30s")
	assert.Equal(t, http.StatusOK, s.get(t, "/-/ready").code)
	assert.InDelta(t, 90, metricValue(t, s.reg, "promshard_snapshot_stale_seconds"), 5)

	s.source.err = nil
	s.load(t)
	assert.Empty(t, s.get(t, "/sd/targets").header.Get("Age"))
}

func TestConditionalRequests(t *testing.T) {
	s := loadedServing(t)
	first := s.get(t, "/sd/targets?shard=prod")
	tag := first.header.Get("ETag")
	gzipTag := s.get(t, "/sd/targets?shard=prod", "Accept-Encoding", "gzip").header.Get("ETag")
	other := s.get(t, "/sd/targets?shard=dev").header.Get("ETag")
	assert.Len(t, map[string]bool{tag: true, gzipTag: true, other: true}, 3)

	for name, header := range map[string]string{
		"its tag": tag, "the tag of another coding": gzipTag, "weak": "W/" + tag, "any": "*",
		"last of several": `"a", W/"b,c" ,` + other + "," + tag, "spaces": "  " + tag + " ",
	} {
		t.Run("304 for "+name, func(t *testing.T) {
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				a := s.do(t, method, "/sd/targets?shard=prod", "If-None-Match", header)
				assert.Equal(t, http.StatusNotModified, a.code)
				assert.Empty(t, a.body)
				assert.Equal(t, tag, a.header.Get("ETag"))
				assert.Equal(t, "Accept-Encoding", a.header.Get("Vary"))
				assert.Equal(t, "no-cache", a.header.Get("Cache-Control"))
				assert.Empty(t, a.header.Get("Content-Type"))
			}
		})
	}
	for name, header := range map[string]string{
		"another": other, "unquoted": strings.Trim(tag, `"`), "nothing": "", "an open quote": tag[:len(tag)-1],
		"an unknown coding": strings.TrimSuffix(tag, `"`) + `-br"`, "a star among tags": `"a", *`,
	} {
		t.Run("200 for "+name, func(t *testing.T) {
			a := s.get(t, "/sd/targets?shard=prod", "If-None-Match", header)
			assert.Equal(t, http.StatusOK, a.code)
			assert.Equal(t, first.body, a.body)
		})
	}
	t.Run("several header lines are one list", func(t *testing.T) {
		a := s.get(t, "/sd/targets?shard=prod", "If-None-Match", `"x"`, "If-None-Match", tag)
		assert.Equal(t, http.StatusNotModified, a.code)
	})
	t.Run("a change elsewhere alters no tag, a change here does", func(t *testing.T) {
		s.source.put(project(2, "shop-dev", s.source.directory.Shards[1], "dev1", "dev2"))
		s.load(t)
		assert.Equal(t, http.StatusNotModified, s.get(t, "/sd/targets?shard=prod", "If-None-Match", tag).code)
		assert.Equal(t, http.StatusOK, s.get(t, "/sd/targets?shard=dev", "If-None-Match", other).code)
	})
	t.Run("an error comes before the condition", func(t *testing.T) {
		requireError(t, s.get(t, "/sd/targets?shard=gone", "If-None-Match", "*"), http.StatusNotFound, "not_found")
	})
}

func TestContentCodings(t *testing.T) {
	s := loadedServing(t)
	plain := s.get(t, "/sd/targets")
	for _, tc := range []struct{ accept, want string }{
		{"gzip", "gzip"},
		{"zstd", "zstd"},
		{"gzip, zstd", "zstd"},
		{"zstd;q=0.5, gzip;q=0.8", "gzip"},
		{"identity", ""},
		{"gzip;q=0", ""},
		{"identity;q=0, gzip", "gzip"},
		{"br, deflate", ""},
	} {
		t.Run(tc.accept, func(t *testing.T) {
			a := s.get(t, "/sd/targets", "Accept-Encoding", tc.accept)
			require.Equal(t, http.StatusOK, a.code)
			assert.Equal(t, tc.want, a.header.Get("Content-Encoding"))
			assert.Equal(t, strconv.Itoa(len(a.body)), a.header.Get("Content-Length"))
			assert.Equal(t, plain.body, decode(t, tc.want, a.body))
			head := s.do(t, http.MethodHead, "/sd/targets", "Accept-Encoding", tc.accept)
			for _, name := range []string{"Content-Encoding", "Content-Length", "Content-Type", "ETag", "Vary"} {
				assert.Equal(t, a.header.Get(name), head.header.Get(name), name)
			}
			if tc.want != "" {
				assert.Equal(t, strings.TrimSuffix(plain.header.Get("ETag"), `"`)+"-"+tc.want+`"`, a.header.Get("ETag"))
			}
		})
	}
	t.Run("a client that takes nothing", func(t *testing.T) {
		a := s.get(t, "/sd/targets", "Accept-Encoding", "*;q=0")
		requireError(t, a, http.StatusNotAcceptable, "bad_data")
	})
	t.Run("ranges are not offered", func(t *testing.T) {
		a := s.get(t, "/sd/targets", "Range", "bytes=0-1")
		assert.Equal(t, http.StatusOK, a.code)
		assert.Equal(t, plain.body, a.body)
	})
}

func decode(t *testing.T, encoding, body string) string {
	t.Helper()
	var r io.Reader = strings.NewReader(body)
	switch encoding {
	case "gzip":
		z, err := gzip.NewReader(r)
		require.NoError(t, err)
		r = z
	case "zstd":
		z, err := zstd.NewReader(r)
		require.NoError(t, err)
		defer z.Close()
		r = z
	}
	b, err := io.ReadAll(r)
	require.NoError(t, err)
	return string(b)
}

func TestLimitsOnRequests(t *testing.T) {
	s := loadedServing(t)
	t.Run("a long address", func(t *testing.T) {
		a := s.get(t, "/sd/targets?shard="+strings.Repeat("x", 9000))
		text := requireError(t, a, http.StatusRequestURITooLong, "bad_data")
		assert.Less(t, len(text), 200)
	})
	t.Run("a long header", func(t *testing.T) {
		a := s.get(t, "/sd/targets", "X-Long", strings.Repeat("x", 64<<10))
		assert.Equal(t, http.StatusRequestHeaderFieldsTooLarge, a.code)
	})
	t.Run("a long body", func(t *testing.T) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/sd/targets", bytes.NewReader(make([]byte, 2<<20)))
		require.NoError(t, err)
		res, err := s.client.Do(req)
		require.NoError(t, err)
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		requireError(t, answer{res.StatusCode, res.Header, string(body)}, http.StatusRequestEntityTooLarge, "bad_data")
	})
	t.Run("a name of any length is shortened in errors", func(t *testing.T) {
		a := s.get(t, "/sd/targets?"+strings.Repeat("y", 5000)+"=1")
		assert.Less(t, len(requireError(t, a, http.StatusBadRequest, "bad_data")), 400)
	})
}

func TestFaultsOfOurs(t *testing.T) {
	s := loadedServing(t)
	h := &handler{o: Options{Logger: s.log.logger()}.withDefaults(), metrics: newRequestMetrics(nil)}
	serve := func(t *testing.T, fn handlerFunc) (*http.Response, error) {
		t.Helper()
		server := startServer(t, ServerOptions{Handler: h.adapt("test", fn)})
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL(), http.NoBody)
		require.NoError(t, err)
		return s.client.Do(req)
	}
	t.Run("a panic is an answer and a line in the log", func(t *testing.T) {
		res, err := serve(t, func(http.ResponseWriter, *http.Request) error { panic("secret") })
		require.NoError(t, err)
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		text := requireError(t, answer{res.StatusCode, res.Header, string(body)}, http.StatusInternalServerError, "internal")
		assert.NotContains(t, text, "secret")
		assert.Contains(t, s.log.String(), "secret")
	})
	t.Run("an answer that breaks off looks broken to the client", func(t *testing.T) {
		res, err := serve(t, func(w http.ResponseWriter, _ *http.Request) error {
			fmt.Fprint(w, strings.Repeat("[", 10000))
			panic("half way")
		})
		require.NoError(t, err)
		defer res.Body.Close()
		_, err = io.ReadAll(res.Body)
		require.Error(t, err)
	})
}

// TestErrorBodies pins the exact bytes of errors, since scripts may read them.
func TestErrorBodies(t *testing.T) {
	s := loadedServing(t)
	var got strings.Builder
	for _, request := range []string{
		"GET /nothing", "POST /sd/targets", "GET /sd/targets?shard=gone", "GET /sd/targets?server=gone:1",
		"GET /sd/targets?service=gone", "GET /sd/targets?project=gone", "GET /sd/targets?farm=gone", "GET /service/99/targets",
		"GET /sd/targets?nope=1", "GET /sd/targets?shard=", "GET /sd/targets?server=x", "GET /sd/targets?%zz",
		"GET /service/1/targets?service=web", "GET /rest/project/%22%3Cb%3E/targets",
	} {
		method, target, _ := strings.Cut(request, " ")
		a := s.raw(t, method, target)
		fmt.Fprintf(&got, "%s\n%d %s\n", request, a.code, a.body)
	}
	empty := newServing(t).get(t, "/sd/targets")
	fmt.Fprintf(&got, "GET /sd/targets before the first load\n%d %s\n", empty.code, empty.body)
	golden(t, "errors.golden", got.String())
}

// golden compares with a file of testdata, or rewrites it under -update.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), got)
}

func TestRequestMetrics(t *testing.T) {
	s := loadedServing(t)
	tag := s.get(t, "/sd/targets").header.Get("ETag")
	s.get(t, "/sd/targets", "If-None-Match", tag)
	s.get(t, "/sd/targets?shard=gone")
	s.get(t, "/made/up/"+strings.Repeat("x", 50))
	s.do(t, "BREW", "/sd/targets")
	const name = "promshard_http_requests_total"
	assert.Equal(t, 1.0, metricValue(t, s.reg, name, "handler=targets", "code=200", "method=GET"))
	assert.Equal(t, 1.0, metricValue(t, s.reg, name, "handler=targets", "code=304", "method=GET"))
	assert.Equal(t, 1.0, metricValue(t, s.reg, name, "handler=targets", "code=404", "method=GET"))
	assert.Equal(t, 1.0, metricValue(t, s.reg, name, "handler=not_found", "code=404"))
	assert.Equal(t, 1.0, metricValue(t, s.reg, name, "handler=method_not_allowed", "code=405", "method=other"))
	page := s.get(t, "/metrics")
	assert.Contains(t, page.body, `promshard_http_request_duration_seconds_count{handler="targets"} 3`)
	assert.Contains(t, page.body, `promshard_targets{kind="targets",shard="prod"} 2`)
}
