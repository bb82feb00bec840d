//go:build e2e && linux

package e2e

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/cmd/promshard/promgen/promgentest"
)

// guide is docs/from-promgen.md, and the world in which its blocks are run.
type guide struct {
	text string
	// blocks are those in fences that were not run yet, in order, each with its language in front.
	blocks []string

	promshard, prometheus string // addresses
	database              string
	targets               string // the file that Promgen writes beside the Prometheus
	// names are those of the guide with what takes their place.
	names *strings.Replacer
}

// readGuide reads the page and sets up what it talks of: a Promgen's database, its web server and the file that its
// worker writes.
func readGuide(t *testing.T) *guide {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "from-promgen.md"))
	require.NoError(t, err)
	g := &guide{
		text: string(text), promshard: freeAddress(t), prometheus: freeAddress(t),
		targets: filepath.Join(t.TempDir(), "promgen.json"),
	}
	for i, part := range strings.Split(g.text, "\n```") {
		if i%2 == 1 {
			g.blocks = append(g.blocks, part+"\n")
		}
	}
	require.Greater(t, len(g.blocks), 10)
	folder := t.TempDir()
	g.database = "sqlite://" + filepath.Join(folder, "promshard.db")
	exported, err := os.ReadFile(promgentest.File(t, "targets.json"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(g.targets, exported, 0o644))
	host, port, err := net.SplitHostPort(g.prometheus)
	require.NoError(t, err)
	g.names = strings.NewReplacer(
		"promshard serve", "exec promshard serve",
		"/var/lib/promshard/", folder+"/",
		"listen-address=:9780", "listen-address="+g.promshard,
		"promshard.example:9780", g.promshard,
		"promgen.example", promgenWeb(t),
		" --password-file=/etc/promshard/promgen-password", "", // the database of the test is a file
		"mysql://promgen@db.example/promgen", promgentest.SQLite(t),
		"/etc/prometheus/promgen.json", g.targets,
		"prometheus001.example:9090", g.prometheus,
		"prometheus001.example 9090", host+" "+port,
		"prometheus002.example:9090", g.prometheus,
	)
	return g
}

// promgenWeb stands in for Promgen's web server: it answers at Promgen's addresses with what a Promgen has exported.
func promgenWeb(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	for path, file := range map[string]string{
		"/api/v1/targets": "targets.json", "/api/v1/urls": "urls.json", // 0.61.0 has nothing at /rest/all/targets
	} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			http.ServeFile(w, r, promgentest.File(t, file))
		})
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

// block takes the next block of the language off the guide, and demands that it has the text in it.
func (g *guide) block(t *testing.T, language, has string) string {
	t.Helper()
	i := slices.IndexFunc(g.blocks, func(b string) bool { return strings.HasPrefix(b, language+"\n") })
	require.GreaterOrEqual(t, i, 0, "the guide has no further block of %s", language)
	b := g.blocks[i]
	require.Contains(t, b, has)
	g.blocks = slices.Delete(g.blocks, i, i+1)
	return g.names.Replace(strings.TrimPrefix(b, language+"\n"))
}

// run runs a script as a person at a shell would, and returns what it prints and its exit code.
func (g *guide) run(t *testing.T, script string) (out string, code int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash", "-c", script)
	cmd.Dir = t.TempDir()
	cmd.Env = g.environment()
	b, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		require.NoError(t, err)
	}
	t.Logf("%s\n%s", strings.TrimSpace(script), b)
	return string(b), cmd.ProcessState.ExitCode()
}

func (g *guide) environment() []string {
	return append(os.Environ(), "PATH="+filepath.Dir(promshardPath)+":"+os.Getenv("PATH"), "PROMSHARD_DATABASE="+g.database)
}

// compared is what compare --output=json prints.
type compared struct {
	Equal       int          `json:"equal"`
	Differences []difference `json:"differences"`
}

type difference struct {
	Kind   string `json:"kind"`
	Target string `json:"target"`
	Here   labels `json:"here"`
	There  labels `json:"there"`
}

// differences runs a compare of the guide for programs.
func (g *guide) differences(t *testing.T, command string) compared {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash", "-c", command+" --output=json --limit=0")
	cmd.Env = g.environment()
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil {
		require.ErrorAs(t, err, &exit)
		require.Equal(t, 6, exit.ExitCode(), "%s: %s", command, exit.Stderr)
	}
	var c compared
	require.NoError(t, json.Unmarshal(out, &c))
	return c
}

