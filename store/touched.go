package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Touches is what the journal says of the time between two revisions, without what has become of anything.
type Touches struct {
	// Revision is the one up to which the journal was read, the inventory's current one.
	Revision Revision
	// Reload is true when the journal cannot tell: another epoch, a revision that is still to come, more entries or
	// projects than is worth it, or entries that are gone. Projects and Shards are then not set.
	Reload bool
	// Projects are the ids of the projects whose lists can have changed, ascending; some may be gone.
	Projects []int64
	// Shards is true when a shard or a server was created, changed or deleted.
	Shards bool
}

// Touched returns what was touched after the revision since. It costs what it reads of the journal: at most 10,000
// entries, and no more of them than touch 100,000 projects.
func (s *Store) Touched(ctx context.Context, since Revision) (Touches, error) {
	var t Touches
	err := s.view(ctx, func(v view) error {
		err := v.touches(ctx, since, &t)
		if errors.Is(err, errReload) {
			t.Reload = true
			return nil
		}
		return err
	})
	if err != nil {
		return Touches{}, fmt.Errorf("reading what was touched after revision %d: %w", since.Number, err)
	}
	return t, nil
}

// touches does the work of Touched. When it returns errReload the revision is set.
func (v view) touches(ctx context.Context, since Revision, t *Touches) (err error) {
	if t.Revision, err = v.revision(ctx); err != nil {
		return err
	}
	if err := reachable(since, t.Revision); err != nil {
		return err
	}
	set, err := v.touchedAfter(ctx, since.Number, t.Revision.Number, touchedMost)
	if err != nil {
		return err
	}
	t.Projects, t.Shards = slices.Sorted(maps.Keys(set.projects)), set.shards
	return nil
}
