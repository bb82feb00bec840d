package promfile_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"

	"github.com/promshard/promshard/cmd/promshard/compare"
	"github.com/promshard/promshard/cmd/promshard/promfile"
	"github.com/promshard/promshard/httpsd/snapshot"
	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

func rule(t require.TestingT, text string) promfile.Rule {
	r, err := promfile.ParseRule(text)
	require.NoError(t, err)
	return r
}

// defaults are the rules of the command line.
func defaults(t require.TestingT) promfile.Options {
	return promfile.Options{
		Service: rule(t, "service,job"), Project: rule(t, "project,job"), Job: rule(t, "job"), Shard: rule(t, "__shard,=Default"),
	}
}

// read plans the import of a configuration.
func read(t require.TestingT, folder, content string, o promfile.Options) (promfile.Plan, error) {
	file := filepath.Join(folder, "prometheus.yml")
	require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
	return promfile.Read(file, o)
}

func TestRulesAreLabelsAndAValueAtTheEnd(t *testing.T) {
	for _, good := range []string{"job", "service,job", "a,=b", "=Default", "=a,b=c", "__shard,=x y"} {
		assert.Equal(t, good, rule(t, good).String())
	}
	for text, want := range map[string]string{
		"":     "is empty",
		"=":    "no value behind =",
		"a,=":  "no value behind =",
		"a-b":  `"a-b" is no label name`,
		"a,,b": `"" is no label name`,
	} {
		_, err := promfile.ParseRule(text)
		assert.ErrorContains(t, err, want, text)
	}
}

func TestAConfigurationWithoutTargetsIsAnEmptyPlan(t *testing.T) {
	for _, content := range []string{"", "global: {}\n", "scrape_configs: []\nrule_files: [x]\n"} {
		plan, err := read(t, t.TempDir(), content, defaults(t))
		require.NoError(t, err)
		assert.Equal(t, promfile.Plan{Groups: []store.ImportGroup{}, Notes: []promfile.Note{}}, plan)
	}
}

func TestConfigurationsThatPrometheusRefusesAreErrors(t *testing.T) {
	for content, want := range map[string]string{
		"scrape_configs: x":      "prometheus.yml: unmarshal errors:",
		"scrape_configs: [{}]":   "scrape config 1 has no job_name",
		"scrape_configs: [null]": "scrape config 1 is empty",
		"scrape_configs: [{job_name: a, static_configs: [null]}]":                       `job "a": entry 1 of static_configs is empty`,
		"scrape_configs: [{job_name: a, file_sd_configs: [null]}]":                      `job "a": an entry of file_sd_configs is empty`,
		"scrape_configs: [{job_name: a, file_sd_configs: [{files: ['[']}]}]":            `job "a": file_sd_configs "["`,
		"scrape_configs: [{job_name: a, static_configs: [{targets: [a:1], label: 1}]}]": "field label not found",
		"scrape_configs: [{job_name: a, job_name: b}]":                                  "already",
		"scrape_config_files: ['[']":                                                    `scrape_config_files "["`,
	} {
		_, err := read(t, t.TempDir(), content, defaults(t))
		assert.ErrorContains(t, err, want, content)
	}
}

func TestFilesThatAreThereMustBeGood(t *testing.T) {
	for name, test := range map[string]struct{ content, want string }{
		"a.json": {`[{"targets":["a:1"]`, "a.json: "},
		"b.json": {`[] x`, "something follows the end of the list"},
		"c.json": {`[null]`, "group 1 is null"},
		"d.json": {`[{"target":[]}]`, "unknown field"},
		"e.yml":  {"- null", "group 1 is null"},
		"f.yaml": {"- target: []", "field target not found"},
		"g.yml":  {"", ""},
	} {
		folder := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(test.content), 0o600))
		_, err := read(t, folder, "scrape_configs: [{job_name: x, file_sd_configs: [{files: ["+name+"]}]}]", defaults(t))
		if test.want == "" {
			require.NoError(t, err, name)
			continue
		}
		assert.ErrorContains(t, err, test.want, name)
	}
}

