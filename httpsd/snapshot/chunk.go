package snapshot

import (
	"iter"
	"slices"
)

const (
	// chunkSize is what chunks are cut to, in bytes.
	chunkSize = 32 << 10
	// maxChunkSize is what a chunk may grow to, unless it holds a single project.
	maxChunkSize = 2 * chunkSize
	// minPairSize is what two neighbours have together at least.
	minPairSize = chunkSize / 2
)

// entry is the part of a row that comes from one project: at least one group.
type entry struct {
	project *project
	groups  []group
	// body are the groups, each preceded by a comma.
	body []byte
}

// same says whether two entries are interchangeable.
func (e *entry) same(f *entry) bool {
	return e.project == f.project && slices.Equal(e.groups, f.groups)
}

// spans yields the groups with their bytes.
func (e *entry) spans() iter.Seq2[*group, []byte] {
	return func(yield func(*group, []byte) bool) {
		rest := e.body
		for i := range e.groups {
			g := &e.groups[i]
			if !yield(g, rest[:g.size:g.size]) {
				return
			}
			rest = rest[g.size:]
		}
	}
}

// total is what the entry adds to the totals of a list.
func (e *entry) total() total {
	var t total
	for i := range e.groups {
		t = t.plus(e.groups[i].total(e.project.id))
	}
	return t
}

// chunk is a piece of a list. It never changes.
type chunk struct {
	// body are the groups, each preceded by a comma. It lies in a slab, which may hold the chunks that follow as well.
	body []byte
	// entries ascend by name and id, and their bodies are the body. A chunk that was made for a filter has none.
	entries []entry
	total   total
}

// newSlab returns memory for chunks that are made one after the other and have size bytes together. Behind it comes
// the bracket that ends a list, so that what stands last can be written together with it.
func newSlab(size int) []byte {
	slab := make([]byte, size+1)
	slab[size] = ']'
	return slab[:0]
}

// newChunk copies the entries' bytes into a new chunk, behind what the slab holds already. The caller sees to it that
// there is room.
func newChunk(entries []entry, slab []byte) *chunk {
	c := &chunk{body: slab[len(slab):], entries: slices.Clone(entries)}
	for i := range c.entries {
		e := &c.entries[i]
		start := len(c.body)
		c.body = append(c.body, e.body...)
		e.body = c.body[start:len(c.body):len(c.body)]
		c.total = c.total.plus(e.total())
	}
	return c
}

// first is the project that the chunk begins with.
func (c *chunk) first() *project { return c.entries[0].project }

func bodySize(entries []entry) int {
	size := 0
	for i := range entries {
		size += len(entries[i].body)
	}
	return size
}

// cut yields the entries in parts that are to be a chunk each: one when they fit into one, else parts of at most
// chunkSize, about equally long. A part has more only when it is a single entry.
func cut(entries []entry) iter.Seq[[]entry] {
	return func(yield func([]entry) bool) {
		size := bodySize(entries)
		if size <= maxChunkSize {
			if len(entries) > 0 {
				yield(entries)
			}
			return
		}
		parts := (size + chunkSize - 1) / chunkSize
		share := (size + parts - 1) / parts
		start, have := 0, 0
		for i := range entries {
			if n := len(entries[i].body); have > 0 && have+n > share {
				if !yield(entries[start:i]) {
					return
				}
				start, have = i, 0
			}
			have += len(entries[i].body)
		}
		yield(entries[start:])
	}
}
