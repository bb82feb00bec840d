//go:build bench && linux

package bench

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

// TestAgent measures how long a change takes from its commit until the agent's file is in place, in a shard of 100,000
// targets, and what the agent uses. Server and agent are processes of their own. What the time is compared with is writing
// the same bytes to the same disk, safely, and doing nothing else.
func TestAgent(t *testing.T) {
	for _, extension := range []string{"json", "yml"} {
		t.Run(extension, func(t *testing.T) { measureAgent(t, extension) })
	}
}

func measureAgent(t *testing.T, extension string) {
	changes, quiet := 200, time.Minute
	if config.quick {
		changes, quiet = 20, 2*time.Second
	}
	databaseURL := clonePostgres(t, filledPostgres(t, oneShard))
	server := startPromshard(t, databaseURL)
	s := storetest.Open(t, databaseURL)
	projects, err := s.Projects(t.Context(), store.ProjectFilter{})
	require.NoError(t, err)
	folder := t.TempDir()
	file := filepath.Join(folder, "list."+extension)
	agent := startAgent(t, server.url, projects[0].Shard, file)
	ready := agent.memory(t)

	var took, bare []time.Duration
	before := agent.processorTime(t)
	for i := range changes {
		host := store.Host{Name: "late-" + strconv.Itoa(i), Project: projects[i%len(projects)].Name, Enabled: true}
		old, err := os.Stat(file)
		require.NoError(t, err)
		require.NoError(t, s.CreateHost(t.Context(), &host))
		committed := time.Now()
		awaitReplaced(t, file, old)
		took = append(took, time.Since(committed))
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		require.True(t, bytes.Contains(content, []byte(host.Name+":")))
		bare = append(bare, writeBare(t, folder, content))
	}
	spent := agent.processorTime(t) - before
	after := agent.memory(t)
	settled := agent.processorTime(t)
	wait(t, quiet)
	idle := agent.processorTime(t) - settled
	info, err := os.Stat(file)
	require.NoError(t, err)

	fleet := fmt.Sprintf("100,000 targets, %s of %s", extension, formatBytes(info.Size()))
	add(t,
		row{
			what: "one host added, from commit to the agent's file in place, median; against writing the same bytes", fleet: fleet,
			database: "PostgreSQL", value: formatDuration(median(took)), against: formatDuration(median(bare)),
			ratio: formatRatio(pairedRatio(took, bare)),
		},
		row{
			what: "the same, 90th percentile, and the longest", fleet: fleet, database: "PostgreSQL",
			value:   formatDuration(quantile(took, 0.9)) + ", " + formatDuration(quantile(took, 1)),
			against: formatDuration(quantile(bare, 0.9)) + ", " + formatDuration(quantile(bare, 1)),
		},
		row{
			what: "the same, 99th percentile of " + strconv.Itoa(changes), fleet: fleet, database: "PostgreSQL",
			value: formatDuration(quantile(took, 0.99)), against: formatDuration(quantile(bare, 0.99)),
		},
		row{what: "the same, processor time of the agent for each", fleet: fleet, database: "PostgreSQL", value: formatDuration(spent / time.Duration(changes))},
		row{what: "the same, processor time of the agent in " + formatDuration(quiet) + " without a change", fleet: fleet, database: "PostgreSQL", value: formatTicks(idle)},
		row{what: "resident memory of the agent when its file is in place", fleet: fleet, database: "PostgreSQL", value: formatBytes(ready.resident)},
		row{what: "the same, after those changes, and the peak until then", fleet: fleet, database: "PostgreSQL", value: formatBytes(after.resident) + ", " + formatBytes(after.peak)},
	)
}

// formatTicks writes a processor time that the kernel counts in hundredths of a second.
func formatTicks(d time.Duration) string {
	if d < clockTick {
		return "under " + formatDuration(clockTick)
	}
	return formatDuration(d)
}

// startAgent runs an agent that writes every change at once, and returns when its file is in place.
func startAgent(t *testing.T, serverURL, shard, file string) *server {
	t.Helper()
	path, err := buildPromshard()
	require.NoError(t, err)
	address := freeAddress(t)
	cmd := exec.Command(path, "agent", "--server", serverURL, "--shard", shard, "--targets-file", file,
		"--coalesce-interval=0s", "--web.listen-address", address)
	return startServer(t, "promshard agent", address, "/-/ready", cmd)
}

// awaitReplaced returns once another file is there.
func awaitReplaced(t *testing.T, name string, old fs.FileInfo) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); wait(t, 200*time.Microsecond) {
		now, err := os.Stat(name)
		require.NoError(t, err, "the file is there all the time")
		if !os.SameFile(old, now) {
			return
		}
	}
	require.FailNow(t, "the file was not replaced")
}

// writeBare is the least that puts bytes in place of a file for good.
func writeBare(t *testing.T, folder string, content []byte) time.Duration {
	t.Helper()
	began := time.Now()
	f, err := os.CreateTemp(folder, "bare-*")
	require.NoError(t, err)
	_, err = f.Write(content)
	require.NoError(t, errors.Join(err, f.Sync(), f.Close(), os.Rename(f.Name(), filepath.Join(folder, "bare"))))
	d, err := os.Open(folder)
	require.NoError(t, err)
	require.NoError(t, errors.Join(d.Sync(), d.Close()))
	return time.Since(began)
}
