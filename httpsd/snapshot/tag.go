package snapshot

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/bits"
)

// tag is the digest of a multiset of groups: the sum, modulo 2^128, of the truncated SHA-256 of each. Sums of disjoint
// parts add up and can be taken away again, so a change costs what it touches.
//
// A sum does not depend on order, and need not: the order of a list follows from its groups alone (each names its
// shard and its project in its labels), so equal groups mean equal bytes. With values that behave at random, two
// different lists have equal sums with a probability of 2^-128. Somebody who may write to the inventory could search
// for sets of groups with equal sums with less effort than 2^64, as for any sum of this width; all there is to win is
// that a client of his own list keeps the older of the two.
type tag struct{ hi, lo uint64 }

// tagOf is the tag of one group.
func tagOf(group []byte) tag {
	sum := sha256.Sum256(group)
	return tag{hi: binary.BigEndian.Uint64(sum[:8]), lo: binary.BigEndian.Uint64(sum[8:16])}
}

func (t tag) plus(u tag) tag {
	lo, carry := bits.Add64(t.lo, u.lo, 0)
	hi, _ := bits.Add64(t.hi, u.hi, carry)
	return tag{hi: hi, lo: lo}
}

func (t tag) minus(u tag) tag {
	lo, borrow := bits.Sub64(t.lo, u.lo, 0)
	hi, _ := bits.Sub64(t.hi, u.hi, borrow)
	return tag{hi: hi, lo: lo}
}

// total is what is known of some groups together.
type total struct {
	tag tag
	// size is in bytes, the comma before each group included.
	size    int64
	groups  int64
	targets int64
}

func (t total) plus(u total) total {
	return total{t.tag.plus(u.tag), t.size + u.size, t.groups + u.groups, t.targets + u.targets}
}

func (t total) minus(u total) total {
	return total{t.tag.minus(u.tag), t.size - u.size, t.groups - u.groups, t.targets - u.targets}
}

// etag is the strong entity tag (RFC 9110, section 8.8.3): the tag, and the number of groups.
func (t total) etag() string {
	return fmt.Sprintf(`"%016x%016x-%x"`, t.tag.hi, t.tag.lo, t.groups)
}
