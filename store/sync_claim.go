package store

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// maxSyncID is the highest key that becomes an id: many readers of JSON take no higher number for exact.
const maxSyncID = 1 << 53

// syncClaim is a row as the source and the row here make it, on its way in.
type syncClaim[T any] struct {
	in   *syncIncoming[T]
	row  T
	base syncBase
}

// settle gives claims the identities that they want: those that are free, or that others give up for their own. The
// rest is refused.
func (n *syncNoun[T]) settle(claims []*syncClaim[T]) error {
	waiting := map[any][]*syncClaim[T]{}
	for _, c := range claims {
		// A claim that is accepted makes way for those that wait for what it leaves.
		for ready := []*syncClaim[T]{c}; len(ready) > 0; {
			freed, err := n.try(ready[0], waiting)
			if err != nil {
				return err
			}
			ready = append(freed, ready[1:]...)
		}
	}
	rest := slices.Concat(slices.Collect(maps.Values(waiting))...)
	slices.SortFunc(rest, func(a, b *syncClaim[T]) int { return cmp.Compare(a.in.key, b.in.key) })
	return n.settleCircles(rest)
}

// try accepts a claim on an identity that is free, and returns those that waited for the one it leaves; other claims
// are put to those that wait.
func (n *syncNoun[T]) try(c *syncClaim[T], waiting map[any][]*syncClaim[T]) (freed []*syncClaim[T], err error) {
	if want := n.identity(&c.row); n.held[want] != nil {
		waiting[want] = append(waiting[want], c)
		return nil, nil
	}
	if n.parked != "" && c.in.mine != nil {
		left := n.identity(c.in.mine.after)
		freed = waiting[left]
		delete(waiting, left)
	}
	return freed, n.accept(c)
}

// settleCircles accepts the claims of rows that change places with each other, and refuses the others.
func (n *syncNoun[T]) settleCircles(claims []*syncClaim[T]) error {
	circle := n.inCircles(claims)
	for _, c := range claims {
		if !circle[c] {
			n.refuse(c.in, n.taken(c))
		}
	}
	for c := range circle {
		delete(n.held, n.identity(c.in.mine.after))
	}
	for _, c := range claims {
		if !circle[c] {
			continue
		}
		if err := n.accept(c); err != nil {
			return err
		}
	}
	return nil
}

// inCircles picks the claims that form circles: each wants what the next one has.
func (n *syncNoun[T]) inCircles(claims []*syncClaim[T]) map[*syncClaim[T]]bool {
	circle := map[*syncClaim[T]]bool{}
	if n.parked == "" {
		return circle
	}
	leaving := map[*syncMine[T]]*syncClaim[T]{}
	for _, c := range claims {
		if c.in.mine != nil {
			leaving[c.in.mine] = c
		}
	}
	next := func(c *syncClaim[T]) *syncClaim[T] { return leaving[n.held[n.identity(&c.row)]] }
	seen := map[*syncClaim[T]]int{}
	for i, start := range claims {
		c := start
		for c != nil && seen[c] == 0 {
			seen[c] = i + 1
			c = next(c)
		}
		// A walk that comes back to where it has been itself has found a circle.
		for c != nil && seen[c] == i+1 && !circle[c] {
			circle[c] = true
			c = next(c)
		}
	}
	return circle
}

// taken is the error for a claim on what another row has.
func (n *syncNoun[T]) taken(c *syncClaim[T]) error {
	holder := n.held[n.identity(&c.row)]
	name, _ := n.table.label(c.row)
	err := &Error{Value: name, Reason: "is taken by another " + n.prose()}
	switch {
	case holder.key != 0 && n.incoming[holder.key] != nil:
		err.Reason = fmt.Sprintf("is the same as what the source has under the key %d", holder.key)
		err.Hint = "keep one of the two in the source"
	case n.parked == "":
		err.Reason = "finds its place taken until the next run"
	}
	return err
}

// accept makes a claim the plan.
func (n *syncNoun[T]) accept(c *syncClaim[T]) error {
	m := c.in.mine
	if m == nil {
		m = &syncMine[T]{key: c.in.key}
		n.made = append(n.made, m)
		n.number(c)
	} else if held := n.identity(m.after); n.parked != "" && n.held[held] == m {
		delete(n.held, held)
	}
	if n.rename != nil {
		n.rename(&c.row)
	}
	id := n.table.id(c.row)
	m.after, c.in.mine = &c.row, m
	if m.before != nil {
		m.fields = n.compare(m.before, m.after)
	}
	n.rows[id], n.held[n.identity(m.after)], n.ids[c.in.key] = m, m, id
	return n.ledger.remember(c.in.key, id, c.base)
}

// number gives a new row the id that it has in the source, or a new one.
func (n *syncNoun[T]) number(c *syncClaim[T]) {
	id, other := c.in.key, n.rows[c.in.key]
	owner, owned := n.ledger.owners[id]
	if id > 0 && id <= maxSyncID && other == nil && (!owned || owner == c.in.key) {
		*n.id(&c.row) = id
		return
	}
	n.lastID++
	*n.id(&c.row) = n.lastID
	var reason string
	switch {
	case other != nil:
		name, place := n.table.label(*other.row())
		reason = fmt.Sprintf("is that of %q%s here", name, place)
	case owned:
		reason = "was that of a row that was deleted here"
	default:
		return
	}
	n.complain(c.in, SyncIssue{
		Kind: SyncRenumbered, Field: "id", Value: strconv.FormatInt(id, 10),
		Reason: fmt.Sprintf("%s, so the row went in as %d", reason, n.lastID),
		Hint:   "addresses with the number lead elsewhere here; to keep numbers, import into an empty inventory",
	})
}

// compare lists the fields that differ.
func (n *syncNoun[T]) compare(before, after *T) (fields []FieldChange) {
	for _, f := range n.fields {
		if b, a := fieldValue(f.at(before)), fieldValue(f.at(after)); b != a {
			fields = append(fields, FieldChange{Field: f.name, Before: b, After: a})
		}
	}
	for _, p := range n.parents {
		if b, a := *p.id(before), *p.id(after); b != a {
			fields = append(fields, FieldChange{Field: p.field, Before: p.of.nameOf(b), After: p.of.nameOf(a)})
		}
	}
	return fields
}
