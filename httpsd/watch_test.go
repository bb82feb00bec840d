package httpsd

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/httpsd/wire"
	"github.com/promshard/promshard/store"
)

const prodStream, prodTargets = "/sd/watch?shard=prod", "/sd/targets?shard=prod"

// codings are those of streams, as a client asks for them.
var codingsOfStreams = []string{"identity", "gzip"}

func TestWatchSendsAFullSetThenDeltas(t *testing.T) {
	for _, coding := range codingsOfStreams {
		t.Run(coding, func(t *testing.T) {
			s := loadedServing(t)
			f := s.follow(t, prodStream, "Accept-Encoding", coding, "Accept", "text/event-stream")
			assert.Equal(t, "text/event-stream", f.res.Header.Get("Content-Type"))
			assert.Equal(t, "no-cache", f.res.Header.Get("Cache-Control"))
			assert.Equal(t, "no", f.res.Header.Get("X-Accel-Buffering"))
			assert.Equal(t, "Accept-Encoding", f.res.Header.Get("Vary"))
			if coding == "gzip" {
				assert.Equal(t, "gzip", f.res.Header.Get("Content-Encoding"))
			}
			e := f.next(t)
			assert.Equal(t, wire.EventFull, e.Name)
			assert.Equal(t, s.id(), f.id)
			assert.Equal(t, s.etag(t, prodTargets), f.etag)
			list := s.get(t, prodTargets).body
			for _, body := range f.bodies() {
				assert.Contains(t, list, body, "byte by byte")
			}
			assert.Equal(t, "exporter/1", f.set[1][0].Source)

			s.move(t, 1, "web7")
			e = f.next(t)
			assert.Equal(t, wire.EventDelta, e.Name)
			assert.Contains(t, string(e.Data), `"web7:9100"`)
			assert.Equal(t, s.etag(t, prodTargets), f.etag)
			assert.Equal(t, s.id(), f.id)

			s.source.remove(1)
			s.load(t)
			e = f.next(t)
			assert.Equal(t, []wire.Project{{ID: 1, Groups: []wire.Group{}}}, decodeStrictly[wire.Delta](t, e.Data).Projects)
			assert.Empty(t, f.set)
			assert.Equal(t, s.etag(t, prodTargets), f.etag)
		})
	}
}

// A list whose bytes stay the same can be of other groups than before: who holds it must know them by their source ids.
func TestWatchTellsOfAGroupThatTakesThePlaceOfAnEqualOne(t *testing.T) {
	s := loadedServing(t)
	f := s.follow(t, prodStream)
	f.next(t)
	etag, before := f.etag, f.set[1][0]

	p := *s.source.copyProject(1)
	for i := range p.Exporters {
		p.Exporters[i].ID += 1000
	}
	s.source.put(p)
	s.load(t)
	require.Equal(t, wire.EventDelta, f.next(t).Name)
	assert.Equal(t, etag, f.etag)
	assert.Equal(t, "exporter/1001", f.set[1][0].Source)
	assert.Equal(t, before.Body, f.set[1][0].Body)
}

func TestWatchOfKinds(t *testing.T) {
	s := loadedServing(t)
	for target, list := range map[string]string{
		"/sd/watch":                                    "/sd/targets",
		"/sd/watch?kind=targets":                       "/sd/targets",
		"/sd/watch?kind=urls":                          "/sd/urls",
		"/sd/watch?kind=urls&shard=dev":                "/sd/urls?shard=dev",
		"/sd/watch?server=prometheus001:9090":          prodTargets,
		"/sd/watch?shard=prod&shard=dev&job=node":      "/sd/targets?shard=prod&shard=dev&job=node",
		"/sd/watch?service=web&project=shop&farm=shop": "/sd/targets?service=web&project=shop&farm=shop",
		"/sd/watch?job=nothing":                        "/sd/targets?job=nothing",
	} {
		t.Run(target, func(t *testing.T) {
			f := s.follow(t, target)
			f.next(t)
			assert.Equal(t, s.etag(t, list), f.etag)
		})
	}
}

