package httpsd

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/httpsd/snapshot"
	"github.com/promshard/promshard/store"
)

var prodList = snapshot.Query{Shards: []string{"prod"}}

func TestHeldRequests(t *testing.T) {
	s := loadedServing(t)
	l := s.connect(t)
	const target = "/sd/targets?shard=prod&wait"

	first := l.get(t, target)
	require.Equal(t, http.StatusOK, first.code)
	assert.Zero(t, s.ended(t, heldDeadline), "the first request on a connection is answered at once")
	assert.Equal(t, s.get(t, "/sd/targets?shard=prod").header.Get("ETag"), first.header.Get("ETag"), "wait is no filter")

	second := l.hold(t, target)
	s.move(t, 2, "dev1", "dev2")
	s.source.touch(1)
	s.load(t)
	stillHeld(t, second)
	s.move(t, 1, "web1", "web2", "web3")
	r := arrives(t, second)
	require.Equal(t, http.StatusOK, r.code)
	assert.True(t, r.reused)
	assert.Contains(t, r.body, "web3:9100")
	assert.Equal(t, s.list(t, snapshot.Targets, prodList), r.body)
	assert.InDelta(t, 1, s.ended(t, heldChanged), 0)
	s.holds(t, 0)

	third := l.hold(t, target)
	s.move(t, 1, "web1")
	r = arrives(t, third)
	assert.Equal(t, s.list(t, snapshot.Targets, prodList), r.body)
	assert.NotContains(t, r.body, "web3")

	s.move(t, 1, "web9")
	r = l.get(t, target)
	assert.Contains(t, r.body, "web9", "what has changed between two requests is answered at once")
	assert.InDelta(t, 2, s.ended(t, heldChanged), 0)
}

func TestWhatIsNotHeld(t *testing.T) {
	s := loadedServing(t)
	const target = "/sd/targets?shard=prod&wait"
	for name, ask := range map[string]func(t *testing.T, l *line) int{
		"without wait": func(t *testing.T, l *line) int {
			l.get(t, "/sd/targets?shard=prod")
			return l.get(t, "/sd/targets?shard=prod").code
		},
		"on another connection": func(t *testing.T, l *line) int {
			l.get(t, target)
			return s.connect(t).get(t, target).code
		},
		"at another address": func(t *testing.T, l *line) int {
			l.get(t, target)
			l.get(t, "/sd/targets?shard=prod&wait=1h")
			return l.get(t, "/sd/targets?shard=dev&wait").code
		},
		"HEAD": func(t *testing.T, l *line) int {
			l.get(t, target)
			return arrives(t, l.ask(t.Context(), http.MethodHead, target)).code
		},
		"GET after HEAD, which has sent no list": func(t *testing.T, l *line) int {
			require.Equal(t, http.StatusOK, arrives(t, l.ask(t.Context(), http.MethodHead, target)).code)
			return l.get(t, target).code
		},
		"after an error": func(t *testing.T, l *line) int {
			require.Equal(t, http.StatusNotFound, l.get(t, "/sd/targets?shard=gone&wait").code)
			require.Equal(t, http.StatusNotFound, l.get(t, "/sd/targets?shard=gone&wait").code)
			return l.get(t, target).code
		},
		"a client that says it has something else": func(t *testing.T, l *line) int {
			l.get(t, target)
			return l.get(t, target, "If-None-Match", `"other"`).code
		},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, http.StatusOK, ask(t, s.connect(t)))
		})
	}
	t.Run("a client that has anything", func(t *testing.T) {
		l := s.connect(t)
		l.get(t, target)
		assert.Equal(t, http.StatusNotModified, l.get(t, target, "If-None-Match", "*").code)
	})
	t.Run("a client that takes no coding", func(t *testing.T) {
		l := s.connect(t)
		l.get(t, target)
		requireError(t, l.get(t, target, "Accept-Encoding", "*;q=0").answer, http.StatusNotAcceptable, "bad_data")
	})
	t.Run("before anything is loaded", func(t *testing.T) {
		empty := newServing(t)
		l := empty.connect(t)
		requireError(t, l.get(t, target).answer, http.StatusServiceUnavailable, "unavailable")
		empty.load(t)
		assert.Equal(t, http.StatusOK, l.get(t, target).code)
	})
	assert.Zero(t, metricValue(t, s.reg, "promshard_held_requests_total"))
	assert.Zero(t, metricValue(t, s.reg, "promshard_hold_refused_total"))
}

