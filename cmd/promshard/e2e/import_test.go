//go:build e2e && linux

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// importedConfig is a configuration with all that is imported, and with nothing that is not.
const importedConfig = `
global: {scrape_interval: 1h, scrape_timeout: 10s}
scrape_configs:
  - job_name: node
    file_sd_configs:
      - files: [targets/*.json, targets/*.yml]
  - job_name: app
    scheme: https
    metrics_path: /actuator/prometheus
    params: {format: [text]}
    scrape_interval: 2h
    static_configs:
      - targets: ["127.0.0.1:8080", "[::1]:8080"]
        labels: {team: shop, app: 'shop "web"'}
  - job_name: mixed
    static_configs:
      - targets: ["127.0.0.1:9113", "127.0.0.2:9104"]
      - targets: ["127.0.0.3:9113"]
        labels: {job: other, rack: r 1}
`

// TestImportFromARunningPrometheus runs the commands of docs/howto-import-prometheus.md beside a Prometheus.
func TestImportFromARunningPrometheus(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "howto-import-prometheus.md"))
	require.NoError(t, err)
	var blocks []string
	for i, part := range strings.Split(string(text), "\n```") {
		if script, ok := strings.CutPrefix(part, "bash\n"); ok && i%2 == 1 {
			blocks = append(blocks, script)
		}
	}
	require.Len(t, blocks, 3)
	for _, release := range releases(t) {
		t.Run("Prometheus "+release.version, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			for name, content := range map[string]string{
				"prometheus.yml":   importedConfig,
				"targets/a.json":   `[{"targets": ["127.0.0.1:9100"], "labels": {"rack": "1"}}]`,
				"targets/b.yml":    "- targets: [127.0.0.2:9100]\n  labels: {rack: 2}\n",
				"targets/none.yml": "",
			} {
				require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(folder, name)), 0o750))
				require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600))
			}
			p := &prometheus{release: release, name: release.version, address: freeAddress(t)}
			p.process = start(t, p.name, p.path, "--config.file="+filepath.Join(folder, "prometheus.yml"),
				"--storage.tsdb.path="+filepath.Join(folder, "data"), "--web.listen-address="+p.address)
			p.ready(t)

			names := strings.NewReplacer("/etc/prometheus/", folder+"/", "localhost:9090", p.address)
			compare := names.Replace(blocks[2])
			t.Run("the rules by default", func(t *testing.T) { importAndCompare(t, names.Replace(blocks[0]), compare) })
			t.Run("rules of one's own", func(t *testing.T) { importAndCompare(t, names.Replace(blocks[1]), compare) })
		})
	}
}

// importAndCompare imports into an inventory of its own, and compares until both agree, which takes as long as the
// Prometheus needs to discover its targets.
func importAndCompare(t *testing.T, importing, comparing string) {
	database := "sqlite://" + filepath.Join(t.TempDir(), "promshard.db")
	shell := func(script string) ([]byte, error) {
		cmd := exec.CommandContext(t.Context(), "bash", "-ec", script)
		cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(promshardPath)+":"+os.Getenv("PATH"), "PROMSHARD_DATABASE="+database)
		return cmd.CombinedOutput()
	}
	out, err := shell(importing)
	require.NoError(t, err, "%s", out)
	if strings.Contains(importing, "--dry-run") {
		require.Contains(t, string(out), "Would import 1 shard")
		out, err = shell(strings.Replace(importing, "--dry-run", "", 1))
		require.NoError(t, err, "%s", out)
	}
	var compared []byte
	eventually(t, func() error {
		compared, err = shell(comparing)
		return err
	})
	require.Contains(t, string(compared), "Equal: 7\n")
}
