package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"
)

// progress shows on a terminal how far a long command is. It is used from one goroutine.
type progress struct {
	// w is nil when nobody is watching.
	w          io.Writer
	verb, unit string
	// size is how much there is to read, in bytes or in units, and read how much was; a size of 0 or less is not known.
	size, read int64
	now        func() time.Time
	drawn      time.Time
	width      int
}

// newProgress returns a progress that draws on w if that is a terminal, and nothing otherwise.
func newProgress(w io.Writer, verb, unit string, size int64) *progress {
	p := &progress{verb: verb, unit: unit, size: size, now: time.Now}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.w = w
	}
	return p
}

// reader returns r, counted.
func (p *progress) reader(r io.Reader) io.Reader { return &countedReader{r: r, n: &p.read} }

// updateAll is update where what is read is counted in units.
func (p *progress) updateAll(done int64) {
	p.read = done
	p.update(done)
}

// update draws the number of units, ten times a second at most.
func (p *progress) update(done int64) {
	const pause = 100 * time.Millisecond
	if p.w == nil || p.now().Sub(p.drawn) < pause {
		return
	}
	p.drawn = p.now()
	line := fmt.Sprintf("%s: %d %s", p.verb, done, p.unit)
	if p.size > 0 {
		line = fmt.Sprintf("%s: %s %3d %%, %d %s", p.verb, p.bar(), min(100, 100*p.read/p.size), done, p.unit)
	}
	p.draw(line)
}

const barWidth = 30

func (p *progress) bar() string {
	full := int(min(barWidth, barWidth*p.read/p.size))
	return "[" + strings.Repeat("=", full) + strings.Repeat(" ", barWidth-full) + "]"
}

// draw replaces the line.
func (p *progress) draw(line string) {
	padding := max(0, p.width-len(line))
	p.width = len(line)
	fmt.Fprintf(p.w, "\r%s%s", line, strings.Repeat(" ", padding))
}

// done takes the line away.
func (p *progress) done() {
	if p.width > 0 {
		p.draw("")
		fmt.Fprint(p.w, "\r")
	}
}

type countedReader struct {
	r io.Reader
	n *int64
}

// Read implements io.Reader.
func (c *countedReader) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	*c.n += int64(n)
	return n, err
}
