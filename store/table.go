package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// table says how the rows of one noun are read, and how they are called in the journal and in errors.
type table[T any] struct {
	// name is the table's name, and the noun of journal entries.
	name string
	// columns are those of T; from joins what they and the conditions of filters need.
	columns, from string
	// order sorts lists.
	order string
	// search are the columns that a page's words are looked for in, sorts the fields that a page can be sorted by.
	search, sorts []string
	id            func(T) int64
	// version is where a row keeps the revision at which it last changed.
	version func(*T) *int64
	// managedBy is where a row keeps the name under which apply owns it.
	managedBy func(*T) *string
	// label calls a row by its name, and says where it is when the name alone does not: ` in farm "x"`.
	label func(T) (name, place string)
}

// noun is the name in errors, as validation has it.
func (t table[T]) noun() string { return strings.ReplaceAll(t.name, "_", " ") }

// prose is the name in sentences.
func (t table[T]) prose() string { return proseOf(t.name) }

// proseOf is how a table is called in sentences.
func proseOf(table string) string {
	if table == "url" {
		return "URL"
	}
	return strings.ReplaceAll(table, "_", " ")
}

// title is a row as a summary calls it: `host "a" in farm "x"`.
func (t table[T]) title(row T) string {
	name, place := t.label(row)
	return t.prose() + " " + strconv.Quote(name) + place
}

// list reads the rows that w picks, in order; never nil.
func (t table[T]) list(ctx context.Context, q querier, w where) ([]T, error) {
	rows := []T{}
	if w.impossible() {
		return rows, nil
	}
	query := "SELECT " + t.columns + " FROM " + t.from + w.sql() + " ORDER BY " + t.order
	if err := q.selectAll(ctx, &rows, query, w.args...); err != nil {
		return nil, fmt.Errorf("reading %ss: %w", t.prose(), err)
	}
	return rows, nil
}

// find reads the first row that w picks, and says whether there is one.
func (t table[T]) find(ctx context.Context, q querier, w where) (row T, found bool, err error) {
	if w.impossible() {
		return row, false, nil
	}
	query := "SELECT " + t.columns + " FROM " + t.from + w.sql() + " ORDER BY " + t.name + ".id LIMIT 1"
	err = q.get(ctx, &row, query, w.args...)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return row, false, nil
	case err != nil:
		return row, false, fmt.Errorf("reading a %s: %w", t.prose(), err)
	}
	return row, true, nil
}

// byID reads one row, or returns ErrNotFound.
func (t table[T]) byID(ctx context.Context, q querier, id int64) (T, error) {
	return t.referred(ctx, q, reference{noun: t.noun(), field: "id", id: id})
}

// reference is how one noun names another: by id, or by name when the id is 0.
type reference struct {
	// noun and field say in errors where the reference stands; "_id" is put behind field when the id is used, unless
	// field is "id" itself.
	noun, field string
	id          int64
	// name is compared with column.
	name, column string
}

// referred reads what r points to. It returns ErrInvalid for an empty reference, ErrNotFound when nothing is there.
func (t table[T]) referred(ctx context.Context, q querier, r reference) (T, error) {
	w, missing := whereIs(r.column, r.name), &Error{Kind: ErrNotFound, Noun: r.noun, Field: r.field, Value: shorten(r.name)}
	switch {
	case r.id != 0 || r.field == "id":
		w, missing.Value = whereIs(t.name+".id", r.id), strconv.FormatInt(r.id, 10)
		if r.field != "id" {
			missing.Field = r.field + "_id"
		}
	case r.name == "":
		var none T
		return none, &Error{Kind: ErrInvalid, Noun: r.noun, Field: r.field, Reason: "is missing; name the " + t.prose()}
	}
	row, found, err := t.find(ctx, q, w)
	if err == nil && !found {
		missing.Reason = "there is no such " + t.prose()
		err = missing
	}
	return row, err
}

// vacant returns ErrConflict when a row other than id has what w says: field and value name it, reason says where.
func (t table[T]) vacant(ctx context.Context, q querier, id int64, w where, field, value, reason string) error {
	w.add(t.name+".id <> ?", id)
	_, found, err := t.find(ctx, q, w)
	if err != nil || !found {
		return err
	}
	return &Error{Kind: ErrConflict, Noun: t.noun(), Field: field, Value: shorten(value), Reason: reason}
}

// created journals a row that was inserted, and returns it with its version and its owner.
func (t table[T]) created(ctx context.Context, tx *writeTx, row T) (T, error) {
	*t.version(&row) = tx.next
	if tx.owner == "" {
		*t.managedBy(&row) = ""
	}
	if err := t.own(ctx, tx, &row); err != nil {
		return row, err
	}
	tx.describe("created %s", t.title(row))
	return row, tx.record(t.name, t.id(row), nil, row)
}

