package store

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// syncRecordMost bounds the rows of one noun that a journal entry shows one by one when a sync creates them.
const syncRecordMost = 1000

// drop decides about the rows that are gone from the source, of a noun that others can hang on. What hangs on it is
// planned.
func (n *syncNoun[T]) drop(o SyncOptions) {
	if len(n.children) > 0 {
		n.dropGone(o)
	}
}

// dropGone deletes the rows that are gone from the source, unless they were changed here or others hang on them.
func (n *syncNoun[T]) dropGone(o SyncOptions) {
	var gone []int64
	for key := range n.ledger.last {
		if _, moved := n.ledger.next[key]; !moved && n.incoming[key] == nil {
			gone = append(gone, key)
		}
	}
	if len(gone) == 0 {
		return
	}
	slices.Sort(gone)
	below := make([]map[int64]int64, len(n.children))
	for i, child := range n.children {
		below[i] = child.under(n)
	}
	for _, key := range gone {
		n.dropRow(key, below, o)
	}
}

// dropRow decides about one row that is gone from the source; below counts what hangs on rows, by children.
func (n *syncNoun[T]) dropRow(key int64, below []map[int64]int64, o SyncOptions) {
	entry := n.ledger.last[key]
	m := n.rows[entry.id]
	if m == nil {
		n.ledger.forget(key)
		return
	}
	var hanging []string
	for i, child := range n.children {
		if count := below[i][entry.id]; count > 0 {
			hanging = append(hanging, plural(count, child.prose()))
		}
	}
	gone := &syncIncoming[T]{key: key, row: *m.after}
	switch {
	case len(hanging) > 0:
		n.complain(gone, SyncIssue{
			Kind: SyncConflict, Reason: "is gone from the source, but stays for what hangs on it here: " + strings.Join(hanging, ", "),
			Hint: "move or delete that; the next run deletes the row",
		})
	case !o.Theirs && !n.untouched(m.after, entry.base):
		n.complain(gone, SyncIssue{
			Kind: SyncConflict, Reason: "is gone from the source, but was changed here", Hint: "delete it here, or let the source win",
		})
	default:
		if n.parked != "" {
			delete(n.held, n.identity(m.after))
		}
		m.after = nil
		n.ledger.forget(key)
	}
}

// untouched says whether a row is as it was taken in.
func (n *syncNoun[T]) untouched(row *T, base syncBase) bool {
	for _, f := range n.fields {
		if !bytes.Equal(base[f.name], fieldJSON(f.at(row))) {
			return false
		}
	}
	for _, p := range n.parents {
		key, _ := base.key(p.field)
		if id, ok := p.of.wasID(key); !ok || id != *p.id(row) {
			return false
		}
	}
	return n.plain == nil || n.plain(row)
}

// park gives rows that leave an identity to others another one for the time being. No name that was validated has a
// control character.
func (n *syncNoun[T]) park(ctx context.Context, tx *writeTx) error {
	if n.parked == "" {
		return nil
	}
	for _, m := range n.changed() {
		if m.before == nil {
			continue
		}
		identity := n.identity(m.before)
		if holder := n.held[identity]; holder == nil || holder == m {
			continue
		}
		id := n.table.id(*m.before)
		query := "UPDATE " + n.table.name + " SET " + n.parked + " = ? WHERE id = ?"
		if err := tx.exec(ctx, query, "\x01"+strconv.FormatInt(id, 10), id); err != nil {
			return fmt.Errorf("making room for a %s: %w", n.prose(), err)
		}
	}
	return nil
}

// put creates and changes rows.
func (n *syncNoun[T]) put(ctx context.Context, tx *writeTx, d *dialect) error {
	var created [][]any
	update := "UPDATE " + n.table.name + " SET " + strings.Join(n.columns, " = ?, ") + " = ?, version = ? WHERE id = ?"
	for _, m := range n.changed() {
		switch m.action() {
		case SyncCreate:
			created = append(created, append([]any{n.table.id(*m.after), tx.next}, n.values(m.after)...))
		case SyncUpdate:
			if err := tx.exec(ctx, update, append(n.values(m.after), tx.next, n.table.id(*m.after))...); err != nil {
				return fmt.Errorf("changing %s: %w", n.table.title(*m.before), err)
			}
		}
	}
	for part := range slices.Chunk(created, rowsPerInsert) {
		query := "INSERT INTO " + n.table.name + " (id, version, " + strings.Join(n.columns, ", ") + ") VALUES " +
			tuples(len(part), len(n.columns)+2)
		if err := tx.exec(ctx, query, slices.Concat(part...)...); err != nil {
			return fmt.Errorf("creating %ss: %w", n.prose(), err)
		}
	}
	if len(created) == 0 || d.raiseID == nil || tx.options.dryRun { // what was given out is not rolled back
		return nil
	}
	if err := tx.exec(ctx, d.raiseID(n.table.name)); err != nil {
		return fmt.Errorf("raising the last id of %ss: %w", n.prose(), err)
	}
	return nil
}

// remove deletes rows.
func (n *syncNoun[T]) remove(ctx context.Context, tx *writeTx) error {
	var ids []int64
	for id, m := range n.rows {
		if m.action() == SyncDelete {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	for part := range slices.Chunk(ids, idsAtOnce) {
		w := whereIn("id", part)
		if err := tx.exec(ctx, "DELETE FROM "+n.table.name+w.sql(), w.args...); err != nil {
			return fmt.Errorf("deleting %ss: %w", n.prose(), err)
		}
	}
	return nil
}

// journal records the changes, and what they touch.
func (n *syncNoun[T]) journal(ctx context.Context, tx *writeTx) error {
	changed := n.changed()
	many := len(n.made) > syncRecordMost
	created := idSet{}
	for _, m := range changed {
		n.touch(tx, m.before, m.after)
		if m.after != nil {
			*n.table.version(m.after) = tx.next
		}
		id := n.table.id(*m.row())
		var err error
		switch m.action() {
		case SyncCreate:
			if many {
				created.add(id)
				continue
			}
			err = tx.record(n.noun(), id, nil, *m.after)
		case SyncUpdate:
			err = tx.record(n.noun(), id, *m.before, *m.after)
		case SyncDelete:
			err = tx.record(n.noun(), id, *m.before, nil)
		}
		if err != nil {
			return err
		}
	}
	if many {
		return tx.recordCreated(ctx, n.noun(), created.ranges())
	}
	return nil
}

// keep writes the ledger, and says whether it differs.
func (n *syncNoun[T]) keep(ctx context.Context, tx *writeTx, source string) (bool, error) {
	if err := n.allowMemory(tx); err != nil {
		return false, err
	}
	return n.ledger.write(ctx, tx, source, n.noun())
}

// allowMemory demands the right to write a row from whoever alters what is remembered of it, since that decides what
// later runs do to the row. Changes of rows themselves are recorded. A row that nothing was remembered of may be met by
// everybody: the next run can do no more to it than this one.
func (n *syncNoun[T]) allowMemory(tx *writeTx) error {
	if tx.permit == nil {
		return nil
	}
	for _, key := range slices.Sorted(maps.Keys(n.ledger.next)) {
		old := n.ledger.last[key]
		if old == nil {
			continue
		}
		var row any = struct{}{} // one that is gone is nowhere in particular
		if m := n.rows[old.id]; m != nil {
			if m.action() != "" {
				continue
			}
			row = *m.before
		}
		if err := tx.permit.allow(n.noun(), old.id, row, row); err != nil {
			return err
		}
	}
	return nil
}
