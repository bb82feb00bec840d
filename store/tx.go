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
	options writeOptions
	// guard is called once all rows are written.
	guard func(ctx context.Context, w *writeTx) error
	// result points to what the write returns, for an idempotency key; may be nil.
	result any
	// next is the revision that the write makes, if it makes one: the version of the rows it creates and changes.
	next int64
	// owner is the name under which apply owns the rows that the write creates and changes; empty leaves owners as they
	// are.
	owner string

	summary  string
	changes  []Change
	projects map[int64]bool
	services map[int64]bool
	shards   bool
	access   bool
	// permit checks what is recorded; nil allows everything.
	permit *permit
	// guarded is what the guard has to say of the write, nil when nothing.
	guarded *GuardError
	// keep commits what was written though no change was recorded. There is then no revision: it is for what no list and
	// no other reader shows.
	keep bool
}

// write runs fn in one transaction. When fn has recorded changes, their journal entry and the new revision are
// committed with them, and that revision is returned; when it has recorded none, everything is rolled back, unless it
// asked to keep it, and the revision is 0. When ctx says dry run everything is rolled back. Writers of one database
// stand in line from the start (docs/adr/0002-writers-stand-in-line.md), so
// that what fn reads is what it changes.
//
// Once ctx ends, nothing of the write is kept, unless its commit had begun: that is waited for, and its outcome
// returned. An error of the commit says so when the outcome cannot be known.
func (s *Store) write(ctx context.Context, action string, fn func(tx *writeTx) error) (revision int64, err error) {
	return s.writeInto(ctx, action, nil, fn)
}

// writeInto is write for an fn that leaves its result where result points to. A repeated write does not call fn: it
// fills in the result of the first; see WithIdempotencyKey.
func (s *Store) writeInto(ctx context.Context, action string, result any, fn func(tx *writeTx) error) (revision int64, err error) {
	start := time.Now()
	defer func() { s.metrics.observeWrite(time.Since(start), revision, err) }()
	options := writeOptionsOf(ctx)
	options.receipt.reset()

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

	w := &writeTx{
		tx: tx, dialect: s.dialect, options: options, guard: s.guard, result: result,
		projects: map[int64]bool{}, services: map[int64]bool{},
	}
	w.permit = newPermit(txCtx, w)
	if revision, err = w.run(ctx, action, fn); err != nil || revision == 0 && !w.keep {
		options.receipt.refuse(err)
		return 0, err
	}
	if !detach() {
		return 0, ctx.Err()
	}
	if err := s.commit(tx, cancel); err != nil {
		return 0, err
	}
	s.wakeUp()
	if w.guarded != nil {
		s.metrics.guardConfirmed.Inc()
	}
	options.receipt.fill(w, revision)
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

// run does all of a write but its beginning and its end. The revision is 0 when nothing is to be committed.
func (w *writeTx) run(ctx context.Context, action string, fn func(tx *writeTx) error) (int64, error) {
	if w.dialect.lockRevision != "" {
		if _, err := w.tx.ExecContext(ctx, w.dialect.lockRevision); err != nil {
			return 0, fmt.Errorf("waiting for other writers: %w", w.dialect.blame(ctx, err))
		}
	}
	if err := w.get(ctx, &w.next, `SELECT number + 1 FROM revision WHERE id = 1`); err != nil {
		return 0, fmt.Errorf("reading the revision: %w", err)
	}
	if replayed, err := w.replay(ctx, action); replayed || err != nil {
		return 0, err
	}
	if err := fn(w); err != nil {
		return 0, err
	}
	if err := w.guard(ctx, w); err != nil {
		return 0, err
	}
	if len(w.changes) == 0 || w.options.dryRun {
		w.keep = w.keep && !w.options.dryRun
		w.options.receipt.fill(w, 0)
		return 0, nil
	}
	if err := w.keepResult(ctx, action); err != nil {
		return 0, err
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
	if !actions[action] {
		return 0, fmt.Errorf("writing the journal: %q is no action", action)
	}
	changes, err := json.Marshal(w.changes)
	if err != nil {
		return 0, fmt.Errorf("encoding the journal entry: %w", err)
	}
	touched, err := json.Marshal(w.touched())
	if err != nil {
		return 0, fmt.Errorf("encoding the journal entry: %w", err)
	}
	confirmed, err := w.confirmed()
	if err != nil {
		return 0, err
	}
	var revision int64
	raise := `UPDATE revision SET number = number + 1 WHERE id = 1 RETURNING number`
	if w.access {
		raise = `UPDATE revision SET number = number + 1, access = number + 1 WHERE id = 1 RETURNING number`
	}
	if err := w.get(ctx, &revision, raise); err != nil {
		return 0, fmt.Errorf("raising the revision: %w", err)
	}
	if err := w.exec(ctx, `
		INSERT INTO journal (revision, at, actor, action, summary, changes, touched, confirmed)
		VALUES              (?,        ?,  ?,     ?,      ?,       ?,       ?,       ?)`,
		revision, time.Now().UnixMilli(), Actor(ctx), action, w.summary, string(changes), string(touched), confirmed,
	); err != nil {
		return 0, fmt.Errorf("writing the journal: %w", err)
	}
	if err := w.journalObjects(ctx, revision); err != nil {
		return 0, err
	}
	if w.dialect.notify != "" {
		if err := w.exec(ctx, w.dialect.notify); err != nil {
			return 0, fmt.Errorf("notifying other replicas: %w", err)
		}
	}
	return revision, nil
}

// confirmed is what the write was told to take away, as the journal keeps it; empty when it did not have to be told.
func (w *writeTx) confirmed() (string, error) {
	if w.guarded == nil {
		return "", nil
	}
	b, err := json.Marshal(w.guarded)
	if err != nil {
		return "", fmt.Errorf("encoding the journal entry: %w", err)
	}
	return string(b), nil
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

// record adds one object to the journal entry: before is nil for a creation, after for a deletion. It refuses what
// whoever asked for the write may not do.
func (w *writeTx) record(noun string, id int64, before, after any) error {
	if err := w.permit.allow(noun, id, before, after); err != nil {
		return err
	}
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

// touched is all that was marked.
func (w *writeTx) touched() Touched {
	return Touched{
		Projects: slices.Sorted(maps.Keys(w.projects)),
		Services: slices.Sorted(maps.Keys(w.services)),
		Shards:   w.shards,
	}
}

// touchShards marks that shards or servers were altered.
func (w *writeTx) touchShards() { w.shards = true }

// touchAccess marks that who may do what was altered.
func (w *writeTx) touchAccess() { w.access = true }
