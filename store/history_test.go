package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

// random is a source of writes, the same ones for the same seed.
type random struct {
	*rand.Rand
	s *store.Store
	t *testing.T
	n int
}

func (r *random) name(of string) string { r.n++; return fmt.Sprintf("%s%d", of, r.IntN(12)) }

func pick[T any](r *random, rows []T, err error) (T, bool) {
	require.NoError(r.t, err)
	if len(rows) == 0 {
		var none T
		return none, false
	}
	return rows[r.IntN(len(rows))], true
}

func (r *random) labels() store.Labels {
	if r.IntN(2) == 0 {
		return nil
	}
	return store.Labels{"l" + fmt.Sprint(r.IntN(3)): fmt.Sprint(r.IntN(3))}
}

// write makes some write; that it is refused is fine.
func (r *random) write(ctx context.Context) error {
	s := r.s
	project, hasProject := pick(r, first(s.Projects(ctx, store.ProjectFilter{})), nil)
	host, hasHost := pick(r, first(s.Hosts(ctx, store.HostFilter{})), nil)
	switch n := r.IntN(16); {
	case n == 0:
		return s.CreateShard(ctx, &store.Shard{Name: r.name("shard"), Enabled: true})
	case n == 1:
		return s.CreateService(ctx, &store.Service{Name: r.name("service"), Labels: r.labels()})
	case n == 2:
		return second(s.Import(ctx, listOf(
			store.ImportGroup{
				Targets: []string{r.name("host") + ":9100", r.name("other") + ":9100"},
				Labels:  map[string]string{"__shard": r.name("shard"), "service": r.name("service"), "project": r.name("project"), "job": "node"},
			},
			store.ImportGroup{
				Targets: []string{"http://" + r.name("url") + "/"},
				Labels:  map[string]string{"__shard": "shard1", "service": "service1", "project": r.name("project"), "job": "x", "__param_module": r.name("module")},
			}), store.ImportOptions{}))
	case n == 3:
		return second(s.RegisterServer(ctx, r.name("shard"), r.name("prom"), 9090))
	case !hasProject:
		return nil
	case n == 4:
		_, _, err := s.RegisterJob(ctx, store.Exporter{Job: r.name("job"), Port: 1 + r.IntN(3), Project: project.Name, Enabled: r.IntN(3) > 0})
		return err
	case n == 5, n == 6:
		_, _, err := s.RegisterHost(ctx, project.Name, r.name("host"))
		return err
	case n == 7:
		return second(s.UpdateProject(ctx, project.ID, store.ProjectUpdate{Shard: ptr(r.name("shard"))}))
	case n == 8:
		return second(s.UpdateProject(ctx, project.ID, store.ProjectUpdate{Enabled: ptr(r.IntN(2) == 0), Name: ptr(r.name("project"))}))
	case n == 9:
		return second(s.UpdateService(ctx, project.ServiceID, store.ServiceUpdate{Name: ptr(r.name("service")), Labels: ptr(r.labels())}))
	case n == 10:
		return second(s.UpdateShard(ctx, project.ShardID, store.ShardUpdate{Name: ptr(r.name("shard"))}))
	case n == 11 && hasHost:
		return second(s.UpdateHost(ctx, host.ID, store.HostUpdate{Name: ptr(r.name("host")), Enabled: ptr(r.IntN(2) == 0), Labels: ptr(r.labels())}))
	case n == 12 && hasHost:
		return s.DeleteHost(ctx, host.ID, store.DeleteOptions{})
	case n == 13:
		return second(s.SetHosts(ctx, project.ID, store.SetHosts{Add: []store.Host{{Name: r.name("set"), Enabled: true}}, Remove: []string{r.name("host")}}))
	case n == 14:
		return s.DeleteProject(ctx, project.ID, store.DeleteOptions{Cascade: true})
	case n == 15 && r.IntN(4) == 0:
		return s.DeleteShard(ctx, project.ShardID, store.DeleteOptions{Cascade: true})
	}
	return nil
}

