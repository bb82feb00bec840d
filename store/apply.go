package store

import (
	"context"
	"fmt"
	"strings"
)

// ApplyOptions say how documents are applied. The zero value changes and adds, and owns nothing.
type ApplyOptions struct {
	// ManagedBy is the name that owns what is applied; empty leaves owners as they are.
	ManagedBy string
	// Prune deletes what ManagedBy, which is then required, owns and the document does not state.
	Prune bool
	// TakeOver lets what another name owns become ManagedBy's. Without it that is ErrConflict.
	TakeOver bool
	// AllowEmpty lets a document that states nothing prune all that ManagedBy owns.
	AllowEmpty bool
}

// ApplyResult is what Apply did, or would do.
type ApplyResult struct {
	Created int `json:"created"`
	Changed int `json:"changed"`
	Deleted int `json:"deleted"`
	// Plan has each object that was written, in the order in which that was done. What a dry run would create has no id.
	Plan []PlannedChange `json:"plan"`
	// Revision is 0 when nothing was changed, and for a dry run.
	Revision int64 `json:"revision"`
}

// PlannedChange is what becomes of one object, with its fields before and after.
type PlannedChange struct {
	ObjectDiff
	// Title calls the object by its name and says where it is: `host "a" of project "x"`.
	Title string `json:"title"`
}

// Apply implements Inventory.
func (s *Store) Apply(ctx context.Context, d Document, o ApplyOptions) (ApplyResult, error) {
	return written(ctx, s, "apply", func(tx *writeTx) (ApplyResult, error) {
		if err := o.check(&d); err != nil {
			return ApplyResult{}, err
		}
		tx.owner = o.ManagedBy
		a := &applying{tx: tx, options: o, stated: map[string]idSet{}, lists: map[string]map[int64]statedList{}}
		for noun := range nouns {
			a.stated[noun], a.lists[noun] = idSet{}, map[int64]statedList{}
		}
		if err := a.run(ctx, &d); err != nil {
			return ApplyResult{}, err
		}
		return a.result()
	})
}

func (o ApplyOptions) check(d *Document) error {
	c := checker{noun: "apply"}
	if o.ManagedBy != "" {
		c.name("managed_by", o.ManagedBy)
	}
	switch {
	case o.ManagedBy != "":
	case o.Prune:
		c.refuse("prune", "", "needs a managing name beside it (managed_by): it deletes what that name owns")
	case o.TakeOver:
		c.refuse("take_over", "", "needs a managing name beside it (managed_by), to take things over for")
	}
	if o.Prune && d.Empty() && !o.AllowEmpty {
		c.refuse("prune", "", "the documents state nothing, so that everything %q owns would go; say allow empty if that is meant", o.ManagedBy)
	}
	return c.result()
}

// applying is one Apply under way.
type applying struct {
	tx      *writeTx
	options ApplyOptions
	// stated are the ids of all that the document states, by noun.
	stated map[string]idSet
	// lists are those that are stated of projects, by noun and the id of what their rows belong to.
	lists map[string]map[int64]statedList
}

func (a *applying) run(ctx context.Context, d *Document) error {
	steps := []func() error{
		func() error { return putAll(ctx, a, statedShards, d.Shards) },
		func() error { return putAll(ctx, a, statedServices, d.Services) },
		func() error { return putAll(ctx, a, statedProbes, d.Probes) },
		func() error { return putAll(ctx, a, statedDefaultExporters, d.DefaultExporters) },
		func() error { return putAll(ctx, a, statedServers, d.Servers) },
		func() error { return a.projects(ctx, d.Projects) },
		func() error { return a.clearLists(ctx) },
		func() error { return a.prune(ctx) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// claim demands that a row may be written in the name of the manager.
func (a *applying) claim(title, owner string) error {
	if a.options.ManagedBy == "" || owner == "" || owner == a.options.ManagedBy || a.options.TakeOver {
		return nil
	}
	return &Error{
		Kind: ErrConflict, Noun: "apply", Reason: fmt.Sprintf("%s is managed by %q", title, owner),
		Hint: fmt.Sprintf("state it in one place alone, or say take over to make it that of %q", a.options.ManagedBy),
	}
}

// statesSince notes what was written since the journal entry had so many changes as stated.
func (a *applying) statesSince(changes int) {
	for _, c := range a.tx.changes[changes:] {
		a.stated[c.Noun].add(c.ID)
	}
}

// result tells what was written, from the journal entry.
func (a *applying) result() (ApplyResult, error) {
	r := ApplyResult{Plan: make([]PlannedChange, len(a.tx.changes))}
	for i, c := range a.tx.changes {
		p := PlannedChange{ObjectDiff: c.object()}
		side := c.After
		switch c.kind() {
		case changeDeleted:
			r.Deleted++
			side = c.Before
		case changeChanged:
			r.Changed++
		default:
			r.Created++
			if a.tx.options.dryRun {
				p.ID = 0
			}
		}
		row, err := nouns[c.Noun].decode(side)
		if err != nil {
			return r, err
		}
		p.Title = row.title
		r.Plan[i] = p
	}
	if len(r.Plan) > 0 && !a.tx.options.dryRun {
		r.Revision = a.tx.next
	}
	a.tx.describe("%s", r.summary(a.options.ManagedBy))
	return r, nil
}

func (r ApplyResult) summary(owner string) string {
	var parts []string
	for _, p := range []struct {
		n    int
		verb string
	}{{r.Created, "created"}, {r.Changed, "changed"}, {r.Deleted, "deleted"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.verb))
		}
	}
	text := "applied documents"
	if owner != "" {
		text += fmt.Sprintf(" for %q", owner)
	}
	return text + ": " + strings.Join(parts, ", ")
}
