package discovery

import (
	"log/slog"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	promconfig "github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/discovery"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v2"
)

func parse(text string) (*SDConfig, error) {
	var c SDConfig
	err := yaml.UnmarshalStrict([]byte(text), &c)
	return &c, err
}

func mustParse(t require.TestingT, text string) *SDConfig {
	c, err := parse(text)
	require.NoError(t, err, text)
	return c
}

func TestConfigDefaults(t *testing.T) {
	c := mustParse(t, `servers: ["http://a.example:9780"]`)
	want := DefaultSDConfig
	want.Servers = []string{"http://a.example:9780"}
	require.Equal(t, &want, c)
	require.Equal(t, model.Duration(time.Minute), c.RefreshInterval)
	require.Equal(t, model.Duration(10*time.Second), c.CoalesceInterval)
	require.Equal(t, "targets", c.Kind)
	require.True(t, c.HTTPClientConfig.FollowRedirects, "the defaults of the HTTP client")
	require.True(t, c.HTTPClientConfig.EnableHTTP2, "the defaults of the HTTP client")
}

const everyField = `
servers: ["https://a.example:9780", "http://[2001:db8::1]:80/below/a/path/"]
shard: prod
kind: urls
service: [web, db]
project: [shop]
farm: [one]
job: [node, app]
refresh_interval: 30s
coalesce_interval: 0
cache_file: promshard.cache
basic_auth: {username: u, password_file: secret/password}
tls_config: {ca_file: ca.pem}
proxy_url: http://proxy.example:3128
follow_redirects: false
`

func TestConfigTakesEveryField(t *testing.T) {
	c := mustParse(t, everyField)
	require.Equal(t, "prod", c.Shard)
	require.Zero(t, c.CoalesceInterval)
	require.Equal(t, "u", c.HTTPClientConfig.BasicAuth.Username)
	require.False(t, c.HTTPClientConfig.FollowRedirects)
	require.Equal(t, map[string][]string{
		"kind": {"urls"}, "shard": {"prod"}, "service": {"web", "db"}, "project": {"shop"}, "farm": {"one"}, "job": {"node", "app"},
	}, map[string][]string(c.query()))
	require.Equal(t, map[string][]string{"kind": {"targets"}, "server": {"prometheus001:9090"}},
		map[string][]string(mustParse(t, `{servers: ["http://a"], server: "prometheus001:9090"}`).query()))
}

func TestConfigThatIsRefused(t *testing.T) {
	const a = `servers: ["http://a"], `
	for text, want := range map[string]string{
		`shard: prod`:                                         `servers is missing`,
		`servers: []`:                                         `servers is missing`,
		`servers: ["http://a", ""]`:                           `servers: URL scheme of "" must be 'http' or 'https'`,
		`servers: ["a.example:9780"]`:                         `servers: URL scheme of "a.example:9780" must be 'http' or 'https'`,
		`servers: ["ftp://a"]`:                                `servers: URL scheme of "ftp://a" must be 'http' or 'https'`,
		`servers: ["http://:9780"]`:                           `servers: host is missing in URL "http://:9780"`,
		`servers: ["http://u:secret@a"]`:                      `servers: URL "http://u:xxxxx@a" must not have credentials, use basic_auth instead`,
		`servers: ["http://a?shard=prod"]`:                    `servers: URL "http://a?shard=prod" must not have a query or a fragment`,
		`servers: ["http://a?"]`:                              `servers: URL "http://a?" must not have a query or a fragment`,
		`servers: ["http://a#x"]`:                             `servers: URL "http://a#x" must not have a query or a fragment`,
		`servers: ["http://u:secret@a:port"]`:                 `servers: not a URL: invalid port ":port" after host`,
		`servers: ["http://a/sd"]`:                            `servers: URL "http://a/sd" must be the address below which /sd is`,
		`servers: ["http://a", "http://b", "http://a"]`:       `servers: "http://a" is listed twice`,
		`{` + a + `shard: prod, server: "p:9090"}`:            `at most one of shard & server must be configured`,
		`{` + a + `server: p}`:                                `server "p" must be HOST:PORT, as it is registered in promshard`,
		`{` + a + `server: ":9090"}`:                          `server ":9090" must be HOST:PORT, as it is registered in promshard`,
		`{` + a + `server: "p:http"}`:                         `server "p:http" must be HOST:PORT, as it is registered in promshard`,
		`{` + a + `server: "p:0"}`:                            `server "p:0" must be HOST:PORT, as it is registered in promshard`,
		`{` + a + `server: "p:65536"}`:                        `server "p:65536" must be HOST:PORT, as it is registered in promshard`,
		`{` + a + `kind: hosts}`:                              `kind "hosts" must be "targets" or "urls"`,
		`{` + a + `kind: ""}`:                                 `kind "" must be "targets" or "urls"`,
		`{` + a + `refresh_interval: 0s}`:                     `refresh_interval must be greater than 0`,
		`{` + a + `refresh_interval: soon}`:                   `not a valid duration string: "soon"`,
		`{` + a + `coalesce_interval: -1s}`:                   `not a valid duration string: "-1s"`,
		`{` + a + `job: [node, ""]}`:                          `job must not have empty values, leave it out to get everything`,
		`{` + a + `shrad: prod}`:                              "yaml: unmarshal errors:\n  line 1: field shrad not found in type discovery.plain",
		`{` + a + `basic_auth: {}, authorization: {type: x}}`: `at most one of basic_auth, oauth2 & authorization must be configured`,
	} {
		t.Run(text, func(t *testing.T) {
			_, err := parse(text)
			require.EqualError(t, err, want)
		})
	}
}

