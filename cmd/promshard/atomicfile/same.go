package atomicfile

import (
	"bytes"
	"errors"
	"io"
	"os"
)

// holds reports whether the file has the content and nothing after it, if their sizes are equal. What cannot be read can
// still be replaced.
func holds(name string, content io.WriterTo) bool {
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	_, err = content.WriteTo(&comparer{r: f})
	return err == nil
}

// errDiffers ends a comparison.
var errDiffers = errors.New("the content differs")

// comparer is a writer that fails once what is written differs from what r holds.
type comparer struct {
	r   io.Reader
	buf []byte
}

// Write implements io.Writer.
func (c *comparer) Write(p []byte) (int, error) {
	const most = 64 << 10
	if c.buf == nil {
		c.buf = make([]byte, most)
	}
	for done := 0; done < len(p); {
		part := p[done:min(done+most, len(p))]
		b := c.buf[:len(part)]
		if _, err := io.ReadFull(c.r, b); err != nil {
			return done, err
		}
		if !bytes.Equal(b, part) {
			return done, errDiffers
		}
		done += len(part)
	}
	return len(p), nil
}

// Same reports whether the file is a regular one that has exactly this content.
func Same(name string, content []byte) bool {
	info, err := os.Lstat(name)
	return err == nil && info.Mode().IsRegular() && info.Size() == int64(len(content)) && holds(name, bytes.NewReader(content))
}
