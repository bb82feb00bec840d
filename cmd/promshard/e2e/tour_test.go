//go:build e2e && linux

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tour is what the README shows to do, in order.
type tour struct {
	commands []string
	// config is the prometheus.yml.
	config string
}

func readTour(t *testing.T) tour {
	t.Helper()
	readme, err := os.ReadFile(filepath.Join("..", "..", "..", "README.md"))
	require.NoError(t, err)
	var found tour
	for line := range strings.Lines(string(readme)) {
		if command, ok := strings.CutPrefix(line, "    ./promshard "); ok {
			found.commands = append(found.commands, strings.TrimSpace(command))
		}
	}
	_, config, _ := strings.Cut(string(readme), "```yaml\n")
	found.config, _, _ = strings.Cut(config, "```")
	require.Contains(t, found.config, "refresh_interval: 30s")
	return found
}

// TestTheTourOfTheREADME does what the README says to a new user, on a server and beside a Prometheus.
func TestTheTourOfTheREADME(t *testing.T) {
	t.Parallel()
	shown := readTour(t)
	database := "sqlite://" + filepath.Join(t.TempDir(), "promshard.db")
	r := serve(t, database)
	run := func(command string) string {
		cmd := exec.CommandContext(t.Context(), promshardPath, strings.Fields(command)...)
		cmd.Env = append(os.Environ(), "PROMSHARD_DATABASE="+database)
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "promshard %s: %s", command, out)
		return string(out)
	}
	for len(shown.commands) > 0 && !strings.HasPrefix(shown.commands[0], "explain ") {
		run(shown.commands[0])
		shown.commands = shown.commands[1:]
	}
	require.Len(t, shown.commands, 4)

	p := &prometheus{release: releases(t)[0], name: "the tour's Prometheus", address: freeAddress(t)}
	config := filepath.Join(t.TempDir(), "prometheus.yml")
	text := strings.NewReplacer("localhost:9780", r.address, "refresh_interval: 30s", "refresh_interval: 1s").Replace(shown.config)
	require.NoError(t, os.WriteFile(config, []byte(text), 0o600))
	p.process = start(t, p.name, p.path, "--config.file="+config, "--storage.tsdb.path="+filepath.Join(t.TempDir(), "data"),
		"--web.listen-address="+p.address)
	p.ready(t)
	scrapes := func(want ...string) func() error {
		return func() error {
			targets, err := p.targets(t)
			if err != nil {
				return err
			}
			var urls []string
			for _, active := range targets["promshard"] {
				urls = append(urls, active.ScrapeURL)
			}
			if !assert.ObjectsAreEqual(want, urls) {
				return fmt.Errorf("it scrapes %q, not %q", urls, want)
			}
			return nil
		}
	}
	eventually(t, scrapes("http://localhost:9100/metrics"))

	explained := run(shown.commands[0])
	for _, part := range []string{"shop-api", "tokyo", "node:9100/metrics"} {
		assert.Contains(t, explained, part)
	}
	eventually(t, func() error {
		if out := run(shown.commands[1]); !strings.Contains(out, "Prometheus/3.15") || !strings.Contains(out, "shard=tokyo") {
			return fmt.Errorf("who asks is not there yet: %s", out)
		}
		return nil
	})
	assert.Contains(t, run(shown.commands[2]), `created exporter "node" on port 9100 of project "shop-api"`)
	assert.Contains(t, run(shown.commands[3]), `Reverted revision 6 (created exporter "node"`)
	eventually(t, scrapes())
}
