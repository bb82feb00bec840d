package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"
)

const (
	// idempotencyAge is how long a key is remembered.
	idempotencyAge = 24 * time.Hour
	// idempotencyMost bounds the length of a key, in bytes.
	idempotencyMost = 255
)

// keptResult is what was kept of the first write under a key.
type keptResult struct {
	Action, Fingerprint, Result string
	Revision                    int64
}

// replay looks for an earlier write under the key of the context. When there is one it fills in its result and says so.
func (w *writeTx) replay(ctx context.Context, action string) (bool, error) {
	o := w.options
	if o.key == "" {
		return false, nil
	}
	if err := checkIdempotencyKey(o.key); err != nil || o.dryRun {
		return false, err
	}
	var kept keptResult
	err := w.get(ctx, &kept, `
		SELECT action, fingerprint, result, revision
		FROM   idempotency
		WHERE  actor = ? AND name = ? AND at > ?`,
		Actor(ctx), o.key, time.Now().Add(-idempotencyAge).UnixMilli())
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("looking for an earlier write under the idempotency key: %w", err)
	case kept.Action != action || kept.Fingerprint != o.keyFingerprint:
		return false, keyTaken(o.key, kept)
	}
	if w.result != nil {
		if err := json.Unmarshal([]byte(kept.Result), w.result); err != nil {
			return false, fmt.Errorf("decoding the result of an earlier write: %w", err)
		}
	}
	if o.receipt != nil {
		o.receipt.Revision, o.receipt.Replayed = kept.Revision, true
	}
	return true, nil
}

func checkIdempotencyKey(key string) error {
	if len(key) <= idempotencyMost && utf8.ValidString(key) && printable(key) {
		return nil
	}
	return &Error{
		Kind: ErrInvalid, Noun: "idempotency key", Value: shorten(key),
		Reason: fmt.Sprintf("must be 1 to %d bytes of printable UTF-8", idempotencyMost),
	}
}

func keyTaken(key string, kept keptResult) error {
	return &Error{
		Kind: ErrConflict, Noun: "idempotency key", Value: shorten(key),
		Reason: fmt.Sprintf("was used for another request, which made revision %d", kept.Revision),
		Hint:   "take a new key for each request that is not a repetition",
	}
}

// keepResult keeps the result under the key of the context, and forgets keys that are too old.
func (w *writeTx) keepResult(ctx context.Context, action string) error {
	if w.options.key == "" {
		return nil
	}
	result, err := json.Marshal(w.result)
	if err != nil {
		return fmt.Errorf("encoding the result for its idempotency key: %w", err)
	}
	now := time.Now()
	if err := w.exec(ctx, `DELETE FROM idempotency WHERE at <= ?`, now.Add(-idempotencyAge).UnixMilli()); err != nil {
		return fmt.Errorf("forgetting old idempotency keys: %w", err)
	}
	if err := w.exec(ctx, `
		INSERT INTO idempotency (actor, name, action, fingerprint, revision, result, at)
		VALUES                  (?,     ?,    ?,      ?,           ?,        ?,      ?)`,
		Actor(ctx), w.options.key, action, w.options.keyFingerprint, w.next, string(result), now.UnixMilli(),
	); err != nil {
		return fmt.Errorf("keeping the idempotency key: %w", err)
	}
	return nil
}

func printable(s string) bool {
	for _, r := range s {
		if r < ' ' || r == 0x7f {
			return false
		}
	}
	return true
}
