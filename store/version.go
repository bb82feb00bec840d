package store

import (
	"fmt"
	"strconv"
)

// UpdateOptions are part of every update.
type UpdateOptions struct {
	// IfVersion is the Version that the row must have, so that a change by somebody else is not overwritten: ErrStale when
	// it has another. 0 demands none.
	IfVersion int64 `json:"-"`
}

func (o UpdateOptions) expected() int64 { return o.IfVersion }

// expecting is an update that may demand a version.
type expecting interface{ expected() int64 }

// DeleteOptions say how a row is deleted. The zero value deletes a row, of any version, on which nothing hangs.
type DeleteOptions struct {
	// Cascade deletes what hangs on the row as well. Without it such a row is refused with ErrConflict.
	Cascade bool
	// IfVersion is the Version that the row must have: ErrStale when it has another. 0 demands none.
	IfVersion int64
}

// fresh returns ErrStale when the row has another version than the one demanded; 0 demands none.
func (t table[T]) fresh(row T, demanded int64) error {
	is := *t.version(&row)
	if demanded == 0 || demanded == is {
		return nil
	}
	return &Error{
		Kind: ErrStale, Noun: t.noun(), Field: "version", Value: strconv.FormatInt(demanded, 10),
		Reason: fmt.Sprintf("%s has changed since; it is now at version %d", t.title(row), is),
		Hint:   "read it again, and repeat the change if it still applies",
	}
}
