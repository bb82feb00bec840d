package compare

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func each(groups []Group) Groups {
	return func(yield func(Group, error) bool) {
		for _, g := range groups {
			if !yield(g, nil) {
				return
			}
		}
	}
}

func mustCompare(t require.TestingT, here, there []Group, o Options) Result {
	r, err := Compare(each(here), each(there), o)
	require.NoError(t, err)
	return r
}

type labelMap = map[string]string

func TestListsAreSetsOfTargetsWithLabels(t *testing.T) {
	here := []Group{
		{Targets: []string{"a:1", "b:1", "b:1"}, Labels: labelMap{"job": "node", "empty": ""}},
		{Targets: []string{"c:1"}, Labels: labelMap{"job": "node"}},
		{Targets: []string{"d:1"}, Labels: labelMap{"job": "node", "owner": "me"}},
	}
	there := []Group{
		{Targets: []string{"d:1", "e:1"}, Labels: labelMap{"job": "node", "owner": "you"}},
		{Targets: []string{"b:1", "a:1"}, Labels: labelMap{"job": "node"}},
	}
	assert.Equal(t, Result{
		Here: Side{Targets: 4, Repeated: 1}, There: Side{Targets: 4},
		Equal: 2, OnlyHere: 1, OnlyThere: 1, LabelsDiffer: 1,
		Differences: []Difference{
			{Kind: OnlyHere, Target: "c:1", Here: labelMap{"job": "node"}},
			{Kind: OnlyThere, Target: "e:1", There: labelMap{"job": "node", "owner": "you"}},
			{Kind: LabelsDiffer, Target: "d:1", Here: labelMap{"job": "node", "owner": "me"}, There: labelMap{"job": "node", "owner": "you"}},
		},
	}, mustCompare(t, here, there, Options{}))

	ignoring := mustCompare(t, here, there, Options{IgnoreLabels: []string{"owner"}})
	assert.Equal(t, 3, ignoring.Equal)
	assert.Zero(t, ignoring.LabelsDiffer)
}

func TestNothingAndNothingAreTheSame(t *testing.T) {
	r := mustCompare(t, nil, []Group{{Labels: labelMap{"job": "node"}}}, Options{})
	assert.True(t, r.Same())
	assert.Equal(t, Result{Differences: []Difference{}}, r)
}

func TestAnAddressMayHaveSeveralTargets(t *testing.T) {
	jobs := func(names ...string) (groups []Group) {
		for _, name := range names {
			groups = append(groups, Group{Targets: []string{"a:1"}, Labels: labelMap{"job": name, "path": "/" + name, "team": "x"}})
		}
		return groups
	}
	r := mustCompare(t, jobs("one", "two", "three"), jobs("three", "one"), Options{})
	assert.Equal(t, [4]int{2, 1, 0, 0}, [4]int{r.Equal, r.OnlyHere, r.OnlyThere, r.LabelsDiffer})
	assert.Equal(t, "two", r.Differences[0].Here["job"])

	there := jobs("two", "one")
	there[0].Labels["team"] = "y"
	there[1].Labels["team"] = "y"
	r = mustCompare(t, jobs("one", "two"), there, Options{})
	require.Equal(t, 2, r.LabelsDiffer)
	for _, d := range r.Differences {
		assert.Equal(t, d.Here["job"], d.There["job"], "those that are nearest belong together")
	}
}

func TestAddedLabelsCountOnlyWhereTheOtherSideHasThem(t *testing.T) {
	listed := func(labels labelMap) []Group { return []Group{{Targets: []string{"a:1"}, Labels: labels}} }
	added := listed(labelMap{"job": "node", "__scheme__": "http", "__meta_url": "x"})
	added[0].Added = map[string]bool{"__scheme__": true, "__meta_url": true}

	for name, test := range map[string]struct {
		list labelMap
		same bool
	}{
		"lacks them":         {labelMap{"job": "node"}, true},
		"says the same":      {labelMap{"job": "node", "__scheme__": "http"}, true},
		"says another thing": {labelMap{"job": "node", "__scheme__": "https"}, false},
		"lacks another":      {labelMap{"__scheme__": "http"}, false},
		"has one more":       {labelMap{"job": "node", "team": "x"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, test.same, ptr(mustCompare(t, added, listed(test.list), Options{})).Same())
			assert.Equal(t, test.same, ptr(mustCompare(t, listed(test.list), added, Options{})).Same())
		})
	}
	r := mustCompare(t, listed(labelMap{"job": "node", "__scheme__": "https"}), added, Options{})
	assert.Equal(t, labelMap{"job": "node", "__scheme__": "http"}, r.Differences[0].There, "what was added and does not count is not shown")
	r = mustCompare(t, nil, added, Options{})
	assert.Equal(t, labelMap{"job": "node"}, r.Differences[0].There)
}

