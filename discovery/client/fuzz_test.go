package client

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/httpsd/wire"
)

// fuzzed drives a client's streams and documents by hand, and checks that all it hands out are sets that a server has had.
type fuzzed struct {
	t      *testing.T
	states []state
	sets   map[string]string // by entity tag
	link   *link
	stream *stream
	held   map[string]*Group
	seen   wire.ID
	// forgotten says that a server has confirmed that it has less.
	forgotten bool
}

func newFuzzed(t *testing.T) *fuzzed {
	foreign := at(3, "exporter/1=a:1 exporter/2=z:1")
	foreign.epoch = "beef"
	f := &fuzzed{t: t, sets: map[string]string{}, held: map[string]*Group{}, states: []state{
		at(1),
		at(2, "exporter/1=a:1 exporter/2=b:1", "exporter/3=c:1"),
		at(3, "exporter/1=a:1 exporter/2=b:2", "exporter/3=c:1"),
		at(4, "exporter/1=a:1", "exporter/2=b:2 exporter/3=c:1", "exporter/4=d:1"),
		at(5, "", "exporter/3=c:1", "exporter/4=d:1,d:2"),
		foreign,
	}}
	for _, s := range f.states {
		f.sets[s.etag()] = s.text()
	}
	calls := make(chan call)
	o, bases, err := Options{Servers: []string{"http://a"}}.resolve()
	require.NoError(t, err)
	k := newKeeper(o, f.apply)
	f.link = newLink(o, bases, nil, k, calls)
	ctx := t.Context()
	go k.serve(ctx, calls)
	f.stream = &stream{link: f.link, server: f.link.servers[0]}
	return f
}

// text is everything there is to a set.
func (s state) text() string {
	var all []string
	for project, groups := range s.projects {
		for source, body := range groups {
			all = append(all, fmt.Sprint(source, " ", project, body))
		}
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

func (f *fuzzed) apply(u Update) {
	for _, g := range u.Changed {
		f.held[g.Source] = g
	}
	for _, source := range u.Gone {
		if f.held[source] == nil {
			f.t.Errorf("%s is gone, and was not there", source)
		}
		delete(f.held, source)
	}
	var all []string
	for source, g := range f.held {
		all = append(all, source+" "+groupText(g))
	}
	slices.Sort(all)
	if want, known := f.sets[u.ETag]; !known || want != strings.Join(all, "\n") {
		f.t.Errorf("with the entity tag %s a set was handed out that no server has had:\n%s", u.ETag, strings.Join(all, "\n"))
	}
	if u.ID.Before(f.seen) && !f.forgotten {
		f.t.Errorf("%s was handed out after %s", u.ID, f.seen)
	}
	f.seen, f.forgotten = u.ID, false
}

// step does what one byte says to two states; raw is what else there is.
func (f *fuzzed) step(op byte, s, other state, raw []byte) {
	part := func(number int, last bool, etag string, ids ...int64) []byte {
		return fmt.Appendf(nil, `{"part":%d,"last":%v,"etag":%q,"projects":%s}`, number, last, etag, s.only(ids...))
	}
	delta := func(ids ...int64) []byte {
		return fmt.Appendf(nil, `{"etag":%q,"projects":%s}`, s.etag(), s.only(ids...))
	}
	ids := s.all()
	both := maps.Clone(s.projects)
	maps.Copy(both, other.projects)
	switch op % 12 {
	case 0:
		f.event(wire.EventFull, s.id(), part(0, true, s.etag(), ids...))
	case 1:
		for i, id := range ids {
			f.event(wire.EventFull, map[bool]string{true: s.id()}[i == len(ids)-1], part(i, i == len(ids)-1, s.etag(), id))
		}
	case 2:
		f.event(wire.EventFull, "", part(f.stream.part, false, "", ids[:min(1, len(ids))]...))
	case 3:
		f.event(wire.EventFull, s.id(), part(f.stream.part, true, other.etag(), ids...))
	case 4:
		f.event(wire.EventDelta, s.id(), delta(slices.Sorted(maps.Keys(both))...))
	case 5:
		f.event(wire.EventDelta, s.id(), delta(ids...))
	case 6:
		f.event(wire.EventDelta, other.id(), delta(int64(len(raw)%4)))
	case 7:
		f.event("", s.id(), nil)
	case 8:
		f.reconnect()
	case 9:
		f.forgotten = true
		f.event(wire.EventBehind, "", fmt.Appendf(nil, `{"revision":%d,"seen":9,"confirmed":%v}`, s.revision, other.revision > 2))
		f.forgotten = f.link.keeper.seen == wire.ID{}
		f.reconnect()
	case 10:
		id, err := wire.ParseID(s.id())
		require.NoError(f.t, err)
		doc := &wire.Document{ID: id.String(), ETag: s.etag()}
		require.NoError(f.t, decode("", []byte(s.document()), doc))
		_ = f.link.applyDocument(f.t.Context(), f.stream.server, doc)
		f.reconnect() // a client does not do both at a time
	case 11:
		f.event([]string{wire.EventFull, wire.EventDelta, wire.EventBehind, "other"}[op/12%4], s.id(), raw)
	}
}

func (f *fuzzed) event(name, id string, data []byte) {
	if _, err := f.stream.apply(f.t.Context(), wire.Event{Name: name, ID: id, Data: data}); err != nil {
		f.reconnect()
	}
}

// reconnect does what opening a stream does.
func (f *fuzzed) reconnect() {
	f.stream = &stream{link: f.link, server: f.stream.server, resumed: f.link.keeper.resumeFrom()}
	f.stream.based = f.stream.resumed != wire.ID{}
}

func FuzzStream(f *testing.F) {
	f.Add([]byte("\x00\x01\x00\x04\x02\x01\x04\x03\x02\x04\x04\x03"))
	f.Add([]byte("\x01\x03\x00\x07\x04\x00\x08\x00\x00\x04\x04\x00\x09\x02\x03\x00\x02\x00"))
	f.Add([]byte("\x02\x01\x01\x03\x01\x02\x0a\x03\x03\x05\x04\x04\x06\x04\x04\x00\x05\x05\x00\x01\x01"))
	f.Add([]byte("\x0b\x01\x01{\"part\":0,\"last\":true,\"etag\":\"\",\"projects\":[]}"))
	f.Fuzz(func(t *testing.T, script []byte) {
		x := newFuzzed(t)
		for n := 0; len(script) >= 3 && n < 60; n++ {
			pick := func(b byte) state { return x.states[int(b)%len(x.states)] }
			x.step(script[0], pick(script[1]), pick(script[2]), script[3:])
			script = script[3:]
		}
	})
}
