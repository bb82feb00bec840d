package agent

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/discovery/targetgroup"
	"github.com/stretchr/testify/require"
	yaml "go.yaml.in/yaml/v2"
	"pgregory.net/rapid"

	"github.com/promshard/promshard/discovery/client"
)

// drawGroups makes groups as a server may send them: label values are any valid UTF-8.
func drawGroups(t *rapid.T) []*client.Group {
	special := rapid.SampledFrom([]string{
		"", "true", "null", "~", "1.5", "0x1f", "1:30", "2026-11-28", "- a", "a: b", "# c", "'", `"`, "\\", "\t", "\n", "\r", "\r\n", " x ", "<&>",
		"\u2028", "\u2029", "\u0085", "\ufeff", "\ufffe", "\x7f", "\x00", "東京", "👍", "!!binary x", "&a", "*a", "%", "@", "`", "y", "NO", "=", "<<",
		"...", "---",
	})
	several := rapid.Custom(func(t *rapid.T) string { return strings.Join(rapid.SliceOfN(special, 2, 4).Draw(t, "several"), "") })
	value := rapid.OneOf(rapid.String(), special, several)
	label := rapid.StringMatching(`[a-zA-Z_][a-zA-Z0-9_]{0,8}`)
	var all []*client.Group
	for i := range rapid.IntRange(0, 5).Draw(t, "groups") {
		g := &client.Group{
			Project: int64(i),
			Targets: rapid.SliceOfN(rapid.StringMatching(`([a-z0-9.]{1,9}|\[::1\]):[0-9]{1,4}|https://[a-z]{1,5}/[ -~é]{0,9}`), 1, 4).Draw(t, "targets"),
			Labels:  rapid.MapOfN(label, value, 0, 5).Draw(t, "labels"),
		}
		body, err := json.Marshal(map[string]any{"targets": g.Targets, "labels": g.Labels})
		require.NoError(t, err)
		g.Body = body
		all = append(all, g)
	}
	return all
}

// asPrometheusHasThem is what Prometheus is to make of groups.
func asPrometheusHasThem(all []*client.Group) []*targetgroup.Group {
	groups := make([]*targetgroup.Group, 0, len(all))
	for _, g := range all {
		tg := &targetgroup.Group{Labels: model.LabelSet{}}
		for _, target := range g.Targets {
			tg.Targets = append(tg.Targets, model.LabelSet{model.AddressLabel: model.LabelValue(target)})
		}
		for name, value := range g.Labels {
			tg.Labels[model.LabelName(name)] = model.LabelValue(value)
		}
		groups = append(groups, tg)
	}
	return groups
}

// rendered is the content of a file for all groups.
func rendered(t require.TestingT, r *renderer, name string, all []*client.Group) []byte {
	require.NoError(t, r.begin(name, all))
	return r.content(name, all)
}

// TestYAMLIsWhatTheLibraryMakesOfTheWholeList renders lists one after the other that have groups in common.
func TestYAMLIsWhatTheLibraryMakesOfTheWholeList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r renderer
		var before []*client.Group
		for range 3 {
			all := append(drawGroups(t), before...)
			list := []yamlGroup{}
			for _, g := range all {
				list = append(list, yamlGroupOf(g))
			}
			want, err := yaml.Marshal(list)
			require.NoError(t, err)
			require.Equal(t, string(want), string(rendered(t, &r, "x.yaml", all)))
			require.Len(t, r.items, len(all), "nothing is kept that is gone")
			before = all[:min(len(all), rapid.IntRange(0, 4).Draw(t, "stay"))]
		}
	})
}

func TestPrometheusReadsWhatIsWritten(t *testing.T) {
	for name, unmarshal := range map[string]func([]byte, any) error{
		"x.json": json.Unmarshal,
		"x.yml":  yaml.UnmarshalStrict,
	} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				all := drawGroups(t)
				var r renderer
				content := rendered(t, &r, name, all)
				got := []*targetgroup.Group{}
				require.NoError(t, unmarshal(content, &got), "%s", content)
				require.Equal(t, asPrometheusHasThem(all), got, "%s", content)
			})
		})
	}
}

func TestEqualSetsMakeEqualBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := drawGroups(t)
		mixed := rapid.Permutation(all).Draw(t, "mixed")
		for _, name := range []string{"x.json", "x.yml"} {
			a, b := slices.Clone(all), slices.Clone(mixed)
			sortAsListed(a)
			sortAsListed(b)
			var r renderer
			require.Equal(t, string(rendered(t, &r, name, a)), string(rendered(t, &r, name, b)))
		}
	})
}

func TestYAMLCanBeReviewed(t *testing.T) {
	var r renderer
	content := rendered(t, &r, "x.yml", []*client.Group{{
		Targets: []string{"web1:9100", "[::1]:9100"}, Labels: map[string]string{
			"service": "web", "job": "node", "__shard": "prod",
			"B1B3q9": "a", "B19Da15": "b", "B7M3ztC5d": "c",
		},
	}})
	require.Equal(t, `- targets:
  - web1:9100
  - '[::1]:9100'
  labels:
    B19Da15: b
    B1B3q9: a
    B7M3ztC5d: c
    __shard: prod
    job: node
    service: web
`, string(content))
}

// TestAValueThatEndsWithAnUnusualBreak has a string of several lines that ends without a line feed.
func TestAValueThatEndsWithAnUnusualBreak(t *testing.T) {
	for _, end := range []string{"\u0085", "\u2028", "\u2029", "\r"} {
		all := []*client.Group{
			{Targets: []string{"a:1"}, Labels: map[string]string{"note": "x\n" + end}},
			{Targets: []string{"b:1"}, Labels: map[string]string{}},
			{Targets: []string{"c:1"}, Labels: map[string]string{"note": end + "\n" + end}},
		}
		var r renderer
		got := []*targetgroup.Group{}
		require.NoError(t, yaml.UnmarshalStrict(rendered(t, &r, "x.yml", all), &got))
		require.Equal(t, asPrometheusHasThem(all), got, "%q", end)
	}
}
