//go:build bench && linux

package bench

import (
	"bytes"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

// TestMemory compares what a promshard server takes with the size of the plain JSON of all its lists: once it has loaded
// everything, some time later, and after every project has got a host more. Before each but the first, every list is
// fetched.
func TestMemory(t *testing.T) {
	eachDatabase(t, func(t *testing.T, db database) {
		u := db.clone(t, db.filled(t, config.fleet))
		s := startPromshard(t, u)
		loaded := s.memory(t)
		size := listBytes(t, s, u)
		settled := s.settle(t)
		t.Logf("heap: %s", s.heap(t))
		addEverywhere(t, s, u)
		grownSize := listBytes(t, s, u)
		require.Greater(t, grownSize, size)
		grown := s.memory(t)
		t.Logf("heap: %s", s.heap(t))
		t.Logf("proportional set size: %s, then %s, then %s",
			formatBytes(loaded.proportional), formatBytes(settled.proportional), formatBytes(grown.proportional))

		add(t,
			memoryRow(db, "resident memory of serve when it is ready; against the JSON of all lists", loaded.resident, size),
			memoryRow(db, fmt.Sprintf("the same, %s later", config.settle), settled.resident, size),
			memoryRow(db, "the same, after every project has got a host more, in parts", grown.resident, grownSize),
			memoryRow(db, "the peak of it until then", grown.peak, grownSize))
	})
}

func memoryRow(db database, what string, resident, size int64) row {
	ratio := float64(resident) / float64(size)
	r := row{
		what: what, fleet: config.fleet.Name, database: db.name,
		value: formatBytes(resident), against: formatBytes(size), ratio: formatRatio(ratio),
	}
	if judged(config.fleet) {
		r.goal = atMost(ratio, 6)
	}
	return r
}

// projectsAtOnce is few enough for a server to follow a write without loading everything anew.
const projectsAtOnce = 400

// addEverywhere adds a host to every project, some hundred projects in each write, and returns once the server shows it.
func addEverywhere(t *testing.T, s *server, databaseURL string) {
	t.Helper()
	inventory := storetest.Open(t, databaseURL)
	for start := 0; start < config.fleet.Projects; start += projectsAtOnce {
		result, err := inventory.Import(t.Context(), oneMore(start), store.ImportOptions{})
		require.NoError(t, err)
		require.Positive(t, result.Imported.Hosts)
		shown := fmt.Sprintf("\npromshard_snapshot_revision %d\n", result.Revision)
		require.Eventually(t, func() bool {
			return bytes.Contains(get(t, s.url+"/metrics", "").body, []byte(shown))
		}, patience, 20*time.Millisecond)
	}
}

// oneMore yields a group with one new host for each of projectsAtOnce projects of the fleet.
func oneMore(start int) store.ImportGroups {
	return func(yield func(store.ImportGroup, error) bool) {
		projects, last := 0, ""
		for group, err := range config.fleet.Groups() {
			project := group.Labels["project"]
			if err == nil && (group.Labels["farm"] == "" || project == last) {
				continue
			}
			last = project
			if projects++; projects <= start {
				continue
			}
			if projects > start+projectsAtOnce {
				return
			}
			_, port, _ := strings.Cut(group.Targets[0], ":")
			group.Targets = []string{"one-more.example.net:" + port}
			if !yield(group, err) {
				return
			}
		}
	}
}

// settle watches the server's memory for as long as the settings say, and returns the last of it.
func (s *server) settle(t *testing.T) memory {
	t.Helper()
	end := time.After(config.settle)
	tick := time.NewTicker(max(time.Second, config.settle/10))
	defer tick.Stop()
	for start := time.Now(); ; {
		select {
		case <-end:
			return s.memory(t)
		case <-tick.C:
			t.Logf("after %s: %s", time.Since(start).Round(time.Second), formatBytes(s.memory(t).resident))
		}
	}
}

// heap returns what the server's own metrics say of its heap.
func (s *server) heap(t *testing.T) string {
	t.Helper()
	var lines []string
	for line := range strings.Lines(string(get(t, s.url+"/metrics", "").body)) {
		if strings.HasPrefix(line, "go_memstats_") && strings.Contains(line, "_bytes ") {
			lines = append(lines, strings.TrimSpace(strings.TrimPrefix(line, "go_memstats_")))
		}
	}
	return strings.Join(lines, ", ")
}

// listBytes fetches the lists of every shard from the server and returns their size.
func listBytes(t *testing.T, s *server, databaseURL string) int64 {
	t.Helper()
	var size int64
	for _, shard := range shardNames(t, databaseURL) {
		for _, kind := range []string{"targets", "urls"} {
			a := get(t, s.url+"/sd/"+kind+"?shard="+url.QueryEscape(shard), "")
			require.True(t, a.ok())
			size += int64(len(a.body))
		}
	}
	return size
}

// shardNames reads the names of all shards.
func shardNames(t *testing.T, databaseURL string) []string {
	t.Helper()
	shards, err := storetest.Open(t, databaseURL).Shards(t.Context(), store.ShardFilter{})
	require.NoError(t, err)
	require.NotEmpty(t, shards)
	var names []string
	for _, shard := range shards {
		names = append(names, shard.Name)
	}
	return names
}
