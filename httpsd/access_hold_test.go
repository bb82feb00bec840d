package httpsd

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/exporter-toolkit/web"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

// start sends a request whose answer may take its time, and returns that.
func (g *guarded) start(t *testing.T, target, authorization string, headers ...string) <-chan answer {
	t.Helper()
	done := make(chan answer, 1)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, g.url+target, http.NoBody)
	require.NoError(t, err)
	req.Header.Set("Authorization", authorization)
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	go func() {
		defer cancel()
		defer close(done)
		res, err := g.client.Do(req)
		if err != nil {
			return
		}
		defer res.Body.Close()
		body, _ := io.ReadAll(res.Body) // a stream may be cut
		done <- answer{res.StatusCode, res.Header, string(body)}
	}()
	return done
}

// take waits for an answer.
func take(t *testing.T, c <-chan answer) answer {
	t.Helper()
	select {
	case a := <-c:
		return a
	case <-time.After(10 * time.Second):
		require.Fail(t, "there is no answer")
		return answer{}
	}
}

// TestHeldRequestsEndWithTheRight holds a request, and takes away its right to what it waits for: the token first, then
// the server's place on the shard that the token is for.
func TestHeldRequestsEndWithTheRight(t *testing.T) {
	s := storetest.SQLite(t)
	twoShards(t, s)
	g := guard(t, s, AccessOptions{})
	for name, c := range map[string]struct {
		query string
		lose  func(id int64)
		code  int
	}{
		"revoked": {"?wait&shard=a", func(id int64) { require.NoError(t, s.DeletePrincipal(t.Context(), id, store.DeleteOptions{})) }, http.StatusUnauthorized},
		"moved": {"?wait&server=prom-a:9090", func(int64) {
			_, err := s.RegisterServer(t.Context(), "b", "prom-a", 9090)
			require.NoError(t, err)
		}, http.StatusForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			id, header := g.grant(t, name, roleOn(store.RoleReader, "shard", "a"))
			tag := take(t, g.start(t, "/sd/targets"+c.query, header)).header.Get("ETag")
			require.NotEmpty(t, tag)
			held := g.start(t, "/sd/targets"+c.query, header, "If-None-Match", tag)
			require.Eventually(t, func() bool { return g.handler.h.holds.now.Load() == 1 }, 10*time.Second, time.Millisecond)
			_, _ = g.grant(t, "bystander-"+name, roleOn(store.RoleReader))
			require.Equal(t, int64(1), g.handler.h.holds.now.Load(), "another table alone ends nothing")
			c.lose(id)
			require.Equal(t, c.code, take(t, held).code)
		})
	}
}

func TestStreamsEndWithTheRight(t *testing.T) {
	s := storetest.SQLite(t)
	twoShards(t, s)
	g := guard(t, s, AccessOptions{})
	for name, c := range map[string]struct {
		query string
		lose  func(id int64)
		again int
	}{
		"revoked": {"?shard=a", func(id int64) { require.NoError(t, s.DeletePrincipal(t.Context(), id, store.DeleteOptions{})) }, http.StatusUnauthorized},
		"moved": {"?server=prom-a:9090", func(int64) {
			_, err := s.RegisterServer(t.Context(), "b", "prom-a", 9090)
			require.NoError(t, err)
		}, http.StatusForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			id, header := g.grant(t, name, roleOn(store.RoleReader, "shard", "a"))
			require.Equal(t, http.StatusForbidden, g.code(t, http.MethodGet, "/sd/watch?shard=b", header))
			stream := g.start(t, "/sd/watch"+c.query, header, "Accept", "text/event-stream")
			require.Eventually(t, func() bool { return g.handler.h.watches.now.Load() == 1 }, 10*time.Second, time.Millisecond)
			_, _ = g.grant(t, "bystander-"+name, roleOn(store.RoleReader))
			select {
			case a := <-stream:
				require.Fail(t, "another table alone ends nothing", a.body)
			case <-time.After(50 * time.Millisecond):
			}
			c.lose(id)
			a := take(t, stream)
			assert.Contains(t, a.body, "host-a")
			assert.NotContains(t, a.body, "host-b", "nothing of what it may not have")
			require.Equal(t, c.again, g.code(t, http.MethodGet, "/sd/watch"+c.query, header))
		})
	}
}

