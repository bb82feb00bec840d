package storetest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/lib/pq"

	"github.com/promshard/promshard/store"
)

const (
	// template is the migrated database in a cluster.
	template = "migrated"
	// largest is the size in bytes of tables and indexes up to which a database is used again. Rows that were deleted
	// still take room.
	largest = 4 << 20
)

// schemaQuery returns a text that differs once anything of the schema was altered, be it back and forth: a change of a
// catalogue's row gives the row another xmin. The second column is how large the tables and indexes are.
const schemaQuery = `
	WITH relation AS (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
	SELECT md5(string_agg(part, ' ' ORDER BY part)), (SELECT sum(pg_relation_size(oid)) FROM relation)
	FROM (
		SELECT concat('relation ', oid, ' ', xmin) FROM pg_class WHERE relnamespace = 'public'::regnamespace
		UNION ALL SELECT concat('column ', attrelid, ' ', attnum, ' ', xmin) FROM pg_attribute WHERE attrelid IN (SELECT oid FROM relation)
		UNION ALL SELECT concat('default ', oid, ' ', xmin) FROM pg_attrdef
		UNION ALL SELECT concat('constraint ', oid, ' ', xmin) FROM pg_constraint WHERE connamespace = 'public'::regnamespace
		UNION ALL SELECT concat('trigger ', oid, ' ', xmin) FROM pg_trigger
		UNION ALL SELECT concat('function ', oid, ' ', xmin) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
		UNION ALL SELECT concat('type ', oid, ' ', xmin) FROM pg_type WHERE typnamespace = 'public'::regnamespace
		UNION ALL SELECT concat('schema ', oid, ' ', xmin) FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp_'
		UNION ALL SELECT concat('setting ', setdatabase, ' ', setrole, ' ', setconfig) FROM pg_db_role_setting
	) AS schema (part)`

// expel ends all other sessions of a database, and waits for them to be gone.
const expel = `
	SELECT pg_terminate_backend(pid, 10000)
	FROM   pg_stat_activity
	WHERE  datname = current_database() AND pid <> pg_backend_pid()`

// recycler brings copies of the template back to what they were.
type recycler struct {
	// schema is what schemaQuery says of the template, and of each copy until its schema is altered.
	schema string
	// reset are statements that put the template's rows and sequences in the place of what there is.
	reset string
}

// copyDatabase returns the URL of a copy of a migrated database in the cluster, for one test. Making one is slow, so those of
// tests that have ended are brought back to what they were and used again.
func (c *Cluster) copyDatabase(tb testing.TB) string {
	tb.Helper()
	c.migrated.Do(func() { c.recycler, c.migrateErr = c.makeTemplate() })
	if c.migrateErr != nil {
		tb.Fatalf("migrating the database that is copied: %v", c.migrateErr)
	}
	name, err := c.takeCopy()
	if err != nil {
		tb.Fatalf("copying the migrated database: %v", err)
	}
	tb.Cleanup(func() {
		// Both fail where a test has stopped the server, which goes away with all its data anyway.
		if again, err := c.recycle(name); err == nil && again {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.copies = append(c.copies, name)
		} else {
			_ = c.exec("postgres", "DROP DATABASE "+name+" WITH (FORCE)")
		}
	})
	return c.url(name)
}

// makeTemplate migrates the template, and learns what to bring its copies back to.
func (c *Cluster) makeTemplate() (r recycler, err error) {
	if err := c.makeDatabase(template, "template0"); err != nil {
		return r, err
	}
	if _, err := store.Migrate(context.Background(), c.url(template), store.Options{}); err != nil {
		return r, err
	}
	err = c.with(template, func(conn *sql.Conn) (err error) {
		var size int64
		ctx := context.Background()
		if err := conn.QueryRowContext(ctx, schemaQuery).Scan(&r.schema, &size); err != nil {
			return err
		}
		if size >= largest {
			return fmt.Errorf("an empty database has %d bytes, more than what is used again", size)
		}
		r.reset, err = resetStatements(ctx, conn)
		return err
	})
	return r, err
}

// resetStatements returns statements that make the content of a database what it is now, without regard to what refers
// to what.
func resetStatements(ctx context.Context, conn *sql.Conn) (string, error) {
	statements := []string{"SET session_replication_role = replica"}
	tables, err := column(ctx, conn, `SELECT oid::regclass FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'`)
	if err != nil {
		return "", err
	}
	for _, table := range tables {
		rows, err := column(ctx, conn, `SELECT json_agg(t) FROM `+table+` AS t HAVING count(*) > 0`)
		if err != nil {
			return "", err
		}
		statements = append(statements, "DELETE FROM "+table)
		for _, list := range rows {
			statements = append(statements, fmt.Sprintf("INSERT INTO %s OVERRIDING SYSTEM VALUE SELECT * FROM json_populate_recordset(NULL::%[1]s, %s)",
				table, pq.QuoteLiteral(list)))
		}
	}
	sequences, err := column(ctx, conn, `
		SELECT format('SELECT setval(%L, %s, %L)', oid::regclass, coalesce(pg_sequence_last_value(oid), seqstart), pg_sequence_last_value(oid) IS NOT NULL)
		FROM   pg_class JOIN pg_sequence ON seqrelid = oid
		WHERE  relnamespace = 'public'::regnamespace`)
	return strings.Join(append(statements, sequences...), ";\n"), err
}

// column returns the one column of a query, as text.
func column(ctx context.Context, conn *sql.Conn, query string) (values []string, err error) {
	rows, err := conn.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var value string
		if err := rows.Scan(&value); err != nil {
			return nil, err
		}
		values = append(values, value)
	}
	return values, rows.Err()
}

// takeCopy returns the name of a copy of the template, with an epoch of its own.
func (c *Cluster) takeCopy() (string, error) {
	c.mu.Lock()
	if last := len(c.copies) - 1; last >= 0 {
		defer c.mu.Unlock()
		name := c.copies[last]
		c.copies = c.copies[:last]
		return name, nil
	}
	c.databases++
	name := fmt.Sprintf("test_%d", c.databases)
	c.mu.Unlock()
	if err := c.makeDatabase(name, template+" STRATEGY file_copy"); err != nil {
		return "", err
	}
	return name, c.exec(name, setEpoch())
}

func setEpoch() string { return "UPDATE revision SET epoch = '" + newEpoch() + "'" }

// recycle throws out everybody who is in a copy of the template and brings it back to what it was, with another epoch. It
// does not when its schema was altered, or it has grown large.
func (c *Cluster) recycle(name string) (done bool, err error) {
	err = c.with(name, func(conn *sql.Conn) error {
		ctx := context.Background()
		if _, err := conn.ExecContext(ctx, expel); err != nil {
			return err
		}
		var schema string
		var size int64
		if err := conn.QueryRowContext(ctx, schemaQuery).Scan(&schema, &size); err != nil {
			return err
		}
		if schema != c.recycler.schema || size >= largest {
			return nil
		}
		done = true
		_, err := conn.ExecContext(ctx, c.recycler.reset+";\n"+setEpoch())
		return err
	})
	return done && err == nil, err
}

// with calls fn with a connection to a database.
func (c *Cluster) with(database string, fn func(conn *sql.Conn) error) error {
	db, err := sql.Open("postgres", c.url(database))
	if err != nil {
		return err
	}
	conn, err := db.Conn(context.Background())
	if err == nil {
		err = errors.Join(fn(conn), conn.Close())
	}
	return errors.Join(err, db.Close())
}
