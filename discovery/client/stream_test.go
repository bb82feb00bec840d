package client

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/httpsd/wire"
)

// flush writes something that the client has read when it returns.
func flush(w http.ResponseWriter, text string) {
	fmt.Fprint(w, text)
	w.(http.Flusher).Flush()
}

func TestAWholeSetIsHandedOutWhenItIsComplete(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := at(7, "exporter/1=a:1 exporter/2=b:1,b:2", "exporter/3=c:1", "exporter/4=d:1")
		next := make(chan string)
		network := &hosts{}
		network.set("a", watching{stream: func(w http.ResponseWriter, r *http.Request) {
			for text := range next {
				flush(w, text)
			}
			<-r.Context().Done()
		}})
		p := play(t, network, Options{}, "a")
		for _, part := range s.parts() {
			synctest.Wait()
			require.Nil(t, p.held(), "nothing before the last part")
			next <- part
		}
		synctest.Wait()
		require.Equal(t, s.targets(), p.held())
		u := p.update()
		require.True(t, u.First)
		require.Equal(t, s.id(), u.ID.String())
		require.Equal(t, s.etag(), u.ETag)
		require.Equal(t, Stream, u.Origin)
		require.Equal(t, "http://a", u.Server)
		require.Equal(t, &Group{
			Source: "exporter/2", Project: 1, Targets: []string{"b:1", "b:2"},
			Labels: map[string]string{"job": "node", "project": "1"},
		}, u.Changed[1])
		require.Equal(t, []string{"full", "connected"}, p.kinds())
		close(next)
	})
}

func TestASetMayBeEmpty(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := &hosts{}
		network.set("a", sends(sse(wire.EventFull, at(3).id(), fmt.Sprintf(`{"part":0,"last":true,"etag":%q,"projects":[]}`, at(3).etag()))))
		p := play(t, network, Options{}, "a")
		synctest.Wait()
		require.True(t, p.update().First)
		require.Empty(t, p.held())
		require.NotNil(t, p.held())
	})
}

func TestDeltas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before := at(1, "exporter/1=a:1 exporter/2=b:1", "exporter/3=c:1", "exporter/4=d:1")
		after := at(2, "exporter/1=a:1 exporter/2=b:9 exporter/3=c:1 exporter/5=e:1", "", "exporter/4=d:1")
		emptied := at(3)
		network := &hosts{}
		network.set("a", sends(before.full(), after.delta(before), sse("", "5f1c-9", ""), emptied.delta(after)))
		network.set("b", sends(before.full(), after.delta(before), sse("", "5f1c-9", "")))
		p := play(t, network, Options{}, "b")
		synctest.Wait()
		require.Equal(t, after.targets(), p.held())
		u := p.update()
		require.Equal(t, []string{"exporter/2", "exporter/3", "exporter/5"}, sources(u.Changed),
			"also the one that has gone to another project")
		require.Empty(t, u.Gone)
		require.Equal(t, []string{"full", "connected", "delta", "unchanged"}, p.kinds())
		require.EqualValues(t, 9, p.events[3].ID.Revision)

		p = play(t, network, Options{}, "a")
		synctest.Wait()
		require.Equal(t, after.targets(), p.held(), "a delta to a state before the one seen is not applied")
		require.Contains(t, p.failures(""), "5f1c-3, behind 5f1c-9")
	})
}

func sources(groups []*Group) (all []string) {
	for _, g := range groups {
		all = append(all, g.Source)
	}
	return all
}

func TestALaterEventIsIgnored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := at(1, "exporter/1=a:1")
		network := &hosts{}
		network.set("a", sends(sse("weather", "", `"fine"`), s.full(), sse("weather", "5f1c-2", `"fine"`), ": comment\n\n"))
		p := play(t, network, Options{}, "a")
		synctest.Wait()
		require.Equal(t, s.targets(), p.held())
		require.Zero(t, p.count(Disconnected))
	})
}

func TestALostStreamIsResumedElsewhere(t *testing.T) {
	for name, end := range map[string]func(){"cut": cut, "in good order": func() {}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				before := at(1, "exporter/1=a:1", "exporter/2=b:1")
				after := at(5, "exporter/1=a:1", "exporter/2=b:2")
				network := &hosts{}
				network.set("a", watching{stream: func(w http.ResponseWriter, r *http.Request) {
					flush(w, before.full()+sse("", "5f1c-3", ""))
					end()
				}})
				network.set("b", sends(after.delta(before, 2)))
				p := play(t, network, Options{}, "a", "b")
				time.Sleep(500 * time.Millisecond)
				synctest.Wait()
				require.Equal(t, []string{"a/watch", "b/watch 5f1c-3"}, network.seen())
				require.Equal(t, after.targets(), p.held())
				require.Len(t, p.updates, 2)
				require.Equal(t, []string{"exporter/2"}, sources(p.update().Changed))
				require.Equal(t, []string{"full", "connected", "unchanged", "disconnected", "delta", "connected"}, p.kinds())
				require.Equal(t, 2, p.logged("Watching targets"))
				require.Equal(t, 1, p.logged("going on elsewhere"))
				require.Equal(t, name == "cut", p.failures("") != "", "an end in good order is no error")
			})
		})
	}
}

func TestASetThatIsNotTheServersIsTakenAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before := at(1, "exporter/1=a:1", "exporter/2=b:1")
		after := at(5, "exporter/1=a:2", "exporter/2=b:2")
		network := &hosts{}
		network.set("a", sends(before.full(), after.delta(before, 1))) // project 2 is missing
		network.set("b", sends(after.full()))
		p := play(t, network, Options{}, "a", "b")
		synctest.Wait()
		require.Equal(t, []string{"a/watch", "b/watch"}, network.seen(), "without an id to resume from")
		require.Equal(t, after.targets(), p.held())
		require.Len(t, p.updates, 2)
		require.Contains(t, p.failures(""), "the groups have the entity tag")
	})
}

func TestBehind(t *testing.T) {
	behind := func(confirmed bool) string {
		return sse(wire.EventBehind, "", fmt.Sprintf(`{"revision":4,"seen":9,"confirmed":%v}`, confirmed))
	}
	seen := at(9, "exporter/1=a:1", "exporter/2=b:1")
	// first has the state and is then cut; later are what it and b do from then on.
	start := func(t *testing.T, a, b http.Handler) (*hosts, *player) {
		network := &hosts{}
		network.set("a", watching{stream: func(w http.ResponseWriter, r *http.Request) {
			network.set("a", a)
			network.set("b", b)
			flush(w, seen.full())
			cut()
		}})
		return network, play(t, network, Options{}, "a", "b")
	}
	t.Run("a server that lags is passed over", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			after := at(10, "exporter/1=a:1", "exporter/2=b:2")
			network, p := start(t, sends(after.delta(seen, 2)), sends(behind(false)))
			// b ends its stream after that.
			network.set("b", watching{stream: func(w http.ResponseWriter, _ *http.Request) { flush(w, behind(false)) }})
			time.Sleep(time.Second)
			synctest.Wait()
			require.Equal(t, []string{"a/watch", "b/watch 5f1c-9", "a/watch 5f1c-9"}, network.seen()[:3])
			require.Equal(t, after.targets(), p.held())
			require.Contains(t, p.failures(""), "at revision 4, behind 9")
			require.Zero(t, p.logged("restored backup"))
		})
	})
	t.Run("a database that has lost something is followed", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			restored := at(4, "exporter/1=a:1")
			_, p := start(t, nil, watching{stream: func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get(wire.LastEventID) != "" {
					flush(w, behind(true))
					return
				}
				flush(w, restored.full())
				<-r.Context().Done()
			}})
			time.Sleep(time.Second)
			synctest.Wait()
			require.Equal(t, restored.targets(), p.held())
			require.Equal(t, []string{"exporter/2"}, p.update().Gone)
			require.Equal(t, 1, p.logged("restored backup"))
		})
	})
	t.Run("a server that says so without reason is not believed", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			network := &hosts{}
			network.set("a", watching{stream: func(w http.ResponseWriter, _ *http.Request) { flush(w, behind(true)) }})
			p := play(t, network, Options{}, "a")
			time.Sleep(10 * time.Minute)
			require.Less(t, len(network.seen()), 100, "it backs off")
			require.Nil(t, p.held())
		})
	})
	t.Run("an older whole set is refused until the server has said why", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			old := at(4, "exporter/1=a:1")
			network, p := start(t, sends(old.full()), nil)
			network.set("b", nil)
			time.Sleep(time.Hour)
			require.Equal(t, seen.targets(), p.held())
			require.Len(t, p.updates, 1)
			require.Contains(t, p.failures(""), "5f1c-4, behind 5f1c-9")
		})
	})
}

