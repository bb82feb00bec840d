package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	passing = `{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN   TestA\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"    a.go:1: chatter\n"}
{"Action":"pass","Package":"p","Test":"TestA","Elapsed":0.1}
{"Action":"pass","Package":"p","Elapsed":0.2}
`
	skipping = `{"Action":"output","Package":"p","Test":"TestB","Output":"=== RUN   TestB\n"}
{"Action":"output","Package":"p","Test":"TestB","Output":"    b.go:2: PostgreSQL is not installed\n"}
{"Action":"output","Package":"p","Test":"TestB","Output":"--- SKIP: TestB (0.00s)\n"}
{"Action":"skip","Package":"p","Test":"TestB","Elapsed":0}
`
	failing = `{"Action":"output","Package":"q","Test":"TestC","Output":"    c.go:3: 1 is not 2\n"}
{"Action":"fail","Package":"q","Test":"TestC","Elapsed":0}
{"Action":"fail","Package":"q","Elapsed":0.1}
`
	emptyPackage = `{"Action":"output","Package":"r","Output":"?   \tr\t[no test files]\n"}
{"Action":"skip","Package":"r","Elapsed":0}
`
	brokenBuild = `{"ImportPath":"s","Action":"build-output","Output":"s.go:1: undefined: x\n"}
{"ImportPath":"s","Action":"build-fail"}
{"Action":"output","Package":"s","Output":"FAIL\ts [build failed]\n"}
{"Action":"fail","Package":"s","Elapsed":0,"FailedBuild":"s"}
`
)

func TestReport(t *testing.T) {
	for _, c := range []struct {
		name        string
		stream      string
		ok, strict  bool
		says, hides []string
	}{
		{"a passing run is quiet", passing, true, true, []string{"1 tests passed, 0 failed, 0 skipped"}, []string{"chatter"}},
		{
			"a skip fails only under CI", passing + skipping, true, false,
			[]string{"skipped: p TestB: b.go:2: PostgreSQL is not installed", "1 skipped"},
			[]string{"=== RUN"},
		},
		{
			"a failure is printed and named", passing + failing, false, false,
			[]string{"1 is not 2", "failed: q TestC", "1 failed"},
			[]string{"chatter"},
		},
		{"a package without tests is no skip", passing + emptyPackage, true, true, []string{"0 skipped"}, nil},
		{"no tests at all fail under CI", emptyPackage, true, false, []string{"0 tests passed"}, nil},
		{"a build that breaks is a failure", brokenBuild, false, false, []string{"undefined: x", "failed: s"}, nil},
		{"other lines pass through", "go: downloading x\n" + passing, true, true, []string{"go: downloading x"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out strings.Builder
			r := newReport(&out)
			require.NoError(t, r.read(strings.NewReader(c.stream)))
			require.Equal(t, c.ok, r.ok(false))
			require.Equal(t, c.strict, r.ok(true))
			r.summary(true)
			for _, s := range c.says {
				require.Contains(t, out.String(), s)
			}
			for _, s := range c.hides {
				require.NotContains(t, out.String(), s)
			}
		})
	}
}

func TestRunExitsAsGoTestDoes(t *testing.T) {
	for _, c := range []struct {
		args []string
		code int
	}{
		{[]string{"-run", "^TestReport$", "."}, 0},
		{[]string{"-run", "^NoSuchTest$", "."}, 1}, // strict: nothing ran
		{[]string{"./no-such-package"}, 1},
	} {
		t.Run(fmt.Sprint(c.args), func(t *testing.T) {
			var out strings.Builder
			code, err := run(t.Context(), c.args, true, &out)
			require.NoError(t, err)
			require.Equal(t, c.code, code, out.String())
		})
	}
}
