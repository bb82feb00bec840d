package discovery

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/prometheus/discovery/targetgroup"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/discovery/client"
)

// script is a source that hands out what it is given, one update after another.
type script struct{ updates chan client.Update }

func (s *script) Run(ctx context.Context, handle func(client.Update)) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case u := <-s.updates:
			handle(u)
		}
	}
}

// scripted is a Discoverer that runs on a script, in a bubble of synctest.
type scripted struct {
	*script
	up   chan []*targetgroup.Group
	stop func()
}

func runScripted(t require.TestingT, hold time.Duration) *scripted {
	d := mustNew(t, `{servers: ["http://a"], coalesce_interval: `+fmt.Sprint(hold.Milliseconds())+`ms}`)
	s := &scripted{script: &script{updates: make(chan client.Update)}, up: make(chan []*targetgroup.Group)}
	d.source = s.script
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		d.Run(ctx, s.up)
	}()
	s.stop = func() { cancel(); <-done }
	return s
}

// received returns what is on the channel by now, "" when there is nothing: "a=1 b=gone" for two groups.
func (s *scripted) received() string {
	synctest.Wait()
	select {
	case batch := <-s.up:
		synctest.Wait()
		return describeBatch(batch)
	default:
		return ""
	}
}

func describeBatch(batch []*targetgroup.Group) string {
	words := []string{}
	for _, g := range batch {
		what := "gone"
		if len(g.Targets) > 0 {
			what = string(g.Targets[0]["__address__"])
		}
		words = append(words, g.Source+"="+what)
	}
	slices.Sort(words)
	return "[" + strings.Join(words, " ") + "]"
}

// update reads "a=1 b=gone".
func update(text string) client.Update {
	var u client.Update
	for _, word := range strings.Fields(text) {
		source, what, _ := strings.Cut(word, "=")
		if what == "gone" {
			u.Gone = append(u.Gone, source)
		} else {
			u.Changed = append(u.Changed, &client.Group{Source: source, Targets: []string{what}})
		}
	}
	return u
}

func first(text string) client.Update {
	u := update(text)
	u.First = true
	return u
}

func TestFirstSet(t *testing.T) {
	for text, want := range map[string]string{"a=1 b=2": "[a=1 b=2]", "": "[]"} {
		t.Run(want, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := runScripted(t, 10*time.Second)
				defer s.stop()
				time.Sleep(time.Hour)
				require.Empty(t, s.received(), "nothing is known, so nothing is sent")
				s.updates <- first(text)
				require.Equal(t, want, s.received())
				time.Sleep(time.Hour)
				require.Empty(t, s.received(), "nothing changes, so nothing is sent")
			})
		})
	}
}

func TestFirstSetIsNeverNil(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := runScripted(t, 0)
		defer s.stop()
		s.updates <- first("")
		require.Equal(t, []*targetgroup.Group{}, <-s.up)
	})
}

func TestCoalescing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := runScripted(t, 10*time.Second)
		defer s.stop()
		s.updates <- first("a=1")
		require.Equal(t, "[a=1]", s.received())

		s.updates <- update("a=2")
		require.Equal(t, "[a=2]", s.received(), "the first change goes out at once, even right after the first set")
		time.Sleep(time.Second)
		s.updates <- update("b=1")
		require.Empty(t, s.received())
		time.Sleep(8 * time.Second)
		s.updates <- update("b=2 c=1 a=gone")
		time.Sleep(999 * time.Millisecond)
		require.Empty(t, s.received())
		time.Sleep(time.Millisecond)
		require.Equal(t, "[a=gone b=2 c=1]", s.received(), "what follows goes out together at the end of the interval")

		time.Sleep(5 * time.Second)
		s.updates <- update("b=3")
		require.Empty(t, s.received(), "which begins the next interval")
		time.Sleep(5 * time.Second)
		require.Equal(t, "[b=3]", s.received())

		time.Sleep(10 * time.Second)
		s.updates <- update("b=4")
		require.Equal(t, "[b=4]", s.received(), "after a quiet spell at once again")
	})
}

func TestCoalescingCanBeOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := runScripted(t, 0)
		defer s.stop()
		for _, text := range []string{"a=1", "a=2", "a=3 b=1", "b=gone"} {
			u := update(text)
			u.First = text == "a=1"
			s.updates <- u
			require.Equal(t, "["+text+"]", s.received())
		}
	})
}

func TestChangesThatComeToNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := runScripted(t, 10*time.Second)
		defer s.stop()
		s.updates <- first("a=1")
		require.Equal(t, "[a=1]", s.received())
		s.updates <- update("a=2")
		require.Equal(t, "[a=2]", s.received())

		s.updates <- update("a=3 b=1")
		s.updates <- update("a=2 b=gone")
		time.Sleep(time.Hour)
		require.Empty(t, s.received(), "changed and changed back, came and went")

		s.updates <- update("a=gone")
		require.Equal(t, "[a=gone]", s.received())
		s.updates <- update("a=2")
		time.Sleep(10 * time.Second)
		require.Equal(t, "[a=2]", s.received(), "what has gone and come back is sent again")
	})
}

func TestReceiverThatStalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := runScripted(t, 10*time.Second)
		defer s.stop()
		s.updates <- first("a=1 b=1")
		for i := range 1000 {
			s.updates <- update(fmt.Sprintf("a=%d x%d=1", i+2, i))
			s.updates <- update(fmt.Sprintf("x%d=gone", i))
		}
		s.updates <- update("b=gone")
		require.Equal(t, "[a=1001]", s.received(), "the state of now, and nothing that it has never had")

		time.Sleep(time.Hour)
		s.updates <- update("c=1")
		synctest.Wait()
		time.Sleep(time.Minute)
		s.updates <- update("c=2")
		require.Equal(t, "[c=2]", s.received())
		s.updates <- update("c=3")
		require.Empty(t, s.received(), "the interval begins when the receiver has taken something")
		time.Sleep(10 * time.Second)
		require.Equal(t, "[c=3]", s.received())
	})
}

func TestRunReturnsWhenItIsCancelled(t *testing.T) {
	for name, prepare := range map[string]func(s *scripted){
		"before anything is known":  func(*scripted) {},
		"while the receiver stalls": func(s *scripted) { s.updates <- first("a=1") },
		"while changes wait for others": func(s *scripted) {
			s.updates <- first("a=1")
			<-s.up
			s.updates <- update("a=2")
			<-s.up
			s.updates <- update("a=3")
		},
		"after everything has been sent": func(s *scripted) { s.updates <- first("a=1"); <-s.up },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := runScripted(t, 10*time.Second)
				prepare(s)
				synctest.Wait()
				began := time.Now()
				s.stop()
				require.Zero(t, time.Since(began), "at once: no time passes")
			})
		})
	}
}
