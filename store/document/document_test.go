package document_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/document"
)

func ptr[T any](v T) *T { return &v }

func TestReadTakesEveryField(t *testing.T) {
	d, err := document.Read("a.yaml", []byte(`
shards: [{name: s, url: http://x, enabled: false, samples: 1, targets: 2, max_removal: 3}]
servers: [{host: h, port: 9090, shard: s}]
services: [{name: sv, description: d, owner: o, labels: {a: b}}]
probes: [{module: m, description: d}]
default_exporters: [{job: j, port: 1, path: /p, scheme: https}]
projects:
  - name: p
    service: sv
    shard: s
    farm: {name: f, source: cmdb}
    hosts: [h1, {name: h2, enabled: false, labels: {}}]
    exporters: [{job: j, port: 0x10, path: /p, scheme: https, enabled: true, scrape_interval: 1m30s, scrape_timeout: 10s, labels: {v: "1.0"}}]
    urls: [{url: "https://x/", probe: m}]
    exclusive: [hosts]
`))
	require.NoError(t, err)
	require.Equal(t, store.ShardUpdate{
		Name: ptr("s"), URL: ptr("http://x"), Enabled: ptr(false), Samples: ptr[int64](1), Targets: ptr[int64](2), MaxRemoval: ptr(3),
	}, d.Shards[0].Fields)
	require.Equal(t, store.DefaultExporterUpdate{Job: ptr("j"), Port: ptr(1), Path: ptr("/p"), Scheme: ptr("https")}, d.DefaultExporters[0].Fields)
	p := d.Projects[0].Fields
	require.Nil(t, p.Enabled, "not stated")
	require.Equal(t, store.FarmUpdate{Name: ptr("f"), Source: ptr("cmdb")}, p.Farm.Fields)
	require.Equal(t, store.HostUpdate{Name: ptr("h1")}, (*p.Hosts)[0].Fields)
	require.Equal(t, store.HostUpdate{Name: ptr("h2"), Enabled: ptr(false), Labels: &store.Labels{}}, (*p.Hosts)[1].Fields)
	require.Equal(t, store.ExporterUpdate{
		Job: ptr("j"), Port: ptr(16), Path: ptr("/p"), Scheme: ptr("https"), Enabled: ptr(true), Labels: &store.Labels{"v": "1.0"},
		ScrapeInterval: ptr(model.Duration(90 * time.Second)), ScrapeTimeout: ptr(model.Duration(10 * time.Second)),
	}, (*p.Exporters)[0].Fields)
	require.Equal(t, store.Position{Source: "a.yaml", Path: "projects[0].urls[0]"}, (*p.URLs)[0].Position)
	require.Equal(t, []string{"hosts"}, p.Exclusive)

	t.Run("and JSON has all of it again", func(t *testing.T) {
		text, err := json.Marshal(d)
		require.NoError(t, err)
		again, err := document.ReadJSON("a.yaml", text)
		require.NoError(t, err)
		require.Equal(t, d, again)
	})
}

func TestReadKnowsWhatIsNotStated(t *testing.T) {
	d, err := document.Read("", []byte(`{"projects":[{"name":"p","hosts":[]}]}`))
	require.NoError(t, err)
	p := d.Projects[0].Fields
	require.NotNil(t, p.Hosts)
	require.Empty(t, *p.Hosts)
	require.Nil(t, p.Exporters)
	require.Nil(t, p.Farm)
	require.False(t, d.Empty())
}

func TestReadJoinsYAMLDocuments(t *testing.T) {
	d, err := document.Read("", []byte("services: [{name: a}]\n---\n# nothing\n---\nservices: [{name: b}]\nshards: []\n"))
	require.NoError(t, err)
	require.Len(t, d.Services, 2)
	d, err = document.Read("", nil)
	require.NoError(t, err)
	require.True(t, d.Empty())
}

