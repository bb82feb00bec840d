package promgen

import (
	"context"
	"fmt"
	"strings"
)

// requirement is a table and the columns without which it cannot be read. What else there is may be missing in older
// versions; what is not named here is not looked at.
type requirement struct {
	table    string
	columns  []string
	optional bool
}

var requirements = []requirement{
	{table: "promgen_shard", columns: []string{"id", "name"}},
	{table: "promgen_prometheus", columns: []string{"id", "host", "port", "shard_id"}, optional: true},
	{table: "promgen_service", columns: []string{"id", "name"}},
	{table: "promgen_project", columns: []string{"id", "name", "service_id", "shard_id"}},
	{table: "promgen_farm", columns: []string{"id", "name", "source"}},
	{table: "promgen_host", columns: []string{"id", "name", "farm_id"}},
	{table: "promgen_exporter", columns: []string{"id", "job", "port", "path", "project_id"}},
	{table: "promgen_defaultexporter", columns: []string{"id", "job", "port", "path"}, optional: true},
	{table: "promgen_probe", columns: []string{"id", "module"}, optional: true},
	{table: "promgen_url", columns: []string{"id", "url", "project_id", "probe_id"}, optional: true},
	{table: "auth_user", columns: []string{"id", "username"}, optional: true},
}

// look finds out which tables and columns there are, and refuses a database that lacks what is needed.
func (r *reader) look(ctx context.Context) error {
	type column struct{ table, name string }
	all, err := list(ctx, r, r.db.dialect.columns, func(v *column) []any { return []any{&v.table, &v.name} })
	if err != nil {
		return err
	}
	for _, c := range all {
		if r.columns[c.table] == nil {
			r.columns[c.table] = map[string]bool{}
		}
		r.columns[c.table][strings.ToLower(c.name)] = true
	}
	if err := r.demandTables(); err != nil {
		return err
	}
	if err := r.demandColumns(); err != nil {
		return err
	}
	return r.demandRelations()
}

func (r *reader) demandTables() error {
	var missing []string
	for _, need := range requirements {
		if !need.optional && !r.has(need.table) {
			missing = append(missing, need.table)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return unusable(r.db.name, "has no table "+strings.Join(missing, ", ")+" that this user may read",
		"is it Promgen's database, and may the user SELECT from promgen_* and auth_user?")
}

func (r *reader) demandColumns() error {
	for _, need := range requirements {
		for _, name := range need.columns {
			if r.has(need.table) && !r.hasColumn(need.table, name) {
				return unusable(r.db.name, fmt.Sprintf("table %s has no column %s that this user may read", need.table, name), tooOldHint)
			}
		}
	}
	return nil
}

const tooOldHint = "Promgen 0.61.0 has it: bring the database to that version or a later one with promgen migrate"

// demandRelations checks what depends on the layout.
func (r *reader) demandRelations() error {
	switch {
	case !r.hasColumn("promgen_farm", "project_id") && !r.hasColumn("promgen_project", "farm_id"):
		return unusable(r.db.name, "has neither promgen_project.farm_id nor promgen_farm.project_id, one of which says whose a farm is", tooOldHint)
	case r.has("promgen_url") && !r.has("promgen_probe"):
		return unusable(r.db.name, "has a table promgen_url, and no table promgen_probe that this user may read", tooOldHint)
	case r.hasColumn("promgen_service", "owner_id") && !r.has("auth_user"):
		return unusable(r.db.name, "has no table auth_user that this user may read, and owners' names are in it",
			"GRANT SELECT (id, username) ON auth_user is enough")
	}
	return nil
}

func (r *reader) has(table string) bool { return r.columns[table] != nil }

func (r *reader) hasColumn(table, column string) bool { return r.columns[table][column] }

// optional is the column in a SELECT from the table as t, or what stands for it where there is none or no value.
func (r *reader) optional(table, column, otherwise string) string {
	if !r.hasColumn(table, column) {
		return otherwise
	}
	return "COALESCE(t." + column + ", " + otherwise + ")"
}

// owner is the name of a row's owner in a SELECT from the table as t, and the join that it needs.
func (r *reader) owner(table string) (column, join string) {
	if !r.hasColumn(table, "owner_id") {
		return "''", ""
	}
	return "COALESCE(u.username, '')", "LEFT JOIN auth_user u ON u.id = t.owner_id"
}
