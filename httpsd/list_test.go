package httpsd

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/httpsd/snapshot"
	"github.com/promshard/promshard/store"
)

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
		"/sd/targets?wait=soon":                `wait "soon": must be a duration`,
		"/sd/targets?wait=0s":                  "wait",
		"/sd/targets?wait=-1s":                 "wait",
		"/sd/targets?wait=30":                  "wait",
		"/sd/targets?wait=99999999999999y":     "wait",
		"/sd/targets?wait=1s&wait=2s":          `wait "2s": must be given once`,
		"/sd/targets?wait&wait":                "must be given once",
		"/service/1/targets?wait=x":            "wait",
		"/sd/targets?Wait":                     `"Wait"`,
		"/sd/targets?shard=prod&a=1&b=2":       `"a"`,
		"/sd/targets?=x":                       "accepted are shard, service, project, farm, job, server, wait",
		"/sd/targets?shard":                    "shard",
		"/sd/targets?shard=":                   "shard",
		"/sd/targets?shard=prod&shard=":        "shard",
		"/sd/targets?server=prometheus001":     "HOST:PORT",
		"/sd/targets?server=2001:db8::1:9090":  "HOST:PORT",
		"/sd/targets?shard=%zz":                "cannot be parsed",
		"/sd/targets?shard=a;b":                "cannot be parsed",
		"/service/1/targets?service=web":       "accepted are shard, project, farm, job, server, wait",
		"/rest/project/shop/targets?project=x": "accepted are shard, service, farm, job, server, wait",
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
