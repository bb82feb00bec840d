package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
)

const (
	// changesMost bounds the projects that Changes loads one by one, and changesShare their part of the inventory
	// (one in so many), unless there are no more than changesFew.
	changesMost  = 2000
	changesShare = 4
	changesFew   = 100
	// changesEntries bounds the journal entries that Changes and Touched read, touchedMost the projects that Touched
	// returns.
	changesEntries = 10_000
	touchedMost    = 100_000
	// idsAtOnce bounds the ids in one query.
	idsAtOnce = 500
)

// errReload says that a full load is due.
var errReload = errors.New("changes cannot be told one by one")

// Changes returns what has become of everything that was touched after the revision since, in one consistent view.
// When nothing was, it costs one row.
func (s *Store) Changes(ctx context.Context, since Revision) (Changes, error) {
	now, err := s.Revision(ctx)
	if err != nil {
		return Changes{}, err
	}
	if now == since {
		return Changes{Revision: since}, nil
	}
	c := Changes{Revision: now}
	if err = reachable(since, now); err == nil {
		err = s.view(ctx, func(v view) error {
			c, err = v.changes(ctx, since)
			return ignoreReload(err, &c)
		})
	}
	if err = ignoreReload(err, &c); err != nil {
		return Changes{}, fmt.Errorf("reading what changed after revision %d: %w", since.Number, err)
	}
	return c, nil
}

// ignoreReload turns errReload into the answer that asks for it.
func ignoreReload(err error, c *Changes) error {
	if errors.Is(err, errReload) {
		*c = Changes{Revision: c.Revision, Reload: true}
		return nil
	}
	return err
}

// reachable returns errReload when the journal cannot lead from one revision to the other.
func reachable(since, now Revision) error {
	if since.Epoch != now.Epoch || since.Number > now.Number || now.Number-since.Number > changesEntries {
		return errReload
	}
	return nil
}

// changes does the work of Changes. When it returns errReload the revision is set.
func (v view) changes(ctx context.Context, since Revision) (c Changes, err error) {
	if c.Revision, err = v.revision(ctx); err != nil {
		return c, err
	}
	if err := reachable(since, c.Revision); err != nil {
		return c, err
	}
	touched, err := v.touchedAfter(ctx, since.Number, c.Revision.Number, changesMost)
	if err != nil {
		return c, err
	}
	if err := v.worthwhile(ctx, len(touched.projects)); err != nil {
		return c, err
	}
	if touched.shards {
		d, err := v.directory(ctx)
		if err != nil {
			return c, err
		}
		c.Directory = &d
	}
	if c.Services, err = v.servicesByID(ctx, slices.Sorted(maps.Keys(touched.services))); err != nil {
		return c, err
	}
	c.Projects, err = v.projectsByID(ctx, slices.Sorted(maps.Keys(touched.projects)))
	return c, err
}

// touchedSet is the union of what journal entries touched.
type touchedSet struct {
	projects, services map[int64]bool
	shards             bool
}

func (s *touchedSet) add(t Touched) {
	for _, id := range t.Projects {
		s.projects[id] = true
	}
	for _, id := range t.Services {
		s.services[id] = true
	}
	s.shards = s.shards || t.Shards
}

// touchedAfter unites the entries after a revision, up to and with another. It returns errReload when one is missing,
// or when they touched more projects than most.
func (v view) touchedAfter(ctx context.Context, after, until int64, most int) (touchedSet, error) {
	set := touchedSet{projects: map[int64]bool{}, services: map[int64]bool{}}
	entries := int64(0)
	err := v.each(ctx, `SELECT touched FROM journal WHERE revision > ? AND revision <= ?`, []any{after, until}, func(row *sql.Rows) error {
		var entry sql.RawBytes
		var t Touched
		if err := row.Scan(&entry); err != nil {
			return err
		}
		if err := json.Unmarshal(entry, &t); err != nil {
			return err
		}
		set.add(t)
		entries++
		if len(set.projects) > most {
			return errReload
		}
		return nil
	})
	switch {
	case errors.Is(err, errReload):
		return set, errReload
	case err != nil:
		return set, fmt.Errorf("reading the journal: %w", err)
	case entries != until-after:
		return set, errReload
	}
	return set, nil
}

// worthwhile returns errReload when loading everything is cheaper than loading that many projects one by one.
func (v view) worthwhile(ctx context.Context, touched int) error {
	switch {
	case touched <= changesFew:
		return nil
	case touched > changesMost:
		return errReload
	}
	var all int
	if err := v.get(ctx, &all, `SELECT count(*) FROM project`); err != nil {
		return fmt.Errorf("counting projects: %w", err)
	}
	if touched > all/changesShare {
		return errReload
	}
	return nil
}

// servicesByID returns the services of ids; nil for those that are gone.
func (v view) servicesByID(ctx context.Context, ids []int64) (map[int64]*Service, error) {
	services := make(map[int64]*Service, len(ids))
	for chunk := range slices.Chunk(ids, idsAtOnce) {
		for _, id := range chunk {
			services[id] = nil
		}
		var w where
		condition, args := among("", "service.id", chunk)
		w.add(condition, args...)
		rows, err := serviceTable.list(ctx, v, w)
		if err != nil {
			return nil, err
		}
		for i := range rows {
			services[rows[i].ID] = &rows[i]
		}
	}
	return services, nil
}

// projectsByID returns the projects of ids; nil for those that are gone.
func (v view) projectsByID(ctx context.Context, ids []int64) (map[int64]*ProjectRows, error) {
	projects := make(map[int64]*ProjectRows, len(ids))
	for chunk := range slices.Chunk(ids, idsAtOnce) {
		for _, id := range chunk {
			projects[id] = nil
		}
		l := newLoader(v)
		if err := l.readProjects(ctx, chunk); err != nil {
			return nil, err
		}
		err := l.streamHosts(ctx, chunk, func(p *ProjectRows) error {
			projects[p.ID] = p
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return projects, nil
}
