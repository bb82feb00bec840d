package store

import (
	"context"
	"fmt"
	"slices"
)

// uncreateListed takes away rows that a bulk write created, as long as they are still what they were. The journal has
// their ids alone: what has been changed since is known from the entries that did it.
func (u *undoing) uncreateListed(ctx context.Context, s undoStep) error {
	var rows []pastRow
	for _, r := range s.created {
		var w where
		w.add(s.noun+".id >= ?", r.First)
		w.add(s.noun+".id <= ?", r.Last)
		some, err := nouns[s.noun].rowsIn(ctx, u.tx, w)
		if err != nil {
			return err
		}
		if err := u.complete(ctx, s.noun, r, some); err != nil {
			return err
		}
		rows = append(rows, some...)
	}
	if err := u.unalteredSince(ctx, s.noun, s.created, rows); err != nil {
		return err
	}
	return u.remove(ctx, s.noun, rows)
}

// complete demands that the rows are all of a range.
func (u *undoing) complete(ctx context.Context, noun string, r IDRange, rows []pastRow) error {
	if int64(len(rows)) == r.Last-r.First+1 {
		return nil
	}
	there := idSet{}
	for _, row := range rows {
		there.add(row.id)
	}
	id := r.First
	for there.has(id) {
		id++
	}
	gone := pastRow{id: id, name: fmt.Sprint(id), title: fmt.Sprintf("%s %d", nouns[noun].prose(), id)}
	return u.inTheWay(ctx, noun, gone, "has been deleted since")
}

// unalteredSince demands that rows of the ranges are what they were after the entry.
func (u *undoing) unalteredSince(ctx context.Context, noun string, ranges []IDRange, rows []pastRow) error {
	later, err := u.namedSince(ctx, noun, ranges)
	if err != nil || len(later) == 0 {
		return err
	}
	entries := map[int64]Entry{}
	columns := nouns[noun].ownColumns()
	for _, row := range rows {
		revision, ok := later[row.id]
		if !ok {
			continue
		}
		if _, ok := entries[revision]; !ok {
			if entries[revision], err = journalEntry(ctx, u.tx, revision); err != nil {
				return err
			}
		}
		was, ok, err := entries[revision].before(noun, row.id)
		if err != nil {
			return err
		}
		if !ok || !row.equal(columns, was) {
			return u.inTheWay(ctx, noun, row, "has been changed since")
		}
	}
	return nil
}

// before returns what an object was before the entry.
func (e Entry) before(noun string, id int64) (row pastRow, found bool, err error) {
	i := slices.IndexFunc(e.Changes, func(c Change) bool { return c.Noun == noun && c.ID == id })
	if i < 0 || e.Changes[i].Before == nil {
		return row, false, nil
	}
	row, err = nouns[noun].decode(e.Changes[i].Before)
	return row, err == nil, err
}

// namedSince returns the objects of the ranges that later entries name, each with the first revision that does.
func (u *undoing) namedSince(ctx context.Context, noun string, ranges []IDRange) (map[int64]int64, error) {
	if len(ranges) == 0 {
		return nil, nil
	}
	var runs []struct {
		First    int64 `db:"first_id"`
		Last     int64 `db:"last_id"`
		Revision int64 `db:"revision"`
	}
	err := u.tx.selectAll(ctx, &runs, `
		SELECT   first_id, last_id, revision
		FROM     journal_object
		WHERE    revision > ? AND noun = ? AND last_id >= ? AND first_id <= ?
		ORDER BY revision`,
		u.entry.Revision, noun, ranges[0].First, ranges[len(ranges)-1].Last)
	if err != nil {
		return nil, fmt.Errorf("reading what came after revision %d: %w", u.entry.Revision, err)
	}
	named := map[int64]int64{}
	for _, run := range runs {
		for _, r := range ranges {
			for id := max(run.First, r.First); id <= min(run.Last, r.Last); id++ {
				if named[id] == 0 {
					named[id] = run.Revision
				}
			}
		}
	}
	return named, nil
}
