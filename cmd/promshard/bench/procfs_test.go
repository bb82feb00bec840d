//go:build bench && linux

package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// memory is what a process takes, in bytes.
type memory struct{ resident, proportional, peak int64 }

// memory reads what the kernel says of the server's process.
func (s *server) memory(t *testing.T) memory {
	t.Helper()
	dir := fmt.Sprintf("/proc/%d/", s.cmd.Process.Pid)
	return memory{
		resident:     kilobytes(t, dir+"status", "VmRSS:"),
		proportional: kilobytes(t, dir+"smaps_rollup", "Pss:"),
		peak:         kilobytes(t, dir+"status", "VmHWM:"),
	}
}

// kilobytes returns the value of a line "Name: 123 kB", in bytes.
func kilobytes(t *testing.T, file, name string) int64 {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) < 2 || fields[0] != name {
			continue
		}
		n, err := strconv.ParseInt(fields[1], 10, 64)
		require.NoError(t, err)
		return n << 10
	}
	require.FailNow(t, "no such line", "%s in %s", name, file)
	return 0
}

// clockTick is the unit of processor times in /proc, the same on every Linux that Go runs on.
const clockTick = time.Second / 100

// processorTime is what the server's process and its children have spent so far.
func (s *server) processorTime(t *testing.T) time.Duration {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	require.NoError(t, err)
	own := strconv.Itoa(s.cmd.Process.Pid)
	var ticks int64
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended meanwhile
		}
		pid, parent, spent := parseStat(t, string(text))
		if pid == own || parent == own {
			ticks += spent
		}
	}
	return time.Duration(ticks) * clockTick
}

// parseStat reads "PID (NAME) STATE PARENT …"; the name may hold anything.
func parseStat(t *testing.T, stat string) (pid, parent string, ticks int64) {
	t.Helper()
	end := strings.LastIndexByte(stat, ')')
	require.Positive(t, end)
	fields := strings.Fields(stat[end+1:])
	require.Greater(t, len(fields), 12)
	for _, field := range fields[11:13] { // in user mode, and in the kernel
		n, err := strconv.ParseInt(field, 10, 64)
		require.NoError(t, err)
		ticks += n
	}
	pid, _, _ = strings.Cut(stat, " ")
	return pid, fields[1], ticks
}