func TestIntervalsAreKeptWhereTheyAreNotTheGlobalOnes(t *testing.T) {
	for _, test := range []struct{ global, job, interval, timeout string }{
		{"", "", "", ""},
		{"scrape_interval: 30s", "scrape_interval: 30s", "", ""},
		{"scrape_interval: 30s", "scrape_interval: 1m", "1m", "10s"},
		{"scrape_interval: 30s, scrape_timeout: 20s", "scrape_interval: 15s", "15s", "15s"},
		{"scrape_timeout: 20s", "scrape_timeout: 30s", "1m", "30s"},
	} {
		plan, err := read(t, t.TempDir(), fmt.Sprintf("global: {%s}\nscrape_configs: [{job_name: a, %s, static_configs: [{targets: ['a:1']}]}]",
			test.global, orNothing(test.job)), defaults(t))
		require.NoError(t, err)
		assert.Equal(t, test.interval, plan.Groups[0].Labels["__scrape_interval__"], test)
		assert.Equal(t, test.timeout, plan.Groups[0].Labels["__scrape_timeout__"], test)
	}
}

// orNothing is a field that says nothing when there is none.
func orNothing(field string) string {
	if field == "" {
		return "params: {}"
	}
	return field
}

// configuration is what a test draws.
type configuration struct {
	Scrapes []scrape `yaml:"scrape_configs"`
}

type scrape struct {
	JobName     string              `yaml:"job_name"`
	Scheme      string              `yaml:"scheme,omitempty"`
	MetricsPath string              `yaml:"metrics_path,omitempty"`
	Params      map[string][]string `yaml:"params,omitempty"`
	Static      []staticGroup       `yaml:"static_configs"`
}

type staticGroup struct {
	Targets []string          `yaml:"targets"`
	Labels  map[string]string `yaml:"labels"`
}

func drawConfiguration(t *rapid.T) configuration {
	var c configuration
	labels := rapid.MapOfN(rapid.SampledFrom([]string{"service", "project", "farm", "__shard", "rack", "team", "job", "__scheme__"}),
		rapid.SampledFrom([]string{"http", "https"}), 0, 3)
	for i := range rapid.IntRange(1, 3).Draw(t, "jobs") {
		s := scrape{
			JobName:     fmt.Sprint("job", i),
			Scheme:      rapid.SampledFrom([]string{"", "http", "https"}).Draw(t, "scheme"),
			MetricsPath: rapid.SampledFrom([]string{"", "/metrics", "/m"}).Draw(t, "path"),
		}
		if rapid.Bool().Draw(t, "has params") {
			s.Params = map[string][]string{"format": {rapid.SampledFrom([]string{"a", "b&c"}).Draw(t, "format")}}
		}
		for range rapid.IntRange(0, 3).Draw(t, "groups") {
			s.Static = append(s.Static, staticGroup{
				Targets: rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a:1", "b:1", "a:2", "b:2", "[2001:db8::1]:1"}), 0, 4, rapid.ID).Draw(t, "targets"),
				Labels:  labels.Draw(t, "labels"),
			})
		}
		c.Scrapes = append(c.Scrapes, s)
	}
	return c
}

// targets are what a Prometheus discovers, but for what the rules set: one group a target, without those left out.
func (c configuration) targets(leftOut map[string]bool) []compare.Group {
	var all []compare.Group
	for _, s := range c.Scrapes {
		for _, g := range s.Static {
			labels := map[string]string{"job": s.JobName, "__scheme__": "http"}
			for name, value := range map[string]string{"__scheme__": s.Scheme, "__metrics_path__": s.MetricsPath} {
				if value != "" && value != "/metrics" {
					labels[name] = value
				}
			}
			for name, values := range s.Params {
				labels["__param_"+name] = values[0]
			}
			maps.Copy(labels, g.Labels)
			for _, address := range g.Targets {
				if !leftOut[address] {
					all = append(all, compare.Group{Targets: []string{address}, Labels: labels})
				}
			}
		}
	}
	return all
}

