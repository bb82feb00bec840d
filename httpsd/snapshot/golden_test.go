package snapshot

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
)

const goldenDir = "../../testdata/lists"

// TestGoldenLists builds each NAME.rows.json, an array of project rows, and compares with NAME.targets.json and
// NAME.urls.json byte for byte. A change of these files restarts scrapes everywhere: it wants a reason.
func TestGoldenLists(t *testing.T) {
	inputs, err := filepath.Glob(filepath.Join(goldenDir, "*.rows.json"))
	require.NoError(t, err)
	require.NotEmpty(t, inputs, "no golden files")
	for _, input := range inputs {
		name := strings.TrimSuffix(filepath.Base(input), ".rows.json")
		t.Run(name, func(t *testing.T) {
			s := goldenSnapshot(t, input)
			for k := range Kind(kinds) {
				got := listBody(t, s, k, Query{})
				decode(t, got)
				golden := filepath.Join(goldenDir, name+"."+k.String()+".json")
				if *update {
					require.NoError(t, os.WriteFile(golden, []byte(got), 0o644))
				}
				want, err := os.ReadFile(golden)
				require.NoError(t, err)
				require.Equal(t, string(want), got)
			}
		})
	}
}

// goldenSnapshot builds the rows of a file, with the shards and services that they name.
func goldenSnapshot(t *testing.T, input string) *Snapshot {
	text, err := os.ReadFile(input)
	require.NoError(t, err)
	dec := json.NewDecoder(strings.NewReader(string(text)))
	dec.DisallowUnknownFields()
	var projects []*store.ProjectRows
	require.NoError(t, dec.Decode(&projects))
	b := NewBuilder()
	var d store.Directory
	for _, p := range projects {
		d.Shards = append(d.Shards, store.Shard{ID: p.ShardID, Name: p.Shard, Enabled: true})
	}
	require.NoError(t, b.Directory(d))
	for _, p := range projects {
		require.NoError(t, b.Project(p))
	}
	return b.Snapshot(store.Revision{Epoch: "golden", Number: 1})
}
