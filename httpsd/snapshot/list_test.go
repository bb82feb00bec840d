package snapshot

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
)

// line is a snapshot of the line fleet, made once.
var line = sync.OnceValue(func() *Snapshot { return lineFleet.build(lineFleet.rows()) })

func TestCompressedListsHoldTheSameBytes(t *testing.T) {
	for name, q := range map[string]Query{
		"a shard": {Shards: []string{"shard-03"}}, "everything": {}, "a service": {Services: []string{"service-0003"}},
		"nothing": {Jobs: []string{"none"}},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := line().List(Targets, q)
			require.NoError(t, err)
			want := body(t, l)

			unzip, err := gzip.NewReader(bytes.NewReader(l.Gzip()))
			require.NoError(t, err)
			got, err := io.ReadAll(unzip)
			require.NoError(t, err)
			assert.Equal(t, want, string(got))

			unzstd, err := zstd.NewReader(bytes.NewReader(l.Zstd()), zstd.WithDecoderMaxWindow(8<<20), zstd.WithDecoderConcurrency(1))
			require.NoError(t, err)
			defer unzstd.Close()
			got, err = io.ReadAll(unzstd)
			require.NoError(t, err)
			assert.Equal(t, want, string(got))
		})
	}
}

// sameCompressed says whether two snapshots hand out the very same compressed bytes, which were then made once.
func sameCompressed(t *testing.T, a, b *Snapshot, k Kind, q Query) bool {
	one, err := a.List(k, q)
	require.NoError(t, err)
	other, err := b.List(k, q)
	require.NoError(t, err)
	return &one.Gzip()[0] == &other.Gzip()[0] && &one.Zstd()[0] == &other.Zstd()[0]
}

func TestListsAreCompressedOncePerContent(t *testing.T) {
	w := town()
	s := w.build()
	w.forget()
	prod, all, service := Query{Shards: []string{"prod"}}, Query{}, Query{Services: []string{"bank"}}
	for _, q := range []Query{prod, all, service} {
		assert.True(t, sameCompressed(t, s, s, Targets, q), "%+v", q)
	}
	w.change(w.projectNamed("shop-dev"), func(p *store.ProjectRows) { p.Hosts = p.Hosts[:1] })
	next := s.Apply(w.changes())
	assert.True(t, sameCompressed(t, s, next, Targets, prod), "a change on another shard")
	assert.True(t, sameCompressed(t, s, next, URLs, all), "a change of the other kind")
	assert.False(t, sameCompressed(t, s, next, Targets, all), "a change")
}

func TestWriteToPassesOnWhatWentWrong(t *testing.T) {
	l, err := line().List(Targets, Query{Shards: []string{"shard-03"}})
	require.NoError(t, err)
	want := body(t, l)
	for _, room := range []int{0, 1, 5, 40_000, len(want) - 1} {
		w := &narrowWriter{room: room}
		n, err := l.WriteTo(w)
		require.ErrorIs(t, err, errNarrow)
		assert.EqualValues(t, room, n)
		assert.Equal(t, want[:room], w.String())
	}
}

var errNarrow = errors.New("no room left")

// narrowWriter takes a number of bytes and no more.
type narrowWriter struct {
	bytes.Buffer
	room int
}

func (w *narrowWriter) Write(b []byte) (int, error) {
	n := min(len(b), w.room-w.Len())
	w.Buffer.Write(b[:n])
	if n < len(b) {
		return n, errNarrow
	}
	return n, nil
}

func TestWriteToWritesLargePieces(t *testing.T) {
	l, err := line().List(Targets, Query{})
	require.NoError(t, err)
	var w countingWriter
	_, err = l.WriteTo(&w)
	require.NoError(t, err)
	assert.Less(t, int(w), int(l.Size()/minPairSize*2+4))
}

type countingWriter int

func (w *countingWriter) Write(b []byte) (int, error) {
	*w++
	return len(b), nil
}

func TestPickedListsAreMadeOnce(t *testing.T) {
	s := town().build()
	first, err := s.List(Targets, Query{Services: []string{"shop", "bank"}, Jobs: []string{"node"}})
	require.NoError(t, err)
	again, err := s.List(Targets, Query{Services: []string{"bank", "shop", "bank"}, Jobs: []string{"node", "node"}})
	require.NoError(t, err)
	assert.Same(t, first, again)
	other, err := s.List(URLs, Query{Services: []string{"shop", "bank"}, Jobs: []string{"node"}})
	require.NoError(t, err)
	assert.NotSame(t, first, other)
}

func TestListCacheIsBounded(t *testing.T) {
	pick := func(bytes int64) func() (*List, int64) {
		return func() (*List, int64) { return &List{}, bytes }
	}
	t.Run("by number", func(t *testing.T) {
		c := newListCache()
		for i := range 3 * maxPicked {
			key := fmt.Sprint(i)
			l := c.get(key, pick(1))
			require.Same(t, l, c.get(key, pick(1)), "the latest stays")
			require.LessOrEqual(t, len(c.lists), maxPicked)
			require.EqualValues(t, len(c.lists), c.bytes)
		}
		require.Len(t, c.lists, maxPicked)
	})
	t.Run("by size", func(t *testing.T) {
		c := newListCache()
		for i := range 10 {
			c.get(fmt.Sprint(i), pick(maxPickedBytes/4))
			require.LessOrEqual(t, c.bytes, int64(maxPickedBytes))
		}
		require.Len(t, c.lists, 4)
		large := c.get("large", pick(2*maxPickedBytes))
		require.Same(t, large, c.get("large", pick(0)), "one list may stay, however large")
		require.Len(t, c.lists, 1)
		c.get("small", pick(1))
		require.Len(t, c.lists, 1)
		require.EqualValues(t, 1, c.bytes)
	})
	t.Run("a list that was evicted while it was made is not charged", func(t *testing.T) {
		c := newListCache()
		c.get("slow", func() (*List, int64) {
			delete(c.lists, "slow")
			return &List{}, 100
		})
		require.Zero(t, c.bytes)
	})
}
