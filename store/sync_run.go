package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
)

// Sync implements Inventory. What it does and why is in docs/adr/0010-sync-by-three-way-merge.md.
//
// A row of the source that is not here is created, with the id that it has there when that is free. One that is here,
// known from an earlier run or the same by what makes it unique (the name of a project, the name of a host in its
// farm, …), is merged field by field: what the source has not changed since the last run stays as it is here, what
// was not changed here is taken from the source, and what both have changed is a conflict. A row that was deleted here
// stays deleted. One that is gone from the source is deleted, unless it was changed here or something hangs on it that
// stays.
//
// When nothing but the memory of these decisions changes, the Revision of the result is 0, as in a dry run.
func (s *Store) Sync(ctx context.Context, source SyncSource, o SyncOptions) (SyncResult, error) {
	run, err := newSyncRun(source, o, s.dialect)
	if err != nil {
		return SyncResult{}, err
	}
	return written(ctx, s, "sync", func(tx *writeTx) (SyncResult, error) {
		if err := run.plan(ctx, tx); err != nil {
			return SyncResult{}, err
		}
		if err := run.apply(ctx, tx); err != nil {
			return SyncResult{}, err
		}
		return run.result(tx), nil
	})
}

// syncRun is one sync.
type syncRun struct {
	source  string
	options SyncOptions
	dialect *dialect
	nouns   []syncStep
	// done is how many rows of the source were dealt with.
	done int64
}

// syncStep is a syncNoun whatever its type.
type syncStep interface {
	noun() string
	prose() string
	size() int
	order() error
	load(ctx context.Context, q querier, d *dialect) error
	remember(l syncLedger)
	shrunk() (lost, of int)
	plan(o SyncOptions) error
	drop(o SyncOptions)
	park(ctx context.Context, tx *writeTx) error
	put(ctx context.Context, tx *writeTx, d *dialect) error
	remove(ctx context.Context, tx *writeTx) error
	journal(ctx context.Context, tx *writeTx) error
	keep(ctx context.Context, tx *writeTx, source string) (bool, error)
	report(r *SyncResult)
}

func newSyncRun(source SyncSource, o SyncOptions, d *dialect) (*syncRun, error) {
	c := checker{noun: "source"}
	if c.name("name", source.Name); c.err != nil {
		return nil, c.err
	}
	run := &syncRun{source: source.Name, options: o, dialect: d, nouns: newSyncNouns(source).all()}
	for _, n := range run.nouns {
		if err := n.order(); err != nil {
			return nil, fmt.Errorf("reading source %q: %w", source.Name, err)
		}
	}
	return run, nil
}

