package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"
	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// dialect is what differs between the two databases, but for the migrations and the way a change by others is noticed
// (see watch.go). Queries are written once, with "?".
type dialect struct {
	name string
	// lockRevision is run first in every write: once it returns no other writer can go on. Empty when beginning the
	// transaction does that.
	lockRevision string
	// notify is run last in every write to wake other replicas. Empty when they notice by themselves.
	notify string
	// lastID is a query for the highest id that a table has given out, raiseID a statement that makes it at least the
	// highest that is there; nil when inserting does that.
	lastID, raiseID func(table string) string
	// readView are the options of a transaction in which all reads see one state.
	readView *sql.TxOptions
	// fold formats a column into one that has its ASCII letters in lower case, and the others as they are.
	fold string
	open func(ctx context.Context, d *dialect, u databaseURL, o Options) (writer, reader *sqlx.DB, err error)
	// migrate applies what is pending and returns those versions, while other processes may try the same.
	migrate func(ctx context.Context, d *dialect, db *sqlx.DB, o Options) ([]int64, error)
	// watch wakes subscribers when others have written, until it loses its connection or ctx ends; see Store.Watch.
	watch func(ctx context.Context, s *Store, connected func()) error
	// goose is the dialect's name in goose, hasVersionTable a query for whether goose has been here.
	goose           goose.Dialect
	hasVersionTable string
	// classify returns what an error of the driver means to callers, nil when it is a fault nobody foresaw.
	classify func(err error) *Error
}

var sqliteDialect = &dialect{
	name:            "sqlite",
	lastID:          lastIDSQLite,
	readView:        &sql.TxOptions{ReadOnly: true},
	fold:            `lower(%s)`,
	open:            openSQLite,
	migrate:         migrateSQLite,
	watch:           watchSQLite,
	goose:           goose.DialectSQLite3,
	hasVersionTable: `SELECT count(*) > 0 FROM sqlite_schema WHERE type = 'table' AND name = '` + versionTable + `'`,
	classify:        classifySQLite,
}

var postgresDialect = &dialect{
	name: "postgres",
	// A writer that stalls while it holds the lock (a stopped process, a cut network) lets go after five minutes.
	lockRevision:    `SET LOCAL idle_in_transaction_session_timeout = '5min'; SELECT number FROM revision WHERE id = 1 FOR UPDATE`,
	notify:          `NOTIFY ` + notifyChannel,
	fold:            `lower(%s COLLATE "C")`,
	lastID:          lastIDPostgres,
	raiseID:         raiseIDPostgres,
	readView:        &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true},
	open:            openPostgres,
	migrate:         migratePostgres,
	watch:           watchPostgres,
	goose:           goose.DialectPostgres,
	hasVersionTable: `SELECT to_regclass('` + versionTable + `') IS NOT NULL`,
	classify:        classifyPostgres,
}

func lastIDSQLite(table string) string {
	return `SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = '` + table + `'`
}

func lastIDPostgres(table string) string {
	return `SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM ` + table + `_id_seq`
}

// raiseIDPostgres is for a table that has rows.
func raiseIDPostgres(table string) string {
	return `SELECT setval('` + table + `_id_seq', greatest((SELECT max(id) FROM ` + table + `), (SELECT last_value FROM ` + table + `_id_seq)))`
}

// notifyChannel is the PostgreSQL channel on which every commit is announced.
const notifyChannel = "promshard"

// translate turns what the driver returned into an error of this package. Nil, sql.ErrNoRows, errors of this package
// and those of a context are returned as they are.
func (d *dialect) translate(err error) error {
	var known *Error
	switch {
	case err == nil, errors.Is(err, sql.ErrNoRows), errors.As(err, &known),
		errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	if e := d.classify(err); e != nil {
		e.Err = err
		return e
	}
	var network net.Error
	if errors.As(err, &network) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) {
		return &Error{Kind: ErrUnavailable, Noun: "database", Reason: "the connection was lost or refused", Err: err}
	}
	return err
}

// blame is translate for an error of a call that was given ctx: once ctx has ended, that is the cause, whatever the
// driver makes of it.
func (d *dialect) blame(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil && !errors.Is(err, ctx.Err()) {
		return ctx.Err()
	}
	return d.translate(err)
}

