package client

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/promshard/promshard/httpsd/wire"
)

const epoch = "5f1c"

// state is an inventory at a revision, as a server would send it: the bodies of groups by project and source.
type state struct {
	epoch    string
	revision int64
	projects map[int64]map[string]string
}

// at returns a state with projects 1, 2, … that have these groups, each written as "source=target,target".
func at(revision int64, projects ...string) state {
	s := state{epoch: epoch, revision: revision, projects: map[int64]map[string]string{}}
	for i, p := range projects {
		for _, g := range strings.Fields(p) {
			source, targets, _ := strings.Cut(g, "=")
			s.put(int64(i+1), source, strings.Split(targets, ",")...)
		}
	}
	return s
}

func (s state) put(project int64, source string, targets ...string) {
	if s.projects[project] == nil {
		s.projects[project] = map[string]string{}
	}
	s.projects[project][source] = groupBody(targets, map[string]string{"job": "node", "project": fmt.Sprint(project)})
}

func groupBody(targets []string, labels map[string]string) string {
	return `{"targets":` + toJSON(targets) + `,"labels":` + toJSON(labels) + `}`
}

func toJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func (s state) id() string { return wire.ID{Epoch: s.epoch, Revision: s.revision}.String() }

func (s state) etag() string {
	var tag wire.Tag
	var n int64
	for _, groups := range s.projects {
		for _, body := range groups {
			tag = tag.Plus(wire.TagOf([]byte(body)))
			n++
		}
	}
	return tag.ETag(n)
}

// only returns the JSON of some projects, as they are in the state.
func (s state) only(ids ...int64) string {
	projects := []string{}
	for _, id := range ids {
		groups := []string{}
		for _, source := range slices.Sorted(maps.Keys(s.projects[id])) {
			groups = append(groups, fmt.Sprintf(`{"source":%q,"group":%s}`, source, s.projects[id][source]))
		}
		projects = append(projects, fmt.Sprintf(`{"id":%d,"groups":[%s]}`, id, strings.Join(groups, ",")))
	}
	return "[" + strings.Join(projects, ",") + "]"
}

func (s state) all() []int64 { return slices.Sorted(maps.Keys(s.projects)) }

// sse writes one event.
func sse(name, id, data string) string {
	var b strings.Builder
	for _, f := range [][2]string{{"event", name}, {"id", id}, {"data", data}} {
		if f[1] != "" {
			fmt.Fprintf(&b, "%s: %s\n", f[0], f[1])
		}
	}
	return b.String() + "\n"
}

// full is the whole set in one part.
func (s state) full() string {
	return sse(wire.EventFull, s.id(), fmt.Sprintf(`{"part":0,"last":true,"etag":%q,"projects":%s}`, s.etag(), s.only(s.all()...)))
}

// parts is the whole set with a part for each project.
func (s state) parts() []string {
	var parts []string
	ids := s.all()
	for i, id := range ids {
		if i < len(ids)-1 {
			parts = append(parts, sse(wire.EventFull, "", fmt.Sprintf(`{"part":%d,"projects":%s}`, i, s.only(id))))
			continue
		}
		parts = append(parts, sse(wire.EventFull, s.id(),
			fmt.Sprintf(`{"part":%d,"last":true,"etag":%q,"projects":%s}`, i, s.etag(), s.only(id))))
	}
	return parts
}

// delta leads to the state by these projects; without any, by all that either state has.
func (s state) delta(from state, ids ...int64) string {
	if ids == nil {
		both := map[int64]bool{}
		for _, id := range append(from.all(), s.all()...) {
			both[id] = true
		}
		ids = slices.Sorted(maps.Keys(both))
	}
	return sse(wire.EventDelta, s.id(), fmt.Sprintf(`{"etag":%q,"projects":%s}`, s.etag(), s.only(ids...)))
}

func (s state) document() string {
	return fmt.Sprintf(`{"id":%q,"etag":%q,"projects":%s}`, s.id(), s.etag(), s.only(s.all()...))
}

// targets is what a client should hold: targets by source.
func (s state) targets() map[string]string {
	targets := map[string]string{}
	for _, groups := range s.projects {
		for source, body := range groups {
			var g Group
			if err := json.Unmarshal([]byte(body), &g); err != nil {
				panic(err)
			}
			targets[source] = strings.Join(g.Targets, ",")
		}
	}
	return targets
}

// serveDocument answers GETs of the set as a server does.
func (s state) serveDocument(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("ETag", s.etag())
	w.Header().Set(wire.RevisionHeader, s.id())
	if r.Header.Get("If-None-Match") == s.etag() {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", wire.ContentTypeDocument)
	fmt.Fprint(w, s.document())
}
