package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The kinds of principals. A token is known by its secret; a user by the name that the web server's basic authentication
// has checked; a certificate by the common name of a client certificate that it has verified.
const (
	KindToken       = "token"
	KindUser        = "user"
	KindCertificate = "certificate"
)

// PrincipalKinds are all kinds of principals, and the nouns of their journal entries.
var PrincipalKinds = []string{KindToken, KindUser, KindCertificate}

func isAccessNoun(noun string) bool { return slices.Contains(PrincipalKinds, noun) }

// Principal is somebody who is let in, with what they may do. It holds no secret.
type Principal struct {
	ID int64 `json:"id"`
	// Version is the revision at which its grants or its end last changed.
	Version int64 `json:"version"`
	// Kind is one of PrincipalKinds. Kind and Name together are unique.
	Kind   string  `json:"kind"`
	Name   string  `json:"name"`
	Grants []Grant `json:"grants"`
	// CreatedAt and CreatedBy are filled in on creation.
	CreatedAt time.Time `json:"created_at"`
	CreatedBy string    `json:"created_by"`
	// ExpiresAt is from when on the principal is not let in any more; nil is never.
	ExpiresAt *time.Time `json:"expires_at"`
	// LastUsedAt is when it was let in last, up to about a minute late; nil is never.
	LastUsedAt *time.Time `json:"last_used_at"`
}

// String calls a principal as the journal does: "token:ci".
func (p Principal) String() string { return p.Kind + ":" + p.Name }

// Expired says whether a principal is not let in any more at a time.
func (p *Principal) Expired(at time.Time) bool { return p.ExpiresAt != nil && !at.Before(*p.ExpiresAt) }

// PrincipalFilter picks principals; a zero field does not filter.
type PrincipalFilter struct {
	Kind string
	Name string
}

// PrincipalUpdate names the fields to change; a nil field stays as it is.
type PrincipalUpdate struct {
	UpdateOptions

	// Grants replaces all of them.
	Grants *[]Grant
	// ExpiresAt is a pointer to nil for never.
	ExpiresAt **time.Time
}

// AccessControl is what can be done to the list of who may do what, wherever it is kept: *Store implements it on a
// database, and the command line's client of the HTTP API on a server. Each write is one transaction with a journal entry
// that holds no secrets. Errors are those of this package. Writes with rights in their context (see WithRights) need the
// role admin, as the database has it at the time of the write.
type AccessControl interface {
	// CreatePrincipal fills in the id and the names of p. Of a token it returns the secret, which is kept nowhere:
	// a dry run, and a write that repeats another, return none.
	CreatePrincipal(ctx context.Context, p *Principal) (secret string, err error)
	Principal(ctx context.Context, id int64) (Principal, error)
	// Principals returns them in the order of their kinds and names.
	Principals(ctx context.Context, f PrincipalFilter) ([]Principal, error)
	UpdatePrincipal(ctx context.Context, id int64, u PrincipalUpdate) (Principal, error)
	// DeletePrincipal lets one do nothing any more. Nothing hangs on it, so that a cascade deletes no more.
	DeletePrincipal(ctx context.Context, id int64, o DeleteOptions) error
}

// principalRow is a Principal as the database has it.
type principalRow struct {
	ID         int64
	Version    int64
	Kind       string
	Name       string
	Hash       string
	CreatedAt  int64  `db:"created_at"`
	CreatedBy  string `db:"created_by"`
	ExpiresAt  int64  `db:"expires_at"`
	LastUsedAt int64  `db:"last_used_at"`
}

func (r principalRow) principal() Principal {
	return Principal{
		ID: r.ID, Version: r.Version, Kind: r.Kind, Name: r.Name, CreatedBy: r.CreatedBy, CreatedAt: time.UnixMilli(r.CreatedAt).UTC(),
		ExpiresAt: timeOrNil(r.ExpiresAt), LastUsedAt: timeOrNil(r.LastUsedAt),
	}
}

func timeOrNil(ms int64) *time.Time {
	if ms == 0 {
		return nil
	}
	t := time.UnixMilli(ms).UTC()
	return &t
}

// millisOrZero is 0 for nil alone: a time long ago is not never.
func millisOrZero(t *time.Time) int64 {
	if t == nil {
		return 0
	}
	return max(t.UnixMilli(), 1)
}

// Principal implements AccessControl.
func (s *Store) Principal(ctx context.Context, id int64) (p Principal, err error) {
	err = s.view(ctx, func(v view) error {
		p, err = principalByID(ctx, v, id)
		return err
	})
	return p, err
}

// Principals implements AccessControl.
func (s *Store) Principals(ctx context.Context, f PrincipalFilter) ([]Principal, error) {
	var w where
	match(&w, "principal.kind = ?", f.Kind)
	match(&w, "principal.name = ?", f.Name)
	principals := []Principal{}
	if w.impossible() {
		return principals, nil
	}
	err := s.view(ctx, func(v view) error {
		rows, grants, err := readPrincipals(ctx, v, w)
		for _, row := range rows {
			p := row.principal()
			p.Grants = grants[row.ID]
			principals = append(principals, p)
		}
		return err
	})
	return principals, err
}

