package client

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/promshard/promshard/httpsd/wire"
)

// entry is a group of the set. It never changes.
type entry struct {
	group *Group
	tag   wire.Tag
}

// parser makes groups of what servers send.
type parser struct {
	// keepBodies is for those who write them again.
	keepBodies bool
	// strings holds one copy of each label name and value, since the same few make up most of a set.
	strings map[string]string
}

// mostStrings bounds the parser's memory where label values hardly ever repeat.
const mostStrings = 1 << 16

// parse returns the entry of one group.
func (p *parser) parse(project int64, g wire.Group, tag wire.Tag) (*entry, error) {
	if g.Source == "" {
		return nil, fmt.Errorf("project %d has a group without a source", project)
	}
	group := &Group{Source: g.Source, Project: project}
	if err := p.body(g.Body, group); err != nil {
		return nil, fmt.Errorf("group %q: %w", g.Source, err)
	}
	if p.keepBodies {
		group.Body = g.Body
	}
	return &entry{group: group, tag: tag}, nil
}

// body fills in the targets and labels. A group without targets is refused: no list has one, and for Prometheus it would
// be a group that is gone.
func (p *parser) body(body []byte, into *Group) error {
	if !p.plain(body, into) {
		var read struct {
			Targets []string          `json:"targets"`
			Labels  map[string]string `json:"labels"`
		}
		if err := json.Unmarshal(body, &read); err != nil {
			return err
		}
		into.Targets, into.Labels = read.Targets, make(map[string]string, len(read.Labels))
		for name, value := range read.Labels {
			into.Labels[p.intern([]byte(name))] = p.intern([]byte(value))
		}
	}
	if len(into.Targets) == 0 {
		return errors.New("it has no targets")
	}
	return nil
}

// plain reads a body as servers write nearly all of them: without spaces, escapes or other fields. That takes a fraction
// of the time and memory that encoding/json does. It returns false, and may leave anything in the group, when the body is
// not of that form.
func (p *parser) plain(body []byte, into *Group) bool {
	if bytes.IndexByte(body, '\\') >= 0 || !utf8.Valid(body) {
		return false
	}
	at, ok := bytes.CutPrefix(body, []byte(`{"targets":[`))
	if !ok {
		return false
	}
	end := bytes.IndexByte(at, ']')
	for end >= 0 && !bytes.HasPrefix(at[end:], []byte(`],"labels":{`)) {
		next := bytes.IndexByte(at[end+1:], ']') // those before are of IPv6 addresses
		if next < 0 {
			return false
		}
		end += 1 + next
	}
	if end < 0 {
		return false
	}
	return plainTargets(string(at[:end]), into) && p.plainLabels(at[end+len(`],"labels":{`):], into)
}

// plainTargets reads the elements of an array. They share the memory of s.
func plainTargets(s string, into *Group) bool {
	into.Targets = make([]string, 0, strings.Count(s, `","`)+1)
	for {
		target, rest, ok := plainString(s)
		if !ok {
			return false
		}
		into.Targets = append(into.Targets, target)
		if rest == "" {
			return true
		}
		if rest[0] != ',' {
			return false
		}
		s = rest[1:]
	}
}

// plainLabels reads the members of an object, its end, and the end of the group.
func (p *parser) plainLabels(b []byte, into *Group) bool {
	into.Labels = make(map[string]string, bytes.Count(b, []byte(`":"`)))
	if string(b) == "}}" {
		return true
	}
	for {
		name, rest, ok := plainString(b)
		if !ok || len(rest) == 0 || rest[0] != ':' {
			return false
		}
		value, rest, ok := plainString(rest[1:])
		if !ok || len(rest) == 0 {
			return false
		}
		into.Labels[p.intern(name)] = p.intern(value)
		if string(rest) == "}}" {
			return true
		}
		if rest[0] != ',' {
			return false
		}
		b = rest[1:]
	}
}

// plainString reads a string that has no escapes.
func plainString[T string | []byte](s T) (value, rest T, ok bool) {
	if len(s) == 0 || s[0] != '"' {
		return value, rest, false
	}
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return s[1:i], s[i+1:], true
		case s[i] < ' ':
			return value, rest, false
		}
	}
	return value, rest, false
}

// intern returns the one copy of s.
func (p *parser) intern(s []byte) string {
	if known, ok := p.strings[string(s)]; ok {
		return known
	}
	if p.strings == nil || len(p.strings) >= mostStrings {
		p.strings = map[string]string{}
	}
	one := string(s)
	p.strings[one] = one
	return one
}
