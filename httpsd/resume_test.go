package httpsd

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/httpsd/wire"
	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

// resume opens a stream as a client that has been there before, with what it held then.
func (f *follower) resume(t *testing.T, s *serving, target string, header ...string) *follower {
	t.Helper()
	next := s.follow(t, target, append(header, wire.LastEventID, f.id.String())...)
	next.set, next.id, next.etag = f.set, f.id, f.etag
	return next
}

// asked is how often the journal was asked.
func (s *serving) asked() int {
	s.source.mu.Lock()
	defer s.source.mu.Unlock()
	return s.source.asked
}

// restart puts a new server in front of the same database.
func (s *serving) restart(t *testing.T) *serving {
	t.Helper()
	next := newServing(t)
	next.source = s.source
	next.publisher.o.Source = s.source
	next.load(t)
	return next
}

func (s *serving) resumes(t *testing.T, result string) float64 {
	t.Helper()
	return metricValue(t, s.reg, "promshard_watch_resumes_total", "result="+result)
}

func TestResume(t *testing.T) {
	begin := func(t *testing.T) (*serving, *follower) {
		t.Helper()
		s := loadedServing(t)
		f := s.follow(t, prodStream)
		f.next(t)
		f.leave(t)
		return s, f
	}
	deltaOf := func(t *testing.T, f *follower) wire.Delta {
		t.Helper()
		e := f.next(t)
		require.Equal(t, wire.EventDelta, e.Name)
		return decodeStrictly[wire.Delta](t, e.Data)
	}
	t.Run("with nothing new", func(t *testing.T) {
		s, f := begin(t)
		f = f.resume(t, s, prodStream)
		assert.Empty(t, deltaOf(t, f).Projects, "it is told at once, with the entity tag to check")
		s.move(t, 1, "after")
		assert.Len(t, deltaOf(t, f).Projects, 1)
	})
	t.Run("one delta for all that was missed, out of memory", func(t *testing.T) {
		s, f := begin(t)
		for i := range 10 {
			s.move(t, 1, fmt.Sprintf("host%d", i))
			s.move(t, 2, fmt.Sprintf("host%d", i))
		}
		f = f.resume(t, s, prodStream)
		d := deltaOf(t, f)
		assert.Equal(t, s.etag(t, prodTargets), d.ETag)
		assert.Equal(t, s.id(), f.id)
		assert.Zero(t, s.asked())
		assert.Equal(t, 1.0, s.resumes(t, "delta"))
	})
	t.Run("after a restart, with the journal", func(t *testing.T) {
		s, f := begin(t)
		s.move(t, 1, "missed")
		s = s.restart(t)
		f = f.resume(t, s, prodStream)
		assert.Len(t, deltaOf(t, f).Projects, 1)
		assert.Equal(t, s.etag(t, prodTargets), f.etag)
		assert.Equal(t, 1, s.asked())
		s.move(t, 1, "after")
		assert.Len(t, deltaOf(t, f).Projects, 1)
	})
	t.Run("after a full load, with the journal", func(t *testing.T) {
		s, f := begin(t)
		s.move(t, 1, "missed")
		s.source.set(func(f *fakeSource) { f.reload = true })
		s.move(t, 1, "missed too")
		s.source.set(func(f *fakeSource) { f.reload = false })
		f = f.resume(t, s, prodStream)
		assert.Len(t, deltaOf(t, f).Projects, 1)
		assert.Equal(t, s.etag(t, prodTargets), f.etag)
		assert.Equal(t, 1, s.asked())
	})
	t.Run("many at one time ask the journal once", func(t *testing.T) {
		s, f := begin(t)
		s.move(t, 1, "missed")
		s.move(t, 2, "missed")
		s = s.restart(t)
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				id := f.id
				id.Revision += int64(i % 2)
				target := []string{prodStream, "/sd/watch?shard=dev", "/sd/watch"}[i%3]
				g := follow(t, s.client, s.url+target, wire.LastEventID, id.String())
				e := <-g.events
				assert.Equal(t, wire.EventDelta, e.Name)
			})
		}
		all.Wait()
		assert.LessOrEqual(t, s.asked(), 2, "once for each revision at most")
		assert.Equal(t, 20.0, s.resumes(t, "delta"))
	})
	full := func(t *testing.T, s *serving, f *follower) {
		t.Helper()
		e := f.next(t)
		assert.Equal(t, wire.EventFull, e.Name)
		assert.Equal(t, s.etag(t, prodTargets), f.etag)
		assert.Equal(t, 1.0, s.resumes(t, "full"))
	}
	t.Run("a full set when the journal does not reach back, which is asked for once", func(t *testing.T) {
		s, f := begin(t)
		s.move(t, 1, "missed")
		s = s.restart(t)
		s.source.set(func(source *fakeSource) { source.journalFrom = f.id.Revision + 1 })
		again := *f
		full(t, s, f.resume(t, s, prodStream))
		full2 := again.resume(t, s, "/sd/watch")
		assert.Equal(t, wire.EventFull, full2.next(t).Name)
		assert.Equal(t, 1, s.asked())
	})
	t.Run("a full set when the database does not answer", func(t *testing.T) {
		s, f := begin(t)
		s.move(t, 1, "missed")
		s = s.restart(t)
		s.source.set(func(source *fakeSource) { source.err = store.ErrUnavailable })
		full(t, s, f.resume(t, s, prodStream))
	})
	t.Run("a full set for another inventory", func(t *testing.T) {
		s, f := begin(t)
		f.id = wire.ID{Epoch: "another", Revision: 1000}
		g := s.follow(t, prodStream, wire.LastEventID, f.id.String())
		full(t, s, g)
	})
	t.Run("a full set for an id that is none", func(t *testing.T) {
		s, _ := begin(t)
		for _, bad := range []string{"", "x", "one-", "one-x", "one--5"} {
			f := s.follow(t, prodStream, wire.LastEventID, bad)
			assert.Equal(t, wire.EventFull, f.next(t).Name, bad)
		}
	})
	t.Run("a full set when a server has moved to another shard", func(t *testing.T) {
		storetest.RunURL(t, func(t *testing.T, databaseURL string) {
			fillShop(t, databaseURL)
			r := startReplica(t, databaseURL)
			f := follow(t, r.client, r.url+"/sd/watch?server=prometheus001:9090")
			f.next(t)
			require.Len(t, f.set, 1)
			f.leave(t)
			_, err := r.store.RegisterServer(t.Context(), "other", "prometheus001", 9090)
			require.NoError(t, err)
			require.Eventually(t, func() bool {
				_, _, body := r.get(t, "/sd/targets?server=prometheus001:9090")
				return body == "[]"
			}, holdPatience, 5*time.Millisecond)
			g := follow(t, r.client, r.url+"/sd/watch?server=prometheus001:9090", wire.LastEventID, f.id.String())
			assert.Equal(t, wire.EventFull, g.next(t).Name)
			assert.Empty(t, g.set)
		})
	})
}

