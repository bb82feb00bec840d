package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
)

// plan decides what becomes of every row of the source. Those of the parents are planned.
func (n *syncNoun[T]) plan(o SyncOptions) error {
	n.meet()
	if len(n.children) == 0 {
		n.dropGone(o)
	}
	var claims []*syncClaim[T]
	for _, in := range n.source {
		if in.done {
			continue
		}
		claim, err := n.merge(in, o)
		if err != nil {
			return err
		}
		if claim != nil {
			claims = append(claims, claim)
		}
	}
	return n.settle(claims)
}

// meet finds the rows here that those of the source stand for: by the ledger, and then by identity.
func (n *syncNoun[T]) meet() {
	n.ids = make(map[int64]int64, len(n.source))
	n.out = map[int64]*SyncIssue{}
	for key, entry := range n.ledger.last {
		if m := n.rows[entry.id]; m != nil {
			m.key = key
		}
	}
	for _, in := range n.source {
		if in.key <= maxSyncID {
			n.lastID = max(n.lastID, in.key)
		}
		if in.entry = n.ledger.last[in.key]; in.entry != nil {
			n.ids[in.key] = in.entry.id
			in.mine = n.rows[in.entry.id]
		}
	}
	for _, in := range n.source {
		if n.place(in); in.done {
			continue
		}
		if err := n.validate(&in.row); err != nil {
			n.refuse(in, err)
		}
	}
	for _, in := range n.source {
		if !in.done && in.mine == nil {
			n.adopt(in)
		}
	}
}

// place makes a row of the source refer to rows of ours, or leaves it out.
func (n *syncNoun[T]) place(in *syncIncoming[T]) {
	for i, p := range n.parents {
		id, ok := p.of.idOf(in.refs[i])
		*p.id(&in.row) = id
		if ok || in.done {
			continue
		}
		issue := p.of.blame(in.refs[i])
		switch {
		case issue == nil:
			n.refuse(in, &Error{Field: p.field, Value: strconv.FormatInt(in.refs[i], 10), Reason: "is not in the source"})
		case in.mine != nil:
			n.refuse(in, &Error{Field: p.field, Value: issue.Name, Reason: "was left out, so this row stays as it is"})
		default:
			n.leaveOut(in, issue)
			issue.Below++
		}
	}
	if n.rename != nil {
		n.rename(&in.row)
	}
}

// adopt links a row of the source to the row here that is the same by identity, unless another row of the source
// stands for that one.
func (n *syncNoun[T]) adopt(in *syncIncoming[T]) {
	m := n.first[n.identity(&in.row)]
	if m == nil || n.incoming[m.key] != nil {
		return
	}
	if m.key != 0 {
		if in.entry == nil {
			in.entry = n.ledger.last[m.key]
		}
		n.ledger.forget(m.key)
	}
	m.key, in.mine = in.key, m
	n.ids[in.key] = n.table.id(*m.before)
}

// merge decides about one row. It returns a claim when the row needs an identity that it does not have yet.
func (n *syncNoun[T]) merge(in *syncIncoming[T], o SyncOptions) (*syncClaim[T], error) {
	if in.mine == nil {
		return n.create(in, o), nil
	}
	claim := &syncClaim[T]{in: in, row: *in.mine.after, base: syncBase{}}
	if in.entry != nil {
		claim.base = maps.Clone(in.entry.base)
	}
	n.mergeFields(claim, o)
	n.mergeParents(claim, o)
	for _, p := range n.parents {
		if id := *p.id(&claim.row); !p.of.lives(id) {
			n.refuse(in, &Error{
				Field: p.field, Value: p.of.nameOf(id), Reason: "was deleted here, so this row stays as it is",
				Hint: "create it here again, or delete it in the source",
			})
			return nil, nil
		}
	}
	if err := n.validate(&claim.row); err != nil {
		n.refuse(in, err)
		return nil, nil
	}
	if n.identity(&claim.row) != n.identity(in.mine.after) {
		return claim, nil
	}
	return nil, n.accept(claim)
}

// create claims a place for a row that is not here, unless it was deleted here, or its parent was.
func (n *syncNoun[T]) create(in *syncIncoming[T], o SyncOptions) *syncClaim[T] {
	if in.entry != nil && (!o.Theirs || !n.moved(in)) {
		if n.moved(in) {
			n.mourn(in.key).Reason = "was deleted here, and has changed in the source since"
		}
		return nil
	}
	for i, p := range n.parents {
		if !p.of.lives(*p.id(&in.row)) {
			issue := p.of.mourn(in.refs[i])
			n.leaveOut(in, issue)
			issue.Below++
			return nil
		}
	}
	claim := &syncClaim[T]{in: in, row: in.row, base: syncBase{}}
	for _, f := range n.fields {
		claim.base[f.name] = fieldJSON(f.at(&in.row))
	}
	for i, p := range n.parents {
		claim.base[p.field] = strconv.AppendInt(nil, in.refs[i], 10)
	}
	return claim
}

// moved says whether the source has changed a row since the ledger's entry was written.
func (n *syncNoun[T]) moved(in *syncIncoming[T]) bool {
	for _, f := range n.fields {
		if was, ok := in.entry.base[f.name]; ok && !bytes.Equal(was, fieldJSON(f.at(&in.row))) {
			return true
		}
	}
	for i, p := range n.parents {
		if was, ok := in.entry.base.key(p.field); ok && was != in.refs[i] {
			if id, ok := p.of.wasID(was); !ok || id != *p.id(&in.row) {
				return true
			}
		}
	}
	return false
}

// key reads a reference.
func (b syncBase) key(field string) (int64, bool) {
	var key int64
	text, ok := b[field]
	if !ok || json.Unmarshal(text, &key) != nil {
		return 0, false
	}
	return key, true
}

// mergeFields settles every field but the references.
func (n *syncNoun[T]) mergeFields(c *syncClaim[T], o SyncOptions) {
	for _, f := range n.fields {
		ours, theirs := f.at(&c.row), f.at(&c.in.row)
		now, here := fieldJSON(theirs), fieldJSON(ours)
		was, known := c.base[f.name]
		switch {
		case known && bytes.Equal(was, now) && !bytes.Equal(now, here):
		case bytes.Equal(now, here) || known && bytes.Equal(was, here) || o.Theirs:
			c.base[f.name] = now
			copyField(ours, theirs)
		default:
			n.contradict(c.in, f.name, fmt.Sprint(fieldValue(theirs)), fmt.Sprint(fieldValue(ours)), known)
		}
	}
}

// mergeParents settles the references.
func (n *syncNoun[T]) mergeParents(c *syncClaim[T], o SyncOptions) {
	for i, p := range n.parents {
		ours, theirs := p.id(&c.row), *p.id(&c.in.row)
		was, known := c.base.key(p.field)
		wasID, stands := p.of.wasID(was)
		same := known && (was == c.in.refs[i] || stands && wasID == theirs)
		switch {
		case same && theirs != *ours:
		case theirs == *ours || known && stands && wasID == *ours || o.Theirs:
			c.base[p.field] = strconv.AppendInt(nil, c.in.refs[i], 10)
			*ours = theirs
		default:
			n.contradict(c.in, p.field, p.of.nameOf(theirs), p.of.nameOf(*ours), known)
		}
	}
}
