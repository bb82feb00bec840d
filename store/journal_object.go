package store

import (
	"context"
	"fmt"
	"slices"
)

// objectRun is a run of ids of one noun that a journal entry names.
type objectRun struct {
	noun string
	IDRange
}

// objectRuns lists what the changes name, by noun in the order of their first appearance.
func objectRuns(changes []Change) []objectRun {
	var order []string
	sets := map[string]idSet{}
	ranges := map[string][]IDRange{}
	for _, c := range changes {
		if sets[c.Noun] == nil {
			sets[c.Noun] = idSet{}
			order = append(order, c.Noun)
		}
		ranges[c.Noun] = append(ranges[c.Noun], c.Created...)
		if c.ID > 0 {
			sets[c.Noun].add(c.ID)
		}
	}
	var runs []objectRun
	for _, noun := range order {
		for _, r := range joined(append(ranges[noun], sets[noun].ranges()...)) {
			runs = append(runs, objectRun{noun, r})
		}
	}
	return runs
}

// joined returns the ids of ranges in any order as ascending ranges that do not overlap.
func joined(ranges []IDRange) []IDRange {
	slices.SortFunc(ranges, func(a, b IDRange) int { return int(min(max(a.First-b.First, -1), 1)) })
	var list []IDRange
	for _, r := range ranges {
		if n := len(list); n > 0 && r.First <= list[n-1].Last+1 {
			list[n-1].Last = max(list[n-1].Last, r.Last)
			continue
		}
		list = append(list, r)
	}
	return list
}

// journalObjects notes which objects the entry of a revision names.
func (w *writeTx) journalObjects(ctx context.Context, revision int64) error {
	runs := objectRuns(w.changes)
	rows := make([][]any, len(runs))
	for i, r := range runs {
		rows[i] = []any{r.noun, r.First, r.Last, revision}
	}
	if err := w.putRows(ctx, `journal_object (noun, first_id, last_id, revision)`, rows); err != nil {
		return fmt.Errorf("writing the journal: %w", err)
	}
	return nil
}

// ofObject is the condition that revision names an object, or any of the noun when the id is 0.
func ofObject(noun string, id int64) (condition string, args []any) {
	if id == 0 {
		return `revision IN (SELECT revision FROM journal_object WHERE noun = ?)`, []any{noun}
	}
	return `revision IN (
		SELECT revision FROM journal_object WHERE noun = ? AND first_id = ?
		UNION
		SELECT revision FROM journal_object WHERE noun = ? AND last_id > first_id AND last_id >= ? AND first_id <= ?)`,
		[]any{noun, id, noun, id, id}
}

// lastChange returns the newest revision that names the object, 0 when there is none.
func lastChange(ctx context.Context, q querier, noun string, id int64) (revision int64, err error) {
	condition, args := ofObject(noun, id)
	query := `SELECT coalesce(max(revision), 0) FROM journal WHERE ` + condition
	if err := q.get(ctx, &revision, query, args...); err != nil {
		return 0, fmt.Errorf("reading the history of %s %d: %w", noun, id, err)
	}
	return revision, nil
}
