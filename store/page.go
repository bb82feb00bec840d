package store

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Page picks a part of a list, and its order. The zero value is the whole list in its own order.
//
// Pages hold still under writes: a row that is there all the time, and whose place in the order does not change, is on
// exactly one page of a list that is read to its end.
type Page struct {
	// Search keeps the rows that have each of its words in one of their texts; the case of ASCII letters does not
	// count.
	Search string
	// Sort is the field to sort by, as it is called in JSON, with "-" before it for the other direction; what is equal
	// there is in the order of ids. Empty is the list's own order. SortFields has what is accepted.
	Sort string
	// Limit is how many rows are returned at most; 0 is no limit.
	Limit int
	// After is where to go on: what Next received with the page before, and the same Sort. Empty begins.
	After string
	// Next receives the After of the page that follows, empty when there is none; nil if nobody wants to know.
	Next *string
}

// sortable is what SortFields needs of a table.
type sortable interface{ sortFields() []string }

// SortFields lists the fields by which lists of a noun can be sorted; the noun is called as in the journal.
func SortFields(noun string) []string {
	for name, t := range map[string]sortable{
		"shard": shardTable, "server": serverTable, "service": serviceTable, "project": projectTable, "farm": farmTable,
		"host": hostTable, "exporter": exporterTable, "default_exporter": defaultExporterTable, "probe": probeTable,
		"url": urlTable,
	} {
		if name == noun {
			return t.sortFields()
		}
	}
	return nil
}

func (t table[T]) sortFields() []string { return slices.Clone(t.sorts) }

// page reads the rows that w picks and p keeps.
func (t table[T]) page(ctx context.Context, s *Store, w where, p Page) ([]T, error) {
	o, err := t.ordering(p.Sort)
	if err != nil {
		return nil, err
	}
	if p.After != "" {
		values, err := o.parse(p.After)
		if err != nil {
			return nil, err
		}
		w.add(o.beyond(), values...)
	}
	t.addSearch(&w, s.dialect.fold, p.Search)
	rows := []T{}
	if w.impossible() {
		p.announce("")
		return rows, nil
	}
	query := "SELECT " + t.columns + " FROM " + t.from + w.sql() + " ORDER BY " + o.sql()
	if p.Limit > 0 {
		query += " LIMIT " + strconv.Itoa(p.Limit+1)
	}
	if err := s.read().selectAll(ctx, &rows, query, w.args...); err != nil {
		return nil, fmt.Errorf("reading %ss: %w", t.prose(), err)
	}
	if p.Limit <= 0 || len(rows) <= p.Limit {
		p.announce("")
		return rows, nil
	}
	rows = rows[:p.Limit]
	next, err := o.cursor(rows[p.Limit-1])
	if err != nil {
		return nil, err
	}
	p.announce(next)
	return rows, nil
}

// announce tells whoever wants to know where the next page begins.
func (p Page) announce(next string) {
	if p.Next != nil {
		*p.Next = next
	}
}

// addSearch demands each word of text; fold is the dialect's.
func (t table[T]) addSearch(w *where, fold, text string) {
	for _, word := range strings.Fields(text) {
		pattern := "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(lowerASCII(word)) + "%"
		conditions, args := make([]string, len(t.search)), make([]any, len(t.search))
		for i, column := range t.search {
			conditions[i], args[i] = fmt.Sprintf(fold, column)+` LIKE ? ESCAPE '\'`, pattern
		}
		w.add("("+strings.Join(conditions, " OR ")+")", args...)
	}
}

func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// ordering is a total order of the rows of one noun, in one direction.
type ordering struct {
	noun string
	// sort is how the caller asked for it.
	sort string
	// fields are those of row, columns those of the database, the id last.
	fields, columns []string
	descending      bool
	row             reflect.Type
}

