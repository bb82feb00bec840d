package check

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"

	yamlv2 "go.yaml.in/yaml/v2"
	yamlv3 "go.yaml.in/yaml/v3"
)

// YAML checks a YAML list of target groups: what it finds no Error in, Prometheus accepts. It decides with the
// library that Prometheus decides with, version 2, and asks version 3 for places, which version 2 does not tell.
func YAML(content []byte, o Options) Result {
	r := &yamlReader{}
	var list []*yamlGroup
	if err := yamlv2.UnmarshalStrict(content, &list); err != nil {
		r.decodeError(err)
		return r.result(nil, o)
	}
	root := r.document(content)
	if list == nil {
		r.warnf(position{1, 1}, "the file lists nothing, so that Prometheus drops every target; write []")
	}
	var groups []group
	for i, g := range list {
		node := element(root, i, len(list))
		if g == nil {
			r.errorf(place(node, position{}), "a target group is null%s", refusesFile)
			continue
		}
		groups = append(groups, g.group(node))
	}
	return r.result(groups, o)
}

// yamlGroup decodes as Prometheus's own type does.
type yamlGroup struct {
	Targets []string            `yaml:"targets"`
	Labels  map[string]yamlText `yaml:"labels"`
}

// yamlText is a string under a name of its own, so that messages can tell it from a target.
type yamlText string

// group gives places to what was decoded from node.
func (g *yamlGroup) group(node *yamlv3.Node) group {
	at := place(node, position{})
	out := group{position: at, labels: make(map[string]text, len(g.Labels))}
	_, targets := entry(node, "targets")
	for i, t := range g.Targets {
		out.targets = append(out.targets, text{place(element(targets, i, len(g.Targets)), at), t})
	}
	_, labels := entry(node, "labels")
	for name, value := range g.Labels {
		key, _ := entry(labels, name)
		out.labels[name] = text{place(key, at), string(value)}
	}
	return out
}

type yamlReader struct {
	report
}

var yamlLine = regexp.MustCompile(`^(?:yaml: )?(?:unmarshal errors:\s*)?line (\d+): (.*)$`)

// yamlMeaning puts what the library says into the words of target groups.
var yamlMeaning = []struct {
	says  *regexp.Regexp
	means string
}{
	{regexp.MustCompile(`^field (.*) not found in type .*$`), `unknown key "$1"; a target group has "targets" and "labels"`},
	{regexp.MustCompile(`^field (.*) already set in type .*$`), `the key "$1" is there twice`},
	{regexp.MustCompile(`^key (.*) already set in map$`), `the label $1 is there twice`},
	{regexp.MustCompile(`^cannot unmarshal (\S+)(.*) into \[\]\*check\.yamlGroup$`), `a list of target groups is a sequence, not $1$2`},
	{regexp.MustCompile(`^cannot unmarshal (\S+)(.*) into check\.yamlGroup$`), `a target group is a mapping with "targets" and "labels", not $1$2`},
	{regexp.MustCompile(`^cannot unmarshal (\S+)(.*) into \[\]string$`), `targets are a sequence of strings, not $1$2`},
	{regexp.MustCompile(`^cannot unmarshal (\S+)(.*) into map\[.*$`), `labels are a mapping of strings, not $1$2`},
	{regexp.MustCompile(`^cannot unmarshal (\S+)(.*) into (?:string|check\.yamlText)$`), `a target or a label value is a string, not $1$2`},
}

// decodeError reports what Prometheus's decoder says.
func (r *yamlReader) decodeError(err error) {
	said := []string{err.Error()}
	var typed *yamlv2.TypeError
	if errors.As(err, &typed) {
		said = typed.Errors
	}
	for _, s := range said {
		var at position
		if m := yamlLine.FindStringSubmatch(s); m != nil {
			at.line, _ = strconv.Atoi(m[1])
			s = m[2]
		}
		s = strings.TrimPrefix(s, "yaml: ")
		for _, m := range yamlMeaning {
			s = m.says.ReplaceAllString(s, m.means)
		}
		r.errorf(at, "%s%s", s, refusesFile)
	}
}

// document returns the root of the first document, nil when version 3 does not understand it, and warns of others.
func (r *yamlReader) document(content []byte) *yamlv3.Node {
	dec := yamlv3.NewDecoder(bytes.NewReader(content))
	var first, second yamlv3.Node
	if err := dec.Decode(&first); err != nil || len(first.Content) == 0 {
		return nil
	}
	if err := dec.Decode(&second); !errors.Is(err, io.EOF) {
		r.warnf(place(&second, position{}), "there is a second document; Prometheus reads the first alone")
	}
	return first.Content[0]
}

// resolve follows an alias.
func resolve(n *yamlv3.Node) *yamlv3.Node {
	if n != nil && n.Kind == yamlv3.AliasNode {
		return n.Alias
	}
	return n
}

// element returns the i-th element of a sequence that should have size of them, nil when it has not.
func element(n *yamlv3.Node, i, size int) *yamlv3.Node {
	if n = resolve(n); n == nil || n.Kind != yamlv3.SequenceNode || len(n.Content) != size {
		return nil
	}
	return n.Content[i]
}

// entry returns key and value of a mapping, nil when it has no such key of its own.
func entry(n *yamlv3.Node, name string) (key, value *yamlv3.Node) {
	if n = resolve(n); n == nil || n.Kind != yamlv3.MappingNode {
		return nil, nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if k := resolve(n.Content[i]); k.Value == name {
			return n.Content[i], n.Content[i+1]
		}
	}
	return nil, nil
}

// place is where n stands, or, when n is nil, fallback.
func place(n *yamlv3.Node, fallback position) position {
	if n == nil || n.Line == 0 {
		return fallback
	}
	return position{n.Line, n.Column}
}
