package snapshot

import (
	"io"
	"iter"
)

// List is an immutable list of target groups: a JSON array of {"targets":[…],"labels":{…}}. It is safe for
// concurrent use.
type List struct {
	chunks []*chunk
	total  total

	gzip compressed
	zstd compressed
}

// ETag is the strong entity tag of the plain bytes, in its quotes. It depends on the content and on nothing else.
func (l *List) ETag() string { return l.total.etag() }

// Size is the number of bytes that WriteTo writes.
func (l *List) Size() int64 {
	if l.total.groups == 0 {
		return int64(len("[]"))
	}
	return l.total.size + 1 // the first comma makes room for one of the brackets
}

// Groups is the number of target groups.
func (l *List) Groups() int { return int(l.total.groups) }

// Targets is the number of targets of all groups together.
func (l *List) Targets() int { return int(l.total.targets) }

// WriteTo writes the list in as few pieces as it is held in: one, as a rule, and some more after changes.
func (l *List) WriteTo(w io.Writer) (int64, error) {
	if len(l.chunks) == 0 {
		n, err := io.WriteString(w, "[]")
		return int64(n), err
	}
	written, err := writeAll(w, []byte{'['})
	for piece := range l.pieces() {
		if err != nil {
			break
		}
		var n int64
		n, err = writeAll(w, piece)
		written += n
	}
	return written, err
}

func writeAll(w io.Writer, b []byte) (int64, error) {
	n, err := w.Write(b)
	return int64(n), err
}

// pieces yields what comes after the first bracket: chunks that are neighbours in memory as one.
func (l *List) pieces() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		run := l.chunks[0].body[1:]
		for _, c := range l.chunks[1:] {
			if follows(run, c.body) {
				run = run[:len(run)+len(c.body)]
				continue
			}
			if !yield(run) {
				return
			}
			run = c.body
		}
		if end := run[:min(len(run)+1, cap(run))]; end[len(end)-1] == ']' && len(end) > len(run) {
			yield(end)
			return
		}
		_ = yield(run) && yield([]byte{']'})
	}
}

// follows says whether next begins in memory where run ends.
func follows(run, next []byte) bool {
	return cap(run) >= len(run)+len(next) && &run[:len(run)+1][len(run)] == &next[0]
}

// concat returns a list of the rows, one after the other. It shares their chunks.
func concat(rows []*row) *List {
	l := &List{}
	n := 0
	for _, r := range rows {
		n += len(r.chunks)
	}
	l.chunks = make([]*chunk, 0, n)
	for _, r := range rows {
		l.chunks = append(l.chunks, r.chunks...)
		l.total = l.total.plus(r.total)
	}
	return l
}
