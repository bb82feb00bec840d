package client

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/httpsd/wire"
)

// buffering is a proxy that keeps a stream back: 200, and nothing more.
func buffering(w http.ResponseWriter, r *http.Request) {
	w.(http.Flusher).Flush()
	<-r.Context().Done()
}

// current serves documents of a state that may be changed.
type current struct{ atomic.Pointer[state] }

func (c *current) set(s state) { c.Store(&s) }

func (c *current) serve(w http.ResponseWriter, r *http.Request) { c.Load().serveDocument(w, r) }

func TestWhereStreamsDoNotPassTheSetIsAskedFor(t *testing.T) {
	for name, stream := range map[string]func(http.ResponseWriter, *http.Request){
		"kept back":    buffering,
		"refused":      nil,
		"another type": func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Type", "text/plain") },
		"wrong sets": func(w http.ResponseWriter, _ *http.Request) {
			flush(w, strings.Replace(at(1, "exporter/1=a:1").full(), "a:1", "a:2", 1))
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				first, second := at(1, "exporter/1=a:1", "exporter/2=b:1"), at(5, "exporter/1=a:1", "exporter/2=b:2")
				var docs current
				docs.set(first)
				network := &hosts{}
				network.set("b", watching{stream: stream, documents: docs.serve})
				p := play(t, network, Options{}, "a", "b") // a is down
				time.Sleep(30 * time.Second)
				require.Equal(t, first.targets(), p.held())
				require.Equal(t, Poll, p.update().Origin)
				require.Equal(t, 1, p.count(Fallback))
				require.Equal(t, 1, p.logged("asking for the targets at intervals"))

				asked := len(network.seen())
				time.Sleep(4 * time.Minute)
				polls := network.seen()[asked:]
				require.InDelta(t, 4, len(polls), 1, "an interval is a minute, give or take a tenth")
				require.Equal(t, strings.Repeat("b/groups ", len(polls)), strings.Join(polls, " ")+" ", "it stays with what works")
				require.Equal(t, len(polls), p.count(Unchanged))
				require.Len(t, p.updates, 1)

				docs.set(second)
				time.Sleep(2 * time.Minute)
				require.Equal(t, second.targets(), p.held())
				require.Equal(t, []string{"exporter/2"}, sources(p.update().Changed))
				require.Equal(t, "5f1c-5", p.update().ID.String())

				third := at(8, "exporter/1=a:3", "exporter/2=b:2")
				network.set("b", sends(third.delta(second, 1)))
				time.Sleep(6 * time.Minute)
				require.Equal(t, third.targets(), p.held())
				require.Contains(t, network.seen(), "b/watch 5f1c-5", "what was asked for is resumed from")
				require.Equal(t, 1, p.count(Fallback))
				require.Equal(t, 1, p.count(Recovered))
				require.Equal(t, 1, p.logged("Watch streams pass again"))
				p.stop()
			})
		})
	}
}

func TestAServerThatComesUpIsNoReasonToFallBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := at(1, "exporter/1=a:1")
		network := &hosts{}
		network.set("a", watching{documents: func(w http.ResponseWriter, r *http.Request) {
			network.set("a", sends(s.full()))
			s.serveDocument(w, r)
		}})
		p := play(t, network, Options{}, "a")
		time.Sleep(10 * time.Second)
		require.Equal(t, []string{"a/watch", "a/groups", "a/watch 5f1c-1"}, network.seen())
		require.Equal(t, s.targets(), p.held())
		require.Zero(t, p.count(Fallback))
		require.Equal(t, 1, p.count(Connected))
	})
}

func TestBadDocuments(t *testing.T) {
	before, after := at(5, "exporter/1=a:1"), at(6, "exporter/1=a:2")
	past := after
	past.revision = 4
	respond := func(code int, contentType, text string) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			w.WriteHeader(code)
			fmt.Fprint(w, text)
		}
	}
	for name, c := range map[string]struct {
		documents func(http.ResponseWriter, *http.Request)
		want      string
	}{
		"none":        {nil, "404 Not Found"},
		"an error":    {respond(500, "application/json", `{"error":"internal\nerror"}`), "500 Internal Server Error: internal error"},
		"a list":      {respond(200, "application/json", "[]"), "reading the document"},
		"a page":      {respond(200, "text/html", "<html>"), `"text/html"`},
		"half":        {respond(200, "application/json", after.document()[:40]), "unexpected EOF"},
		"a wrong tag": {respond(200, "application/json", strings.Replace(after.document(), "a:2", "a:3", 1)), "the groups have the entity tag"},
		"the past":    {past.serveDocument, "5f1c-4, behind 5f1c-5"},
		"silence": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			buffering(w, r)
		}, "nothing more has arrived within 45s"},
		"no answer": {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "no answer has come within 10s"},
		"a slow drip": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			for r.Context().Err() == nil {
				flush(w, " ")
				pause(r.Context(), 44*time.Second)
			}
		}, "nothing more has arrived"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var docs current
				docs.set(before)
				network := &hosts{}
				network.set("a", watching{documents: docs.serve})
				p := play(t, network, Options{}, "a")
				time.Sleep(time.Second)
				require.Equal(t, before.targets(), p.held())
				network.set("a", watching{documents: c.documents})
				time.Sleep(10 * time.Minute)
				require.Equal(t, before.targets(), p.held(), "the set stays")
				require.Contains(t, p.failures("http://a"), c.want)
				require.Equal(t, 1, p.logged("No server gives its targets"))

				docs.set(after)
				network.set("a", watching{documents: docs.serve})
				time.Sleep(10 * time.Minute)
				require.Equal(t, after.targets(), p.held())
				require.Equal(t, 1, p.logged("A server gives its targets again"))
				require.Equal(t, 1, p.count(Fallback))
				p.stop()
			})
		})
	}
}

// A proxy that keeps streams back until they end still lets through what a server says about a restored database.
func TestARestoredDatabaseIsFollowedWhereStreamsDoNotPass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before, restored := at(9, "exporter/1=a:1", "exporter/2=b:1"), at(4, "exporter/1=a:1")
		var docs current
		docs.set(before)
		network := &hosts{}
		network.set("a", watching{documents: docs.serve, stream: buffering})
		p := play(t, network, Options{}, "a")
		time.Sleep(time.Minute)
		require.Equal(t, before.targets(), p.held())
		docs.set(restored)
		network.set("a", watching{documents: docs.serve, stream: func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get(wire.LastEventID) != "" {
				fmt.Fprint(w, sse(wire.EventBehind, "", `{"revision":4,"seen":9,"confirmed":true}`))
				return
			}
			buffering(w, r)
		}})
		time.Sleep(3 * time.Minute)
		require.Equal(t, restored.targets(), p.held())
	})
}

func TestATagThatIsMetAgainConfirmsTheState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := at(5, "exporter/1=a:1")
		var docs current
		docs.set(s)
		network := &hosts{}
		network.set("a", watching{documents: docs.serve})
		p := play(t, network, Options{}, "a")
		time.Sleep(time.Minute)
		later := s
		later.revision = 77
		docs.set(later)
		time.Sleep(2 * time.Minute)
		network.set("a", sends(sse("", "5f1c-78", "")))
		time.Sleep(5 * time.Minute)
		require.Contains(t, network.seen(), "a/watch 5f1c-77")
		require.Equal(t, 1, p.count(Recovered))
		require.Len(t, p.updates, 1)
	})
}
