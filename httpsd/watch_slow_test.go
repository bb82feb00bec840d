package httpsd

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"
	"weak"

	"github.com/prometheus/exporter-toolkit/web"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/httpsd/wire"
)

// lazy is a client of a stream that reads only when it is told to.
type lazy struct {
	body io.Reader
	conn net.Conn
}

// lazily opens a stream over a connection of its own that takes little in advance.
func (s *serving) lazily(t *testing.T, target string, header ...string) *lazy {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	require.NoError(t, conn.(*net.TCPConn).SetReadBuffer(128<<10))
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: lazy\r\n", target)
	for i := 0; i < len(header); i += 2 {
		fmt.Fprintf(conn, "%s: %s\r\n", header[i], header[i+1])
	}
	fmt.Fprint(conn, "\r\n")
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, res.StatusCode)
	return &lazy{body: res.Body, conn: conn}
}

// churn changes the shard prod until done, or so often that something must be wrong; each change is some kilobytes
// that do not compress well. It returns how many changes it made.
func (s *serving) churn(t *testing.T, done func() bool) int {
	t.Helper()
	return s.churnWith(t, func() {}, done)
}

// churnWith is churn that calls each after each change.
func (s *serving) churnWith(t *testing.T, each func(), done func() bool) int {
	t.Helper()
	n := 0
	for ; n < 20_000; n++ {
		if n%50 == 0 && done() {
			break
		}
		hosts := make([]string, 100)
		for i := range hosts {
			hosts[i] = fmt.Sprintf("%x.example", noise(24+(n+i)%40))
		}
		s.move(t, 1, hosts...)
		each()
	}
	return n
}

func (s *serving) sentBytes(t *testing.T) float64 {
	t.Helper()
	return metricValue(t, s.reg, "promshard_watch_sent_bytes_total")
}

// blocked returns a function that says whether nothing could be sent for a while, though there was something to send.
func (s *serving) blocked(t *testing.T) func() bool {
	sent, since := -1.0, time.Now()
	return func() bool {
		if now := s.sentBytes(t); now != sent {
			sent, since = now, time.Now()
		}
		return time.Since(since) > time.Second
	}
}

func TestSlowReaderGetsOneMergedDelta(t *testing.T) {
	if testing.Short() {
		t.Skip("makes thousands of changes")
	}
	for _, coding := range codingsOfStreams {
		t.Run(coding, func(t *testing.T) {
			s := loadedServing(t, func(o *Options) { o.WatchPause = -1 })
			slow := s.lazily(t, prodStream, "Accept-Encoding", coding)
			s.watchers(t, 1)
			changes := s.churn(t, s.blocked(t))
			s.move(t, 2, "elsewhere")

			f := &follower{events: make(chan wire.Event), ended: make(chan error, 1), set: map[int64][]wire.Group{}}
			f.res = &http.Response{Body: io.NopCloser(slow.body), Header: http.Header{"Content-Encoding": {coding}}}
			go f.read(t.Context())
			defer func() {
				slow.conn.Close()
				_, err := f.over(t)
				assert.Error(t, err)
			}()
			events := 0
			for want := s.etag(t, prodTargets); f.etag != want; events++ {
				f.next(t)
			}
			assert.Less(t, events, changes-100, "what it was too slow for came as one")
			s.move(t, 1, "after")
			f.until(t, s.etag(t, prodTargets))
		})
	}
}

// TestWatcherThatDoesNotReadHoldsNothing has the server write to a client that does not read, and shows that it keeps
// none of what it could not send.
func TestWatcherThatDoesNotReadHoldsNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("makes thousands of changes")
	}
	for _, coding := range codingsOfStreams {
		t.Run(coding, func(t *testing.T) {
			s := loadedServing(t, func(o *Options) { o.WatchPause, o.WatcherTimeout = -1, time.Hour })
			s.lazily(t, prodStream, "Accept-Encoding", coding)
			s.watchers(t, 1)
			v := s.onlyView(t)
			var states []weak.Pointer[viewState]
			var frames []weak.Pointer[frame]
			blocked := s.blocked(t)
			s.churnWith(t, func() {
				state := v.current.Load()
				states = append(states, weak.Make(state))
				frames = append(frames, weak.Make(state.steps[len(state.steps)-1].frame))
			}, blocked)
			before := heap()
			n := 0
			s.churn(t, func() bool { n++; return n > 40 }) // 2,000 more
			assert.Less(t, heap()-before, int64(10<<20))
			require.Eventually(t, func() bool {
				runtime.GC()
				dead := true
				for i := range states {
					dead = dead && states[i].Value() == nil && frames[i].Value() == nil
				}
				return dead
			}, holdPatience, 10*time.Millisecond, "something of what was current once is held on to")
			s.watchers(t, 1)
		})
	}
}

