package client

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRoundsOfFailuresAreFartherAndFartherApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := &hosts{}
		p := play(t, network, Options{MinBackoff: time.Second, MaxBackoff: 8 * time.Second}, "a", "b")
		time.Sleep(10 * time.Minute)
		times := network.when()
		var waits []time.Duration
		for i := 1; i < len(times); i++ {
			if d := times[i].Sub(times[i-1]); d > 0 {
				waits = append(waits, d)
				require.Zero(t, i%4, "each server is asked for its stream and for its set, at once")
			}
		}
		for i, longest := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second} {
			require.LessOrEqual(t, waits[i], longest)
			require.GreaterOrEqual(t, waits[i], longest/2)
		}
		varied := map[time.Duration]bool{}
		for _, d := range waits[3:] {
			require.LessOrEqual(t, d, 8*time.Second)
			require.GreaterOrEqual(t, d, 4*time.Second)
			varied[d] = true
		}
		require.Greater(t, len(varied), 10, "not all clients at the same time")
		require.Equal(t, 1, p.logged("level="), "one line, however many attempts")
		require.Equal(t, 1, p.logged(`err="http://a: connection refused; http://b: connection refused"`))
		require.Equal(t, len(times), p.count(Failed))

		var began atomic.Pointer[time.Time]
		s := at(1, "exporter/1=a:1")
		network.set("a", watching{stream: func(w http.ResponseWriter, r *http.Request) {
			flush(w, s.full())
			pause(r.Context(), 9*time.Second)
			network.set("a", nil)
			now := time.Now()
			began.Store(&now)
			cut()
		}})
		time.Sleep(time.Minute)
		require.Equal(t, s.targets(), p.held())
		var after []time.Duration
		for _, at := range network.when() {
			if d := at.Sub(*began.Load()); d > 0 {
				after = append(after, d)
			}
		}
		require.LessOrEqual(t, after[0], time.Second, "a stream that has lasted starts the waits anew")
	})
}

func TestAServerThatKeepsDroppingItsStreamsIsNotStormed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := at(1, "exporter/1=a:1")
		network := &hosts{}
		network.set("a", watching{stream: func(w http.ResponseWriter, r *http.Request) {
			flush(w, s.full())
			cut()
		}})
		p := play(t, network, Options{}, "a")
		time.Sleep(time.Hour)
		require.Less(t, len(network.seen()), 300)
		require.Len(t, p.updates, 1)
		require.Zero(t, p.count(Fallback), "streams do pass")
	})
}

func TestALostStreamThatHasLastedIsTriedAgainAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := at(1, "exporter/1=a:1")
		network := &hosts{}
		network.set("a", watching{stream: func(w http.ResponseWriter, r *http.Request) {
			network.set("a", sends(s.full()))
			flush(w, s.full())
			pause(r.Context(), 40*time.Second)
			cut()
		}})
		play(t, network, Options{}, "a")
		time.Sleep(time.Minute)
		times := network.when()
		require.Len(t, times, 2)
		require.Equal(t, 40*time.Second, times[1].Sub(times[0]))
	})
}

func TestARestartedServerIsNotStormed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := at(1, "exporter/1=a:1")
		restart := make(chan struct{})
		network := &hosts{}
		network.set("a", watching{stream: func(w http.ResponseWriter, r *http.Request) {
			flush(w, s.full())
			<-restart
		}})
		network.set("b", sends(s.full()))
		for range 20 {
			play(t, network, Options{}, "a", "b")
		}
		time.Sleep(30 * time.Second)
		began := time.Now()
		close(restart)
		time.Sleep(time.Second)
		waits := map[time.Duration]bool{}
		for _, at := range network.when() {
			if d := at.Sub(began); d >= 0 {
				require.Less(t, d, 500*time.Millisecond)
				waits[d] = true
			}
		}
		require.Greater(t, len(waits), 10)
	})
}

func TestRunEndsWithItsContext(t *testing.T) {
	s := at(1, "exporter/1=a:1")
	for name, server := range map[string]http.Handler{
		"while a connection is made": watching{stream: func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }},
		"while it watches":           sends(s.full()),
		"while it waits for another": nil,
		"while it asks at intervals": watching{documents: s.serveDocument},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				network := &hosts{}
				network.set("a", server)
				p := play(t, network, Options{}, "a")
				time.Sleep(9 * time.Second)
				began := time.Now()
				p.stop()
				require.Zero(t, time.Since(began))
				require.Equal(t, p.count(Connected), p.count(Disconnected))
				require.Zero(t, p.logged("lost"))
				updates, events := len(p.updates), len(p.events)
				time.Sleep(time.Hour)
				require.Len(t, p.updates, updates, "nothing is called any more")
				require.Len(t, p.events, events)
			})
		})
	}
}

func TestAClientRunsOnce(t *testing.T) {
	c, err := New(Options{Servers: []string{"http://localhost:1"}})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, c.Run(ctx, func(Update) {}))
	require.Error(t, c.Run(ctx, func(Update) {}))
}

func TestWhatIsAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := &hosts{}
		play(t, network, Options{Query: map[string][]string{"shard": {"a b", "c"}, "kind": {"urls"}}, UserAgent: "Prometheus/3"}, "user:secret@a/sd-proxy/")
		synctest.Wait()
		r := network.requests[0]
		require.Equal(t, "http://user:secret@a/sd-proxy/sd/watch?kind=urls&shard=a+b&shard=c", r.URL.String())
		require.Equal(t, "gzip", r.Header.Get("Accept-Encoding"))
		require.Equal(t, "text/event-stream", r.Header.Get("Accept"))
		require.Equal(t, "Prometheus/3", r.Header.Get("User-Agent"))
		require.Equal(t, "/sd-proxy/sd/groups", network.requests[1].URL.Path)
	})
}

func TestPasswordsAreNotShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := play(t, &hosts{}, Options{}, "user:secret@a")
		time.Sleep(time.Minute)
		require.Contains(t, p.failures(""), "user:xxxxx@a")
		require.NotContains(t, p.failures("")+p.log.String(), "secret")
	})
}