func TestWatchRefuses(t *testing.T) {
	s := loadedServing(t)
	for target, want := range map[string]struct {
		code int
		text string
	}{
		"/sd/watch?shard=nowhere":           {404, `unknown shard "nowhere"`},
		"/sd/watch?server=nobody:1":         {404, `unknown server "nobody:1"`},
		"/sd/watch?shard=":                  {400, "must not be empty"},
		"/sd/watch?kind=hosts":              {400, "must be targets or urls"},
		"/sd/watch?kind=urls&kind=urls":     {400, "must be given once"},
		"/sd/watch?wait=1":                  {400, "kind"},
		"/sd/watch?shard=prod&refresh=true": {400, "not known here"},
	} {
		t.Run(target, func(t *testing.T) {
			a := s.get(t, target)
			errorType := map[int]string{404: "not_found", 400: "bad_data"}[want.code]
			assert.Contains(t, requireError(t, a, want.code, errorType), want.text)
		})
	}
	t.Run("a client that takes no stream", func(t *testing.T) {
		a := s.get(t, prodStream, "Accept", "application/json")
		assert.Contains(t, requireError(t, a, http.StatusNotAcceptable, "bad_data"), "text/event-stream")
	})
	t.Run("a client that takes no coding", func(t *testing.T) {
		requireError(t, s.get(t, prodStream, "Accept-Encoding", "zstd, identity;q=0"), http.StatusNotAcceptable, "bad_data")
	})
	t.Run("before anything is loaded", func(t *testing.T) {
		a := newServing(t).get(t, prodStream)
		requireError(t, a, http.StatusServiceUnavailable, "unavailable")
		assert.NotEmpty(t, a.header.Get("Retry-After"))
	})
	t.Run("HEAD has the headers alone", func(t *testing.T) {
		a := s.do(t, http.MethodHead, prodStream)
		assert.Equal(t, http.StatusOK, a.code)
		assert.Equal(t, "text/event-stream", a.header.Get("Content-Type"))
		assert.Empty(t, a.body)
		assert.Equal(t, http.StatusNotFound, s.do(t, http.MethodHead, "/sd/watch?shard=nowhere").code)
	})
	s.watchers(t, 0)
}

func TestWatchDoesNotTellOfChangesElsewhere(t *testing.T) {
	s := loadedServing(t, func(o *Options) { o.KeepAlive = 300 * time.Millisecond })
	f := s.follow(t, prodStream)
	f.next(t)
	tag, before := f.etag, f.id
	s.move(t, 2, "dev7")
	e := f.next(t)
	assert.Equal(t, wire.Event{ID: s.id().String()}, e, "the next sign of life has the new id")
	assert.True(t, before.Before(f.id))
	assert.Equal(t, tag, f.etag)
	assert.Equal(t, wire.Event{ID: s.id().String()}, f.next(t), "signs of life come while nothing changes")
	assert.Zero(t, metricValue(t, s.reg, "promshard_watch_events_total", "event=delta"))
}

func TestWatchFullSetComesInParts(t *testing.T) {
	for _, coding := range codingsOfStreams {
		t.Run(coding, func(t *testing.T) {
			s := newServing(t)
			s.fill(600, 20)
			s.load(t)
			f := s.follow(t, prodStream, "Accept-Encoding", coding)
			parts := 0
			for e := f.next(t); ; e = f.next(t) {
				full := decodeStrictly[wire.Full](t, e.Data)
				require.Equal(t, parts, full.Part)
				require.Less(t, len(e.Data), 2*partSize)
				parts++
				if full.Last {
					break
				}
			}
			assert.Greater(t, parts, 2)
			assert.Equal(t, s.etag(t, prodTargets), f.etag)
			assert.Len(t, f.set, 601)
		})
	}
}

