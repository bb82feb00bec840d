package httpsd

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/exporter-toolkit/web"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"github.com/promshard/promshard/httpsd/snapshot"
	"github.com/promshard/promshard/store"
)

func flags(addresses ...string) *web.FlagConfig {
	return &web.FlagConfig{WebListenAddresses: &addresses}
}

func TestListenRefuses(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	missing, broken := "/no/such/file", filepath.Join(t.TempDir(), "web.yml")
	require.NoError(t, os.WriteFile(broken, []byte("tls_server_config: {cert_file: nowhere, key_file: nowhere}\n"), 0o600))
	for name, o := range map[string]ServerOptions{
		"an address that is taken":                    {Handler: http.NotFoundHandler(), Web: flags("127.0.0.1:0", taken.Addr().String())},
		"an address that is none":                     {Handler: http.NotFoundHandler(), Web: flags("127.0.0.1")},
		"a vsock port that is none":                   {Handler: http.NotFoundHandler(), Web: flags("vsock://:x")},
		"no address":                                  {Handler: http.NotFoundHandler(), Web: flags()},
		"no handler":                                  {Web: flags("127.0.0.1:0")},
		"a missing web configuration":                 {Handler: http.NotFoundHandler(), Web: &web.FlagConfig{WebListenAddresses: &[]string{"127.0.0.1:0"}, WebConfigFile: &missing}},
		"a web configuration without its certificate": {Handler: http.NotFoundHandler(), Web: &web.FlagConfig{WebListenAddresses: &[]string{"127.0.0.1:0"}, WebConfigFile: &broken}},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Listen(o)
			assert.Error(t, err)
			assert.Nil(t, s)
		})
	}
}

func TestServerListensOnEveryAddress(t *testing.T) {
	s := startServer(t, ServerOptions{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Host) }),
		Web:     flags("127.0.0.1:0", "127.0.0.1:0", ":0"),
	})
	require.Len(t, s.Addrs(), 3)
	assert.Equal(t, "http://"+s.Addrs()[0].String(), s.URL())
	client := &http.Client{}
	defer client.CloseIdleConnections()
	for _, addr := range s.Addrs() {
		_, port, err := net.SplitHostPort(addr.String())
		require.NoError(t, err)
		res, err := client.Get("http://127.0.0.1:" + port)
		require.NoError(t, err)
		body, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		res.Body.Close()
		assert.Equal(t, "127.0.0.1:"+port, string(body))
	}
}

func TestServerNamesAnAddressToConnectTo(t *testing.T) {
	for address, want := range map[string]string{
		"0.0.0.0:9780": "localhost:9780", "[::]:9780": "localhost:9780", "127.0.0.1:1": "127.0.0.1:1", "[2001:db8::1]:2": "[2001:db8::1]:2",
	} {
		addr, err := net.ResolveTCPAddr("tcp", address)
		require.NoError(t, err)
		assert.Equal(t, want, reachable(addr))
	}
}

// bigList has one shard whose list is larger than what sockets buffer.
var bigList = sync.OnceValue(func() *Publisher {
	f := newFakeSource()
	p := project(1, "big", f.directory.Shards[0])
	for i := range 400_000 {
		p.Hosts = append(p.Hosts, store.HostRow{Name: fmt.Sprintf("host-with-a-long-name-%06d.example", i)})
	}
	f.put(p)
	publisher := NewPublisher(PublisherOptions{Source: f})
	if err := publisher.pass(context.Background()); err != nil {
		panic(err)
	}
	return publisher
})

// bigServing serves bigList until the test ends, or stop is called.
func bigServing(t *testing.T, change func(*Options, *ServerOptions)) (s *Server, want string, stop func() error) {
	t.Helper()
	publisher := bigList()
	o := Options{Publisher: publisher}
	so := ServerOptions{Web: flags("127.0.0.1:0")}
	change(&o, &so)
	so.Handler = New(o)
	s, err := Listen(so)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx) }()
	stopped := false
	stop = func() error {
		stopped = true
		cancel()
		return <-done
	}
	t.Cleanup(func() {
		if !stopped {
			assert.NoError(t, stop())
		}
	})
	return s, listBody(t, publisher.Snapshot(), snapshot.Targets, snapshot.Query{}), stop
}

// slowly asks for the list, reads the start of the answer, and returns the connection.
func slowly(t *testing.T, s *Server) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", s.Addrs()[0].String())
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	require.NoError(t, conn.(*net.TCPConn).SetReadBuffer(256<<10))
	fmt.Fprint(conn, "GET /sd/targets HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	start := make([]byte, 64)
	_, err = io.ReadFull(conn, start)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(start), "HTTP/1.1 200 OK"))
	return conn
}

