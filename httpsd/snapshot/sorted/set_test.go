package sorted

import (
	"cmp"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// pair is a member whose value has no part in the order.
type pair struct{ key, value int }

func byKey(a, b pair) int { return cmp.Compare(a.key, b.key) }

func at(key int) func(pair) int {
	return func(p pair) int { return cmp.Compare(p.key, key) }
}

// plain is the model: the members of a map in order.
func plain(m map[int]int) []pair {
	members := make([]pair, 0, len(m))
	for _, key := range slices.Sorted(maps.Keys(m)) {
		members = append(members, pair{key, m[key]})
	}
	return members
}

// check compares a set with a model in every way that it can be read, and looks at its nodes.
func check(t require.TestingT, want map[int]int, s Set[pair], probes ...int) {
	members := plain(want)
	require.Equal(t, len(members), s.Len())
	require.True(t, slices.Equal(members, slices.Collect(s.All())), "All")
	for _, key := range probes {
		got, ok := s.Find(at(key))
		value, known := want[key]
		require.Equal(t, known, ok, "key %d", key)
		require.Equal(t, value, got.value, "key %d", key)

		i, _ := slices.BinarySearchFunc(members, pair{key: key}, byKey)
		require.True(t, slices.Equal(members[i:], slices.Collect(s.From(at(key)))), "From %d", key)
	}
	if s.root != nil {
		checkNode(t, s.root, true)
	}
}

// checkNode returns the height.
func checkNode(t require.TestingT, n *node[pair], root bool) int {
	least := minLen
	if root {
		least = 1
	}
	require.True(t, len(n.items) >= least && len(n.items) <= maxLen, "%d items", len(n.items))
	if n.children == nil {
		return 0
	}
	require.Len(t, n.children, len(n.items))
	require.Greater(t, len(n.children), 1)
	height := -1
	for i, child := range n.children {
		require.Equal(t, child.items[0], n.items[i])
		h := checkNode(t, child, false)
		require.True(t, height == -1 || h == height, "all leaves are equally deep")
		height = h
	}
	return height + 1
}

// TestSetAgainstAMap changes a set and a map in the same way, and looks back at every version in the end.
func TestSetAgainstAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		span := rapid.SampledFrom([]int{10, 1000, 20_000}).Draw(t, "span")
		key := rapid.IntRange(0, span)
		model := map[int]int{}
		for _, k := range rapid.SliceOfN(key, 0, 300).Draw(t, "members at first") {
			model[k] = -1
		}
		for k := range rapid.SampledFrom([]int{0, 1, 48, 2500}).Draw(t, "more") {
			model[k*7] = -2
		}
		s := Build(byKey, plain(model))
		check(t, model, s, key.Draw(t, "probe"))

		type version struct {
			model map[int]int
			set   Set[pair]
		}
		var versions []version
		for step := range rapid.IntRange(1, 12).Draw(t, "steps") {
			versions = append(versions, version{maps.Clone(model), s})
			s = alter(t, model, s, key, step)
			check(t, model, s, -1, span+1, key.Draw(t, "probe"))
		}
		for _, v := range versions {
			check(t, v.model, v.set)
		}
	})
}

// alter makes one kind of change to both.
func alter(t *rapid.T, model map[int]int, s Set[pair], key *rapid.Generator[int], step int) Set[pair] {
	keys := rapid.SliceOfN(key, 1, 30).Draw(t, "keys")
	switch rapid.SampledFrom([]string{"with", "without", "run away", "update", "replace all"}).Draw(t, "change") {
	case "with":
		for _, k := range keys {
			model[k] = step
			s = s.With(pair{k, step})
		}
	case "without":
		for _, k := range keys {
			delete(model, k)
			s = s.Without(pair{key: k})
		}
	case "run away": // a long run of neighbours, so that nodes shrink and join
		for _, p := range plain(model) {
			if p.key >= keys[0] && p.key < keys[0]+500 {
				delete(model, p.key)
				s = s.Without(p)
			}
		}
	case "update":
		s = update(model, s, keys, step)
	case "replace all":
		s = update(model, s, slices.Collect(maps.Keys(model)), step)
	}
	return s
}

// update takes every second key away and puts every third.
func update(model map[int]int, s Set[pair], keys []int, step int) Set[pair] {
	var gone, added []pair
	for i, k := range keys {
		if i%2 == 0 {
			gone = append(gone, pair{key: k})
			delete(model, k)
		}
	}
	for i, k := range keys {
		if i%3 == 0 {
			added = append(added, pair{k, step*1000 + i})
			model[k] = step*1000 + i
		}
	}
	return s.Update(gone, added)
}

func TestIterationEndsWhenAsked(t *testing.T) {
	var members []pair
	for i := range 10_000 {
		members = append(members, pair{key: i})
	}
	s := Build(byKey, members)
	for _, stop := range []int{1, 47, 48, 49, 5000} {
		var seen []pair
		for p := range s.All() {
			if seen = append(seen, p); len(seen) == stop {
				break
			}
		}
		require.Equal(t, members[:stop], seen)
		seen = nil
		for p := range s.From(at(30)) {
			if seen = append(seen, p); len(seen) == stop {
				break
			}
		}
		require.Equal(t, members[30:30+stop], seen)
	}
}

func TestZeroSetCanBeRead(t *testing.T) {
	var s Set[pair]
	_, ok := s.Find(at(1))
	require.False(t, ok)
	require.Zero(t, s.Len())
	require.Empty(t, slices.Collect(s.All()))
	require.Empty(t, slices.Collect(s.From(at(1))))
	require.Zero(t, s.Without(pair{key: 1}).Len())
}

func TestBuildLeavesTheSliceToTheCaller(t *testing.T) {
	members := []pair{{1, 1}, {2, 2}}
	s := Build(byKey, members)
	members[0].value = 9
	check(t, map[int]int{1: 1, 2: 2}, s)
}

func benchmarkSet() Set[pair] {
	members := make([]pair, 250_000)
	for i := range members {
		members[i].key = i
	}
	return Build(byKey, members)
}

func BenchmarkFind(b *testing.B) {
	s := benchmarkSet()
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		s.Find(at(i % s.Len()))
		i += 104_729
	}
}

// BenchmarkChange takes a member away and puts it back.
func BenchmarkChange(b *testing.B) {
	s := benchmarkSet()
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		p := pair{key: i % s.Len()}
		s = s.Without(p).With(p)
		i += 104_729
	}
}

func BenchmarkBuild(b *testing.B) {
	members := slices.Collect(benchmarkSet().All())
	b.ReportAllocs()
	for b.Loop() {
		Build(byKey, members)
	}
}
