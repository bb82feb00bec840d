package client

import (
	"compress/gzip"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/httpsd/wire"
)

// soon waits for something that goroutines and sockets have to bring about.
func soon(t *testing.T, ok func() bool, what ...any) {
	t.Helper()
	require.Eventually(t, ok, 30*time.Second, 2*time.Millisecond, what...)
}

// holds says that the client has handed out a state.
func (p *player) holds(s state) func() bool {
	want := s.targets()
	return func() bool {
		held := p.held()
		if held == nil || len(held) != len(want) {
			return false
		}
		for source, targets := range want {
			if held[source] != targets {
				return false
			}
		}
		return true
	}
}

// A stream that is compressed and flushed after each event arrives event by event, whatever the transport thinks about
// compression; documents come compressed as well.
func TestCompressedAnswers(t *testing.T) {
	first, second := at(1, "exporter/1=a:1"), at(2, "exporter/1=a:2")
	for name, transport := range map[string]http.RoundTripper{
		"own client":                    nil,
		"transport that decompresses":   &http.Transport{},
		"transport that does not":       &http.Transport{DisableCompression: true},
		"transport that speaks HTTP/2":  &http.Transport{ForceAttemptHTTP2: true},
		"transport without connections": &http.Transport{DisableKeepAlives: true},
	} {
		t.Run(name, func(t *testing.T) {
			next, streams := make(chan string), make(chan bool, 1)
			streams <- true
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
					t.Error("gzip is not asked for")
				}
				w.Header().Set("Content-Encoding", "gzip")
				gz := gzip.NewWriter(w)
				defer gz.Close()
				if r.URL.Path == wire.GroupsPath {
					w.Header().Set("Content-Type", wire.ContentTypeDocument)
					fmt.Fprint(gz, second.document())
					return
				}
				select {
				case <-streams:
				default:
					w.Header().Set("Content-Type", "application/json")
					w.WriteHeader(http.StatusServiceUnavailable)
					fmt.Fprint(gz, `{"error":"too many streams"}`)
					return
				}
				w.Header().Set("Content-Type", wire.ContentTypeStream)
				for text := range next {
					fmt.Fprint(gz, text)
					gz.Flush()
					w.(http.Flusher).Flush()
				}
			}))
			defer server.Close()
			if t, ok := transport.(*http.Transport); ok {
				defer t.CloseIdleConnections()
			}
			p := play(t, transport, Options{MinBackoff: time.Millisecond}, strings.TrimPrefix(server.URL, "http://"))
			next <- first.full()
			soon(t, p.holds(first))
			next <- sse("", "5f1c-1", "")
			close(next)
			soon(t, p.holds(second))
			require.Equal(t, Poll, p.update().Origin)
			require.Zero(t, p.logged("was lost"), "it ended in good order")
			require.Contains(t, p.failures(""), "503 Service Unavailable: too many streams")
			p.stop()
		})
	}
}

// A connection that breaks off, and a server that dies, are got over; the cache file serves the next client.
func TestRealConnections(t *testing.T) {
	s := at(4, "exporter/1=a:1", "exporter/2=b:1")
	alive := make(chan struct{})
	server := httptest.NewServer(watching{stream: func(w http.ResponseWriter, r *http.Request) {
		flush(w, s.full())
		select {
		case <-alive:
			cut()
		case <-r.Context().Done():
		}
	}})
	defer server.Close()
	address := strings.TrimPrefix(server.URL, "http://")
	path := filepath.Join(t.TempDir(), "cache.json")
	o := Options{CacheFile: path, CacheAfter: 50 * time.Millisecond, MinBackoff: time.Millisecond, MaxBackoff: 5 * time.Millisecond}

	p := play(t, nil, o, address)
	soon(t, p.holds(s))
	alive <- struct{}{}
	soon(t, func() bool { return p.count(Connected) == 2 })
	require.Contains(t, p.failures(""), "unexpected EOF")
	server.CloseClientConnections()
	server.Close()
	soon(t, func() bool { return p.logged("No server gives its targets") == 1 })
	require.Equal(t, s.targets(), p.held())
	p.stop()
	require.FileExists(t, path)

	p = play(t, nil, o, address)
	soon(t, p.holds(s))
	require.Equal(t, Cache, p.update().Origin)
	p.stop()
	require.NoError(t, os.Remove(path))
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	var docs current
	docs.set(at(1, "exporter/1=a:1"))
	server := httptest.NewUnstartedServer(watching{documents: docs.serve})
	var connections atomic.Int64
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	p := play(t, nil, Options{RefreshInterval: time.Millisecond}, strings.TrimPrefix(server.URL, "http://"))
	for revision := range int64(10) {
		next := at(revision+2, fmt.Sprintf("exporter/1=a:%d", revision+2))
		docs.set(next)
		soon(t, p.holds(next))
	}
	p.stop()
	require.LessOrEqual(t, connections.Load(), int64(2))
}
