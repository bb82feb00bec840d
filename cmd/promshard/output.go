package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode"

	"github.com/alecthomas/kingpin/v2"
)

// output is where a command's result goes and in which form.
type output struct {
	w      io.Writer
	format string
}

// addOutput gives a command the flag --output.
func (a *app) addOutput(cmd *kingpin.CmdClause) *output {
	o := &output{w: a.out}
	cmd.Flag("output", "How to print the result: text for people, json for programs.").
		Default("text").PlaceHolder("text").EnumVar(&o.format, "text", "json")
	return o
}

// print writes v as JSON, or what text returns.
func (o *output) print(v any, text func() string) error {
	if o.format == "json" {
		return writeJSON(o.w, v)
	}
	_, err := io.WriteString(o.w, text())
	return err
}

// writeJSON writes v as an indented JSON document.
func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// table returns rows under a header, in columns.
func table(header []string, rows [][]string) string {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, row := range append([][]string{header}, rows...) {
		cells := make([]string, len(row))
		for i, c := range row {
			cells[i] = cell(c)
		}
		fmt.Fprintln(t, strings.Join(cells, "\t"))
	}
	t.Flush()
	return strings.Join(trimLines(b.String()), "\n")
}

// cell makes a value fit into one cell: never empty, never with what would move the cursor.
func cell(s string) string {
	switch {
	case s == "":
		return "-"
	case strings.ContainsFunc(s, unicode.IsControl):
		return strconv.Quote(s)
	}
	return s
}

// trimLines takes the padding of the last column away.
func trimLines(s string) []string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " ")
	}
	return lines
}

// marshal is json.Marshal without its care for HTML.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return b.Bytes(), err
}
