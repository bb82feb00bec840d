package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// parses requires that the program takes a command line.
func parses(t *testing.T, words []string) {
	t.Helper()
	a := newApp(strings.NewReader(""), io.Discard, io.Discard)
	_, err := a.kingpin.Parse(words)
	assert.NoError(t, err, words)
}

// TestCommandsOfTheAgentsPageParse reads the code of docs/howto-agent.md.
func TestCommandsOfTheAgentsPageParse(t *testing.T) {
	page := readFile(t, "../../docs/howto-agent.md")
	page = strings.ReplaceAll(page, "\\\n", "")
	found := 0
	for line := range strings.Lines(page) {
		_, command, ok := strings.Cut(line, "promshard ")
		code := strings.HasPrefix(line, "    ") || strings.HasPrefix(line, "promshard ")
		if !ok || !code || strings.Contains(line, "-o prometheus") {
			continue
		}
		found++
		parses(t, shellWords(strings.ReplaceAll(command, "…", "https://promshard.example")))
	}
	require.Equal(t, 4, found, "the page has other commands now")
}

func TestUnitOfTheAgent(t *testing.T) {
	const name = "promshard-agent.service"
	unit := readFile(t, "../../docs/"+name)
	_, args, ok := strings.Cut(unit, "#   ARGS=")
	require.True(t, ok)
	args, _, _ = strings.Cut(args, "\n")
	words := append([]string{"agent"}, strings.Fields(args)...)
	parses(t, words)
	for _, word := range words {
		if path, ok := strings.CutPrefix(word, "--targets-file="); ok {
			require.Contains(t, unit, "\nReadWritePaths="+filepath.Dir(path)+"\n")
		}
	}
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip(err)
	}
	// The program is not installed here.
	file := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(file, []byte(strings.ReplaceAll(unit, "/usr/local/bin/promshard", "/bin/true")), 0o644))
	out, err := exec.CommandContext(t.Context(), analyze, "verify", "--man=no", file).CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.NotContains(t, string(out), name, "it complains of nothing")
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	require.NoError(t, err)
	return string(b)
}
