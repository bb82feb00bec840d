//go:build e2e && linux

// Package e2e runs the promshard program beside real Prometheus servers and looks at what those say they scrape.
//
// make e2e builds or fetches the Prometheus servers first, and VictoriaMetrics; PROMSHARD_PROMETHEUS_315,
// PROMSHARD_PROMETHEUS_242, PROMSHARD_VICTORIA_METRICS and PROMSHARD_PROMETHEUS_CUSTOM, which needs its promtool beside it,
// name others.
package e2e

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// promshardPath is the program under test, built by TestMain.
var promshardPath string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "promshard-e2e")
	if err == nil {
		promshardPath = filepath.Join(dir, "promshard")
		var out []byte
		if out, err = exec.Command("go", "build", "-o", promshardPath, "..").CombinedOutput(); err != nil {
			err = fmt.Errorf("%w\n%s", err, out)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "building promshard:", errors.Join(err, os.RemoveAll(dir)))
		os.Exit(1)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if err := os.RemoveAll(dir); err != nil {
			fmt.Fprintln(os.Stderr, "removing the built promshard:", err)
			code = 1
		}
		os.Exit(code)
	}))
}

// prometheusPath returns the Prometheus server that the variable names, or the one that make e2e put into .cache.
func prometheusPath(t *testing.T, variable, folder string) string {
	t.Helper()
	return programPath(t, variable, folder, "prometheus")
}

// programPath is prometheusPath for any program.
func programPath(t *testing.T, variable, folder, program string) string {
	t.Helper()
	path := os.Getenv(variable)
	if path == "" {
		path = filepath.Join("..", "..", "..", ".cache", folder, program)
	}
	path, err := filepath.Abs(path)
	require.NoError(t, err)
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%v; make e2e sets it up, or %s names one", err, variable)
		}
		t.Skipf("%v; make e2e sets it up, or %s names one", err, variable)
	}
	return path
}
