package check

import "bytes"

// position is a place in a file. Line and column count from 1, the column in bytes; 0 means not known.
type position struct {
	line, column int
}

// lines finds places in content. Offsets must not descend from call to call by more than a line or it has to count
// anew, which is slow on a large file.
type lines struct {
	content []byte
	// start is the offset at which line number begins.
	start, number int
}

func newLines(content []byte) *lines { return &lines{content: content, number: 1} }

// at returns the place of the byte at offset.
func (l *lines) at(offset int) position {
	offset = min(max(offset, 0), len(l.content))
	if offset < l.start {
		l.start, l.number = 0, 1
	}
	for {
		i := bytes.IndexByte(l.content[l.start:offset], '\n')
		if i < 0 {
			return position{l.number, offset - l.start + 1}
		}
		l.start += i + 1
		l.number++
	}
}
