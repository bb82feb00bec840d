//go:build bench && linux

package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/promshard/promshard/httpsd/wire"
	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/fleet"
	"github.com/promshard/promshard/store/storetest"
)

// TestManyWatchers lets 5,000 clients watch one shard of 20,000 targets while 100 changes a second are made to it, on
// PostgreSQL, for a minute: what the server uses, and how long a change takes from its commit to each watcher. The
// watchers and the writer share the machine with the server.
func TestManyWatchers(t *testing.T) {
	watchers, rate, minute := 5_000, 100, time.Minute
	if config.quick {
		watchers, minute = 200, 5*time.Second
	}
	require.NoError(t, raiseFileLimit(), "5,000 connections need as many files")
	databaseURL := clonePostgres(t, filledPostgres(t, watchedShard))
	server := startPromshard(t, databaseURL)
	s := storetest.Open(t, databaseURL)
	projects, err := s.Projects(t.Context(), store.ProjectFilter{})
	require.NoError(t, err)
	revision, err := s.Revision(t.Context())
	require.NoError(t, err)

	runtime.GC()
	bare := server.memory(t)
	audience := newAudience(t, server.url, watchers, revision)
	audience.awaitAll(t, revision.Number)
	idle := server.memory(t)
	settled := server.processorTime(t)
	wait(t, 5*time.Second)
	quiet := server.processorTime(t) - settled

	before, start := server.processorTime(t), time.Now()
	written := 0
	for next := start; time.Since(start) < minute; next = next.Add(time.Second / time.Duration(rate)) {
		wait(t, time.Until(next))
		host := store.Host{Name: fmt.Sprintf("watched-%06d", written), Project: projects[written%len(projects)].Name, Enabled: true}
		require.NoError(t, s.CreateHost(t.Context(), &host))
		audience.committed(time.Now())
		written++
	}
	took := time.Since(start)
	audience.awaitAll(t, revision.Number+int64(written))
	busy := server.processorTime(t) - before
	after := server.memory(t)
	latencies := audience.latencies()

	what := fmt.Sprintf("%s watchers of one shard of 20,000 targets", formatCount(watchers))
	add(t,
		row{what: what + ", resident memory for each", database: "PostgreSQL", value: formatBytes((idle.resident - bare.resident) / int64(watchers))},
		row{what: "the same, processor time a minute while nothing changes", database: "PostgreSQL", value: formatDuration(quiet * 12)},
		row{
			what:     fmt.Sprintf("the same, %s changes in %s, processor time of the server", formatCount(written), formatDuration(took)),
			database: "PostgreSQL", value: formatDuration(busy),
		},
		row{what: "the same, resident memory then, the lists included", database: "PostgreSQL", value: formatBytes(after.resident), against: formatBytes(idle.resident)},
		row{
			what:     fmt.Sprintf("the same, from commit to received by a watcher, median and 99th percentile of %s", formatCount(len(latencies))),
			database: "PostgreSQL", value: formatDuration(median(latencies)) + ", " + formatDuration(quantile(latencies, 0.99)),
		},
	)
}

// watchedShard has 20,000 targets on its one shard.
var watchedShard = fleet.Fleet{Name: "watched", Shards: 1, Services: 50, Projects: 500, Hosts: 10_000, Exporters: 1_000}

// raiseFileLimit allows this process and its children as many open files as the system lets it.
func raiseFileLimit() error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	limit.Cur = limit.Max
	return syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
}

// audience are the watchers.
type audience struct {
	members []*watcher
	// commits are the times at which the revisions after base were committed.
	mu      sync.Mutex
	base    int64
	commits []time.Time
}

// timedWatchers is how many of the watchers note each latency; the others only follow.
const timedWatchers = 200

func newAudience(t *testing.T, serverURL string, n int, revision store.Revision) *audience {
	t.Helper()
	u, err := url.Parse(serverURL)
	require.NoError(t, err)
	c := &audience{base: revision.Number}
	ctx, cancel := context.WithCancel(context.Background())
	var group errgroup.Group
	for i := range n {
		w := &watcher{audience: c, timed: i%max(1, n/timedWatchers) == 0}
		c.members = append(c.members, w)
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", u.Host)
		require.NoError(t, err)
		context.AfterFunc(ctx, func() { conn.Close() })
		_, err = fmt.Fprintf(conn, "GET %s?kind=targets HTTP/1.1\r\nHost: %s\r\nAccept: text/event-stream\r\nLast-Event-ID: %s\r\n\r\n",
			wire.WatchPath, u.Host, wire.ID{Epoch: revision.Epoch, Revision: revision.Number})
		require.NoError(t, err)
		group.Go(func() error {
			if err := w.watch(conn); ctx.Err() == nil {
				return err
			}
			return nil
		})
	}
	t.Cleanup(func() {
		cancel()
		require.NoError(t, group.Wait(), "a watcher was cut off")
	})
	return c
}

// committed notes that the next revision is committed.
func (a *audience) committed(at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.commits = append(a.commits, at)
}

// between returns when the revisions after one and up to another were committed, as far as that is noted: a watcher may
// hear of a commit before its writer has.
func (a *audience) between(after, upTo int64) []time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := int64(len(a.commits))
	return a.commits[min(after-a.base, n):min(upTo-a.base, n)]
}

// awaitAll waits until every watcher has a revision.
func (a *audience) awaitAll(t *testing.T, revision int64) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for _, w := range a.members {
		for w.revision.Load() < revision {
			require.True(t, time.Now().Before(deadline), "a watcher is at %d, not %d", w.revision.Load(), revision)
			wait(t, 10*time.Millisecond)
		}
	}
}

func (a *audience) latencies() []time.Duration {
	var all []time.Duration
	for _, w := range a.members {
		w.mu.Lock()
		all = append(all, w.latencies...)
		w.mu.Unlock()
	}
	return all
}

// watcher reads a stream and looks at its ids alone.
type watcher struct {
	audience *audience
	timed    bool
	revision atomic.Int64

	mu        sync.Mutex
	latencies []time.Duration
}

// watch reads the answer on a connection until that ends.
func (w *watcher) watch(conn net.Conn) error {
	response, err := http.ReadResponse(bufio.NewReaderSize(conn, 4<<10), nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("watching: %s", response.Status)
	}
	return w.follow(bufio.NewReaderSize(response.Body, 4<<10))
}

// follow reads until the stream ends. Pieces of a line that is longer than the buffer count as lines: no piece of JSON
// begins as an id does.
func (w *watcher) follow(r *bufio.Reader) error {
	var id string
	for {
		line, err := r.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
		text, isID := strings.CutPrefix(string(line[:min(len(line), 100)]), "id: ")
		switch {
		case isID:
			id = strings.TrimRight(text, "\r\n")
		case len(line) <= 2 && id != "":
			if err := w.received(id); err != nil {
				return err
			}
			id = ""
		}
	}
}

// received notes that the event with the id is complete.
func (w *watcher) received(text string) error {
	now := time.Now()
	id, err := wire.ParseID(text)
	if err != nil {
		return err
	}
	before := w.revision.Swap(id.Revision)
	if !w.timed || before == 0 {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, at := range w.audience.between(before, id.Revision) {
		w.latencies = append(w.latencies, max(0, now.Sub(at)))
	}
	return nil
}
