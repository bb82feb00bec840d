package httpsd

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/httpsd/consumers"
	"github.com/promshard/promshard/httpsd/origins"
	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

// withHistory runs fn on an inventory with two hosts, served with a publisher that follows it and a tracker.
func withHistory(t *testing.T, fn func(t *testing.T, a *apiServing)) {
	t.Helper()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		for _, step := range []func(ctx context.Context) error{
			func(ctx context.Context) error {
				_, err := s.RegisterServer(ctx, "prod", "127.0.0.1", 9090)
				return err
			},
			func(ctx context.Context) error {
				_, err := s.RegisterServer(ctx, "prod", "prom2.invalid", 9090)
				return err
			},
			func(ctx context.Context) error { return s.CreateService(ctx, &store.Service{Name: "shop"}) },
			func(ctx context.Context) error {
				return s.CreateProject(ctx, &store.Project{Name: "web", Service: "shop", Shard: "prod", Enabled: true})
			},
			func(ctx context.Context) error { _, _, err := s.RegisterHost(ctx, "web", "web1"); return err },
			func(ctx context.Context) error {
				_, _, err := s.RegisterJob(ctx, store.Exporter{Job: "node", Port: 9100, Project: "web", Enabled: true})
				return err
			},
		} {
			require.NoError(t, step(store.WithActor(t.Context(), "ann")))
		}
		var publisher *Publisher
		a := newAPI(t, s, func(o *Options) {
			o.Consumers, o.Replica = consumers.New(consumers.Options{}), "here"
			publisher = o.Publisher
		})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- publisher.Run(ctx) }()
		t.Cleanup(func() {
			cancel()
			assert.NoError(t, <-done)
		})
		require.Eventually(t, func() bool { return publisher.Snapshot() != nil }, 10*time.Second, time.Millisecond)
		fn(t, a)
	})
}

func TestJournalOverHTTP(t *testing.T) {
	withHistory(t, func(t *testing.T, a *apiServing) {
		type page struct {
			Items []journalItem
			Next  string
		}
		var revisions []int64
		for next := ""; ; {
			target := "/api/v2/journal?limit=4"
			if next != "" {
				target += "&cursor=" + next
			}
			p := data[page](t, a.do(t, "GET", target, nil), http.StatusOK)
			for _, item := range p.Items {
				revisions = append(revisions, item.Revision)
				assert.Equal(t, "ann", item.Actor)
				assert.NotEmpty(t, item.Summary)
			}
			if next = p.Next; next == "" {
				break
			}
		}
		assert.Equal(t, []int64{6, 5, 4, 3, 2, 1}, revisions)
		for query, want := range map[string][]int64{
			"actor=bob": {}, "action=project.create": {4}, "noun=host": {5}, "noun=project&id=1": {4},
			"from_revision=3&to_revision=5": {5, 4, 3}, "until=2001-01-01T00:00:00Z": {}, "since=2001-01-01T00:00:00Z&to_revision=2": {2, 1},
		} {
			list := []int64{}
			for _, item := range data[page](t, a.do(t, "GET", "/api/v2/journal?"+query, nil), http.StatusOK).Items {
				list = append(list, item.Revision)
			}
			assert.Equal(t, want, list, query)
		}
		for _, query := range []string{"id=1", "noun=x", "limit=0", "cursor=x", "since=yesterday", "from_revision=0", "color=red"} {
			assert.Equal(t, http.StatusBadRequest, a.do(t, "GET", "/api/v2/journal?"+query, nil).code, query)
		}

		entry := data[struct {
			Revision int64
			Objects  []store.ObjectDiff
			Counts   []store.ObjectCounts
			Total    int64
			Next     int64
		}](t, a.do(t, "GET", "/api/v2/journal/5?limit=1&cursor=1", nil), http.StatusOK)
		assert.EqualValues(t, 2, entry.Total)
		assert.Zero(t, entry.Next)
		require.Len(t, entry.Objects, 1)
		assert.Equal(t, "web1", entry.Objects[0].Name)
		assert.Equal(t, []store.ObjectCounts{{Noun: "farm", Created: 1}, {Noun: "host", Created: 1}}, entry.Counts)
		for _, revision := range []string{"0", "99", "x", "-1", "01", "99999999999999999999"} {
			assert.Equal(t, http.StatusNotFound, a.do(t, "GET", "/api/v2/journal/"+revision, nil).code, revision)
		}
	})
}

