package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
)

// syncNoun is one noun of a sync: how its rows are compared and written, and what is known of them. Rows are planned in
// memory, parents before children; nothing is written before the plan is complete.
type syncNoun[T any] struct {
	table    table[T]
	id       func(*T) *int64
	validate func(*T) error
	// columns are those that writes set, with their values.
	columns []string
	values  func(*T) []any
	// fields are what a source can have beside its parents.
	fields  []syncField[T]
	parents []syncParent[T]
	// identity is what no two rows have in common, a comparable value.
	identity func(*T) any
	// parked is a column of text that is part of the identity. Where it is empty an identity that a row gives up is not
	// free for another row before the next run.
	parked string
	// plain says whether what a source cannot have is as a sync leaves it; nil means always.
	plain func(*T) bool
	// rename fills in the names of what the row refers to; nil when it refers to nothing.
	rename func(*T)
	// project is the name of the row's project; nil when it has none.
	project func(*T) string
	// touch marks what a change alters; before or after is nil for a creation or a deletion.
	touch func(tx *writeTx, before, after *T)
	// children are the nouns that can hang on this one.
	children []syncChildren

	source   []*syncIncoming[T] // by key
	incoming map[int64]*syncIncoming[T]
	rows     map[int64]*syncMine[T]
	// first are the rows that are there before the sync, held those that are there as far as it is planned, both by
	// identity.
	first, held map[any]*syncMine[T]
	ledger      syncLedger
	// ids are the rows that keys of the source stand for, some of which may be gone.
	ids map[int64]int64
	// out are the issues to which rows are counted that hang on a key.
	out    map[int64]*SyncIssue
	issues []*SyncIssue
	made   []*syncMine[T]
	// lastID is the highest id that is taken.
	lastID int64
}

// syncField is a field that a source can have.
type syncField[T any] struct {
	// name is that of the JSON; at points to the value: a *string, *int, *int64 or *bool.
	name string
	at   func(*T) any
}

// syncParent is a reference to a row of another noun.
type syncParent[T any] struct {
	// field is the name of the reference in JSON.
	field string
	of    syncParents
	id    func(*T) *int64
}

// syncParents is what a child asks of the noun of its parents.
type syncParents interface {
	// idOf is the row that a key of the source stands for.
	idOf(key int64) (int64, bool)
	// lives says whether the row is there, as far as the sync is planned.
	lives(id int64) bool
	nameOf(id int64) string
	// wasID is idOf at the end of the last run.
	wasID(key int64) (int64, bool)
	// blame is the issue that left the key out; nil when there is none.
	blame(key int64) *SyncIssue
	// mourn is the issue for a row that was deleted here, and that the source has.
	mourn(key int64) *SyncIssue
}

// syncChildren is what a parent asks of a noun of its children.
type syncChildren interface {
	prose() string
	under(parent syncParents) map[int64]int64
}

// syncIncoming is a row of the source.
type syncIncoming[T any] struct {
	key int64
	// row refers to rows of ours, once the noun is planned, and refs to their keys in the source.
	row  T
	refs []int64
	// mine is the row here, nil when there is none; entry is nil when they never met.
	mine  *syncMine[T]
	entry *syncEntry
	// done is true once it is decided that nothing comes of this row.
	done bool
}

// syncMine is a row of ours: before is nil when the sync creates it, after when the sync deletes it.
type syncMine[T any] struct {
	before, after *T
	// key is the row's in the source, 0 when it has none.
	key    int64
	fields []FieldChange
}

func (m *syncMine[T]) action() SyncAction {
	switch {
	case m.before == nil:
		return SyncCreate
	case m.after == nil:
		return SyncDelete
	case len(m.fields) > 0:
		return SyncUpdate
	}
	return ""
}

// row is the row as it will be, or as it was when the sync deletes it.
func (m *syncMine[T]) row() *T {
	if m.after != nil {
		return m.after
	}
	return m.before
}

func (n *syncNoun[T]) noun() string  { return n.table.name }
func (n *syncNoun[T]) prose() string { return n.table.prose() }

// feed takes in the rows of the source. The rows' parents are keys of the source until place.
func (n *syncNoun[T]) feed(key int64, row T) {
	in := &syncIncoming[T]{key: key, row: row}
	for _, p := range n.parents {
		in.refs = append(in.refs, *p.id(&in.row))
	}
	n.source = append(n.source, in)
}

// order sorts the rows of the source and refuses keys that are 0 or there twice.
func (n *syncNoun[T]) order() error {
	slices.SortFunc(n.source, func(a, b *syncIncoming[T]) int { return cmp.Compare(a.key, b.key) })
	n.incoming = make(map[int64]*syncIncoming[T], len(n.source))
	for _, in := range n.source {
		reason := "is there twice in the source"
		if in.key == 0 {
			reason = "is missing"
		}
		if in.key == 0 || n.incoming[in.key] != nil {
			return &Error{Kind: ErrInvalid, Noun: n.table.noun(), Field: "key", Value: fmt.Sprint(in.key), Reason: reason}
		}
		n.incoming[in.key] = in
	}
	return nil
}

// load reads the rows that are there.
func (n *syncNoun[T]) load(ctx context.Context, q querier, d *dialect) error {
	var rows []T
	if err := q.selectAll(ctx, &rows, "SELECT "+n.table.columns+" FROM "+n.table.from); err != nil {
		return fmt.Errorf("reading %ss: %w", n.prose(), err)
	}
	if err := q.get(ctx, &n.lastID, d.lastID(n.table.name)); err != nil {
		return fmt.Errorf("reading the last id of %ss: %w", n.prose(), err)
	}
	n.rows = make(map[int64]*syncMine[T], len(rows))
	n.first = make(map[any]*syncMine[T], len(rows))
	n.held = make(map[any]*syncMine[T], len(rows))
	for i := range rows {
		m := &syncMine[T]{before: &rows[i], after: &rows[i]}
		id, identity := n.table.id(rows[i]), n.identity(&rows[i])
		n.rows[id], n.first[identity], n.held[identity] = m, m, m
		n.lastID = max(n.lastID, id)
	}
	return nil
}

func (n *syncNoun[T]) idOf(key int64) (int64, bool) {
	id, ok := n.ids[key]
	return id, ok
}

func (n *syncNoun[T]) lives(id int64) bool {
	m := n.rows[id]
	return m != nil && m.after != nil
}

// now is the row with the id as it will be, or was last; never nil.
func (n *syncNoun[T]) now(id int64) *T {
	if m := n.rows[id]; m != nil {
		return m.row()
	}
	return new(T)
}

func (n *syncNoun[T]) nameOf(id int64) string {
	name, _ := n.table.label(*n.now(id))
	return name
}

func (n *syncNoun[T]) wasID(key int64) (int64, bool) {
	entry := n.ledger.last[key]
	if entry == nil {
		return 0, false
	}
	return entry.id, true
}

// under counts the rows that hang on each row of a noun, as far as the sync is planned.
func (n *syncNoun[T]) under(parent syncParents) map[int64]int64 {
	counts := map[int64]int64{}
	for _, p := range n.parents {
		if p.of != parent {
			continue
		}
		for _, m := range n.rows {
			if m.after != nil {
				counts[*p.id(m.after)]++
			}
		}
	}
	return counts
}
