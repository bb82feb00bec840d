//go:build bench && linux

package bench

import (
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// connections is how many requests wrk keeps under way.
const connections = 16

var (
	wrkRate   = regexp.MustCompile(`(?m)^Requests/sec:\s+([0-9.]+)$`)
	wrkCount  = regexp.MustCompile(`(?m)^\s+([0-9]+) requests in `)
	wrkFaults = regexp.MustCompile(`(?m)^\s+(?:Socket errors|Non-2xx or 3xx responses):.*$`)
)

// wrk asks for one URL as fast as it can, from one thread, and returns the answers per second and how many there were.
// An answer that is an error, or none at all, fails the test.
func wrk(t *testing.T, url, tag string, d time.Duration) (rate, count float64) {
	t.Helper()
	args := []string{"-t1", fmt.Sprint("-c", connections), fmt.Sprintf("-d%ds", max(1, int(d.Seconds()+0.5)))}
	if tag != "" {
		args = append(args, "-H", "If-None-Match: "+tag)
	}
	out, err := exec.CommandContext(t.Context(), "wrk", append(args, url)...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Empty(t, wrkFaults.FindString(string(out)), "%s", url)
	return number(t, wrkRate, out), number(t, wrkCount, out)
}

// number returns what the expression's group finds, which must be above zero.
func number(t *testing.T, expression *regexp.Regexp, in []byte) float64 {
	t.Helper()
	match := expression.FindSubmatch(in)
	require.NotNil(t, match, "%s", in)
	n, err := strconv.ParseFloat(string(match[1]), 64)
	require.NoError(t, err)
	require.Positive(t, n, "%s", in)
	return n
}

func requireWrk(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("wrk"); err != nil {
		missing(t, "wrk")
	}
}
