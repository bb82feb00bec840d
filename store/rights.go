package store

import (
	"context"
	"slices"
)

// Place is where in the inventory something is, by ids: a project in its service on its shard, a server on its shard. The
// zero Place is what belongs to everybody, such as a probe.
type Place struct {
	Service, Project, Shard int64
}

// Reach is a set of places.
type Reach struct {
	Everywhere bool
	// Services, Projects and Shards are ids, ascending. Each stands for what belongs to it.
	Services, Projects, Shards []int64
}

// Covers says whether a place is in the set.
func (r *Reach) Covers(p Place) bool {
	return r.Everywhere ||
		p.Service != 0 && slices.Contains(r.Services, p.Service) ||
		p.Project != 0 && slices.Contains(r.Projects, p.Project) ||
		p.Shard != 0 && slices.Contains(r.Shards, p.Shard)
}

// Empty says whether nothing is in the set.
func (r *Reach) Empty() bool {
	return !r.Everywhere && len(r.Services) == 0 && len(r.Projects) == 0 && len(r.Shards) == 0
}

func (r *Reach) add(g Grant) {
	switch g.On {
	case Everything:
		r.Everywhere = true
	case "service":
		r.Services = append(r.Services, g.ID)
	case "project":
		r.Projects = append(r.Projects, g.ID)
	case "shard":
		r.Shards = append(r.Shards, g.ID)
	}
}

// Rights are what somebody's grants amount to. The zero value allows nothing.
type Rights struct {
	// Of is the id of the principal who has them; 0 for somebody whom the database does not know.
	Of int64
	// Lists is where lists may be fetched from, View what may be read and Edit what may be written.
	Lists, View, Edit Reach
	// Admin says whether grants and tokens may be read and written.
	Admin bool
}

// RightsOf adds grants up.
func RightsOf(grants []Grant) Rights {
	var r Rights
	for _, g := range grants {
		rank := slices.Index(Roles, g.Role)
		for i, reach := range []*Reach{&r.Lists, &r.View, &r.Edit} {
			if rank >= i {
				reach.add(g)
			}
		}
		r.Admin = r.Admin || g.Role == RoleAdmin && g.On == Everything
	}
	return r
}

type rightsKey struct{}

// WithRights returns a context whose writes are refused with ErrForbidden, as a whole, unless r allows each of their
// changes: where a thing was, and where it then is. That is looked at in the transaction itself, so that nobody can move
// anything between the look and the write. Writes without it are allowed everything.
func WithRights(ctx context.Context, r *Rights) context.Context {
	return context.WithValue(ctx, rightsKey{}, r)
}

// rightsIn returns what WithRights put into ctx; nil allows everything.
func rightsIn(ctx context.Context) *Rights {
	r, _ := ctx.Value(rightsKey{}).(*Rights)
	return r
}
