//go:build bench && linux

package bench

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/httpsd/snapshot"
	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/fleet"
	"github.com/promshard/promshard/store/storetest"
)

// rowQueries select what lists are made of, table by table, without joins and without any order.
var rowQueries = []string{
	`SELECT id, name, url, enabled FROM shard`,
	`SELECT id, host, port, shard_id FROM server`,
	`SELECT id, name, labels FROM service`,
	`SELECT id, name, enabled, labels, service_id, shard_id FROM project`,
	`SELECT id, name, source, project_id FROM farm`,
	`SELECT project_id, id, job, port, path, scheme, scrape_interval, scrape_timeout, labels FROM exporter WHERE enabled`,
	`SELECT id, module FROM probe`,
	`SELECT project_id, probe_id, url FROM url`,
	`SELECT farm_id, name, labels FROM host WHERE enabled`,
}

// TestFullLoad compares a full load, with a sink that renders and with one that throws away, with a scan of the same
// rows that throws them away. The three take turns.
func TestFullLoad(t *testing.T) {
	eachDatabase(t, func(t *testing.T, db database) {
		for _, f := range config.fleets() {
			var l loadTimes
			l.measure(t, db, db.filled(t, f))
			add(t, l.rows(db, f)...)
		}
	})
}

// loadTimes has one entry of each for every round.
type loadTimes struct{ scans, loads, builds []time.Duration }

func (l *loadTimes) measure(t *testing.T, db database, databaseURL string) {
	t.Helper()
	s := storetest.Open(t, databaseURL)
	plain, err := sql.Open(db.driver, db.source(databaseURL))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, plain.Close()) })
	for round := range config.rounds + 1 {
		scan := timed(func() { scanAll(t, plain) })
		load := timed(func() { loadInto(t, s, discard{}) })
		build := timed(func() {
			b := snapshot.NewBuilder()
			b.Snapshot(loadInto(t, s, b))
		})
		if round > 0 { // the first one warms caches
			l.scans, l.loads, l.builds = append(l.scans, scan), append(l.loads, load), append(l.builds, build)
		}
	}
}

func (l *loadTimes) rows(db database, f fleet.Fleet) []row {
	against := func(what string, times []time.Duration) row {
		ratio := pairedRatio(times, l.scans)
		r := row{
			what: what, fleet: f.Name, database: db.name,
			value: formatDuration(median(times)), against: formatDuration(median(l.scans)), ratio: formatRatio(ratio),
		}
		if judged(f) {
			r.goal = atMost(ratio, 3)
		}
		return r
	}
	return []row{
		against("full load and all lists rendered; against SELECT of the same rows", l.builds),
		against("full load, thrown away; against SELECT of the same rows", l.loads),
	}
}

// timed returns how long fn takes, garbage of what was before not counted.
func timed(fn func()) time.Duration {
	settleHeap()
	start := time.Now()
	fn()
	return time.Since(start)
}

// scanAll reads every row and throws it away.
func scanAll(t *testing.T, db *sql.DB) {
	t.Helper()
	for _, query := range rowQueries {
		require.NoError(t, scan(t.Context(), db, query))
	}
}

func scan(ctx context.Context, db *sql.DB, query string) error {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
	}
	return rows.Err()
}

func loadInto(t *testing.T, s *store.Store, sink store.Sink) store.Revision {
	t.Helper()
	revision, err := s.Load(t.Context(), sink)
	require.NoError(t, err)
	return revision
}

// discard is a sink that throws everything away.
type discard struct{}

func (discard) Directory(store.Directory) error  { return nil }
func (discard) Service(store.Service) error      { return nil }
func (discard) Project(*store.ProjectRows) error { return nil }
