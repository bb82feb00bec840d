package snapshot

import (
	"bytes"
	"cmp"
	"slices"
	"unique"

	"github.com/promshard/promshard/httpsd/wire"
	"github.com/promshard/promshard/store"
)

// renderer turns rows into bytes. Its buffers are reused; it serves one goroutine.
type renderer struct {
	draft   draft
	buf     []byte
	encoded []encoded
	bodies  [kinds][]byte
}

// encoded is a group in the renderer's buffer.
type encoded struct {
	kind Kind
	// index counts the groups of the project in the order of the drafts.
	index int
	group group
	// The group is buf[start:end], its comma at start, its labels from labels on.
	start, labels, end int
}

// project renders a project: an entry for each kind of list, without groups where it has none. Their bodies are valid
// until the renderer's next project.
func (r *renderer) project(p *store.ProjectRows, as *project) [kinds]entry {
	r.buf, r.encoded = r.buf[:0], r.encoded[:0]
	var count [kinds]int
	for d := range r.drafts(p) {
		r.encode(d)
		count[d.kind]++
	}
	var out [kinds]entry
	for k := range out {
		out[k] = entry{project: as, body: r.bodies[k][:0]}
		if count[k] > 0 {
			out[k].groups = make([]group, 0, count[k])
		}
	}
	for _, e := range r.ordered() {
		into := &out[e.kind]
		into.body = append(into.body, r.buf[e.start:e.end]...)
		into.groups = append(into.groups, e.group)
	}
	for k := range out {
		r.bodies[k] = out[k].body
	}
	return out
}

// encode appends a group to the buffer.
func (r *renderer) encode(d *draft) {
	e := encoded{kind: d.kind, index: len(r.encoded), start: len(r.buf)}
	b := append(r.buf, `,{"targets":[`...)
	for i := range d.targets() {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '"')
		b = d.appendTarget(b, i, appendEscaped)
		b = append(b, '"')
	}
	b = append(b, `],"labels":{`...)
	e.labels = len(b)
	for i, l := range d.labels {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, l.name)
		b = append(b, ':')
		b = appendString(b, l.value)
	}
	b = append(b, '}', '}')
	e.end = len(b)
	e.group = group{
		tag: wire.TagOf(b[e.start+1:]), id: d.id, hash: d.hash, job: unique.Make(d.job),
		size: uint32(e.end - e.start), targets: uint32(d.targets()),
	}
	r.buf, r.encoded = b, append(r.encoded, e)
}

// ordered returns the groups in the order of the lists: by the bytes of their labels, then of their targets. Ids
// decide between groups of equal bytes alone.
func (r *renderer) ordered() []encoded {
	slices.SortFunc(r.encoded, func(a, b encoded) int {
		return cmp.Or(
			bytes.Compare(r.buf[a.labels:a.end], r.buf[b.labels:b.end]),
			bytes.Compare(r.buf[a.start:a.end], r.buf[b.start:b.end]),
			cmp.Compare(a.group.id, b.group.id),
			cmp.Compare(a.group.hash, b.group.hash),
		)
	})
	return r.encoded
}
