package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// revertMost bounds the objects that one revert undoes, since each is written to its journal entry.
const revertMost = 250_000

// Reversal is what Revert did.
type Reversal struct {
	// Reverted is the revision that was undone, Summary what its journal entry says of it.
	Reverted int64  `json:"reverted"`
	Summary  string `json:"summary"`
	// Created, Changed and Deleted count the objects that the revert brought back, changed back, and took away.
	Created int `json:"created"`
	Changed int `json:"changed"`
	Deleted int `json:"deleted"`
	// Revision is the one that the revert made; 0 for a dry run.
	Revision int64 `json:"revision"`
}

// RevertError says what stands in the way of a revert. It is of the kind ErrConflict.
type RevertError struct {
	// Revision was to be undone.
	Revision int64
	// Noun, ID and Name are the object in the way, Newer the revision that put it there, 0 when that is not known.
	Noun string
	ID   int64
	Name string
	// Reason says what is in the way: `host "a" in farm "x" has been changed since, by revision 12`.
	Reason string
	Newer  int64
}

// Error says which revision, and what is in the way.
func (e *RevertError) Error() string {
	return "revision " + strconv.FormatInt(e.Revision, 10) + ` cannot be reverted: ` + e.Reason
}

// Unwrap gives the kind to errors.Is.
func (e *RevertError) Unwrap() error { return ErrConflict }

// Revert implements Inventory. It goes back through the entry's changes, from the last to the first. What was created
// must still be as it was created, what was changed as it was changed to, and what was deleted must find its name and
// what it belongs to free and there; rows come back under the ids they had. Anything else is a *RevertError.
func (s *Store) Revert(ctx context.Context, revision int64) (Reversal, error) {
	return written(ctx, s, "revert", func(tx *writeTx) (Reversal, error) {
		entry, err := journalEntry(ctx, tx, revision)
		if err != nil {
			return Reversal{}, err
		}
		u := &undoing{tx: tx, entry: entry}
		if err := u.run(ctx); err != nil {
			return Reversal{}, err
		}
		tx.describe("reverted revision %d: %s", revision, entry.Summary)
		u.did.Reverted, u.did.Summary = revision, entry.Summary
		if !tx.options.dryRun {
			u.did.Revision = tx.next
		}
		return u.did, nil
	})
}

// undoing is one revert.
type undoing struct {
	tx    *writeTx
	entry Entry
	did   Reversal
}

// undoStep is a run of changes of one kind and noun, the last first, that names no object twice.
type undoStep struct {
	noun string
	kind changeKind
	// created is set for ChangeListed, changes for the other kinds.
	changes []Change
	created []IDRange
}

// changeKind says what became of an object.
type changeKind string

const (
	changeCreated changeKind = "created"
	changeChanged changeKind = "changed"
	changeDeleted changeKind = "deleted"
	changeListed  changeKind = "listed" // created, and named by its id alone
)

func (c Change) kind() changeKind {
	switch {
	case len(c.Created) > 0:
		return changeListed
	case c.Before == nil:
		return changeCreated
	case c.After == nil:
		return changeDeleted
	default:
		return changeChanged
	}
}

func (u *undoing) run(ctx context.Context) error {
	u.tx.touchProjects(u.entry.Touched.Projects...)
	u.tx.touchServices(u.entry.Touched.Services...)
	if u.entry.Touched.Shards {
		u.tx.touchShards()
	}
	steps, err := u.steps()
	if err != nil {
		return err
	}
	for _, step := range steps {
		if err := u.undo(ctx, step); err != nil {
			return u.reverting(err)
		}
	}
	return nil
}

// reverting says what was being done, unless err does.
func (u *undoing) reverting(err error) error {
	var conflict *RevertError
	if errors.As(err, &conflict) {
		return err
	}
	return fmt.Errorf("reverting revision %d: %w", u.entry.Revision, err)
}

func (u *undoing) undo(ctx context.Context, s undoStep) error {
	switch s.kind {
	case changeListed:
		return u.uncreateListed(ctx, s)
	case changeCreated:
		return u.uncreate(ctx, s)
	case changeDeleted:
		return u.undelete(ctx, s)
	default:
		return u.unchange(ctx, s)
	}
}

