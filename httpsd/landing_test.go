package httpsd

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
	"golang.org/x/net/html"
)

// pasted is what a snippet says to Prometheus.
type pasted struct {
	ScrapeConfigs []struct {
		JobName       string `yaml:"job_name"`
		HTTPSDConfigs []struct {
			URL string `yaml:"url"`
		} `yaml:"http_sd_configs"`
		RelabelConfigs []struct {
			SourceLabels []string `yaml:"source_labels"`
			Regex        string   `yaml:"regex"`
			Action       string   `yaml:"action"`
		} `yaml:"relabel_configs"`
	} `yaml:"scrape_configs"`
}

// snippets are the texts of all <pre> of a page, as a browser shows them, as YAML.
func snippets(t *testing.T, page string) []pasted {
	t.Helper()
	var all []pasted
	for _, text := range texts(parsePage(t, page), "pre") {
		var p pasted
		decoder := yaml.NewDecoder(strings.NewReader(text))
		require.NoError(t, decoder.Decode(&p), text)
		require.Len(t, p.ScrapeConfigs, 1, text)
		require.Len(t, p.ScrapeConfigs[0].HTTPSDConfigs, 1, text)
		all = append(all, p)
	}
	return all
}

func parsePage(t *testing.T, page string) *html.Node {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	require.NoError(t, err)
	return root
}

// texts returns the text of every element of that name.
func texts(n *html.Node, name string) []string {
	var found []string
	for node := range n.Descendants() {
		if node.Type != html.ElementNode || node.Data != name {
			continue
		}
		var b strings.Builder
		for child := range node.Descendants() {
			if child.Type == html.TextNode {
				b.WriteString(child.Data)
			}
		}
		found = append(found, b.String())
	}
	return found
}

func TestLandingPage(t *testing.T) {
	s := loadedServing(t)
	a := s.get(t, "/")
	require.Equal(t, http.StatusOK, a.code)
	assert.Equal(t, "text/html; charset=utf-8", a.header.Get("Content-Type"))
	assert.Contains(t, a.header.Get("Content-Security-Policy"), "default-src 'none'")

	t.Run("names every shard, its servers and its size", func(t *testing.T) {
		root := parsePage(t, a.body)
		headings := texts(root, "h3")
		require.Len(t, headings, 3)
		assert.Contains(t, headings, "prod")
		assert.Contains(t, headings, hostileShard)
		assert.Contains(t, texts(root, "code"), "prometheus001:9090")
		assert.Contains(t, texts(root, "code"), "[2001:db8::1]:9090")
		assert.Contains(t, a.body, `<dt>Targets</dt><dd><a href="sd/targets?shard=prod">2</a></dd>`)
	})
	t.Run("a hostile name stays text", func(t *testing.T) {
		root := parsePage(t, a.body)
		assert.Empty(t, texts(root, "script"))
		for node := range root.Descendants() {
			for _, attr := range node.Attr {
				assert.False(t, strings.HasPrefix(attr.Key, "on"), "%s=%s", attr.Key, attr.Val)
				assert.NotContains(t, attr.Val, "javascript:")
			}
		}
	})
	t.Run("every snippet leads to the list it is for", func(t *testing.T) {
		seen := map[string]bool{}
		for _, p := range snippets(t, a.body) {
			c := p.ScrapeConfigs[0]
			u, err := url.Parse(c.HTTPSDConfigs[0].URL)
			require.NoError(t, err)
			require.Equal(t, s.url, u.Scheme+"://"+u.Host)
			assert.Equal(t, http.StatusOK, s.get(t, u.RequestURI()).code)
			for _, r := range c.RelabelConfigs {
				if r.Action == "keep" {
					assert.Equal(t, []string{"__shard"}, r.SourceLabels)
					seen[keptShard(t, r.Regex)] = true
				}
			}
			if shard := u.Query().Get("shard"); shard != "" {
				seen[u.Path+" "+shard] = true
			}
		}
		for _, name := range []string{"prod", "dev", hostileShard} {
			assert.True(t, seen["/sd/targets "+name], name)
			assert.True(t, seen["/sd/urls "+name], name)
			assert.True(t, seen[name], name)
		}
	})
	t.Run("links of the page work", func(t *testing.T) {
		base, err := url.Parse(s.url + "/")
		require.NoError(t, err)
		for node := range parsePage(t, a.body).Descendants() {
			for _, attr := range node.Attr {
				if attr.Key != "href" || strings.HasPrefix(attr.Val, "https://prod") || attr.Val == "#ZgotmplZ" {
					continue
				}
				u, err := base.Parse(attr.Val)
				require.NoError(t, err)
				assert.Equal(t, http.StatusOK, s.get(t, u.RequestURI()).code, attr.Val)
			}
		}
	})
}

// keptShard returns the one shard whose name the regular expression of a relabelling matches.
func keptShard(t *testing.T, expression string) string {
	t.Helper()
	re, err := regexp.Compile("^(?s:" + expression + ")$")
	require.NoError(t, err)
	var kept []string
	for _, name := range []string{"prod", "dev", hostileShard, hostileShard + "x", "prodx"} {
		if re.MatchString(name) {
			kept = append(kept, name)
		}
	}
	require.Len(t, kept, 1, expression)
	return kept[0]
}

func TestLandingPageAddress(t *testing.T) {
	t.Run("the external URL is what is pasted", func(t *testing.T) {
		external, err := url.Parse("https://sd.example/promshard/")
		require.NoError(t, err)
		s := loadedServing(t, func(o *Options) { o.ExternalURL = external })
		for _, p := range snippets(t, s.get(t, "/").body) {
			assert.True(t, strings.HasPrefix(p.ScrapeConfigs[0].HTTPSDConfigs[0].URL, "https://sd.example/promshard/sd/"))
		}
	})
	for _, host := range []string{"sd.example:9780", "[2001:db8::7]:9780", `evil"><script>alert(1)</script>`, "a'b", "user:pw@evil", "x:y:z", "日本"} {
		t.Run("asked for as "+host, func(t *testing.T) {
			s := newServing(t)
			h := &handler{o: Options{Publisher: s.publisher}.withDefaults()}
			u, err := url.Parse(h.baseURL(&http.Request{Host: host}).String())
			require.NoError(t, err)
			assert.Nil(t, u.User)
			assert.Contains(t, []string{host, "localhost"}, u.Host)
			assert.NotContains(t, yamlString(u.String()), "\n")
		})
	}
}