func ptr[T any](v T) *T { return &v }

func TestTheLimitShortensWhatIsShownAndNotWhatIsCounted(t *testing.T) {
	var here, there []Group
	for i := range 30 {
		here = append(here, Group{Targets: []string{fmt.Sprintf("here%02d:1", i), fmt.Sprintf("both%02d:1", i)}})
		there = append(there, Group{Targets: []string{fmt.Sprintf("both%02d:1", 29-i)}, Labels: labelMap{"a": "b"}})
	}
	r := mustCompare(t, here, there, Options{Limit: 2})
	assert.Equal(t, [2]int{30, 30}, [2]int{r.OnlyHere, r.LabelsDiffer})
	var shown []string
	for _, d := range r.Differences {
		shown = append(shown, d.Target)
	}
	assert.Equal(t, []string{"here00:1", "here01:1", "both00:1", "both01:1"}, shown)
	assert.Len(t, mustCompare(t, here, there, Options{}).Differences, 60)
}

func TestAnErrorOfAListEndsTheComparison(t *testing.T) {
	broken := errors.New("broken")
	bad := func(yield func(Group, error) bool) {
		if yield(Group{Targets: []string{"a:1"}}, nil) {
			yield(Group{}, broken)
		}
	}
	for _, lists := range [][2]Groups{{bad, each(nil)}, {each(nil), bad}} {
		_, err := Compare(lists[0], lists[1], Options{})
		require.ErrorIs(t, err, broken)
	}
}

// drawGroups draws lists from so few addresses and labels that much is equal.
func drawGroups(t *rapid.T, name string) []Group {
	address := rapid.SampledFrom([]string{"", "a:1", "b:1", "c:1", "日本:1", "a:11"})
	labels := rapid.MapOfN(rapid.SampledFrom([]string{"a", "b", "ab", "__c"}), rapid.SampledFrom([]string{"", "1", "12", "\xff"}), 0, 3)
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Group {
		return Group{Targets: rapid.SliceOfN(address, 0, 5).Draw(t, "targets"), Labels: labels.Draw(t, "labels")}
	}), 0, 8).Draw(t, name)
}

// naive is what a list is, spelled out: for each target its address, and its labels in order.
func naive(groups []Group, ignored string) map[string]map[string]bool {
	set := map[string]map[string]bool{}
	for _, g := range groups {
		labels := maps.Clone(g.Labels)
		maps.DeleteFunc(labels, func(name, value string) bool { return value == "" || name == ignored })
		for _, address := range g.Targets {
			if set[address] == nil {
				set[address] = map[string]bool{}
			}
			set[address][fmt.Sprintf("%q", labels)] = true
		}
	}
	return set
}

// TestComparisonAgreesWithANaiveOne draws lists and compares them as sets of strings.
func TestComparisonAgreesWithANaiveOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawGroups(t, "here"), drawGroups(t, "there")
		ignored := rapid.SampledFrom([]string{"", "a"}).Draw(t, "ignored")
		here, there := naive(a, ignored), naive(b, ignored)
		var want Result
		for address := range union(here, there) {
			onlyA, onlyB := without(here[address], there[address]), without(there[address], here[address])
			want.Equal += len(here[address]) - onlyA
			want.LabelsDiffer += min(onlyA, onlyB)
			want.OnlyHere += onlyA - min(onlyA, onlyB)
			want.OnlyThere += onlyB - min(onlyA, onlyB)
			want.Here.Targets += len(here[address])
			want.There.Targets += len(there[address])
		}
		got := mustCompare(t, a, b, Options{IgnoreLabels: []string{ignored}})
		checkDifferences(t, got, here, there)
		require.Equal(t, want.Here.Targets, got.Here.Targets)
		require.Equal(t, want.There.Targets, got.There.Targets)
		require.Equal(t, [4]int{want.Equal, want.OnlyHere, want.OnlyThere, want.LabelsDiffer},
			[4]int{got.Equal, got.OnlyHere, got.OnlyThere, got.LabelsDiffer})
		require.Len(t, got.Differences, want.OnlyHere+want.OnlyThere+want.LabelsDiffer)

		for _, list := range [][]Group{a, b} {
			rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		}
		require.Equal(t, got, mustCompare(t, a, b, Options{IgnoreLabels: []string{ignored}}), "the order of lists does not matter")
	})
}

