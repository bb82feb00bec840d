package document

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/promshard/promshard/store"
)

// valuesMost bounds the values of one file once its aliases are written out: a few bytes of YAML can stand for more than any
// memory holds.
const valuesMost = 10_000_000

// yamlParser takes YAML documents apart.
type yamlParser struct {
	// left is how many values may still come.
	left int
}

func parseYAML(source string, content []byte) ([]value, error) {
	if !utf8.Valid(content) {
		return nil, refuseAll(source, "is not valid UTF-8")
	}
	var roots []value
	// What is written out can be ten times what was sent, and a small file may repeat itself.
	p := yamlParser{left: min(valuesMost, 10*len(content)+10_000)}
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	for {
		var node yaml.Node
		err := decoder.Decode(&node)
		switch {
		case errors.Is(err, io.EOF):
			return roots, nil
		case err != nil:
			return nil, refuseAll(source, "is not YAML: %s", strings.TrimPrefix(err.Error(), "yaml: "))
		}
		root, err := p.value(store.Position{Source: source}, &node, 0)
		if err != nil {
			return nil, err
		}
		if root.kind != nullKind {
			roots = append(roots, root)
		}
	}
}

func (p *yamlParser) value(at store.Position, node *yaml.Node, depth int) (value, error) {
	if err := tooDeep(at, depth); err != nil {
		return value{}, err
	}
	if p.left--; p.left < 0 {
		return value{}, refuseAll(at.Source, "repeats itself through aliases too often; write it out")
	}
	switch node.Kind {
	case yaml.DocumentNode:
		return p.value(at, node.Content[0], depth)
	case yaml.AliasNode:
		return p.value(at, node.Alias, depth+1)
	case yaml.SequenceNode:
		return p.list(at, node, depth)
	case yaml.MappingNode:
		return p.object(at, node, depth)
	case yaml.ScalarNode:
		return scalar(at, node)
	}
	return value{kind: nullKind, at: at}, nil
}

func (p *yamlParser) list(at store.Position, node *yaml.Node, depth int) (value, error) {
	v := value{kind: listKind, at: at}
	for i, content := range node.Content {
		one, err := p.value(element(at, i), content, depth+1)
		if err != nil {
			return v, err
		}
		v.elements = append(v.elements, one)
	}
	return v, nil
}

func (p *yamlParser) object(at store.Position, node *yaml.Node, depth int) (value, error) {
	v := value{kind: objectKind, at: at}
	seen := map[string]bool{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, err := p.value(at, node.Content[i], depth+1)
		switch {
		case err != nil:
			return v, err
		case node.Content[i].Tag == "!!merge":
			return v, under(at, "<<").Refuse("", "", "is not merged; write the fields out, or use an alias for a whole value")
		case key.kind != textKind:
			return v, at.Refuse("", key.raw, fmt.Sprintf("the name of a field in line %d is not a string; put it in quotes", node.Content[i].Line))
		case seen[key.raw]:
			return v, duplicate(under(at, key.raw))
		}
		seen[key.raw] = true
		one, err := p.value(under(at, key.raw), node.Content[i+1], depth+1)
		if err != nil {
			return v, err
		}
		v.members = append(v.members, member{key.raw, one})
	}
	return v, nil
}

// scalar reads a value that is not made of others. A date is the text that was written.
func scalar(at store.Position, node *yaml.Node) (value, error) {
	v := value{kind: textKind, at: at, raw: node.Value}
	switch tag := node.ShortTag(); tag {
	case "!!str", "!!timestamp", "!!merge":
	case "!!null":
		v.kind = nullKind
	case "!!int", "!!float":
		v.kind = numberKind
		var n int64
		if tag == "!!int" && node.Decode(&n) == nil {
			v.raw = fmt.Sprint(n)
		}
	case "!!bool":
		v.kind = boolKind
		v.raw = strings.ToLower(node.Value)
	default:
		return v, v.refuse("has the type " + tag + ", which is not read here")
	}
	return v, nil
}