func TestRevertOverHTTP(t *testing.T) {
	withHistory(t, func(t *testing.T, a *apiServing) {
		got := a.do(t, "POST", "/api/v2/journal/5/revert?dry_run=true", nil)
		dry := data[store.Reversal](t, got, http.StatusOK)
		assert.Zero(t, dry.Revision)
		assert.Equal(t, 2, dry.Deleted)
		assert.Contains(t, got.body, `"dry_run":true`)

		for range 2 {
			did := data[store.Reversal](t, a.do(t, "POST", "/api/v2/journal/5/revert", nil, "Idempotency-Key", "k"), http.StatusOK)
			assert.EqualValues(t, 7, did.Revision)
		}
		got = a.do(t, "POST", "/api/v2/journal/5/revert", nil)
		assert.Equal(t, http.StatusConflict, got.code)
		assert.Contains(t, got.body, "by revision 7")
		assert.Equal(t, http.StatusNotFound, a.do(t, "POST", "/api/v2/journal/99/revert", nil).code)
		assert.Equal(t, http.StatusMethodNotAllowed, a.do(t, "GET", "/api/v2/journal/5/revert", nil).code)
	})
}

func TestListsDiffOverHTTP(t *testing.T) {
	withHistory(t, func(t *testing.T, a *apiServing) {
		d := data[origins.Diff](t, a.do(t, "GET", "/api/v2/lists/diff?from=5", nil), http.StatusOK)
		require.Len(t, d.Shards, 1)
		assert.EqualValues(t, 6, d.To)
		assert.Equal(t, 1, d.Shards[0].Added)
		assert.Equal(t, "web1:9100", d.Shards[0].Targets[0].Target)
		assert.Empty(t, data[origins.Diff](t, a.do(t, "GET", "/api/v2/lists/diff?from=0&to=5", nil), http.StatusOK).Shards)
		for _, query := range []string{"", "from=-1", "from=6&to=5", "from=1&to=99", "from=1&limit=0"} {
			assert.Equal(t, http.StatusBadRequest, a.do(t, "GET", "/api/v2/lists/diff?"+query, nil).code, query)
		}
	})
}

func TestExplainOverHTTP(t *testing.T) {
	withHistory(t, func(t *testing.T, a *apiServing) {
		require.Equal(t, http.StatusOK, a.do(t, "GET", "/sd/targets?shard=prod", nil).code)
		e := data[origins.Explanation](t, a.do(t, "GET", "/api/v2/explain?target=web1:9100", nil), http.StatusOK)
		require.True(t, e.Listed)
		assert.EqualValues(t, 6, e.Origins[0].Since)
		assert.Equal(t, []string{"127.0.0.1:9090", "prom2.invalid:9090"}, e.Origins[0].Servers)
		require.Len(t, e.Origins[0].Consumers, 1)
		assert.Equal(t, "127.0.0.1", e.Origins[0].Consumers[0].Address)
		e = data[origins.Explanation](t, a.do(t, "GET", "/api/v2/explain?url=http://x/", nil), http.StatusOK)
		assert.False(t, e.Listed)
		for _, query := range []string{"", "target=", "target=a:1&url=http://x/", "target=a:b:c"} {
			assert.Equal(t, http.StatusBadRequest, a.do(t, "GET", "/api/v2/explain?"+query, nil).code, query)
		}
	})
}

