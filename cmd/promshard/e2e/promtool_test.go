//go:build e2e && linux

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// promtool runs the promtool beside a custom Prometheus, and returns what it prints and its exit code.
func promtool(t *testing.T, p *prometheus, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	return finish(t, filepath.Join(filepath.Dir(p.path), "promtool"), args...)
}

// finish runs a program to its end, and returns what it prints and its exit code.
func finish(t *testing.T, path string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), path, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		require.NotNil(t, cmd.ProcessState, "%v", err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// written returns a file with that configuration.
func written(t *testing.T, config string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "prometheus.yml")
	require.NoError(t, os.WriteFile(file, []byte(config), 0o600))
	return file
}

// promtoolAgrees asks promtool for what the Discoverer finds.
func (f *followed) promtoolAgrees(t *testing.T) {
	p := f.servers[0]
	var want []string
	for _, discovered := range f.targets(p.shard) {
		want = append(want, inJSON(t, discovered.with(p.defaults).with(p.jobs[0].meta())))
	}
	file := written(t, strings.ReplaceAll(p.config(), p.jobs[0].cache, ""))
	eventually(t, func() error {
		stdout, stderr, code := promtool(t, p, "check", "service-discovery", "--timeout=3s", file, "shard")
		require.Zero(t, code, stderr)
		var found []struct {
			Discovered labels `json:"discoveredLabels"`
		}
		require.NoError(t, json.Unmarshal([]byte(stdout), &found))
		if len(found) == 0 {
			return fmt.Errorf("nothing is found: %s", stderr)
		}
		var got []string
		for _, target := range found {
			got = append(got, inJSON(t, withoutIDs(target.Discovered)))
		}
		require.ElementsMatch(t, want, got)
		return nil
	})
}

func inJSON(t *testing.T, l labels) string {
	t.Helper()
	text, err := json.Marshal(l)
	require.NoError(t, err)
	return string(text)
}

// saysWhatItIs looks at how a custom Prometheus tells that it is one.
func (f *followed) saysWhatItIs(t *testing.T) {
	p := f.servers[0]
	var info struct{ Data struct{ Version string } }
	get(t, p, "/api/v1/status/buildinfo", &info)
	// A semantic version, since programs that read it may insist.
	require.Regexp(t, `^3\.15\.0\+promshard-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*$`, info.Data.Version)
	builds, err := p.metric(t, "prometheus_build_info", fmt.Sprintf("version=%q", info.Data.Version))
	require.NoError(t, err)
	require.InDelta(t, 1, builds, 0)

	var features struct {
		Data map[string]map[string]bool
	}
	get(t, p, "/api/v1/features", &features)
	require.True(t, features.Data["service_discovery_providers"]["promshard"], "%v", features.Data)
}

// get decodes an answer of a server's API.
func get(t *testing.T, p *prometheus, path string, into any) {
	t.Helper()
	var body bytes.Buffer
	require.NoError(t, httpGet(t, "http://"+p.address+path, &body))
	require.NoError(t, json.Unmarshal(body.Bytes(), into))
}

func TestPromtoolOfACustomPrometheusChecksOurSection(t *testing.T) {
	t.Parallel()
	p := &prometheus{release: custom(t), jobs: []job{{name: "shard", promshard: `servers: ["http://localhost:9780"], shard: prod`}}}
	good := p.config()
	t.Run("a section without mistakes passes", func(t *testing.T) {
		stdout, stderr, code := promtool(t, p, "check", "config", written(t, good))
		require.Zero(t, code, stderr)
		require.Contains(t, stdout, "is valid prometheus config file syntax")
	})
	for name, mistake := range map[string]struct{ old, replacement, message string }{
		"a field that does not exist":     {"shard: prod", "shrad: prod", "field shrad not found"},
		"a value that cannot work":        {"http://", "ftp://", `servers: URL scheme of "ftp://localhost:9780" must be 'http' or 'https'`},
		"a field of the wrong type":       {"shard: prod", "shard: [prod]", "cannot unmarshal !!seq into string"},
		"a field of Prometheus's own":     {"shard: prod", "authorization: {}, basic_auth: {username: u, password: p}", "at most one of basic_auth"},
		"a mechanism that does not exist": {"promshard_sd_configs", "promshard_sd_config", "field promshard_sd_config not found"},
	} {
		t.Run(name+" is named", func(t *testing.T) {
			stdout, stderr, code := promtool(t, p, "check", "config", written(t, strings.Replace(good, mistake.old, mistake.replacement, 1)))
			require.Equal(t, 1, code)
			require.Contains(t, stdout+stderr, mistake.message)
		})
	}
	t.Run("a Prometheus as released does not know the section", func(t *testing.T) {
		stdout, stderr, code := finish(t, releases(t)[0].path, "--config.file="+written(t, good), "--storage.tsdb.path="+t.TempDir())
		require.NotZero(t, code)
		require.Contains(t, stdout+stderr, "field promshard_sd_configs not found in type config.ScrapeConfig")
	})
}
