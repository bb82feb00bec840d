package snapshot

import (
	"slices"
	"sort"
)

// row is one shard's list of one kind, in order, cut into chunks such that
//
//   - no chunk is empty, and none is larger than maxChunkSize unless it holds a single project;
//   - two neighbours together are larger than minPairSize;
//   - the slabs that hold the chunks are at most about twice as large as what is in use of them.
//
// It never changes.
type row struct {
	List
	// held bounds the size of the slabs from above, in bytes.
	held int64
}

// newRow makes a row of entries, which ascend by name and id.
func newRow(entries []entry) *row {
	var b rowBuilder
	b.put(entries)
	return b.row()
}

// find returns the entry of a project.
func (r *row) find(p *project) (*entry, bool) {
	if len(r.chunks) == 0 {
		return nil, false
	}
	entries := r.chunks[r.chunkAt(p)].entries
	i, ok := slices.BinarySearchFunc(entries, p, func(e entry, p *project) int { return byName(e.project, p) })
	if !ok {
		return nil, false
	}
	return &entries[i], true
}

// chunkAt is the index of the chunk that has the project's entry, or is to have it.
func (r *row) chunkAt(p *project) int {
	after := sort.Search(len(r.chunks), func(i int) bool { return byName(r.chunks[i].first(), p) > 0 })
	return max(after-1, 0)
}

// with returns the row with edits: entries that take the place of those of the same name and id, or take them away
// when they have no groups. No two edits have the same name and id; they are put in order. When the edits alter
// nothing, it is the same row.
func (r *row) with(edits []entry) *row {
	edits = slices.DeleteFunc(edits, func(e entry) bool { return r.has(&e) })
	if len(edits) == 0 {
		return r
	}
	slices.SortFunc(edits, func(a, b entry) int { return byName(a.project, b.project) })
	b := rowBuilder{old: r.chunks, chunks: make([]*chunk, 0, len(r.chunks)+1), total: r.total, held: r.held}
	for len(edits) > 0 && len(r.chunks) > 0 {
		i, n := r.chunkAt(edits[0].project), len(edits)
		if i+1 < len(r.chunks) {
			next := r.chunks[i+1].first()
			n = sort.Search(n, func(j int) bool { return byName(edits[j].project, next) >= 0 })
		}
		b.keepUpTo(i)
		b.replace(merged(r.chunks[i].entries, edits[:n]))
		edits = edits[n:]
	}
	b.put(merged(nil, edits))
	b.keepUpTo(len(r.chunks))
	return b.row()
}

// has says whether an edit would alter nothing.
func (r *row) has(edit *entry) bool {
	e, ok := r.find(edit.project)
	if !ok {
		return len(edit.groups) == 0
	}
	return e.same(edit)
}

// merged returns the entries after the edits. Both ascend.
func merged(entries, edits []entry) []entry {
	out := make([]entry, 0, len(entries)+len(edits))
	for i := range edits {
		n := sort.Search(len(entries), func(j int) bool { return byName(entries[j].project, edits[i].project) >= 0 })
		out = append(out, entries[:n]...)
		entries = entries[n:]
		if len(entries) > 0 && byName(entries[0].project, edits[i].project) == 0 {
			entries = entries[1:]
		}
		if len(edits[i].groups) > 0 {
			out = append(out, edits[i])
		}
	}
	return append(out, entries...)
}

// rowBuilder makes a row from the chunks of an old one, in order, and from entries.
type rowBuilder struct {
	// old are the chunks of the old row that are neither kept nor replaced yet.
	old []*chunk
	// done is how many were.
	done   int
	chunks []*chunk
	// total is that of chunks and old together, and held bounds the size of their slabs.
	total total
	held  int64
}

// keepUpTo takes over old chunks up to the one that had index i.
func (b *rowBuilder) keepUpTo(i int) {
	if b.done == i {
		return
	}
	if next := b.old[0]; b.joins(len(next.body)) {
		b.dropOld()
		b.put(next.entries)
	}
	n := i - b.done
	b.chunks = append(b.chunks, b.old[:n]...)
	b.old, b.done = b.old[n:], i
}

// replace puts entries in the place of the next old chunk.
func (b *rowBuilder) replace(entries []entry) {
	b.dropOld()
	b.put(entries)
}

// dropOld leaves the next old chunk out.
func (b *rowBuilder) dropOld() {
	b.total = b.total.minus(b.old[0].total)
	b.old, b.done = b.old[1:], b.done+1
}

// put cuts entries into new chunks, which share a slab.
func (b *rowBuilder) put(entries []entry) {
	if len(entries) == 0 {
		return
	}
	for first := range cut(entries) {
		if b.joins(bodySize(first)) {
			entries = b.takeBack(entries)
		}
		break
	}
	slab := newSlab(bodySize(entries))
	b.held += int64(cap(slab))
	for part := range cut(entries) {
		c := newChunk(part, slab)
		slab = slab[:len(slab)+len(c.body)]
		b.chunks = append(b.chunks, c)
		b.total = b.total.plus(c.total)
	}
}

// takeBack removes the last chunk and returns its entries with those that are to come after them.
func (b *rowBuilder) takeBack(entries []entry) []entry {
	last := b.chunks[len(b.chunks)-1]
	b.chunks = b.chunks[:len(b.chunks)-1]
	b.total = b.total.minus(last.total)
	return slices.Concat(last.entries, entries)
}

// joins says whether a chunk of that size is to be joined with the last one.
func (b *rowBuilder) joins(size int) bool {
	n := len(b.chunks)
	return n > 0 && len(b.chunks[n-1].body)+size <= minPairSize
}

// row returns the row. Once the slabs are mostly what nobody needs any more, it moves into a slab of its own: that
// costs as much as the changes that led there.
func (b *rowBuilder) row() *row {
	if b.held > 2*b.total.size+maxChunkSize {
		b.compact()
	}
	return &row{List: List{chunks: b.chunks, total: b.total}, held: b.held}
}

// compact copies every chunk into one slab.
func (b *rowBuilder) compact() {
	slab := newSlab(int(b.total.size))
	b.held = int64(cap(slab))
	for i, c := range b.chunks {
		b.chunks[i] = newChunk(c.entries, slab)
		slab = slab[:len(slab)+len(c.body)]
	}
}
