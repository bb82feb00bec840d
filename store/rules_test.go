package store

import (
	"net"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"
)

func TestHostNames(t *testing.T) {
	for _, tc := range []struct{ give, want string }{
		{"web1", "web1"},
		{"web_1.example.net.", "web_1.example.net."},
		{"xn--r8jz45g.jp", "xn--r8jz45g.jp"},
		{"192.0.2.7", "192.0.2.7"},
		{"2001:DB8:0::1", "2001:db8::1"},
		{"[2001:db8::1]", "2001:db8::1"},
		{"::ffff:192.0.2.1", "::ffff:192.0.2.1"},
		{"3com", "3com"},
	} {
		h := Host{Name: tc.give}
		require.NoError(t, h.validate(), tc.give)
		require.Equal(t, tc.want, h.Name)
	}
	for give, reason := range map[string]string{
		"":                        "is missing",
		"web1:9100":               "the port belongs to the exporter",
		"web 1":                   `has ' ' in it`,
		"web/1":                   `has '/' in it`,
		"例え.jp":                   "xn-- form",
		"-web":                    `begins or ends with "-"`,
		"a..b":                    "empty part",
		".":                       "empty part",
		"256.1.1.1":               "ends in a number",
		"10.0.0":                  "ends in a number",
		"fe80::1%eth0":            "IPv6 zone",
		"[web1]":                  "brackets",
		"[]":                      "is missing",
		strings.Repeat("a", 64):   "more than 63",
		strings.Repeat("a.", 130): "longer than 253",
	} {
		h := Host{Name: give}
		err := h.validate()
		require.ErrorIs(t, err, ErrInvalid, give)
		require.ErrorContains(t, err, "host name")
		require.ErrorContains(t, err, reason, give)
	}
}

func TestNamesMayBeAnythingPrintable(t *testing.T) {
	for _, name := range []string{"shop", "Shop / EU", `"quoted"`, "日本語 プロジェクト", "a", strings.Repeat("長", 128)} {
		s := Service{Name: name}
		require.NoError(t, s.validate(), name)
	}
	for give, reason := range map[string]string{
		"":                       "is missing",
		" shop":                  "white space",
		"shop\u3000":             "white space",
		"sh\nop":                 "control character",
		"sh\x00op":               "control character",
		"\xff":                   "not valid UTF-8",
		strings.Repeat("長", 129): "longer than 128 characters",
	} {
		s := Service{Name: give}
		require.ErrorContains(t, s.validate(), reason, "%q", give)
	}
}

func TestExporterPaths(t *testing.T) {
	path, params, err := SplitPath("/probe?module=http_2xx&target=https%3A%2F%2Fa.example%2F%3Fx%3D1&b=a+b")
	require.NoError(t, err)
	require.Equal(t, "/probe", path)
	require.Equal(t, []Param{{"module", "http_2xx"}, {"target", "https://a.example/?x=1"}, {"b", "a b"}}, params)

	for give, reason := range map[string]string{
		"metrics":                       `does not begin with "/"`,
		"?a=1":                          `does not begin with "/"`,
		"/a%20b":                        "escapes a path itself",
		"/a#b":                          "escapes a path itself",
		"/m?":                           `the query parameter ""`,
		"/m?match[]=up":                 `"match[]"`,
		"/m?a=1&a=2":                    `"a" twice`,
		"/m?debug":                      "no value",
		"/m?a=%zz":                      "bad escape",
		"/m?a=%ff":                      "not valid UTF-8",
		"/m?a=1;b=2":                    "unescaped ;",
		"/m\x7f":                        "control character",
		"/m?a=\xff":                     "not valid UTF-8",
		"/m?a=1&&b=2":                   `the query parameter ""`,
		"/" + strings.Repeat("m", 1024): "longer than 1024",
	} {
		e := Exporter{Job: "node", Port: 9100, Path: give}
		err := e.validate()
		require.ErrorIs(t, err, ErrInvalid, give)
		require.ErrorContains(t, err, "exporter path")
		require.ErrorContains(t, err, reason, give)
	}
}

func TestExporterFields(t *testing.T) {
	good := Exporter{Job: "node", Port: 9100}
	require.NoError(t, good.validate())
	require.Equal(t, "http", good.Scheme)

	second := model.Duration(time.Second)
	for name, tc := range map[string]struct {
		give Exporter
		want string
	}{
		"port 0":                    {Exporter{Job: "node"}, `exporter port "0": is not a port; 1 to 65535 are`},
		"port 65536":                {Exporter{Job: "node", Port: 65536}, `exporter port "65536"`},
		"no job":                    {Exporter{Port: 1}, "exporter job: is missing"},
		"scheme":                    {Exporter{Job: "n", Port: 1, Scheme: "ftp"}, `exporter scheme "ftp": is neither http nor https`},
		"timeout without interval":  {Exporter{Job: "n", Port: 1, ScrapeTimeout: second}, "needs scrape_interval beside it"},
		"timeout above interval":    {Exporter{Job: "n", Port: 1, ScrapeInterval: second, ScrapeTimeout: 2 * second}, "exceeds scrape_interval 1s"},
		"below a millisecond":       {Exporter{Job: "n", Port: 1, ScrapeInterval: 1000}, "whole, positive number of milliseconds"},
		"negative":                  {Exporter{Job: "n", Port: 1, ScrapeInterval: -second}, "whole, positive number of milliseconds"},
		"label set by the query":    {Exporter{Job: "n", Port: 1, Path: "/m?a=1", Labels: Labels{"__param_a": "2"}}, "is set by the query of the path"},
		"label set by the interval": {Exporter{Job: "n", Port: 1, ScrapeInterval: second, Labels: Labels{"__scrape_interval__": "1m"}}, "is set by scrape_interval"},
	} {
		t.Run(name, func(t *testing.T) {
			err := tc.give.validate()
			require.ErrorIs(t, err, ErrInvalid)
			require.ErrorContains(t, err, tc.want)
		})
	}
}

