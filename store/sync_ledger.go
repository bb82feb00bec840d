package store

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// syncLedger is what is remembered of one noun of a source, by the source's keys: last is how the last run left it,
// next what this run changes, nil for what it forgets.
type syncLedger struct {
	last, next map[int64]*syncEntry
	// owners are the keys by the ids of rows that were theirs, which may be gone; those of other sources are 0. While one
	// of them is remembered its id must not become that of another row.
	owners map[int64]int64
}

// syncEntry is what is remembered of one row.
type syncEntry struct {
	id int64
	// base are the fields that both sides had the same at some time, as the source had them then; parents are keys of
	// the source.
	base syncBase
	text string
}

// syncBase are values as JSON by the names of fields.
type syncBase map[string]json.RawMessage

// syncEntryRow is an entry as the database has it.
type syncEntryRow struct {
	Source    string
	Noun      string
	SourceKey int64 `db:"source_key"`
	RowID     int64 `db:"row_id"`
	Fields    string
}

// loadLedger reads what is remembered of a source, by nouns.
func loadLedger(ctx context.Context, q querier, source string) (map[string]syncLedger, error) {
	var rows []syncEntryRow
	err := q.selectAll(ctx, &rows, `
		SELECT source, noun, source_key, row_id, CASE source WHEN ? THEN fields ELSE '' END AS fields FROM sync_ledger`, source)
	if err != nil {
		return nil, fmt.Errorf("reading the ledger of %q: %w", source, err)
	}
	ledgers := map[string]syncLedger{}
	for _, row := range rows {
		l, ok := ledgers[row.Noun]
		if !ok {
			l = newSyncLedger()
			ledgers[row.Noun] = l
		}
		if row.Source != source {
			l.owners[row.RowID] = 0
			continue
		}
		if l.last[row.SourceKey], err = row.entry(); err != nil {
			return nil, fmt.Errorf("reading the ledger of %q: %s %d: %w", source, row.Noun, row.SourceKey, err)
		}
		if _, shared := l.owners[row.RowID]; !shared {
			l.owners[row.RowID] = row.SourceKey
		}
	}
	return ledgers, nil
}

func (r syncEntryRow) entry() (*syncEntry, error) {
	entry := &syncEntry{id: r.RowID, text: r.Fields}
	return entry, json.Unmarshal([]byte(r.Fields), &entry.base)
}

func newSyncLedger() syncLedger {
	return syncLedger{last: map[int64]*syncEntry{}, next: map[int64]*syncEntry{}, owners: map[int64]int64{}}
}

// remember notes that the key stands for the row, and what both had the same.
func (l syncLedger) remember(key, id int64, base syncBase) error {
	text, err := json.Marshal(base)
	if err != nil {
		return fmt.Errorf("encoding an entry of the ledger: %w", err)
	}
	if old := l.last[key]; old != nil && old.id == id && old.text == string(text) {
		delete(l.next, key)
		return nil
	}
	l.next[key] = &syncEntry{id: id, base: base, text: string(text)}
	return nil
}

// forget drops the key.
func (l syncLedger) forget(key int64) { l.next[key] = nil }

// write keeps what this run has changed, and says whether that is anything.
func (l syncLedger) write(ctx context.Context, tx *writeTx, source, noun string) (bool, error) {
	var kept [][]any
	var gone []int64
	for _, key := range slices.Sorted(maps.Keys(l.next)) {
		if entry := l.next[key]; entry != nil {
			kept = append(kept, []any{source, noun, key, entry.id, entry.text})
		} else {
			gone = append(gone, key)
		}
	}
	for part := range slices.Chunk(gone, idsAtOnce) {
		w := whereIs("source", source)
		w.add("noun = ?", noun)
		in := whereIn("source_key", part)
		w.add(in.conditions[0], in.args...)
		if err := tx.exec(ctx, `DELETE FROM sync_ledger`+w.sql(), w.args...); err != nil {
			return false, fmt.Errorf("writing the ledger of %q: %w", source, err)
		}
	}
	for part := range slices.Chunk(kept, rowsPerInsert) {
		if err := tx.exec(ctx, `
			INSERT INTO sync_ledger (source, noun, source_key, row_id, fields)
			VALUES `+tuples(len(part), 5)+`
			ON CONFLICT (source, noun, source_key) DO UPDATE SET row_id = excluded.row_id, fields = excluded.fields`,
			slices.Concat(part...)...,
		); err != nil {
			return false, fmt.Errorf("writing the ledger of %q: %w", source, err)
		}
	}
	return len(l.next) > 0, nil
}

// tuples is "(?, ?), (?, ?)" for two rows of two values.
func tuples(rows, values int) string {
	one := "(?" + strings.Repeat(", ?", values-1) + ")"
	return one + strings.Repeat(", "+one, rows-1)
}

// fieldJSON encodes the value that a pointer of a syncField points to.
func fieldJSON(at any) json.RawMessage {
	switch at := at.(type) {
	case *string:
		b, _ := json.Marshal(*at) // a string always has an encoding
		return b
	case *bool:
		return strconv.AppendBool(nil, *at)
	case *int:
		return strconv.AppendInt(nil, int64(*at), 10)
	case *int64:
		return strconv.AppendInt(nil, *at, 10)
	}
	panic(fmt.Sprintf("a field of type %T cannot be synced", at))
}

// fieldValue is the value that a pointer of a syncField points to.
func fieldValue(at any) any {
	switch at := at.(type) {
	case *string:
		return *at
	case *bool:
		return *at
	case *int:
		return *at
	case *int64:
		return *at
	}
	panic(fmt.Sprintf("a field of type %T cannot be synced", at))
}

// copyField copies a value from one row to another.
func copyField(to, from any) {
	switch to := to.(type) {
	case *string:
		*to = *from.(*string)
	case *bool:
		*to = *from.(*bool)
	case *int:
		*to = *from.(*int)
	case *int64:
		*to = *from.(*int64)
	}
}
