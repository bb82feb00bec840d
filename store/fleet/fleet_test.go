package fleet_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/fleet"
	"github.com/promshard/promshard/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// census is what a fleet's groups hold, counted from the outside.
type census struct {
	shards, services, projects, hosts map[string]bool
	targets                           map[string]int64           // by shard
	on                                map[string]map[string]bool // the shards of a service
	exporters, urls                   int
}

func count(t *testing.T, f fleet.Fleet) census {
	t.Helper()
	c := census{
		shards: map[string]bool{}, services: map[string]bool{}, projects: map[string]bool{}, hosts: map[string]bool{},
		targets: map[string]int64{}, on: map[string]map[string]bool{},
	}
	for group, err := range f.Groups() {
		require.NoError(t, err)
		shard, service := group.Labels["__shard"], group.Labels["service"]
		c.shards[shard], c.services[service] = true, true
		if c.on[service] == nil {
			c.on[service] = map[string]bool{}
		}
		c.on[service][shard] = true
		c.projects[group.Labels["project"]] = true
		if group.Labels["__param_module"] != "" {
			c.urls += len(group.Targets)
			continue
		}
		c.exporters++
		c.targets[shard] += int64(len(group.Targets))
		if group.Labels["job"] == "node" {
			for _, target := range group.Targets {
				c.hosts[target] = true
			}
		}
	}
	return c
}

func TestFleetsHaveTheSizesOfTheDesign(t *testing.T) {
	t.Run("line", func(t *testing.T) {
		c := count(t, fleet.Line)
		assert.Len(t, c.shards, 8)
		assert.Len(t, c.services, 170)
		assert.Len(t, c.projects, 1_700)
		assert.Len(t, c.hosts, 17_000)
		assert.Equal(t, 3_400, c.exporters)
		assert.Equal(t, 340, c.urls)
		assert.EqualValues(t, 34_000, fleet.Line.Targets())
		for shard, n := range c.targets {
			assert.InDelta(t, 34_000/8, n, 20, "targets of shard %s: at most one project more than others", shard)
		}
	})
	t.Run("million", func(t *testing.T) {
		c := count(t, fleet.Million)
		assert.Len(t, c.shards, 50)
		assert.Len(t, c.services, 2_500)
		assert.Len(t, c.projects, 25_000)
		assert.Len(t, c.hosts, 500_000)
		assert.Equal(t, 50_000, c.exporters)
		assert.Equal(t, 5_000, c.urls)
		assert.EqualValues(t, 1_000_000, fleet.Million.Targets())
		for shard, n := range c.targets {
			assert.EqualValues(t, 20_000, n, "targets of shard %s", shard)
		}
		for service, shards := range c.on {
			assert.LessOrEqual(t, len(shards), 2, "shards of service %s", service)
		}
	})
	assert.EqualValues(t, 10_000_000, fleet.Ten.Targets())
}

func TestFleetIsAlwaysTheSame(t *testing.T) {
	collect := func() (groups []store.ImportGroup) {
		for group, err := range fleet.Line.Groups() {
			require.NoError(t, err)
			groups = append(groups, group)
		}
		return groups
	}
	assert.Equal(t, collect(), collect())
}

func TestFleetStopsWhenAsked(t *testing.T) {
	n := 0
	for _, err := range fleet.Ten.Groups() {
		require.NoError(t, err)
		if n++; n == 3 {
			break
		}
	}
	assert.Equal(t, 3, n)
}

func TestUnevenFleetIsImportedWhole(t *testing.T) {
	f := fleet.Fleet{Shards: 3, Services: 4, Projects: 13, Hosts: 100, Exporters: 170, URLs: 29}
	s := storetest.SQLite(t)
	result, err := s.Import(t.Context(), f.Groups(), store.ImportOptions{})
	require.NoError(t, err)
	assert.Equal(t, store.ImportCounts{
		Shards: 3, Services: 4, Projects: 13, Farms: 13, Hosts: 100, Exporters: 170,
		Probes: result.Imported.Probes, URLs: 29,
	}, result.Imported)
	assert.Zero(t, result.Existing)

	again, err := s.Import(t.Context(), f.Groups(), store.ImportOptions{})
	require.NoError(t, err)
	assert.Zero(t, again.Imported)
	assert.Equal(t, result.Imported, again.Existing)
	assert.Zero(t, again.Revision)
}

func TestNamed(t *testing.T) {
	for _, want := range []fleet.Fleet{fleet.Line, fleet.Million, fleet.Ten} {
		got, ok := fleet.Named(want.Name)
		assert.True(t, ok)
		assert.Equal(t, want, got)
	}
	_, ok := fleet.Named("two")
	assert.False(t, ok)
}
