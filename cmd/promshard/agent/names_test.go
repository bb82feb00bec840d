package agent

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestNamesOfSplitFiles(t *testing.T) {
	p := newPattern("/etc/sd/promshard-*.json")
	for value, want := range map[string]string{
		"shop":       "promshard-shop.json",
		"Shop_1.a-b": "promshard-Shop_1.a-b.json",
		"決済":         "promshard-決済.json",
		"a b":        "promshard-a%20b.json",
		"a/b":        "promshard-a%2Fb.json",
		"..":         "promshard-%2E..json",
		"*?[x]":      "promshard-%2A%3F%5Bx%5D.json",
		"100%":       "promshard-100%25.json",
		"":           "promshard-%.json",
		"a~b":        "promshard-a%7Eb.json",
		"\xff":       "promshard-%FF.json",
		"\ufffd":     "promshard-%EF%BF%BD.json",
		"\n":         "promshard-%0A.json",
		"👍":          "promshard-%F0%9F%91%8D.json",
	} {
		assert.Equal(t, want, p.name(value))
		assert.True(t, p.fits(want), want)
	}
	assert.Equal(t, "/etc/sd/promshard-shop.json", p.path(p.name("shop")))
	for _, other := range []string{"promshard-.json", "promshard-a.yml", "x-a.json", "promshard-/a.json", "../promshard-a.json", "", "."} {
		assert.False(t, p.fits(other), other)
	}
}

func TestNamesAreAsManyAsValuesAndFitFileSystems(t *testing.T) {
	p := newPattern(strings.Repeat("x", mostPattern-6) + "*.json")
	value := rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-c/ .~%]{0,4}`), rapid.StringMatching(`(決|%|a){60,130}`))
	rapid.Check(t, func(t *rapid.T) {
		a, b := value.Draw(t, "a"), value.Draw(t, "b")
		name := p.name(a)
		if a != b {
			require.NotEqual(t, name, p.name(b))
		}
		require.True(t, p.fits(name))
		require.True(t, utf8.ValidString(name))
		require.LessOrEqual(t, len("."+name+".promshard-")+len("4294967295"), 255)
		matched, err := filepath.Match(p.base, name)
		require.NoError(t, err)
		require.True(t, matched, "Prometheus finds it by the same pattern")
	})
}

// patternOfPrometheus is what file_sd_configs accepts.
var patternOfPrometheus = regexp.MustCompile(`^[^*]*(\*[^/]*)?\.(json|yml|yaml|JSON|YML|YAML)$`)

func TestOptionsAreRefusedWithAReason(t *testing.T) {
	good := Options{Servers: []string{"http://a"}, Shard: "prod", TargetsFile: "x.json"}
	for name, c := range map[string]struct {
		change func(*Options)
		want   string
	}{
		"no server":          {func(o *Options) { o.Servers = nil }, "option Servers is empty"},
		"a bad server":       {func(o *Options) { o.Servers = []string{"localhost"} }, `"localhost" is not the URL of a server`},
		"no shard":           {func(o *Options) { o.Shard = "" }, "neither a shard nor a server"},
		"shard and server":   {func(o *Options) { o.As = "p:1" }, `both shard "prod" and server "p:1" are given`},
		"a server's name":    {func(o *Options) { o.Shard, o.As = "", "prometheus001" }, `server "prometheus001" is not HOST:PORT`},
		"a server's port":    {func(o *Options) { o.Shard, o.As = "", "p:0" }, `server "p:0" is not HOST:PORT`},
		"no file":            {func(o *Options) { o.TargetsFile = "" }, "at least one of the two is needed"},
		"one file for two":   {func(o *Options) { o.URLsFile = "./x.json" }, `targets and URLs cannot both go to "x.json"`},
		"no extension":       {func(o *Options) { o.URLsFile = "urls" }, `file "urls" ends neither in .json`},
		"a star":             {func(o *Options) { o.TargetsFile = "x-*.json" }, `file "x-*.json" has a "*" in it`},
		"no star":            {func(o *Options) { o.SplitBy = "job" }, `pattern "x.json" must have one "*"`},
		"two stars":          {func(o *Options) { o.SplitBy, o.TargetsFile = "job", "*-*.json" }, `must have one "*"`},
		"a star elsewhere":   {func(o *Options) { o.SplitBy, o.TargetsFile = "job", "*/x-*.json" }, `must have one "*", in its last element`},
		"a long pattern":     {func(o *Options) { o.SplitBy, o.TargetsFile = "job", strings.Repeat("x", 100)+"*.json" }, "has more than 100 bytes"},
		"another label":      {func(o *Options) { o.SplitBy = "farm" }, `cannot be split by "farm"; service, project, job are`},
		"a negative refresh": {func(o *Options) { o.RefreshInterval = -1 }, "option RefreshInterval"},
	} {
		t.Run(name, func(t *testing.T) {
			o := good
			c.change(&o)
			_, err := New(o)
			require.ErrorContains(t, err, c.want)
		})
	}
	_, err := New(good)
	require.NoError(t, err)
	for _, path := range []string{"x.json", "/a/x.yml", "/a/x.yaml", "x.JSON"} {
		require.NoError(t, checkName(path, false))
		require.Regexp(t, patternOfPrometheus, path)
	}
	for _, path := range []string{"*.json", "/a/x-*.yml", "/a/*-x.yaml"} {
		require.NoError(t, checkName(path, true))
		require.Regexp(t, patternOfPrometheus, path)
	}
}
