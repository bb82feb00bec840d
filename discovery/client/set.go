package client

import (
	"fmt"
	"slices"
	"strings"

	"github.com/promshard/promshard/httpsd/wire"
)

// set is the groups that are held. It changes as a whole or not at all: full and delta look at everything that they are
// given, and compare the entity tag, before they touch anything.
type set struct {
	parser parser
	// projects has no empty values.
	projects map[int64][]*entry
	bySource map[string]*entry
	tag      wire.Tag
}

func newSet(keepBodies bool) *set {
	return &set{parser: parser{keepBodies: keepBodies}, projects: map[int64][]*entry{}, bySource: map[string]*entry{}}
}

func (s *set) etag() string { return s.tag.ETag(int64(len(s.bySource))) }

// mismatchError is a set that is not what the server says it is.
type mismatchError struct{ got, want string }

func (e *mismatchError) Error() string {
	return fmt.Sprintf("the groups have the entity tag %s, but the server's is %s", shorten(e.got), shorten(e.want))
}

// difference is what a change has done to a set.
type difference struct {
	changed []*Group
	gone    []string
}

func (d *difference) empty() bool { return len(d.changed) == 0 && len(d.gone) == 0 }

// sort is what makes updates the same however the groups came.
func (d *difference) sort() {
	slices.SortFunc(d.changed, func(a, b *Group) int { return strings.Compare(a.Source, b.Source) })
	slices.Sort(d.gone)
}

// draft is a set in the making, or those projects of a set that are about to change.
type draft struct {
	of       *set
	projects map[int64][]*entry
	bySource map[string]*entry
	tag      wire.Tag
}

func (s *set) draft() *draft {
	return &draft{of: s, projects: map[int64][]*entry{}, bySource: map[string]*entry{}}
}

// add takes in projects; none may come twice. Groups that the set has already are taken over from there.
func (d *draft) add(projects []wire.Project) error {
	for _, p := range projects {
		if _, twice := d.projects[p.ID]; twice {
			return fmt.Errorf("project %d comes twice", p.ID)
		}
		entries := make([]*entry, 0, len(p.Groups))
		for _, g := range p.Groups {
			e, err := d.entry(p.ID, g)
			if err != nil {
				return err
			}
			if _, twice := d.bySource[g.Source]; twice {
				return fmt.Errorf("group %q comes twice", g.Source)
			}
			d.bySource[e.group.Source] = e
			d.tag = d.tag.Plus(e.tag)
			entries = append(entries, e)
		}
		d.projects[p.ID] = entries
	}
	return nil
}

func (d *draft) entry(project int64, g wire.Group) (*entry, error) {
	tag := wire.TagOf(g.Body)
	if held, ok := d.of.bySource[g.Source]; ok && held.tag == tag && held.group.Project == project {
		return held, nil
	}
	return d.of.parser.parse(project, g, tag)
}

// full makes the draft the whole set, if it has that entity tag. The draft must not be used afterwards.
func (s *set) full(d *draft, etag string) (difference, error) {
	if got := d.tag.ETag(int64(len(d.bySource))); got != etag {
		return difference{}, &mismatchError{got: got, want: etag}
	}
	for id, entries := range d.projects {
		if len(entries) == 0 {
			delete(d.projects, id)
		}
	}
	diff := compare(s.bySource, d.bySource)
	s.projects, s.bySource, s.tag = d.projects, d.bySource, d.tag
	return diff, nil
}

// delta replaces the projects of the draft, if that leads to the entity tag.
func (s *set) delta(d *draft, etag string) (difference, error) {
	before := map[string]*entry{}
	tag := s.tag
	for id := range d.projects {
		for _, e := range s.projects[id] {
			before[e.group.Source] = e
			tag = tag.Minus(e.tag)
		}
	}
	for source := range d.bySource {
		held, ok := s.bySource[source]
		if !ok {
			continue
		}
		if _, replaced := d.projects[held.group.Project]; !replaced {
			return difference{}, fmt.Errorf("group %q comes with another project, but stays with project %d", source, held.group.Project)
		}
	}
	tag = tag.Plus(d.tag)
	if got := tag.ETag(int64(len(s.bySource) - len(before) + len(d.bySource))); got != etag {
		return difference{}, &mismatchError{got: got, want: etag}
	}
	diff := compare(before, d.bySource)
	s.replace(before, d)
	s.tag = tag
	return diff, nil
}

func (s *set) replace(before map[string]*entry, d *draft) {
	for source := range before {
		delete(s.bySource, source)
	}
	for source, e := range d.bySource {
		s.bySource[source] = e
	}
	for id, entries := range d.projects {
		if len(entries) == 0 {
			delete(s.projects, id)
		} else {
			s.projects[id] = entries
		}
	}
}

// compare returns what leads from one to the other.
func compare(before, after map[string]*entry) difference {
	var diff difference
	for source, e := range after {
		if held, ok := before[source]; !ok || held.tag != e.tag || held.group.Project != e.group.Project {
			diff.changed = append(diff.changed, e.group)
		}
	}
	for source := range before {
		if _, ok := after[source]; !ok {
			diff.gone = append(diff.gone, source)
		}
	}
	diff.sort()
	return diff
}

// shorten keeps what the other end sent from filling logs.
func shorten(s string) string {
	const most = 100
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
