package wire

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/bits"
)

// Tag is the digest of a multiset of groups: the sum, modulo 2^128, of the truncated SHA-256 of each. Sums of disjoint
// parts add up and can be taken away again, so a change costs what it touches. The zero value is the tag of no groups,
// and tags are compared with ==.
//
// A sum does not depend on order, and need not: the order of a list follows from its groups alone (each names its
// shard and its project in its labels), so equal groups mean equal bytes. With values that behave at random, two
// different lists have equal sums with a probability of 2^-128. Somebody who may write to the inventory could search
// for sets of groups with equal sums with less effort than 2^64, as for any sum of this width; all there is to win is
// that a client of his own list keeps the older of the two.
type Tag struct{ hi, lo uint64 }

// TagOf is the tag of one group, given as in [Group.Body].
func TagOf(group []byte) Tag {
	sum := sha256.Sum256(group)
	return Tag{hi: binary.BigEndian.Uint64(sum[:8]), lo: binary.BigEndian.Uint64(sum[8:16])}
}

// Low is the lower half of the tag, for those who mix it with more.
func (t Tag) Low() uint64 { return t.lo }

// Plus returns the tag of both together.
func (t Tag) Plus(u Tag) Tag {
	lo, carry := bits.Add64(t.lo, u.lo, 0)
	hi, _ := bits.Add64(t.hi, u.hi, carry)
	return Tag{hi: hi, lo: lo}
}

// Minus takes away what Plus has added.
func (t Tag) Minus(u Tag) Tag {
	lo, borrow := bits.Sub64(t.lo, u.lo, 0)
	hi, _ := bits.Sub64(t.hi, u.hi, borrow)
	return Tag{hi: hi, lo: lo}
}

// ETag is the strong entity tag (RFC 9110, section 8.8.3) of a set whose tag this is and which has that many groups.
func (t Tag) ETag(groups int64) string {
	return fmt.Sprintf(`"%016x%016x-%x"`, t.hi, t.lo, groups)
}