// onlyView is the view that is joined.
func (s *serving) onlyView(t *testing.T) *view {
	t.Helper()
	s.publisher.views.mu.Lock()
	defer s.publisher.views.mu.Unlock()
	require.Len(t, s.publisher.views.byKey, 1)
	for _, v := range s.publisher.views.byKey {
		return v
	}
	return nil
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func TestWatcherThatDoesNotReadIsDropped(t *testing.T) {
	if testing.Short() {
		t.Skip("makes thousands of changes")
	}
	dropped := func(t *testing.T, s *serving) {
		t.Helper()
		s.churn(t, func() bool {
			return metricValue(t, s.reg, "promshard_watchers_ended_total", "reason=slow") == 1
		})
		s.watchers(t, 0)
		s.publisher.views.mu.Lock()
		defer s.publisher.views.mu.Unlock()
		assert.Empty(t, s.publisher.views.byKey, "nobody is waited for")
	}
	limit := func(o *Options) { o.WatchPause, o.WatcherTimeout, o.SlowestReader = -1, 300*time.Millisecond, 1<<40 }
	for _, coding := range codingsOfStreams {
		t.Run(coding, func(t *testing.T) {
			s := loadedServing(t, limit)
			client := s.lazily(t, prodStream, "Accept-Encoding", coding)
			s.watchers(t, 1)
			dropped(t, s)
			require.NoError(t, client.conn.SetReadDeadline(time.Now().Add(holdPatience)))
			_, err := io.Copy(io.Discard, client.body)
			assert.Error(t, err, "the client can tell that it was cut off")
			assert.NotErrorIs(t, err, context.DeadlineExceeded)
		})
	}
	t.Run("HTTP/2", func(t *testing.T) {
		flags, pool := encryptedWeb(t)
		s := newServingOn(t, ServerOptions{Web: flags}, limit)
		s.load(t)
		res, err := s.connectTrusting(t, pool).client.Get(s.url + prodStream)
		require.NoError(t, err)
		defer res.Body.Close()
		require.Equal(t, 2, res.ProtoMajor)
		s.watchers(t, 1)
		dropped(t, s)
		_, err = io.Copy(io.Discard, res.Body)
		assert.Error(t, err, "the client can tell that it was cut off")
	})
}

// TestStreamsOutlastTheServersTimeouts keeps streams for longer than a request may take to come and an answer to go,
// and without a write for longer than one may take.
func TestStreamsOutlastTheServersTimeouts(t *testing.T) {
	if testing.Short() {
		t.Skip("keeps streams for seconds")
	}
	const timeout = 300 * time.Millisecond
	flags, pool := encryptedWeb(t)
	for _, tc := range []struct {
		name, proto string
		web         *web.FlagConfig
		http2       bool
	}{
		{"HTTP/1.1", "HTTP/1.1", nil, false},
		{"HTTP/1.1 over TLS", "HTTP/1.1", flags, false},
		{"HTTP/2", "HTTP/2.0", flags, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := newServingOn(t, ServerOptions{Web: tc.web, ReadTimeout: timeout, WriteTimeout: timeout, ReadHeaderTimeout: timeout},
				func(o *Options) { o.AnswerTimeout, o.WatcherTimeout, o.KeepAlive = timeout, timeout, 3*timeout })
			s.load(t)
			client := s.client
			if tc.web != nil {
				client = s.connectTrusting(t, pool).client
				transport, ok := client.Transport.(*http.Transport)
				require.True(t, ok)
				transport.ForceAttemptHTTP2, transport.MaxConnsPerHost = tc.http2, 0
				if !tc.http2 {
					transport.TLSClientConfig.NextProtos = []string{"http/1.1"}
				}
			}
			plain := follow(t, client, s.url+prodStream)
			zipped := follow(t, client, s.url+prodStream, "Accept-Encoding", "gzip")
			for _, f := range []*follower{plain, zipped} {
				assert.Equal(t, tc.proto, f.res.Proto)
				f.next(t)
				assert.Empty(t, f.next(t).Name, "a sign of life")
			}
			for i := range 2 {
				time.Sleep(2 * timeout)
				s.move(t, 1, fmt.Sprintf("host%d", i))
				want := listETag(t, s.publisher, prodList)
				plain.until(t, want)
				zipped.until(t, want)
			}
			assert.NotContains(t, s.log.String(), "level=WARN")
			assert.NotContains(t, s.log.String(), "level=ERROR")
		})
	}
}
