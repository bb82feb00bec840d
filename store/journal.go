package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Entry is what the journal keeps of one write: its revision, when, who, what, and each object before and after.
type Entry struct {
	Revision int64     `json:"revision"`
	At       time.Time `json:"at"`
	// Actor is who asked for the write; see WithActor.
	Actor string `json:"actor"`
	// Action is the noun and the verb: "host.create", "server.register", "import".
	Action string `json:"action"`
	// Summary is one line for people: `created host "web1" in project "shop"`.
	Summary string   `json:"summary"`
	Changes []Change `json:"changes"`
	Touched Touched  `json:"touched"`
	// Confirmed is what the guard had asked about the write, and was told; nil for most writes.
	Confirmed *GuardError `json:"confirmed,omitempty"`
}

// Change is one object before and after a write. Before is null for a creation, After for a deletion. A bulk write
// names the rows it created by their ids alone: then Created is set instead, in ascending, disjoint ranges.
type Change struct {
	Noun    string          `json:"noun"`
	ID      int64           `json:"id,omitempty"`
	Before  json.RawMessage `json:"before,omitempty"`
	After   json.RawMessage `json:"after,omitempty"`
	Created []IDRange       `json:"created,omitempty"`
}

// IDRange is a range of ids, both ends included.
type IDRange struct {
	First int64 `json:"first"`
	Last  int64 `json:"last"`
}

// Touched says which lists a write can have altered: the change feed reads it.
type Touched struct {
	// Projects and Services are ids, ascending; they may name what the write deleted.
	Projects []int64 `json:"projects,omitempty"`
	Services []int64 `json:"services,omitempty"`
	// Shards is true when a shard or a server was created, changed or deleted.
	Shards bool `json:"shards,omitempty"`
}

// JournalFilter picks journal entries; a zero field does not filter.
type JournalFilter struct {
	// After picks entries with a higher revision.
	After  int64
	Actor  string
	Action string
	// Limit bounds the answer; 0 means 100, the most is 10,000.
	Limit int
	// Newest orders by descending revision.
	Newest bool
}

type actorKey struct{}

// WithActor returns a context whose writes are journalled as asked for by actor.
func WithActor(ctx context.Context, actor string) context.Context {
	return context.WithValue(ctx, actorKey{}, actor)
}

// Actor returns the actor that WithActor put into ctx, "unknown" when there is none.
func Actor(ctx context.Context) string {
	if actor, ok := ctx.Value(actorKey{}).(string); ok && actor != "" {
		return actor
	}
	return "unknown"
}

// journalMost is the highest Limit of a JournalFilter, journalDefault the one that 0 stands for.
const (
	journalMost    = 10_000
	journalDefault = 100
)

// Journal returns entries in ascending order of revisions, or descending when f.Newest is set.
func (s *Store) Journal(ctx context.Context, f JournalFilter) ([]Entry, error) {
	if f.Limit < 0 || f.Limit > journalMost {
		return nil, &Error{
			Kind: ErrInvalid, Noun: "journal", Field: "limit", Value: strconv.Itoa(f.Limit),
			Reason: fmt.Sprintf("must be between 1 and %d, or 0 for %d", journalMost, journalDefault),
		}
	}
	var w where
	match(&w, "revision > ?", f.After)
	match(&w, "actor = ?", f.Actor)
	match(&w, "action = ?", f.Action)
	order := "revision"
	if f.Newest {
		order += " DESC"
	}
	var rows []entryRow
	query := `SELECT revision, at, actor, action, summary, changes, touched, confirmed FROM journal` + w.sql() +
		` ORDER BY ` + order + ` LIMIT ?`
	if err := s.read().selectAll(ctx, &rows, query, append(w.args, cmp.Or(f.Limit, journalDefault))...); err != nil {
		return nil, fmt.Errorf("reading the journal: %w", err)
	}
	entries := make([]Entry, len(rows))
	for i, row := range rows {
		var err error
		if entries[i], err = row.entry(); err != nil {
			return nil, fmt.Errorf("reading the journal: entry %d: %w", row.Revision, err)
		}
	}
	return entries, nil
}

// entryRow is an Entry as the database has it.
type entryRow struct {
	Revision                                 int64
	At                                       int64
	Actor, Action, Summary, Changes, Touched, Confirmed string
}

func (r entryRow) entry() (Entry, error) {
	e := Entry{
		Revision: r.Revision, At: time.UnixMilli(r.At).UTC(),
		Actor: r.Actor, Action: r.Action, Summary: r.Summary,
	}
	var err error
	if r.Confirmed != "" {
		err = json.Unmarshal([]byte(r.Confirmed), &e.Confirmed)
	}
	return e, errors.Join(err,
		json.Unmarshal([]byte(r.Changes), &e.Changes),
		json.Unmarshal([]byte(r.Touched), &e.Touched),
	)
}
