package main

import (
	"fmt"
	"net"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/httpsd/snapshot"
	"github.com/promshard/promshard/store"
)

// lists reads lists as they are after all that was written.
func (w *twins) lists(t *testing.T) {
	t.Helper()
	for _, kind := range []snapshot.Kind{snapshot.Targets, snapshot.URLs} {
		for _, q := range []snapshot.Query{
			{},
			{Shards: []string{"prod", "spare"}},
			{Shards: []string{"many"}},
			{Shards: []string{"nope"}},
			{Servers: []string{"p1:9090"}},
			{Servers: []string{"nope:1"}},
			{Services: []string{"shop"}},
			{Services: []string{"nope"}},
			{Projects: []string{"web", "a/b?c"}},
			{Projects: []string{"nope"}},
			{Farms: []string{"machines"}},
			{Farms: []string{"nope"}},
			{Jobs: []string{"node", "icmp"}},
			{Jobs: []string{"nope"}},
			{Shards: []string{"prod"}, Services: []string{"shop"}, Projects: []string{"many"}},
		} {
			w.do(t, t.Context(), inventory.List, kind, q)
		}
	}
}

// looksBack reads the journal and compares lists, and undoes what can be undone. filled is a revision of many objects.
func (w *twins) looksBack(t *testing.T, filled int64) {
	t.Helper()
	ctx, newest := t.Context(), w.revisions(t)[0]
	w.entries(t, newest)
	for revision := newest + 1; revision >= -1; revision -= 7 {
		w.do(t, ctx, inventory.JournalPage, revision, 0, 0)
	}
	for _, part := range [][2]int{{0, 0}, {0, 1}, {1, 2}, {2, 1000}, {99, 5}, {0, -1}, {0, 1001}, {-1, 0}} {
		w.do(t, ctx, inventory.JournalPage, filled, part[0], part[1])
	}
	for _, ends := range [][2]int64{{0, 0}, {0, newest}, {newest - 5, newest}, {newest, newest}, {5, 3}, {0, newest + 1}} {
		for _, shard := range []string{"", "prod", "nope"} {
			w.do(t, ctx, inventory.Diff, ends[0], ends[1], shard, 5)
		}
	}
	for _, limit := range []int{-1, 0, 1, 10_000, 10_001} {
		w.do(t, ctx, inventory.Diff, 0, newest, "", limit)
	}
	for revision := newest + 1; revision >= -1; revision -= 5 {
		w.do(t, store.WithDryRun(ctx), inventory.Revert, revision)
	}
	made := w.must(t, inventory.CreateService, &store.Service{Name: "undone"}).receipt().Revision
	for range 2 {
		w.write(t, ctx, inventory.Revert, made)
	}
	w.must(t, inventory.Revert, made+1)
}

// entries reads the journal by all that can be said of an entry.
func (w *twins) entries(t *testing.T, newest int64) {
	t.Helper()
	long, soon := time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	for _, f := range []store.JournalFilter{
		{},
		{Limit: 1},
		{Limit: 10_000},
		{Limit: -1},
		{Limit: 10_001},
		{After: newest - 2},
		{After: newest},
		{Before: 3},
		{Before: 1},
		{After: 2, Before: 7},
		{Actor: twinActor},
		{Actor: "nobody"},
		{Action: "host.create"},
		{Action: "nonsense"},
		{Noun: "host"},
		{Noun: "host", ID: 1},
		{Noun: "nonsense"},
		{ID: 1},
		{Since: long},
		{Since: soon},
		{Until: long},
		{Since: long, Until: soon},
		{Since: soon, Until: long},
	} {
		f.Newest, f.Brief = true, true
		w.do(t, t.Context(), inventory.Entries, f)
	}
}

// explains asks where targets and URLs come from, those that are in lists and those that are not.
func (w *twins) explains(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	for _, target := range []string{
		"w1:9100", "w1:80", "w1:5", "w1", "w2", "o1", "many03:9100", "[2001:db8::5]:9100", "2001:db8::5", "i2:1", "many99", "a1", "nope:1", "", "a:b:c", ":1", "x:0",
	} {
		w.do(t, ctx, inventory.ExplainTarget, target)
	}
	for _, address := range []string{"https://shop.example/?a=b&c=%20", "https://shop.example/", "https://applied.example/", "https://shop.exampl/", "nope", ""} {
		w.do(t, ctx, inventory.ExplainURL, address)
	}
}

// seesConsumers looks at who asks for lists, as replicas have noted it.
func (w *twins) seesConsumers(t *testing.T) {
	t.Helper()
	ctx, now := t.Context(), time.Now().UTC()
	// Each registered server is known by what it asks for, so that no name is looked up.
	servers, err := w.direct.Servers(ctx, store.ServerFilter{})
	require.NoError(t, err)
	seen := []store.Consumer{
		{Name: "a", Address: "192.0.2.1", UserAgent: "Prometheus/3", Path: "/sd/targets", Query: "shard=many", Interval: time.Minute, First: now, Last: now, Requests: 3, Revision: 7, Tag: `"x"`},
		{Name: "b", Address: "192.0.2.2", UserAgent: "agent", Path: "/sd/watch", Query: "kind=urls", Watching: 1, Held: 2, First: now, Last: now.Add(-time.Second), Requests: 1},
		{Name: "c", Address: "192.0.2.3", Path: "/rest/project/many/targets", First: now.Add(-time.Hour), Last: now.Add(-50 * time.Minute), Requests: 9},
	}
	for i, s := range servers {
		query := url.Values{"server": {net.JoinHostPort(s.Host, strconv.Itoa(s.Port))}}
		seen = append(seen, store.Consumer{
			Name: fmt.Sprint(i), Address: "192.0.2.9", Path: "/sd/targets", Query: query.Encode(), First: now,
			Last: now.Add(time.Duration(-i) * 40 * time.Minute), Requests: 1,
		})
	}
	for _, s := range w.stores {
		require.NoError(t, s.SaveConsumers(ctx, "there", seen, time.Time{}))
	}
	w.do(t, ctx, inventory.List, snapshot.Targets, snapshot.Query{}) // until the server shows what is registered
	for _, live := range []*bool{nil, ptr(true), ptr(false)} {
		w.do(t, ctx, inventory.ListConsumers, live)
	}
	w.do(t, ctx, inventory.ExplainTarget, "many03:9100")
	w.do(t, ctx, inventory.ExplainURL, "https://few.example/")
}