const principalColumns = `id, version, kind, name, hash, created_at, created_by, expires_at, last_used_at`

// grantQuery reads grants with the names of what they are on, empty for what is gone.
const grantQuery = `
	SELECT    g.principal_id, g.role, g.noun, g.noun_id, COALESCE(service.name, project.name, shard.name, '') AS name
	FROM      principal_grant g
	LEFT JOIN service ON g.noun = 'service' AND service.id = g.noun_id
	LEFT JOIN project ON g.noun = 'project' AND project.id = g.noun_id
	LEFT JOIN shard   ON g.noun = 'shard'   AND shard.id   = g.noun_id`

// readPrincipals reads the principals that w picks, and the grants of all by the principal's id.
func readPrincipals(ctx context.Context, q querier, w where) ([]principalRow, map[int64][]Grant, error) {
	var rows []principalRow
	query := `SELECT ` + principalColumns + ` FROM principal` + w.sql() + ` ORDER BY kind, name`
	if err := q.selectAll(ctx, &rows, query, w.args...); err != nil {
		return nil, nil, fmt.Errorf("reading who is let in: %w", err)
	}
	grants, err := readGrants(ctx, q, where{})
	return rows, grants, err
}

func readGrants(ctx context.Context, q querier, w where) (map[int64][]Grant, error) {
	var rows []struct {
		PrincipalID int64 `db:"principal_id"`
		Role        string
		Noun        string
		NounID      int64 `db:"noun_id"`
		Name        string
	}
	if err := q.selectAll(ctx, &rows, grantQuery+w.sql()+` ORDER BY g.principal_id, g.noun, name, g.noun_id`, w.args...); err != nil {
		return nil, fmt.Errorf("reading grants: %w", err)
	}
	grants := map[int64][]Grant{}
	for _, r := range rows {
		grants[r.PrincipalID] = append(grants[r.PrincipalID], Grant{Role: Role(r.Role), On: r.Noun, ID: r.NounID, Name: r.Name})
	}
	return grants, nil
}

// CreatePrincipal implements AccessControl.
func (s *Store) CreatePrincipal(ctx context.Context, p *Principal) (secret string, err error) {
	if p.Kind == KindToken {
		secret = newToken()
	}
	kept := false // neither by a dry run nor by a write that repeats another
	created, err := written(ctx, s, p.Kind+".create", func(tx *writeTx) (Principal, error) {
		kept = !tx.options.dryRun
		return createPrincipal(ctx, tx, *p, secret)
	})
	if err != nil {
		return "", err
	}
	*p = created
	if !kept {
		secret = ""
	}
	return secret, nil
}

func createPrincipal(ctx context.Context, tx *writeTx, p Principal, secret string) (_ Principal, err error) {
	if err := tx.permitAccess(ctx); err != nil {
		return p, err
	}
	if err := p.validate(); err != nil {
		return p, err
	}
	if p.Expired(time.Now()) {
		return p, &Error{
			Kind: ErrInvalid, Noun: p.Kind, Field: "expires_at", Value: p.ExpiresAt.Format(time.RFC3339),
			Reason: "is past; name a time to come, or none",
		}
	}
	if p.Grants, err = resolveGrants(ctx, tx, p.Kind, p.Grants); err != nil {
		return p, err
	}
	var taken bool
	if err := tx.get(ctx, &taken, `SELECT count(*) > 0 FROM principal WHERE kind = ? AND name = ?`, p.Kind, p.Name); err != nil {
		return p, fmt.Errorf("looking for a %s %q: %w", p.Kind, p.Name, err)
	}
	if taken {
		return p, &Error{Kind: ErrConflict, Noun: p.Kind, Field: "name", Value: p.Name, Reason: "is taken by another " + p.Kind}
	}
	p.CreatedAt, p.CreatedBy, p.LastUsedAt = time.UnixMilli(time.Now().UnixMilli()).UTC(), Actor(ctx), nil
	p.Version = tx.next
	if p.ID, err = tx.insert(ctx, `
		INSERT INTO principal (version, kind, name, hash, created_at, created_by, expires_at, last_used_at)
		VALUES                (?,       ?,    ?,    ?,    ?,          ?,          ?,          0)
		RETURNING id`,
		p.Version, p.Kind, p.Name, hashText(secret), p.CreatedAt.UnixMilli(), p.CreatedBy, millisOrZero(p.ExpiresAt),
	); err != nil {
		return p, fmt.Errorf("creating %s %q: %w", p.Kind, p.Name, err)
	}
	if err := insertGrants(ctx, tx, p); err != nil {
		return p, err
	}
	tx.touchAccess()
	tx.describe("created %s %q: %s", p.Kind, p.Name, grantsText(p.Grants))
	return p, tx.record(p.Kind, p.ID, nil, p)
}

