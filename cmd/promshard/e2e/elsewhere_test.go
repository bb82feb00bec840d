//go:build e2e && linux

package e2e

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	ourModule = "github.com/promshard/promshard"

	// elsewhere is somebody else's program. It registers our Discoverer and reads a section for it, as a Prometheus does.
	elsewhere = `package main

import (
	"fmt"
	"log"

	"github.com/prometheus/prometheus/discovery"
	"go.yaml.in/yaml/v2"

	_ "` + ourModule + `/discovery"
)

type scrapeConfig struct {
	Discovery discovery.Configs ` + "`yaml:\"-\"`" + `
}

func (c *scrapeConfig) UnmarshalYAML(unmarshal func(any) error) error {
	return discovery.UnmarshalYAMLWithInlineConfigs(c, unmarshal)
}

func main() {
	var c scrapeConfig
	section := "promshard_sd_configs: [{servers: ['http://localhost:9780'], shard: prod}]"
	if err := yaml.UnmarshalStrict([]byte(section), &c); err != nil {
		log.Fatal(err)
	}
	fmt.Print(c.Discovery[0].Name())
}
`
)

// TestReleasedModuleCompilesElsewhere requires our module from one outside this repository, by its version and from a
// module proxy: no replace directive, no file that a release does not have.
func TestReleasedModuleCompilesElsewhere(t *testing.T) {
	proxy := t.TempDir()
	version := publish(t, proxy)
	for _, prometheus := range []string{"v0.315.0", "v0.316.0"} {
		t.Run("with Prometheus "+prometheus, func(t *testing.T) {
			began := time.Now()
			require.Equal(t, "promshard", runElsewhere(t, proxy, version, prometheus))
			t.Logf("compiled and run in %s", time.Since(began).Round(time.Millisecond))
		})
	}
}

// publish puts this checkout into a folder that the go command takes for a module proxy. The version that it returns
// names the content, since the module cache takes it that a version never changes; it leaves that cache with the test.
func publish(t *testing.T, proxy string) string {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", "..", ".."))
	require.NoError(t, err)
	files := moduleFiles(t, root)
	version := fmt.Sprintf("v0.0.0-smoke.x%x", digest(t, root, files))

	dir := filepath.Join(proxy, filepath.FromSlash(ourModule), "@v")
	require.NoError(t, os.MkdirAll(dir, 0o750))
	goMod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	require.NoError(t, err)
	for name, content := range map[string][]byte{
		".mod":  goMod,
		".info": fmt.Appendf(nil, `{"Version": %q}`, version),
		".zip":  pack(t, root, files, ourModule+"@"+version),
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, version+name), content, 0o600))
	}
	forgetModule(t, version)
	return version
}

// moduleFiles returns the files of the checkout that a commit of everything would hold, relative to its root.
func moduleFiles(t *testing.T, root string) []string {
	t.Helper()
	list := run(t, root, nil, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate")
	var files []string
	for name := range strings.SplitSeq(strings.TrimSuffix(list, "\x00"), "\x00") {
		if info, err := os.Stat(filepath.Join(root, name)); err == nil && info.Mode().IsRegular() {
			files = append(files, name)
		}
	}
	require.Contains(t, files, "go.mod")
	return files
}

func digest(t *testing.T, root string, files []string) []byte {
	t.Helper()
	h := sha256.New()
	for _, name := range files {
		content, err := os.ReadFile(filepath.Join(root, name))
		require.NoError(t, err)
		fmt.Fprintf(h, "%q %x\n", name, sha256.Sum256(content))
	}
	return h.Sum(nil)[:8]
}

// pack returns a zip file as module proxies serve it: every name begins with the module and its version.
func pack(t *testing.T, root string, files []string, prefix string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range files {
		content, err := os.ReadFile(filepath.Join(root, name))
		require.NoError(t, err)
		w, err := z.Create(prefix + "/" + name)
		require.NoError(t, err)
		_, err = w.Write(content)
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	return b.Bytes()
}

// forgetModule takes the version of our module out of the module cache when the test ends.
func forgetModule(t *testing.T, version string) {
	t.Helper()
	cache := strings.TrimSpace(run(t, "", nil, "go", "env", "GOMODCACHE"))
	t.Cleanup(func() {
		source := filepath.Join(cache, filepath.FromSlash(ourModule)+"@"+version)
		_ = filepath.WalkDir(source, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && entry.IsDir() {
				return os.Chmod(path, 0o700) //nolint:gosec // a folder, about to go
			}
			return err
		})
		require.NoError(t, os.RemoveAll(source))
		downloads, err := filepath.Glob(filepath.Join(cache, "cache", "download", filepath.FromSlash(ourModule), "@v", version+".*"))
		require.NoError(t, err)
		for _, file := range downloads {
			require.NoError(t, os.Remove(file))
		}
	})
}

// runElsewhere compiles the program against both modules, runs it, and returns what it prints.
func runElsewhere(t *testing.T, proxy, ours, prometheus string) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "main.go"), []byte(elsewhere), 0o600))
	goMod := fmt.Sprintf("module elsewhere.invalid/program\n\ngo 1.26.0\n\nrequire (\n\tgithub.com/prometheus/prometheus %s\n\t%s %s\n)\n",
		prometheus, ourModule, ours)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte(goMod), 0o600))

	settings := strings.Fields(run(t, "", nil, "go", "env", "GOPROXY", "GONOSUMDB"))
	env := []string{
		"GOPROXY=file://" + proxy + "," + settings[0],
		"GONOSUMDB=" + strings.Join(append(settings[1:], ourModule), ","),
		"GOFLAGS=-mod=mod", "GOWORK=off",
	}
	run(t, dir, env, "go", "build", "-o", "program", ".")
	built := run(t, dir, env, "go", "version", "-m", "program")
	require.Contains(t, built, "\tgithub.com/prometheus/prometheus\t"+prometheus+"\t")
	require.Contains(t, built, "\t"+strings.Join(clientOf(t, dir, env, prometheus), "\t")+"\t",
		"promtool compiles with the client_golang of its release alone, and requiring our module brings a newer one")
	return run(t, dir, nil, filepath.Join(dir, "program"))
}

// clientOf returns the path and the version of the client_golang that a release of Prometheus requires.
func clientOf(t *testing.T, dir string, env []string, prometheus string) []string {
	t.Helper()
	var module struct{ GoMod string }
	download := run(t, dir, env, "go", "mod", "download", "-json", "github.com/prometheus/prometheus@"+prometheus)
	require.NoError(t, json.Unmarshal([]byte(download), &module))
	goMod, err := os.ReadFile(module.GoMod)
	require.NoError(t, err)
	line := regexp.MustCompile(`(?m)^\tgithub\.com/prometheus/client_golang v.*$`).Find(goMod)
	require.NotEmpty(t, line)
	return strings.Fields(string(line))
}

// run runs a program to its end, in the folder and with these variables beside its own, and returns its standard output.
func run(t *testing.T, dir string, env []string, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	require.NoError(t, cmd.Run(), "%s %q: %s", name, args, &stderr)
	return stdout.String()
}
