package snapshot

import (
	"bytes"
	"io"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// zstdWindow bounds what a decoder must set aside. Lists repeat themselves within some kilobytes, and RFC 9659 allows
// up to eight megabytes in Content-Encoding.
const zstdWindow = 1 << 20

// compressed is one coding of a list, made when it is first asked for.
type compressed struct {
	once sync.Once
	body []byte
}

// Gzip returns the list compressed as of RFC 1952. It is compressed once, at the first call; the bytes are the list's
// own and must not be changed.
func (l *List) Gzip() []byte {
	return l.gzip.get(l, func(w io.Writer) (io.WriteCloser, error) {
		return gzip.NewWriter(w), nil
	})
}

// Zstd returns the list compressed as of RFC 8878, like Gzip.
func (l *List) Zstd() []byte {
	return l.zstd.get(l, func(w io.Writer) (io.WriteCloser, error) {
		return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(zstdWindow))
	})
}

func (c *compressed) get(l *List, to func(io.Writer) (io.WriteCloser, error)) []byte {
	c.once.Do(func() {
		var out bytes.Buffer
		w, err := to(&out)
		if err == nil {
			_, err = l.WriteTo(w)
		}
		if err == nil {
			err = w.Close()
		}
		if err != nil {
			// A buffer takes everything, so this is a fault of the program. An answer that breaks off leaves a
			// client with what it has; an empty body would not.
			panic("compressing a list: " + err.Error())
		}
		c.body = bytes.Clone(out.Bytes())
	})
	if len(c.body) == 0 { // an earlier call has panicked
		panic("compressing a list: it failed before")
	}
	return c.body
}
