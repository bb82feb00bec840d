package store

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
)

// querier is what reads need: the pool of readers, or a transaction. Its methods take queries with "?" and turn the
// driver's errors into those of this package (see dialect.blame). A get without a row returns sql.ErrNoRows.
type querier interface {
	get(ctx context.Context, dest any, query string, args ...any) error
	selectAll(ctx context.Context, dest any, query string, args ...any) error
}

// writeTx is one write: the transaction, and the journal entry that is being written with it. It is used by one
// goroutine.
type writeTx struct {
	tx      *sqlx.Tx
	dialect *dialect

	summary  string
	changes  []Change
	projects map[int64]bool
	services map[int64]bool
	shards   bool
	// keep commits what was written though no change was recorded. There is then no revision: it is for what no list and
	// no other reader shows.
	keep bool
}

// write runs fn in one transaction. When fn has recorded changes, their journal entry and the new revision are
// committed with them, and that revision is returned; when it has recorded none, everything is rolled back, unless it
// asked to keep it, and the revision is 0. Writers of one database stand in line from the start (docs/adr/0002-writers-stand-in-line.md), so
// that what fn reads is what it changes.
//
// Once ctx ends, nothing of the write is kept, unless its commit had begun: that is waited for, and its outcome
// returned. An error of the commit says so when the outcome cannot be known.
func (s *Store) write(ctx context.Context, action string, fn func(tx *writeTx) error) (revision int64, err error) {
	start := time.Now()
	defer func() { s.metrics.observeWrite(time.Since(start), revision, err) }()

	release, err := s.acquireWriter(ctx)
	if err != nil {
		return 0, err
	}
	defer release()

	// The transaction must not end by itself when ctx does while it is being committed.
	txCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	detach := context.AfterFunc(ctx, cancel)
	defer detach()

	tx, err := s.begin(txCtx)
	if err != nil {
		return 0, fmt.Errorf("beginning a write: %w", s.dialect.blame(ctx, err))
	}
	defer tx.Rollback() //nolint:errcheck // after a commit it is a no-op, and after an error that error counts

	w := &writeTx{tx: tx, dialect: s.dialect, projects: map[int64]bool{}, services: map[int64]bool{}}
	if revision, err = w.run(ctx, action, fn); err != nil || revision == 0 && !w.keep {
		return 0, err
	}
	if !detach() {
		return 0, ctx.Err()
	}
	if err := s.commit(tx, cancel); err != nil {
		return 0, err
	}
	s.wakeUp()
	return revision, nil
}

// begin begins a transaction that writes. While another process holds SQLite's lock it tries again. (PostgreSQL has the
// wait in lockRevision, which ends with its context.)
func (s *Store) begin(ctx context.Context) (tx *sqlx.Tx, err error) {
	err = s.dialect.patiently(ctx, func() error {
		tx, err = s.writer.BeginTxx(ctx, nil)
		return err
	})
	return tx, err
}

// run does all of a write but its beginning and its end. The revision is 0 when fn recorded no change.
func (w *writeTx) run(ctx context.Context, action string, fn func(tx *writeTx) error) (int64, error) {
	if w.dialect.lockRevision != "" {
		if _, err := w.tx.ExecContext(ctx, w.dialect.lockRevision); err != nil {
			return 0, fmt.Errorf("waiting for other writers: %w", w.dialect.blame(ctx, err))
		}
	}
	if err := fn(w); err != nil {
		return 0, err
	}
	if len(w.changes) == 0 {
		return 0, nil
	}
	return w.journal(ctx, action)
}

// commitTimeout bounds the wait for a commit whose connection hangs.
const commitTimeout = 30 * time.Second

// commit ends the transaction; cancel aborts it when the database does not answer.
func (s *Store) commit(tx *sqlx.Tx, cancel func()) error {
	defer time.AfterFunc(commitTimeout, cancel).Stop()
	err := tx.Commit()
	if err == nil {
		return nil
	}
	if s.dialect.outcomeKnown(err) {
		return fmt.Errorf("committing: %w", s.dialect.translate(err))
	}
	s.wakeUp()
	return &Error{
		Kind: ErrUnavailable, Noun: "database",
		Reason: "was lost while it committed a write, which may have been kept or not",
		Hint:   "look at the journal before repeating the write",
		Err:    err,
	}
}

