package httpsd

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/promshard/promshard/httpsd/snapshot"
	"github.com/promshard/promshard/store"
)

// benchPublisher has one shard of 20,000 targets: 500 projects with two exporters and 20 hosts each.
func benchPublisher(b *testing.B) *Publisher {
	b.Helper()
	f := newFakeSource()
	for id := int64(1); id <= 500; id++ {
		p := project(id, fmt.Sprintf("project-%04d", id), f.directory.Shards[0])
		p.Exporters = append(p.Exporters, store.ExporterRow{ID: 1000 + id, Job: "app", Port: 8080, Scheme: "http", Path: "/app/metrics"})
		for host := range 20 {
			p.Hosts = append(p.Hosts, store.HostRow{Name: fmt.Sprintf("host%06d.prod.example", int(id)*20+host)})
		}
		f.put(p)
	}
	p := NewPublisher(PublisherOptions{Source: f, Registerer: prometheus.NewRegistry()})
	if err := p.pass(b.Context()); err != nil {
		b.Fatal(err)
	}
	return p
}

// bareHandler answers with bytes from memory and does nothing else: what net/http itself can do.
func bareHandler(body []byte) http.Handler {
	size := strconv.Itoa(len(body))
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", size)
		w.Write(body) //nolint:errcheck // a benchmark's client reads everything
	})
}

// BenchmarkList fetches a list of 20,000 targets over kept-alive connections, from the whole handler and from a bare
// one in turns, so that both meet the same machine. It reports requests per second of each and their ratio.
func BenchmarkList(b *testing.B) {
	publisher := benchPublisher(b)
	h := New(Options{Publisher: publisher, Registerer: prometheus.NewRegistry()})
	list, err := publisher.Snapshot().List(snapshot.Targets, snapshot.Query{Shards: []string{"prod"}})
	if err != nil {
		b.Fatal(err)
	}
	var body bytes.Buffer
	if _, err := list.WriteTo(&body); err != nil {
		b.Fatal(err)
	}
	b.Logf("%d targets, %d bytes", list.Targets(), body.Len())
	ours, bare := dialBench(b, h), dialBench(b, bareHandler(body.Bytes()))
	b.SetBytes(int64(body.Len()))
	compare(b, func() { ours.fetch(b, plainRequest, http.StatusOK, body.Len()) }, func() { bare.fetch(b, plainRequest, http.StatusOK, body.Len()) })
}

// BenchmarkNotModified asks again and again for what the client has.
func BenchmarkNotModified(b *testing.B) {
	publisher := benchPublisher(b)
	h := New(Options{Publisher: publisher, Registerer: prometheus.NewRegistry()})
	list, err := publisher.Snapshot().List(snapshot.Targets, snapshot.Query{Shards: []string{"prod"}})
	if err != nil {
		b.Fatal(err)
	}
	request := "GET /sd/targets?shard=prod HTTP/1.1\r\nHost: bench\r\nIf-None-Match: " + list.ETag() + "\r\n\r\n"
	bare := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("ETag", list.ETag())
		w.WriteHeader(http.StatusNotModified)
	})
	ours, theirs := dialBench(b, h), dialBench(b, bare)
	compare(b, func() { ours.fetch(b, request, http.StatusNotModified, 0) }, func() { theirs.fetch(b, request, http.StatusNotModified, 0) })
}

// compare runs one of each in turns and reports the median time of each as a rate. b.N counts pairs. Medians, because
// what else the machine does in between is not what is measured.
func compare(b *testing.B, ours, bare func()) {
	b.Helper()
	for range 20 {
		ours()
		bare()
	}
	var oursTook, bareTook []time.Duration
	b.ReportAllocs()
	for b.Loop() {
		start := time.Now()
		ours()
		middle := time.Now()
		bare()
		oursTook = append(oursTook, middle.Sub(start))
		bareTook = append(bareTook, time.Since(middle))
	}
	oursMedian, bareMedian := median(oursTook).Seconds(), median(bareTook).Seconds()
	b.ReportMetric(1/oursMedian, "promshard-req/s")
	b.ReportMetric(1/bareMedian, "bare-req/s")
	b.ReportMetric(bareMedian/oursMedian, "ratio")
}

// plainRequest is what a Prometheus as it is shipped sends.
const plainRequest = "GET /sd/targets?shard=prod HTTP/1.1\r\nHost: bench\r\nUser-Agent: Prometheus/3.15.0\r\n" +
	"Accept: application/json\r\nX-Prometheus-Refresh-Interval-Seconds: 60\r\n\r\n"

// benchClient is one kept-alive connection with a client that costs next to nothing.
type benchClient struct {
	conn net.Conn
	r    *bufio.Reader
}

// dialBench serves h and connects to it.
func dialBench(b *testing.B, h http.Handler) *benchClient {
	b.Helper()
	server, err := Listen(ServerOptions{Handler: h, Web: flags("127.0.0.1:0")})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx) }()
	conn, err := net.Dial("tcp", server.Addrs()[0].String())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		conn.Close()
		cancel()
		if err := <-done; err != nil {
			b.Error(err)
		}
	})
	return &benchClient{conn: conn, r: bufio.NewReaderSize(conn, 256<<10)}
}

// fetch sends a request and reads the whole answer.
func (c *benchClient) fetch(b *testing.B, request string, code, size int) {
	b.Helper()
	if _, err := io.WriteString(c.conn, request); err != nil {
		b.Fatal(err)
	}
	status, err := c.header()
	if err != nil {
		b.Fatal(err)
	}
	if status != code {
		b.Fatalf("status %d", status)
	}
	if n, err := c.r.Discard(size); err != nil || n != size {
		b.Fatalf("read %d of %d bytes: %v", n, size, err)
	}
}

// header reads up to the blank line and returns the status code.
func (c *benchClient) header() (int, error) {
	line, err := c.r.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	if len(line) < len("HTTP/1.1 200") {
		return 0, errors.New("no status line")
	}
	status, err := strconv.Atoi(string(line[9:12]))
	for err == nil && len(line) > len("\r\n") {
		line, err = c.r.ReadSlice('\n')
	}
	return status, err
}
