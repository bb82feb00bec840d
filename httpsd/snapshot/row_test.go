package snapshot

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"unique"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promshard/promshard/httpsd/wire"
)

// madeUp is an entry of one group of that many bytes.
func madeUp(p *project, size int, fill byte) entry {
	b := append([]byte{','}, bytes.Repeat([]byte{fill}, size-1)...)
	g := group{tag: wire.TagOf(b[1:]), id: p.id, job: unique.Make("job"), size: uint32(size), targets: 1}
	return entry{project: p, groups: []group{g}, body: b}
}

// checkRow looks at everything that a row promises of itself.
func checkRow(t require.TestingT, r *row) {
	var sum total
	var last *project
	for i, c := range r.chunks {
		require.NotEmpty(t, c.entries)
		require.True(t, len(c.body) <= maxChunkSize || len(c.entries) == 1, "%d bytes of %d projects", len(c.body), len(c.entries))
		if i > 0 {
			require.Greater(t, len(r.chunks[i-1].body)+len(c.body), minPairSize)
		}
		checkChunk(t, c)
		for _, e := range c.entries {
			require.True(t, last == nil || byName(last, e.project) < 0, "projects ascend")
			last = e.project
		}
		sum = sum.plus(c.total)
	}
	require.Equal(t, sum, r.total)
	checkSlabs(t, r)
}

// checkSlabs looks at what the memory behind a row promises.
func checkSlabs(t require.TestingT, r *row) {
	slabs := map[*byte]int{}
	for _, c := range r.chunks {
		slab := c.body[:cap(c.body)]
		require.EqualValues(t, ']', slab[len(slab)-1])
		slabs[&slab[len(slab)-1]] = max(len(slab), slabs[&slab[len(slab)-1]])
	}
	var reachable int64
	for _, size := range slabs {
		reachable += int64(size)
	}
	require.LessOrEqual(t, reachable, r.held)
	require.LessOrEqual(t, r.held, 2*r.total.size+maxChunkSize+1)
}

// checkChunk looks at the spans and counts of a chunk.
func checkChunk(t require.TestingT, c *chunk) {
	var sum total
	offset := 0
	for _, e := range c.entries {
		require.NotEmpty(t, e.groups)
		require.Same(t, &c.body[offset], &e.body[0], "the bytes are held once")
		for g, b := range e.spans() {
			require.EqualValues(t, ',', b[0])
			require.Equal(t, wire.TagOf(b[1:]), g.tag)
			sum = sum.plus(g.total(e.project.id))
			offset += len(b)
		}
	}
	require.Len(t, c.body, offset)
	require.Equal(t, sum, c.total)
}

func entriesOf(r *row) []entry {
	var all []entry
	for _, c := range r.chunks {
		all = append(all, c.entries...)
	}
	return all
}

// genSize is that of a project in a list: mostly small, now and then larger than a chunk.
var genSize = rapid.OneOf(
	rapid.IntRange(2, 500), rapid.IntRange(2, 2000), rapid.IntRange(2, 2000), rapid.IntRange(2000, chunkSize),
	rapid.SampledFrom([]int{chunkSize, maxChunkSize, maxChunkSize + 1}),
)

// TestRowAgainstAMap edits a row and a map in the same way.
func TestRowAgainstAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		projects := make([]*project, rapid.SampledFrom([]int{3, 20, 60}).Draw(t, "projects"))
		for i := range projects {
			projects[i] = &project{id: int64(i), name: fmt.Sprintf("p%04d", i)}
		}
		model := map[*project]entry{}
		for _, p := range projects {
			if rapid.Bool().Draw(t, "at first") {
				model[p] = madeUp(p, genSize.Draw(t, "size"), 'a')
			}
		}
		r := newRow(inOrder(projects, model))
		checkRow(t, r)
		for range rapid.IntRange(1, 5).Draw(t, "steps") {
			var edits []entry
			for _, p := range rapid.SliceOfNDistinct(rapid.SampledFrom(projects), 1, len(projects), rapid.ID).Draw(t, "edited") {
				if rapid.IntRange(0, 2).Draw(t, "kind") == 0 {
					edits = append(edits, entry{project: p})
					delete(model, p)
				} else {
					model[p] = madeUp(p, genSize.Draw(t, "size"), byte(rapid.IntRange('a', 'z').Draw(t, "fill")))
					edits = append(edits, model[p])
				}
			}
			old, oldBody := r, body(t, &r.List)
			r = r.with(edits)
			checkRow(t, r)
			want := newRow(inOrder(projects, model))
			require.Equal(t, body(t, &want.List), body(t, &r.List))
			require.Equal(t, want.ETag(), r.ETag())
			require.Equal(t, oldBody, body(t, &old.List), "the old row stays")
		}
	})
}

