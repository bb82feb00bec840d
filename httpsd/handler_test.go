package httpsd

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// serving is a real server on a free port.

// clock is the time that staleness is told by.

// newServing starts a server whose publisher has loaded nothing; load does that.

// loadedServing starts a server that has everything loaded.

// startServer serves on a free port until the test ends.

// answer is a response that was read to its end.

// do sends a request; header is name, value, name, value.

// list is the body of a list straight from the snapshot.

// requireError checks the form of an error and returns its text.

// withSlash returns an address, and for one of Promgen's also the one that ends with a slash.

func TestEveryRouteAndMethod(t *testing.T) {
	s := loadedServing(t)
	paths := []string{
		"/", "/metrics", "/-/healthy", "/-/ready", "/static/style.css", "/sd/targets", "/sd/urls", "/sd/groups", "/sd/watch",
		"/api/v1/targets", "/api/v1/config", "/api/v1/urls", "/service/1/targets", "/project/1/targets",
		"/rest/all/targets", "/rest/all/urls", "/rest/service/web/targets", "/rest/project/shop/targets",
	}
	require.Len(t, paths, len((&handler{}).routesForTest()), "every route is walked")
	for _, path := range paths {
		t.Run(path, func(t *testing.T) {
			head := s.do(t, http.MethodHead, path)
			require.Equal(t, http.StatusOK, head.code)
			assert.Empty(t, head.body)
			if path != "/sd/watch" { // which does not end
				got := s.get(t, path)
				require.Equal(t, http.StatusOK, got.code)
				require.NotEmpty(t, got.body)
				assert.Equal(t, got.header.Get("Content-Type"), head.header.Get("Content-Type"))
			}
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
