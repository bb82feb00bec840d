package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// The most that the past is rebuilt from: journal entries, and projects with all that is in them. What is asked beyond
// is refused, since it would cost more than loading everything.
const (
	pastEntries  = 10_000
	pastProjects = 5_000
)

// past is part of the inventory as it was at some revision: it begins as nothing known, and goes back entry by entry.
// What no entry has named is what it is now, and is read when it is needed.
type past struct {
	view view
	// rows are those that were there, known those that are in rows or were not there, by noun.
	rows  map[string]map[int64]pastRow
	known map[string]idSet
}

func newPast(v view) *past {
	p := &past{view: v, rows: map[string]map[int64]pastRow{}, known: map[string]idSet{}}
	for noun := range nouns {
		p.rows[noun], p.known[noun] = map[int64]pastRow{}, idSet{}
	}
	return p
}

// undo goes back before one entry. Nouns that make no lists are passed over.
func (p *past) undo(changes []Change) error {
	for _, c := range slices.Backward(changes) {
		if nouns[c.Noun] == nil {
			continue
		}
		for _, r := range c.Created {
			p.forget(c.Noun, r)
		}
		switch {
		case c.ID == 0:
		case c.Before == nil:
			p.forget(c.Noun, IDRange{c.ID, c.ID})
		default:
			row, err := nouns[c.Noun].decode(c.Before)
			if err != nil {
				return err
			}
			p.know(c.Noun, row)
		}
	}
	return nil
}

// forget notes that rows were not there.
func (p *past) forget(noun string, r IDRange) {
	for id := r.First; id <= r.Last; id++ {
		p.known[noun].add(id)
		delete(p.rows[noun], id)
	}
}

// know notes what a row was.
func (p *past) know(noun string, row pastRow) {
	p.known[noun].add(row.id)
	p.rows[noun][row.id] = row
}

// load reads the rows that w picks, but for those that are known.
func (p *past) load(ctx context.Context, noun string, w where) error {
	rows, err := nouns[noun].rowsIn(ctx, p.view, w)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if !p.known[noun].has(row.id) {
			p.know(noun, row)
		}
	}
	return nil
}

// loadProjects reads what is in projects.
func (p *past) loadProjects(ctx context.Context, ids []int64) error {
	for chunk := range slices.Chunk(ids, idsAtOnce) {
		for noun, column := range map[string]string{
			"project": "project.id", "farm": "farm.project_id", "host": "farm.project_id",
			"exporter": "exporter.project_id", "url": "url.project_id",
		} {
			if err := p.load(ctx, noun, whereIn(column, chunk)); err != nil {
				return err
			}
		}
	}
	return nil
}

// find returns a row, reading it when nothing is known of it.
func (p *past) find(ctx context.Context, noun string, id int64) (pastRow, bool, error) {
	if !p.known[noun].has(id) {
		if err := p.load(ctx, noun, whereIs(noun+".id", id)); err != nil {
			return pastRow{}, false, err
		}
		p.known[noun].add(id)
	}
	row, ok := p.rows[noun][id]
	return row, ok, nil
}

// entries calls fn for the journal entries after a revision, up to and with another, the newest first. It says how many
// there were.
func (v view) entries(ctx context.Context, after, until int64, fn func(revision int64, changes []Change) error) (n int64, err error) {
	const query = `SELECT revision, changes FROM journal WHERE revision > ? AND revision <= ? ORDER BY revision DESC`
	return n, v.each(ctx, query, []any{after, until}, func(row *sql.Rows) error {
		var revision int64
		var text sql.RawBytes
		if err := row.Scan(&revision, &text); err != nil {
			return err
		}
		var changes []Change
		if err := json.Unmarshal(text, &changes); err != nil {
			return fmt.Errorf("reading the journal: entry %d: %w", revision, err)
		}
		n++
		return fn(revision, changes)
	})
}