func TestEveryListAddressHolds(t *testing.T) {
	s := loadedServing(t)
	addresses := []string{
		"/sd/targets", "/sd/urls", "/api/v1/targets", "/api/v1/config/", "/api/v1/urls", "/rest/all/targets/", "/rest/all/urls",
		"/service/1/targets", "/project/1/targets", "/rest/service/web/targets", "/rest/project/shop/targets/",
		"/sd/targets?farm=shop", "/sd/targets?job=node", "/sd/targets?server=prometheus001:9090", "/service/1/targets?shard=prod",
	}
	replies := make([]<-chan reply, len(addresses))
	for i, target := range addresses {
		if strings.Contains(target, "?") {
			target += "&wait="
		} else {
			target += "?wait=1h"
		}
		l := s.connect(t)
		require.Equal(t, http.StatusOK, l.get(t, target).code, target)
		replies[i] = l.hold(t, target)
	}
	stillHeld(t, replies...)
	s.source.mu.Lock()
	p := *s.source.copyProject(1)
	s.source.mu.Unlock()
	p.Hosts, p.URLs[0].URL = append(p.Hosts, store.HostRow{Name: "new"}), "https://new.example/"
	s.source.put(p)
	s.load(t)
	for i, target := range addresses {
		r := arrives(t, replies[i])
		assert.Equal(t, http.StatusOK, r.code, target)
		assert.Contains(t, r.body, "new", target)
	}
}

func TestAnEmptyListIsHeldToo(t *testing.T) {
	s := loadedServing(t)
	l := s.connect(t)
	assert.Equal(t, "[]", l.get(t, "/sd/targets?job=app&wait").body)
	replies := l.hold(t, "/sd/targets?job=app&wait")
	p := *s.source.copyProject(1)
	p.Exporters = append(p.Exporters, store.ExporterRow{ID: 9, Job: "app", Port: 80, Scheme: "http"})
	s.source.put(p)
	s.load(t)
	assert.Contains(t, arrives(t, replies).body, "web1:80")
}

func TestHoldsEndInTime(t *testing.T) {
	s := loadedServing(t, func(o *Options) { o.MaxWait = time.Hour })
	for name, tc := range map[string]struct {
		query    string
		header   []string
		earliest time.Duration
	}{
		"after the wait":                    {"wait=200ms", nil, 200 * time.Millisecond},
		"after 90 % of the interval":        {"wait", []string{refreshHeader, "0.5"}, 450 * time.Millisecond},
		"after the wait, when it is sooner": {"wait=100ms", []string{refreshHeader, "3600"}, 100 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			target := "/sd/targets?shard=prod&" + tc.query
			l, before := s.connect(t), s.ended(t, heldDeadline)
			first := l.get(t, target, tc.header...)
			r := l.get(t, target, tc.header...)
			assert.Equal(t, http.StatusOK, r.code)
			assert.Equal(t, first.body, r.body, "whoever sends no tag gets the whole list")
			assert.GreaterOrEqual(t, r.took, tc.earliest)
			assert.InDelta(t, before+1, s.ended(t, heldDeadline), 0)
		})
	}
	t.Run("at the server's limit", func(t *testing.T) {
		s := loadedServing(t, func(o *Options) { o.MaxWait = 100 * time.Millisecond })
		l := s.connect(t)
		l.get(t, "/sd/targets?wait=1h")
		r := l.get(t, "/sd/targets?wait=1h")
		assert.GreaterOrEqual(t, r.took, 100*time.Millisecond)
		assert.InDelta(t, 1, s.ended(t, heldDeadline), 0)
	})
}