// patiently calls fn again while it finds the SQLite file locked by another process, until ctx ends or busyTimeout is
// over.
func (d *dialect) patiently(ctx context.Context, fn func() error) error {
	for deadline := time.Now().Add(busyTimeout); ; {
		err := fn()
		var e *sqlite.Error
		if !errors.As(err, &e) || e.Code()&0xff != sqlite3.SQLITE_BUSY || time.Now().After(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(busyPause):
		}
	}
}

// outcomeKnown says whether a commit that returned err has certainly kept nothing.
func (d *dialect) outcomeKnown(err error) bool {
	var answer *pq.Error
	if errors.As(err, &answer) {
		return answer.Severity != pqerror.SeverityFatal && answer.Severity != pqerror.SeverityPanic
	}
	var file *sqlite.Error
	return errors.As(err, &file) && file.Code()&0xff != sqlite3.SQLITE_IOERR
}

func classifySQLite(err error) *Error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return nil
	}
	switch e.Code() {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
		return &Error{Kind: ErrConflict, Reason: "is there already"}
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return &Error{Kind: ErrConflict, Reason: "is referred to by others, or refers to what is gone"}
	}
	reason, ok := sqliteUnavailable[e.Code()&0xff]
	if !ok {
		return nil
	}
	return &Error{Kind: ErrUnavailable, Noun: "database", Reason: reason}
}

// sqliteUnavailable says, by primary result code, why a database file cannot be used now.
var sqliteUnavailable = map[int]string{
	sqlite3.SQLITE_BUSY:     "is locked by another process",
	sqlite3.SQLITE_LOCKED:   "is locked by another process",
	sqlite3.SQLITE_IOERR:    "cannot be read or written",
	sqlite3.SQLITE_FULL:     "has no room left on its disk",
	sqlite3.SQLITE_CANTOPEN: "cannot be opened",
	sqlite3.SQLITE_READONLY: "may not be written by this user",
	sqlite3.SQLITE_PERM:     "may not be opened by this user",
	sqlite3.SQLITE_NOTADB:   "is not an SQLite database",
}

func classifyPostgres(err error) *Error {
	var e *pq.Error
	if !errors.As(err, &e) {
		return nil
	}
	switch e.Code {
	case pqerror.UniqueViolation:
		return &Error{Kind: ErrConflict, Reason: "is there already"}
	case pqerror.ForeignKeyViolation:
		return &Error{Kind: ErrConflict, Reason: "is referred to by others, or refers to what is gone"}
	}
	reason, ok := postgresUnavailable[string(e.Code)]
	if !ok {
		reason, ok = postgresUnavailable[string(e.Code)[:2]]
	}
	if !ok {
		return nil
	}
	return &Error{Kind: ErrUnavailable, Noun: "database", Reason: reason}
}

// postgresUnavailable says, by SQLSTATE or by its class, why a server cannot be used now.
var postgresUnavailable = map[string]string{
	"08":    "the connection was lost or refused",
	"28":    "the server does not let this user in",
	"3D":    "the server has no such database",
	"53":    "the server has no resources left",
	"57":    "the server stopped the statement or is stopping itself",
	"58":    "the server has trouble with its disk",
	"40":    "another transaction was in the way",
	"42501": "the server does not allow this user to do that",
	"25006": "the server is read-only, a standby perhaps",
	"55P03": "is locked by another transaction",
}

const (
	// busyTimeout is how long a write to SQLite waits for a writer of another process before it gives up.
	busyTimeout = 10 * time.Second
	// busyPause is the time between two attempts; SQLite itself waits in each of them, too.
	busyPause = 5 * time.Millisecond
	// connectionIdle is how long a connection is kept unused, connectionLife how long at all, so that a failover of
	// the server is followed.
	connectionIdle = 5 * time.Minute
	connectionLife = 30 * time.Minute
)

