package agent

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"sync"

	"github.com/promshard/promshard/discovery/client"
)

// groups is the set of a list as it was last heard of. It is safe for concurrent use.
type groups struct {
	mu       sync.Mutex
	known    bool
	revision int64
	bySource map[string]*client.Group
	// changed has room for one: it says look, never what happened.
	changed chan struct{}
}

func newGroups() *groups {
	return &groups{bySource: map[string]*client.Group{}, changed: make(chan struct{}, 1)}
}

// apply takes in an update and never waits.
func (s *groups) apply(u client.Update) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range u.Changed {
		s.bySource[g.Source] = g
	}
	for _, source := range u.Gone {
		delete(s.bySource, source)
	}
	s.known, s.revision = true, u.ID.Revision
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// all returns the groups in the order of the server's lists, and false while there is no good set.
func (s *groups) all() ([]*client.Group, bool) {
	s.mu.Lock()
	all := make([]*client.Group, 0, len(s.bySource))
	for _, g := range s.bySource {
		all = append(all, g)
	}
	known := s.known
	s.mu.Unlock()
	sortAsListed(all)
	return all, known
}

// sortAsListed puts groups into the order of lists: by the project's name, then by the bytes of their labels, then by all
// their bytes. So the file has the bytes of the list, and equal sets make equal files whatever their history.
func sortAsListed(all []*client.Group) {
	slices.SortFunc(all, func(a, b *client.Group) int {
		return cmp.Or(
			strings.Compare(a.Labels["project"], b.Labels["project"]),
			cmp.Compare(a.Project, b.Project),
			bytes.Compare(labelBytes(a.Body), labelBytes(b.Body)),
			bytes.Compare(a.Body, b.Body),
		)
	})
}

// labelBytes is the part of a group from its labels on. What it looks for cannot be within a string, whose quotes are
// escaped.
func labelBytes(body []byte) []byte {
	_, labels, _ := bytes.Cut(body, []byte(`],"labels":{`))
	return labels
}