// projects returns what the lists of projects were made from; those that were not there are not in it.
func (p *past) projects(ctx context.Context, ids []int64) (map[int64]*ProjectRows, error) {
	found := make(map[int64]*ProjectRows, len(ids))
	for _, id := range ids {
		row, ok, err := p.find(ctx, "project", id)
		if err != nil {
			return nil, err
		}
		if ok {
			if found[id], err = p.place(ctx, row.row.(Project)); err != nil {
				return nil, err
			}
		}
	}
	farms := p.fillFarms(found)
	p.fillHosts(farms)
	p.fillExporters(found)
	if err := p.fillURLs(ctx, found); err != nil {
		return nil, err
	}
	for _, rows := range found {
		rows.sort()
	}
	return found, nil
}

// place makes the rows of a project, with its service and its shard.
func (p *past) place(ctx context.Context, project Project) (*ProjectRows, error) {
	rows := &ProjectRows{ID: project.ID, Name: project.Name, Labels: project.Labels, ServiceID: project.ServiceID, ShardID: project.ShardID}
	service, ok, err := p.find(ctx, "service", project.ServiceID)
	if err != nil {
		return nil, err
	}
	if ok {
		s := service.row.(Service)
		rows.Service, rows.ServiceLabels = s.Name, s.Labels
	}
	shard, ok, err := p.find(ctx, "shard", project.ShardID)
	if ok {
		rows.Shard = shard.row.(Shard).Name
	}
	return rows, err
}

// awake returns the rows of a project, nil when it is not among them or was disabled.
func (p *past) awake(found map[int64]*ProjectRows, id int64) *ProjectRows {
	if row, ok := p.rows["project"][id]; !ok || !row.row.(Project).Enabled {
		return nil
	}
	return found[id]
}

// fillFarms puts the names of farms into projects, and returns by farm the enabled projects.
func (p *past) fillFarms(found map[int64]*ProjectRows) map[int64]*ProjectRows {
	farms := map[int64]*ProjectRows{}
	for id, row := range p.rows["farm"] {
		farm := row.row.(Farm)
		if rows := found[farm.ProjectID]; rows != nil {
			rows.Farm, rows.FarmSource = farm.Name, farm.Source
		}
		if rows := p.awake(found, farm.ProjectID); rows != nil {
			farms[id] = rows
		}
	}
	return farms
}

func (p *past) fillHosts(farms map[int64]*ProjectRows) {
	for _, row := range p.rows["host"] {
		h := row.row.(Host)
		if rows := farms[h.FarmID]; rows != nil && h.Enabled {
			rows.Hosts = append(rows.Hosts, HostRow{Name: h.Name, Labels: h.Labels})
		}
	}
}

func (p *past) fillExporters(found map[int64]*ProjectRows) {
	for _, row := range p.rows["exporter"] {
		e := row.row.(Exporter)
		if rows := p.awake(found, e.ProjectID); rows != nil && e.Enabled {
			rows.Exporters = append(rows.Exporters, ExporterRow{
				ID: e.ID, Job: e.Job, Port: e.Port, Path: e.Path, Scheme: e.Scheme,
				ScrapeInterval: e.ScrapeInterval, ScrapeTimeout: e.ScrapeTimeout, Labels: e.Labels,
			})
		}
	}
}

func (p *past) fillURLs(ctx context.Context, found map[int64]*ProjectRows) error {
	for _, row := range p.rows["url"] {
		u := row.row.(URL)
		rows := p.awake(found, u.ProjectID)
		if rows == nil {
			continue
		}
		probe, ok, err := p.find(ctx, "probe", u.ProbeID)
		if err != nil {
			return err
		}
		if ok {
			rows.URLs = append(rows.URLs, URLRow{ProbeID: u.ProbeID, Module: probe.row.(Probe).Module, URL: u.URL})
		}
	}
	return nil
}

