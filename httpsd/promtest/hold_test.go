package promtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/exporter-toolkit/web"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/httpsd"
	"github.com/promshard/promshard/store"
)

// listen serves p with the program's own server, encrypted or not, and returns its URL.
func (p *promshard) listen(t *testing.T, encrypted bool) string {
	t.Helper()
	flags := &web.FlagConfig{WebListenAddresses: &[]string{"127.0.0.1:0"}}
	if encrypted {
		dir := t.TempDir()
		writeCertificate(t, dir)
		config := filepath.Join(dir, "web.yml")
		require.NoError(t, os.WriteFile(config, []byte("tls_server_config: {cert_file: cert.pem, key_file: key.pem}\n"), 0o600))
		flags.WebConfigFile = &config
	}
	server, err := httpsd.Listen(httpsd.ServerOptions{Handler: p.healthy, OnShutdown: p.healthy.Release, Web: flags})
	require.NoError(t, err)
	run(t, server.Serve)
	return server.URL()
}

// writeCertificate writes a key and a certificate that signs itself.
func writeCertificate(t *testing.T, dir string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	certificate := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, certificate, certificate, &key.PublicKey, key)
	require.NoError(t, err)
	keyDER, err := x509.MarshalECPrivateKey(key)
	require.NoError(t, err)
	for name, block := range map[string]*pem.Block{
		"cert.pem": {Type: "CERTIFICATE", Bytes: der}, "key.pem": {Type: "EC PRIVATE KEY", Bytes: keyDER},
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600))
	}
}

// count is the value of a metric of promshard, with its one label when there is one.
func (p *promshard) count(t *testing.T, name, label string) float64 {
	t.Helper()
	families, err := p.reg.Gather()
	require.NoError(t, err)
	sum := 0.0
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, m := range family.GetMetric() {
			if label == "" || m.GetLabel()[0].GetValue() == label {
				sum += m.GetGauge().GetValue() + m.GetCounter().GetValue()
			}
		}
	}
	return sum
}

// TestHeldDiscovery has Prometheus's own discovery manager wait for a list: over HTTP/1.1, and over HTTP/2.
func TestHeldDiscovery(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for refreshes")
	}
	for name, encrypted := range map[string]bool{"HTTP/1.1": false, "HTTP/2": true} {
		t.Run(name, func(t *testing.T) {
			p := startPromshard(t)
			prom := startPrometheus(t, fmt.Sprintf(`scrape_configs:
  - job_name: held
    http_sd_configs: [{url: "%s/sd/targets?shard=dev&wait", refresh_interval: 2s, tls_config: {insecure_skip_verify: true}}]
`, p.listen(t, encrypted)))
			want := devTargets
			prom.waitFor(t, "held", want)
			assert.Zero(t, p.count(t, "promshard_held_requests_total", ""), "the first request is not held")

			// A change that comes between two requests is answered at once, and says nothing.
			for i := 2; p.count(t, "promshard_held_requests_total", "changed") < 2; i++ {
				require.Less(t, i, 20, "held requests are not answered with changes")
				require.Eventually(t, func() bool { return p.count(t, "promshard_held_requests", "") == 1 }, waitMost, waitStep)
				host := fmt.Sprintf("dev%d", i)
				start := time.Now()
				require.NoError(t, p.store.CreateHost(t.Context(), &store.Host{Name: host, Project: "shop dev", Enabled: true}))
				want = with(want, "http://"+host+":9100/metrics",
					fmt.Sprintf(`{farm="shop dev", instance="%s:9100", job="node", project="shop dev", service="web", team="project", tier="front"}`, host))
				prom.waitFor(t, "held", want)
				t.Logf("%v from commit to active target", time.Since(start))
			}
			assert.Zero(t, prom.failures(t))
		})
	}
}
