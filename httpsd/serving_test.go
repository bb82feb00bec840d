package httpsd

import (
	"context"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/exporter-toolkit/web"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/httpsd/snapshot"
)

var update = flag.Bool("update", false, "rewrite golden files")

type serving struct {
	url       string
	publisher *Publisher
	source    *fakeSource
	reg       *prometheus.Registry
	log       *logLines
	clock     *clock
	client    *http.Client
	handler   *Handler
	// stop ends the server and returns how that went; the end of the test does it otherwise.
	stop func() error
}

type clock struct{ ahead time.Duration }

func (c *clock) now() time.Time { return time.Now().Add(c.ahead) }

func newServing(t *testing.T, change ...func(*Options)) *serving {
	t.Helper()
	return newServingOn(t, ServerOptions{}, change...)
}

func newServingOn(t *testing.T, so ServerOptions, change ...func(*Options)) *serving {
	t.Helper()
	s := &serving{source: newFakeSource(), reg: prometheus.NewRegistry(), log: &logLines{}, clock: &clock{}}
	s.publisher = NewPublisher(PublisherOptions{Source: s.source, Registerer: s.reg, Now: s.clock.now})
	o := Options{Publisher: s.publisher, Logger: s.log.logger(), Registerer: s.reg, Gatherer: s.reg}
	for _, f := range change {
		f(&o)
	}
	s.handler = New(o)
	so.Handler, so.Logger, so.OnShutdown = s.handler, s.log.logger(), s.handler.Release
	server, stop := startServerToStop(t, so)
	s.url, s.stop = server.URL(), stop
	s.client = &http.Client{
		Transport:     &http.Transport{DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	t.Cleanup(s.client.CloseIdleConnections)
	return s
}

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

func startServer(t testing.TB, o ServerOptions) *Server {
	t.Helper()
	server, _ := startServerToStop(t, o)
	return server
}

func startServerToStop(t testing.TB, o ServerOptions) (server *Server, stop func() error) {
	t.Helper()
	if o.Web == nil {
		o.Web = &web.FlagConfig{WebListenAddresses: &[]string{"127.0.0.1:0"}}
	}
	server, err := Listen(o)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx) }()
	stop = sync.OnceValue(func() error {
		cancel()
		return <-done
	})
	t.Cleanup(func() { assert.NoError(t, stop()) })
	return server, stop
}

type answer struct {
	code   int
	header http.Header
	body   string
}

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

func (s *serving) list(t *testing.T, kind snapshot.Kind, q snapshot.Query) string {
	t.Helper()
	return listBody(t, s.publisher.Snapshot(), kind, q)
}

func requireError(t *testing.T, a answer, code int, errorType string) string {
	t.Helper()
	require.Equal(t, code, a.code, a.body)
	assert.Equal(t, "application/json", a.header.Get("Content-Type"))
	var body errorBody
	decoder := json.NewDecoder(strings.NewReader(a.body))
	decoder.DisallowUnknownFields()
	require.NoError(t, decoder.Decode(&body), a.body)
	assert.Equal(t, "error", body.Status)
	assert.Equal(t, errorType, body.ErrorType)
	assert.NotEmpty(t, body.Error)
	assert.Empty(t, a.header.Get("ETag"))
	return body.Error
}

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
