package client

import (
	"encoding/json"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/httpsd/wire"
)

func TestGroups(t *testing.T) {
	for body, want := range map[string]struct {
		targets []string
		labels  map[string]string
	}{
		`{"targets":["a:1"],"labels":{}}`:                               {[]string{"a:1"}, map[string]string{}},
		`{"targets":["[::1]:9100","[::2]:1"],"labels":{"job":"node"}}`:  {[]string{"[::1]:9100", "[::2]:1"}, map[string]string{"job": "node"}},
		`{"targets":["http://a/?q=],\"labels\":{"],"labels":{"a":"b"}}`: {[]string{`http://a/?q=],"labels":{`}, map[string]string{"a": "b"}},
		`{"targets":["a","b"],"labels":{"a":"é<&>","b":"","c":"}}"}}`:   {[]string{"a", "b"}, map[string]string{"a": "é<&>", "b": "", "c": "}}"}},
		`{"targets":["a\u0062"],"labels":{"a":"\"\\\n"}}`:               {[]string{"ab"}, map[string]string{"a": "\"\\\n"}},
		`{ "labels": {"a": "b"}, "targets": ["a"], "more": [1] }`:       {[]string{"a"}, map[string]string{"a": "b"}},
		`{"targets":["a"]}`:               {[]string{"a"}, map[string]string{}},
		`{"targets":["a"],"labels":null}`: {[]string{"a"}, map[string]string{}},
		`{"targets":["a"],"labels":{"targets":"],","labels":"],\"labels"}}`: {[]string{"a"}, map[string]string{"targets": "],", "labels": `],"labels`}},
	} {
		t.Run(body, func(t *testing.T) {
			var p parser
			var g Group
			require.NoError(t, p.body([]byte(body), &g))
			require.Equal(t, want.targets, g.Targets)
			require.Equal(t, want.labels, g.Labels)
		})
	}
	for _, body := range []string{
		``, `null`, `{}`, `[]`, `{"targets":[],"labels":{}}`, `{"targets":null,"labels":{}}`, `{"targets":["a"],"labels":{}`,
		`{"targets":["a"],"labels":{"a":1}}`, `{"targets":["a",],"labels":{}}`, `{"targets":["a"],"labels":{"a":"b",}}`,
		`{"targets":["a""b"],"labels":{}}`, `{"targets":["a"],"labels":{"a":"b"}}x`, "{\"targets\":[\"a\n\"],\"labels\":{}}",
	} {
		t.Run("refused "+body, func(t *testing.T) {
			var p parser
			var g Group
			require.Error(t, p.body([]byte(body), &g))
		})
	}
}

func TestLabelsAreKeptOnce(t *testing.T) {
	var p parser
	a, err := p.parse(1, wire.Group{Source: "exporter/1", Body: []byte(`{"targets":["a"],"labels":{"job":"node"}}`)}, wire.Tag{})
	require.NoError(t, err)
	b, err := p.parse(1, wire.Group{Source: "exporter/2", Body: []byte(`{"targets":["b"],"labels":{"job":"node"}, "x":1}`)}, wire.Tag{})
	require.NoError(t, err)
	require.Equal(t, unsafe.StringData(a.group.Labels["job"]), unsafe.StringData(b.group.Labels["job"]))
	for range 3 * mostStrings {
		p.intern(json.RawMessage(toJSON(len(p.strings))))
	}
	require.LessOrEqual(t, len(p.strings), mostStrings)
}

// The short way must read what encoding/json reads.
func FuzzGroup(f *testing.F) {
	for _, body := range []string{
		`{"targets":["a:1"],"labels":{}}`, `{"targets":["[::1]:9100","b"],"labels":{"job":"node","a":"b"}}`,
		`{"targets":["],\"labels\":{"],"labels":{"a":"b"}}`, `{"targets":[],"labels":{}}`, `{"targets":["a"],"labels":{"a":"b","a":"c"}}`,
		"{\"targets\":[\"\xff\"],\"labels\":{}}", `{"targets":["a"],"labels":{"a":"],"}}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var p parser
		var got Group
		if !p.plain(body, &got) {
			return
		}
		var want Group
		require.NoError(t, json.Unmarshal(body, &want))
		require.Equal(t, want, got)
	})
}