func first[A, B any](a A, _ B) A         { return a }
func second[A any](_ A, err error) error { return err }

func TestRevertFromTheNewestBackwardsGoesBackInTime(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		r := &random{Rand: rand.New(rand.NewPCG(1, uint64(len(t.Name())))), s: s, t: t}
		states := []string{state(t, s)}
		for len(states) < 60 {
			before := newest(t, s)
			_ = r.write(t.Context())
			if newest(t, s) > before {
				states = append(states, state(t, s))
			}
		}
		for i := len(states) - 1; i > 0; i-- {
			_, err := s.Revert(t.Context(), int64(i))
			require.NoError(t, err, "reverting revision %d", i)
			require.Equal(t, states[i-1], state(t, s), "after revision %d", i-1)
		}
		t.Run("and forwards again", func(t *testing.T) {
			last := newest(t, s)
			for i := range int64(len(states) - 1) {
				_, err := s.Revert(t.Context(), last-i)
				require.NoError(t, err)
				require.Equal(t, states[i+1], state(t, s))
			}
		})
	})
}

// projectSink keeps what lists are rendered from, by project.
type projectSink map[int64]*store.ProjectRows

func (projectSink) Directory(store.Directory) error      { return nil }
func (projectSink) Service(store.Service) error          { return nil }
func (s projectSink) Project(p *store.ProjectRows) error { s[p.ID] = p; return nil }

// plain is a project in JSON, in which an empty label set is none.
func plain(t *testing.T, p *store.ProjectRows) string {
	t.Helper()
	b, err := json.Marshal(p)
	require.NoError(t, err)
	return strings.NewReplacer("null", "[]").Replace(string(b))
}

func TestBetweenRebuildsBothEnds(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		r := &random{Rand: rand.New(rand.NewPCG(2, 3)), s: s, t: t}
		load := func() projectSink {
			sink := projectSink{}
			_, err := s.Load(t.Context(), sink)
			require.NoError(t, err)
			return sink
		}
		states := []projectSink{load()}
		for len(states) < 50 {
			before := newest(t, s)
			_ = r.write(t.Context())
			if newest(t, s) > before {
				states = append(states, load())
			}
		}
		for range 60 {
			from := r.IntN(len(states))
			to := from + r.IntN(len(states)-from)
			past, err := s.Between(t.Context(), int64(from), int64(to))
			require.NoError(t, err)
			if to == 0 {
				continue // stands for the newest
			}
			for id := range union(states[from], states[to]) {
				same := plain(t, states[from][id]) == plain(t, states[to][id])
				if past.Before[id] == nil && past.After[id] == nil {
					require.True(t, same, "project %d differs between %d and %d", id, from, to)
					continue
				}
				require.Equal(t, plain(t, states[from][id]), plain(t, past.Before[id]), "project %d at %d, up to %d", id, from, to)
				require.Equal(t, plain(t, states[to][id]), plain(t, past.After[id]), "project %d at %d, from %d", id, to, from)
			}
		}
		for text, ends := range map[string][2]int64{
			"revision to \"4711\": is still to come":   {0, 4711},
			"revision from \"-1\": must be 0 or more":  {-1, 5},
			"revision from \"7\": must not come after": {7, 5},
		} {
			_, err := s.Between(t.Context(), ends[0], ends[1])
			require.ErrorIs(t, err, store.ErrInvalid)
			require.ErrorContains(t, err, text)
		}
	})
}

func union(a, b projectSink) map[int64]bool {
	ids := map[int64]bool{}
	for id := range a {
		ids[id] = true
	}
	for id := range b {
		ids[id] = true
	}
	return ids
}

