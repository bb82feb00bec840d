package store

import (
	"context"
	"fmt"
	"slices"
)

// Object is a row of the inventory, by the noun that the journal has for it.
type Object struct {
	Noun string `json:"noun"`
	ID   int64  `json:"id"`
}

// traceEntries bounds how far back Trace goes, in entries.
const traceEntries = 1_000

// Trace goes back through what happened to the objects, the newest revision first. For each it calls visit with what
// the lists of a project were made of before that revision: of hosts, exporters and URLs those among the objects alone,
// nil when there was no such project. It ends when visit returns false, at the beginning of the journal, or after 1,000
// revisions.
func (s *Store) Trace(ctx context.Context, project int64, objects []Object, visit func(revision int64, before *ProjectRows) bool) error {
	err := s.view(ctx, func(v view) error { return v.trace(ctx, project, objects, visit) })
	if err != nil {
		return fmt.Errorf("reading the history of a project: %w", err)
	}
	return nil
}

func (v view) trace(ctx context.Context, project int64, objects []Object, visit func(int64, *ProjectRows) bool) error {
	revisions, err := v.revisionsOf(ctx, objects)
	if err != nil {
		return err
	}
	p := newPast(v)
	for _, o := range objects {
		if _, _, err := p.find(ctx, o.Noun, o.ID); err != nil {
			return err
		}
	}
	for _, revision := range revisions {
		entry, err := journalEntry(ctx, v, revision)
		if err != nil {
			return err
		}
		if err := p.undo(onlyOf(entry.Changes, objects)); err != nil {
			return err
		}
		before, err := p.projects(ctx, []int64{project})
		if err != nil || !visit(revision, before[project]) {
			return err
		}
	}
	return nil
}

// onlyOf keeps of changes those of the objects.
func onlyOf(changes []Change, objects []Object) []Change {
	var kept []Change
	for _, c := range changes {
		for _, o := range objects {
			if c.Noun != o.Noun {
				continue
			}
			switch {
			case c.ID == o.ID:
				kept = append(kept, c)
			case slices.ContainsFunc(c.Created, func(r IDRange) bool { return r.First <= o.ID && o.ID <= r.Last }):
				kept = append(kept, Change{Noun: c.Noun, ID: o.ID})
			}
		}
	}
	return kept
}

// revisionsOf are those that name one of the objects, the newest first.
func (v view) revisionsOf(ctx context.Context, objects []Object) ([]int64, error) {
	var all []int64
	for _, o := range objects {
		condition, args := ofObject(o.Noun, o.ID)
		var some []int64
		query := `SELECT revision FROM journal WHERE ` + condition + ` ORDER BY revision DESC LIMIT ?`
		if err := v.selectAll(ctx, &some, query, append(args, traceEntries)...); err != nil {
			return nil, fmt.Errorf("reading the history of %s %d: %w", o.Noun, o.ID, err)
		}
		all = append(all, some...)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	slices.Reverse(all)
	return all[:min(len(all), traceEntries)], nil
}
