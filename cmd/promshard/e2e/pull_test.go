//go:build e2e && linux

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store/storetest"
)

// fetchScript is what cron runs beside a Prometheus in the pull model: fetch the list beside its place, put it there in
// one step, have Prometheus reload.
const fetchScript = `set -eu
fetched=$(mktemp "$(dirname "$TO")/fetched.XXXXXX")
trap 'rm -f "$fetched"' EXIT
curl --fail --silent --show-error --output "$fetched" "$FROM"
chmod 644 "$fetched"
mv "$fetched" "$TO"
curl --fail --silent --show-error --request POST "$PROMETHEUS/-/reload"
`

// commandScript is the same with the program itself, on a machine that reaches the database.
const commandScript = `set -eu
"$PROMSHARD" targets "$TO" --reload --prometheus.url="$PROMETHEUS"
`

// pull is one of the pull models.
type pull struct {
	script, from, to string
	// expected are the targets that the job must have.
	expected func() []labels
}

// TestPullModelsOfPromgen runs scripts as they were written for Promgen, with another host name, beside a Prometheus
// that keeps its shard's targets by __shard.
func TestPullModelsOfPromgen(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"curl", "sh"} {
		_, err := exec.LookPath(program)
		if err != nil && os.Getenv("CI") != "true" {
			t.Skip(err)
		}
		require.NoError(t, err)
	}
	for _, r := range releases(t) {
		t.Run(r.version, func(t *testing.T) {
			t.Parallel()
			testPullModels(t, r)
		})
	}
}

func testPullModels(t *testing.T, r release) {
	folder := t.TempDir()
	const keep = `[{source_labels: [__shard], regex: "alpha", action: keep}]`
	p := &prometheus{release: r, name: "Prometheus " + r.version, shard: "alpha", address: freeAddress(t), flags: []string{"--web.enable-lifecycle"}}
	database := storetest.SQLiteURL(t)
	f := newFleet(t, database, withOthers(p))
	server := serve(t, database)
	base := "http://" + server.address
	of := func(name, value string) func() []labels {
		return func() []labels {
			var some []labels
			for _, l := range f.pulled(t) {
				if l[name] == value {
					some = append(some, l)
				}
			}
			return some
		}
	}
	pulls := map[string]pull{
		"everything": {fetchScript, base + "/api/v1/targets", "", func() []labels { return f.pulled(t) }},
		"service":    {fetchScript, fmt.Sprintf("%s/service/%d/targets", base, f.id(t, "service", "決済")), "", of("service", "決済")},
		"project":    {fetchScript, fmt.Sprintf("%s/project/%d/targets", base, f.id(t, "project", "live")), "", of("project", "live")},
		"elsewhere":  {fetchScript, fmt.Sprintf("%s/project/%d/targets", base, f.id(t, "project", "検索")), "", of("service", "none")},
		"command":    {commandScript, "", "", func() []labels { return f.pulled(t) }},
	}
	for name, pull := range pulls {
		pull.to = filepath.Join(folder, name+".json")
		pulls[name] = pull
		p.jobs = append(p.jobs, job{name: name, files: pull.to, relabel: keep})
	}
	p.start(t)
	expected := func() map[string][]labels {
		all := map[string][]labels{}
		for name, pull := range pulls {
			all[name] = pull.expected()
		}
		return all
	}
	run := func() (failed int) {
		for name, pull := range pulls {
			cmd := exec.CommandContext(t.Context(), "sh", "-c", pull.script)
			cmd.Env = append(os.Environ(), "FROM="+pull.from, "TO="+pull.to, "PROMETHEUS=http://"+p.address,
				"PROMSHARD="+promshardPath, "PROMSHARD_DATABASE="+database)
			if out, err := cmd.CombinedOutput(); err != nil {
				failed++
				t.Logf("%s: %v: %s", name, err, bytes.TrimSpace(out))
			}
		}
		return failed
	}
	require.Zero(t, run())
	eventually(t, func() error { return p.has(t, expected()) })

	f.run(t, "register-host", "live", "127.0.0.7")
	f.later = append(f.later, "127.0.0.7")
	eventually(t, func() error {
		if body := server.body(t, "/api/v1/targets", nil); !bytes.Contains([]byte(body), []byte("127.0.0.7")) {
			return fmt.Errorf("the change is not served yet")
		}
		return nil
	})
	require.Zero(t, run())
	eventually(t, func() error { return p.has(t, expected()) })

	server.process.kill(t)
	require.Equal(t, len(pulls)-1, run(), "all that fetch")
	require.NoError(t, p.has(t, expected()), "the files stay")
	left, err := filepath.Glob(filepath.Join(folder, "fetched.*"))
	require.NoError(t, err)
	require.Empty(t, left)
}

// pulled are the targets of alpha, with the hosts that were added later to the project live.
func (f *fleet) pulled(t *testing.T) []labels {
	t.Helper()
	all := f.targets("alpha")
	for _, host := range f.later {
		all = append(all, all[4].at(host+":"+portOf(t, f.live)))
	}
	return all
}

// id returns the number of a noun.
func (f *fleet) id(t *testing.T, noun, name string) int64 {
	t.Helper()
	var shown struct {
		ID int64 `json:"id"`
	}
	require.NoError(t, json.Unmarshal([]byte(promshard(t, f.database, noun, "show", name, "--output=json")), &shown))
	require.Positive(t, shown.ID)
	return shown.ID
}