// checkDifferences demands that what is shown of a side is on that side, and not on the other.
func checkDifferences(t require.TestingT, r Result, here, there map[string]map[string]bool) {
	for _, d := range r.Differences {
		if d.Kind != OnlyThere {
			key := fmt.Sprintf("%q", d.Here)
			require.True(t, here[d.Target][key] && !there[d.Target][key], "%v", d)
		}
		if d.Kind != OnlyHere {
			key := fmt.Sprintf("%q", d.There)
			require.True(t, there[d.Target][key] && !here[d.Target][key], "%v", d)
		}
	}
}

func union(a, b map[string]map[string]bool) map[string]bool {
	all := map[string]bool{}
	for _, m := range []map[string]map[string]bool{a, b} {
		for key := range m {
			all[key] = true
		}
	}
	return all
}

// without counts what a has and b has not.
func without(a, b map[string]bool) int {
	n := 0
	for key := range a {
		if !b[key] {
			n++
		}
	}
	return n
}

// TestAddedLabelsAgreeWithANaivePairing draws lists in which every target has an address of its own, so that which
// belong together is plain.
func TestAddedLabelsAgreeWithANaivePairing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		labels := rapid.MapOfN(rapid.SampledFrom([]string{"a", "b", "c"}), rapid.SampledFrom([]string{"1", "2"}), 0, 3)
		var a, b []Group
		want := 0
		for i := range rapid.IntRange(0, 10).Draw(t, "targets") {
			address := []string{fmt.Sprint(i)}
			x, y := Group{Targets: address, Labels: labels.Draw(t, "here")}, Group{Targets: address, Labels: labels.Draw(t, "there")}
			y.Added = map[string]bool{"a": rapid.Bool().Draw(t, "a"), "b": rapid.Bool().Draw(t, "b")}
			a, b = append(a, x), append(b, y)
			if equalButForAdded(x.Labels, y) {
				want++
			}
		}
		got := mustCompare(t, a, b, Options{})
		require.Equal(t, want, got.Equal)
		require.Equal(t, len(a)-want, got.LabelsDiffer)
	})
}

func equalButForAdded(list labelMap, g Group) bool {
	names := slices.Collect(maps.Keys(list))
	names = slices.AppendSeq(names, maps.Keys(g.Labels))
	for _, name := range names {
		x, hasX := list[name]
		y, hasY := g.Labels[name]
		if x != y && (hasX || !hasY || !g.Added[name]) {
			return false
		}
	}
	return true
}

func TestAddressesKeepTheirNumbers(t *testing.T) {
	var a addresses
	for i := range 10_000 {
		require.EqualValues(t, i, a.number(fmt.Sprint("host", i)))
	}
	for i := range 10_000 {
		require.EqualValues(t, i, a.number(fmt.Sprint("host", i)))
		require.Equal(t, fmt.Sprint("host", i), string(a.bytes(uint32(i))))
	}
	require.EqualValues(t, 10_000, a.number(""))
	require.EqualValues(t, 10_000, a.number(""))
}

// BenchmarkCompare compares a million targets in groups of twenty, all of them equal, with those of the other list.
func BenchmarkCompare(b *testing.B) {
	groups := make([]Group, 50_000)
	for i := range groups {
		g := Group{Labels: labelMap{
			"__shard": "prod", "service": fmt.Sprint("service", i%2500), "project": fmt.Sprint("project", i/2), "farm": fmt.Sprint("project", i/2),
			"__farm_source": "pmc", "job": fmt.Sprint("job", i%2), "__scheme__": "http",
		}}
		for j := range 20 {
			g.Targets = append(g.Targets, fmt.Sprintf("host-%d-%d.example.net:%d", i/2, j, 9100+i%2))
		}
		groups[i] = g
	}
	b.ReportAllocs()
	for b.Loop() {
		r := mustCompare(b, groups, groups, Options{})
		require.Equal(b, 1_000_000, r.Equal)
	}
}