// TestWritesStayInTheirScope is one editor's day over HTTP: what it may write, and what it may not, which changes nothing
// and is told with 403. The store's own tests try every write.
func TestWritesStayInTheirScope(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		twoShards(t, s)
		g := guard(t, s, AccessOptions{})
		_, editor := g.grant(t, "ci", roleOn(store.RoleEditor, "service", "a"))
		write := func(method, target, body string) answer {
			return g.do(t, method, "/api/v2"+target, body, "Authorization", editor)
		}
		require.Equal(t, http.StatusCreated, write(http.MethodPost, "/hosts", `{"name":"new","project":"a"}`).code)
		requireForbidden := func(a answer) {
			t.Helper()
			require.Equal(t, http.StatusForbidden, a.code, a.body)
			require.Contains(t, a.body, "token:ci may not write")
		}
		before, err := s.Revision(t.Context())
		require.NoError(t, err)
		requireForbidden(write(http.MethodPost, "/hosts", `{"name":"new","project":"b"}`))
		requireForbidden(write(http.MethodPatch, "/projects/a", `{"service":"b"}`))
		requireForbidden(write(http.MethodPatch, "/projects/b", `{"service":"a"}`))
		requireForbidden(write(http.MethodDelete, "/projects/b?cascade=true", ""))
		requireForbidden(write(http.MethodPost, "/projects/b/hosts", `{"add":["x"]}`))
		requireForbidden(write(http.MethodPut, "/projects/b/hosts", `{"hosts":[]}`))
		requireForbidden(write(http.MethodPost, "/shards", `{"name":"c"}`))
		after, err := s.Revision(t.Context())
		require.NoError(t, err)
		require.Equal(t, before, after)
		entries, err := s.Journal(t.Context(), store.JournalFilter{Newest: true, Limit: 1})
		require.NoError(t, err)
		require.Equal(t, "token:ci", entries[0].Actor)
		for target, code := range map[string]int{
			"/projects/a": http.StatusOK, "/projects/b": http.StatusForbidden, "/projects": http.StatusForbidden,
			"/projects?service=a": http.StatusOK, "/hosts?project=b": http.StatusForbidden, "/projects/a/hosts": http.StatusOK,
			"/projects/b/hosts": http.StatusForbidden, "/shards": http.StatusOK, "/probes": http.StatusOK,
		} {
			require.Equal(t, code, g.code(t, http.MethodGet, "/api/v2"+target, editor), target)
		}
	})
}

func basic(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

// TestTokensWorkAsPasswords is for clients that know no other way.
func TestTokensWorkAsPasswords(t *testing.T) {
	s := storetest.SQLite(t)
	twoShards(t, s)
	g := guard(t, s, AccessOptions{})
	_, header := g.grant(t, "reader", roleOn(store.RoleReader))
	secret := header[len("Bearer "):]
	require.Equal(t, http.StatusOK, g.code(t, http.MethodGet, "/sd/targets", basic("whoever", secret)))
	require.Equal(t, http.StatusUnauthorized, g.code(t, http.MethodGet, "/sd/targets", basic("whoever", secret+"0")))
	require.Equal(t, http.StatusUnauthorized, g.code(t, http.MethodGet, "/sd/targets", basic("ann", "secret")))
	require.Equal(t, http.StatusOK, g.code(t, http.MethodGet, "/sd/targets", "bearer  "+secret))
}

// TestUsersOfTheWebServer has the toolkit check names and passwords, and a user count only as long as the file has it.
func TestUsersOfTheWebServer(t *testing.T) {
	s := storetest.SQLite(t)
	twoShards(t, s)
	require.NoError(t, createUser(t, s, store.KindUser, "ann", roleOn(store.RoleEditor, "service", "a")))
	hash, err := bcrypt.GenerateFromPassword([]byte("right"), bcrypt.MinCost)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "web.yml")
	users := fmt.Sprintf("basic_auth_users:\n  ann: %q\n  bob: %q\n", hash, hash)
	require.NoError(t, os.WriteFile(file, []byte(users), 0o600))

	g := guard(t, s, AccessOptions{WebConfigFile: file})
	server := startServer(t, ServerOptions{
		Handler: g.handler,
		Web:     &web.FlagConfig{WebListenAddresses: &[]string{"127.0.0.1:0"}, WebConfigFile: &file},
	})
	g.url = server.URL()
	code := func(user, password, target string) int {
		return g.code(t, http.MethodGet, target, basic(user, password))
	}
	require.Equal(t, http.StatusOK, code("ann", "right", "/sd/targets?service=a"))
	require.Equal(t, http.StatusForbidden, code("ann", "right", "/sd/targets?service=b"))
	require.Equal(t, http.StatusUnauthorized, code("ann", "wrong", "/sd/targets?service=a"))
	require.Equal(t, http.StatusForbidden, code("bob", "right", "/sd/targets?service=a"), "the web server knows bob, who was granted nothing")
	a := g.do(t, http.MethodPost, "/api/v2/hosts", `{"name":"new","project":"a"}`, "Authorization", basic("ann", "right"))
	require.Equal(t, http.StatusCreated, a.code, a.body)
	entries, err := s.Journal(t.Context(), store.JournalFilter{Newest: true, Limit: 1})
	require.NoError(t, err)
	require.Equal(t, "user:ann", entries[0].Actor)

	// Without users the toolkit lets everything pass: a name that nobody has checked is worth nothing.
	require.NoError(t, os.WriteFile(file, []byte("{}\n"), 0o600))
	require.Equal(t, http.StatusUnauthorized, code("ann", "right", "/sd/targets?service=a"))
	require.NoError(t, os.Remove(file))
	require.False(t, g.access.web.verified("ann", "right"))
}

