package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// written runs fn in one write and returns its result, or the zero value with the error of fn or of the commit. When
// the write is a repeated one (see WithIdempotencyKey) the result is that of the first, for which R must survive JSON.
func written[R any](ctx context.Context, s *Store, action string, fn func(tx *writeTx) (R, error)) (R, error) {
	var result R
	if _, err := s.writeInto(ctx, action, &result, func(tx *writeTx) (err error) {
		result, err = fn(tx)
		return err
	}); err != nil {
		var none R
		return none, err
	}
	return result, nil
}

// createRow runs fn on a copy of *row, which becomes *row once it is committed.
func createRow[T any](ctx context.Context, s *Store, t table[T], row *T, fn func(context.Context, *writeTx, T) (T, error)) error {
	created, err := written(ctx, s, t.name+".create", func(tx *writeTx) (T, error) { return fn(ctx, tx, *row) })
	if err == nil {
		*row = created
	}
	return err
}

// updateRow runs fn on the row with the id, which must have the version that u demands.
func updateRow[T any, U expecting](ctx context.Context, s *Store, t table[T], id int64, u U, fn func(context.Context, *writeTx, T, U) (T, error)) (T, error) {
	return written(ctx, s, t.name+".update", func(tx *writeTx) (T, error) {
		before, err := t.byID(ctx, tx, id)
		if err != nil {
			return before, err
		}
		if err := t.fresh(before, u.expected()); err != nil {
			return before, err
		}
		return fn(ctx, tx, before, u)
	})
}

// deleteRow deletes the row with the id, after what hangs on it.
func deleteRow[T any](ctx context.Context, s *Store, t table[T], id int64, o DeleteOptions, fn func(context.Context, *writeTx, T) ([]dependants, error)) error {
	_, err := s.write(ctx, t.name+".delete", func(tx *writeTx) error {
		row, err := t.byID(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := t.fresh(row, o.IfVersion); err != nil {
			return err
		}
		below, err := fn(ctx, tx, row)
		if err != nil {
			return err
		}
		name, _ := t.label(row)
		refused := &Error{Kind: ErrConflict, Noun: t.noun(), Value: name}
		if err := tx.prune(ctx, refused, o.Cascade, below); err != nil {
			return err
		}
		return t.remove(ctx, tx, row)
	})
	return err
}

// dependants are rows of one noun that hang on another.
type dependants struct {
	table interface {
		prose() string
		count(ctx context.Context, q querier, w where) (int64, error)
		erase(ctx context.Context, tx *writeTx, w where) error
	}
	where where
}

// ofProjects lists what hangs on the projects that w picks, leaves first.
func ofProjects(w where) []dependants {
	return []dependants{{urlTable, w}, {exporterTable, w}, {hostTable, w}, {farmTable, w}}
}

// prune deletes the dependants in the order given, leaves first. Without cascade it returns refused, completed with
// what would go, when there are any.
func (w *writeTx) prune(ctx context.Context, refused *Error, cascade bool, below []dependants) error {
	var counts []string
	for _, d := range slices.Backward(below) {
		n, err := d.table.count(ctx, w, d.where)
		if err != nil {
			return err
		}
		if n > 0 {
			counts = append(counts, plural(n, d.table.prose()))
		}
	}
	if len(counts) == 0 {
		return nil
	}
	if !cascade {
		refused.Reason = "would also delete " + strings.Join(counts, ", ") + "; say cascade to do it"
		return refused
	}
	for _, d := range below {
		if err := d.table.erase(ctx, w, d.where); err != nil {
			return err
		}
	}
	return nil
}

// plural is "1 host", "2 hosts".
func plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// count returns how many rows w picks.
func (t table[T]) count(ctx context.Context, q querier, w where) (int64, error) {
	var n int64
	if err := q.get(ctx, &n, "SELECT count(*) FROM "+t.from+w.sql(), w.args...); err != nil {
		return 0, fmt.Errorf("counting %ss: %w", t.prose(), err)
	}
	return n, nil
}

// erase deletes and journals the rows that w picks.
func (t table[T]) erase(ctx context.Context, tx *writeTx, w where) error {
	rows, err := t.list(ctx, tx, w)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if err := tx.record(t.name, t.id(row), row, nil); err != nil {
			return err
		}
	}
	query := "DELETE FROM " + t.name + " WHERE id IN (SELECT " + t.name + ".id FROM " + t.from + w.sql() + ")"
	if err := tx.exec(ctx, query, w.args...); err != nil {
		return fmt.Errorf("deleting %ss: %w", t.prose(), err)
	}
	return nil
}

// removeRows deletes and journals rows, on which nothing may hang.
func (w *writeTx) removeRows(ctx context.Context, noun string, rows []pastRow) error {
	for chunk := range slices.Chunk(rows, idsAtOnce) {
		if err := w.touchRows(ctx, noun, chunk); err != nil {
			return err
		}
		picked := whereIn("id", idsOf(chunk))
		if err := w.exec(ctx, "DELETE FROM "+noun+picked.sql(), picked.args...); err != nil {
			return fmt.Errorf("deleting %ss: %w", nouns[noun].prose(), err)
		}
		for _, row := range chunk {
			if err := w.record(noun, row.id, row.row, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// touchProjectsOf marks the projects that w picks.
func (w *writeTx) touchProjectsOf(ctx context.Context, condition where) error {
	var ids []int64
	if err := w.selectAll(ctx, &ids, "SELECT project.id FROM project"+condition.sql(), condition.args...); err != nil {
		return fmt.Errorf("reading the projects that a change touches: %w", err)
	}
	w.touchProjects(ids...)
	return nil
}

// rowsPerInsert keeps statements below the number of parameters that both databases take.
const rowsPerInsert = 500

// putRows inserts rows with the values of the columns in into, "table (column, …)".
func (w *writeTx) putRows(ctx context.Context, into string, rows [][]any) error {
	for part := range slices.Chunk(rows, rowsPerInsert) {
		if err := w.exec(ctx, insertion(into, part), slices.Concat(part...)...); err != nil {
			return fmt.Errorf("inserting into %s: %w", into, err)
		}
	}
	return nil
}

// insertion is the statement that inserts so many rows.
func insertion(into string, rows [][]any) string {
	values := "(?" + strings.Repeat(", ?", len(rows[0])-1) + ")"
	return "INSERT INTO " + into + " VALUES " + values + strings.Repeat(", "+values, len(rows)-1)
}

// insertRows inserts rows of a noun with the values of the columns in into, "table (column, …)", and returns their ids.
// The version and the owner are put in beside them.
func (w *writeTx) insertRows(ctx context.Context, into string, rows [][]any) ([]int64, error) {
	var ids []int64
	columns := strings.TrimSuffix(into, ")") + ", version, managed_by)"
	for part := range slices.Chunk(rows, rowsPerInsert) {
		values := "(?" + strings.Repeat(", ?", len(part[0])-1) + ", " + strconv.FormatInt(w.next, 10) + ", ?)"
		query := "INSERT INTO " + columns + " VALUES " + values + strings.Repeat(", "+values, len(part)-1) + " RETURNING id"
		var args []any
		for _, row := range part {
			args = append(append(args, row...), w.owner)
		}
		var some []int64
		if err := w.selectAll(ctx, &some, query, args...); err != nil {
			return ids, fmt.Errorf("inserting into %s: %w", into, err)
		}
		ids = append(ids, some...)
	}
	return ids, nil
}
