package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

// listColumns are the columns by which rows of lists belong to something.
var listColumns = map[string]string{"host": "farm_id", "exporter": "project_id", "url": "project_id"}

// prunable are the nouns that are pruned, each after all that can belong to it.
var prunable = []string{
	"url", "exporter", "host", "farm", "project", "server", "service", "shard", "probe", "default_exporter",
}

// clearLists deletes from the lists that are stated what they do not state: what the manager owns, and all the rest from
// lists that are exclusive.
func (a *applying) clearLists(ctx context.Context) error {
	for _, noun := range slices.Sorted(maps.Keys(listColumns)) {
		column := listColumns[noun]
		for chunk := range slices.Chunk(slices.Sorted(maps.Keys(a.lists[noun])), idsAtOnce) {
			rows, err := nouns[noun].rowsIn(ctx, a.tx, whereIn(noun+"."+column, chunk))
			if err != nil {
				return err
			}
			unwanted, err := a.unwanted(noun, column, rows)
			if err != nil {
				return err
			}
			if err := a.tx.removeRows(ctx, noun, unwanted); err != nil {
				return err
			}
		}
	}
	return nil
}

// unwanted picks the rows that are to go from lists.
func (a *applying) unwanted(noun, column string, rows []pastRow) (unwanted []pastRow, err error) {
	columns := nouns[noun].ownColumns()
	for _, row := range rows {
		list := a.lists[noun][row.value(columns, column).(int64)]
		owner := row.value(columns, "managed_by").(string)
		mine := owner != "" && owner == a.options.ManagedBy
		switch {
		case a.stated[noun].has(row.id), !mine && !list.exclusive:
			continue
		case owner != "" && !mine && !a.options.TakeOver:
			return nil, list.blame(inTheWayOfApply(row.title, owner))
		}
		unwanted = append(unwanted, row)
	}
	return unwanted, nil
}

// inTheWayOfApply is the conflict with a row that is to go from an exclusive list, and is another name's.
func inTheWayOfApply(title, owner string) error {
	return &Error{
		Kind: ErrConflict, Noun: "apply", Reason: fmt.Sprintf("%s is not stated, and is managed by %q", title, owner),
		Hint: "state the list without exclusive to leave it there, or say take over, with a managing name, to delete it",
	}
}

// prune deletes what the manager owns and the document does not state.
func (a *applying) prune(ctx context.Context) error {
	if !a.options.Prune {
		return nil
	}
	for _, noun := range prunable {
		owned, err := nouns[noun].rowsIn(ctx, a.tx, whereIs(noun+".managed_by", a.options.ManagedBy))
		if err != nil {
			return err
		}
		owned = slices.DeleteFunc(owned, func(row pastRow) bool { return a.stated[noun].has(row.id) })
		for chunk := range slices.Chunk(owned, idsAtOnce) {
			if err := a.nothingBelow(ctx, noun, chunk); err != nil {
				return err
			}
		}
		if err := a.tx.removeRows(ctx, noun, owned); err != nil {
			return err
		}
	}
	return nil
}

// nothingBelow demands that nothing that stays belongs to rows that are to be pruned.
func (a *applying) nothingBelow(ctx context.Context, noun string, rows []pastRow) error {
	for _, r := range relations {
		if r.parent != noun {
			continue
		}
		children, err := nouns[r.child].rowsIn(ctx, a.tx, whereIn(r.child+"."+r.column, idsOf(rows)))
		if err != nil {
			return err
		}
		if len(children) > 0 {
			return a.stays(noun, rows, r, children)
		}
	}
	return nil
}

// stays is the conflict with the first of the children that keep a row from being pruned.
func (a *applying) stays(noun string, rows []pastRow, r relation, children []pastRow) error {
	child, columns := children[0], nouns[r.child].ownColumns()
	parent := child.value(columns, r.column).(int64)
	row := rows[slices.IndexFunc(rows, func(row pastRow) bool { return row.id == parent })]
	why := "is managed by nobody"
	switch owner := child.value(columns, "managed_by").(string); {
	case a.stated[r.child].has(child.id):
		why = "is in them"
	case owner != "":
		why = fmt.Sprintf("is managed by %q", owner)
	}
	return &Error{
		Kind: ErrConflict, Noun: nouns[noun].prose(), Value: shorten(row.name),
		Reason: fmt.Sprintf("cannot be pruned: the documents do not state it, but %s belongs to it and %s", child.title, why),
		Hint:   fmt.Sprintf("state the %s again, or delete or move what belongs to it first", nouns[noun].prose()),
	}
}
