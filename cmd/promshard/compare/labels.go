package compare

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"
)

// label is one label of a set; see Group.Added.
type label struct {
	name, value string
	added       bool
}

// labelSets numbers label sets. Those that are equal, in their added labels too, have one number.
type labelSets struct {
	ignored map[string]bool
	numbers map[string]uint32
	encoded []string

	// labels and buf are used again for every set.
	labels []label
	buf    []byte
}

func newLabelSets(ignored []string) *labelSets {
	s := &labelSets{ignored: map[string]bool{}, numbers: map[string]uint32{}}
	for _, name := range ignored {
		s.ignored[name] = true
	}
	return s
}

// number returns the number of a group's label set.
func (s *labelSets) number(g Group) uint32 {
	s.labels = s.labels[:0]
	for name, value := range g.Labels {
		if value != "" && !s.ignored[name] {
			s.labels = append(s.labels, label{name, value, g.Added[name]})
		}
	}
	slices.SortFunc(s.labels, func(a, b label) int { return cmp.Compare(a.name, b.name) })
	s.buf = s.buf[:0]
	for _, l := range s.labels {
		s.buf = appendLabel(s.buf, l)
	}
	n, known := s.numbers[string(s.buf)]
	if !known {
		n = uint32(len(s.encoded))
		encoded := string(s.buf)
		s.encoded = append(s.encoded, encoded)
		s.numbers[encoded] = n
	}
	return n
}

// appendLabel encodes a label: the length of its name with a bit for added, its name, the length of its value, its value.
func appendLabel(b []byte, l label) []byte {
	head := uint64(len(l.name)) << 1
	if l.added {
		head |= 1
	}
	b = append(binary.AppendUvarint(b, head), l.name...)
	return append(binary.AppendUvarint(b, uint64(len(l.value))), l.value...)
}

// of returns the labels of a set, in order by name.
func (s *labelSets) of(n uint32) []label {
	var labels []label
	for encoded := s.encoded[n]; encoded != ""; {
		var l label
		var head uint64
		head, encoded = cutUvarint(encoded)
		l.added = head&1 == 1
		l.name, encoded = encoded[:head>>1], encoded[head>>1:]
		head, encoded = cutUvarint(encoded)
		l.value, encoded = encoded[:head], encoded[head:]
		labels = append(labels, l)
	}
	return labels
}

// cutUvarint takes a number off the front of what appendLabel has made.
func cutUvarint(s string) (n uint64, rest string) {
	for i, shift := 0, 0; ; i, shift = i+1, shift+7 {
		n |= uint64(s[i]&0x7f) << shift
		if s[i] < 0x80 {
			return n, s[i+1:]
		}
	}
}

// distance counts the labels in which two sets differ. An added label that the other set lacks is no difference.
func distance(a, b []label) int {
	n := 0
	for len(a) > 0 || len(b) > 0 {
		switch order := compareFronts(a, b); {
		case order < 0:
			n += counts(a[0])
			a = a[1:]
		case order > 0:
			n += counts(b[0])
			b = b[1:]
		default:
			if a[0].value != b[0].value {
				n++
			}
			a, b = a[1:], b[1:]
		}
	}
	return n
}

// compareFronts says which of two lists, of which one may be empty, has the lower name in front.
func compareFronts(a, b []label) int {
	switch {
	case len(a) == 0:
		return 1
	case len(b) == 0:
		return -1
	}
	return strings.Compare(a[0].name, b[0].name)
}

// counts is 1 for a label that must be on both sides.
func counts(l label) int {
	if l.added {
		return 0
	}
	return 1
}
