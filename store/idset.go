package store

import (
	"maps"
	"math/bits"
	"slices"
)

// idSet is a set of positive ids. Ids that lie close together take a bit each.
type idSet map[int64]uint64

// add puts id in, and says whether it was not there.
func (s idSet) add(id int64) bool {
	if s.has(id) {
		return false
	}
	s[id>>6] |= 1 << (id & 63)
	return true
}

func (s idSet) has(id int64) bool { return s[id>>6]&(1<<(id&63)) != 0 }

// ranges returns the ids as ascending ranges that neither overlap nor adjoin.
func (s idSet) ranges() []IDRange {
	var list []IDRange
	for _, word := range slices.Sorted(maps.Keys(s)) {
		for rest := s[word]; rest != 0; rest &= rest - 1 {
			id := word<<6 | int64(bits.TrailingZeros64(rest))
			if n := len(list); n > 0 && list[n-1].Last == id-1 {
				list[n-1].Last = id
				continue
			}
			list = append(list, IDRange{First: id, Last: id})
		}
	}
	return list
}
