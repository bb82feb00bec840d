package sorted

import (
	"slices"
	"sort"
)

// node is a leaf or a branch. It never changes once another node or a set points to it.
type node[T any] struct {
	// items are a leaf's members, or the first member under each of a branch's children.
	items []T
	// children is nil in a leaf.
	children []*node[T]
}

func newBranch[T any](children []*node[T]) *node[T] {
	n := &node[T]{items: make([]T, len(children)), children: slices.Clone(children)}
	for i, child := range children {
		n.items[i] = child.items[0]
	}
	return n
}

// firstFrom is the index of the first item that is not before what at looks for.
func firstFrom[T any](items []T, at func(T) int) int {
	return sort.Search(len(items), func(i int) bool { return at(items[i]) >= 0 })
}

// childAt is the index of the child that holds what at looks for, if any does.
func (n *node[T]) childAt(at func(T) int) int {
	after := sort.Search(len(n.items), func(i int) bool { return at(n.items[i]) > 0 })
	return max(after-1, 0)
}

func (n *node[T]) each(yield func(T) bool) bool {
	if n.children == nil {
		for _, item := range n.items {
			if !yield(item) {
				return false
			}
		}
		return true
	}
	for _, child := range n.children {
		if !child.each(yield) {
			return false
		}
	}
	return true
}

func (n *node[T]) eachFrom(at func(T) int, yield func(T) bool) bool {
	if n.children == nil {
		for _, item := range n.items[firstFrom(n.items, at):] {
			if !yield(item) {
				return false
			}
		}
		return true
	}
	// The child before the first one that begins at or after the wanted place may hold members after it too.
	i := max(firstFrom(n.items, at)-1, 0)
	if !n.children[i].eachFrom(at, yield) {
		return false
	}
	for _, child := range n.children[i+1:] {
		if !child.each(yield) {
			return false
		}
	}
	return true
}

// with returns the node with x in it, in two when it would be too long, and whether x is new.
func (n *node[T]) with(x T, compare func(a, b T) int) (left, right *node[T], grew bool) {
	if n.children == nil {
		i, found := slices.BinarySearchFunc(n.items, x, compare)
		left, right = (&node[T]{items: splice(n.items, i, i+btoi(found), x)}).split()
		return left, right, !found
	}
	i := n.childAt(func(y T) int { return compare(y, x) })
	a, b, grew := n.children[i].with(x, compare)
	left, right = n.replaced(i, i+1, a, b).split()
	return left, right, grew
}

// without returns the node without x, which may be too short, and whether x was there.
func (n *node[T]) without(x T, compare func(a, b T) int) (*node[T], bool) {
	if n.children == nil {
		i, found := slices.BinarySearchFunc(n.items, x, compare)
		if !found {
			return n, false
		}
		return &node[T]{items: splice(n.items, i, i+1)}, true
	}
	i := n.childAt(func(y T) int { return compare(y, x) })
	child, shrank := n.children[i].without(x, compare)
	if !shrank {
		return n, false
	}
	if len(child.items) >= minLen {
		return n.replaced(i, i+1, child, nil), true
	}
	if i+1 < len(n.children) {
		a, b := joined(child, n.children[i+1]).split()
		return n.replaced(i, i+2, a, b), true
	}
	a, b := joined(n.children[i-1], child).split()
	return n.replaced(i-1, i+1, a, b), true
}

// replaced returns a branch with a, and b when it is not nil, in the place of the children from i up to j.
func (n *node[T]) replaced(i, j int, a, b *node[T]) *node[T] {
	if b == nil {
		return &node[T]{items: splice(n.items, i, j, a.items[0]), children: splice(n.children, i, j, a)}
	}
	return &node[T]{items: splice(n.items, i, j, a.items[0], b.items[0]), children: splice(n.children, i, j, a, b)}
}

// split halves a node that is too long; the second half is nil when it is not.
func (n *node[T]) split() (left, right *node[T]) {
	if len(n.items) <= maxLen {
		return n, nil
	}
	half := len(n.items) / 2
	left = &node[T]{items: slices.Clone(n.items[:half])}
	right = &node[T]{items: slices.Clone(n.items[half:])}
	if n.children != nil {
		left.children = slices.Clone(n.children[:half])
		right.children = slices.Clone(n.children[half:])
	}
	return left, right
}

// joined returns two neighbours as one node, which may be too long.
func joined[T any](a, b *node[T]) *node[T] {
	return &node[T]{items: slices.Concat(a.items, b.items), children: slices.Concat(a.children, b.children)}
}

// splice returns a copy of s with other in the place of s[i:j].
func splice[E any](s []E, i, j int, other ...E) []E {
	out := make([]E, 0, len(s)-(j-i)+len(other))
	return append(append(append(out, s[:i]...), other...), s[j:]...)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
