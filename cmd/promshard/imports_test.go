package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// ours is the module whose packages must import each other one way only.
const ours = "github.com/promshard/promshard/"

// importRule says what packages may import. Its patterns are import paths, in which a trailing "..." stands for
// everything below.
type importRule struct {
	// of picks the packages that the rule is about; except takes some out.
	of, except []string
	// of what ban matches, only what allow matches may be imported.
	ban, allow []string
	// tests says that the rule holds for tests as well.
	tests  bool
	reason string
}

// importRules are those of docs/architecture.md; .golangci.yml has them too.
var importRules = []importRule{
	{
		of: []string{ours + "store..."}, ban: []string{ours + "..."}, allow: []string{ours + "store..."}, tests: true,
		reason: "store imports nothing of ours",
	},
	{
		of: []string{ours + "httpsd/snapshot..."}, ban: []string{ours + "..."}, allow: []string{ours + "store", ours + "httpsd/snapshot...", ours + "httpsd/wire"},
		reason: "snapshot is pure: of ours it knows the rows of store, and the entity tag of wire",
	},
	{
		of: []string{ours + "httpsd/wire"}, ban: []string{"..."}, allow: []string{"std"},
		reason: "wire is a leaf on the standard library alone",
	},
	{
		of: []string{ours + "discovery/client"}, ban: []string{"..."}, allow: []string{"std", ours + "httpsd/wire"},
		reason: "client needs the standard library and wire alone",
	},
	{
		of: []string{ours + "httpsd..."}, ban: []string{ours + "discovery...", ours + "cmd..."}, tests: true,
		reason: "a server does not import its clients, nor what wires it",
	},
	{
		of: []string{ours + "discovery..."}, ban: []string{ours + "..."}, allow: []string{ours + "discovery...", ours + "httpsd/wire"},
		reason: "the Discoverer is compiled into Prometheus, without server and databases",
	},
	{
		of: []string{ours + "cmd/promshard/agent"}, ban: []string{ours + "..."},
		allow:  []string{ours + "discovery/client", ours + "cmd/promshard/atomicfile", ours + "cmd/promshard/check"},
		reason: "the agent knows what a client is told, no server and no database",
	},
	{
		of: []string{"..."}, except: []string{ours + "cmd..."}, ban: []string{"github.com/go-kit/log...", "github.com/tjhop/slog-gokit..."},
		tests: true, reason: "all code takes a *slog.Logger; only the command knows what writes the lines",
	},
	{
		of: []string{"..."}, except: []string{ours + "discovery"}, ban: []string{"github.com/prometheus/prometheus/..."},
		reason: "only tests and the Discoverer depend on Prometheus itself",
	},
}

// forbidden returns why pkg, or its tests, must not import imported; empty when it may.
func forbidden(pkg, imported string, test bool) string {
	for _, r := range importRules {
		if test && !r.tests || !matchesImport(r.of, pkg) || matchesImport(r.except, pkg) {
			continue
		}
		if matchesImport(r.ban, imported) && !matchesImport(r.allow, imported) {
			return r.reason
		}
	}
	return ""
}

func matchesImport(patterns []string, imported string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		below, wild := strings.CutSuffix(pattern, "...")
		below = strings.TrimSuffix(below, "/")
		switch {
		case pattern == "std":
			return !strings.Contains(strings.Split(imported, "/")[0], ".")
		case wild:
			return below == "" || imported == below || strings.HasPrefix(imported, below+"/")
		}
		return imported == pattern
	})
}

func TestImportsPointOneWay(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "go", "list", "-tags", "bench,e2e", "-json=ImportPath,Imports,TestImports,XTestImports", "./...")
	cmd.Dir = path.Join("..", "..")
	out, err := cmd.Output()
	require.NoError(t, err)

	packages := 0
	for list := json.NewDecoder(strings.NewReader(string(out))); ; packages++ {
		var p struct {
			ImportPath                         string
			Imports, TestImports, XTestImports []string
		}
		err := list.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		for _, imported := range p.Imports {
			require.Empty(t, forbidden(p.ImportPath, imported, false), "%s imports %s", p.ImportPath, imported)
		}
		for _, imported := range append(p.TestImports, p.XTestImports...) {
			require.Empty(t, forbidden(p.ImportPath, imported, true), "a test of %s imports %s", p.ImportPath, imported)
		}
	}
	require.Greater(t, packages, 5, "go list should find the packages of this module")
}

func TestImportRulesTellRightFromWrong(t *testing.T) {
	const (
		store, snapshot, httpsd      = ours + "store", ours + "httpsd/snapshot", ours + "httpsd"
		wire, client, discovery, cmd = ours + "httpsd/wire", ours + "discovery/client", ours + "discovery", ours + "cmd/promshard"
		prometheus, goKit            = "github.com/prometheus/prometheus/discovery", "github.com/go-kit/log"
	)
	for _, c := range []struct {
		pkg, imported string
		test, allowed bool
	}{
		{cmd, httpsd, false, true},
		{httpsd, snapshot, false, true},
		{snapshot, store, false, true},
		{discovery, client, false, true},
		{client, wire, false, true},
		{httpsd, wire, false, true},
		{store, ours + "store/storetest", true, true},
		{snapshot, ours + "store/storetest", true, true},
		{cmd, goKit, false, true},
		{discovery, prometheus, false, true},
		{httpsd, prometheus, true, true},
		{client, "net/http", false, true},
		{discovery, wire, false, true},
		{discovery, httpsd, true, true},

		{store, httpsd, false, false},
		{store, snapshot, true, false},
		{snapshot, httpsd, false, false},
		{wire, "github.com/cespare/xxhash/v2", false, false},
		{wire, store, false, false},
		{client, store, false, false},
		{client, "github.com/cenkalti/backoff/v5", false, false},
		{httpsd, discovery, false, false},
		{httpsd, client, true, false},
		{snapshot, cmd, false, false},
		{discovery, store, false, false},
		{discovery, httpsd, false, false},
		{discovery, cmd, false, false},
		{store, goKit, false, false},
		{httpsd, "github.com/tjhop/slog-gokit", true, false},
		{httpsd, prometheus, false, false},
		{cmd, prometheus, false, false},
		{client, prometheus, false, false},
		{cmd + "/agent", client, false, true},
		{cmd + "/agent", httpsd, true, true},
		{cmd + "/agent", httpsd, false, false},
		{cmd + "/agent", store, false, false},
	} {
		t.Run(fmt.Sprintf("%s→%s", strings.TrimPrefix(c.pkg, ours), strings.TrimPrefix(c.imported, ours)), func(t *testing.T) {
			require.Equal(t, c.allowed, forbidden(c.pkg, c.imported, c.test) == "")
		})
	}
}
