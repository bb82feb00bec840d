package snapshot

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promshard/promshard/httpsd/wire"
	"github.com/promshard/promshard/store"
)

// held is what a reader of selections holds: the groups of each project, by source id.
type held map[int64]map[string]string

func (h held) take(s *Selection, id int64) {
	delete(h, id)
	if p, ok := s.Project(id); ok {
		h[id] = bySource(p)
	}
}

func bySource(p Part) map[string]string {
	groups := map[string]string{}
	for source, group := range p.Groups() {
		groups[source.String()] = string(group)
	}
	return groups
}

func holdAll(s *Selection) held {
	h := held{}
	for p := range s.Parts() {
		h[p.Project] = bySource(p)
	}
	return h
}

// etag is what a client computes of what it holds.
func (h held) etag() string {
	var tag wire.Tag
	n := int64(0)
	for _, groups := range h {
		for _, group := range groups {
			tag, n = tag.Plus(wire.TagOf([]byte(group))), n+1
		}
	}
	return tag.ETag(n)
}

// TestChangedProjectsLeadFromOneSelectionToTheNext changes a world at random: who holds a selection and takes over the
// projects that have changed, holds the next one, and each of those projects really has changed.
func TestChangedProjectsLeadFromOneSelectionToTheNext(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld()
		d := draw{t, w}
		for range 3 {
			d.addShard()
			d.addService()
		}
		for range rapid.IntRange(1, 6).Draw(t, "projects") {
			d.addProject()
		}
		s := w.build()
		w.forget()
		for range rapid.IntRange(1, 6).Draw(t, "steps") {
			q, k := d.query(), Kind(rapid.IntRange(0, kinds-1).Draw(t, "kind"))
			old, err := s.Select(k, q)
			require.NoError(t, err)
			require.Equal(t, old.List().ETag(), holdAll(old).etag())
			var bodies []string
			for p := range old.Parts() {
				for _, group := range p.Groups() {
					bodies = append(bodies, string(group))
				}
			}
			require.Equal(t, body(t, old.List()), "["+strings.Join(bodies, ",")+"]", "in the order of the list")

			for range rapid.IntRange(1, 4).Draw(t, "writes") {
				d.write()
			}
			s = s.Apply(w.changes())
			checkFollows(t, s, old, q)
		}
	})
}

// checkFollows goes from an old selection to what the same query picks from a later snapshot.
func checkFollows(t *rapid.T, s *Snapshot, old *Selection, q Query) {
	now, err := s.Select(old.kind, q)
	again, same, againErr := s.Reselect(old, q)
	require.Equal(t, err, againErr)
	if err != nil {
		return // what the query names is not there any more
	}
	require.Equal(t, now.List().ETag(), again.List().ETag())
	require.Equal(t, s.Revision(), again.Revision())
	if same {
		require.Equal(t, old.List().ETag(), now.List().ETag())
	}
	h, before := holdAll(old), holdAll(old)
	changed := now.ChangedSince(old)
	require.True(t, slices.IsSorted(changed))
	for _, id := range changed {
		h.take(now, id)
		require.NotEqual(t, before[id], h[id], "project %d", id)
	}
	require.Equal(t, holdAll(now), h)
	require.Equal(t, now.List().ETag(), h.etag())
}

// TestGroupThatTakesThePlaceOfAnEqualOneIsAChange deletes exporters and creates them anew. The list has the same bytes
// afterwards, but its groups are others, and those who follow them must hear of it.
func TestGroupThatTakesThePlaceOfAnEqualOneIsAChange(t *testing.T) {
	w := town()
	s := w.build()
	w.forget()
	web := w.projectNamed("shop-web")
	w.change(web, func(p *store.ProjectRows) {
		p.Exporters = slices.Clone(p.Exporters)
		for i := range p.Exporters {
			p.Exporters[i].ID = w.id()
		}
	})
	next := s.Apply(w.changes())
	for _, q := range []Query{{}, {Shards: []string{"prod"}}, {Services: []string{"shop"}}, {Jobs: []string{"node"}}} {
		old, err := s.Select(Targets, q)
		require.NoError(t, err)
		now, same, err := next.Reselect(old, q)
		require.NoError(t, err)
		require.False(t, same)
		require.False(t, now.Same(old))
		require.Equal(t, old.List().ETag(), now.List().ETag())
		require.Equal(t, []int64{web}, now.ChangedSince(old))
	}
}