func TestResumeOnAnotherReplica(t *testing.T) {
	storetest.RunURL(t, func(t *testing.T, databaseURL string) {
		fillShop(t, databaseURL)
		replicas := []*replica{startReplica(t, databaseURL), startReplica(t, databaseURL)}
		client := &http.Client{Transport: &http.Transport{DisableCompression: true}}
		t.Cleanup(client.CloseIdleConnections)
		f := follow(t, client, replicas[0].url+prodStream)
		f.next(t)
		for i := range 6 {
			host := fmt.Sprintf("host%d", i)
			replicas[i%2].register(t, host)
			for f.set[1] == nil || !contains(f.bodies(), host) {
				f.next(t)
			}
			f.leave(t)
			replicas[i%2].register(t, "missed-"+host)
			// The other replica may not have seen yet what the client has: then it catches up first.
			r := replicas[(i+1)%2]
			g := follow(t, client, r.url+prodStream, wire.LastEventID, f.id.String())
			g.set, g.id, g.etag = f.set, f.id, f.etag
			require.Equal(t, wire.EventDelta, g.next(t).Name)
			for !contains(g.bodies(), "missed-"+host) {
				g.next(t)
			}
			f = g
		}
	})
}

// contains says whether any of the bodies has the host.
func contains(bodies []string, host string) bool {
	for _, body := range bodies {
		for _, target := range decodeGroup(body).Targets {
			if target == host+":9100" {
				return true
			}
		}
	}
	return false
}

