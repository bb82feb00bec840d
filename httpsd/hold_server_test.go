package httpsd

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
	"weak"

	"github.com/prometheus/exporter-toolkit/web"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/httpsd/snapshot"
)

// TestHoldsOutlastTheServersTimeouts holds for longer than a request may take to come and an answer to go.
func TestHoldsOutlastTheServersTimeouts(t *testing.T) {
	if testing.Short() {
		t.Skip("holds requests for seconds")
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
				func(o *Options) { o.AnswerTimeout = timeout })
			s.load(t)
			l := s.connect(t)
			if tc.web != nil {
				l = s.connectTrusting(t, pool)
				transport, ok := l.client.Transport.(*http.Transport)
				require.True(t, ok)
				transport.ForceAttemptHTTP2 = tc.http2
				if !tc.http2 {
					transport.TLSClientConfig.NextProtos = []string{"http/1.1"}
				}
			}
			const target = "/sd/targets?shard=prod&wait"
			assert.Equal(t, tc.proto, l.get(t, target).proto)
			for i := range 2 {
				replies := l.hold(t, target)
				time.Sleep(5 * timeout)
				stillHeld(t, replies)
				s.move(t, 1, fmt.Sprintf("host%d", i))
				r := arrives(t, replies)
				assert.Equal(t, http.StatusOK, r.code)
				assert.Equal(t, s.list(t, snapshot.Targets, prodList), r.body)
				assert.True(t, r.reused)
			}
			r := l.get(t, "/sd/urls")
			assert.True(t, r.reused, "the connection goes on")
			assert.Equal(t, http.StatusOK, r.code)
			assert.NotContains(t, s.log.String(), "level=WARN")
			assert.NotContains(t, s.log.String(), "level=ERROR")
		})
	}
}

// TestHeldAnswersStillHaveALimit has a client that does not read the answer to a request that was held.
func TestHeldAnswersStillHaveALimit(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for a time-out")
	}
	const timeout = 200 * time.Millisecond
	server, _, _ := bigServing(t, func(o *Options, so *ServerOptions) {
		so.WriteTimeout, o.AnswerTimeout, o.SlowestReader = timeout, timeout, 1<<40
	})
	tag := bigTag(t)
	conn, err := net.Dial("tcp", server.Addrs()[0].String())
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.(*net.TCPConn).SetReadBuffer(256<<10))
	// It says that it has the list: from now on the connection counts as one that has it.
	fmt.Fprintf(conn, "GET /sd/targets?wait=400ms HTTP/1.1\r\nHost: x\r\nIf-None-Match: %s\r\n\r\n", tag)
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	res.Body.Close()
	require.Equal(t, http.StatusNotModified, res.StatusCode)
	// So this one is held as well, and then answered with all of the list.
	fmt.Fprint(conn, "GET /sd/targets?wait=400ms HTTP/1.1\r\nHost: x\r\n\r\n")
	time.Sleep(2 * time.Second)
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(holdPatience)))
	rest, err := io.ReadAll(conn)
	assert.Less(t, len(rest), int(bigSize(t)), "cut off: %v", err)
}

// TestAnAnswerThatWasCutIsNotHeldAgainst has a client that leaves in the middle of a list and asks again on the same
// connection, as HTTP/2 allows.
func TestAnAnswerThatWasCutIsNotHeldAgainst(t *testing.T) {
	flags, pool := encryptedWeb(t)
	server, _, _ := bigServing(t, func(_ *Options, so *ServerOptions) { so.Web = flags })
	l := (&serving{url: server.URL()}).connectTrusting(t, pool)
	for i := range 3 {
		ctx, cancel := context.WithTimeout(t.Context(), holdPatience)
		reused := false
		traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(c httptrace.GotConnInfo) { reused = c.Reused }})
		req, err := http.NewRequestWithContext(traced, http.MethodGet, l.s.url+"/sd/targets?wait=1h", http.NoBody)
		require.NoError(t, err)
		res, err := l.client.Do(req)
		require.NoError(t, err, "held")
		assert.Equal(t, i > 0, reused)
		_, err = io.ReadFull(res.Body, make([]byte, 64))
		require.NoError(t, err)
		cancel()
		res.Body.Close()
	}
}

func bigTag(t *testing.T) string {
	t.Helper()
	list, err := bigList().Snapshot().List(snapshot.Targets, snapshot.Query{})
	require.NoError(t, err)
	return list.ETag()
}

func bigSize(t *testing.T) int64 {
	t.Helper()
	list, err := bigList().Snapshot().List(snapshot.Targets, snapshot.Query{})
	require.NoError(t, err)
	return list.Size()
}

func TestTwoAddressesAreHeldOnOneConnection(t *testing.T) {
	flags, pool := encryptedWeb(t)
	s := newServingOn(t, ServerOptions{Web: flags})
	s.load(t)
	l := s.connectTrusting(t, pool)
	const prod, dev = "/sd/targets?shard=prod&wait", "/sd/targets?shard=dev&wait"
	l.get(t, prod)
	l.get(t, dev)
	prodReply, devReply := l.hold(t, prod), l.hold(t, dev)
	s.move(t, 2, "dev7")
	r := arrives(t, devReply)
	assert.True(t, r.reused)
	assert.Equal(t, "HTTP/2.0", r.proto)
	assert.Contains(t, r.body, "dev7:9100")
	stillHeld(t, prodReply)
	devReply = l.hold(t, dev)
	s.move(t, 1, "web7")
	assert.Contains(t, arrives(t, prodReply).body, "web7:9100")
	stillHeld(t, devReply)
	s.handler.Release()
	arrives(t, devReply)
}