// plan decides everything, in memory.
func (r *syncRun) plan(ctx context.Context, q querier) error {
	ledgers, err := loadLedger(ctx, q, r.source)
	if err != nil {
		return err
	}
	for _, n := range r.nouns {
		l, ok := ledgers[n.noun()]
		if !ok {
			l = newSyncLedger()
		}
		n.remember(l)
	}
	if err := r.refuseShrunk(); err != nil {
		return err
	}
	for _, n := range r.nouns {
		if err := n.load(ctx, q, r.dialect); err != nil {
			return err
		}
	}
	for _, n := range r.nouns {
		if err := n.plan(r.options); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	for _, n := range slices.Backward(r.nouns) {
		n.drop(r.options)
	}
	return nil
}

// refuseShrunk returns ErrShrunk when the source has lost so much that it is rather broken than smaller.
func (r *syncRun) refuseShrunk() error {
	const few = 20
	var counts []string
	for _, n := range r.nouns {
		if lost, of := n.shrunk(); lost >= few && 2*lost > of {
			counts = append(counts, fmt.Sprintf("%d of %s", lost, plural(int64(of), n.prose())))
		}
	}
	if len(counts) == 0 || r.options.AllowShrink {
		return nil
	}
	return &Error{
		Kind: ErrShrunk, Noun: "source", Value: r.source,
		Reason: "has lost " + strings.Join(counts, ", ") + " since the last run",
		Hint:   "see whether all of it was read; allow it to shrink if it has",
	}
}

// apply writes what was planned. Rows leave what they give up before others take it, parents are there before their
// children, and go after them. Changes are recorded while all rows are there, those that go as well, since where a row
// is decides who may write it.
func (r *syncRun) apply(ctx context.Context, tx *writeTx) error {
	for _, n := range r.nouns {
		if err := n.park(ctx, tx); err != nil {
			return err
		}
		if err := n.put(ctx, tx, r.dialect); err != nil {
			return err
		}
		r.advance(n)
	}
	for _, n := range r.nouns {
		if err := n.journal(ctx, tx); err != nil {
			return err
		}
		kept, err := n.keep(ctx, tx, r.source)
		if err != nil {
			return err
		}
		tx.keep = tx.keep || kept
	}
	for _, n := range slices.Backward(r.nouns) {
		if err := n.remove(ctx, tx); err != nil {
			return err
		}
	}
	return nil
}

// advance tells that all rows of a noun were dealt with.
func (r *syncRun) advance(n syncStep) {
	r.done += int64(n.size())
	if r.options.Progress != nil {
		r.options.Progress(r.done)
	}
}

// result tells what was written, and describes it in the journal entry.
func (r *syncRun) result(tx *writeTx) SyncResult {
	result := SyncResult{Changes: []SyncChange{}, Issues: []SyncIssue{}}
	for _, n := range r.nouns {
		n.report(&result)
	}
	if len(tx.changes) > 0 && !tx.options.dryRun {
		result.Revision = tx.next
	}
	tx.describe("sync from %s: %s", r.source, result.summary())
	return result
}

// summary is "created 2 hosts, 1 URL; deleted 1 shard".
func (r SyncResult) summary() string {
	var parts []string
	for _, action := range []struct {
		verb  string
		count func(SyncCounts) int
	}{
		{"created", func(c SyncCounts) int { return c.Created }},
		{"changed", func(c SyncCounts) int { return c.Updated }},
		{"deleted", func(c SyncCounts) int { return c.Deleted }},
	} {
		var counts []string
		for _, c := range r.Counts {
			if n := action.count(c); n > 0 {
				counts = append(counts, plural(int64(n), proseOf(c.Noun)))
			}
		}
		if len(counts) > 0 {
			parts = append(parts, action.verb+" "+strings.Join(counts, ", "))
		}
	}
	return strings.Join(parts, "; ")
}

// size is how many rows the source has.
func (n *syncNoun[T]) size() int { return len(n.source) }

// remember takes in what is remembered of the source.
func (n *syncNoun[T]) remember(l syncLedger) { n.ledger = l }

// shrunk counts the rows that the source has no more, and those that it had.
func (n *syncNoun[T]) shrunk() (lost, of int) {
	for key := range n.ledger.last {
		if n.incoming[key] == nil {
			lost++
		}
	}
	return lost, len(n.ledger.last)
}

// report adds the noun's part of the result.
func (n *syncNoun[T]) report(r *SyncResult) {
	counts := SyncCounts{Noun: n.noun(), Source: len(n.source)}
	for _, in := range n.source {
		if in.mine == nil || in.mine.after == nil {
			counts.LeftOut++
		}
	}
	for _, m := range n.changed() {
		name, place := n.table.label(*m.row())
		change := SyncChange{
			Noun: n.noun(), Key: m.key, ID: n.table.id(*m.row()), Name: name + place, Action: m.action(), Fields: m.fields,
		}
		switch r.Changes = append(r.Changes, change); change.Action {
		case SyncCreate:
			counts.Created++
		case SyncUpdate:
			counts.Updated++
		case SyncDelete:
			counts.Deleted++
		}
	}
	slices.SortStableFunc(n.issues, func(a, b *SyncIssue) int { return cmp.Compare(a.Key, b.Key) })
	for _, issue := range n.issues {
		r.Issues = append(r.Issues, *issue)
	}
	r.Counts = append(r.Counts, counts)
}

// changed lists the rows that the sync alters, by key.
func (n *syncNoun[T]) changed() []*syncMine[T] {
	var list []*syncMine[T]
	for _, m := range n.rows {
		if m.action() != "" {
			list = append(list, m)
		}
	}
	slices.SortFunc(list, func(a, b *syncMine[T]) int { return cmp.Compare(a.key, b.key) })
	return list
}
