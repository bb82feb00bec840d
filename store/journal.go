package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
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
	// After picks entries with a higher revision, Before those with a lower one: it continues a page whose last entry
	// has that revision.
	After, Before int64
	// Since and Until pick entries by their time, both included.
	Since, Until time.Time
	Actor        string
	Action       string
	// Noun picks entries that name an object of that noun, and with ID that one object.
	Noun string
	ID   int64
	// Limit bounds the answer; 0 means 100, the most is 10,000.
	Limit int
	// Newest orders by descending revision.
	Newest bool
	// Brief leaves out Changes, Touched and Confirmed, which can be long.
	Brief bool
}

func (f JournalFilter) where() where {
	var w where
	match(&w, "revision > ?", f.After)
	match(&w, "revision < ?", f.Before)
	if !f.Since.IsZero() {
		w.add("at >= ?", f.Since.UnixMilli())
	}
	if !f.Until.IsZero() {
		w.add("at <= ?", f.Until.UnixMilli())
	}
	match(&w, "actor = ?", f.Actor)
	match(&w, "action = ?", f.Action)
	if f.Noun != "" {
		condition, args := ofObject(f.Noun, f.ID)
		w.add(condition, args...)
	}
	return w
}

// Check returns how many entries are returned at most, or ErrInvalid for what makes no sense.
func (f JournalFilter) Check() (limit int, err error) {
	return cmp.Or(f.Limit, journalDefault), f.check()
}

// check refuses what makes no sense.
func (f JournalFilter) check() error {
	refuse := func(field, value, reason string) error {
		return &Error{Kind: ErrInvalid, Noun: "journal", Field: field, Value: shorten(value), Reason: reason}
	}
	_, known := nouns[f.Noun]
	switch {
	case f.Limit < 0 || f.Limit > journalMost:
		return refuse("limit", strconv.Itoa(f.Limit), fmt.Sprintf("must be between 1 and %d, or 0 for %d", journalMost, journalDefault))
	case f.Action != "" && !actions[f.Action]:
		return refuse("action", f.Action, "is none; there are import, apply, sync, revert, and a noun with what was done to it, such as host.create")
	case f.ID != 0 && f.Noun == "":
		return refuse("id", strconv.FormatInt(f.ID, 10), "needs a noun beside it")
	case f.Noun != "" && !known && !isAccessNoun(f.Noun):
		return refuse("noun", f.Noun, "is none; there are "+strings.Join(Nouns(), ", "))
	case !f.Since.IsZero() && !f.Until.IsZero() && f.Until.Before(f.Since):
		return refuse("until", f.Until.Format(time.RFC3339), "is before the time from which on entries are asked for")
	}
	return nil
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
	if err := f.check(); err != nil {
		return nil, err
	}
	w := f.where()
	if w.impossible() {
		return []Entry{}, nil
	}
	columns, order := entryColumns, "revision"
	if f.Brief {
		columns = briefColumns
	}
	if f.Newest {
		order += " DESC"
	}
	var rows []entryRow
	query := `SELECT ` + columns + ` FROM journal` + w.sql() + ` ORDER BY ` + order + ` LIMIT ?`
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

// JournalEntry returns the entry of one revision, or ErrNotFound.
func (s *Store) JournalEntry(ctx context.Context, revision int64) (Entry, error) {
	return journalEntry(ctx, s.read(), revision)
}

// journalEntry reads the entry of one revision, or returns ErrNotFound.
func journalEntry(ctx context.Context, q querier, revision int64) (Entry, error) {
	var row entryRow
	err := q.get(ctx, &row, `SELECT `+entryColumns+` FROM journal WHERE revision = ?`, revision)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return Entry{}, &Error{
			Kind: ErrNotFound, Noun: "journal", Field: "revision", Value: strconv.FormatInt(revision, 10),
			Reason: "the journal has no such revision",
		}
	case err != nil:
		return Entry{}, fmt.Errorf("reading the journal: %w", err)
	}
	e, err := row.entry()
	if err != nil {
		return e, fmt.Errorf("reading the journal: entry %d: %w", revision, err)
	}
	return e, nil
}

const (
	entryColumns = `revision, at, actor, action, summary, changes, touched, confirmed`
	briefColumns = `revision, at, actor, action, summary, '[]' AS changes, '{}' AS touched, '' AS confirmed`
)

// entryRow is an Entry as the database has it.
type entryRow struct {
	Revision                                            int64
	At                                                  int64
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