func TestBehind(t *testing.T) {
	ahead := func(s *serving, by int64) string {
		id := s.id()
		id.Revision += by
		return id.String()
	}
	t.Run("a server that lags catches up first", func(t *testing.T) {
		s := newServing(t)
		s.runPublisher(t)
		// The write wakes nobody, and the next regular look is seconds away.
		require.Eventually(t, func() bool { _, checks := s.source.counts(); return checks > 0 }, holdPatience, time.Millisecond)
		s.source.mu.Lock()
		s.source.revision.Number++
		s.source.touched[s.source.revision.Number] = []int64{1}
		s.source.projects[1] = project(1, "shop", s.source.directory.Shards[0], "late")
		s.source.mu.Unlock()
		seen := ahead(s, 1)
		start := time.Now()
		f := s.follow(t, prodStream, wire.LastEventID, seen)
		e := <-f.events
		assert.Equal(t, wire.EventDelta, e.Name)
		assert.Equal(t, seen, e.ID)
		assert.Less(t, time.Since(start), 2*time.Second, "it looked at once")
		assert.Equal(t, seen, s.id().String())
		assert.Zero(t, s.resumes(t, "behind"))
	})
	t.Run("a database that has less says so", func(t *testing.T) {
		for _, coding := range codingsOfStreams {
			s := newServing(t)
			s.runPublisher(t)
			start := time.Now()
			f := s.follow(t, prodStream, wire.LastEventID, ahead(s, 7), "Accept-Encoding", coding)
			rest, err := f.over(t)
			require.NoError(t, err)
			require.Len(t, rest, 1)
			assert.Equal(t, wire.EventBehind, rest[0].Name)
			at := s.id().Revision
			assert.Equal(t, wire.Behind{Revision: at, Seen: at + 7, Confirmed: true}, decodeStrictly[wire.Behind](t, rest[0].Data))
			assert.Less(t, time.Since(start), 2*time.Second)
			assert.Equal(t, 1.0, s.resumes(t, "behind"))
			assert.Equal(t, 1.0, metricValue(t, s.reg, "promshard_watchers_ended_total", "reason=behind"))
		}
	})
	t.Run("without the database nothing is confirmed", func(t *testing.T) {
		s := newServing(t)
		s.handler.h.patience = 300 * time.Millisecond
		s.runPublisher(t)
		s.source.set(func(f *fakeSource) { f.err = store.ErrUnavailable })
		f := s.follow(t, prodStream, wire.LastEventID, ahead(s, 7))
		rest, err := f.over(t)
		require.NoError(t, err)
		require.Len(t, rest, 1)
		at := s.id().Revision
		assert.Equal(t, wire.Behind{Revision: at, Seen: at + 7}, decodeStrictly[wire.Behind](t, rest[0].Data))
	})
	t.Run("a look that began before the client came confirms nothing", func(t *testing.T) {
		s := newServing(t)
		s.handler.h.patience = 300 * time.Millisecond
		s.runPublisher(t)
		entered, release := make(chan struct{}, 1), make(chan struct{})
		s.source.set(func(f *fakeSource) {
			f.before = func(ctx context.Context, _ string) {
				select {
				case entered <- struct{}{}:
				default:
				}
				select {
				case <-release:
				case <-ctx.Done():
				}
			}
		})
		<-entered
		defer close(release)
		f := s.follow(t, prodStream, wire.LastEventID, ahead(s, 7))
		rest, err := f.over(t)
		require.NoError(t, err)
		assert.False(t, decodeStrictly[wire.Behind](t, rest[0].Data).Confirmed)
	})
	t.Run("a server that stops makes nobody wait", func(t *testing.T) {
		s := newServing(t)
		s.handler.h.patience = time.Hour
		s.runPublisher(t)
		s.source.set(func(f *fakeSource) { f.err = store.ErrUnavailable })
		answers := make(chan answer, 1)
		go func() { answers <- s.get(t, prodStream, wire.LastEventID, ahead(s, 7)) }()
		s.watchers(t, 1)
		s.handler.Release()
		requireError(t, <-answers, http.StatusServiceUnavailable, "unavailable")
	})
}
