package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// ErrUnknownToken says that a secret is not, or not any more, that of a token.
var ErrUnknownToken = errors.New("unknown token")

// AccessRevision says which state of access a table shows. Different ones mean different states.
type AccessRevision struct {
	Epoch string `db:"epoch"`
	// Number is that of the last revision that changed access, 0 while none has.
	Number int64 `db:"access"`
}

// AccessEntry is a principal as those need it who let it in.
type AccessEntry struct {
	Principal
	// Hash is that of a token's secret, zero for others.
	Hash TokenHash
}

const accessRevisionQuery = `SELECT epoch, access FROM revision WHERE id = 1`

// AccessRevision returns which state access is in now. It costs one row.
func (s *Store) AccessRevision(ctx context.Context) (AccessRevision, error) {
	var r AccessRevision
	if err := s.read().get(ctx, &r, accessRevisionQuery); err != nil {
		return r, fmt.Errorf("reading the revision of access: %w", err)
	}
	return r, nil
}

// Access returns everybody who is let in, and which state that is.
func (s *Store) Access(ctx context.Context) (AccessRevision, []AccessEntry, error) {
	var r AccessRevision
	var entries []AccessEntry
	err := s.view(ctx, func(v view) error {
		if err := v.get(ctx, &r, accessRevisionQuery); err != nil {
			return fmt.Errorf("reading the revision of access: %w", err)
		}
		rows, grants, err := readPrincipals(ctx, v, where{})
		if err != nil {
			return err
		}
		for _, row := range rows {
			e := AccessEntry{Principal: row.principal()}
			e.Grants = grants[row.ID]
			if err := e.Hash.parse(row.Hash); err != nil {
				return fmt.Errorf("reading %s %q: %w", row.Kind, row.Name, err)
			}
			entries = append(entries, e)
		}
		return nil
	})
	return r, entries, err
}

// hashText is a hash as the database has it, empty for an empty secret.
func hashText(secret string) string {
	if secret == "" {
		return ""
	}
	h := HashToken(secret)
	return hex.EncodeToString(h[:])
}

func (h *TokenHash) parse(text string) error {
	if text == "" {
		return nil
	}
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != len(h) {
		return errors.New("its hash is damaged")
	}
	copy(h[:], b)
	return nil
}

// Authenticate returns the token that a secret is of, or ErrUnknownToken when there is none or it has expired. It asks the
// database: a server keeps what Access returns instead.
func (s *Store) Authenticate(ctx context.Context, secret string) (Principal, error) {
	if !ValidToken(secret) {
		return Principal{}, ErrUnknownToken
	}
	var id int64
	err := s.read().get(ctx, &id, `SELECT id FROM principal WHERE hash = ?`, hashText(secret))
	if errors.Is(err, sql.ErrNoRows) {
		return Principal{}, ErrUnknownToken
	}
	if err != nil {
		return Principal{}, fmt.Errorf("looking for a token: %w", err)
	}
	p, err := principalByID(ctx, s.read(), id)
	if errors.Is(err, ErrNotFound) || err == nil && p.Expired(time.Now()) {
		return Principal{}, ErrUnknownToken
	}
	return p, err
}

// MarkUsed notes when principals, by id, were let in last. It makes no revision: call it about once a minute, for all.
func (s *Store) MarkUsed(ctx context.Context, used map[int64]time.Time) error {
	if len(used) == 0 {
		return nil
	}
	release, err := s.acquireWriter(ctx)
	if err != nil {
		return err
	}
	defer release()
	tx, err := s.begin(ctx)
	if err != nil {
		return fmt.Errorf("beginning a write: %w", s.dialect.blame(ctx, err))
	}
	defer tx.Rollback() //nolint:errcheck // after a commit it is a no-op, and after an error that error counts
	w := &writeTx{tx: tx, dialect: s.dialect}
	// In one order everywhere, so that two replicas do not wait for each other.
	for _, id := range slices.Sorted(maps.Keys(used)) {
		at := used[id].UnixMilli()
		if err := w.exec(ctx, `UPDATE principal SET last_used_at = ? WHERE id = ? AND last_used_at < ?`, at, id, at); err != nil {
			return fmt.Errorf("noting who was let in: %w", err)
		}
	}
	return s.dialect.blame(ctx, tx.Commit())
}

// firstTokenName is the name of the token of FirstToken.
const firstTokenName = "admin"

// FirstToken creates the token "admin", which may do everything, in an inventory in which nobody was ever let in; in any
// other it does nothing, and created is false. Of several processes that start at once, one creates it.
//
// keep, when not nil, is given the secret while nothing is committed yet, to put it where it will be found: the caller of
// a process that ends right then finds it there the next time, and keep returns that one instead. An error of keep is
// returned, and nothing is created.
func (s *Store) FirstToken(ctx context.Context, keep func(secret string) (string, error)) (secret string, created bool, err error) {
	r, err := s.AccessRevision(ctx)
	if err != nil || r.Number != 0 {
		return "", false, err
	}
	revision, err := s.write(ctx, KindToken+".create", func(tx *writeTx) error {
		if err := tx.get(ctx, &r, accessRevisionQuery); err != nil || r.Number != 0 {
			return err
		}
		secret = newToken()
		if keep != nil {
			if secret, err = keep(secret); err != nil {
				return err
			}
			if !ValidToken(secret) {
				return &Error{Kind: ErrInvalid, Noun: KindToken, Reason: "the one that was put down for the first start is none"}
			}
		}
		p := Principal{Kind: KindToken, Name: firstTokenName, Grants: []Grant{{Role: RoleAdmin, On: Everything}}}
		_, err := createPrincipal(ctx, tx, p, secret)
		return err
	})
	if err != nil || revision == 0 {
		return "", false, err
	}
	return secret, true, nil
}
