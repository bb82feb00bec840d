//go:build bench && linux

package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/promshard/promshard/httpsd/snapshot"
	"github.com/promshard/promshard/store"
)

const (
	writers = 200
	readers = 50
)

// TestWritersAtOnce has 200 writers add hosts, each as fast as it can, to an inventory whose lists 50 readers poll over
// HTTP. Every acknowledged write must be in the final list, which must be what a full build makes of the database; no
// list may shrink meanwhile.
func TestWritersAtOnce(t *testing.T) {
	eachDatabase(t, func(t *testing.T, db database) {
		l := startLive(t, db.clone(t, db.filled(t, config.fleet)))
		c := &crowd{live: l, fresh: make(chan written)}
		var err error
		c.projects, err = l.store.Projects(t.Context(), store.ProjectFilter{})
		require.NoError(t, err)
		start := l.publisher.Snapshot().Revision()

		syncs := diskSyncs(t)
		took := c.run(t)
		c.requireAllListed(t)
		lags := c.lags(t, start.Number)
		add(t, c.rows(db, took, lags, syncs)...)
	})
}

// written is a host whose write was acknowledged.
type written struct {
	store.Host
	acknowledged time.Time
	took         time.Duration
}

// crowd is all who write and read at once.
type crowd struct {
	live     *live
	projects []store.Project
	// fresh hands some of what was just written to the watchers, who are too few for all.
	fresh chan written

	byWriter  [writers][]written
	byWatcher [watchers][]time.Duration
	polls     atomic.Int64
	polled    atomic.Int64
}

// run lets everybody work for as long as the settings say, and returns how long that was.
func (c *crowd) run(t *testing.T) time.Duration {
	t.Helper()
	start := time.Now()
	end := start.Add(config.write)
	reading, stop := context.WithCancel(t.Context())
	defer stop()
	var writing, others errgroup.Group
	shards := c.live.publisher.Snapshot().Shards()
	for i := range readers {
		others.Go(func() error { return c.poll(reading, shards[i%len(shards)].Name) })
	}
	for i := range watchers {
		others.Go(func() error { return c.watch(reading, i) })
	}
	for i := range writers {
		writing.Go(func() error { return c.write(t.Context(), i, end) })
	}
	require.NoError(t, writing.Wait())
	took := time.Since(start)
	stop()
	require.NoError(t, others.Wait())
	return took
}

// write adds hosts until the end, each to another project.
func (c *crowd) write(ctx context.Context, writer int, end time.Time) error {
	for n := 0; time.Now().Before(end); n++ {
		project := c.projects[(writer+n*writers)%len(c.projects)].Name
		w := written{Host: store.Host{Project: project, Enabled: true, Name: fmt.Sprintf("written-%03d-%06d.example.net", writer, n)}}
		start := time.Now()
		if err := c.live.store.CreateHost(ctx, &w.Host); err != nil {
			return fmt.Errorf("writing host %d of writer %d: %w", n, writer, err)
		}
		w.acknowledged, w.took = time.Now(), time.Since(start)
		c.byWriter[writer] = append(c.byWriter[writer], w)
		select {
		case c.fresh <- w:
		default:
		}
	}
	return nil
}

// all returns every acknowledged write.
func (c *crowd) all() []written {
	var all []written
	for i := range c.byWriter {
		all = append(all, c.byWriter[i]...)
	}
	return all
}

// lags returns how long after its acknowledgement each write was in the snapshot that lists are served from.
func (c *crowd) lags(t *testing.T, since int64) []time.Duration {
	t.Helper()
	revisions := hostRevisions(t, c.live.store, since)
	swapped := c.live.swaps.byRevision()
	var lags []time.Duration
	for _, w := range c.all() {
		revision, ok := revisions[w.ID]
		require.True(t, ok, "host %q is not in the journal", w.Name)
		visible, ok := swapped(revision)
		require.True(t, ok, "revision %d was never published", revision)
		lags = append(lags, max(0, visible.Sub(w.acknowledged)))
	}
	return lags
}