// commands are the lines of a block.
func commands(block string) []string { return strings.Split(strings.TrimSpace(block), "\n") }

func TestGuideFromPromgen(t *testing.T) {
	t.Parallel()
	for _, release := range releases(t) {
		t.Run("Prometheus "+release.version, func(t *testing.T) {
			t.Parallel()
			followGuide(t, readGuide(t), release)
		})
	}
}

func followGuide(t *testing.T, g *guide, release release) {
	step(t, "run both", func(st *testing.T) {
		script := g.block(st, "bash", "promshard serve")
		start(t, "promshard", "env", append([]string{"PATH=" + filepath.Dir(promshardPath) + ":" + os.Getenv("PATH")}, "bash", "-c", script)...)
		eventually(st, func() error { return httpGet(st, "http://"+g.promshard+"/-/ready", nil) })
	})
	step(t, "import", g.imports)
	step(t, "compare", g.compares)

	p := &prometheus{release: release, name: release.version, address: g.prometheus}
	config := filepath.Join(t.TempDir(), "prometheus.yml")
	step(t, "the Prometheus of before", func(st *testing.T) {
		g.configure(st, config, "file_sd_configs")
		p.process = start(t, p.name, p.path, "--config.file="+config, "--storage.tsdb.path="+filepath.Join(t.TempDir(), "data"),
			"--web.listen-address="+p.address, "--web.enable-lifecycle")
		p.ready(st)
	})
	step(t, "what would change", g.asksBeforeTheSwitch)
	step(t, "switch", func(st *testing.T) {
		g.configure(st, config, "http_sd_configs")
		lines := commands(g.block(st, "bash", "/-/reload"))
		require.Len(st, lines, 2)
		_, code := g.run(st, lines[0])
		require.Zero(st, code)
		g.agrees(st, lines[1])
	})
	step(t, "switch all", func(st *testing.T) {
		loop := g.block(st, "bash", "for server in")
		g.agrees(st, loop)
	})
	step(t, "the agent", g.writesTheFile)
	step(t, "every block was run", func(t *testing.T) { require.Empty(t, g.blocks) })
	step(t, "every address answers", g.addressesAnswer)
	step(t, "every command is there", g.commandsAreThere)
}

// imports runs the dry run, the import, and the line of the crontab.
func (g *guide) imports(t *testing.T) {
	out, code := g.run(t, g.block(t, "bash", "--dry-run"))
	require.Equal(t, 7, code)
	require.Contains(t, out, "would")
	out, code = g.run(t, "promshard service list")
	require.Zero(t, code)
	require.NotContains(t, out, "shop", "a dry run changes nothing")

	_, code = g.run(t, g.block(t, "bash", "promshard import promgen"))
	require.Equal(t, 7, code)
	out, _ = g.run(t, "promshard service list")
	require.Contains(t, out, "shop")

	before, _ := g.run(t, "promshard targets; promshard urls")
	line := g.block(t, "cron", "*/10 * * * * ")
	_, code = g.run(t, strings.TrimPrefix(line, "*/10 * * * * "))
	require.Equal(t, 7, code)
	after, _ := g.run(t, "promshard targets; promshard urls")
	require.Equal(t, before, after)

	onServer := " --server=http://" + g.promshard + " --token-file=" + strings.TrimPrefix(g.database, "sqlite://") + ".admin-token"
	out, code = g.run(t, strings.TrimSpace(strings.TrimPrefix(line, "*/10 * * * * "))+onServer)
	require.Equal(t, 7, code)
	require.Contains(t, out, "Nothing to change")
}

// compares demands that what differs is of the kinds that the guide names.
func (g *guide) compares(t *testing.T) {
	for _, command := range commands(g.block(t, "bash", "/api/v1/targets")) {
		_, code := g.run(t, command)
		require.Equal(t, 6, code)
		g.differences(t, command).checkExplained(t)
	}
}