func TestUserLabels(t *testing.T) {
	good := Host{Name: "web1", Labels: Labels{
		"env": "prod", "_x1": "", "instance": "日本", "__param_module": "icmp",
		"__scrape_interval__": "30s", "__scrape_timeout__": "10s",
	}}
	require.NoError(t, good.validate())

	for name, tc := range map[string]struct {
		labels Labels
		reason string
	}{
		"utf-8 name":             {Labels{"dash-ed": "x"}, "[a-zA-Z_][a-zA-Z0-9_]*"},
		"empty name":             {Labels{"": "x"}, "[a-zA-Z_][a-zA-Z0-9_]*"},
		"promshard's own":        {Labels{"job": "x"}, "is set by promshard"},
		"shard":                  {Labels{"__shard": "x"}, "begins with __"},
		"address":                {Labels{"__address__": "x"}, "begins with __"},
		"unix socket":            {Labels{"__unix_socket__": "/run/x"}, "begins with __"},
		"meta":                   {Labels{"__meta_promshard_x": "y"}, "begins with __"},
		"param without a name":   {Labels{"__param_": "x"}, "begins with __"},
		"value is not UTF-8":     {Labels{"env": "\xff"}, "not valid UTF-8"},
		"value too long":         {Labels{"env": strings.Repeat("x", 4097)}, "longer than 4096"},
		"zero interval":          {Labels{"__scrape_interval__": "0s"}, "is not a duration above 0"},
		"interval is a number":   {Labels{"__scrape_interval__": "30"}, "is not a duration above 0"},
		"timeout above interval": {Labels{"__scrape_interval__": "5s", "__scrape_timeout__": "6s"}, "exceeds labels.__scrape_interval__"},
		"timeout alone":          {Labels{"__scrape_timeout__": "6s"}, "needs labels.__scrape_interval__"},
	} {
		t.Run(name, func(t *testing.T) {
			h := Host{Name: "web1", Labels: tc.labels}
			err := h.validate()
			require.ErrorIs(t, err, ErrInvalid)
			require.ErrorContains(t, err, tc.reason)
		})
	}

	service := Service{Name: "shop", Labels: Labels{"__param_module": "icmp"}}
	require.ErrorContains(t, service.validate(), "is set by promshard for URLs")
}

func TestURLs(t *testing.T) {
	for _, give := range []string{"https://a.example/", "http://[2001:db8::1]:8080/x?y=z", "https://a.example/%20#f"} {
		u := URL{URL: give}
		require.NoError(t, u.validate(), give)
	}
	for _, give := range []string{"", "a.example", "ftp://a.example", "https://", "https:///x", "https://a.example/a b", "https://a.example/\n", "http://[::1", strings.Repeat("x", 2049)} {
		u := URL{URL: give}
		require.ErrorIs(t, u.validate(), ErrInvalid, give)
	}
}

func TestLongValuesAreShortenedInErrors(t *testing.T) {
	u := URL{URL: strings.Repeat("長", 3000)}
	require.Less(t, len(u.validate().Error()), 400)
}

// FuzzHost holds that an accepted host name makes, with a port, an address that takes apart into the same host again
// and that has no "/" in it, for which Prometheus drops a target.
func FuzzHost(f *testing.F) {
	for _, s := range []string{"web1", "::1", "[::1]", "1.2.3.4", "a..b", "a%b", "fe80::1%lo"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		h := Host{Name: name}
		if h.validate() != nil {
			return
		}
		address := net.JoinHostPort(h.Name, "9100")
		host, port, err := net.SplitHostPort(address)
		require.NoError(t, err)
		require.Equal(t, h.Name, host)
		require.Equal(t, "9100", port)
		require.NotContains(t, address, "/")
		u, err := url.Parse("http://" + address + "/metrics")
		require.NoError(t, err)
		require.Equal(t, h.Name, u.Hostname())
		if addr, err := netip.ParseAddr(h.Name); err == nil {
			require.Equal(t, addr.String(), h.Name)
		}
		again := h
		require.NoError(t, again.validate())
		require.Equal(t, h.Name, again.Name)
	})
}

// FuzzSplitPath holds that the parameters of an accepted path survive the way through net/url that Prometheus's
// scrape takes, and that their names fit into labels.
func FuzzSplitPath(f *testing.F) {
	for _, s := range []string{"/metrics", "/probe?module=a&x=%2F", "/a?b=c+d", "/?a=%00", "/a?b=1&b=2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, path string) {
		plain, params, err := SplitPath(path)
		if err != nil {
			return
		}
		require.True(t, strings.HasPrefix(plain, "/"))
		require.NotContains(t, plain, "?")
		values := url.Values{}
		for _, p := range params {
			require.True(t, model.LegacyValidation.IsValidLabelName("__param_"+p.Name), p.Name)
			values.Add(p.Name, p.Value)
		}
		got, err := url.ParseQuery(values.Encode())
		require.NoError(t, err)
		require.Equal(t, values, got)
	})
}
