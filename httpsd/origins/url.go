package origins

import (
	"context"
	"fmt"
	"strconv"

	"github.com/promshard/promshard/httpsd/snapshot"
	"github.com/promshard/promshard/store"
)

// URL explains a URL.
func URL(ctx context.Context, source Source, url string, o Options) (Explanation, error) {
	if url == "" {
		return Explanation{}, &store.Error{Kind: store.ErrInvalid, Noun: "parameter", Field: "url", Reason: "must not be empty"}
	}
	e := newExplainer(source, o, "urls", url)
	rows, err := source.URLs(ctx, store.URLFilter{URL: url, Page: store.Page{Limit: hostsMost}})
	if err != nil {
		return Explanation{}, err
	}
	for _, u := range rows {
		if err := e.url(ctx, u); err != nil {
			return Explanation{}, err
		}
	}
	if len(rows) == 0 {
		e.because(UnknownURL, "", "no project has the URL "+strconv.Quote(url))
		if e.Near, err = source.NearURLs(ctx, url, nearMost); err != nil {
			return Explanation{}, err
		}
		if err := e.departed(ctx, "url", url); err != nil {
			return Explanation{}, err
		}
	}
	e.Listed = len(e.Origins) > 0
	return e.Explanation, nil
}

// url explains a URL of one project.
func (e *explainer) url(ctx context.Context, u store.URL) error {
	p, rows, err := e.project(ctx, u.Project)
	if err != nil || rows == nil {
		return err
	}
	if !p.Enabled {
		e.because(ProjectDisabled, p.Name, fmt.Sprintf("project %q is disabled", p.Name))
	}
	group := func(rows *store.ProjectRows) *snapshot.Group {
		_, urls := snapshot.Render(rows)
		return find(urls, fmt.Sprintf("url/%d/%d", p.ID, u.ProbeID), u.URL)
	}
	g := group(rows)
	if g == nil {
		return nil
	}
	o := Origin{Target: u.URL, Probe: u.Probe, Labels: g.Labels}
	if err := e.place(ctx, &o, p); err != nil {
		return err
	}
	objects := []store.Object{
		{Noun: "shard", ID: p.ShardID},
		{Noun: "service", ID: p.ServiceID},
		{Noun: "project", ID: p.ID},
		{Noun: "probe", ID: u.ProbeID},
		{Noun: "url", ID: u.ID},
	}
	if err := e.since(ctx, &o, p, objects, group); err != nil {
		return err
	}
	e.Origins = append(e.Origins, o)
	return nil
}