func TestHeldByTag(t *testing.T) {
	s := loadedServing(t)
	tag := s.get(t, "/sd/targets?shard=prod").header.Get("ETag")
	for name, header := range map[string]string{
		"the tag": tag, "weak": "W/" + tag, "of another coding": strings.TrimSuffix(tag, `"`) + `-zstd"`, "among others": `"a", ` + tag,
	} {
		t.Run(name+" is held on a new connection, and 304 at the deadline", func(t *testing.T) {
			l, before := s.connect(t), s.ended(t, heldDeadline)
			r := l.get(t, "/sd/targets?shard=prod&wait=100ms", "If-None-Match", header)
			assert.Equal(t, http.StatusNotModified, r.code)
			assert.Empty(t, r.body)
			assert.Equal(t, tag, r.header.Get("ETag"))
			assert.GreaterOrEqual(t, r.took, 100*time.Millisecond)
			assert.InDelta(t, before+1, s.ended(t, heldDeadline), 0)

			r = l.get(t, "/sd/targets?shard=prod&wait=100ms")
			assert.Equal(t, http.StatusOK, r.code)
			assert.InDelta(t, before+2, s.ended(t, heldDeadline), 0, "what was answered with 304 counts as sent")
		})
	}
	t.Run("a change is 200", func(t *testing.T) {
		replies := s.connect(t).hold(t, "/sd/targets?shard=prod&wait", "If-None-Match", tag)
		s.move(t, 1, "web7")
		r := arrives(t, replies)
		assert.Equal(t, http.StatusOK, r.code)
		assert.Contains(t, r.body, "web7:9100")
	})
}

func TestWhatVanishesWhileHeld(t *testing.T) {
	s := loadedServing(t)
	byName, byID := s.connect(t), s.connect(t)
	const nameTarget, idTarget = "/sd/targets?service=web&wait", "/service/1/targets?wait"
	byName.get(t, nameTarget)
	byID.get(t, idTarget)
	named, numbered := byName.hold(t, nameTarget), byID.hold(t, idTarget)
	s.source.set(func(f *fakeSource) {
		f.services[1] = store.Service{ID: 1, Name: "shop"}
		for id, p := range f.projects {
			p.Service = "shop"
			f.projects[id] = p
		}
		f.revision.Number++
		f.reload = true
	})
	s.load(t)
	requireError(t, arrives(t, named).answer, http.StatusNotFound, "not_found")
	r := arrives(t, numbered)
	assert.Equal(t, http.StatusOK, r.code, "the same service under a new name")
	assert.Contains(t, r.body, `"service":"shop"`)
	assert.InDelta(t, 2, s.ended(t, heldVanished), 0)
	requireError(t, byName.get(t, nameTarget).answer, http.StatusNotFound, "not_found")
}

func TestProxiesAreNotHeld(t *testing.T) {
	s := loadedServing(t)
	const target = "/sd/targets?wait"
	for i, header := range [][]string{{"Via", "1.1 proxy"}, {"Forwarded", "for=192.0.2.1"}, {"X-Forwarded-For", "192.0.2.1"}, {"via", ""}} {
		l := s.connect(t)
		first := l.get(t, target, header...)
		for range 2 {
			r := l.get(t, target, header...)
			assert.Equal(t, http.StatusOK, r.code)
			assert.Equal(t, first.body, r.body)
		}
		r := l.get(t, target, append(header, "If-None-Match", first.header.Get("ETag"))...)
		assert.Equal(t, http.StatusNotModified, r.code)
		assert.InDelta(t, 3*(i+1), metricValue(t, s.reg, "promshard_hold_refused_total", "reason="+refusedProxy), 0)
	}
	assert.Zero(t, metricValue(t, s.reg, "promshard_held_requests_total"))
}

