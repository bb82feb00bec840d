package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/alecthomas/kingpin/v2"

	"github.com/promshard/promshard/store"
)

func (a *app) addMigrate() {
	const help = "Bring the database to the schema of this program. serve does so by itself, and commands that find a SQLite file; any number may run at once."
	a.command(a.kingpin, "migrate", help, "promshard migrate --database=postgres://promshard@db.example/promshard\npromshard migrate --status", func(cmd *kingpin.CmdClause) action {
		status := cmd.Flag("status", "Change nothing; say which migrations are applied and which are due.").Bool()
		out := a.addOutput(cmd)
		a.databaseOnly(cmd)
		return func(ctx context.Context) error {
			if err := a.checkDatabaseOnly(); err != nil {
				return err
			}
			o := store.Options{Logger: a.quietLogger()}
			if *status {
				s, err := store.MigrateStatus(ctx, a.database, o)
				if err != nil {
					return err
				}
				return out.print(s, func() string { return statusText(s) })
			}
			s, err := store.Migrate(ctx, a.database, o)
			if err != nil {
				return err
			}
			return out.print(s, func() string { return migratedText(s) })
		}
	})
}

func migratedText(s store.MigrationStatus) string {
	if len(s.Applied) == 0 {
		return fmt.Sprintf("Nothing to do: the schema is at version %d\n", s.Current)
	}
	text := ""
	for _, m := range s.Migrations {
		for _, v := range s.Applied {
			if m.Version == v {
				text += fmt.Sprintf("Applied %d %s\n", m.Version, m.Name)
			}
		}
	}
	return text + fmt.Sprintf("The schema is at version %d\n", s.Current)
}

func statusText(s store.MigrationStatus) string {
	rows := make([][]string, len(s.Migrations))
	for i, m := range s.Migrations {
		applied := "due"
		if m.AppliedAt != nil {
			applied = m.AppliedAt.UTC().Format(time.RFC3339)
		}
		rows[i] = []string{strconv.FormatInt(m.Version, 10), m.Name, applied}
	}
	text := table([]string{"VERSION", "NAME", "APPLIED"}, rows)
	if s.Current == s.Target {
		return text + fmt.Sprintf("The schema is at version %d, as this program needs it\n", s.Current)
	}
	return text + fmt.Sprintf("The schema is at version %d, this program needs %d\n", s.Current, s.Target)
}