// fill adds projects to the shard prod, each with so many hosts.
func (s *serving) fill(projects, hosts int) {
	for id := range int64(projects) {
		p := project(100+id, fmt.Sprintf("filler-%04d", id), s.source.directory.Shards[0])
		for h := range hosts {
			p.Hosts = append(p.Hosts, store.HostRow{Name: fmt.Sprintf("host%04d.%d.filler.example", h, id)})
		}
		s.source.put(p)
	}
}

func TestWatchEndsWhenItsNounsVanish(t *testing.T) {
	for _, coding := range codingsOfStreams {
		t.Run(coding, func(t *testing.T) {
			s := loadedServing(t)
			f := s.follow(t, "/sd/watch?project=shop", "Accept-Encoding", coding)
			f.next(t)
			s.source.remove(1)
			s.load(t)
			rest, err := f.over(t)
			assert.NoError(t, err, "a proper end, also of the gzip member")
			assert.Empty(t, rest, "the targets stay")
			assert.NotEmpty(t, f.set)
			s.watchers(t, 0)
			assert.Equal(t, 1.0, metricValue(t, s.reg, "promshard_watchers_ended_total", "reason=vanished"))
			requireError(t, s.get(t, "/sd/watch?project=shop"), http.StatusNotFound, "not_found")
		})
	}
}

func TestWatchOfAShardThatIsRenamed(t *testing.T) {
	s := loadedServing(t)
	byName, byServer := s.follow(t, prodStream), s.follow(t, "/sd/watch?server=prometheus001:9090")
	byName.next(t)
	byServer.next(t)
	s.source.set(func(f *fakeSource) {
		f.directory.Shards[0].Name = "live"
		f.reload = true
	})
	s.source.put(project(1, "shop", s.source.directory.Shards[0], "web1", "web2"))
	s.load(t)
	rest, err := byName.over(t)
	assert.NoError(t, err)
	assert.Empty(t, rest)
	byServer.until(t, s.etag(t, "/sd/targets?shard=live"))
	assert.Contains(t, strings.Join(byServer.bodies(), ""), `"__shard":"live"`)
}

func TestWatchEndsAtShutdown(t *testing.T) {
	for _, coding := range codingsOfStreams {
		t.Run(coding, func(t *testing.T) {
			s := loadedServing(t)
			f := s.follow(t, prodStream, "Accept-Encoding", coding)
			f.next(t)
			start := time.Now()
			require.NoError(t, s.stop())
			assert.Less(t, time.Since(start), 10*time.Second)
			_, err := f.over(t)
			assert.NoError(t, err)
			assert.Equal(t, 1.0, metricValue(t, s.reg, "promshard_watchers_ended_total", "reason=shutdown"))
		})
	}
	t.Run("and none begins after it", func(t *testing.T) {
		s := loadedServing(t)
		s.handler.Release()
		a := s.get(t, prodStream)
		assert.Contains(t, requireError(t, a, http.StatusServiceUnavailable, "unavailable"), "stops")
		assert.NotEmpty(t, a.header.Get("Retry-After"))
	})
}

func TestWatchersAreLimited(t *testing.T) {
	s := loadedServing(t, func(o *Options) { o.MaxWatchers = 2 })
	first, second := s.follow(t, prodStream), s.follow(t, prodStream)
	first.next(t)
	second.next(t)
	a := s.get(t, prodStream)
	assert.Contains(t, requireError(t, a, http.StatusServiceUnavailable, "unavailable"), "too many")
	assert.NotEmpty(t, a.header.Get("Retry-After"))
	assert.Equal(t, 1.0, metricValue(t, s.reg, "promshard_watchers_refused_total"))
	assert.Equal(t, http.StatusOK, s.get(t, prodTargets).code, "lists go on")

	first.leave(t)
	s.watchers(t, 1)
	assert.Equal(t, 1.0, metricValue(t, s.reg, "promshard_watchers_ended_total", "reason=gone"))
	s.follow(t, prodStream).next(t)

	none := loadedServing(t, func(o *Options) { o.MaxWatchers = -1 })
	requireError(t, none.get(t, prodStream), http.StatusServiceUnavailable, "unavailable")
}
