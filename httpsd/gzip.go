package httpsd

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math/bits"
	"sync"

	"github.com/klauspost/compress/flate"
)

// A gzip member (RFC 1952) is a header, deflate blocks (RFC 1951) and a trailer with the checksum and the size of what
// they hold. Blocks that depend on nothing before them, and end at a byte, can be put one behind the other in any
// order: so a piece of a stream is compressed once and is the same bytes for all who watch. Checksums of pieces
// can be joined without looking at the pieces again, so every stream has a trailer of its own.

// gzipHeader begins a member: deflate, no flags, no time, an unknown system.
var gzipHeader = []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255}

// syncFlush is an empty block. A decoder that meets it hands out all that came before.
var syncFlush = []byte{0, 0, 0, 0xff, 0xff}

// segment is deflate blocks that depend on nothing before them and end with a sync flush, and what the trailer needs to
// know of what they hold.
type segment struct {
	deflated []byte
	sum      checksum
}

// checksum is the CRC-32 and the size of some bytes, modulo 2^32. The zero value is that of none.
type checksum struct {
	crc, size uint32
	// shift multiplies a CRC by x^(8·size): what appending so many bytes does to the CRC of those before.
	shift uint32
}

func checksumOf(b []byte) checksum {
	return checksum{crc: crc32.ChecksumIEEE(b), size: uint32(len(b)), shift: powerOfX(uint64(len(b)) * 8)}
}

// plus is the checksum of c's bytes followed by d's.
func (c checksum) plus(d checksum) checksum {
	switch {
	case c.shift == 0: // the zero value
		return d
	case d.shift == 0:
		return c
	}
	return checksum{crc: multiply(d.shift, c.crc) ^ d.crc, size: c.size + d.size, shift: multiply(c.shift, d.shift)}
}

// appendTrailer ends a member whose blocks have that checksum: an empty last block, the CRC, the size.
func (c checksum) appendTrailer(dst []byte) []byte {
	dst = append(dst, 1, 0, 0, 0xff, 0xff)
	dst = binary.LittleEndian.AppendUint32(dst, c.crc)
	return binary.LittleEndian.AppendUint32(dst, c.size)
}

// The CRC-32 is a polynomial over the integers modulo 2, reduced modulo the one below, the highest power in the lowest
// bit. So one is the highest bit, and x the one after it.
const polynomial, one, x = crc32.IEEE, uint32(1) << 31, uint32(1) << 30

// multiply multiplies two polynomials.
func multiply(a, b uint32) (product uint32) {
	for ; a != 0; a <<= 1 {
		if a&one != 0 {
			product ^= b
		}
		b = b>>1 ^ polynomial*(b&1) // times x
	}
	return product
}

// powerOfX is x to the power of n.
func powerOfX(n uint64) uint32 {
	power, square := one, x
	for range bits.Len64(n) {
		if n&1 != 0 {
			power = multiply(power, square)
		}
		square = multiply(square, square)
		n >>= 1
	}
	return power
}

// appendStored appends b as blocks that are not compressed, which costs nothing and suits a few bytes.
func appendStored(dst, b []byte) []byte {
	for len(b) > 0 {
		n := min(len(b), 1<<16-1)
		dst = append(dst, 0)
		dst = binary.LittleEndian.AppendUint16(dst, uint16(n))
		dst = binary.LittleEndian.AppendUint16(dst, ^uint16(n))
		dst = append(dst, b[:n]...)
		b = b[n:]
	}
	return append(dst, syncFlush...)
}

// deflaters are compressors for reuse: each needs about a megabyte. The zero value is ready for use.
type deflaters struct{ pool sync.Pool }

// deflater makes one segment.
type deflater struct {
	w   *flate.Writer
	out bytes.Buffer
	sum checksum
}

// get returns a compressor; give it back with put.
func (d *deflaters) get() *deflater {
	if f, ok := d.pool.Get().(*deflater); ok {
		return f
	}
	w, err := flate.NewWriter(nil, flate.DefaultCompression)
	if err != nil {
		panic("compressing: " + err.Error()) // the level is a valid one
	}
	return &deflater{w: w}
}

func (d *deflaters) put(f *deflater) {
	if f.out.Cap() > 1<<20 {
		f.out = bytes.Buffer{}
	}
	f.out.Reset()
	f.sum = checksum{}
	d.pool.Put(f)
}

// deflate compresses b by itself.
func (d *deflaters) deflate(b []byte) segment {
	f := d.get()
	defer d.put(f)
	f.begin()
	f.write(b)
	return f.segment()
}

func (f *deflater) begin() { f.w.Reset(&f.out) }

// write adds to the segment. A buffer takes everything, so an error is a fault of the program; what is served stays
// whole when it panics.
func (f *deflater) write(b []byte) {
	f.sum = f.sum.plus(checksumOf(b))
	if _, err := f.w.Write(b); err != nil {
		panic("compressing: " + err.Error())
	}
}

// segment returns what was written, in memory of its own.
func (f *deflater) segment() segment {
	if err := f.w.Flush(); err != nil {
		panic("compressing: " + err.Error())
	}
	return segment{deflated: bytes.Clone(f.out.Bytes()), sum: f.sum}
}