func TestJournalByObjectTimeAndPage(t *testing.T) {
	withSeed(t, func(t *testing.T, s *store.Store, p seed) {
		ctx := t.Context()
		start := newest(t, s)
		require.NoError(t, second(s.UpdateHost(ctx, p.host.ID, store.HostUpdate{Enabled: ptr(false)})))
		require.NoError(t, second(s.Import(ctx, imported(), store.ImportOptions{})))
		require.NoError(t, s.DeleteProject(ctx, p.project.ID, store.DeleteOptions{Cascade: true}))
		revisions := func(f store.JournalFilter) []int64 {
			entries, err := s.Journal(ctx, f)
			require.NoError(t, err)
			list := []int64{}
			for _, e := range entries {
				list = append(list, e.Revision)
			}
			return list
		}
		created := revisions(store.JournalFilter{Noun: "host", ID: p.host.ID})[0]
		require.Equal(t, []int64{created, start + 1, start + 3}, revisions(store.JournalFilter{Noun: "host", ID: p.host.ID}))
		hosts, err := s.Hosts(ctx, store.HostFilter{Name: "db2"})
		require.NoError(t, err)
		require.Equal(t, []int64{start + 2}, revisions(store.JournalFilter{Noun: "host", ID: hosts[0].ID}), "in a range of an import")
		require.Equal(t, []int64{start + 3}, revisions(store.JournalFilter{Noun: "host", ID: p.host.ID, After: start + 1}))
		require.Equal(t, []int64{start + 2, start + 1}, revisions(store.JournalFilter{Noun: "host", Newest: true, Before: start + 3, Limit: 2}))
		require.Empty(t, revisions(store.JournalFilter{Noun: "probe", ID: 4711}))
		require.Empty(t, revisions(store.JournalFilter{Since: time.Now().Add(time.Hour)}))
		require.Len(t, revisions(store.JournalFilter{Since: time.Now().Add(-time.Hour), Until: time.Now()}), int(start)+3)
		require.Empty(t, revisions(store.JournalFilter{Until: time.Now().Add(-time.Hour)}))
		require.Empty(t, revisions(store.JournalFilter{Actor: "a\x00b"}))

		brief, err := s.Journal(ctx, store.JournalFilter{Newest: true, Limit: 1, Brief: true})
		require.NoError(t, err)
		assert.Empty(t, brief[0].Changes)
		assert.NotEmpty(t, brief[0].Summary)

		for text, f := range map[string]store.JournalFilter{
			"there are default_exporter, exporter": {Noun: "nonsense"},
			"there are import, apply, sync":        {Action: "host.creat"},
			"needs a noun":                         {ID: 5},
			"is before the time":                   {Since: time.Now(), Until: time.Now().Add(-time.Hour)},
		} {
			_, err := s.Journal(ctx, f)
			require.ErrorIs(t, err, store.ErrInvalid)
			require.ErrorContains(t, err, text)
		}
	})
}

func TestJournalPageSaysWhatChanged(t *testing.T) {
	withSeed(t, func(t *testing.T, s *store.Store, p seed) {
		ctx := t.Context()
		require.NoError(t, second(s.UpdateHost(ctx, p.host.ID, store.HostUpdate{Enabled: ptr(false), Labels: &store.Labels{"id": "7", "rack": "r1"}})))
		page, err := s.JournalPage(ctx, newest(t, s), 0, 0)
		require.NoError(t, err)
		text, err := json.Marshal(page.Objects)
		require.NoError(t, err)
		assert.JSONEq(t, fmt.Sprintf(`[{"noun":"host","id":%d,"name":"web1","kind":"changed","fields":[
			{"field":"enabled","old":true,"new":false},
			{"field":"labels.id","old":null,"new":"7"},
			{"field":"labels.rack","old":null,"new":"r1"}]}]`, p.host.ID), string(text))
		assert.Equal(t, []store.ObjectCounts{{Noun: "host", Changed: 1}}, page.Counts)
		assert.EqualValues(t, 1, page.Total)

		require.NoError(t, second(s.Import(ctx, imported(), store.ImportOptions{})))
		var names []string
		for offset := int64(0); ; {
			page, err := s.JournalPage(ctx, newest(t, s), offset, 2)
			require.NoError(t, err)
			assert.LessOrEqual(t, len(page.Objects), 2)
			for _, o := range page.Objects {
				assert.Equal(t, "created", o.Kind)
				names = append(names, o.Noun+" "+o.Name)
			}
			if offset = page.Next; offset == 0 {
				assert.EqualValues(t, len(names), page.Total)
				break
			}
		}
		for _, name := range []string{"shard new", "service data", "project data-db", "host db1", "host 2001:db8::1", "probe tcp", "url https://data.example.com/"} {
			assert.True(t, slices.Contains(names, name), "%s among %v", name, names)
		}
		_, err = s.JournalPage(ctx, 4711, 0, 0)
		require.ErrorIs(t, err, store.ErrNotFound)
		for _, limit := range []int{-1, 1001} {
			_, err = s.JournalPage(ctx, 1, 0, limit)
			require.ErrorIs(t, err, store.ErrInvalid)
		}
	})
}

