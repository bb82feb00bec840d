package httpsd

import (
	"bytes"
	"compress/gzip"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestSegmentsMakeAMember puts pieces together as streams do, in any order, and has Go's reader check the result.
func TestSegmentsMakeAMember(t *testing.T) {
	var d deflaters
	rapid.Check(t, func(t *rapid.T) {
		pieces := rapid.SliceOfN(rapid.SampledFrom([]string{
			"", "a", "event: delta\ndata: {}\n\n", string(bytes.Repeat([]byte("abc"), 50_000)), noise(70_000), noise(5),
		}), 0, 6).Draw(t, "pieces")
		var want []byte
		var sum checksum
		member := bytes.Clone(gzipHeader)
		for i, piece := range pieces {
			if rapid.Bool().Draw(t, "stored") {
				member = appendStored(member, []byte(piece))
				sum = sum.plus(checksumOf([]byte(piece)))
			} else {
				s := d.deflate([]byte(piece))
				member = append(member, s.deflated...)
				sum = sum.plus(s.sum)
			}
			want = append(want, piece...)
			require.Equal(t, checksumOf(want), sum)
			// All that was sent can be read before anything else comes.
			r, err := gzip.NewReader(bytes.NewReader(member))
			require.NoError(t, err)
			got := make([]byte, len(want))
			_, err = io.ReadFull(r, got)
			require.NoError(t, err, "after piece %d", i)
			require.True(t, bytes.Equal(want, got))
		}
		r, err := gzip.NewReader(bytes.NewReader(sum.appendTrailer(member)))
		require.NoError(t, err)
		got, err := io.ReadAll(r)
		require.NoError(t, err)
		require.True(t, bytes.Equal(want, got))
	})
}

// noise is bytes that do not compress.
func noise(n int) string {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{byte(n)}).Read(b)
	return string(b)
}

func TestSegmentOfSeveralWrites(t *testing.T) {
	var d deflaters
	for range 2 { // the second time with what the first has used
		f := d.get()
		f.begin()
		f.write([]byte("one "))
		f.write([]byte("two"))
		s := f.segment()
		d.put(f)
		require.Equal(t, checksumOf([]byte("one two")), s.sum)
		r, err := gzip.NewReader(bytes.NewReader(s.sum.appendTrailer(append(bytes.Clone(gzipHeader), s.deflated...))))
		require.NoError(t, err)
		got, err := io.ReadAll(r)
		require.NoError(t, err)
		require.Equal(t, "one two", string(got))
	}
}

// BenchmarkDeflate compresses what a change of one project with 20 hosts sends.
func BenchmarkDeflate(b *testing.B) {
	var d deflaters
	text := bytes.Repeat([]byte(`"host000123.prod.example:9100",`), 40)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		d.deflate(text)
	}
}

func BenchmarkChecksumPlus(b *testing.B) {
	c, d := checksumOf([]byte("one")), checksumOf([]byte("two"))
	for b.Loop() {
		c = c.plus(d)
	}
}
