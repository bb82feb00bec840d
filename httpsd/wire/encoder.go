package wire

import (
	"bytes"
	"encoding/json"
	"iter"
	"strconv"
)

// Encoder appends events, or a document, to a buffer of its own. Groups go into it byte by byte as they are. The zero
// value is ready for use; it serves one goroutine.
//
// An event or a document that holds projects is begun, given its projects by [PutProject], and ended.
type Encoder struct {
	buf []byte
	// projects counts those of what was begun last.
	projects int
}

// Bytes are what was appended since the last Reset, valid until the next change.
func (e *Encoder) Bytes() []byte { return e.buf }

// Len is the number of those bytes.
func (e *Encoder) Len() int { return len(e.buf) }

// Reset empties the buffer and keeps its memory.
func (e *Encoder) Reset() { e.buf = e.buf[:0] }

// BeginFull begins a part of a whole set; the first is part 0.
func (e *Encoder) BeginFull(part int) {
	e.begin(EventFull)
	e.buf = append(e.buf, `{"part":`...)
	e.buf = strconv.AppendInt(e.buf, int64(part), 10)
	e.beginProjects(`,"projects":[`)
}

// EndFull ends a part that others follow.
func (e *Encoder) EndFull() {
	e.buf = append(e.buf, "],\"last\":false}\n\n"...)
}

// EndLastFull ends the part that completes the set.
func (e *Encoder) EndLastFull(id ID, etag string) {
	e.buf = append(e.buf, `],"last":true,"etag":`...)
	e.buf = appendString(e.buf, etag)
	e.end(id)
}

// BeginDelta begins a delta.
func (e *Encoder) BeginDelta() {
	e.begin(EventDelta)
	e.beginProjects(`{"projects":[`)
}

// EndDelta ends it; id and etag are those of the set after the delta.
func (e *Encoder) EndDelta(id ID, etag string) {
	e.buf = append(e.buf, `],"etag":`...)
	e.buf = appendString(e.buf, etag)
	e.end(id)
}

// BeginDocument begins a [Document].
func (e *Encoder) BeginDocument(id ID, etag string) {
	e.buf = append(e.buf, `{"id":`...)
	e.buf = appendString(e.buf, id.String())
	e.buf = append(e.buf, `,"etag":`...)
	e.buf = appendString(e.buf, etag)
	e.beginProjects(`,"projects":[`)
}

// EndDocument ends it.
func (e *Encoder) EndDocument() { e.buf = append(e.buf, "]}\n"...) }

// Behind appends the event that ends a stream.
func (e *Encoder) Behind(b Behind) {
	e.begin(EventBehind)
	e.buf = append(e.buf, `{"revision":`...)
	e.buf = strconv.AppendInt(e.buf, b.Revision, 10)
	e.buf = append(e.buf, `,"seen":`...)
	e.buf = strconv.AppendInt(e.buf, b.Seen, 10)
	e.buf = append(e.buf, `,"confirmed":`...)
	e.buf = strconv.AppendBool(e.buf, b.Confirmed)
	e.buf = append(e.buf, "}\n\n"...)
}

// ID says that nothing has changed up to a state.
func (e *Encoder) ID(id ID) {
	e.buf = append(e.buf, "id: "...)
	e.buf = append(e.buf, id.String()...)
	e.buf = append(e.buf, "\n\n"...)
}

// Comment appends an empty comment.
func (e *Encoder) Comment() { e.buf = append(e.buf, ":\n\n"...) }

func (e *Encoder) begin(event string) {
	e.buf = append(e.buf, "event: "...)
	e.buf = append(e.buf, event...)
	e.buf = append(e.buf, "\ndata: "...)
}

func (e *Encoder) beginProjects(before string) {
	e.buf = append(e.buf, before...)
	e.projects = 0
}

// end closes the data, and puts the id behind it: an event counts only once it is complete.
func (e *Encoder) end(id ID) {
	e.buf = append(e.buf, "}\nid: "...)
	e.buf = append(e.buf, id.String()...)
	e.buf = append(e.buf, "\n\n"...)
}

// Appender is what appends itself as text, here a source id. The text has no character that JSON would escape.
type Appender interface {
	Append(dst []byte) []byte
}

// PutProject appends a project: each group's source id and its bytes as in [Group.Body], which have no line break.
// Without groups it says that the project is gone.
func PutProject[S Appender](e *Encoder, id int64, groups iter.Seq2[S, []byte]) {
	b := e.buf
	if e.projects > 0 {
		b = append(b, ',')
	}
	e.projects++
	b = append(b, `{"id":`...)
	b = strconv.AppendInt(b, id, 10)
	b = append(b, `,"groups":[`...)
	first := true
	for source, body := range groups {
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(b, `{"source":"`...)
		b = source.Append(b)
		b = append(b, `","group":`...)
		b = append(b, body...)
		b = append(b, '}')
	}
	e.buf = append(b, ']', '}')
}

// PutGone appends a project that has no groups any more.
func (e *Encoder) PutGone(id int64) {
	PutProject(e, id, func(func(noSource, []byte) bool) {})
}

// noSource is the source id of no group.
type noSource struct{}

// Append implements [Appender].
func (noSource) Append(dst []byte) []byte { return dst }

// appendString appends s as JSON.
func appendString(dst []byte, s string) []byte {
	quoted, err := json.Marshal(s)
	if err != nil {
		panic("wire: " + err.Error()) // strings have no error
	}
	return append(dst, quoted...)
}

// AppendEvent appends any event; an id of "" is none. Data is cut into lines where it has line feeds; it must not have
// carriage returns, which a reader could not tell from those.
func AppendEvent(dst []byte, name, id string, data []byte) []byte {
	if name != "" {
		dst = append(dst, "event: "...)
		dst = append(dst, name...)
		dst = append(dst, '\n')
	}
	for line := range bytes.SplitSeq(data, []byte("\n")) {
		if data == nil {
			break
		}
		dst = append(dst, "data: "...)
		dst = append(dst, line...)
		dst = append(dst, '\n')
	}
	if id != "" {
		dst = append(dst, "id: "...)
		dst = append(dst, id...)
		dst = append(dst, '\n')
	}
	return append(dst, '\n')
}
