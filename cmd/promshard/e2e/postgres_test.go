//go:build e2e && linux

package e2e

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// killPostgres ends the server behind the URL with SIGKILL, and returns once none of its processes is left, so that it
// can be started again.
func killPostgres(t *testing.T, database string) {
	t.Helper()
	u, err := url.Parse(database)
	require.NoError(t, err)
	file, err := os.ReadFile(filepath.Join(u.Query().Get("host"), "data", "postmaster.pid"))
	require.NoError(t, err)
	line, _, _ := strings.Cut(string(file), "\n")
	postmaster, err := strconv.Atoi(line)
	require.NoError(t, err)

	children, err := os.ReadFile(fmt.Sprintf("/proc/%[1]d/task/%[1]d/children", postmaster))
	require.NoError(t, err)
	require.NotEmpty(t, strings.Fields(string(children)))
	require.NoError(t, syscall.Kill(postmaster, syscall.SIGKILL))
	for _, child := range append(strings.Fields(string(children)), line) {
		eventually(t, func() error {
			if state, err := os.ReadFile("/proc/" + child + "/stat"); err == nil && !strings.Contains(string(state), ") Z ") {
				return fmt.Errorf("process %s of PostgreSQL is still there", child)
			}
			return nil
		})
	}
}
