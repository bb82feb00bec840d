package httpsd

import (
	"slices"
	"time"

	"github.com/promshard/promshard/store"
)

// The fields of bodies about who may do what.
var (
	grantFields        = []string{"role", "on", "id", "name"}
	accessChangeFields = []string{"grants", "expires_at"}
)

// creation decodes who is to be let in. What is missing is left to the inventory, which says so.
func (p principals) creation(body []byte) (store.Principal, error) {
	one, known := store.Principal{Kind: p.kind}, append([]string{"name"}, accessChangeFields...)
	if p.kind == "" {
		known = append([]string{"kind"}, known...)
	}
	given, err := parseObject(body)
	if err != nil {
		return one, err
	}
	for _, m := range given {
		switch {
		case !slices.Contains(known, m.name):
			return one, unknownField(m.name, known)
		case m.name == "kind":
			err = takeKind(m, &one.Kind)
		case m.name == "name":
			err = takeField(m, &one.Name)
		case m.name == "grants":
			one.Grants, err = takeGrants(m)
		default:
			one.ExpiresAt, err = takeEnd(m)
		}
		if err != nil {
			return one, err
		}
	}
	return one, nil
}

// takeKind reads the kind of somebody who is to be let in, which is no token.
func takeKind(m member, kind *string) error {
	if err := takeField(m, kind); err != nil || *kind != store.KindToken {
		return err
	}
	e := invalidBody(m.name, *kind, "is created elsewhere, where its secret is answered")
	e.Hint = "POST " + apiPrefix + "/" + tokens.path
	return e
}

// accessChange decodes a change, a JSON merge patch. Grants are a list, and so replaced whole.
func accessChange(body []byte) (u store.PrincipalUpdate, err error) {
	given, err := parseObject(body)
	if err != nil {
		return u, err
	}
	for _, m := range given {
		switch m.name {
		case "grants":
			grants, err := takeGrants(m)
			if err != nil {
				return u, err
			}
			u.Grants = &grants
		case "expires_at":
			end, err := takeEnd(m)
			if err != nil {
				return u, err
			}
			u.ExpiresAt = &end
		default:
			return u, unknownField(m.name, accessChangeFields)
		}
	}
	return u, nil
}

// takeEnd reads when something ends; null is never.
func takeEnd(m member) (*time.Time, error) {
	if m.null() {
		return nil, nil
	}
	text, ok := asString(m.raw)
	at, err := time.Parse(time.RFC3339, text)
	if !ok || err != nil {
		return nil, invalidBody(m.name, string(m.raw), "is neither a time like 2026-01-31T12:00:00Z nor null, which is never")
	}
	return &at, nil
}

// takeGrants reads a list of grants.
func takeGrants(m member) ([]store.Grant, error) {
	list, err := elements(m)
	if err != nil {
		return nil, err
	}
	grants := make([]store.Grant, len(list))
	for i, element := range list {
		if grants[i], err = takeGrant(element); err != nil {
			return nil, err
		}
	}
	return grants, nil
}

// takeGrant reads one grant. What is there but says nothing is refused: it could be a slip, and the role would be on
// everything.
func takeGrant(m member) (g store.Grant, err error) {
	if m.raw[0] != '{' {
		return g, invalidBody(m.name, string(m.raw), `is not an object such as {"role":"editor","on":"service","name":"shop"}`)
	}
	given, err := members(m.name, m.raw)
	if err != nil {
		return g, err
	}
	places := map[string]any{"role": (*string)(&g.Role), "on": &g.On, "id": &g.ID, "name": &g.Name}
	for _, field := range given {
		path := fieldPath(m.name, field.name)
		place, known := places[field.name]
		if !known {
			return g, unknownField(path, grantFields)
		}
		if err := takeField(member{path, field.raw}, place); err != nil {
			return g, err
		}
		if raw := string(field.raw); raw == `""` || field.name == "id" && g.ID == 0 {
			return g, invalidBody(path, raw, "says nothing; leave the field out when there is nothing to say")
		}
	}
	return g, nil
}