// sort puts what is in a project into the order that ProjectRows promises.
func (p *ProjectRows) sort() {
	slices.SortFunc(p.Hosts, func(a, b HostRow) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(p.Exporters, func(a, b ExporterRow) int { return int(a.ID - b.ID) })
	slices.SortFunc(p.URLs, func(a, b URLRow) int {
		if a.ProbeID != b.ProbeID {
			return int(a.ProbeID - b.ProbeID)
		}
		return strings.Compare(a.URL, b.URL)
	})
}

// Past is what the projects that a range of revisions touched were made of at both of its ends. Those that were not
// there at an end are not in its map.
type Past struct {
	// From and To are the ends.
	From, To int64
	Before   map[int64]*ProjectRows
	After    map[int64]*ProjectRows
}

// Between rebuilds the projects that the revisions after from, up to and with to, touched, as they were at from and at
// to. A to of 0 is the current revision. It costs what the journal has since from, and the projects: a range with more
// than 10,000 entries behind it, or one that touches more than 5,000 projects, is refused with ErrInvalid.
func (s *Store) Between(ctx context.Context, from, to int64) (p Past, err error) {
	err = s.view(ctx, func(v view) error {
		p, err = v.between(ctx, from, to)
		return err
	})
	if err != nil {
		return Past{}, fmt.Errorf("comparing revisions: %w", err)
	}
	return p, nil
}

func (v view) between(ctx context.Context, from, to int64) (Past, error) {
	now, err := v.revision(ctx)
	if err != nil {
		return Past{}, err
	}
	if to == 0 {
		to = now.Number
	}
	if err := checkRange(from, to, now.Number); err != nil {
		return Past{}, err
	}
	touched, err := v.touchedBetween(ctx, from, to)
	if err != nil {
		return Past{}, err
	}
	past, result := newPast(v), Past{From: from, To: to}
	if err := past.back(ctx, to, now.Number); err != nil {
		return Past{}, err
	}
	if err := past.loadProjects(ctx, touched); err != nil {
		return Past{}, err
	}
	if result.After, err = past.projects(ctx, touched); err != nil {
		return Past{}, err
	}
	if err := past.back(ctx, from, to); err != nil {
		return Past{}, err
	}
	result.Before, err = past.projects(ctx, touched)
	return result, err
}

// back undoes the entries after a revision, up to and with another.
func (p *past) back(ctx context.Context, after, until int64) error {
	n, err := p.view.entries(ctx, after, until, func(_ int64, changes []Change) error { return p.undo(changes) })
	if err == nil && n != until-after {
		err = rangeError("from", after, "the journal does not reach back so far")
	}
	return err
}

// touchedBetween are the projects that a range touched, in order.
func (v view) touchedBetween(ctx context.Context, from, to int64) ([]int64, error) {
	set, err := v.touchedAfter(ctx, from, to, pastProjects)
	switch {
	case errors.Is(err, errReload) && len(set.projects) > pastProjects:
		return nil, rangeError("from", from, fmt.Sprintf("the revisions up to %d touch more than %d projects; ask for fewer", to, pastProjects))
	case errors.Is(err, errReload):
		return nil, rangeError("from", from, "the journal does not reach back so far")
	case err != nil:
		return nil, err
	}
	return slices.Sorted(maps.Keys(set.projects)), nil
}

func checkRange(from, to, now int64) error {
	switch {
	case from < 0:
		return rangeError("from", from, "must be 0 or more")
	case to > now:
		return rangeError("to", to, fmt.Sprintf("is still to come; the inventory is at revision %d", now))
	case from > to:
		return rangeError("from", from, fmt.Sprintf("must not come after revision %d, up to which lists are compared", to))
	case now-from > pastEntries:
		return rangeError("from", from, fmt.Sprintf("is %d revisions back, and at most %d are gone back", now-from, pastEntries))
	}
	return nil
}

func rangeError(field string, revision int64, reason string) error {
	return &Error{Kind: ErrInvalid, Noun: "revision", Field: field, Value: fmt.Sprint(revision), Reason: reason}
}
