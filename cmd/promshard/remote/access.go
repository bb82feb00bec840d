package remote

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/promshard/promshard/store"
)

// accessPath is where all are who are let in, of whatever kind.
const accessPath = "access"

// CreatePrincipal implements store.AccessControl. A server answers the secret of a token once: when that answer is lost,
// the error says that nobody knows whether the token is there.
func (c *Client) CreatePrincipal(ctx context.Context, p *store.Principal) (secret string, err error) {
	body := map[string]any{"name": p.Name, "grants": grantBodies(p.Grants), "expires_at": p.ExpiresAt}
	if err := checkText(p.Kind, body); err != nil {
		return "", err
	}
	if p.Kind == store.KindToken {
		var made struct {
			Token  store.Principal `json:"token"`
			Secret string          `json:"secret"`
		}
		r := request{method: http.MethodPost, path: apiPrefix + "/tokens", body: body, keyless: true, afterLoss: "if the token is there, revoke it and create it again: its secret is lost"}
		if err := c.write(ctx, r, &made); err != nil {
			return "", err
		}
		*p = made.Token
		return made.Secret, nil
	}
	body["kind"] = p.Kind
	var made store.Principal
	if err := c.write(ctx, request{method: http.MethodPost, path: apiPrefix + "/" + accessPath, body: body}, &made); err != nil {
		return "", err
	}
	*p = made
	return "", nil
}

// grantBodies are grants as the API takes them: without what says nothing.
func grantBodies(grants []store.Grant) []map[string]any {
	bodies := make([]map[string]any, len(grants))
	for i, g := range grants {
		bodies[i] = map[string]any{}
		if g.Role != "" {
			bodies[i]["role"] = g.Role
		}
		if g.On != "" {
			bodies[i]["on"] = g.On
		}
		if g.ID != 0 {
			bodies[i]["id"] = g.ID
		}
		if g.Name != "" && g.ID == 0 {
			bodies[i]["name"] = g.Name
		}
	}
	return bodies
}

// Principal implements store.AccessControl.
func (c *Client) Principal(ctx context.Context, id int64) (p store.Principal, err error) {
	if err := possiblePrincipal(id); err != nil {
		return p, err
	}
	return p, c.ask(ctx, request{method: http.MethodGet, path: address(accessPath, id), repeatable: true}, &p)
}

// possiblePrincipal refuses an id that nobody can have, and that would be a name in an address.
func possiblePrincipal(id int64) error {
	if id >= 0 {
		return nil
	}
	return &store.Error{
		Kind: store.ErrNotFound, Noun: "principal", Field: "id", Value: strconv.FormatInt(id, 10),
		Reason: "there is no such " + strings.Join(store.PrincipalKinds, ", "),
	}
}

// Principals implements store.AccessControl.
func (c *Client) Principals(ctx context.Context, f store.PrincipalFilter) ([]store.Principal, error) {
	if f.Kind != "" && !slices.Contains(store.PrincipalKinds, f.Kind) {
		return []store.Principal{}, nil
	}
	query := url.Values{}
	setUnlessEmpty(query, "kind", f.Kind)
	setUnlessEmpty(query, "name", f.Name)
	list, _, err := pages[store.Principal](ctx, c, apiPrefix+"/"+accessPath, query, "", 0)
	return list, err
}

// UpdatePrincipal implements store.AccessControl.
func (c *Client) UpdatePrincipal(ctx context.Context, id int64, u store.PrincipalUpdate) (p store.Principal, err error) {
	if err := possiblePrincipal(id); err != nil {
		return p, err
	}
	body := map[string]any{}
	if u.Grants != nil {
		body["grants"] = grantBodies(*u.Grants)
	}
	if u.ExpiresAt != nil {
		body["expires_at"] = *u.ExpiresAt
	}
	r := request{
		method: http.MethodPatch, path: address(accessPath, id), body: body, repeatable: u.IfVersion == 0,
		header: http.Header{"Content-Type": {"application/merge-patch+json"}},
	}
	r.ifMatch(u.IfVersion)
	return p, c.write(ctx, r, &p)
}

// DeletePrincipal implements store.AccessControl.
func (c *Client) DeletePrincipal(ctx context.Context, id int64, o store.DeleteOptions) error {
	if err := possiblePrincipal(id); err != nil {
		return err
	}
	r := request{method: http.MethodDelete, path: address(accessPath, id)}
	r.ifMatch(o.IfVersion)
	return c.write(ctx, r, nil)
}