// hostRevisions returns, by the ids of hosts, the revisions that created them.
func hostRevisions(t *testing.T, s *store.Store, since int64) map[int64]int64 {
	t.Helper()
	revisions := map[int64]int64{}
	for {
		entries, err := s.Journal(t.Context(), store.JournalFilter{After: since, Action: "host.create", Limit: 10_000})
		require.NoError(t, err)
		if len(entries) == 0 {
			return revisions
		}
		for _, e := range entries {
			for _, change := range e.Changes {
				if change.Noun == "host" {
					revisions[change.ID] = e.Revision
				}
			}
			since = e.Revision
		}
	}
}

// requireAllListed fetches the final list over HTTP and looks for every acknowledged write in it.
func (c *crowd) requireAllListed(t *testing.T) {
	t.Helper()
	c.live.catchUp(t)
	a := get(t, c.live.url+"/sd/targets", "")
	require.True(t, a.ok())
	var groups []snapshot.Group
	require.NoError(t, json.NewDecoder(bytes.NewReader(a.body)).Decode(&groups))
	listed := map[string]int{}
	exporters := map[string]int{}
	for _, g := range groups {
		exporters[g.Labels["project"]]++
		for _, target := range g.Targets {
			listed[g.Labels["project"]+"/"+hostOf(target)]++
		}
	}
	lost := 0
	for _, w := range c.all() {
		if n := listed[w.Project+"/"+w.Name]; n == 0 || n != exporters[w.Project] {
			lost++
			t.Errorf("host %q of project %q is in %d of %d groups", w.Name, w.Project, n, exporters[w.Project])
		}
		require.Less(t, lost, 10, "and more")
	}

	b := snapshot.NewBuilder()
	full, err := b.Snapshot(loadInto(t, c.live.store, b)).List(snapshot.Targets, snapshot.Query{})
	require.NoError(t, err)
	require.Equal(t, full.ETag(), a.tag, "the list is not what a full build makes")
}

func (c *crowd) rows(db database, took time.Duration, lags []time.Duration, syncs float64) []row {
	var writes []time.Duration
	for _, w := range c.all() {
		writes = append(writes, w.took)
	}
	var seen []time.Duration
	for _, s := range c.byWatcher {
		seen = append(seen, s...)
	}
	line := func(what, value string) row {
		return row{what: what, fleet: config.fleet.Name, database: db.name, value: value}
	}
	polls := float64(c.polls.Load()) / took.Seconds()
	rate := float64(len(writes)) / took.Seconds()
	written := line(fmt.Sprintf("%d writers at once for %s while %d readers poll; writes, against appending and syncing one page",
		writers, took.Round(time.Second), readers), formatRate(rate))
	written.against, written.ratio = formatRate(syncs), formatRatio(rate/syncs)
	lost := line(fmt.Sprintf("the same, lost of %s acknowledged writes", formatCount(len(writes))), "0")
	lost.goal = goal{text: "0", met: true} // or requireAllListed would have ended the test
	return []row{
		written,
		line("the same, one write, median and longest", formatDuration(median(writes))+", "+formatDuration(quantile(writes, 1))),
		line("the same, from acknowledged to listed, median and longest", formatDuration(median(lags))+", "+formatDuration(quantile(lags, 1))),
		line(fmt.Sprintf("the same, until seen over HTTP, median and longest of %s", formatCount(len(seen))),
			formatDuration(median(seen))+", "+formatDuration(quantile(seen, 1))),
		line("the same, lists read", fmt.Sprintf("%s, %s/s", formatRate(polls), formatBytes(int64(float64(c.polled.Load())/took.Seconds())))),
		lost,
	}
}

// diskSyncs returns how often a second the disk under the databases can make one appended page safe, one after the
// other: what limits writers that each wait for the one before.
func diskSyncs(t *testing.T) float64 {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "pages"))
	require.NoError(t, err)
	defer f.Close()
	page := make([]byte, 4096)
	start, n := time.Now(), 0
	for ; time.Since(start) < 2*time.Second; n++ {
		_, err := f.Write(page)
		require.NoError(t, err)
		require.NoError(t, syscall.Fdatasync(int(f.Fd())))
	}
	return float64(n) / time.Since(start).Seconds()
}
