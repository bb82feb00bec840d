package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/promshard/promshard/store/storetest"
)

var update = flag.Bool("update", false, "write golden files anew")

func TestMain(m *testing.M) {
	testscript.Main(leakChecked{m}, map[string]func(){"promshard": main})
}

// leakChecked fails tests that leave goroutines behind, and stops the database servers that they started.
type leakChecked struct{ m *testing.M }

// Run implements testscript.TestingM.
func (l leakChecked) Run() int {
	code := l.m.Run()
	if err := errors.Join(goleak.Find(), storetest.Close()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	return code
}

func TestScripts(t *testing.T) {
	testscript.Run(t, scriptParams())
}

// scriptParams are those of every run of scripts.
func scriptParams() testscript.Params {
	return testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		UpdateScripts:       *update,
		Setup: func(e *testscript.Env) error {
			for _, name := range []string{databaseVariable, serverVariable, tokenFileVariable, tokenVariable} {
				e.Setenv(name, "")
			}
			// A program with the race detector sleeps for a second before it ends, unless it is told otherwise.
			e.Setenv("GORACE", "atexit_sleep_ms=10")
			return nil
		},
		Condition: func(string) (bool, error) { return false, nil },
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":      exits,
			"mode":       mode,
			"answer":     answerWith,
			"promgen":    promgenDatabase,
			"promgensql": promgenSQL,
		},
	}
}

// exits runs a command that must end with an exit code: exits CODE COMMAND ARGS...
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits code command [args...]")
	}
	code := 0
	var exit *exec.ExitError
	switch err := ts.Exec(args[1], args[2:]...); {
	case errors.As(err, &exit):
		code = exit.ExitCode()
	case err != nil:
		ts.Fatalf("running %s: %v", args[1], err)
	}
	if want := args[0]; strconv.Itoa(code) != want {
		ts.Fatalf("exit code %d, want %s", code, want)
	}
}

// mode checks a file's mode: mode 644 FILE.
func mode(ts *testscript.TestScript, _ bool, args []string) {
	info, err := os.Stat(ts.MkAbs(args[1]))
	ts.Check(err)
	if got := strconv.FormatUint(uint64(info.Mode().Perm()), 8); got != args[0] {
		ts.Fatalf("%s has mode %s, want %s", args[1], got, args[0])
	}
}

// answerWith starts a web server that answers every request with a status and a file, and logs requests to a file:
// answer NAME STATUS FILE. Its URL is put into the environment variable NAME, its log is NAME.log.
func answerWith(ts *testscript.TestScript, _ bool, args []string) {
	status, err := strconv.Atoi(args[1])
	ts.Check(err)
	body := ts.ReadFile(args[2])
	log := ts.MkAbs(args[0] + ".log")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err == nil {
			fmt.Fprintln(f, r.Method, r.URL.Path, r.Header.Get("Accept"))
			f.Close()
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	ts.Defer(server.Close)
	ts.Setenv(args[0], server.URL)
}

// promshard runs the program in this process and returns what it printed and its exit code.
func promshard(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errOut bytes.Buffer
	code = newApp(strings.NewReader(""), &out, &errOut).run(context.Background(), args)
	return out.String(), errOut.String(), code
}

// mustRun runs the program and demands that it succeeds.
func mustRun(t *testing.T, args ...string) string {
	t.Helper()
	stdout, stderr, code := promshard(t, args...)
	require.Equal(t, exitOK, code, "promshard %s\n%s", strings.Join(args, " "), stderr)
	return stdout
}
