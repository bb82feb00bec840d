package consumers_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/httpsd/consumers"
	"github.com/promshard/promshard/store"
)

// request is one of a Prometheus at an address.
func request(address, target string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, target, http.NoBody)
	r.RemoteAddr = address + ":4711"
	r.Header.Set("User-Agent", "Prometheus/3.16.0")
	r.Header.Set("X-Prometheus-Refresh-Interval-Seconds", "30")
	return r
}

func TestTrackerRemembersWhoAsksForWhat(t *testing.T) {
	tracker := consumers.New(consumers.Options{})
	c := tracker.Of(request("10.0.0.1", "/sd/targets?wait=20s&shard=prod"))
	release := c.Hold()
	assert.EqualValues(t, 1, tracker.All()[0].Held)
	release()
	c.Seen(7, `"tag"`)
	tracker.Of(request("10.0.0.1", "/sd/targets?wait=20s&shard=prod")).Seen(8, `"tag2"`)
	all := tracker.All()
	require.Len(t, all, 1)
	row := all[0]
	assert.WithinDuration(t, time.Now(), row.Last, time.Minute)
	assert.WithinDuration(t, time.Now(), row.First, time.Minute)
	row.First, row.Last, row.Name = time.Time{}, time.Time{}, ""
	assert.Equal(t, store.Consumer{
		Address: "10.0.0.1", UserAgent: "Prometheus/3.16.0", Path: "/sd/targets", Query: "shard=prod",
		Interval: 30 * time.Second, Requests: 2, Revision: 8, Tag: `"tag2"`,
	}, row)

	end := tracker.Of(request("[2001:db8::1]", "/sd/watch?kind=urls")).Watch()
	tracker.Of(request("[2001:db8::1]", "/sd/watch?kind=urls")).Sent(9)
	i := slices.IndexFunc(tracker.All(), func(c store.Consumer) bool { return c.Address == "2001:db8::1" })
	require.GreaterOrEqual(t, i, 0)
	assert.EqualValues(t, 1, tracker.All()[i].Watching)
	assert.EqualValues(t, 9, tracker.All()[i].Revision)
	end()
	for _, row := range tracker.All() {
		assert.Zero(t, row.Watching)
	}
}

func TestTrackerTakesAnything(t *testing.T) {
	tracker := consumers.New(consumers.Options{})
	for _, interval := range []string{"", "x", "NaN", "-1", "1e300", "+Inf", "0"} {
		r := request("", "/sd/targets?"+strings.Repeat("shard=x&", 2000))
		r.RemoteAddr = "no address"
		r.Header.Set("X-Prometheus-Refresh-Interval-Seconds", interval)
		r.Header.Set("User-Agent", strings.Repeat("x", 20000))
		tracker.Of(r).Seen(1, "t")
	}
	all := tracker.All()
	require.Len(t, all, 1)
	assert.Zero(t, all[0].Interval)
	assert.LessOrEqual(t, len(all[0].UserAgent)+len(all[0].Query), 2000)

	var none *consumers.Tracker
	c := none.Of(request("x", "/"))
	c.Seen(1, "")
	c.Sent(1)
	c.Hold()()
	c.Watch()()
	assert.Empty(t, none.All())
}

func TestTrackerIsBounded(t *testing.T) {
	reg := prometheus.NewRegistry()
	tracker := consumers.New(consumers.Options{Most: 640, Registerer: reg})
	for i := range 10_000 {
		tracker.Of(request(fmt.Sprint("10.0.0.", i), "/sd/targets")).Seen(1, "t")
	}
	watching := tracker.Of(request("watcher", "/sd/watch"))
	defer watching.Watch()()
	for i := range 10_000 {
		tracker.Of(request(fmt.Sprint("10.1.0.", i), "/sd/targets")).Seen(1, "t")
	}
	all := tracker.All()
	assert.LessOrEqual(t, len(all), 640)
	assert.Greater(t, len(all), 500)
	assert.True(t, slices.ContainsFunc(all, func(c store.Consumer) bool { return c.Address == "watcher" }), "who holds a stream open is not forgotten for those who do not")
	count, err := testutil.GatherAndCount(reg, "promshard_consumers", "promshard_consumers_dropped_total", "promshard_consumers_save_failures_total")
	require.NoError(t, err)
	assert.Equal(t, 3, count)
	metrics, err := reg.Gather()
	require.NoError(t, err)
	for _, m := range metrics {
		switch m.GetName() {
		case "promshard_consumers":
			assert.InDelta(t, len(all), m.GetMetric()[0].GetGauge().GetValue(), 0)
		case "promshard_consumers_dropped_total":
			assert.InDelta(t, 20_001-len(all), m.GetMetric()[0].GetCounter().GetValue(), 0)
		}
	}
}

func TestTrackerForgetsWhatIsOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tracker := consumers.New(consumers.Options{Keep: time.Hour})
		tracker.Of(request("old", "/sd/targets")).Seen(1, "t")
		end := tracker.Of(request("open", "/sd/watch")).Watch()
		time.Sleep(2 * time.Hour)
		tracker.Of(request("new", "/sd/targets")).Seen(1, "t")
		var names []string
		for _, c := range tracker.All() {
			names = append(names, c.Address)
		}
		assert.Equal(t, []string{"new", "open"}, names)
		end()
	})
}

func TestTrackerIsSafeForConcurrentUse(t *testing.T) {
	tracker := consumers.New(consumers.Options{Most: 128})
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for n := range 500 {
				c := tracker.Of(request(fmt.Sprint(n%200), "/sd/targets"))
				end := c.Hold()
				c.Seen(int64(n), fmt.Sprint(i))
				end()
				if n%100 == 0 {
					tracker.All()
				}
			}
		})
	}
	all.Wait()
	for _, c := range tracker.All() {
		assert.Zero(t, c.Held)
	}
}

// memory is a database that can be away.
type memory struct {
	mu    sync.Mutex
	rows  map[string]store.Consumer
	saves []int
	err   error
}

func (m *memory) SaveConsumers(_ context.Context, replica string, seen []store.Consumer, _ time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return m.err
	}
	m.saves = append(m.saves, len(seen))
	for _, c := range seen {
		c.Replica = replica
		m.rows[replica+c.Name] = c
	}
	return nil
}

func (m *memory) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.err = err
}

// saved is how many rows were saved since the last call.
func (m *memory) saved() (n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, rows := range m.saves {
		n += rows
	}
	m.saves = nil
	return n
}

func TestShareSavesWhatIsNew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tracker := consumers.New(consumers.Options{})
		db := &memory{rows: map[string]store.Consumer{}}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() {
			done <- tracker.Share(ctx, consumers.ShareOptions{Saver: db, Replica: "a", Every: 5 * time.Second})
		}()

		time.Sleep(12 * time.Second)
		assert.Zero(t, db.saved(), "nobody was seen")
		c := tracker.Of(request("10.0.0.1", "/sd/targets?shard=a"))
		c.Seen(1, "t")
		time.Sleep(5 * time.Second)
		assert.Equal(t, 1, db.saved())
		c.Seen(2, "t")
		time.Sleep(20 * time.Second)
		assert.Zero(t, db.saved(), "the same list, a little later")
		c.Seen(3, "other")
		time.Sleep(5 * time.Second)
		assert.Equal(t, 1, db.saved(), "another list")
		time.Sleep(time.Minute)
		c.Seen(3, "other")
		time.Sleep(5 * time.Second)
		assert.Equal(t, 1, db.saved(), "seen much later")

		end := c.Watch()
		time.Sleep(time.Second * 5)
		assert.Equal(t, 1, db.saved())
		time.Sleep(3 * store.ConsumerWritten)
		assert.InDelta(t, 3, db.saved(), 1, "what is open is said again and again")

		db.fail(errors.New("gone"))
		c.Seen(4, "t4")
		time.Sleep(time.Minute)
		db.fail(nil)
		time.Sleep(5 * time.Second)
		assert.Equal(t, 1, db.saved(), "what could not be saved is saved later")

		cancel()
		require.NoError(t, <-done)
		for _, row := range db.rows {
			assert.Zero(t, row.Watching, "a server that has stopped holds nothing")
		}
		end()
	})
}

func TestJoin(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	row := store.Consumer{
		Address: "10.0.0.1", UserAgent: "p", Path: "/sd/targets", Query: "shard=a&shard=b", Interval: 30 * time.Second,
		First: now.Add(-time.Hour), Last: now.Add(-time.Minute), Requests: 5, Revision: 3, Tag: "x", Replica: "one", Held: 1,
	}
	later := row
	later.Replica, later.Last, later.First, later.Revision, later.Tag = "two", now, now.Add(-time.Minute), 4, "y"
	other := row
	other.Path, other.Query, other.Last = "/sd/watch", "kind=urls&server=p1:9090", now.Add(-time.Hour)
	views := consumers.Join([]store.Consumer{row, other, later})
	require.Len(t, views, 2)
	assert.Equal(t, consumers.View{
		Address: "10.0.0.1", UserAgent: "p", List: "targets", Path: "/sd/targets", Filters: map[string][]string{"shard": {"a", "b"}},
		Interval: 30, Held: 2, First: now.Add(-time.Hour), Last: now, Requests: 10, Revision: 4, Tag: "y", Replicas: []string{"one", "two"},
	}, views[0])
	assert.Equal(t, "shard=a shard=b", views[0].FilterText())
	assert.Equal(t, "urls", views[1].List)
	assert.Equal(t, "server=p1:9090", views[1].FilterText())
}

