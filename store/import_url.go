package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

// urlKey is what makes a URL unique.
type urlKey struct {
	project, probe int64
	url            string
}

// takeURLs takes in the groups of URLs.
func (imp *importer) takeURLs(ctx context.Context, window []*importBatch) error {
	known, err := imp.knownURLs(ctx, window)
	if err != nil {
		return err
	}
	var rows [][]any
	for _, b := range window {
		for _, g := range b.groups {
			if g.module == "" {
				continue
			}
			added, err := imp.newURLs(ctx, b, g, known)
			if err != nil {
				return importing(g.number, err)
			}
			rows = append(rows, added...)
			imp.progress(len(g.targets))
		}
	}
	ids, err := imp.tx.insertRows(ctx, `url (url, project_id, probe_id)`, rows)
	imp.add("url", ids...)
	return err
}

// newURLs returns the rows that a group adds. It puts them among the known ones, with the id 0.
func (imp *importer) newURLs(ctx context.Context, b *importBatch, g importGroup, known map[urlKey]int64) ([][]any, error) {
	probe, err := imp.probe(ctx, g.module)
	if err != nil {
		return nil, err
	}
	var rows [][]any
	for _, target := range g.targets {
		key := urlKey{b.project.ID, probe.ID, target}
		if id, ok := known[key]; ok {
			if id == 0 || imp.meet("url", id) {
				imp.result.Existing.URLs++
			}
			continue
		}
		u := URL{URL: target}
		if err := u.validate(); err != nil {
			return nil, err
		}
		known[key] = 0
		rows = append(rows, []any{u.URL, b.project.ID, probe.ID})
	}
	if len(rows) == 0 {
		return nil, nil
	}
	imp.tx.touchProjects(b.project.ID)
	return rows, b.checkLabelsOfURLs(g)
}

// knownURLs returns the ids of the URLs that the projects have.
func (imp *importer) knownURLs(ctx context.Context, window []*importBatch) (map[urlKey]int64, error) {
	known := map[urlKey]int64{}
	var projects []int64
	for _, b := range window {
		if !b.newProject && slices.ContainsFunc(b.groups, func(g importGroup) bool { return g.module != "" }) {
			projects = append(projects, b.project.ID)
		}
	}
	var rows []URL
	w := whereIn("url.project_id", projects)
	if err := imp.tx.selectAll(ctx, &rows, `SELECT id, url, project_id, probe_id FROM url`+w.sql(), w.args...); err != nil {
		return nil, fmt.Errorf("reading URLs: %w", err)
	}
	for _, row := range rows {
		known[urlKey{row.ProjectID, row.ProbeID, row.URL}] = row.ID
	}
	return known, nil
}

// checkLabelsOfURLs demands that new URLs get the labels that the list gives them: those of service and project, since
// URLs have none of their own.
func (b *importBatch) checkLabelsOfURLs(g importGroup) error {
	names := map[string]bool{}
	addKeys(names, g.extra)
	if b.imported {
		addKeys(names, b.projectLabels)
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if g.extra[name] == b.projectLabels[name] {
			continue
		}
		return &Error{
			Kind: ErrConflict, Noun: "label", Field: name, Value: shorten(unfolded(g.extra[name])),
			Reason: fmt.Sprintf("URLs have the labels of their project, and on project %q it is %q", b.project.Name, unfolded(b.projectLabels[name])),
			Hint:   "put the label on the project, or import the URLs before the hosts",
		}
	}
	return nil
}
