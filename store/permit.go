package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// permit checks what one write records against the rights of whoever asked for it. A nil permit allows everything.
type permit struct {
	rights *Rights
	actor  string
	// place returns where a project is, farm the project of a farm; both look in the transaction.
	place func(project int64) (Place, error)
	farm  func(farm int64) (project int64, err error)
}

// newPermit returns the permit of a write; nil when ctx has no rights in it.
func newPermit(ctx context.Context, w *writeTx) *permit {
	rights := rightsIn(ctx)
	if rights == nil {
		return nil
	}
	places, farms := map[int64]Place{}, map[int64]int64{}
	return &permit{
		rights: rights, actor: Actor(ctx),
		place: remembered(places, func(id int64) (p Place, err error) {
			err = w.get(ctx, &p, `SELECT service_id AS service, id AS project, shard_id AS shard FROM project WHERE id = ?`, id)
			return p, ignoreGone(err)
		}),
		farm: remembered(farms, func(id int64) (project int64, err error) {
			err = w.get(ctx, &project, `SELECT project_id FROM farm WHERE id = ?`, id)
			return project, ignoreGone(err)
		}),
	}
}

// remembered asks find for each id until that has found something.
func remembered[V comparable](known map[int64]V, find func(id int64) (V, error)) func(id int64) (V, error) {
	return func(id int64) (V, error) {
		if v, ok := known[id]; ok {
			return v, nil
		}
		v, err := find(id)
		if none := *new(V); err == nil && v != none {
			known[id] = v
		}
		return v, err
	}
}

// ignoreGone lets a thing that is gone be nowhere in particular, which few may write to.
func ignoreGone(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	return err
}

// allow returns ErrForbidden unless a change is within the rights: both where the thing was and where it is after.
func (p *permit) allow(noun string, id int64, before, after any) error {
	switch {
	case p == nil:
		return nil
	case isAccessNoun(noun):
		if p.rights.Admin {
			return nil
		}
		return p.refuseAccess()
	case p.rights.Edit.Everywhere:
		return nil
	}
	was, err := p.placeOf(before)
	if err != nil {
		return err
	}
	is, err := p.placeOf(after)
	if err != nil {
		return err
	}
	if old, ok := before.(Project); ok {
		if now, ok := after.(Project); ok && (old.ServiceID != now.ServiceID || old.ShardID != now.ShardID) {
			// Whoever may write to a project alone may not put it where others are.
			is.Project = 0
		}
	}
	if before != nil && !p.rights.Edit.Covers(was) || after != nil && !p.rights.Edit.Covers(is) {
		return p.refusal(noun, id, cmp.Or(titleOf(before), titleOf(after)))
	}
	return nil
}

// placeOf returns where a row is.
func (p *permit) placeOf(row any) (Place, error) {
	switch row := row.(type) {
	case Shard:
		return Place{Shard: row.ID}, nil
	case Server:
		return Place{Shard: row.ShardID}, nil
	case Service:
		return Place{Service: row.ID}, nil
	case Project:
		return Place{Service: row.ServiceID, Project: row.ID, Shard: row.ShardID}, nil
	case Farm:
		return p.place(row.ProjectID)
	case Exporter:
		return p.place(row.ProjectID)
	case URL:
		return p.place(row.ProjectID)
	case Host:
		project, err := p.farm(row.FarmID)
		if err != nil {
			return Place{}, err
		}
		return p.place(project)
	}
	return Place{}, nil
}

// titleOf calls a row by its name; it is empty for what has none.
func titleOf(row any) string {
	switch row := row.(type) {
	case Shard:
		return shardTable.title(row)
	case Server:
		return serverTable.title(row)
	case Service:
		return serviceTable.title(row)
	case Project:
		return projectTable.title(row)
	case Farm:
		return farmTable.title(row)
	case Exporter:
		return exporterTable.title(row)
	case URL:
		return urlTable.title(row)
	case Host:
		return hostTable.title(row)
	}
	return ""
}

// refusal says that a thing, which title names unless it is empty, may not be written.
func (p *permit) refusal(noun string, id int64, title string) error {
	return &Error{
		Kind: ErrForbidden, Noun: "access",
		Reason: fmt.Sprintf("%s may not write %s", p.actor, cmp.Or(title, fmt.Sprintf("%s %d", noun, id))),
		Hint:   "ask an admin for the role editor on its service, project or shard, where it is and where it is to go",
	}
}

// refuseAccess says that somebody is no admin.
func (p *permit) refuseAccess() error {
	return &Error{
		Kind: ErrForbidden, Noun: "access", Reason: p.actor + " may not write tokens or grants", Hint: "that needs the role " + string(RoleAdmin),
	}
}

// permitAccess returns ErrForbidden unless whoever asked for the write may say who may do what, by the database as it is
// now: a server learns a moment late that somebody has lost that right, who could hand it on in that moment.
func (w *writeTx) permitAccess(ctx context.Context) error {
	switch p := w.permit; {
	case p == nil:
		return nil
	case !p.rights.Admin:
		return p.refuseAccess()
	case p.rights.Of == 0:
		return nil
	}
	who, err := principalByID(ctx, w, w.permit.rights.Of)
	switch {
	case err != nil && !errors.Is(err, ErrNotFound):
		return err
	case err != nil, who.Expired(time.Now()), !RightsOf(who.Grants).Admin:
		return w.permit.refuseAccess()
	}
	return nil
}

// createdPlaces are queries for where the rows of a table are whose ids lie in a range. The rows of other tables belong to
// everybody.
var createdPlaces = map[string]string{
	"project": `SELECT DISTINCT service_id AS service, 0 AS project, shard_id AS shard FROM project
		WHERE id BETWEEN ? AND ?`,
	"farm":     placesOf("farm", "farm"),
	"host":     placesOf("host", "host JOIN farm ON farm.id = host.farm_id"),
	"exporter": placesOf("exporter", "exporter"),
	"url":      placesOf("url", "url"),
}

func placesOf(table, from string) string {
	owner := table
	if table == "host" {
		owner = "farm"
	}
	return `SELECT DISTINCT project.service_id AS service, project.id AS project, project.shard_id AS shard
		FROM ` + from + ` JOIN project ON project.id = ` + owner + `.project_id
		WHERE ` + table + `.id BETWEEN ? AND ?`
}

// recordCreated adds rows that a bulk write created to the journal entry, by their ids alone.
func (w *writeTx) recordCreated(ctx context.Context, noun string, ranges []IDRange) error {
	for _, r := range ranges {
		if err := w.allowCreated(ctx, noun, r); err != nil {
			return err
		}
	}
	w.changes = append(w.changes, Change{Noun: noun, Created: ranges})
	return nil
}

func (w *writeTx) allowCreated(ctx context.Context, noun string, r IDRange) error {
	if w.permit == nil || w.permit.rights.Edit.Everywhere {
		return nil
	}
	query, ok := createdPlaces[noun]
	if !ok {
		return w.permit.refusal(noun, r.First, "")
	}
	var places []Place
	if err := w.selectAll(ctx, &places, query, r.First, r.Last); err != nil {
		return fmt.Errorf("reading where new %ss are: %w", noun, err)
	}
	for _, p := range places {
		if !w.permit.rights.Edit.Covers(p) {
			return w.permit.refusal(noun, r.First, "")
		}
	}
	return nil
}