// journal writes the entry and raises the revision, the last statements of the transaction.
func (w *writeTx) journal(ctx context.Context, action string) (int64, error) {
	changes, err := json.Marshal(w.changes)
	if err != nil {
		return 0, fmt.Errorf("encoding the journal entry: %w", err)
	}
	touched, err := json.Marshal(Touched{
		Projects: slices.Sorted(maps.Keys(w.projects)),
		Services: slices.Sorted(maps.Keys(w.services)),
		Shards:   w.shards,
	})
	if err != nil {
		return 0, fmt.Errorf("encoding the journal entry: %w", err)
	}
	var revision int64
	if err := w.get(ctx, &revision, `UPDATE revision SET number = number + 1 WHERE id = 1 RETURNING number`); err != nil {
		return 0, fmt.Errorf("raising the revision: %w", err)
	}
	if err := w.exec(ctx, `
		INSERT INTO journal (revision, at, actor, action, summary, changes, touched)
		VALUES              (?,        ?,  ?,     ?,      ?,       ?,       ?)`,
		revision, time.Now().UnixMilli(), Actor(ctx), action, w.summary, string(changes), string(touched),
	); err != nil {
		return 0, fmt.Errorf("writing the journal: %w", err)
	}
	if w.dialect.notify != "" {
		if err := w.exec(ctx, w.dialect.notify); err != nil {
			return 0, fmt.Errorf("notifying other replicas: %w", err)
		}
	}
	return revision, nil
}

// get scans one row into dest; sql.ErrNoRows when there is none.
func (w *writeTx) get(ctx context.Context, dest any, query string, args ...any) error {
	return w.dialect.blame(ctx, w.tx.GetContext(ctx, dest, w.tx.Rebind(query), args...))
}

// selectAll scans all rows into the slice that dest points to.
func (w *writeTx) selectAll(ctx context.Context, dest any, query string, args ...any) error {
	return w.dialect.blame(ctx, w.tx.SelectContext(ctx, dest, w.tx.Rebind(query), args...))
}

// exec runs a statement.
func (w *writeTx) exec(ctx context.Context, query string, args ...any) error {
	_, err := w.tx.ExecContext(ctx, w.tx.Rebind(query), args...)
	return w.dialect.blame(ctx, err)
}

// insert runs an INSERT that ends with RETURNING id, and returns the id.
func (w *writeTx) insert(ctx context.Context, query string, args ...any) (int64, error) {
	var id int64
	err := w.get(ctx, &id, query, args...)
	return id, err
}

// record adds one object to the journal entry: before is nil for a creation, after for a deletion.
func (w *writeTx) record(noun string, id int64, before, after any) error {
	c := Change{Noun: noun, ID: id}
	for _, side := range []struct {
		value any
		into  *json.RawMessage
	}{{before, &c.Before}, {after, &c.After}} {
		if side.value == nil {
			continue
		}
		b, err := json.Marshal(side.value)
		if err != nil {
			return fmt.Errorf("encoding %s %d for the journal: %w", noun, id, err)
		}
		*side.into = b
	}
	w.changes = append(w.changes, c)
	return nil
}

// describe sets the entry's summary.
func (w *writeTx) describe(format string, args ...any) {
	w.summary = fmt.Sprintf(format, args...)
}

// touchProjects marks projects whose target groups the write may alter.
func (w *writeTx) touchProjects(ids ...int64) {
	for _, id := range ids {
		w.projects[id] = true
	}
}

// touchServices marks services whose existence, name or labels the write alters.
func (w *writeTx) touchServices(ids ...int64) {
	for _, id := range ids {
		w.services[id] = true
	}
}

// touchShards marks that shards or servers were altered.
func (w *writeTx) touchShards() { w.shards = true }