// explained says whether a difference is one that the guide explains: rows that were refused, which are those of some
// projects; IPv6 addresses, which Promgen exports as they were typed and without brackets; and paths with a query.
func (d difference) explained() bool {
	project := cmp.Or(d.There["project"], d.Here["project"])
	switch {
	case slices.Contains([]string{"odd", " padded project ", "on a padded shard", "in a padded farm"}, project):
		return true
	case d.Kind == "only_here":
		return strings.HasPrefix(d.Target, "[")
	case d.Kind == "only_there":
		return strings.Count(d.Target, ":") > 1 && !strings.HasPrefix(d.Target, "[")
	}
	return strings.Contains(d.There["__metrics_path__"], "?") && !strings.Contains(d.Here["__metrics_path__"], "?")
}

// checkExplained demands that whatever differs is explained, and that something is equal.
func (c compared) checkExplained(t *testing.T) {
	t.Helper()
	require.Positive(t, c.Equal)
	for _, d := range c.Differences {
		require.True(t, d.explained(), "%+v", d)
	}
}

// configure puts the next configuration of the guide in place.
func (g *guide) configure(t *testing.T, file, has string) {
	t.Helper()
	content := "global: {scrape_interval: 1h, scrape_timeout: 10s}\n" + g.block(t, "yaml", has)
	content = strings.Replace(content, "refresh_interval: 30s", "refresh_interval: 1s", 1)
	require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
}

// asksBeforeTheSwitch registers the server, and demands that the differences are those of the two lists.
func (g *guide) asksBeforeTheSwitch(t *testing.T) {
	lines := commands(g.block(t, "bash", "register-server"))
	require.Len(t, lines, 2)
	out, code := g.run(t, lines[0])
	require.Zero(t, code)
	require.Contains(t, out, "on tokyo")
	eventually(t, func() error {
		c := g.differences(t, lines[1])
		if c.Equal == 0 {
			return fmt.Errorf("no target of Prometheus is one of promshard: %+v", c)
		}
		return nil
	})
	g.differences(t, lines[1]).checkExplained(t)
}

// agrees runs a command until promshard and the Prometheus agree.
func (g *guide) agrees(t *testing.T, command string) {
	t.Helper()
	eventually(t, func() error {
		out, code := g.run(t, "set -e\n"+command)
		if code != 0 {
			return fmt.Errorf("exit code %d: %s", code, out)
		}
		require.NotContains(t, out, "Equal: 0\n")
		return nil
	})
}

// writesTheFile demands that the agent's file is the list of the shard.
func (g *guide) writesTheFile(t *testing.T) {
	_, code := g.run(t, g.block(t, "bash", "promshard agent"))
	require.Zero(t, code)
	_, code = g.run(t, "promshard compare --shard=tokyo --with="+g.targets)
	require.Zero(t, code)
}

// rows returns the cells of the tables under a heading of the guide, without what is not between backquotes.
func (g *guide) rows(t *testing.T, heading string) [][]string {
	t.Helper()
	_, section, ok := strings.Cut(g.text, "\n## "+heading+"\n")
	require.True(t, ok)
	section, _, _ = strings.Cut(section, "\n## ")
	var rows [][]string
	for line := range strings.Lines(section) {
		if cells := strings.Split(strings.TrimSpace(line), "|"); len(cells) > 3 && strings.Contains(cells[2], "`") {
			rows = append(rows, cells[1:len(cells)-1])
		}
	}
	require.NotEmpty(t, rows)
	return rows
}

// code returns what is between backquotes.
func code(cell string) (all []string) {
	for i, part := range strings.Split(cell, "`") {
		if i%2 == 1 {
			all = append(all, part)
		}
	}
	return all
}

func (g *guide) addressesAnswer(t *testing.T) {
	for _, row := range g.rows(t, "Addresses") {
		for _, path := range code(row[1]) {
			path = g.names.Replace(strings.ReplaceAll(path, "ID", "1"))
			require.NoError(t, httpGet(t, "http://"+g.promshard+path, nil))
		}
	}
}

func (g *guide) commandsAreThere(t *testing.T) {
	for _, row := range g.rows(t, "Commands") {
		for _, command := range code(row[1]) {
			words := strings.Fields(command)
			out, code := g.run(t, "promshard "+words[1]+" --help")
			require.Zero(t, code)
			for _, flag := range words[2:] {
				if strings.HasPrefix(flag, "--") {
					require.Contains(t, out, flag[2:])
				}
			}
		}
	}
}
