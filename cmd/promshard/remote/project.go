package remote

import (
	"context"

	"github.com/promshard/promshard/store"
)

var projectNoun = &noun[store.Project, store.ProjectFilter, store.ProjectUpdate]{
	name: "project", path: "projects", cascades: true,
	page:    func(f *store.ProjectFilter) store.Page { return f.Page },
	expect:  func(u *store.ProjectUpdate) int64 { return u.IfVersion },
	labels:  func(p *store.Project) store.Labels { return p.Labels },
	version: func(p *store.Project) int64 { return p.Version },
}

// CreateProject implements store.Registry.
func (c *Client) CreateProject(ctx context.Context, p *store.Project) error {
	return projectNoun.create(ctx, c, p)
}

// Project implements store.Registry.
func (c *Client) Project(ctx context.Context, id int64) (store.Project, error) {
	return projectNoun.get(ctx, c, id)
}

// Projects implements store.Registry.
func (c *Client) Projects(ctx context.Context, f store.ProjectFilter) ([]store.Project, error) {
	return projectNoun.list(ctx, c, f)
}

// UpdateProject implements store.Registry.
func (c *Client) UpdateProject(ctx context.Context, id int64, u store.ProjectUpdate) (store.Project, error) {
	return projectNoun.update(ctx, c, id, u)
}

// DeleteProject implements store.Registry.
func (c *Client) DeleteProject(ctx context.Context, id int64, o store.DeleteOptions) error {
	return projectNoun.remove(ctx, c, id, o)
}