func TestViewGets(t *testing.T) {
	place := consumers.Place{Shard: "a", Servers: []string{"p1:9090"}, Service: "s", ServiceID: 7, Project: "p/q", ProjectID: 8, Farm: "f", Job: "j"}
	for query, want := range map[string]bool{
		"/sd/targets": true, "/sd/targets?shard=a": true, "/sd/targets?shard=b": false, "/sd/targets?shard=b&server=p1:9090": true,
		"/sd/targets?server=p2:9090": false, "/sd/targets?service=s&project=p/q&farm=f&job=j": true, "/sd/targets?job=x": false,
		"/sd/targets?farm=x": false, "/sd/targets?project=p": false, "/sd/targets?service=x": false,
		"/sd/watch?kind=targets": true, "/sd/urls": false, "/sd/watch?kind=urls": false,
		"/service/7/targets": true, "/service/8/targets": false, "/project/8/targets/": true, "/project/9/targets": false,
		"/rest/service/s/targets": true, "/rest/project/p/q/targets": true, "/rest/project/p/targets": false, "/rest/all/targets": true,
		"/api/v1/targets": true, "/api/v1/config/": true,
	} {
		path, raw, _ := strings.Cut(query, "?")
		views := consumers.Join([]store.Consumer{{Path: path, Query: raw}})
		assert.Equal(t, want, views[0].Gets("targets", place), query)
	}
}

// names resolves what it has.
type names map[string][]string

func (n names) LookupHost(_ context.Context, host string) ([]string, error) {
	if found, ok := n[host]; ok {
		return found, nil
	}
	return nil, errors.New("no such host")
}

func TestServersThatAskAndThoseThatDoNot(t *testing.T) {
	now := time.Now()
	views := consumers.Join([]store.Consumer{
		{Address: "10.0.0.1", Path: "/sd/targets", Query: "server=prom1%3A9090", Last: now},
		{Address: "10.0.0.2", Path: "/sd/targets", Query: "shard=a", Last: now.Add(-time.Hour), Interval: time.Minute},
		{Address: "10.0.0.3", Path: "/sd/targets", Query: "shard=a", Last: now.Add(-10 * time.Minute)},
		{Address: "2001:db8::1", Path: "/sd/watch", Query: "shard=a", Last: now.Add(-time.Hour), Watching: 1},
	})
	servers := []store.Server{
		{Host: "prom1", Port: 9090},
		{Host: "10.0.0.2", Port: 9090},
		{Host: "prom3", Port: 9090},
		{Host: "2001:db8::1", Port: 9090},
		{Host: "prom5", Port: 9090},
	}
	got := consumers.Servers(t.Context(), servers, views, names{"prom3": {"10.0.0.3"}}, now)
	var said []string
	for _, s := range got {
		said = append(said, fmt.Sprint(s.Server, " ", s.Live, " ", s.By, " ", s.Last != nil))
	}
	assert.Equal(t, []string{
		"prom1:9090 true filter true", "10.0.0.2:9090 false address true", "prom3:9090 true address true",
		"[2001:db8::1]:9090 true address true", "prom5:9090 false  false",
	}, said)
}

func BenchmarkSeen(b *testing.B) {
	tracker := consumers.New(consumers.Options{})
	b.Run("one consumer", func(b *testing.B) {
		r := request("10.0.0.1", "/sd/targets?shard=prod&wait")
		b.ReportAllocs()
		for b.Loop() {
			tracker.Of(r).Seen(1, "tag")
		}
	})
	b.Run("many at once", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			requests := make([]*http.Request, 500)
			for i := range requests {
				requests[i] = request(fmt.Sprint("10.0.0.", i), "/sd/targets?shard=prod&wait")
			}
			for i := 0; pb.Next(); i++ {
				tracker.Of(requests[i%len(requests)]).Seen(1, "tag")
			}
		})
	})
}
