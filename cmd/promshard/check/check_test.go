package check

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// says returns what was found, one line a problem.
func says(r Result) string {
	lines := make([]string, len(r.Problems))
	for i, p := range r.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

func TestWhatIsAcceptedHasNoProblems(t *testing.T) {
	for name, content := range map[string]string{
		"an empty list":     `[]`,
		"a group":           `[{"targets":["web1:9100","[2001:db8::1]:9100"],"labels":{"job":"node","__shard":"a"}}]`,
		"no labels":         `[{"targets":["web1:9100"]}]`,
		"null labels":       `[{"targets":null,"labels":null}]`,
		"any case of keys":  `[{"Targets":["web1:9100"],"LABELS":{"job":"node"}}]`,
		"times that fit":    `[{"targets":["a:1"],"labels":{"__scrape_interval__":"5s","__scrape_timeout__":"5s"}}]`,
		"a long interval":   `[{"targets":["a:1"],"labels":{"__scrape_interval__":"5m"}}]`,
		"a URL with module": `[{"targets":["https://example.com/x"],"labels":{"__param_module":"http_2xx"}}]`,
		"a host alone":      `[{"targets":["web1"]}]`,
	} {
		t.Run(name, func(t *testing.T) {
			res := JSON([]byte(content), Options{})
			assert.Empty(t, says(res))
			assert.True(t, res.OK())
		})
	}
}

func TestJSONProblemsHavePlaces(t *testing.T) {
	for name, test := range map[string]struct{ content, want string }{
		"empty":             {" \n", `1:1: error: the file is empty; Prometheus refuses the whole file; an empty list is []`},
		"byte order mark":   {"\ufeff[]", `1:1: error: the file begins with a byte order mark; Prometheus refuses the whole file`},
		"cut short":         {"[\n {\"targets\": [", `2:14: error: not JSON: unexpected end of JSON input; Prometheus refuses the whole file`},
		"a trailing comma":  {"[\n  {},\n]", `3:1: error: not JSON: invalid character ']' looking for beginning of value; Prometheus refuses the whole file`},
		"a second value":    {"[]\n[]", `2:1: error: not JSON: invalid character '[' after top-level value; Prometheus refuses the whole file`},
		"not an array":      {`{"targets":[]}`, `1:1: error: a list of target groups is an array; Prometheus refuses the whole file`},
		"null":              {`null`, `1:1: warning: null is an empty list to Prometheus, which drops every target; write []`},
		"null group":        {"[\n  {},\n  null\n]", `3:3: error: a target group is null; Prometheus refuses the whole file`},
		"group as string":   {`[["a:1"]]`, `1:2: error: a target group is an object with "targets" and "labels"; Prometheus refuses the whole file`},
		"unknown key":       {"[{\n\"targets\": [],\n\"label\": {\"a\": [1]}}]", `3:1: error: unknown key "label"; a target group has "targets" and "labels"; Prometheus refuses the whole file`},
		"targets as string": {`[{"targets":"a:1"}]`, `1:13: error: targets are an array of strings; Prometheus refuses the whole file`},
		"target as number":  {`[{"targets":["a:1", 9100]}]`, `1:21: error: a target is a string; Prometheus refuses the whole file`},
		"labels as array":   {`[{"labels":[]}]`, `1:12: error: labels are an object of strings; Prometheus refuses the whole file`},
		"number as value":   {"[{\"labels\":{\n \"port\": 9100}}]", `2:10: error: the value of label "port" is no string; put it in quotes; Prometheus refuses the whole file`},
		"empty label name":  {`[{"labels":{"":"x"}}]`, `1:13: error: a label name is empty; Prometheus refuses the whole file`},
		"dotted label name": {`[{"labels":{"a.b":"x"}}]`, `1:13: error: the label name "a.b" is not of the form [a-zA-Z_][a-zA-Z0-9_]*; Prometheus 2 refuses the whole file`},
		"unix socket":       {`[{"labels":{"__unix_socket__":"/run/x"}}]`, `1:13: error: __unix_socket__ would point a scrape at a socket of the machine that Prometheus runs on; a list must not`},
		"empty target":      {"[{\"targets\":[\"a:1\",\n\"\"]}]", `2:1: error: a target is empty; Prometheus drops the target`},
		"null target":       {`[{"targets":[null]}]`, `1:14: error: a target is empty; Prometheus drops the target`},
		"slash":             {`[{"targets":["a:1/metrics"]}]`, `1:14: error: the target "a:1/metrics" has a "/" in it; a target is HOST:PORT; Prometheus drops the target`},
		"bad interval":      {`[{"labels":{"__scrape_interval__":"15"}}]`, `1:13: error: __scrape_interval__ "15" is not a duration above 0, such as 30s; Prometheus drops the target`},
		"zero timeout":      {`[{"labels":{"__scrape_timeout__":"0"}}]`, `1:13: error: __scrape_timeout__ "0" is not a duration above 0, such as 30s; Prometheus drops the target`},
		"timeout too long":  {`[{"labels":{"__scrape_interval__":"15s","__scrape_timeout__":"16s"}}]`, `1:41: error: the timeout 16s is longer than the interval 15s; Prometheus drops the target`},
		"interval alone":    {`[{"labels":{"__scrape_interval__":"5s"}}]`, `1:13: error: the interval 5s is shorter than the default timeout of 10s, and no __scrape_timeout__ is given; Prometheus drops the target`},
		"timeout alone":     {`[{"labels":{"__scrape_timeout__":"2m"}}]`, `1:13: error: the timeout 2m is longer than the default interval of 1m, and no __scrape_interval__ is given; Prometheus drops the target`},
		"a switch":          {`[{"labels":{"__scrape_native_histograms__":"maybe"}}]`, `1:13: error: __scrape_native_histograms__ "maybe" is neither true nor false; Prometheus drops the target`},
		"not UTF-8":         {"[{\"labels\":{\n\"a\":\"\xff\"}}]", `2:6: warning: not valid UTF-8; Prometheus puts U+FFFD in its place`},
		"same key twice":    {`[{"targets":["a:1"],"targets":["b:1"]}]`, `1:21: warning: the key "targets" is there twice; Prometheus takes the last`},
		"same label twice":  {`[{"labels":{"a":"1","a":"2"}}]`, `1:21: warning: the label "a" is there twice; Prometheus takes the last`},
		"port out of range": {`[{"targets":["a:70000"]}]`, `1:14: warning: the target "a:70000" has a port that is not 1 to 65535; every scrape fails`},
		"no brackets":       {`[{"targets":["2001:db8::1"]}]`, `1:14: warning: the target "2001:db8::1" looks like an IPv6 address without brackets; every scrape fails`},
		"no host":           {`[{"targets":[":9100"]}]`, `1:14: warning: the target ":9100" has no host`},
		"white space":       {`[{"targets":["a b:1"]}]`, `1:14: warning: the target "a b:1" has white space in it; every scrape fails`},
		"odd scheme":        {`[{"labels":{"__scheme__":"ftp"}}]`, `1:13: warning: the scheme "ftp" is neither http nor https; every scrape fails`},
	} {
		t.Run(name, func(t *testing.T) {
			res := JSON([]byte(test.content), Options{})
			assert.Equal(t, test.want, says(res))
			assert.Equal(t, !strings.Contains(test.want, "error:"), res.OK())
		})
	}
}

func TestYAMLProblemsHavePlaces(t *testing.T) {
	for name, test := range map[string]struct{ content, want string }{
		"accepted":           {"- targets: [web1:9100]\n  labels:\n    job: node\n    port: 9100\n", ""},
		"nothing":            {"# nothing\n", `1:1: warning: the file lists nothing, so that Prometheus drops every target; write []`},
		"not YAML":           {"- targets: [\n", `1: error: did not find expected node content; Prometheus refuses the whole file`},
		"not a sequence":     {"targets: [a]\n", "1: error: a list of target groups is a sequence, not !!map; Prometheus refuses the whole file"},
		"null group":         {"- targets: [a:1]\n- null\n", `2:3: error: a target group is null; Prometheus refuses the whole file`},
		"group as string":    {"- web1:9100\n", "1: error: a target group is a mapping with \"targets\" and \"labels\", not !!str `web1:9100`; Prometheus refuses the whole file"},
		"unknown key":        {"- targets: [a:1]\n  label: {a: b}\n", `2: error: unknown key "label"; a target group has "targets" and "labels"; Prometheus refuses the whole file`},
		"key twice":          {"- targets: [a:1]\n  targets: [b:1]\n", `2: error: the key "targets" is there twice; Prometheus refuses the whole file`},
		"label twice":        {"- labels:\n    a: b\n    a: c\n", `3: error: the label "a" is there twice; Prometheus refuses the whole file`},
		"targets as mapping": {"- targets: {a: 1}\n", "1: error: targets are a sequence of strings, not !!map; Prometheus refuses the whole file"},
		"labels as sequence": {"- labels: [a]\n", "1: error: labels are a mapping of strings, not !!seq; Prometheus refuses the whole file"},
		"list as value":      {"- labels:\n    a: [1]\n", "2: error: a target or a label value is a string, not !!seq; Prometheus refuses the whole file"},
		"empty label name":   {"- labels:\n    \"\": x\n", `2:5: error: a label name is empty; Prometheus refuses the whole file`},
		"dotted label name":  {"- labels:\n    a.b: x\n", `2:5: error: the label name "a.b" is not of the form [a-zA-Z_][a-zA-Z0-9_]*; Prometheus 2 refuses the whole file`},
		"slash":              {"- targets:\n  - a:1\n  - a:1/metrics\n", `3:5: error: the target "a:1/metrics" has a "/" in it; a target is HOST:PORT; Prometheus drops the target`},
		"an alias":           {"- targets: &t\n  - a/b\n- targets: *t\n", "2:5: error: the target \"a/b\" has a \"/\" in it; a target is HOST:PORT; Prometheus drops the target\n2:5: error: the target \"a/b\" has a \"/\" in it; a target is HOST:PORT; Prometheus drops the target"},
		"second document":    {"- targets: [a:1]\n---\n- targets: [b:1]\n", `2:1: warning: there is a second document; Prometheus reads the first alone`},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, test.want, says(YAML([]byte(test.content), Options{})))
		})
	}
}

func TestURLsMayHaveSlashesWhenAskedFor(t *testing.T) {
	content := []byte(`[{"targets":["https://example.com/x"]}]`)
	assert.False(t, JSON(content, Options{}).OK())
	assert.True(t, JSON(content, Options{URLs: true}).OK())
}

func TestSeveralProblemsAreToldInOrder(t *testing.T) {
	res := JSON([]byte("[\n{\"targets\":[\"a/b\"],\n\"labels\":{\"a\":1}},\nnull]"), Options{})
	require.Len(t, res.Problems, 3)
	assert.Equal(t, []int{2, 3, 4}, []int{res.Problems[0].Line, res.Problems[1].Line, res.Problems[2].Line})
	assert.Equal(t, 1, res.Groups)
	assert.Equal(t, 1, res.Targets)
}

func TestFileTellsTheFormatByName(t *testing.T) {
	for name, ok := range map[string]bool{"a.json": true, "b/a.JSON": true, "a.yml": true, "a.YAML": true, "a.txt": false, "json": false} {
		_, err := File(name, []byte("[]"), Options{})
		if ok {
			assert.NoError(t, err, name)
			continue
		}
		var format *FormatError
		assert.ErrorAs(t, err, &format, name)
	}
}