func TestHeldRequestsAreLimited(t *testing.T) {
	const target = "/sd/targets?wait"
	t.Run("one too many is answered at once", func(t *testing.T) {
		s := loadedServing(t, func(o *Options) { o.MaxHeldRequests = 1 })
		a, b := s.connect(t), s.connect(t)
		a.get(t, target)
		b.get(t, target)
		replies := a.hold(t, target)
		assert.Equal(t, http.StatusOK, b.get(t, target).code)
		assert.InDelta(t, 1, metricValue(t, s.reg, "promshard_hold_refused_total", "reason="+refusedLimit), 0)
		stillHeld(t, replies)
		s.move(t, 1, "web1")
		arrives(t, replies)
		b.get(t, target)
		held := b.hold(t, target)
		s.move(t, 1, "web2")
		assert.Contains(t, arrives(t, held).body, "web2", "the place is free again")
	})
	t.Run("none at all", func(t *testing.T) {
		s := loadedServing(t, func(o *Options) { o.MaxHeldRequests = -1 })
		l := s.connect(t)
		l.get(t, target)
		l.get(t, target)
		assert.InDelta(t, 1, metricValue(t, s.reg, "promshard_hold_refused_total", "reason="+refusedLimit), 0)
	})
}

func TestAClientThatLeavesFreesItsPlace(t *testing.T) {
	flags, pool := encryptedWeb(t)
	for name, s := range map[string]*serving{
		"HTTP/1.1": loadedServing(t),
		"HTTP/2":   newServingOn(t, ServerOptions{Web: flags}),
	} {
		t.Run(name, func(t *testing.T) {
			l := s.connect(t)
			if name == "HTTP/2" {
				s.load(t)
				l = s.connectTrusting(t, pool)
			}
			l.get(t, "/sd/targets?wait")
			ctx, cancel := context.WithCancel(t.Context())
			replies := l.ask(ctx, http.MethodGet, "/sd/targets?wait")
			s.holds(t, 1)
			cancel()
			require.ErrorIs(t, (<-replies).err, context.Canceled)
			s.holds(t, 0)
			require.Eventually(t, func() bool {
				return metricValue(t, s.reg, "promshard_http_requests_total", "code=499", "handler=targets") == 1
			}, holdPatience, 2*time.Millisecond)
			assert.InDelta(t, 1, s.ended(t, heldGone), 0)
			assert.Zero(t, metricValue(t, s.reg, "promshard_http_requests_total", "code=503"))
			assert.Empty(t, s.publisher.views.byKey, "nobody waits any more")
		})
	}
}

func TestShutdownReleasesHeldRequests(t *testing.T) {
	s := loadedServing(t)
	const target = "/sd/targets?shard=prod&wait"
	want := s.list(t, snapshot.Targets, prodList)
	tag := s.get(t, "/sd/targets?shard=prod").header.Get("ETag")
	var all []<-chan reply
	for range 50 {
		l := s.connect(t)
		l.get(t, target)
		all = append(all, l.ask(t.Context(), http.MethodGet, target))
	}
	conditional := s.connect(t).ask(t.Context(), http.MethodGet, target, "If-None-Match", tag)
	s.holds(t, 51)
	start := time.Now()
	require.NoError(t, s.stop())
	assert.Less(t, time.Since(start), 15*time.Second, "no answer had to be cut off")
	for _, replies := range all {
		r := arrives(t, replies)
		assert.Equal(t, http.StatusOK, r.code)
		assert.Equal(t, want, r.body)
	}
	assert.Equal(t, http.StatusNotModified, arrives(t, conditional).code)
	assert.InDelta(t, 51, s.ended(t, heldShutdown), 0)
}

func TestNothingIsHeldAfterARelease(t *testing.T) {
	s := loadedServing(t)
	l := s.connect(t)
	l.get(t, "/sd/targets?wait")
	replies := l.hold(t, "/sd/targets?wait")
	s.handler.Release()
	s.handler.Release()
	assert.Equal(t, http.StatusOK, arrives(t, replies).code)
	for range 2 {
		assert.Equal(t, http.StatusOK, l.get(t, "/sd/targets?wait").code)
	}
	assert.InDelta(t, 1, metricValue(t, s.reg, "promshard_held_requests_total"), 0)
}
