package compare

import "github.com/cespare/xxhash/v2"

// addresses numbers strings, from 0 upwards. It keeps each once, one behind the other, without a pointer that a
// garbage collector would have to follow. The zero value is ready to use.
type addresses struct {
	text []byte
	// ends are the offsets in text at which strings end, by number.
	ends []int
	// slots is a table with open addressing: the upper half of a string's hash, and below it its number plus one; 0 is
	// free. Its size is a power of two.
	slots []uint64
}

// hashHalf is the part of a slot that is of the hash. The place of a slot comes from the other half.
const hashHalf = 0xffffffff << 32

// number returns the number of the string, which is a new one when the string is new.
func (a *addresses) number(s string) uint32 {
	if 3*len(a.ends) >= 2*len(a.slots) {
		a.grow()
	}
	hash := xxhash.Sum64String(s)
	mask := uint64(len(a.slots) - 1)
	i := hash & mask
	for ; a.slots[i] != 0; i = (i + 1) & mask {
		if n := uint32(a.slots[i]) - 1; a.slots[i]&hashHalf == hash&hashHalf && string(a.bytes(n)) == s {
			return n
		}
	}
	a.text = append(a.text, s...)
	a.ends = append(a.ends, len(a.text))
	a.slots[i] = hash&hashHalf | uint64(len(a.ends))
	return uint32(len(a.ends)) - 1
}

// grow doubles the table.
func (a *addresses) grow() {
	a.slots = make([]uint64, max(64, 2*len(a.slots)))
	mask := uint64(len(a.slots) - 1)
	for n := range a.ends {
		hash := xxhash.Sum64(a.bytes(uint32(n)))
		i := hash & mask
		for a.slots[i] != 0 {
			i = (i + 1) & mask
		}
		a.slots[i] = hash&hashHalf | uint64(n+1)
	}
}

// bytes returns the string of the number; it is not to be changed.
func (a *addresses) bytes(n uint32) []byte {
	start := 0
	if n > 0 {
		start = a.ends[n-1]
	}
	return a.text[start:a.ends[n]]
}