// steps groups the entry's changes, from the last to the first.
func (u *undoing) steps() ([]undoStep, error) {
	var steps []undoStep
	inLast := map[int64]bool{}
	objects := int64(0)
	for i := len(u.entry.Changes) - 1; i >= 0; i-- {
		c := u.entry.Changes[i]
		if nouns[c.Noun] == nil {
			return nil, u.refuse("it changed a " + strconv.Quote(c.Noun) + ", which has no history to go back in")
		}
		objects += c.count()
		if n := len(steps); n > 0 && steps[n-1].noun == c.Noun && steps[n-1].kind == c.kind() &&
			c.kind() != changeListed && !inLast[c.ID] {
			steps[n-1].changes = append(steps[n-1].changes, c)
			inLast[c.ID] = true
			continue
		}
		steps = append(steps, undoStep{noun: c.Noun, kind: c.kind(), changes: []Change{c}, created: c.Created})
		inLast = map[int64]bool{c.ID: true}
	}
	if objects > revertMost {
		return nil, u.refuse(fmt.Sprintf("it names %d objects, and at most %d can be reverted at once", objects, revertMost))
	}
	return steps, nil
}

// count is how many objects a change names.
func (c Change) count() int64 {
	if len(c.Created) == 0 {
		return 1
	}
	n := int64(0)
	for _, r := range c.Created {
		n += r.Last - r.First + 1
	}
	return n
}

// refuse is the error for an entry that no revert can undo.
func (u *undoing) refuse(reason string) error {
	return &Error{
		Kind: ErrInvalid, Noun: "journal", Field: "revision", Value: strconv.FormatInt(u.entry.Revision, 10),
		Reason: "cannot be reverted: " + reason,
	}
}

// inTheWay is the conflict with a row; how ends the sentence before the revision: "has been changed since".
func (u *undoing) inTheWay(ctx context.Context, noun string, row pastRow, how string) error {
	newer, err := lastChange(ctx, u.tx, noun, row.id)
	if err != nil {
		return err
	}
	c := &RevertError{
		Revision: u.entry.Revision, Noun: noun, ID: row.id, Name: row.name, Reason: row.title + " " + how,
	}
	if newer > u.entry.Revision {
		c.Newer = newer
		c.Reason += ", by revision " + strconv.FormatInt(newer, 10)
	}
	return c
}

// uncreate takes away what was created, as long as it is still what it was.
func (u *undoing) uncreate(ctx context.Context, s undoStep) error {
	rows, err := decodeSide(s, func(c Change) json.RawMessage { return c.After })
	if err != nil {
		return err
	}
	now, err := u.unaltered(ctx, s.noun, rows)
	if err != nil {
		return err
	}
	return u.remove(ctx, s.noun, now)
}

// decodeSide reads one side of each change.
func decodeSide(s undoStep, side func(Change) json.RawMessage) ([]pastRow, error) {
	rows := make([]pastRow, len(s.changes))
	for i, c := range s.changes {
		var err error
		if rows[i], err = nouns[s.noun].decode(side(c)); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

func idsOf(rows []pastRow) []int64 {
	ids := make([]int64, len(rows))
	for i, row := range rows {
		ids[i] = row.id
	}
	return ids
}

// unaltered returns the rows as they are now, in the same order, and demands that they are what they were.
func (u *undoing) unaltered(ctx context.Context, noun string, were []pastRow) ([]pastRow, error) {
	n := nouns[noun]
	found, err := n.rows(ctx, u.tx, idsOf(were))
	if err != nil {
		return nil, err
	}
	now := make([]pastRow, len(were))
	for i, was := range were {
		row, ok := found[was.id]
		switch {
		case !ok:
			return nil, u.inTheWay(ctx, noun, was, "has been deleted since")
		case !row.equal(n.ownColumns(), was):
			return nil, u.inTheWay(ctx, noun, row, "has been changed since")
		}
		now[i] = row
	}
	return now, nil
}

// unchange gives rows what they had before. Each comes after the ones before it, as names may have gone from one to
// the other.
func (u *undoing) unchange(ctx context.Context, s undoStep) error {
	after, err := decodeSide(s, func(c Change) json.RawMessage { return c.After })
	if err != nil {
		return err
	}
	before, err := decodeSide(s, func(c Change) json.RawMessage { return c.Before })
	if err != nil {
		return err
	}
	for i := range before {
		now, err := u.unaltered(ctx, s.noun, after[i:i+1])
		if err != nil {
			return err
		}
		if err := u.admits(ctx, s.noun, before[i:i+1]); err != nil {
			return err
		}
		if err := u.put(ctx, s.noun, now[0], before[i]); err != nil {
			return err
		}
	}
	return nil
}

// undelete brings rows back under their ids.
func (u *undoing) undelete(ctx context.Context, s undoStep) error {
	rows, err := decodeSide(s, func(c Change) json.RawMessage { return c.Before })
	if err != nil {
		return err
	}
	found, err := nouns[s.noun].rows(ctx, u.tx, idsOf(rows))
	if err != nil {
		return err
	}
	for _, row := range rows {
		if now, ok := found[row.id]; ok {
			return u.inTheWay(ctx, s.noun, now, "is there again")
		}
	}
	if err := u.admits(ctx, s.noun, rows); err != nil {
		return err
	}
	return u.insert(ctx, s.noun, rows)
}
