package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Consumer is one who asks for a list, as one replica has seen it.
type Consumer struct {
	// Name tells consumers of a replica apart: it stands for Address, UserAgent, Path and Query.
	Name string `json:"-"`
	// Replica is who has seen it.
	Replica string `json:"-"`
	// Address is where its requests come from, an IP address without a port; UserAgent is what it says of itself.
	Address   string `json:"address"`
	UserAgent string `json:"user_agent"`
	// Path and Query are what it asks for, without what says how to wait.
	Path  string `json:"path"`
	Query string `json:"query"`
	// Interval is how often it says that it asks, 0 when it does not say.
	Interval time.Duration `json:"interval"`
	// Held and Watching count its requests that are held, and its watch streams that are open.
	Held     int64 `json:"held"`
	Watching int64 `json:"watching"`
	// First and Last are when it was seen, Requests how often.
	First    time.Time `json:"first"`
	Last     time.Time `json:"last"`
	Requests int64     `json:"requests"`
	// Revision is the one that it was last sent, Tag the entity tag of the list, empty for a stream.
	Revision int64  `json:"revision"`
	Tag      string `json:"tag"`
}

// consumersAlive is how long a replica's word counts for what it holds open: it repeats it more often than that.
const consumersAlive = 90 * time.Second

// ConsumerWritten is how often a replica should write a consumer again that it holds a request or a stream of.
const ConsumerWritten = consumersAlive / 3

// SaveConsumers writes what a replica has seen, and forgets what any replica has seen last before a time
// (never, when it is zero). It is no write
// of the inventory: it has no revision, wakes nobody, and does not wait in line for writers, but for the database.
func (s *Store) SaveConsumers(ctx context.Context, replica string, seen []Consumer, forget time.Time) error {
	tx, err := s.begin(ctx)
	if err != nil {
		return fmt.Errorf("saving consumers: %w", s.dialect.blame(ctx, err))
	}
	defer tx.Rollback() //nolint:errcheck // after a commit it is a no-op, and after an error that error counts
	w := &writeTx{tx: tx, dialect: s.dialect}
	if err := w.saveConsumers(ctx, replica, seen, forget); err != nil {
		return fmt.Errorf("saving consumers: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("saving consumers: %w", s.dialect.blame(ctx, err))
	}
	return nil
}

func (w *writeTx) saveConsumers(ctx context.Context, replica string, seen []Consumer, forget time.Time) error {
	now := time.Now().UnixMilli()
	for part := range slices.Chunk(seen, rowsPerInsert/5) {
		rows := make([][]any, len(part))
		for i, c := range part {
			summary, err := json.Marshal(c)
			if err != nil {
				return err
			}
			rows[i] = []any{replica, c.Name, string(summary), c.Last.UnixMilli(), now}
		}
		query := insertion(`consumer (replica, name, summary, seen, written)`, rows) + `
			ON CONFLICT (replica, name) DO UPDATE
			SET summary = excluded.summary, seen = excluded.seen, written = excluded.written`
		if err := w.exec(ctx, query, slices.Concat(rows...)...); err != nil {
			return err
		}
	}
	if forget.IsZero() {
		return nil
	}
	return w.exec(ctx, `DELETE FROM consumer WHERE seen < ?`, forget.UnixMilli())
}

// consumersMost bounds what Consumers returns.
const consumersMost = 50_000

// Consumers returns what all replicas have saved, those that were seen last first. What a replica held open that has
// not been heard of for a minute and a half is not counted.
func (s *Store) Consumers(ctx context.Context) ([]Consumer, error) {
	var rows []struct {
		Replica, Name, Summary string
		Written                int64
	}
	err := s.read().selectAll(ctx, &rows,
		`SELECT replica, name, summary, written FROM consumer ORDER BY seen DESC, replica, name LIMIT ?`, consumersMost)
	if err != nil {
		return nil, fmt.Errorf("reading consumers: %w", err)
	}
	alive := time.Now().Add(-consumersAlive).UnixMilli()
	list := make([]Consumer, len(rows))
	var errs []error
	for i, row := range rows {
		errs = append(errs, json.Unmarshal([]byte(row.Summary), &list[i]))
		list[i].Replica, list[i].Name = row.Replica, row.Name
		if row.Written < alive {
			list[i].Held, list[i].Watching = 0, 0
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("reading consumers: %w", err)
	}
	return list, nil
}