func TestConsumersOverHTTP(t *testing.T) {
	withHistory(t, func(t *testing.T, a *apiServing) {
		for _, target := range []string{"/sd/targets?shard=prod", "/sd/targets?shard=prod", "/rest/project/web/targets", "/sd/groups?kind=urls"} {
			require.Equal(t, http.StatusOK, a.do(t, "GET", target, nil, refreshHeader, "30").code, target)
		}
		require.Equal(t, http.StatusNotFound, a.do(t, "GET", "/sd/targets?shard=nope", nil).code)
		elsewhere := store.Consumer{
			Name: "x", Address: "192.0.2.1", Path: "/sd/watch", Query: "server=prom2.invalid%3A9090", Watching: 1, First: time.Now(), Last: time.Now(), Revision: 5,
		}
		require.NoError(t, a.store.SaveConsumers(t.Context(), "there", []store.Consumer{elsewhere}, time.Time{}))
		require.NoError(t, a.store.SaveConsumers(t.Context(), "here", []store.Consumer{elsewhere}, time.Time{}), "what was saved of oneself is older than what one knows")

		list := data[consumerList](t, a.do(t, "GET", "/api/v2/consumers", nil), http.StatusOK)
		assert.False(t, list.Partial)
		require.Len(t, list.Consumers, 4)
		by := map[string]consumers.View{}
		for _, v := range list.Consumers {
			by[v.Path+" "+v.FilterText()] = v
		}
		v := by["/sd/targets shard=prod"]
		assert.EqualValues(t, 2, v.Requests)
		assert.InDelta(t, 30, v.Interval, 0)
		assert.EqualValues(t, 6, v.Revision)
		assert.NotEmpty(t, v.Tag)
		assert.Equal(t, []string{"here"}, v.Replicas)
		assert.Equal(t, "urls", by["/sd/groups "].List)
		assert.EqualValues(t, 1, by["/sd/watch server=prom2.invalid:9090"].Watching)
		assert.Equal(t, []string{"there"}, by["/sd/watch server=prom2.invalid:9090"].Replicas)
		var servers []string
		for _, s := range list.Servers {
			servers = append(servers, fmt.Sprint(s.Server, " ", s.Live, " ", s.By))
		}
		assert.Equal(t, []string{"127.0.0.1:9090 true address", "prom2.invalid:9090 true filter"}, servers)
		assert.Empty(t, data[consumerList](t, a.do(t, "GET", "/api/v2/consumers?live=false", nil), http.StatusOK).Consumers)
	})
}

func TestHeldRequestsAndStreamsAreSeen(t *testing.T) {
	tracker := consumers.New(consumers.Options{})
	s := loadedServing(t, func(o *Options) { o.Consumers = tracker })
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	get := func(target string, headers ...string) *http.Response {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+target, http.NoBody)
		require.NoError(t, err)
		for i := 0; i+1 < len(headers); i += 2 {
			req.Header.Set(headers[i], headers[i+1])
		}
		res, err := s.client.Do(req)
		if err == nil {
			t.Cleanup(func() { res.Body.Close() })
		}
		return res
	}
	tag := get("/sd/targets?shard=prod").Header.Get("ETag")
	watch := get("/sd/watch?shard=prod", "Accept", "text/event-stream")
	require.Equal(t, http.StatusOK, watch.StatusCode)
	held := make(chan struct{})
	go func() {
		defer close(held)
		get("/sd/targets?shard=prod&wait", "If-None-Match", tag)
	}()
	open := func() (held, watching int64) {
		for _, c := range tracker.All() {
			held, watching = held+c.Held, watching+c.Watching
		}
		return held, watching
	}
	require.Eventually(t, func() bool { h, w := open(); return h == 1 && w == 1 }, 10*time.Second, time.Millisecond)
	cancel()
	<-held
	require.Eventually(t, func() bool { h, w := open(); return h == 0 && w == 0 }, 10*time.Second, time.Millisecond)
}