// openSQLite opens one connection that writes and o.Readers that cannot.
func openSQLite(ctx context.Context, d *dialect, u databaseURL, o Options) (writer, reader *sqlx.DB, err error) {
	if err := checkFile(u.path); err != nil {
		return nil, nil, err
	}
	w, err := sqlite.NewConnector(sqliteDSN(u.path, "immediate", o.busyWait))
	if err != nil {
		return nil, nil, err
	}
	r, err := sqlite.NewConnector(sqliteDSN(u.path, "deferred", busyTimeout, "query_only(1)"))
	if err != nil {
		return nil, nil, err
	}
	writer, reader = sqlx.NewDb(sql.OpenDB(w), "sqlite3"), sqlx.NewDb(sql.OpenDB(r), "sqlite3")
	writer.SetMaxOpenConns(1)
	// One more than reads may use is for Watch.
	reader.SetMaxOpenConns(o.Readers + 1)
	reader.SetMaxIdleConns(o.Readers + 1)
	// Turning a new file to WAL can find it locked by another process that does the same.
	if err := d.patiently(ctx, func() error { return writer.PingContext(ctx) }); err != nil {
		err = nameFile(d.blame(ctx, err), u.path)
		return nil, nil, errors.Join(err, writer.Close(), reader.Close())
	}
	return writer, reader, nil
}

// sqliteDSN returns the driver's name for the file. The file must exist: mode=rw creates none.
func sqliteDSN(path, lock string, busyWait time.Duration, pragmas ...string) string {
	q := url.Values{"mode": {"rw"}, "_txlock": {lock}, "_pragma": append([]string{
		"busy_timeout(" + strconv.FormatInt(busyWait.Milliseconds(), 10) + ")",
		"journal_mode(WAL)",
		"synchronous(FULL)",
		"foreign_keys(1)",
	}, pragmas...)}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

// checkFile says clearly what SQLite would say darkly.
func checkFile(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return &Error{Kind: ErrUnavailable, Noun: "database", Value: path, Reason: "does not exist", Hint: "run promshard migrate to create it"}
	case err != nil:
		return &Error{Kind: ErrUnavailable, Noun: "database", Value: path, Reason: "cannot be opened", Err: err}
	case info.IsDir():
		return &Error{Kind: ErrUnavailable, Noun: "database", Value: path, Reason: "is a folder; name a file in it"}
	}
	return nil
}

// nameFile puts the path into an error that says what is wrong with the file.
func nameFile(err error, path string) error {
	var e *Error
	if errors.As(err, &e) && e.Noun == "database" {
		e.Value = path
	}
	return err
}

// openPostgres opens the pools of a server: two connections that write, so that one is at hand while the other is given
// back, and o.Readers that read.
func openPostgres(ctx context.Context, d *dialect, u databaseURL, o Options) (writer, reader *sqlx.DB, err error) {
	c, err := pq.NewConnector(u.dsn)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the database URL: %w", err)
	}
	writer, reader = sqlx.NewDb(sql.OpenDB(c), "postgres"), sqlx.NewDb(sql.OpenDB(c), "postgres")
	for db, size := range map[*sqlx.DB]int{writer: 2, reader: o.Readers} {
		db.SetMaxOpenConns(size)
		db.SetMaxIdleConns(size)
		db.SetConnMaxIdleTime(connectionIdle)
		db.SetConnMaxLifetime(connectionLife)
	}
	if err := writer.PingContext(ctx); err != nil {
		err = nameFile(d.blame(ctx, err), u.name)
		return nil, nil, errors.Join(err, writer.Close(), reader.Close())
	}
	return writer, reader, nil
}

// migrateSQLite needs no lock: each migration is one transaction that takes the write lock first, so when several
// processes try the same one, one of them does it and the others fail and find it done.
func migrateSQLite(ctx context.Context, d *dialect, db *sqlx.DB, o Options) (applied []int64, err error) {
	for last := int64(-1); ; {
		err := d.patiently(ctx, func() error {
			done, err := applyMigrations(ctx, db, d, o)
			applied = append(applied, done...)
			return err
		})
		if err == nil {
			return applied, nil
		}
		status, statusErr := readStatus(ctx, db, d)
		if statusErr != nil || status.Current == last {
			return applied, err
		}
		last = status.Current
	}
}

// migrateLock is the number of the advisory lock under which one process at a time migrates.
const migrateLock = 0x70726f6d73686172

// migratePostgres holds an advisory lock on a connection of its own; the server frees it when that one is lost.
func migratePostgres(ctx context.Context, d *dialect, db *sqlx.DB, o Options) (applied []int64, err error) {
	conn, err := db.Connx(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, `SELECT pg_advisory_lock($1)`, int64(migrateLock)); err != nil {
		return nil, fmt.Errorf("waiting for another process that migrates: %w", err)
	}
	applied, err = applyMigrations(ctx, db, d, o)
	_, unlockErr := conn.ExecContext(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, int64(migrateLock))
	return applied, errors.Join(err, unlockErr)
}
