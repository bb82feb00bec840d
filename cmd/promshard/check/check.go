// Package check says whether Prometheus would accept a file of target groups, as file_sd and http_sd read them, and
// where in the file it would not.
package check

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// Level says how bad a problem is.
type Level string

const (
	// Error marks what makes Prometheus refuse the file, or drop a target of it.
	Error Level = "error"
	// Warning marks what Prometheus accepts but what is hardly meant.
	Warning Level = "warning"
)

// Problem is one thing that is wrong with a file.
type Problem struct {
	// Line and Column count from 1; Column counts bytes. Both are 0 when the problem has no place, and Column alone
	// is 0 when only the line is known.
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Level   Level  `json:"level"`
	Message string `json:"message"`
}

// String is "LINE:COLUMN: LEVEL: MESSAGE", without what is not known.
func (p Problem) String() string {
	var place string
	switch {
	case p.Column > 0:
		place = fmt.Sprintf("%d:%d: ", p.Line, p.Column)
	case p.Line > 0:
		place = fmt.Sprintf("%d: ", p.Line)
	}
	return place + string(p.Level) + ": " + p.Message
}

// Result is what was found in one file.
type Result struct {
	Groups  int `json:"groups"`
	Targets int `json:"targets"`
	// Problems ascend by place.
	Problems []Problem `json:"problems"`
}

// OK reports whether Prometheus would accept the file and keep every target of it.
func (r Result) OK() bool {
	return !slices.ContainsFunc(r.Problems, func(p Problem) bool { return p.Level == Error })
}

// Options say what is expected of a file. The zero value is ready to use.
type Options struct {
	// URLs says that the targets are URLs to probe, so that a "/" in them is right. A group with a __param_module
	// label is taken for such anyway.
	URLs bool
}

// FormatError is the error for a file name from which Prometheus could not tell the format.
type FormatError struct {
	// Name is the name of the file.
	Name string
}

func (e *FormatError) Error() string {
	return fmt.Sprintf("checking %s: Prometheus reads files that end in .json, .yml or .yaml", e.Name)
}

// File checks the content of a file whose format its name tells, as Prometheus does.
func File(name string, content []byte, o Options) (Result, error) {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".json":
		return JSON(content, o), nil
	case ".yml", ".yaml":
		return YAML(content, o), nil
	}
	return Result{}, &FormatError{Name: name}
}

// text is a string of the file and where it stands.
type text struct {
	position

	value string
}

// group is a target group as it was read.
type group struct {
	position

	targets []text
	labels  map[string]text
}

// report collects problems.
type report struct {
	problems []Problem
}

func (r *report) errorf(at position, format string, args ...any) {
	r.add(at, Error, format, args...)
}

func (r *report) warnf(at position, format string, args ...any) {
	r.add(at, Warning, format, args...)
}

func (r *report) add(at position, level Level, format string, args ...any) {
	r.problems = append(r.problems, Problem{
		Line: at.line, Column: at.column, Level: level, Message: fmt.Sprintf(format, args...),
	})
}

// result puts what was found together.
func (r *report) result(groups []group, o Options) Result {
	res := Result{Groups: len(groups)}
	for _, g := range groups {
		res.Targets += len(g.targets)
		r.group(g, o)
	}
	slices.SortStableFunc(r.problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	res.Problems = r.problems
	return res
}
