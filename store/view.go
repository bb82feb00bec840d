package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/jmoiron/sqlx"
)

// view is a querier over a transaction that reads: all of its queries see the same state.
type view struct {
	tx      *sqlx.Tx
	dialect *dialect
}

// view runs fn in a transaction that reads.
func (s *Store) view(ctx context.Context, fn func(v view) error) error {
	tx, err := s.reader.BeginTxx(ctx, s.dialect.readView)
	if err != nil {
		err = fmt.Errorf("beginning a read: %w", s.dialect.blame(ctx, err))
	} else {
		err = fn(view{tx: tx, dialect: s.dialect})
		// There is nothing to keep, and a connection that was lost says so elsewhere.
		_ = tx.Rollback()
	}
	s.metrics.observeError(err)
	return err
}

func (v view) get(ctx context.Context, dest any, query string, args ...any) error {
	return v.dialect.blame(ctx, v.tx.GetContext(ctx, dest, v.tx.Rebind(query), args...))
}

func (v view) selectAll(ctx context.Context, dest any, query string, args ...any) error {
	return v.dialect.blame(ctx, v.tx.SelectContext(ctx, dest, v.tx.Rebind(query), args...))
}

// each calls fn for each row in turn, from the caller's goroutine; fn scans it. It is for many rows: it needs no
// reflection. Errors of fn are returned as they are.
func (v view) each(ctx context.Context, query string, args []any, fn func(row *sql.Rows) error) error {
	rows, err := v.tx.QueryContext(ctx, v.tx.Rebind(query), args...)
	if err != nil {
		return v.dialect.blame(ctx, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows); err != nil {
			return err
		}
	}
	return v.dialect.blame(ctx, rows.Err())
}
