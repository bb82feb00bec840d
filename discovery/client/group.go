package client

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/promshard/promshard/httpsd/wire"
)

// entry is a group of the set. It never changes.
type entry struct {
	group *Group
	tag   wire.Tag
	// body is what tag was made of; nil unless there is a cache file to write.
	body []byte
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
func (p *parser) parse(project int64, g wire.Group, tag wire.Tag) (entry, error) {
	if g.Source == "" {
		return entry{}, fmt.Errorf("project %d has a group without a source", project)
	}
	group := &Group{Source: g.Source, Project: project}
	if err := p.body(g.Body, group); err != nil {
		return entry{}, fmt.Errorf("group %q: %w", g.Source, err)
	}
	e := entry{group: group, tag: tag}
	if p.keepBodies {
		e.body = g.Body
	}
	return e, nil
}

// body fills in the targets and labels. A group without targets is refused: no list has one, and for Prometheus it would
// be a group that is gone.
func (p *parser) body(body []byte, into *Group) error {
	var read struct {
		Targets []string          `json:"targets"`
		Labels  map[string]string `json:"labels"`
	}
	if err := json.Unmarshal(body, &read); err != nil {
		return err
	}
	if len(read.Targets) == 0 {
		return errors.New("it has no targets")
	}
	into.Targets, into.Labels = read.Targets, make(map[string]string, len(read.Labels))
	for name, value := range read.Labels {
		into.Labels[p.intern(name)] = p.intern(value)
	}
	return nil
}

// intern returns the one copy of s.
func (p *parser) intern(s string) string {
	if known, ok := p.strings[s]; ok {
		return known
	}
	if p.strings == nil || len(p.strings) >= mostStrings {
		p.strings = map[string]string{}
	}
	p.strings[s] = s
	return s
}
