package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// MaxEventSize is how large an event a [Reader] takes unless it is told otherwise, in bytes. A server sends sets in
// parts of some hundred kilobytes; a single project with very many hosts is what may be larger.
const MaxEventSize = 64 << 20

// ErrTooLarge is the error of a [Reader] that meets an event, or a line, beyond its limit.
var ErrTooLarge = errors.New("the event is too large")

// Event is an event of a watch stream, or an id that came by itself: then Name is empty and Data nil.
type Event struct {
	// Name is [EventFull], [EventDelta] or [EventBehind].
	Name string
	// ID is empty when the event came without.
	ID string
	// Data is valid until the next call of Next.
	Data []byte
}

// Reader takes the events out of a stream (text/event-stream as of the HTML standard, section 9.2.6). Lines end in CR,
// LF or both. It passes over comments, over fields and events that it does not know (with their ids: what they have to
// say is not known to have happened), over ids with a NUL, and over events without data. Its memory is bounded by a small
// multiple of its limit, whatever comes. It serves one goroutine.
type Reader struct {
	r   io.Reader
	max int
	err error // of Next

	readErr    error // of the stream, to come after what is in the buffer
	buf        []byte
	start, end int
	begun      bool // something was read: no byte order mark is taken any more
	skipLF     bool // the last line ended in CR

	line []byte
	data []byte
}

const (
	readSize = 32 << 10
	// keepBuffer is how large a buffer may be that is kept for the next event.
	keepBuffer = 1 << 20
)

// NewReader returns a Reader with the limit [MaxEventSize]. It reads ahead.
func NewReader(r io.Reader) *Reader { return NewReaderSize(r, MaxEventSize) }

// NewReaderSize returns a Reader that takes events of up to limit bytes.
func NewReaderSize(r io.Reader, limit int) *Reader {
	return &Reader{r: r, max: limit, buf: make([]byte, readSize)}
}

// Next returns the next event, as soon as the line that ends it has come. At the end of the stream it returns io.EOF,
// or io.ErrUnexpectedEOF when that is in the middle of an event, which is then lost. An error stays.
func (r *Reader) Next() (Event, error) {
	for r.err == nil {
		var e Event
		var complete bool
		if e, complete, r.err = r.readBlock(); complete {
			return e, nil
		}
	}
	return Event{}, r.err
}

// readBlock reads up to a blank line. complete is false when there is nothing to hand out.
func (r *Reader) readBlock() (e Event, complete bool, err error) {
	r.data = emptied(r.data)
	var b block
	for {
		line, err := r.readLine()
		if err != nil {
			begun := b.size > 0 || len(line) > 0 && line[0] != ':'
			if begun && errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return Event{}, false, err
		}
		if len(line) == 0 {
			e, complete := b.event(r.data)
			return e, complete, nil
		}
		if err := r.field(&b, line); err != nil {
			return Event{}, false, err
		}
	}
}

// block is what the fields of a block say, but for its data.
type block struct {
	name, id       string
	named, hasData bool
	size           int
}

// event is what a block amounts to.
func (b *block) event(data []byte) (e Event, complete bool) {
	switch {
	case b.hasData && (b.name == EventFull || b.name == EventDelta || b.name == EventBehind):
		return Event{Name: b.name, ID: b.id, Data: data}, true
	case !b.hasData && !b.named && b.id != "":
		return Event{ID: b.id}, true
	default:
		return Event{}, false
	}
}

// field takes in a line that is not blank.
func (r *Reader) field(b *block, line []byte) error {
	if line[0] == ':' {
		return nil
	}
	if b.size += len(line) + 1; b.size > r.max {
		return r.tooLarge()
	}
	name, value, _ := bytes.Cut(line, []byte(":"))
	value = bytes.TrimPrefix(value, []byte(" "))
	switch string(name) {
	case "data":
		if b.hasData {
			r.data = append(r.data, '\n')
		}
		r.data = append(r.data, value...)
		b.hasData = true
	case "event":
		b.name, b.named = string(value), true
	case "id":
		if bytes.IndexByte(value, 0) < 0 {
			b.id = string(value)
		}
	}
	return nil
}

func (r *Reader) tooLarge() error {
	return fmt.Errorf("%w: more than %d bytes", ErrTooLarge, r.max)
}

// readLine returns the next line without its end, valid until the next call. With io.EOF it returns what came after
// the last line.
func (r *Reader) readLine() ([]byte, error) {
	r.line = emptied(r.line)
	for {
		if err := r.fill(); err != nil {
			return r.line, err
		}
		chunk := r.buf[r.start:r.end]
		at := lineEnd(chunk)
		piece := chunk[:max(at, 0)]
		if at < 0 {
			piece = chunk
		}
		if len(r.line)+len(piece) > r.max {
			return nil, r.tooLarge()
		}
		if at < 0 {
			r.line = append(r.line, chunk...)
			r.start = r.end
			continue
		}
		r.start += at + 1
		r.skipLF = chunk[at] == '\r'
		if len(r.line) == 0 {
			return piece, nil
		}
		r.line = append(r.line, piece...)
		return r.line, nil
	}
}

// fill sees to it that there is a byte in the buffer which belongs to a line.
func (r *Reader) fill() error {
	for {
		if r.start == r.end {
			if err := r.read(); err != nil {
				return err
			}
		}
		if r.skipLF {
			r.skipLF = false
			if r.buf[r.start] == '\n' {
				r.start++
				continue
			}
		}
		return nil
	}
}

// read fills the buffer, which is empty, with at least one byte.
func (r *Reader) read() error {
	r.start, r.end = 0, 0
	r.readMore()
	if !r.begun {
		r.begun = true
		r.skipByteOrderMark()
	}
	if r.start == r.end {
		return r.readErr
	}
	return nil
}

// skipByteOrderMark reads on while what has come may be the beginning of one.
func (r *Reader) skipByteOrderMark() {
	for {
		have := r.buf[:r.end]
		switch {
		case bytes.HasPrefix(have, byteOrderMark):
			r.start = len(byteOrderMark)
			if r.start == r.end {
				r.start, r.end = 0, 0
				r.readMore()
			}
			return
		case r.readErr != nil || !bytes.HasPrefix(byteOrderMark, have):
			return
		}
		r.readMore()
	}
}

var byteOrderMark = []byte("\uFEFF")

// readMore appends at least one byte to the buffer, which has room, or sets readErr.
func (r *Reader) readMore() {
	const attempts = 100
	for i := 0; r.readErr == nil; i++ {
		var n int
		n, r.readErr = r.r.Read(r.buf[r.end:])
		r.end += n
		if n > 0 {
			return
		}
		if i == attempts && r.readErr == nil {
			r.readErr = io.ErrNoProgress
		}
	}
}

// lineEnd is the index of the first CR or LF, -1 without one.
func lineEnd(b []byte) int {
	lf := bytes.IndexByte(b, '\n')
	if lf >= 0 {
		b = b[:lf]
	}
	if cr := bytes.IndexByte(b, '\r'); cr >= 0 {
		return cr
	}
	return lf
}

// emptied returns an empty buffer that is not nil, the same one unless it is very large.
func emptied(b []byte) []byte {
	if b == nil || cap(b) > keepBuffer {
		return []byte{}
	}
	return b[:0]
}