// own gives a row to the owner of the write, if it has one.
func (t table[T]) own(ctx context.Context, tx *writeTx, row *T) error {
	place := t.managedBy(row)
	if tx.owner == "" || *place == tx.owner {
		return nil
	}
	*place = tx.owner
	if err := tx.exec(ctx, "UPDATE "+t.name+" SET managed_by = ? WHERE id = ?", tx.owner, t.id(*row)); err != nil {
		return fmt.Errorf("putting %s under %q: %w", t.title(*row), tx.owner, err)
	}
	return nil
}

// amend runs the UPDATE and journals it, unless before and after are equal; it says whether they differ. A write with an
// owner takes the row for it. The first "?" of the UPDATE is the version, which after then has too, the last the id.
func (t table[T]) amend(ctx context.Context, tx *writeTx, before T, after *T, update string, args ...any) (bool, error) {
	owned := *after
	*t.managedBy(&owned) = cmp.Or(tx.owner, *t.managedBy(&before))
	changed := differences(before, owned)
	if len(changed) == 0 {
		return false, nil
	}
	*t.version(after) = tx.next
	if err := tx.exec(ctx, update, slices.Concat([]any{tx.next}, args, []any{t.id(before)})...); err != nil {
		return false, fmt.Errorf("changing %s: %w", t.title(before), err)
	}
	if err := t.own(ctx, tx, after); err != nil {
		return false, err
	}
	tx.describe("changed %s: %s", t.title(before), strings.Join(changed, ", "))
	return true, tx.record(t.name, t.id(before), before, *after)
}

// remove deletes one row and journals it.
func (t table[T]) remove(ctx context.Context, tx *writeTx, row T) error {
	if err := tx.exec(ctx, "DELETE FROM "+t.name+" WHERE id = ?", t.id(row)); err != nil {
		return fmt.Errorf("deleting %s: %w", t.title(row), err)
	}
	tx.describe("deleted %s", t.title(row))
	return tx.record(t.name, t.id(row), row, nil)
}

// differences lists the fields of two structs that differ, by their names in JSON and with both values where these
// are short. Ids are left out, since the name that goes with an id differs with it, and so is the version.
func differences[T any](before, after T) []string {
	var list []string
	b, a := reflect.ValueOf(before), reflect.ValueOf(after)
	for i := range b.NumField() {
		name, _, _ := strings.Cut(b.Type().Field(i).Tag.Get("json"), ",")
		if name == "id" || name == "version" || strings.HasSuffix(name, "_id") {
			continue
		}
		old, now := b.Field(i), a.Field(i)
		if old.Kind() == reflect.Map && old.Len() == 0 && now.Len() == 0 ||
			reflect.DeepEqual(old.Interface(), now.Interface()) {
			continue
		}
		from, to := brief(old.Interface()), brief(now.Interface())
		if from != "" && to != "" {
			name += " " + from + " → " + to
		}
		list = append(list, name)
	}
	return list
}

// brief is a value as a summary shows it, empty when it is too long for that.
func brief(v any) string {
	const most = 140
	s := fmt.Sprint(v)
	switch v := v.(type) {
	case Labels:
		return ""
	case string:
		s = strconv.Quote(v)
	}
	if len(s) > most {
		return ""
	}
	return s
}

// where is the condition of a query: all of its parts must hold. The zero value picks every row.
type where struct {
	conditions []string
	args       []any
}

// whereIs picks the rows whose column has the value.
func whereIs(column string, value any) where {
	return where{conditions: []string{column + " = ?"}, args: []any{value}}
}

// whereIn picks the rows whose column has one of the values: none when there are no values.
func whereIn[T any](column string, values []T) where {
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = v
	}
	if len(values) == 0 {
		return where{conditions: []string{"1 = 0"}}
	}
	return where{conditions: []string{column + " IN (" + placeholders(len(values)) + ")"}, args: args}
}

// add demands one more condition, with its arguments in the order of its "?".
func (w *where) add(condition string, args ...any) {
	w.conditions = append(w.conditions, condition)
	w.args = append(w.args, args...)
}

// sql is the WHERE clause with a space before it, or nothing.
func (w *where) sql() string {
	if len(w.conditions) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(w.conditions, " AND ")
}

// impossible says whether a text to compare with is one that no column can hold, and that PostgreSQL does not take.
func (w *where) impossible() bool {
	return slices.ContainsFunc(w.args, func(arg any) bool {
		text, ok := arg.(string)
		return ok && (!utf8.ValidString(text) || strings.ContainsRune(text, 0))
	})
}

// match adds the condition unless v is the zero value, which does not filter.
func match[T comparable](w *where, condition string, v T) {
	var zero T
	if v != zero {
		w.add(condition, v)
	}
}

// matchPtr adds the condition unless v is nil, which does not filter.
func matchPtr[T any](w *where, condition string, v *T) {
	if v != nil {
		w.add(condition, *v)
	}
}

// assign puts a value that was given into its place.
func assign[T any](place, value *T) {
	if value != nil {
		*place = *value
	}
}
