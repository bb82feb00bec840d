package snapshot

import (
	"maps"
	"slices"

	"github.com/stretchr/testify/require"
)

// checkSnapshot looks at everything that a snapshot promises of itself: each project once in each index, each of its
// groups once, in the row of its shard and nowhere else.
func checkSnapshot(t require.TestingT, s *Snapshot) {
	projects := map[*project]bool{}
	onShard := map[int64]int{}
	farms := 0
	for p := range s.projects.All() {
		projects[p] = true
		onShard[p.shard]++
		if p.farm != "" {
			farms++
		}
	}
	require.Len(t, projects, s.projects.Len())
	require.Equal(t, projects, setOf(slices.Collect(s.projectNames.All())))
	require.Equal(t, projects, setOf(slices.Collect(s.byService.All())))
	require.Equal(t, farms, s.farms.Len())
	for p := range s.farms.All() {
		require.True(t, projects[p])
	}

	require.Equal(t, slices.Collect(s.services.All()), slices.SortedFunc(s.serviceNames.All(), serviceByID))
	require.Equal(t, slices.Collect(s.shards.All()), slices.SortedFunc(s.shardNames.All(), shardByID))
	for sh := range s.shards.All() {
		require.Equal(t, onShard[sh.ID], sh.projects)
		delete(onShard, sh.ID)
		for _, r := range sh.rows {
			checkRow(t, r)
			entries := map[*project]bool{}
			for _, e := range entriesOf(r) {
				require.False(t, entries[e.project], "twice in a row")
				require.True(t, projects[e.project], "not the project of the indexes")
				require.Equal(t, sh.ID, e.project.shard)
				entries[e.project] = true
			}
		}
	}
	require.Empty(t, slices.Collect(maps.Keys(onShard)), "projects on a shard that is not there")
}

func setOf(projects []*project) map[*project]bool {
	set := map[*project]bool{}
	for _, p := range projects {
		set[p] = true
	}
	return set
}