func inOrder(projects []*project, model map[*project]entry) []entry {
	var entries []entry
	for _, p := range projects {
		if e, ok := model[p]; ok {
			entries = append(entries, e)
		}
	}
	return entries
}

// wideRow is a row of a hundred projects in many chunks.
func wideRow() (*row, []*project) {
	var projects []*project
	var entries []entry
	for i := range 100 {
		p := &project{id: int64(i), name: fmt.Sprintf("p%03d", i)}
		projects = append(projects, p)
		entries = append(entries, madeUp(p, 10_000, 'a'))
	}
	return newRow(entries), projects
}

func TestRowSharesWhatIsNotEdited(t *testing.T) {
	r, projects := wideRow()
	require.Greater(t, len(r.chunks), 20)
	next := r.with([]entry{madeUp(projects[50], 10_100, 'b')})
	kept := 0
	for _, c := range next.chunks {
		if slices.Contains(r.chunks, c) {
			kept++
		}
	}
	require.Equal(t, len(r.chunks)-1, kept)
}

func TestRowStaysWhenEditsAlterNothing(t *testing.T) {
	r, projects := wideRow()
	require.Same(t, r, r.with(nil))
	require.Same(t, r, r.with([]entry{madeUp(projects[50], 10_000, 'a'), {project: &project{id: 1000, name: "unknown"}}}))
	moved := *projects[50]
	require.NotSame(t, r, r.with([]entry{madeUp(&moved, 10_000, 'a')}), "the project of an entry is the one in the indexes")
}

// pieces counts what a list is written in.
type pieces struct{ writes [][]byte }

func (p *pieces) Write(b []byte) (int, error) {
	p.writes = append(p.writes, b)
	return len(b), nil
}

func TestRowIsWrittenInFewPieces(t *testing.T) {
	r, projects := wideRow()
	count := func() int {
		var p pieces
		_, err := r.WriteTo(&p)
		require.NoError(t, err)
		require.Equal(t, r.Size(), int64(len(bytes.Join(p.writes, nil))))
		return len(p.writes)
	}
	require.Greater(t, len(r.chunks), 3)
	require.Equal(t, 2, count(), "the bracket, and everything else")

	middle := projects[len(projects)/2]
	r = r.with([]entry{madeUp(middle, 9_000, 'm')})
	require.Equal(t, 4, count(), "what changed stands between what was before it and behind it")

	last := projects[len(projects)-1]
	r = r.with([]entry{madeUp(last, 9_000, 'l')})
	require.LessOrEqual(t, count(), 5)
}

func TestRowThatChangesOftenMovesIntoOneSlabAgain(t *testing.T) {
	r, projects := wideRow()
	moved := false
	for i := range 10 * len(projects) {
		r = r.with([]entry{madeUp(projects[i%len(projects)], 9_000+i%2, byte('a'+i%20))})
		checkSlabs(t, r)
		moved = moved || i > 0 && r.held == r.total.size+1
	}
	require.True(t, moved)
}

func TestRowThatLosesEverythingIsEmpty(t *testing.T) {
	r, projects := wideRow()
	var edits []entry
	for _, p := range projects {
		edits = append(edits, entry{project: p})
	}
	r = r.with(edits)
	require.Empty(t, r.chunks)
	require.Zero(t, r.total)
	require.Equal(t, "[]", body(t, &r.List))
	r = r.with([]entry{madeUp(projects[3], 100, 'x')})
	checkRow(t, r)
	require.Equal(t, 1, r.Groups())
}

func TestEqualContentHasEqualTagsHoweverItIsCut(t *testing.T) {
	all, projects := wideRow()
	one := &row{}
	for _, p := range projects {
		one = one.with([]entry{madeUp(p, 10_000, 'a')})
	}
	require.NotEqual(t, len(all.chunks), len(one.chunks), "cut in another way")
	require.Equal(t, body(t, &all.List), body(t, &one.List))
	require.Equal(t, all.ETag(), one.ETag())
	require.Equal(t, entriesOf(all), entriesOf(one))
}
