package snapshot

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
)

func TestApplyOfNothingSharesEverything(t *testing.T) {
	s := town().build()
	picked, err := s.List(Targets, Query{Services: []string{"shop"}})
	require.NoError(t, err)
	next := s.Apply(store.Changes{Revision: store.Revision{Epoch: "world", Number: 9}})
	assert.Equal(t, store.Revision{Epoch: "world", Number: 9}, next.Revision())
	assert.NotEqual(t, next.Revision(), s.Revision())
	again, err := next.List(Targets, Query{Services: []string{"shop"}})
	require.NoError(t, err)
	assert.Same(t, picked, again)
}

func TestApplyOfReloadChangesNothing(t *testing.T) {
	s := town().build()
	assert.Same(t, s, s.Apply(store.Changes{Revision: store.Revision{Epoch: "other", Number: 1}, Reload: true}))
}

func TestApplySharesTheListsThatDoNotChange(t *testing.T) {
	w := town()
	s := w.build()
	w.forget()
	w.change(w.projectNamed("shop-web"), func(p *store.ProjectRows) { p.Hosts = p.Hosts[1:] })
	next := s.Apply(w.changes())
	same := func(k Kind, q Query) bool {
		a, err := s.List(k, q)
		require.NoError(t, err)
		b, err := next.List(k, q)
		require.NoError(t, err)
		return a == b
	}
	assert.True(t, same(Targets, Query{Shards: []string{"dev"}}), "another shard")
	assert.True(t, same(URLs, Query{Shards: []string{"prod"}}), "the other kind")
	assert.True(t, same(URLs, Query{}), "the other kind, everything")
	assert.False(t, same(Targets, Query{Shards: []string{"prod"}}))
	assert.False(t, same(Targets, Query{}))
}

func TestApplyOfAProjectThatIsAsItWasChangesNoList(t *testing.T) {
	w := town()
	s := w.build()
	w.forget()
	w.touchedProjects[w.projectNamed("shop-web")] = true
	next := s.Apply(w.changes())
	for k := range Kind(kinds) {
		for _, q := range []Query{{}, {Shards: []string{"prod"}}} {
			a, err := s.List(k, q)
			require.NoError(t, err)
			b, err := next.List(k, q)
			require.NoError(t, err)
			assert.Same(t, a, b)
		}
	}
}

func TestProjectsKeepAShardThatTheDirectoryLost(t *testing.T) {
	w := town()
	s := w.build()
	w.forget()
	want := listBody(t, s, Targets, Query{Shards: []string{"prod"}})

	none := s.Apply(store.Changes{Directory: &store.Directory{}})
	checkSnapshot(t, none)
	assert.Equal(t, want, listBody(t, none, Targets, Query{Shards: []string{"prod"}}))
	_, err := none.List(Targets, Query{Shards: []string{"spare"}})
	assert.Error(t, err, "a shard without projects goes")
	assert.Empty(t, none.Servers())
}

func TestProjectsBringAShardThatNoDirectoryHas(t *testing.T) {
	p := shop()
	b := NewBuilder()
	require.NoError(t, b.Project(p))
	built := b.Snapshot(store.Revision{})
	applied := NewBuilder().Snapshot(store.Revision{}).Apply(store.Changes{Projects: map[int64]*store.ProjectRows{p.ID: p}})
	for _, s := range []*Snapshot{built, applied} {
		checkSnapshot(t, s)
		l, err := s.List(Targets, Query{Shards: []string{"prod"}})
		require.NoError(t, err)
		assert.Equal(t, 1, l.Targets())
	}
	assert.Equal(t, built.Shards(), applied.Shards())
}

func TestBuilderRefusesAProjectThatComesTwiceOrLate(t *testing.T) {
	b := NewBuilder()
	require.NoError(t, b.Project(shop()))
	assert.ErrorContains(t, b.Project(shop()), "project 7 after project 7")
	assert.Error(t, b.Project(with(func(p *store.ProjectRows) { p.ID = 3 })))
	require.NoError(t, b.Project(with(func(p *store.ProjectRows) { p.ID, p.Name = 8, "next" })))
}

func TestStatsAndNames(t *testing.T) {
	w := town()
	s := w.build()
	prod := w.shardNamed("prod")
	stats := s.Shards()
	require.Len(t, stats, 3)
	assert.Equal(t, []string{"dev", "prod", "spare"}, []string{stats[0].Name, stats[1].Name, stats[2].Name})
	assert.Equal(t, ShardStat{
		ID: prod, Name: "prod", Enabled: true, Projects: 3,
		TargetGroups: 4, Targets: 8, TargetBytes: int64(len(listBody(t, s, Targets, Query{Shards: []string{"prod"}}))),
		URLGroups: 2, URLs: 2, URLBytes: int64(len(listBody(t, s, URLs, Query{Shards: []string{"prod"}}))),
	}, stats[1])

	servers := s.Servers()
	require.Len(t, servers, 3)
	assert.Equal(t, []string{"::1", "prometheus1", "prometheus2"}, []string{servers[0].Host, servers[1].Host, servers[2].Host})

	idle := w.projectNamed("idle")
	name, ok := s.ProjectName(idle)
	assert.True(t, ok)
	assert.Equal(t, "idle", name)
	name, ok = s.ServiceName(w.projects[idle].ServiceID)
	assert.True(t, ok)
	assert.Equal(t, "bank", name)
	_, ok = s.ProjectName(-1)
	assert.False(t, ok)
	_, ok = s.ServiceName(idle)
	assert.False(t, ok)
}

// TestReadersWhileChangesAreApplied is for the race detector: readers use every snapshot in every way while the next
// ones are made from it.
func TestReadersWhileChangesAreApplied(t *testing.T) {
	w := town()
	s := w.build()
	w.forget()
	id := w.projectNamed("shop-web")
	var readers sync.WaitGroup
	for i := range 30 {
		want := plainJSON(t, w.list(Targets, Query{Services: []string{"shop"}}))
		current := s
		for range 3 {
			readers.Go(func() { read(t, current, want) })
		}
		w.change(id, func(p *store.ProjectRows) { p.Labels = store.Labels{"step": string(rune('a' + i))} })
		s = s.Apply(w.changes())
	}
	readers.Wait()
}

func read(t *testing.T, s *Snapshot, want string) {
	assert.Equal(t, want, listBody(t, s, Targets, Query{Services: []string{"shop"}}))
	for k := range Kind(kinds) {
		for _, q := range []Query{{}, {Shards: []string{"prod"}}, {Jobs: []string{"node"}}} {
			l, err := s.List(k, q)
			if assert.NoError(t, err) {
				assert.NotEmpty(t, l.Gzip())
				assert.NotEmpty(t, l.Zstd())
				assert.NotEmpty(t, l.ETag())
			}
		}
	}
	s.Shards()
	s.Servers()
}
