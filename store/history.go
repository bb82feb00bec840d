package store

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// pastNoun is a table as the history of its rows needs it: rows are taken for what the journal keeps of them, JSON,
// and turned into columns and back without a word about any one noun.
type pastNoun interface {
	prose() string
	// decode makes a row of what the journal keeps.
	decode(raw json.RawMessage) (pastRow, error)
	// rows reads those of the ids that are there; no order.
	rows(ctx context.Context, q querier, ids []int64) (map[int64]pastRow, error)
	// rowsIn reads the rows that w picks.
	rowsIn(ctx context.Context, q querier, w where) ([]pastRow, error)
	// valid says whether a row could be written today.
	valid(row pastRow) error
	// ownColumns are the columns of the table itself, id first.
	ownColumns() []string
}

// pastRow is a row of some noun.
type pastRow struct {
	id int64
	// row is a T, values are those of the table's own columns, in their order.
	row    any
	values []any
	// title calls it by its name: `host "a" in farm "x"`. name is the name alone.
	name, title string
}

// nouns are the tables whose rows the journal has, by the noun of its changes.
var nouns = map[string]pastNoun{
	"shard": shardTable, "server": serverTable, "service": serviceTable, "project": projectTable, "farm": farmTable,
	"host": hostTable, "exporter": exporterTable, "default_exporter": defaultExporterTable, "probe": probeTable,
	"url": urlTable,
}

// Nouns lists the nouns of the inventory as the journal calls them, in order.
func Nouns() []string { return slices.Sorted(maps.Keys(nouns)) }

// ownColumns implements pastNoun. What is read under another name, or from another table, is no column of its own.
func (t table[T]) ownColumns() []string {
	var own []string
	for column := range strings.SplitSeq(t.columns, ",") {
		name, ok := strings.CutPrefix(strings.TrimSpace(column), t.name+".")
		if ok && !strings.ContainsAny(name, " \t\n") {
			own = append(own, name)
		}
	}
	return own
}

// past makes a pastRow of a row.
func (t table[T]) past(row T) (pastRow, error) {
	name, _ := t.label(row)
	p := pastRow{id: t.id(row), row: row, name: name, title: t.title(row)}
	fields := fieldsByColumn(reflect.ValueOf(row))
	for _, column := range t.ownColumns() {
		value, err := driver.DefaultParameterConverter.ConvertValue(fields[column].Interface())
		if err != nil {
			return p, fmt.Errorf("reading %s of %s: %w", column, p.title, err)
		}
		p.values = append(p.values, value)
	}
	return p, nil
}

// fieldsByColumn maps the columns of a struct to its fields.
func fieldsByColumn(v reflect.Value) map[string]reflect.Value {
	fields := make(map[string]reflect.Value, v.NumField())
	for i := range v.NumField() {
		fields[v.Type().Field(i).Tag.Get("db")] = v.Field(i)
	}
	return fields
}

// valid implements pastNoun.
func (t table[T]) valid(row pastRow) error {
	if v, ok := any(ptrTo(row.row.(T))).(interface{ validate() error }); ok {
		return v.validate()
	}
	return nil
}

func ptrTo[T any](v T) *T { return &v }

// decode implements pastNoun.
func (t table[T]) decode(raw json.RawMessage) (pastRow, error) {
	var row T
	if err := json.Unmarshal(raw, &row); err != nil {
		return pastRow{}, fmt.Errorf("reading a %s of the journal: %w", t.prose(), err)
	}
	return t.past(row)
}

// rowsIn implements pastNoun.
func (t table[T]) rowsIn(ctx context.Context, q querier, w where) ([]pastRow, error) {
	rows, err := t.list(ctx, q, w)
	if err != nil {
		return nil, err
	}
	list := make([]pastRow, len(rows))
	for i, row := range rows {
		if list[i], err = t.past(row); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// rows implements pastNoun.
func (t table[T]) rows(ctx context.Context, q querier, ids []int64) (map[int64]pastRow, error) {
	found := make(map[int64]pastRow, len(ids))
	for chunk := range slices.Chunk(ids, idsAtOnce) {
		rows, err := t.rowsIn(ctx, q, whereIn(t.name+".id", chunk))
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			found[row.id] = row
		}
	}
	return found, nil
}

// versionColumn is what tells states of a row apart that are otherwise equal: it never comes back.
const versionColumn = "version"

// equal says whether two rows of a noun are the same but for their version.
func (p pastRow) equal(columns []string, other pastRow) bool {
	for i, column := range columns {
		if column != versionColumn && p.values[i] != other.values[i] {
			return false
		}
	}
	return true
}

// value returns what a row has in a column of its own.
func (p pastRow) value(columns []string, column string) any {
	return p.values[slices.Index(columns, column)]
}
