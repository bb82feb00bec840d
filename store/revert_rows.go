package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// relation says that rows of child belong to one of parent, by the column of the child that has its id.
type relation struct{ child, column, parent string }

var relations = []relation{
	{"server", "shard_id", "shard"},
	{"project", "service_id", "service"},
	{"project", "shard_id", "shard"},
	{"farm", "project_id", "project"},
	{"host", "farm_id", "farm"},
	{"exporter", "project_id", "project"},
	{"url", "project_id", "project"},
	{"url", "probe_id", "probe"},
}

// uniqueColumns are what no two rows of a noun share.
var uniqueColumns = map[string][]string{
	"shard":            {"name"},
	"server":           {"host", "port"},
	"service":          {"name"},
	"project":          {"name"},
	"farm":             {"project_id"},
	"host":             {"farm_id", "name"},
	"exporter":         {"project_id", "job", "port", "path", "scheme"},
	"default_exporter": {"job", "port", "path"},
	"probe":            {"module"},
	"url":              {"project_id", "probe_id", "url"},
}

// admits demands that rows that are to come back are still valid, find what they belong to, and their names free.
func (u *undoing) admits(ctx context.Context, noun string, rows []pastRow) error {
	for _, row := range rows {
		if err := nouns[noun].valid(row); err != nil {
			return err
		}
	}
	for chunk := range slices.Chunk(rows, idsAtOnce) {
		if err := u.parentsThere(ctx, noun, chunk); err != nil {
			return err
		}
		if err := u.namesFree(ctx, noun, chunk); err != nil {
			return err
		}
	}
	return nil
}

// parentsThere demands that what rows belong to is there.
func (u *undoing) parentsThere(ctx context.Context, noun string, rows []pastRow) error {
	columns := nouns[noun].ownColumns()
	for _, r := range relations {
		if r.child != noun {
			continue
		}
		parents, err := nouns[r.parent].rows(ctx, u.tx, distinctIDs(rows, columns, r.column))
		if err != nil {
			return err
		}
		for _, row := range rows {
			id := row.value(columns, r.column).(int64)
			if _, ok := parents[id]; !ok {
				prose := nouns[r.parent].prose()
				gone := pastRow{id: id, name: fmt.Sprint(id), title: fmt.Sprintf("%s %d, to which %s belonged,", prose, id, row.title)}
				return u.inTheWay(ctx, r.parent, gone, "has been deleted since")
			}
		}
	}
	return nil
}

// distinctIDs are what rows have in a column that refers to others.
func distinctIDs(rows []pastRow, columns []string, column string) []int64 {
	ids := make([]int64, len(rows))
	for i, row := range rows {
		ids[i] = row.value(columns, column).(int64)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// namesFree demands that no other row has what must be unique.
func (u *undoing) namesFree(ctx context.Context, noun string, rows []pastRow) error {
	n := nouns[noun]
	columns, key := n.ownColumns(), uniqueColumns[noun]
	var w where
	wanted := map[string]pastRow{}
	for _, row := range rows {
		wanted[row.key(columns, key)] = row
	}
	for _, column := range key {
		some := whereIn(noun+"."+column, distinctValues(rows, columns, column))
		w.add(some.conditions[0], some.args...)
	}
	taken, err := n.rowsIn(ctx, u.tx, w)
	if err != nil {
		return err
	}
	for _, other := range taken {
		if row, ok := wanted[other.key(columns, key)]; ok && row.id != other.id {
			return u.inTheWay(ctx, noun, other, "has taken the place of "+row.title)
		}
	}
	return nil
}

func distinctValues(rows []pastRow, columns []string, column string) []any {
	met := map[any]bool{}
	var values []any
	for _, row := range rows {
		if v := row.value(columns, column); !met[v] {
			met[v] = true
			values = append(values, v)
		}
	}
	return values
}

// key is what makes a row unique, as one string.
func (p pastRow) key(columns, key []string) string {
	var b strings.Builder
	for _, column := range key {
		fmt.Fprintf(&b, "%q ", fmt.Sprint(p.value(columns, column)))
	}
	return b.String()
}

// insert creates rows with the ids they have.
func (u *undoing) insert(ctx context.Context, noun string, rows []pastRow) error {
	n := nouns[noun]
	columns := n.ownColumns()
	for chunk := range slices.Chunk(rows, rowsPerInsert) {
		values := make([][]any, len(chunk))
		for i, row := range chunk {
			values[i] = u.versioned(columns, row)
		}
		if err := u.tx.putRows(ctx, noun+" ("+strings.Join(columns, ", ")+")", values); err != nil {
			return err
		}
	}
	u.did.Created += len(rows)
	now, err := n.rows(ctx, u.tx, idsOf(rows))
	if err != nil {
		return err
	}
	for _, row := range rows {
		if err := u.tx.record(noun, row.id, nil, now[row.id].row); err != nil {
			return err
		}
	}
	return u.tx.touchRows(ctx, noun, rows)
}

// versioned returns the values of a row, with the version of this write.
func (u *undoing) versioned(columns []string, row pastRow) []any {
	values := slices.Clone(row.values)
	if i := slices.Index(columns, versionColumn); i >= 0 {
		values[i] = u.tx.next
	}
	return values
}

// put makes of a row what it was.
func (u *undoing) put(ctx context.Context, noun string, now, was pastRow) error {
	n := nouns[noun]
	if err := u.tx.touchRows(ctx, noun, []pastRow{now}); err != nil {
		return err
	}
	columns := n.ownColumns()
	values := u.versioned(columns, was)
	query := "UPDATE " + noun + " SET " + strings.Join(columns[1:], " = ?, ") + " = ? WHERE id = ?"
	if err := u.tx.exec(ctx, query, append(values[1:], was.id)...); err != nil {
		return fmt.Errorf("changing %s back: %w", now.title, err)
	}
	u.did.Changed++
	after, err := n.rows(ctx, u.tx, []int64{was.id})
	if err != nil {
		return err
	}
	if err := u.tx.record(noun, was.id, now.row, after[was.id].row); err != nil {
		return err
	}
	return u.tx.touchRows(ctx, noun, []pastRow{was})
}

// remove deletes rows that nothing else hangs on.
func (u *undoing) remove(ctx context.Context, noun string, rows []pastRow) error {
	for chunk := range slices.Chunk(rows, idsAtOnce) {
		if err := u.childless(ctx, noun, idsOf(chunk)); err != nil {
			return err
		}
	}
	u.did.Deleted += len(rows)
	return u.tx.removeRows(ctx, noun, rows)
}

// childless demands that no rows belong to those of the ids.
func (u *undoing) childless(ctx context.Context, noun string, ids []int64) error {
	for _, r := range relations {
		if r.parent != noun {
			continue
		}
		children, err := nouns[r.child].rowsIn(ctx, u.tx, whereIn(r.child+"."+r.column, ids))
		if err != nil {
			return err
		}
		if len(children) > 0 {
			return u.inTheWay(ctx, r.child, children[0], "belongs to a "+nouns[noun].prose()+" that would go")
		}
	}
	return nil
}
