// Package sorted has an immutable ordered set. Every change gives a new set that shares all but a few nodes with the
// old one, which stays as it was: a B+tree whose changes copy the path from the root to one leaf.
package sorted

import (
	"iter"
	"slices"
)

const (
	// maxLen is the most members of a leaf, and the most children of a branch.
	maxLen = 64
	// minLen is the fewest of either in a node that is not the root. It is well below half of maxLen, so that a
	// member that comes and goes does not split and join the same node over and over.
	minLen = maxLen / 4
	// buildLen is how many Build puts into a node: with room left for additions that do not split it.
	buildLen = maxLen * 3 / 4
)

// Set is an immutable set, ordered by the function that it was made with. It is safe for concurrent use. Make one
// with Build; the zero value has no order and can only be read.
type Set[T any] struct {
	compare func(a, b T) int
	root    *node[T]
	size    int
}

// Build returns the set of members, which ascend by compare and do not repeat. The slice stays the caller's.
func Build[T any](compare func(a, b T) int, members []T) Set[T] {
	s := Set[T]{compare: compare, size: len(members)}
	if len(members) == 0 {
		return s
	}
	var level []*node[T]
	for part := range evenly(members) {
		level = append(level, &node[T]{items: slices.Clone(part)})
	}
	for len(level) > 1 {
		var above []*node[T]
		for part := range evenly(level) {
			above = append(above, newBranch(part))
		}
		level = above
	}
	s.root = level[0]
	return s
}

// evenly yields s in parts of about buildLen.
func evenly[E any](s []E) iter.Seq[[]E] {
	n := (len(s) + buildLen - 1) / buildLen
	return func(yield func([]E) bool) {
		for i := range n {
			if !yield(s[i*len(s)/n : (i+1)*len(s)/n]) {
				return
			}
		}
	}
}

// Len is the number of members.
func (s Set[T]) Len() int { return s.size }

// Find returns the member at which at is zero. The function tells where a member is seen from the one that is
// looked for: negative before it, positive after it, in agreement with the set's order.
func (s Set[T]) Find(at func(T) int) (T, bool) {
	var none T
	n := s.root
	if n == nil {
		return none, false
	}
	for n.children != nil {
		n = n.children[n.childAt(at)]
	}
	i := firstFrom(n.items, at)
	if i == len(n.items) || at(n.items[i]) != 0 {
		return none, false
	}
	return n.items[i], true
}

// All yields the members in ascending order.
func (s Set[T]) All() iter.Seq[T] {
	return func(yield func(T) bool) {
		if s.root != nil {
			s.root.each(yield)
		}
	}
}

// From yields, in ascending order, the members for which at (see Find) is not negative.
func (s Set[T]) From(at func(T) int) iter.Seq[T] {
	return func(yield func(T) bool) {
		if s.root != nil {
			s.root.eachFrom(at, yield)
		}
	}
}

// With returns the set with the member, which takes the place of one that is equal to it.
func (s Set[T]) With(member T) Set[T] {
	if s.root == nil {
		s.root, s.size = &node[T]{items: []T{member}}, 1
		return s
	}
	left, right, grew := s.root.with(member, s.compare)
	s.root = left
	if right != nil {
		s.root = newBranch([]*node[T]{left, right})
	}
	if grew {
		s.size++
	}
	return s
}

// Without returns the set without the member that is equal to the given one.
func (s Set[T]) Without(member T) Set[T] {
	if s.root == nil {
		return s
	}
	root, shrank := s.root.without(member, s.compare)
	if !shrank {
		return s
	}
	s.size--
	switch {
	case len(root.children) == 1:
		root = root.children[0]
	case len(root.items) == 0:
		root = nil
	}
	s.root = root
	return s
}

// Update returns the set without those of gone and then with those of added. Both slices stay the caller's, but are
// put in order. Few changes cost a path each; many, one pass over the whole set.
func (s Set[T]) Update(gone, added []T) Set[T] {
	if len(gone)+len(added) > s.size/8+1 {
		return s.rebuilt(gone, added)
	}
	for _, member := range gone {
		s = s.Without(member)
	}
	for _, member := range added {
		s = s.With(member)
	}
	return s
}

// rebuilt is Update by merging everything. A later one of equal members in added wins, as it does in Update.
func (s Set[T]) rebuilt(gone, added []T) Set[T] {
	slices.SortStableFunc(gone, s.compare)
	slices.SortStableFunc(added, s.compare)
	members := make([]T, 0, s.size+len(added))
	put := func(member T) {
		if n := len(members); n > 0 && s.compare(members[n-1], member) == 0 {
			members = members[:n-1]
		}
		members = append(members, member)
	}
	for member := range s.All() {
		for len(added) > 0 && s.compare(added[0], member) < 0 {
			put(added[0])
			added = added[1:]
		}
		for len(gone) > 0 && s.compare(gone[0], member) < 0 {
			gone = gone[1:]
		}
		if len(gone) == 0 || s.compare(gone[0], member) != 0 {
			put(member)
		}
	}
	for _, member := range added {
		put(member)
	}
	return Build(s.compare, members)
}