func TestHeldTimeIsNotRequestTime(t *testing.T) {
	s := loadedServing(t)
	l := s.connect(t)
	l.get(t, "/sd/targets?wait=2h")
	replies := l.hold(t, "/sd/targets?wait=2h")
	time.Sleep(500 * time.Millisecond)
	s.move(t, 1, "web7")
	took := arrives(t, replies).took
	sum := func(name string) float64 {
		families, err := s.reg.Gather()
		require.NoError(t, err)
		for _, family := range families {
			if family.GetName() == name {
				return family.GetMetric()[0].GetHistogram().GetSampleSum()
			}
		}
		require.Fail(t, "no metric "+name)
		return 0
	}
	held := sum("promshard_hold_duration_seconds")
	assert.GreaterOrEqual(t, held, 0.5)
	assert.LessOrEqual(t, held, took.Seconds())
	require.Eventually(t, func() bool {
		return metricValue(t, s.reg, "promshard_http_requests_total", "handler=targets") == 2
	}, holdPatience, time.Millisecond)
	families, err := s.reg.Gather()
	require.NoError(t, err)
	for _, family := range families {
		if family.GetName() == "promshard_http_request_duration_seconds" {
			for _, m := range family.GetMetric() {
				assert.LessOrEqual(t, m.GetHistogram().GetSampleSum(), took.Seconds()-held+0.4, "%v", m)
			}
		}
	}
}

func TestHeldRequestsKeepNoSnapshot(t *testing.T) {
	s := loadedServing(t)
	l := s.connect(t)
	l.get(t, "/sd/targets?shard=prod&wait")
	replies := l.hold(t, "/sd/targets?shard=prod&wait")
	old := weak.Make(s.publisher.Snapshot())
	s.move(t, 2, "dev7")
	require.Eventually(t, func() bool {
		runtime.GC()
		return old.Value() == nil
	}, holdPatience, 10*time.Millisecond, "the snapshot that was current when the request came lives on")
	stillHeld(t, replies)
	s.move(t, 1, "web7")
	arrives(t, replies)
}

// herd is many connections of clients that cost next to nothing.
type herd struct {
	conns   []net.Conn
	readers []*bufio.Reader
}

const herdRequest = "GET /sd/targets?shard=prod&wait HTTP/1.1\r\nHost: herd\r\n\r\n"

// each runs f for every connection, some at a time.
func (h *herd) each(f func(i int) error) error {
	var wg sync.WaitGroup
	errs := make(chan error, len(h.conns))
	places := make(chan struct{}, 64)
	for i := range h.conns {
		places <- struct{}{}
		wg.Go(func() {
			defer func() { <-places }()
			errs <- f(i)
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (h *herd) connect(address string) error {
	return h.each(func(i int) (err error) {
		if h.conns[i], err = net.Dial("tcp", address); err == nil {
			h.readers[i] = bufio.NewReader(h.conns[i])
		}
		return err
	})
}

func (h *herd) ask() error {
	return h.each(func(i int) error {
		_, err := io.WriteString(h.conns[i], herdRequest)
		return err
	})
}

// read reads an answer on every connection.
func (h *herd) read(want string) error {
	return h.each(func(i int) error {
		if err := h.conns[i].SetReadDeadline(time.Now().Add(2 * time.Minute)); err != nil {
			return err
		}
		res, err := http.ReadResponse(h.readers[i], nil)
		if err != nil {
			return err
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			return err
		}
		if res.StatusCode != http.StatusOK || !strings.Contains(string(body), want) {
			return fmt.Errorf("%s %s", res.Status, body)
		}
		return nil
	})
}

func (h *herd) close() {
	for _, conn := range h.conns {
		if conn != nil {
			conn.Close()
		}
	}
}

func TestTwoThousandHeldRequests(t *testing.T) {
	if testing.Short() {
		t.Skip("opens thousands of connections")
	}
	const n = 2000
	s := loadedServing(t)
	h := &herd{conns: make([]net.Conn, n), readers: make([]*bufio.Reader, n)}
	defer h.close()
	require.NoError(t, h.connect(strings.TrimPrefix(s.url, "http://")))
	require.NoError(t, h.ask())
	require.NoError(t, h.read("web1"))
	before := heapInUse()
	require.NoError(t, h.ask())
	require.Eventually(t, func() bool { return s.held(t) == n }, 2*time.Minute, 10*time.Millisecond)
	t.Logf("%d requests held: %.1f KiB each", n, float64(heapInUse()-before)/n/1024)
	assert.Len(t, s.publisher.views.byKey, 1, "they share one view")

	start := time.Now()
	s.move(t, 1, "web1", "another")
	published := time.Now()
	require.NoError(t, h.read("another"))
	t.Logf("one change, %d answers: published after %v, the last one read %v later", n, published.Sub(start), time.Since(published))
	assert.InDelta(t, n, s.ended(t, heldChanged), 0)
	assert.Less(t, time.Since(start), time.Minute)
	s.holds(t, 0)
}

// heapInUse is what the heap and the stacks take.
func heapInUse() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}
