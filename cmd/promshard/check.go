package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/alecthomas/kingpin/v2"

	"github.com/promshard/promshard/cmd/promshard/check"
)

// checkedFile is what check says of one file.
type checkedFile struct {
	File string `json:"file"`
	OK   bool   `json:"ok"`
	check.Result
}

func (a *app) addCheck() {
	const help = "Say whether Prometheus would accept files of target groups, JSON or YAML by their names, and where it would not. Label names that Prometheus 2 refuses are errors too."
	a.command(a.kingpin, "check", help, "promshard check /etc/prometheus/promshard.json", func(cmd *kingpin.CmdClause) action {
		files := cmd.Arg("file", "File that ends in .json, .yml or .yaml.").Required().Strings()
		probed := cmd.Flag("urls", `The targets are URLs to probe, so that a "/" in them is right. Groups with a __param_module label are taken for such anyway.`).Bool()
		out := a.addOutput(cmd)
		return func(ctx context.Context) error {
			return checkFiles(ctx, *files, check.Options{URLs: *probed}, out)
		}
	})
}

// checkFiles checks every file, whatever is wrong with the ones before it.
func checkFiles(ctx context.Context, names []string, o check.Options, out *output) error {
	results := make([]checkedFile, 0, len(names))
	refused := 0
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return err
		}
		r, err := checkFile(name, o)
		if err != nil {
			return err
		}
		if !r.OK {
			refused++
		}
		results = append(results, r)
	}
	if err := out.print(results, func() string { return checkedText(results) }); err != nil {
		return err
	}
	if refused > 0 {
		return fmt.Errorf("errors in %d of %d files", refused, len(names))
	}
	return nil
}

func checkFile(name string, o check.Options) (checkedFile, error) {
	content, err := readWhole(name)
	if err != nil {
		return checkedFile{}, err
	}
	result, err := check.File(name, content, o)
	var format *check.FormatError
	if errors.As(err, &format) {
		return checkedFile{}, &usageError{err: err}
	}
	if err != nil {
		return checkedFile{}, err
	}
	if result.Problems == nil {
		result.Problems = []check.Problem{} // null is no list to a program
	}
	return checkedFile{File: name, OK: result.OK(), Result: result}, nil
}

// readWhole reads a file and no more than Prometheus could be meant to.
func readWhole(name string) ([]byte, error) {
	const most = 4 << 30
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && len(content) > most {
		err = fmt.Errorf("reading %s: it is larger than 4 GiB", name)
	}
	return content, err
}

// checkedText has a line for each problem, with its place in front as compilers put it, and one for each good file.
func checkedText(results []checkedFile) string {
	var b strings.Builder
	for _, r := range results {
		for _, p := range r.Problems {
			fmt.Fprintf(&b, "%s:%s%s\n", r.File, separator(p), p)
		}
		if r.OK {
			fmt.Fprintf(&b, "%s: ok, %s with %s\n", r.File, count(r.Groups, "group"), count(r.Targets, "target"))
		}
	}
	return b.String()
}

// separator stands between the file and a problem that has no place.
func separator(p check.Problem) string {
	if p.Line == 0 {
		return " "
	}
	return ""
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
