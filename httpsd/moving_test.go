package httpsd

import (
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/httpsd/wire"
	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

// TestAServerThatIsMovedHasTheListsOfItsNewShard moves a registered server to and fro, by both ways there are, and looks at
// all that server= can be asked of: lists, documents, held requests and watch streams.
func TestAServerThatIsMovedHasTheListsOfItsNewShard(t *testing.T) {
	storetest.RunURL(t, func(t *testing.T, databaseURL string) {
		fillShop(t, databaseURL)
		reg := prometheus.NewRegistry()
		r := startReplica(t, databaseURL, func(_ *PublisherOptions, o *Options) { o.Registerer = reg })
		fillOther(t, r.store)
		const (
			as    = "server=prometheus001:9090"
			held  = "/sd/targets?" + as + "&wait=1h"
			watch = "/sd/watch?" + as
		)
		require.Eventually(t, func() bool {
			_, _, body := r.get(t, "/sd/targets?shard=other")
			return strings.Contains(body, "other1:9100")
		}, holdPatience, waitStepOfMoves)
		of := func(shard string) string {
			_, _, body := r.get(t, "/sd/targets?shard="+shard)
			return body
		}
		stream := follow(t, r.client, r.url+watch)
		stream.next(t)
		require.Equal(t, of("prod"), streamed(stream))

		for _, move := range []struct {
			to string
			by func() error
		}{
			{"other", func() error {
				_, err := r.store.RegisterServer(t.Context(), "other", "prometheus001", 9090)
				return err
			}},
			{"prod", func() error { return moveServer(t, r.store, "prod") }},
			{"other", func() error { return moveServer(t, r.store, "other") }},
		} {
			_, header, _ := r.get(t, "/sd/targets?"+as)
			answer := holdRequest(t, r, reg, held, header.Get("ETag"))
			require.NoError(t, move.by())
			body, ok := <-answer
			require.True(t, ok)
			assert.Equal(t, of(move.to), body, "a request that was held")
			_, _, body = r.get(t, "/sd/targets?"+as)
			assert.Equal(t, of(move.to), body, "a list")
			for streamed(stream) != of(move.to) {
				stream.next(t)
			}
			_, _, body = r.get(t, "/sd/groups?"+as)
			for _, list := range []string{"prod", "other"} {
				assert.Equal(t, list == move.to, strings.Contains(body, `"__shard":"`+list+`"`), "the document")
			}
			resumed := follow(t, r.client, r.url+watch, wire.LastEventID, stream.id.String())
			resumed.set = maps.Clone(stream.set)
			resumed.next(t)
			assert.Equal(t, of(move.to), streamed(resumed), "a stream that is resumed")
			resumed.leave(t)
		}

		t.Run("and none once it is not registered", func(t *testing.T) {
			servers, err := r.store.Servers(t.Context(), store.ServerFilter{Host: "prometheus001"})
			require.NoError(t, err)
			require.NoError(t, r.store.DeleteServer(t.Context(), servers[0].ID, store.DeleteOptions{}))
			require.Eventually(t, func() bool {
				code, _, _ := r.get(t, "/sd/targets?"+as)
				return code == http.StatusNotFound
			}, holdPatience, waitStepOfMoves)
			rest, err := stream.over(t)
			assert.NoError(t, err)
			assert.Empty(t, rest, "the targets stay")
		})
	})
}

const waitStepOfMoves = 5 * time.Millisecond

// fillOther adds a shard with a project of its own.
func fillOther(t *testing.T, s *store.Store) {
	t.Helper()
	ctx := t.Context()
	require.NoError(t, s.CreateShard(ctx, &store.Shard{Name: "other", Enabled: true}))
	require.NoError(t, s.CreateProject(ctx, &store.Project{Name: "elsewhere", Service: "web", Shard: "other", Enabled: true}))
	_, _, err := s.RegisterJob(ctx, store.Exporter{Project: "elsewhere", Job: "node", Port: 9100, Enabled: true})
	require.NoError(t, err)
	_, _, err = s.RegisterHost(ctx, "elsewhere", "other1")
	require.NoError(t, err)
}

// moveServer is what promshard server set … --shard does.
func moveServer(t *testing.T, s *store.Store, shard string) error {
	t.Helper()
	servers, err := s.Servers(t.Context(), store.ServerFilter{Host: "prometheus001"})
	require.NoError(t, err)
	require.Len(t, servers, 1)
	_, err = s.UpdateServer(t.Context(), servers[0].ID, store.ServerUpdate{Shard: &shard})
	return err
}

// holdRequest asks for a list other than the one of the tag, returns once the request is held, and sends the body when it
// comes.
func holdRequest(t *testing.T, r *replica, reg *prometheus.Registry, target, etag string) <-chan string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.url+target, http.NoBody)
	require.NoError(t, err)
	req.Header.Set("If-None-Match", etag)
	answer := make(chan string, 1)
	go func() {
		defer close(answer)
		res, err := r.client.Do(req)
		if err != nil {
			return
		}
		defer res.Body.Close()
		if body, err := io.ReadAll(res.Body); err == nil {
			answer <- string(body)
		}
	}()
	require.Eventually(t, func() bool { return metricValue(t, reg, "promshard_held_requests") == 1 }, holdPatience, waitStepOfMoves)
	return answer
}

// streamed is the list that a stream's client holds, of shards with one project.
func streamed(f *follower) string { return "[" + strings.Join(f.bodies(), ",") + "]" }
