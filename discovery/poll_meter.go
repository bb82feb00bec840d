package discovery

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/promshard/promshard/httpsd/wire"
)

// pollMeter measures the requests for a whole set, from their begin to the end of the answer's body, and lets all
// others pass.
type pollMeter struct {
	next    http.RoundTripper
	metrics *metrics
	config  string
}

// RoundTrip implements http.RoundTripper.
func (m *pollMeter) RoundTrip(req *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(req.URL.Path, wire.GroupsPath) {
		return m.next.RoundTrip(req)
	}
	begin := time.Now()
	res, err := m.next.RoundTrip(req)
	if err != nil {
		m.metrics.polled(m.config, time.Since(begin), false)
		return nil, err
	}
	good := res.StatusCode == http.StatusOK || res.StatusCode == http.StatusNotModified
	res.Body = &meteredBody{ReadCloser: res.Body, good: good, end: func(good bool) { m.metrics.polled(m.config, time.Since(begin), good) }}
	return res, nil
}

// CloseIdleConnections is what http.Client looks for.
func (m *pollMeter) CloseIdleConnections() {
	if c, ok := m.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// meteredBody calls end once, when it is closed, with whether nothing went wrong until then.
type meteredBody struct {
	io.ReadCloser
	good bool
	end  func(good bool)
}

// Read implements io.Reader.
func (b *meteredBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		b.good = false
	}
	return n, err
}

// Close implements io.Closer.
func (b *meteredBody) Close() error {
	if b.end != nil {
		b.end(b.good)
		b.end = nil
	}
	return b.ReadCloser.Close()
}
