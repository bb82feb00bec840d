package client

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestBodiesAreKeptWhenAskedFor(t *testing.T) {
	s := at(1, "exporter/1=a:1,b:1", "exporter/2=c:1")
	for _, keep := range []bool{false, true} {
		t.Run(fmt.Sprint(keep), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				network := &hosts{}
				network.set("a", sends(s.full()))
				p := play(t, network, Options{KeepBodies: keep}, "a")
				synctest.Wait()
				require.Len(t, p.update().Changed, 2)
				for _, g := range p.update().Changed {
					want := ""
					if keep {
						want = s.projects[g.Project][g.Source]
					}
					require.Equal(t, want, string(g.Body))
				}
			})
		})
	}
}

func TestStatusCode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := &hosts{}
		network.set("a", watching{})
		p := play(t, network, Options{}, "a", "b")
		time.Sleep(time.Second)
		p.stop()
		for _, e := range p.events {
			if e.Kind != Failed {
				continue
			}
			want := 0 // nobody listens there
			if e.Server == "http://a" {
				want = http.StatusNotFound
			}
			require.Equal(t, want, StatusCode(e.Err), e.Err)
			require.Equal(t, want, StatusCode(fmt.Errorf("asking: %w", e.Err)))
		}
		require.GreaterOrEqual(t, p.count(Failed), 4)
	})
	require.Zero(t, StatusCode(nil))
	require.Zero(t, StatusCode(errors.New("404")))
}
