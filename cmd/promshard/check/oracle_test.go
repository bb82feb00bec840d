package check

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/discovery/targetgroup"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/relabel"
	"github.com/prometheus/prometheus/scrape"
	"github.com/stretchr/testify/require"
	yamlv2 "go.yaml.in/yaml/v2"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		if err := f.Value.Set("2000"); err != nil { // lists go wrong in ways that the usual hundred seldom meet
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// decodeAsPrometheus reads a list the way Prometheus's file_sd does.
func decodeAsPrometheus(content []byte, asYAML bool) ([]*targetgroup.Group, error) {
	var groups []*targetgroup.Group
	decode := json.Unmarshal
	if asYAML {
		decode = yamlv2.UnmarshalStrict
	}
	if err := decode(content, &groups); err != nil {
		return nil, err
	}
	for _, g := range groups {
		if g == nil {
			return nil, errors.New("nil target group item found")
		}
	}
	return groups, nil
}

// scrapeConfig is that of a job with Prometheus's defaults; with probe it has blackbox_exporter's relabelling.
func scrapeConfig(probe bool) *config.ScrapeConfig {
	c := config.DefaultScrapeConfig
	c.JobName = "job"
	c.ScrapeInterval = model.Duration(time.Minute)
	c.ScrapeTimeout = model.Duration(10 * time.Second)
	if probe {
		replacement := relabel.DefaultRelabelConfig
		replacement.TargetLabel = model.AddressLabel
		replacement.Replacement = "blackbox:9115"
		replacement.NameValidationScheme = model.UTF8Validation
		c.RelabelConfigs = []*relabel.Config{&replacement}
	}
	return &c
}

// acceptedByPrometheus reports what Prometheus has against a list, in decoding or in building targets.
func acceptedByPrometheus(content []byte, asYAML, probe bool) error {
	groups, err := decodeAsPrometheus(content, asYAML)
	if err != nil {
		return err
	}
	for _, g := range groups {
		_, module := g.Labels["__param_module"]
		_, failures := scrape.TargetsFromGroup(g, scrapeConfig(probe || module), nil, labels.NewBuilder(labels.EmptyLabels()))
		if len(failures) > 0 {
			return errors.Join(failures...)
		}
	}
	return nil
}

// requireSound fails when check accepts what Prometheus does not.
func requireSound(t require.TestingT, content []byte) {
	for _, probe := range []bool{false, true} {
		if JSON(content, Options{URLs: probe}).OK() {
			require.NoError(t, acceptedByPrometheus(content, false, probe), "JSON, URLs %v: %q", probe, content)
		}
		if YAML(content, Options{URLs: probe}).OK() {
			require.NoError(t, acceptedByPrometheus(content, true, probe), "YAML, URLs %v: %q", probe, content)
		}
	}
}

// names, values and targets are what is apt to go wrong.
var (
	names = []string{
		"job", "", "a.b", "ü", "a b", "__scrape_interval__", "__scrape_timeout__", "__param_module", "__scheme__",
		"__address__", "__unix_socket__", "__scrape_native_histograms__", "__meta_x", "instance",
	}
	values  = []string{`""`, `"x"`, `"30s"`, `"5s"`, `"0"`, `"2m"`, `"true"`, `"\ud800"`, `null`, `1`, `true`, `[]`, `{}`, `"http"`, "\"\xff\""}
	targets = []string{`"a:1"`, `""`, `"a/b"`, `"[::1]:9100"`, `" "`, `null`, `1`, `{}`, `"http://x/y"`, `"ü:1"`}
	keys    = []string{`"targets"`, `"labels"`, `"Labels"`, `"TARGETS"`, `"source"`, `"target\u017f"`}
)

// drawList makes a list that is often nearly right.
func drawList(t *rapid.T) string {
	var groups []string
	for range rapid.IntRange(0, 3).Draw(t, "groups") {
		groups = append(groups, drawGroup(t))
	}
	list := "[" + strings.Join(groups, ",\n") + "]"
	return rapid.SampledFrom([]string{"", "", "", "", "\ufeff", " \n"}).Draw(t, "before") + list +
		rapid.SampledFrom([]string{"", "", "", "", "\n", ",", "[]", "\x00"}).Draw(t, "after")
}

func drawGroup(t *rapid.T) string {
	if rapid.IntRange(0, 9).Draw(t, "odd") == 0 {
		return rapid.SampledFrom([]string{"null", "1", `"a:1"`, "[]", "{}"}).Draw(t, "group")
	}
	var fields []string
	for range rapid.IntRange(0, 3).Draw(t, "fields") {
		key := rapid.SampledFrom(keys).Draw(t, "key")
		fields = append(fields, key+": "+drawField(t, strings.Contains(strings.ToLower(key), "target")))
	}
	return "{" + strings.Join(fields, ", ") + "}"
}

func drawField(t *rapid.T, isTargets bool) string {
	if rapid.IntRange(0, 9).Draw(t, "odd") == 0 {
		return rapid.SampledFrom([]string{"null", "1", `"x"`, "[]", "{}"}).Draw(t, "field")
	}
	var parts []string
	for range rapid.IntRange(0, 4).Draw(t, "parts") {
		if isTargets {
			parts = append(parts, rapid.SampledFrom(targets).Draw(t, "target"))
			continue
		}
		name := rapid.SampledFrom(names).Draw(t, "name")
		parts = append(parts, fmt.Sprintf("%q: %s", name, rapid.SampledFrom(values).Draw(t, "value")))
	}
	if isTargets {
		return "[" + strings.Join(parts, ",") + "]"
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func TestWhatCheckAcceptsPrometheusAccepts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { requireSound(t, []byte(drawList(t))) })
}

// TestWhatCheckRefusesPrometheusRefuses holds the check against Prometheus the other way round, for all but the two
// rules that promshard adds: label names of the legacy kind, and no sockets.
func TestWhatCheckRefusesPrometheusRefuses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		content := []byte(drawList(t))
		res := JSON(content, Options{})
		ours := bytes.Contains(content, []byte("__unix_socket__")) || bytes.Contains(content, []byte(`"a.b"`)) ||
			bytes.Contains(content, []byte(`"ü"`)) || bytes.Contains(content, []byte(`"a b"`))
		// Times are refused with the group, but only targets can be dropped for them.
		// Relabelling of probes puts an address where there is none, and a null in a list that is there twice keeps
		// what the first list had in its place.
		if res.OK() || ours || bytes.Contains(content, []byte("__scrape_")) ||
			bytes.Contains(content, []byte("__param_module")) || strings.Contains(says(res), "twice") {
			return
		}
		require.Error(t, acceptedByPrometheus(content, false, false), "%q: %s", content, says(res))
	})
}

func FuzzCheckIsSound(f *testing.F) {
	for _, seed := range []string{
		`[]`, `null`, "", "\ufeff[]", `[null]`, `[{"targets":["a:1"],"labels":{"job":"x"}}]`, `[{"targets":["a/b"]}]`,
		"- targets: [a:1]\n  labels: {job: x}\n", "- targets: &a [b]\n- targets: *a\n", "- <<: {targets: [a]}\n",
		"- labels: {~: x}\n", "- labels: {? [a] : x}\n", "---\n- targets: [a]\n---\n", "- targets: [!!binary YQ==]\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		if len(content) > 1<<12 {
			return // depth and size cost time and find nothing new
		}
		requireSound(t, content)
		for _, res := range []Result{JSON(content, Options{}), YAML(content, Options{})} {
			for _, p := range res.Problems {
				if p.Line < 0 || p.Line > bytes.Count(content, []byte("\n"))+2 || p.Message == "" {
					t.Fatalf("a problem without a place: %+v", p)
				}
			}
		}
	})
}
