package snapshot

import "io"

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

// WriteTo writes the list in pieces of some ten kilobytes, as they are held.
func (l *List) WriteTo(w io.Writer) (int64, error) {
	var written int64
	write := func(b []byte) error {
		n, err := w.Write(b)
		written += int64(n)
		return err
	}
	if err := write([]byte{'['}); err != nil {
		return written, err
	}
	for i, c := range l.chunks {
		body := c.body
		if i == 0 {
			body = body[1:]
		}
		if err := write(body); err != nil {
			return written, err
		}
	}
	return written, write([]byte{']'})
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