// TestWhatIsImportedIsWhatPrometheusHas draws configurations, imports them, and compares the list that comes out, as a
// set of targets with labels: nothing is lost, and nothing is there that Prometheus had not.
func TestWhatIsImportedIsWhatPrometheusHas(t *testing.T) {
	folder := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		c := drawConfiguration(rt)
		content, err := yaml.Marshal(c)
		require.NoError(rt, err)
		plan, err := read(rt, folder, string(content), defaults(rt))
		require.NoError(rt, err)
		leftOut := map[string]bool{}
		for _, n := range plan.Notes {
			if n.Kind == promfile.LeftOut {
				require.Contains(rt, n.Reason, "other labels", "nothing else of these can be left out")
				leftOut[n.What] = true
			}
		}

		s := storetest.SQLite(t)
		_, err = s.Import(t.Context(), each(plan.Groups), store.ImportOptions{})
		require.NoError(rt, err)
		var listed []compare.Group
		for _, g := range listOf(rt, t, s) {
			for _, address := range g.Targets {
				if !leftOut[address] {
					listed = append(listed, compare.Group{Targets: []string{address}, Labels: g.Labels})
				}
			}
		}
		result, err := compare.Compare(each(listed), each(c.targets(leftOut)), compare.Options{
			IgnoreLabels: []string{"service", "project", "__shard", "farm", "__farm_source"},
		})
		require.NoError(rt, err)
		require.True(rt, result.Same(), "%s\n%+v", content, result)

		again, err := s.Import(t.Context(), each(plan.Groups), store.ImportOptions{})
		require.NoError(rt, err)
		require.Zero(rt, again.Imported)
	})
}

func each[T any](values []T) func(func(T, error) bool) {
	return func(yield func(T, error) bool) {
		for _, v := range values {
			if !yield(v, nil) {
				return
			}
		}
	}
}

// listOf is the list of everything that is in the inventory.
func listOf(rt require.TestingT, t *testing.T, s *store.Store) []store.ImportGroup {
	builder := snapshot.NewBuilder()
	revision, err := s.Load(t.Context(), builder)
	require.NoError(rt, err)
	list, err := builder.Snapshot(revision).List(snapshot.Targets, snapshot.Query{})
	require.NoError(rt, err)
	var b bytes.Buffer
	_, err = list.WriteTo(&b)
	require.NoError(rt, err)
	var groups []store.ImportGroup
	require.NoError(rt, json.Unmarshal(b.Bytes(), &groups))
	return groups
}

// FuzzRead reads whatever it is given: an error, or groups that the inventory's rules accept.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"", "scrape_configs: []", "global: {scrape_interval: 1m}\nscrape_configs:\n- job_name: a\n  params: {x: [y]}\n  static_configs: [{targets: ['a:1', b], labels: {rack: 1}}]\n",
		"scrape_configs: [{job_name: b, params: {module: [m]}, static_configs: [{targets: ['http://x/']}], ec2_sd_configs: [{}], relabel_configs: []}]",
	} {
		f.Add(seed)
	}
	folder := f.TempDir()
	f.Fuzz(func(t *testing.T, content string) {
		plan, err := read(t, folder, content, defaults(t))
		if err != nil {
			return
		}
		targets := 0
		for _, g := range plan.Groups {
			targets += len(g.Targets)
			require.NoError(t, store.CheckImportGroup(g))
		}
		require.Equal(t, plan.Targets, targets)
		for _, n := range plan.Notes {
			require.NotEmpty(t, n.Reason)
			require.NotEmpty(t, n.Suggestion)
		}
	})
}