func TestGracefulStop(t *testing.T) {
	t.Run("an answer that is under way finishes", func(t *testing.T) {
		s, want, stop := bigServing(t, func(*Options, *ServerOptions) {})
		conn := slowly(t, s)
		ended := make(chan error, 1)
		go func() { ended <- stop() }()

		// No new connection is taken while the old one is read to its end.
		require.Eventually(t, func() bool {
			c, err := net.Dial("tcp", s.Addrs()[0].String())
			if err == nil {
				c.Close()
			}
			return err != nil
		}, 5*time.Second, 5*time.Millisecond)
		select {
		case err := <-ended:
			t.Fatalf("ended while an answer was under way: %v", err)
		default:
		}
		rest, err := io.ReadAll(conn)
		require.NoError(t, err)
		assert.True(t, strings.HasSuffix(string(rest), want[1:]), "the whole list arrived")
		require.NoError(t, <-ended)
	})
	t.Run("one that takes too long is cut, and the client can tell", func(t *testing.T) {
		s, want, stop := bigServing(t, func(_ *Options, so *ServerOptions) { so.ShutdownTimeout = 50 * time.Millisecond })
		conn := slowly(t, s)
		start := time.Now()
		require.ErrorContains(t, stop(), "cutting off")
		assert.Less(t, time.Since(start), 5*time.Second)
		rest, _ := io.ReadAll(conn)
		assert.Less(t, len(rest), len(want))
	})
	t.Run("idle connections do not hold it up", func(t *testing.T) {
		s, _, stop := bigServing(t, func(*Options, *ServerOptions) {})
		client := &http.Client{}
		defer client.CloseIdleConnections()
		res, err := client.Get(s.URL() + "/-/healthy")
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, res.Body)
		require.NoError(t, err)
		res.Body.Close()
		start := time.Now()
		require.NoError(t, stop())
		assert.Less(t, time.Since(start), 5*time.Second)
	})
}

func TestSlowReaders(t *testing.T) {
	t.Run("one that reads nothing is cut off", func(t *testing.T) {
		s, want, _ := bigServing(t, func(o *Options, so *ServerOptions) {
			so.WriteTimeout, o.AnswerTimeout, o.SlowestReader = 200*time.Millisecond, 200*time.Millisecond, 1<<40
		})
		conn := slowly(t, s)
		time.Sleep(time.Second)
		rest, err := io.ReadAll(conn)
		assert.Less(t, len(rest), len(want), "%v", err)
	})
	t.Run("one on a slow link gets more time for a large list", func(t *testing.T) {
		s, want, _ := bigServing(t, func(o *Options, so *ServerOptions) {
			so.WriteTimeout, o.AnswerTimeout = 200*time.Millisecond, 200*time.Millisecond
		})
		conn := slowly(t, s)
		time.Sleep(time.Second)
		rest, err := io.ReadAll(conn)
		require.NoError(t, err)
		assert.True(t, strings.HasSuffix(string(rest), want[1:]))
	})
	t.Run("one that never ends its header is cut off", func(t *testing.T) {
		s := startServer(t, ServerOptions{Handler: http.NotFoundHandler(), ReadHeaderTimeout: 100 * time.Millisecond})
		conn, err := net.Dial("tcp", s.Addrs()[0].String())
		require.NoError(t, err)
		defer conn.Close()
		fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(10*time.Second)))
		_, err = io.ReadAll(conn)
		assert.NoError(t, err, "the server closes the connection")
	})
}

func TestWebConfigFile(t *testing.T) {
	dir := t.TempDir()
	pool := writeCertificate(t, dir)
	config := filepath.Join(dir, "web.yml")
	hash, err := bcrypt.GenerateFromPassword([]byte("secret"), bcrypt.MinCost)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(config, fmt.Appendf(nil, `
tls_server_config: {cert_file: cert.pem, key_file: key.pem}
basic_auth_users: {prometheus: %s}
`, hash), 0o600))
	s := startServer(t, ServerOptions{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Proto) }),
		Web:     &web.FlagConfig{WebListenAddresses: &[]string{"127.0.0.1:0", "127.0.0.1:0"}, WebConfigFile: &config},
	})
	require.True(t, strings.HasPrefix(s.URL(), "https://127.0.0.1:"), s.URL())
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}}
	defer client.CloseIdleConnections()
	ask := func(password string) (int, string) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL(), http.NoBody)
		require.NoError(t, err)
		req.SetBasicAuth("prometheus", password)
		res, err := client.Do(req)
		require.NoError(t, err)
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		return res.StatusCode, string(body)
	}
	code, proto := ask("secret")
	assert.Equal(t, http.StatusOK, code)
	assert.Equal(t, "HTTP/2.0", proto)
	code, _ = ask("wrong")
	assert.Equal(t, http.StatusUnauthorized, code)
}

// writeCertificate writes a key and a certificate for 127.0.0.1 that signs itself.
func writeCertificate(t *testing.T, dir string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	certificate := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "promshard test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, certificate, certificate, &key.PublicKey, key)
	require.NoError(t, err)
	keyDER, err := x509.MarshalECPrivateKey(key)
	require.NoError(t, err)
	writePEM(t, filepath.Join(dir, "cert.pem"), "CERTIFICATE", der)
	writePEM(t, filepath.Join(dir, "key.pem"), "EC PRIVATE KEY", keyDER)
	parsed, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return pool
}

func writePEM(t *testing.T, path, kind string, der []byte) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
}
