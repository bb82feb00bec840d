//go:build bench && linux

package bench

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store/fleet"
)

// TestShardList compares how often the promshard program answers with a shard's list (20,000 targets when the fleet is
// million) with a bare net/http handler that writes the same bytes from memory, and with nginx that serves the same
// file. wrk asks one after the other, in turns.
func TestShardList(t *testing.T) {
	for _, f := range config.fleets() {
		t.Run(f.Name, func(t *testing.T) {
			c := startContest(t, f)
			c.run(t, false)
			what := fmt.Sprintf("GET a shard's list of %s; against ", formatBytes(int64(len(c.body))))
			bare := c.against(1, what+"a bare net/http handler with the bytes in memory")
			if judged(f) {
				bare[0].goal = atLeast(c.ratio(1), 0.9)
			}
			add(t, append(bare, c.against(2, what+"nginx with the file")...)...)
		})
	}
}

// TestNotModified is TestShardList for a client that has the list already.
func TestNotModified(t *testing.T) {
	c := startContest(t, config.fleet)
	c.run(t, true)
	add(t, c.against(2, "304 for a shard's list; against nginx's 304")...)
	add(t, c.against(1, "304 for a shard's list; against a bare net/http handler's 304")...)
}

// contest is promshard, the bare handler and nginx, which all serve one list.
type contest struct {
	fleet fleet.Fleet
	body  []byte
	// servers and their entries below go by the same order: promshard first.
	servers []*server
	urls    []string
	tags    []string
	// rates has the answers per second of each round, costs the processor time that the server spent on each answer.
	rates [3][]float64
	costs [3][]time.Duration
}

func startContest(t *testing.T, f fleet.Fleet) *contest {
	t.Helper()
	requireWrk(t)
	findNginx(t)
	database := filledSQLite(t, f)
	promshard := startPromshard(t, database)
	first := shardNames(t, database)[0]
	path := "/sd/targets?shard=" + url.QueryEscape(first)
	c := &contest{fleet: f, body: get(t, promshard.url+path, "").body}

	folder := t.TempDir()
	file := filepath.Join(folder, "list")
	require.NoError(t, os.WriteFile(file, c.body, 0o644))
	c.servers = []*server{promshard, startBare(t, file), startNginx(t, folder)}
	for i, s := range c.servers {
		c.urls = append(c.urls, s.url+[]string{path, "/", "/list"}[i])
		a := get(t, c.urls[i], "")
		require.True(t, a.ok())
		require.NotEmpty(t, a.body)
		require.Equal(t, c.body, a.body, "%s has other bytes", s.name)
		require.Equal(t, http.StatusNotModified, get(t, c.urls[i], a.tag).code, s.name)
		c.tags = append(c.tags, a.tag)
	}
	return c
}

// run lets every server have its turn in every round, each round beginning with another one.
func (c *contest) run(t *testing.T, conditional bool) {
	t.Helper()
	for round := range config.rounds {
		for turn := range c.servers {
			i, tag := (round+turn)%len(c.servers), ""
			if conditional {
				tag = c.tags[i]
			}
			before := c.servers[i].processorTime(t)
			rate, count := wrk(t, c.urls[i], tag, config.round)
			cost := time.Duration(float64(c.servers[i].processorTime(t)-before) / count)
			t.Logf("round %d: %s %s, %s each", round+1, c.servers[i].name, formatRate(rate), formatDuration(cost))
			c.rates[i], c.costs[i] = append(c.rates[i], rate), append(c.costs[i], cost)
		}
	}
}

// ratio is how promshard does against another server.
func (c *contest) ratio(other int) float64 { return pairedRatio(c.rates[0], c.rates[other]) }

// against compares promshard with another server: answers per second, and processor time for each, which depends less
// on what else the machine has to do.
func (c *contest) against(other int, what string) []row {
	line := func(what, value, against string, ratio float64) row {
		return row{what: what, fleet: c.fleet.Name, value: value, against: against, ratio: formatRatio(ratio)}
	}
	return []row{
		line(what, formatRate(median(c.rates[0])), formatRate(median(c.rates[other])), c.ratio(other)),
		line("the same, processor time per answer", formatDuration(median(c.costs[0])), formatDuration(median(c.costs[other])),
			pairedRatio(c.costs[0], c.costs[other])),
	}
}
