package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// ReadGroups yields the groups of a JSON list one by one; it holds no more of the list than one group. What is wrong
// with the list is an error that says in which group and on which line, and ends it.
func ReadGroups(r io.Reader) ImportGroups {
	return func(yield func(ImportGroup, error) bool) {
		list := newListReader(r)
		if err := list.begin(); err != nil {
			yield(ImportGroup{}, err)
			return
		}
		for list.dec.More() {
			g, err := list.next()
			if !yield(g, err) || err != nil {
				return
			}
		}
		if err := list.end(); err != nil {
			yield(ImportGroup{}, err)
		}
	}
}

// listReader decodes a list and knows on which line it is.
type listReader struct {
	dec   *json.Decoder
	lines *lineCounter
}

func newListReader(r io.Reader) *listReader {
	lines := &lineCounter{r: r, line: 1}
	dec := json.NewDecoder(lines)
	dec.DisallowUnknownFields()
	return &listReader{dec: dec, lines: lines}
}

// begin reads up to the first group.
func (l *listReader) begin() error {
	token, err := l.dec.Token()
	switch {
	case errors.Is(err, io.EOF):
		return &Error{Kind: ErrInvalid, Reason: "the list is empty; an empty list is []"}
	case err != nil:
		return l.fail(err)
	case token != json.Delim('['):
		return l.fail(errors.New("a list of target groups begins with ["))
	}
	return nil
}

func (l *listReader) next() (ImportGroup, error) {
	var g *ImportGroup
	if err := l.dec.Decode(&g); err != nil {
		return ImportGroup{}, l.fail(err)
	}
	if g == nil {
		return ImportGroup{}, l.fail(errors.New("the group is null"))
	}
	l.lines.forget(l.dec.InputOffset())
	return *g, nil
}

// end makes sure that the list was whole and that nothing follows it.
func (l *listReader) end() error {
	if _, err := l.dec.Token(); err != nil {
		return l.fail(err)
	}
	if _, err := l.dec.Token(); !errors.Is(err, io.EOF) {
		return l.fail(errors.New("something follows the end of the list"))
	}
	return nil
}

// fail says on which line err happened. It is ErrInvalid unless the list could not be read at all.
func (l *listReader) fail(err error) error {
	if l.lines.err != nil {
		return fmt.Errorf("reading the list: %w", l.lines.err)
	}
	offset := l.dec.InputOffset()
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		offset, err = l.lines.read, errors.New("the list ends before its closing ]")
	case errors.As(err, &syntax):
		offset = max(offset, syntax.Offset)
	}
	return &Error{Kind: ErrInvalid, Reason: fmt.Sprintf("line %d", l.lines.at(offset)), Err: err}
}

// lineCounter passes a reader on and remembers where the lines end that nobody has asked past yet.
type lineCounter struct {
	r io.Reader
	// line is the number of the line in which offset base is; ends are the offsets behind it at which lines end.
	line int
	ends []int64
	read int64
	// err is the first error of r that is not io.EOF.
	err error
}

// Read implements io.Reader.
func (c *lineCounter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	for i := 0; i < n; i++ {
		j := bytes.IndexByte(p[i:n], '\n')
		if j < 0 {
			break
		}
		i += j
		c.ends = append(c.ends, c.read+int64(i))
	}
	c.read += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		c.err = err
	}
	return n, err
}

// forget drops the ends of lines before offset.
func (c *lineCounter) forget(offset int64) {
	n := c.before(offset)
	c.line += n
	c.ends = c.ends[:copy(c.ends, c.ends[n:])]
}

// at returns the number of the line in which offset is.
func (c *lineCounter) at(offset int64) int { return c.line + c.before(offset) }

func (c *lineCounter) before(offset int64) int {
	n := 0
	for n < len(c.ends) && c.ends[n] < offset {
		n++
	}
	return n
}