// ordering returns the order that sort asks for.
func (t table[T]) ordering(sort string) (ordering, error) {
	o := ordering{noun: t.noun(), sort: sort, row: reflect.TypeFor[T]()}
	o.columns = strings.Split(t.order, ", ")
	if sort != "" {
		field := strings.TrimPrefix(sort, "-")
		o.descending = field != sort
		if !slices.Contains(t.sorts, field) {
			return o, &Error{
				Kind: ErrInvalid, Noun: o.noun, Field: "sort", Value: shorten(sort),
				Reason: "is nothing to sort by; accepted are " + strings.Join(t.sorts, ", ") + `, each with "-" before it for the other direction`,
			}
		}
		o.columns = []string{t.column(field)}
	}
	if id := t.name + ".id"; !slices.Contains(o.columns, id) {
		o.columns = append(o.columns, id)
	}
	for _, column := range o.columns {
		o.fields = append(o.fields, t.field(column))
	}
	return o, nil
}

// column returns what the database calls a field.
func (t table[T]) column(field string) string {
	for _, column := range strings.Split(t.columns, ",") {
		if expression, name := columnName(column); name == field {
			return expression
		}
	}
	panic("store: " + t.name + " has no column " + field)
}

// field returns the name under which a column is selected.
func (t table[T]) field(expression string) string {
	for _, column := range strings.Split(t.columns, ",") {
		if e, name := columnName(column); e == expression {
			return name
		}
	}
	panic("store: " + t.name + " does not select " + expression)
}

// columnName takes one of a table's columns apart: "shard.name AS shard" or "project.name".
func columnName(column string) (expression, name string) {
	expression, name, named := strings.Cut(strings.TrimSpace(column), " AS ")
	if !named {
		name = expression[strings.IndexByte(expression, '.')+1:]
	}
	return expression, name
}

// sql is what follows ORDER BY.
func (o ordering) sql() string {
	direction := ""
	if o.descending {
		direction = " DESC"
	}
	return strings.Join(o.columns, direction+", ") + direction
}

// beyond is the condition that a row is behind the one whose values are the arguments.
func (o ordering) beyond() string {
	comparison := " > "
	if o.descending {
		comparison = " < "
	}
	return "(" + strings.Join(o.columns, ", ") + ")" + comparison + "(" + placeholders(len(o.columns)) + ")"
}

// mark is what a cursor holds: an order, and the place in it that was reached.
type mark struct {
	Sort   string            `json:"s,omitempty"`
	Values []json.RawMessage `json:"v"`
}

// cursor names the place of a row.
func (o ordering) cursor(row any) (string, error) {
	m := mark{Sort: o.sort}
	for _, field := range o.fields {
		value, err := json.Marshal(reflect.ValueOf(row).Field(o.index(field)).Interface())
		if err != nil {
			return "", fmt.Errorf("encoding a cursor: %w", err)
		}
		m.Values = append(m.Values, value)
	}
	text, err := json.Marshal(m)
	if err != nil {
		return "", fmt.Errorf("encoding a cursor: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(text), nil
}

// index finds a field of the row by the name of its column.
func (o ordering) index(field string) int {
	for i := range o.row.NumField() {
		if o.row.Field(i).Tag.Get("db") == field {
			return i
		}
	}
	panic("store: " + o.row.Name() + " has no field for the column " + field)
}

// parse reads a cursor: the values of the fields at the place that it names.
func (o ordering) parse(cursor string) ([]any, error) {
	refused := &Error{
		Kind: ErrInvalid, Noun: o.noun, Field: "cursor", Value: shorten(cursor),
		Reason: "is not one that a page of this list came with; begin again without it",
	}
	var m mark
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || json.Unmarshal(text, &m) != nil || len(m.Values) != len(o.fields) {
		return nil, refused
	}
	if m.Sort != o.sort {
		refused.Reason = fmt.Sprintf("belongs to the order %q; sort the same way, or begin again without it", m.Sort)
		return nil, refused
	}
	values := make([]any, len(m.Values))
	for i, raw := range m.Values {
		value := reflect.New(o.row.Field(o.index(o.fields[i])).Type)
		if string(raw) == "null" || json.Unmarshal(raw, value.Interface()) != nil {
			return nil, refused
		}
		values[i] = value.Elem().Interface()
	}
	return values, nil
}