// A client that has no good state to resume from hides what it has seen. When that is why an older set comes, it says so
// the next time, so that a server can tell whether it lags or its database has lost something.
func TestARestoredDatabaseIsFollowedAfterAWrongDelta(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen, restored := at(9, "exporter/1=a:1", "exporter/2=b:1"), at(4, "exporter/1=a:1")
		network := &hosts{}
		network.set("a", watching{stream: func(w http.ResponseWriter, r *http.Request) {
			network.set("a", watching{stream: func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get(wire.LastEventID) != "" {
					flush(w, sse(wire.EventBehind, "", `{"revision":4,"seen":9,"confirmed":true}`))
					return
				}
				flush(w, restored.full())
				<-r.Context().Done()
			}})
			flush(w, seen.full()+sse(wire.EventDelta, "5f1c-10", `{"etag":"wrong","projects":[]}`))
			<-r.Context().Done()
		}})
		p := play(t, network, Options{}, "a")
		time.Sleep(10 * time.Second)
		require.Equal(t, restored.targets(), p.held())
		require.Contains(t, p.failures(""), "5f1c-4, behind 5f1c-9")
	})
}

func TestNothingIsAppliedToASetThatTheStreamHasNotBrought(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := at(9, "exporter/1=a:1", "exporter/2=b:1")
		network := &hosts{}
		network.set("a", sends(s.full(), sse(wire.EventDelta, "5f1c-10", `{"etag":"wrong","projects":[]}`)))
		network.set("b", sends(sse("", "5f1c-11", "")))
		p := play(t, network, Options{}, "a", "b")
		synctest.Wait()
		require.Contains(t, p.failures("http://b"), "an id came before a whole set")
		require.Zero(t, p.count(Unchanged))
	})
}

func TestADeltaThatIsTooLargeIsReplacedByAWholeSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before, after := at(1, "exporter/1=a:1"), at(2, "exporter/1=a:2")
		network := &hosts{}
		network.set("a", watching{stream: func(w http.ResponseWriter, r *http.Request) {
			flush(w, before.full()+"event: delta\n")
			for range wire.MaxEventSize>>20 + 1 {
				fmt.Fprint(w, "data: ", strings.Repeat("x", 1<<20), "\n")
			}
		}})
		network.set("b", sends(after.full()))
		p := play(t, network, Options{}, "a", "b")
		synctest.Wait()
		require.Contains(t, p.failures("http://a"), "too large")
		require.Equal(t, []string{"a/watch", "b/watch"}, network.seen(), "without an id to resume from")
		require.Equal(t, after.targets(), p.held())
	})
}

func TestAGroupMayGoToAnotherProjectAsItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		body := groupBody([]string{"a:1"}, nil)
		before, after := at(1), at(2)
		before.projects[1] = map[string]string{"exporter/1": body}
		after.projects[2] = map[string]string{"exporter/1": body}
		network := &hosts{}
		network.set("a", sends(before.full(), after.delta(before)))
		p := play(t, network, Options{}, "a")
		synctest.Wait()
		require.EqualValues(t, 2, p.groups["exporter/1"].Project)
		require.Len(t, p.updates, 2)
	})
}

func TestAnotherInventoryIsFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before, after := at(9, "exporter/1=a:1"), at(2, "exporter/1=a:2")
		after.epoch = "beef"
		network := &hosts{}
		network.set("a", watching{stream: func(w http.ResponseWriter, r *http.Request) {
			flush(w, before.full())
			cut()
		}})
		network.set("b", sends(after.full()))
		p := play(t, network, Options{}, "a", "b")
		synctest.Wait()
		require.Equal(t, after.targets(), p.held())
		require.Equal(t, 1, p.logged("another one"))
	})
}

func TestAStreamThatGoesSilentIsCut(t *testing.T) {
	s := at(5, "exporter/1=a:1")
	for name, c := range map[string]struct {
		drip  string
		every time.Duration
		lives bool
		want  string
	}{
		"silence":                      {"", time.Hour, false, "nothing more has arrived within 45s"},
		"comments keep it alive":       {":\n\n", 15 * time.Second, true, ""},
		"lines that come in pieces":    {": x", 15 * time.Second, true, ""},
		"a line that does not get far": {"x", 15 * time.Second, false, "nothing more has arrived"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				network := &hosts{}
				network.set("a", watching{stream: func(w http.ResponseWriter, r *http.Request) {
					network.set("a", nil)
					flush(w, s.full())
					for i := 1; r.Context().Err() == nil; i++ {
						pause(r.Context(), c.every)
						flush(w, c.drip)
						if c.lives && i%5 == 0 {
							flush(w, "\n")
						}
					}
				}})
				p := play(t, network, Options{}, "a")
				time.Sleep(10 * time.Minute)
				require.Equal(t, c.lives, p.count(Disconnected) == 0)
				require.Contains(t, p.failures(""), c.want)
				require.Equal(t, s.targets(), p.held())
				p.stop()
			})
		})
	}
}
