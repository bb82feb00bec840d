package httpsd

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptrace"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/exporter-toolkit/web"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
)

// holdPatience is how long a test waits for what should take a moment.
const holdPatience = 30 * time.Second

// line is a client with one connection of its own.
type line struct {
	s      *serving
	client *http.Client
}

// connect returns a client whose requests share one connection.
func (s *serving) connect(t testing.TB) *line {
	return s.connectTrusting(t, nil)
}

// connectTrusting is connect for a server with that certificate: over HTTP/2, with as many requests at one time as one
// likes.
func (s *serving) connectTrusting(t testing.TB, pool *x509.CertPool) *line {
	t.Helper()
	transport := &http.Transport{DisableCompression: true, MaxConnsPerHost: 1}
	if pool != nil {
		transport.ForceAttemptHTTP2 = true
		transport.TLSClientConfig = &tls.Config{RootCAs: pool}
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &line{s: s, client: &http.Client{Transport: transport}}
}

// reply is an answer, how long it took to come, and what else there is to know of it.
type reply struct {
	answer
	took   time.Duration
	reused bool
	proto  string
	err    error
}

// ask sends a request and returns where its answer will be.
func (l *line) ask(ctx context.Context, method, target string, header ...string) <-chan reply {
	replies := make(chan reply, 1)
	var r reply
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) { r.reused = i.Reused }})
	req, err := http.NewRequestWithContext(ctx, method, l.s.url+target, http.NoBody)
	if err != nil {
		replies <- reply{err: err}
		return replies
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Add(header[i], header[i+1])
	}
	go func() {
		start := time.Now()
		defer func() {
			r.took = time.Since(start)
			replies <- r
		}()
		res, err := l.client.Do(req)
		if err != nil {
			r.err = err
			return
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		r.answer, r.proto, r.err = answer{res.StatusCode, res.Header, string(body)}, res.Proto, err
	}()
	return replies
}

// get asks and waits for the answer.
func (l *line) get(t testing.TB, target string, header ...string) reply {
	t.Helper()
	return arrives(t, l.ask(t.Context(), http.MethodGet, target, header...))
}

// hold asks, and returns once the request is held.
func (l *line) hold(t *testing.T, target string, header ...string) <-chan reply {
	t.Helper()
	before := l.s.held(t)
	replies := l.ask(t.Context(), http.MethodGet, target, header...)
	l.s.holds(t, before+1)
	return replies
}

// arrives waits for an answer.
func arrives(t testing.TB, replies <-chan reply) reply {
	t.Helper()
	select {
	case r := <-replies:
		require.NoError(t, r.err)
		return r
	case <-time.After(holdPatience):
		require.Fail(t, "there is no answer")
		return reply{}
	}
}

// stillHeld requires that none of the requests was answered.
func stillHeld(t testing.TB, all ...<-chan reply) {
	t.Helper()
	for _, replies := range all {
		select {
		case r := <-replies:
			require.Fail(t, "answered", "%d %s %v", r.code, r.body, r.err)
		default:
		}
	}
}

// held is how many requests are held now, as the metrics say.
func (s *serving) held(t testing.TB) float64 {
	t.Helper()
	return metricValue(t, s.reg, "promshard_held_requests")
}

// holds waits until that many requests are held.
func (s *serving) holds(t testing.TB, n float64) {
	t.Helper()
	require.Eventually(t, func() bool { return s.held(t) == n }, holdPatience, 2*time.Millisecond)
}

// ended is how many requests were held that ended so.
func (s *serving) ended(t testing.TB, o outcome) float64 {
	t.Helper()
	return metricValue(t, s.reg, "promshard_held_requests_total", "outcome="+string(o))
}

// move replaces the hosts of a project and publishes that: 1 is on shard prod, 2 on dev.
func (s *serving) move(t testing.TB, id int64, hosts ...string) {
	t.Helper()
	s.source.mu.Lock()
	p := *s.source.copyProject(id)
	s.source.mu.Unlock()
	p.Hosts = nil
	for _, host := range hosts {
		p.Hosts = append(p.Hosts, store.HostRow{Name: host})
	}
	s.source.put(p)
	require.NoError(t, s.publisher.pass(t.Context()))
}

// encryptedWeb is a web configuration with a certificate, and who trusts it.
func encryptedWeb(t *testing.T) (*web.FlagConfig, *x509.CertPool) {
	t.Helper()
	dir := t.TempDir()
	pool := writeCertificate(t, dir)
	config := filepath.Join(dir, "web.yml")
	require.NoError(t, os.WriteFile(config, []byte("tls_server_config: {cert_file: cert.pem, key_file: key.pem}\n"), 0o600))
	return &web.FlagConfig{WebListenAddresses: &[]string{"127.0.0.1:0"}, WebConfigFile: &config}, pool
}