func TestTraceGoesBackThroughWhatHappened(t *testing.T) {
	withSeed(t, func(t *testing.T, s *store.Store, p seed) {
		ctx := t.Context()
		require.NoError(t, second(s.UpdateHost(ctx, p.host.ID, store.HostUpdate{Enabled: ptr(false)})))
		disabled := newest(t, s)
		require.NoError(t, second(s.UpdateProject(ctx, p.project.ID, store.ProjectUpdate{Owner: ptr("bob")})))
		require.NoError(t, second(s.UpdateHost(ctx, p.host.ID, store.HostUpdate{Enabled: ptr(true)})))
		enabled := newest(t, s)
		there := map[int64]bool{}
		objects := []store.Object{{Noun: "host", ID: p.host.ID}, {Noun: "project", ID: p.project.ID}, {Noun: "farm", ID: p.farm.ID}}
		require.NoError(t, s.Trace(ctx, p.project.ID, objects, func(revision int64, before *store.ProjectRows) bool {
			there[revision] = before != nil && len(before.Hosts) > 0
			return revision > disabled
		}))
		require.Equal(t, map[int64]bool{enabled: false, disabled + 1: false, disabled: true}, there)
	})
}

func TestConsumersOfAllReplicas(t *testing.T) {
	storetest.RunURL(t, func(t *testing.T, u string) {
		a, b := storetest.Open(t, u), storetest.Open(t, u)
		ctx := t.Context()
		now := time.Now().UTC().Truncate(time.Millisecond)
		c := store.Consumer{Name: "x", Address: "::1", Path: "/sd/targets", Query: "shard=a", Held: 1, First: now, Last: now, Interval: time.Minute, Tag: "t"}
		require.NoError(t, a.SaveConsumers(ctx, "a", []store.Consumer{c}, time.Time{}))
		old := c
		old.Name, old.Last = "y", now.Add(-time.Hour)
		require.NoError(t, b.SaveConsumers(ctx, "b", []store.Consumer{c, old}, time.Time{}))
		c.Requests = 7
		require.NoError(t, a.SaveConsumers(ctx, "a", []store.Consumer{c}, time.Time{}))
		rows, err := b.Consumers(ctx)
		require.NoError(t, err)
		require.Len(t, rows, 3)
		c.Replica = "a"
		require.Equal(t, c, rows[0])
		require.Equal(t, "y", rows[2].Name)

		require.NoError(t, a.SaveConsumers(ctx, "a", nil, now.Add(-time.Minute)))
		rows, err = b.Consumers(ctx)
		require.NoError(t, err)
		require.Len(t, rows, 2)
		require.Zero(t, revision(t, a), "it is no write of the inventory")

		require.NoError(t, store.Exec(ctx, a, `UPDATE consumer SET written = written - 100000 WHERE replica = 'a'`))
		rows, err = a.Consumers(ctx)
		require.NoError(t, err)
		require.EqualValues(t, 0, rows[0].Held, "a replica that is not heard of holds nothing")
		require.EqualValues(t, 1, rows[1].Held)
	})
}
