package remote

import (
	"context"

	"github.com/promshard/promshard/store"
)

var serviceNoun = &noun[store.Service, store.ServiceFilter, store.ServiceUpdate]{
	name: "service", path: "services", cascades: true,
	page:    func(f *store.ServiceFilter) store.Page { return f.Page },
	expect:  func(u *store.ServiceUpdate) int64 { return u.IfVersion },
	labels:  func(s *store.Service) store.Labels { return s.Labels },
	version: func(s *store.Service) int64 { return s.Version },
}

// CreateService implements store.Registry.
func (c *Client) CreateService(ctx context.Context, s *store.Service) error {
	return serviceNoun.create(ctx, c, s)
}

// Service implements store.Registry.
func (c *Client) Service(ctx context.Context, id int64) (store.Service, error) {
	return serviceNoun.get(ctx, c, id)
}

// Services implements store.Registry.
func (c *Client) Services(ctx context.Context, f store.ServiceFilter) ([]store.Service, error) {
	return serviceNoun.list(ctx, c, f)
}

// UpdateService implements store.Registry.
func (c *Client) UpdateService(ctx context.Context, id int64, u store.ServiceUpdate) (store.Service, error) {
	return serviceNoun.update(ctx, c, id, u)
}

// DeleteService implements store.Registry.
func (c *Client) DeleteService(ctx context.Context, id int64, o store.DeleteOptions) error {
	return serviceNoun.remove(ctx, c, id, o)
}
