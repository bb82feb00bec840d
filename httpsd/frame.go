package httpsd

import (
	"bytes"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/promshard/promshard/httpsd/snapshot"
	"github.com/promshard/promshard/httpsd/wire"
)

const (
	// partSize is about how large a part of a full set is, in bytes.
	partSize = 256 << 10
	// frameSize bounds a delta that is encoded before anybody asks for it, deltaSize any delta: what is larger is
	// sent as a full set, which nobody has to hold in memory.
	frameSize = 256 << 10
	deltaSize = 8 << 20
)

// frame is some deltas of a watch stream, encoded once for all who watch the same view.
type frame struct {
	// id is the state that the last delta leads to, deltas their number.
	id     wire.ID
	deltas int
	// text is the bytes as they are. A frame that is made of others has none until it is asked for.
	text []byte
	of   []*frame

	join    sync.Once
	compact sync.Once
	zipped  segment
}

// joined returns a frame of several, in order.
func joined(frames []*frame) *frame {
	f := &frame{id: frames[len(frames)-1].id, of: frames}
	for _, g := range frames {
		f.deltas += g.deltas
	}
	return f
}

// plain returns the bytes for those who do not take gzip.
func (f *frame) plain() []byte {
	if f.of == nil {
		return f.text
	}
	f.join.Do(func() {
		for _, g := range f.of {
			f.text = append(f.text, g.text...)
		}
	})
	return f.text
}

// segment returns the bytes for those who take gzip. They are compressed once, at the first call.
func (f *frame) segment(m *maker) segment {
	f.compact.Do(func() {
		if f.of == nil {
			f.zipped = m.deflaters.deflate(f.text)
			return
		}
		for _, g := range f.of {
			s := g.segment(m)
			f.zipped.deflated = append(f.zipped.deflated, s.deflated...)
			f.zipped.sum = f.zipped.sum.plus(s.sum)
		}
	})
	return f.zipped
}

// maker encodes sets and deltas. The zero value is ready for use; its methods are safe for concurrent use.
type maker struct {
	deflaters deflaters
	encoders  sync.Pool
	// deltas and fulls count what was encoded.
	deltas, fulls atomic.Int64
}

func (m *maker) encoder() *wire.Encoder {
	if e, ok := m.encoders.Get().(*wire.Encoder); ok {
		return e
	}
	return &wire.Encoder{}
}

// release takes an encoder back, unless it has become very large.
func (m *maker) release(e *wire.Encoder) {
	if e.Len() <= 4*partSize {
		e.Reset()
		m.encoders.Put(e)
	}
}

// delta encodes what projects have become.
func (m *maker) delta(s *snapshot.Selection, projects []int64) *frame {
	m.deltas.Add(1)
	id := idOf(s.Revision())
	e := m.encoder()
	defer m.release(e)
	e.BeginDelta()
	for _, project := range projects {
		if part, ok := s.Project(project); ok {
			wire.PutProject(e, project, part.Groups())
		} else {
			e.PutGone(project)
		}
	}
	e.EndDelta(id, s.List().ETag())
	return &frame{id: id, deltas: 1, text: bytes.Clone(e.Bytes())}
}

// deltaSizeOf is about how many bytes a delta has, as far as it is not above most.
func deltaSizeOf(s *snapshot.Selection, projects []int64, most int64) int64 {
	size := int64(0)
	for _, project := range projects {
		size += int64(len(`{"id":1234567,"groups":[]},`))
		if part, ok := s.Project(project); ok {
			size += int64(part.Size())
		}
		if size > most {
			break
		}
	}
	return size
}

// fullSizeOf is about how many bytes a whole set has.
func fullSizeOf(s *snapshot.Selection) int64 {
	list := s.List()
	return list.Size() + int64(list.Groups()+1)*int64(len(`{"source":"exporter/1234567","group":},`))
}

// full encodes a whole set, but for the end of its last part, and calls put with about a part of it at a time.
func (m *maker) full(s *snapshot.Selection, put func(b []byte) error) error {
	m.fulls.Add(1)
	e := m.encoder()
	defer m.release(e)
	number := 0
	e.BeginFull(number)
	for part := range s.Parts() {
		if e.Len() >= partSize {
			e.EndFull()
			if err := put(e.Bytes()); err != nil {
				return err
			}
			e.Reset()
			number++
			e.BeginFull(number)
		}
		wire.PutProject(e, part.Project, part.Groups())
	}
	return put(e.Bytes())
}

// fullEnd is what full leaves out.
func (m *maker) fullEnd(id wire.ID, etag string) []byte {
	var e wire.Encoder
	e.EndLastFull(id, etag)
	return e.Bytes()
}

// zippedFull is what full encodes, compressed; of the set itself nothing is held at any time but a part.
func (m *maker) zippedFull(s *snapshot.Selection) segment {
	f := m.deflaters.get()
	defer m.deflaters.put(f)
	f.begin()
	m.full(s, func(b []byte) error { //nolint:errcheck // put has none
		f.write(b)
		return nil
	})
	return f.segment()
}

// union returns the ids of several ascending lists, ascending and without repeats.
func union(lists ...[]int64) []int64 {
	all := slices.Concat(lists...)
	slices.Sort(all)
	return slices.Compact(all)
}