func TestReadFollowsAliases(t *testing.T) {
	d, err := document.Read("", []byte("services: [{name: a, labels: &l {x: y}}, {name: b, labels: *l}]"))
	require.NoError(t, err)
	require.Equal(t, store.Labels{"x": "y"}, *d.Services[1].Fields.Labels)
}

func TestReadRefuses(t *testing.T) {
	bomb := "a: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
	for i := range 9 {
		bomb += fmt.Sprintf("a%d: &a%d [%s]\n", i+1, i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d,", i), 10), ","))
	}
	for name, tt := range map[string]struct{ text, err string }{
		"an unknown noun":             {`{"hosts":[]}`, `f hosts: is not known here; known are default_exporters, probes, projects, servers, services, shards`},
		"an unknown field":            {`projects: [{}, {exporters: [{prot: 1}]}]`, `f projects[1].exporters[0].prot "1": is not known here; known are enabled, job,`},
		"a field that promshard sets": {`services: [{name: a, id: 7}]`, `f services[0].id "7": is not known here`},
		"a number for a string":       {`services: [{name: 12}]`, `f services[0].name "12": is not a string; put it in quotes`},
		"a number for a label":        {`services: [{name: a, labels: {v: 1.10}}]`, `f services[0].labels.v "1.10": is not a string; put it in quotes`},
		"a string for a number":       {`{"servers":[{"port":"9090"}]}`, `f servers[0].port "9090": is not a whole number`},
		"a fraction":                  {`servers: [{port: 1.5}]`, `f servers[0].port "1.5": is not a whole number`},
		"a string for a bool":         {`projects: [{enabled: "true"}]`, `f projects[0].enabled "true": is neither true nor false`},
		"a duration without a unit":   {`projects: [{exporters: [{scrape_interval: 30}]}]`, `f projects[0].exporters[0].scrape_interval "30": is not a duration`},
		"null":                        {"projects: [{hosts: }]", `f projects[0].hosts: is null; leave the field out`},
		"a list that is none":         {`{"projects":{}}`, `f projects: is not a list`},
		"an object that is none":      {`projects: [web]`, `f projects[0] "web": is not an object`},
		"a host that is none":         {`projects: [{hosts: [[]]}]`, `f projects[0].hosts[0]: is neither a host's name nor an object`},
		"labels that are none":        {`services: [{labels: [a]}]`, `f services[0].labels: is not an object of strings`},
		"a field twice":               {"services: [{name: a, name: b}]", `f services[0].name: is given twice`},
		"a field twice in JSON":       {`{"services":[{"name":"a","name":"b"}]}`, `f services[0].name: is given twice`},
		"half a character":            {`{"services":[{"name":"\ud800"}]}`, `half of a surrogate pair`},
		"bytes that are no text":      {"services: [{name: \xff}]", `f: is not valid UTF-8`},
		"neither":                     {"a: [", `f: is not YAML: `},
		"a merge":                     {"services: [{<<: {name: a}}]", `f services[0].<<: is not merged`},
		"a name that is a number":     {"services: [{1: a}]", `is not a string; put it in quotes`},
		"aliases without end":         {"services: &a [*a]", `levels deep`},
		"a bomb of aliases":           {bomb, `repeats itself through aliases too often`},
		"depth":                       {strings.Repeat("[", 1000) + strings.Repeat("]", 1000), `levels deep`},
		"another type":                {"services: [{name: !!binary aGk=}]", `f services[0].name "aGk=": has the type !!binary`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := document.Read("f", []byte(tt.text))
			require.ErrorContains(t, err, tt.err)
			require.ErrorIs(t, err, store.ErrInvalid)
		})
	}
}

func TestReadJSONTakesJSONAlone(t *testing.T) {
	for text, reason := range map[string]string{"": "is empty", "a: b": "is not JSON: ", `{} {}`: "is not JSON: ", `{"services":`: "is not JSON: "} {
		_, err := document.ReadJSON("", []byte(text))
		require.ErrorContains(t, err, reason)
		require.ErrorIs(t, err, store.ErrInvalid)
	}
}
