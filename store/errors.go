package store

import (
	"errors"
	"fmt"
	"strings"
)

// The kinds of error that callers tell apart, with errors.Is. Every error that a Store returns is one of these,
// a context's error, or a fault of the database that nobody foresaw.
var (
	// ErrInvalid marks a value that the inventory does not accept. Nothing was changed.
	ErrInvalid = errors.New("invalid")
	// ErrNotFound marks a name or an id that is not in the inventory.
	ErrNotFound = errors.New("not found")
	// ErrConflict marks a write that contradicts what is there: a name that is taken, a noun that others hang on.
	ErrConflict = errors.New("conflict")
	// ErrStale marks a write to a row that has changed since the version that was demanded. It is an ErrConflict too.
	ErrStale = fmt.Errorf("stale: %w", ErrConflict)
	// ErrGuarded marks a write that would take away more targets than one may without confirming it; see GuardError. It
	// is an ErrConflict too.
	ErrGuarded = fmt.Errorf("guarded: %w", ErrConflict)
	// ErrShrunk marks a sync whose source has lost so much that it is rather broken than smaller; see
	// SyncOptions.AllowShrink. It is an ErrConflict too.
	ErrShrunk = fmt.Errorf("shrunk: %w", ErrConflict)
	// ErrForbidden marks a write that whoever asked for it may not do; see WithRights. Nothing was changed.
	ErrForbidden = errors.New("forbidden")
	// ErrUnavailable marks a database that could not be reached, or is too busy to answer in time.
	ErrUnavailable = errors.New("unavailable")
)

// Error says which field of which noun was refused, the value, and what would do.
type Error struct {
	// Kind is one of ErrInvalid, ErrNotFound, ErrConflict, ErrStale, ErrShrunk, ErrForbidden, ErrUnavailable.
	Kind error
	// Noun is the singular name of what was addressed: "host", "exporter".
	Noun string
	// Field is the field of the noun, as it is called in JSON; empty when the noun as a whole is meant.
	Field string
	// Value is what was given, shortened when it is long.
	Value string
	// Reason says what is wrong with it and what would be accepted.
	Reason string
	// Hint is an optional next step for a person.
	Hint string
	// Err is the cause, when there is one.
	Err error
}

// Error is one line without a capital or a full stop: noun, field, value, reason.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Noun)
	if e.Field != "" {
		b.WriteByte(' ')
		b.WriteString(e.Field)
	}
	if e.Value != "" {
		fmt.Fprintf(&b, " %q", e.Value)
	}
	if b.Len() > 0 {
		b.WriteString(": ")
	}
	b.WriteString(e.Reason)
	if e.Err != nil {
		b.WriteString(": ")
		b.WriteString(e.Err.Error())
	}
	return b.String()
}

// Unwrap gives the kind and the cause to errors.Is and errors.As.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}