// load reads a prometheus.yml with one scrape job that has these promshard_sd_configs.
func load(t testing.TB, entries string) discovery.Configs {
	t.Helper()
	cfg, err := promconfig.Load("scrape_configs: [{job_name: promshard, promshard_sd_configs: "+entries+"}]", slog.New(slog.DiscardHandler))
	require.NoError(t, err, entries)
	return cfg.ScrapeConfigs[0].ServiceDiscoveryConfigs
}

func TestPrometheusReadsTheConfig(t *testing.T) {
	const entries = `[{servers: ["http://a"], shard: prod, authorization: {credentials: hidden}}, {servers: ["http://a"], kind: urls}]`
	configs := load(t, entries)
	require.Len(t, configs, 2)
	require.IsType(t, &SDConfig{}, configs[0])
	require.Equal(t, "promshard", configs[0].Name())

	t.Run("and equal text makes equal configs, so that a reload keeps what runs", func(t *testing.T) {
		require.True(t, reflect.DeepEqual(configs, load(t, entries)))
		require.False(t, reflect.DeepEqual(configs, load(t, `[{servers: ["http://a"], shard: dev}, {servers: ["http://a"], kind: urls}]`)))
	})
	t.Run("and shows it without secrets", func(t *testing.T) {
		text, err := yaml.Marshal(configs)
		require.NoError(t, err)
		require.NotContains(t, string(text), "hidden")
		require.Contains(t, string(text), "<secret>")
	})
	t.Run("and refuses unknown fields", func(t *testing.T) {
		_, err := promconfig.Load(`scrape_configs: [{job_name: x, promshard_sd_configs: [{servers: ["http://a"], shrad: x}]}]`, slog.New(slog.DiscardHandler))
		require.ErrorContains(t, err, "field shrad not found in type discovery.plain")
	})
	t.Run("and refuses an empty entry", func(t *testing.T) {
		_, err := promconfig.Load(`scrape_configs: [{job_name: x, promshard_sd_configs: [null]}]`, slog.New(slog.DiscardHandler))
		require.ErrorContains(t, err, "empty or null section in promshard_sd_configs")
	})
}

// What Prometheus shows as its configuration must mean the same when it is read again.
func TestConfigThatIsWrittenReadsTheSame(t *testing.T) {
	for _, text := range []string{everyField, `servers: ["http://a"]`} {
		c := mustParse(t, text)
		written, err := yaml.Marshal(c)
		require.NoError(t, err)
		require.Equal(t, c, mustParse(t, string(written)), string(written))
	}
}

func TestConfigFilesAreBesideTheConfiguration(t *testing.T) {
	c := mustParse(t, everyField)
	dir := filepath.FromSlash("/etc/prometheus")
	c.SetDirectory(dir)
	require.Equal(t, filepath.Join(dir, "promshard.cache"), c.CacheFile)
	require.Equal(t, filepath.Join(dir, "ca.pem"), c.HTTPClientConfig.TLSConfig.CAFile)
	require.Equal(t, filepath.Join(dir, "secret", "password"), c.HTTPClientConfig.BasicAuth.PasswordFile)

	none := mustParse(t, `servers: ["http://a"]`)
	none.SetDirectory(dir)
	require.Empty(t, none.CacheFile, "no cache stays no cache")
	absolute := mustParse(t, `{servers: ["http://a"], cache_file: /var/cache/x}`)
	absolute.SetDirectory(dir)
	require.Equal(t, "/var/cache/x", absolute.CacheFile)
}

func TestNewDiscoverer(t *testing.T) {
	c := mustParse(t, `servers: ["http://a"]`)
	t.Run("takes the metrics that it made itself", func(t *testing.T) {
		_, err := c.NewDiscoverer(discovery.DiscovererOptions{Metrics: &discovery.NoopDiscovererMetrics{}})
		require.EqualError(t, err, "invalid discovery metrics type")
		_, err = c.NewDiscoverer(discovery.DiscovererOptions{Metrics: testMetrics(t)})
		require.NoError(t, err)
	})
	t.Run("says which file is missing", func(t *testing.T) {
		tls := mustParse(t, `{servers: ["https://a"], tls_config: {ca_file: /nowhere/ca.pem}}`)
		_, err := tls.NewDiscoverer(discovery.DiscovererOptions{Metrics: testMetrics(t)})
		require.ErrorContains(t, err, "setting up the HTTP client: ")
		require.ErrorContains(t, err, "/nowhere/ca.pem")
	})
	t.Run("has no time-out, which would end every stream", func(t *testing.T) {
		d, err := NewDiscovery(c, discovery.DiscovererOptions{Metrics: testMetrics(t)})
		require.NoError(t, err)
		require.Zero(t, d.http.Timeout)
	})
}
