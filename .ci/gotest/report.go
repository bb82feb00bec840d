package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// event is one line of "go test -json" (go doc test2json).
type event struct {
	Action  string
	Package string
	Test    string
	Elapsed float64
	Output  string
}

// testID names a test of a package; an empty Test stands for the package itself.
type testID struct{ Package, Test string }

func (id testID) String() string { return strings.TrimSuffix(id.Package+" "+id.Test, " ") }

// skip is a test that did not run, and what it said.
type skip struct {
	id     testID
	reason string
}

// report follows the events of one run. Output of a test is kept until the test ends, and printed only if it fails.
type report struct {
	out     io.Writer
	pending map[testID]*strings.Builder
	passed  int
	failed  []testID
	skipped []skip
}

func newReport(out io.Writer) *report {
	return &report{out: out, pending: map[testID]*strings.Builder{}}
}

// read takes in events until the stream ends. Lines that are no events are passed through.
func (r *report) read(stream io.Reader) error {
	lines := bufio.NewReader(stream)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			r.line(line)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (r *report) line(line []byte) {
	var e event
	if line[0] != '{' || json.Unmarshal(line, &e) != nil {
		fmt.Fprintf(r.out, "%s", line)
		return
	}
	r.add(e)
}

func (r *report) add(e event) {
	id := testID{e.Package, e.Test}
	switch e.Action {
	case "output":
		r.hold(id, e.Output)
	case "build-output":
		fmt.Fprint(r.out, e.Output)
	case "pass", "fail", "skip":
		r.end(id, e)
	}
}

func (r *report) hold(id testID, output string) {
	b := r.pending[id]
	if b == nil {
		b = &strings.Builder{}
		r.pending[id] = b
	}
	b.WriteString(output)
}

func (r *report) end(id testID, e event) {
	said := r.said(id)
	switch {
	case e.Action == "fail":
		fmt.Fprint(r.out, said)
		r.fail(id)
	case id.Test == "":
		fmt.Fprintf(r.out, "%-4s %s %.1fs\n", e.Action, id.Package, e.Elapsed)
	case e.Action == "skip":
		r.skipped = append(r.skipped, skip{id, reason(said)})
	default:
		r.passed++
	}
}

// fail notes a failure. That of a package says something new only when none of its tests has failed: it did not
// build, or failed outside of a test.
func (r *report) fail(id testID) {
	known := slices.ContainsFunc(r.failed, func(f testID) bool { return f.Package == id.Package })
	if id.Test != "" || !known {
		r.failed = append(r.failed, id)
	}
}

// said returns what was held back of a test's output, and forgets it.
func (r *report) said(id testID) string {
	b := r.pending[id]
	delete(r.pending, id)
	if b == nil {
		return ""
	}
	return b.String()
}

// reason is what a skipped test printed, without the lines that the testing package frames it with.
func reason(output string) string {
	var kept []string
	for line := range strings.Lines(output) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "===") && !strings.HasPrefix(line, "---") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, " ")
}

// ok says whether the run counts as passed.
func (r *report) ok(strict bool) bool {
	if len(r.failed) > 0 {
		return false
	}
	return !strict || (len(r.skipped) == 0 && r.passed > 0)
}

// summary prints what ran.
func (r *report) summary(strict bool) {
	for _, s := range r.skipped {
		fmt.Fprintf(r.out, "skipped: %s: %s\n", s.id, s.reason)
	}
	for _, id := range r.failed {
		fmt.Fprintf(r.out, "failed: %s\n", id)
	}
	fmt.Fprintf(r.out, "%d tests passed, %d failed, %d skipped\n", r.passed, len(r.failed), len(r.skipped))
	if strict && len(r.failed) == 0 && !r.ok(strict) {
		fmt.Fprintln(r.out, "under CI=true every test must run: skipped tests, or none at all, count as a failure")
	}
}