func createUser(t *testing.T, s *store.Store, kind, name string, grants ...store.Grant) error {
	t.Helper()
	_, err := s.CreatePrincipal(t.Context(), &store.Principal{Kind: kind, Name: name, Grants: grants})
	return err
}

// authority issues certificates.
type authority struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	next int64
}

func (a *authority) issue(t *testing.T, name string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	a.next++
	template := &x509.Certificate{
		SerialNumber: big.NewInt(a.next), Subject: pkix.Name{CommonName: name}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
		IsCA:        a.cert == nil, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	require.NoError(t, err)
	if a.cert == nil {
		a.key = key
		a.cert, err = x509.ParseCertificate(der)
		require.NoError(t, err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// write puts a certificate and its key into PEM files.
func write(t *testing.T, folder, name string, c tls.Certificate) (cert, key string) {
	t.Helper()
	cert, key = filepath.Join(folder, name+".crt"), filepath.Join(folder, name+".key")
	der, err := x509.MarshalECPrivateKey(c.PrivateKey.(*ecdsa.PrivateKey))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]}), 0o600))
	require.NoError(t, os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}), 0o600))
	return cert, key
}

func TestClientCertificates(t *testing.T) {
	s := storetest.SQLite(t)
	twoShards(t, s)
	require.NoError(t, createUser(t, s, store.KindCertificate, "prom-a", roleOn(store.RoleReader, "shard", "a")))
	folder, ca := t.TempDir(), &authority{}
	root, _ := write(t, folder, "ca", ca.issue(t, "test authority"))
	cert, key := write(t, folder, "server", ca.issue(t, "localhost"))
	serve := func(clientAuth string) *guarded {
		file := filepath.Join(folder, clientAuth+".yml")
		text := fmt.Sprintf("tls_server_config:\n  cert_file: %s\n  key_file: %s\n  client_auth_type: %s\n", cert, key, clientAuth)
		if clientAuth != "RequireAnyClientCert" {
			text += "  client_ca_file: " + root + "\n"
		}
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		g := guard(t, s, AccessOptions{WebConfigFile: file})
		server := startServer(t, ServerOptions{
			Handler: g.handler, Web: &web.FlagConfig{WebListenAddresses: &[]string{"127.0.0.1:0"}, WebConfigFile: &file},
		})
		u, err := url.Parse(server.URL())
		require.NoError(t, err)
		g.url = "https://localhost:" + u.Port()
		return g
	}
	pool := x509.NewCertPool()
	pool.AddCert(ca.cert)
	code := func(g *guarded, target string, certs ...tls.Certificate) int {
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, Certificates: certs}, DisableKeepAlives: true}}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, g.url+target, http.NoBody)
		require.NoError(t, err)
		res, err := client.Do(req)
		require.NoError(t, err)
		res.Body.Close()
		return res.StatusCode
	}
	known, stranger := ca.issue(t, "prom-a"), ca.issue(t, "prom-x")
	g := serve("VerifyClientCertIfGiven")
	require.Equal(t, http.StatusOK, code(g, "/sd/targets?shard=a", known))
	require.Equal(t, http.StatusForbidden, code(g, "/sd/targets", known))
	require.Equal(t, http.StatusForbidden, code(g, "/sd/targets?shard=a", stranger))
	require.Equal(t, http.StatusUnauthorized, code(g, "/sd/targets?shard=a"))
	forged := (&authority{}).issue(t, "prom-a")
	g = serve("RequireAnyClientCert")
	require.Equal(t, http.StatusUnauthorized, code(g, "/sd/targets?shard=a", forged), "what nobody has verified is worth nothing")
}