func insertGrants(ctx context.Context, tx *writeTx, p Principal) error {
	for _, g := range p.Grants {
		if err := tx.exec(ctx, `
			INSERT INTO principal_grant (principal_id, role, noun, noun_id)
			VALUES                      (?,            ?,    ?,    ?)`,
			p.ID, string(g.Role), g.On, g.ID,
		); err != nil {
			return fmt.Errorf("granting %s to %s %q: %w", g, p.Kind, p.Name, err)
		}
	}
	return nil
}

// UpdatePrincipal implements AccessControl.
func (s *Store) UpdatePrincipal(ctx context.Context, id int64, u PrincipalUpdate) (Principal, error) {
	return written(ctx, s, "access.update", func(tx *writeTx) (Principal, error) {
		before, err := tx.principal(ctx, id, u.IfVersion)
		if err != nil {
			return before, err
		}
		return updatePrincipal(ctx, tx, before, u)
	})
}

func updatePrincipal(ctx context.Context, tx *writeTx, before Principal, u PrincipalUpdate) (_ Principal, err error) {
	after := before
	assign(&after.Grants, u.Grants)
	assign(&after.ExpiresAt, u.ExpiresAt)
	if err := after.validate(); err != nil {
		return after, err
	}
	if u.Grants != nil {
		if after.Grants, err = resolveGrants(ctx, tx, after.Kind, after.Grants); err != nil {
			return after, err
		}
	}
	if reflect.DeepEqual(before, after) {
		return after, nil
	}
	after.Version = tx.next
	if err := tx.exec(ctx, `UPDATE principal SET version = ?, expires_at = ? WHERE id = ?`, after.Version, millisOrZero(after.ExpiresAt), after.ID); err != nil {
		return after, fmt.Errorf("changing %s %q: %w", after.Kind, after.Name, err)
	}
	if err := tx.exec(ctx, `DELETE FROM principal_grant WHERE principal_id = ?`, after.ID); err != nil {
		return after, fmt.Errorf("changing %s %q: %w", after.Kind, after.Name, err)
	}
	if err := insertGrants(ctx, tx, after); err != nil {
		return after, err
	}
	tx.touchAccess()
	tx.describe("changed %s %q: %s", after.Kind, after.Name, grantsText(after.Grants))
	return after, tx.record(after.Kind, after.ID, before, after)
}

// DeletePrincipal implements AccessControl.
func (s *Store) DeletePrincipal(ctx context.Context, id int64, o DeleteOptions) error {
	_, err := s.write(ctx, "access.delete", func(tx *writeTx) error {
		p, err := tx.principal(ctx, id, o.IfVersion)
		if err != nil {
			return err
		}
		for _, query := range []string{
			`DELETE FROM principal_grant WHERE principal_id = ?`,
			`DELETE FROM principal WHERE id = ?`,
		} {
			if err := tx.exec(ctx, query, p.ID); err != nil {
				return fmt.Errorf("deleting %s %q: %w", p.Kind, p.Name, err)
			}
		}
		tx.touchAccess()
		tx.describe("deleted %s %q: %s", p.Kind, p.Name, grantsText(p.Grants))
		return tx.record(p.Kind, p.ID, p, nil)
	})
	return err
}

// principal returns the one that a write is about, which must have the version that is demanded; 0 demands none.
func (w *writeTx) principal(ctx context.Context, id, demanded int64) (Principal, error) {
	if err := w.permitAccess(ctx); err != nil {
		return Principal{}, err
	}
	p, err := principalByID(ctx, w, id)
	if err != nil || demanded == 0 || demanded == p.Version {
		return p, err
	}
	return p, &Error{
		Kind: ErrStale, Noun: p.Kind, Field: "version", Value: strconv.FormatInt(demanded, 10),
		Reason: fmt.Sprintf("%s %q has changed since; it is now at version %d", p.Kind, p.Name, p.Version),
		Hint:   "read it again, and repeat the change if it still applies",
	}
}

// principalByID reads one principal, or returns ErrNotFound.
func principalByID(ctx context.Context, q querier, id int64) (Principal, error) {
	var row principalRow
	err := q.get(ctx, &row, `SELECT `+principalColumns+` FROM principal WHERE id = ?`, id)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return Principal{}, &Error{
			Kind: ErrNotFound, Noun: "principal", Field: "id", Value: fmt.Sprint(id),
			Reason: "there is no such " + strings.Join(PrincipalKinds, ", "),
		}
	case err != nil:
		return Principal{}, fmt.Errorf("reading who is let in: %w", err)
	}
	p := row.principal()
	grants, err := readGrants(ctx, q, whereIs("g.principal_id", id))
	p.Grants = grants[id]
	return p, err
}

// validate checks and normalises all but the grants, which are looked up.
func (p *Principal) validate() error {
	if !isAccessNoun(p.Kind) {
		return &Error{
			Kind: ErrInvalid, Noun: "principal", Field: "kind", Value: shorten(p.Kind),
			Reason: "is none; there are " + words(PrincipalKinds),
		}
	}
	c := checker{noun: p.Kind}
	c.name("name", p.Name)
	if ValidToken(p.Name) {
		c.refuse("name", "", "is the secret of a token; give it a name that may be seen")
	}
	p.ExpiresAt = timeOrNil(millisOrZero(p.ExpiresAt))
	return c.result()
}
