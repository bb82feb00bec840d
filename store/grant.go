package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Role is what somebody may do.
type Role string

// The roles; each may do what those before it may.
const (
	// RoleReader may fetch lists, and is for Prometheus servers.
	RoleReader Role = "reader"
	// RoleViewer may read the inventory.
	RoleViewer Role = "viewer"
	// RoleEditor may write.
	RoleEditor Role = "editor"
	// RoleAdmin may say who may do what. It is always on everything.
	RoleAdmin Role = "admin"
)

// Roles are all roles.
var Roles = []Role{RoleReader, RoleViewer, RoleEditor, RoleAdmin}

// Everything is what a role can be on, beside "service", "project" and "shard".
const Everything = "everything"

// GrantNouns are all that a role can be on.
var GrantNouns = []string{Everything, "service", "project", "shard"}

// Grant is a role on something. It covers what belongs to that: a role on a service covers its projects, one on a shard
// the projects and servers that are on it.
type Grant struct {
	Role Role `json:"role"`
	// On is one of GrantNouns; empty on creation means Everything.
	On string `json:"on"`
	// ID and Name name the service, project or shard; for Everything they are zero. On creation the name is looked at
	// when the id is 0. The name is empty once the noun is gone.
	ID   int64  `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
}

// String is a grant in words: `editor on service "shop"`.
func (g Grant) String() string {
	switch {
	case g.On == Everything || g.On == "":
		return string(g.Role) + " on everything"
	case g.Name == "":
		return fmt.Sprintf("%s on a %s that is gone (id %d)", g.Role, g.On, g.ID)
	}
	return string(g.Role) + " on " + g.On + " " + strconv.Quote(g.Name)
}

// grantsText is a list of grants in words.
func grantsText(grants []Grant) string {
	if len(grants) == 0 {
		return "nothing"
	}
	words := make([]string, len(grants))
	for i, g := range grants {
		words[i] = g.String()
	}
	return strings.Join(words, ", ")
}

// words lists values as an error message names them.
func words[T ~string](values []T) string {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = string(v)
	}
	return strings.Join(list, ", ")
}

// resolveGrants checks grants, looks up what they are on, and sorts them.
func resolveGrants(ctx context.Context, q querier, noun string, grants []Grant) ([]Grant, error) {
	if len(grants) == 0 {
		return nil, &Error{Kind: ErrInvalid, Noun: noun, Field: "grants", Reason: "are missing; give at least one role"}
	}
	resolved := make([]Grant, len(grants))
	for i, g := range grants {
		var err error
		if resolved[i], err = g.resolve(ctx, q, noun); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(resolved, func(a, b Grant) int {
		return cmp.Or(cmp.Compare(a.On, b.On), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	for i, g := range resolved[1:] {
		if before := resolved[i]; before.On == g.On && before.ID == g.ID {
			return nil, &Error{
				Kind: ErrInvalid, Noun: noun, Field: "grants",
				Reason: fmt.Sprintf("name one thing twice: %s, %s; a higher role includes the lower ones", before, g),
			}
		}
	}
	return resolved, nil
}

// resolve checks one grant and fills in its id and its name.
func (g Grant) resolve(ctx context.Context, q querier, noun string) (Grant, error) {
	g.On = cmp.Or(g.On, Everything)
	refused := &Error{Kind: ErrInvalid, Noun: noun}
	switch {
	case !slices.Contains(Roles, g.Role):
		refused.Field, refused.Value, refused.Reason = "role", shorten(string(g.Role)), "is none; there are "+words(Roles)
	case !slices.Contains(GrantNouns, g.On):
		refused.Field, refused.Value, refused.Reason = "on", shorten(g.On), "is none; there are "+words(GrantNouns)
	case g.Role == RoleAdmin && g.On != Everything:
		refused.Field, refused.Value, refused.Reason = "on", g.On, "is not for the role admin, which is always on everything"
	case g.On == Everything && (g.ID != 0 || g.Name != ""):
		refused.Field, refused.Value, refused.Reason = "on", g.On, "names nothing in particular, but a name or an id is given; say whether that is a service, a project or a shard"
	case g.On == Everything:
		return g, nil
	default:
		return g.find(ctx, q, noun)
	}
	return g, refused
}

// find looks up what a grant is on.
func (g Grant) find(ctx context.Context, q querier, noun string) (_ Grant, err error) {
	r := reference{noun: noun, field: g.On, id: g.ID, name: g.Name, column: g.On + ".name"}
	switch g.On {
	case "service":
		var s Service
		s, err = serviceTable.referred(ctx, q, r)
		g.ID, g.Name = s.ID, s.Name
	case "project":
		var p Project
		p, err = projectTable.referred(ctx, q, r)
		g.ID, g.Name = p.ID, p.Name
	default:
		var s Shard
		s, err = shardTable.referred(ctx, q, r)
		g.ID, g.Name = s.ID, s.Name
	}
	return g, err
}
