package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/model"

	"github.com/promshard/promshard/store"
)

// addAccess declares the commands that say who may do what.
func (a *app) addAccess() {
	token := a.kingpin.Command("token", "Tokens: what Prometheus servers and programs show to be let in.")
	a.addServer(token)
	a.command(token, "create",
		"Create a token and print its secret to standard output, this once: nothing but a hash of it is kept.",
		"promshard token create prometheus-tokyo --role=reader --on=shard=tokyo\npromshard token create ci --role=editor --on=service=shop --expires=90d", a.tokenCreate)
	a.command(token, "list", "List tokens, with what they may do and when they were used last.", "promshard token list", func(cmd *kingpin.CmdClause) action {
		return a.listPrincipals(cmd, store.KindToken)
	})
	a.command(token, "revoke", "Revoke a token. It stops working on every replica within a second or two.", "promshard token revoke ci", func(cmd *kingpin.CmdClause) action {
		name := cmd.Arg("name", "Name of the token.").Required().String()
		return a.removePrincipal(cmd, func() (kind, named string) { return store.KindToken, *name })
	})

	access := a.kingpin.Command("access", "Access: who may do what, users and client certificates of the web server included.")
	a.addServer(access)
	a.command(access, "list", "List everybody who is let in.", "promshard access list", func(cmd *kingpin.CmdClause) action {
		return a.listPrincipals(cmd, "")
	})
	a.command(access, "set",
		"Say what a token, a user of basic authentication or a client certificate may do, instead of what it might before. A user or certificate that is not there yet is added; the web server checks it, with --web.config.file.",
		"promshard access set user ann --role=admin\npromshard access set certificate prometheus001.example --role=reader --on=shard=tokyo", a.accessSet)
	a.command(access, "rm", "Let a token, a user or a certificate do nothing any more.", "promshard access rm user ann", func(cmd *kingpin.CmdClause) action {
		kind, name := principalArgs(cmd)
		return a.removePrincipal(cmd, func() (string, string) { return *kind, *name })
	})
}

// principalArgs declares the arguments that name somebody.
func principalArgs(cmd *kingpin.CmdClause) (kind, name *string) {
	kind = cmd.Arg("kind", "One of: ["+strings.Join(store.PrincipalKinds, ", ")+"]").Required().Enum(store.PrincipalKinds...)
	return kind, cmd.Arg("name", "Name of the token or user, common name of the certificate.").Required().String()
}

// grantFlags are --role and --on.
type grantFlags struct {
	role string
	on   []string
}

func addGrants(cmd *kingpin.CmdClause) *grantFlags {
	roles := make([]string, len(store.Roles))
	for i, r := range store.Roles {
		roles[i] = string(r)
	}
	f := &grantFlags{}
	cmd.Flag("role", "reader fetches lists, viewer reads the inventory as well, editor writes, admin says who may do what. One of: ["+strings.Join(roles, ", ")+"]").
		Required().PlaceHolder("ROLE").EnumVar(&f.role, roles...)
	cmd.Flag("on", "What the role is on: service=NAME, project=NAME or shard=NAME; everything by default. Repeatable.").
		PlaceHolder("NOUN=NAME").StringsVar(&f.on)
	return f
}

// grants returns what the flags say.
func (f *grantFlags) grants() ([]store.Grant, error) {
	if len(f.on) == 0 {
		return []store.Grant{{Role: store.Role(f.role), On: store.Everything}}, nil
	}
	grants := make([]store.Grant, len(f.on))
	for i, on := range f.on {
		noun, name, ok := strings.Cut(on, "=")
		if !ok || name == "" || noun == store.Everything || !slices.Contains(store.GrantNouns, noun) {
			return nil, &usageError{err: fmt.Errorf("--on %q: not of the form service=NAME, project=NAME or shard=NAME", on)}
		}
		grants[i] = store.Grant{Role: store.Role(f.role), On: noun, Name: name}
	}
	return grants, nil
}

// expiryFlag declares --expires.
func expiryFlag(cmd *kingpin.CmdClause) *optional[model.Duration] {
	return durationFlag(cmd, "expires", "After how long it stops working, such as 12h, 90d or 1y; never by default.")
}

// expiry returns when that is; nil is never.
func expiry(after *optional[model.Duration]) *time.Time {
	if after.or(0) == 0 {
		return nil
	}
	at := time.Now().Add(time.Duration(after.or(0)))
	return &at
}

// createdToken is the result of token create as JSON.
type createdToken struct {
	Token  store.Principal `json:"token"`
	Secret string          `json:"secret"`
}

func (a *app) tokenCreate(cmd *kingpin.CmdClause) action {
	name := cmd.Arg("name", "Name of the token, by which the journal calls what is done with it.").Required().String()
	flags, expires, out := addGrants(cmd), expiryFlag(cmd), a.addOutput(cmd)
	return func(ctx context.Context) error {
		grants, err := flags.grants()
		if err != nil {
			return err
		}
		return a.withInventory(ctx, a.openInventory, func(ctx context.Context, inv inventory) error {
			p := store.Principal{Kind: store.KindToken, Name: *name, Grants: grants, ExpiresAt: expiry(expires)}
			secret, err := inv.CreatePrincipal(ctx, &p)
			if err != nil {
				return err
			}
			fmt.Fprintf(a.err, "Created token %s: %s. It is shown this once.\n", cell(p.Name), grantText(p))
			return out.print(createdToken{p, secret}, func() string { return secret + "\n" })
		})
	}
}

func (a *app) accessSet(cmd *kingpin.CmdClause) action {
	kind, name := principalArgs(cmd)
	flags, expires, out := addGrants(cmd), expiryFlag(cmd), a.addOutput(cmd)
	return func(ctx context.Context) error {
		grants, err := flags.grants()
		if err != nil {
			return err
		}
		return a.withInventory(ctx, a.openInventory, func(ctx context.Context, inv inventory) error {
			p, err := setAccess(ctx, inv, store.Principal{Kind: *kind, Name: *name, Grants: grants, ExpiresAt: expiry(expires)})
			if err != nil {
				return err
			}
			return out.print(p, func() string { return fmt.Sprintf("%s %s: %s\n", p.Kind, cell(p.Name), grantText(p)) })
		})
	}
}

// setAccess changes who is there, or adds a user or a certificate that is not.
func setAccess(ctx context.Context, access store.AccessControl, p store.Principal) (store.Principal, error) {
	now, err := findPrincipal(ctx, access, p.Kind, p.Name)
	switch {
	case err == nil:
		return access.UpdatePrincipal(ctx, now.ID, store.PrincipalUpdate{Grants: &p.Grants, ExpiresAt: &p.ExpiresAt})
	case errors.Is(err, store.ErrNotFound) && p.Kind != store.KindToken:
		_, err = access.CreatePrincipal(ctx, &p)
	}
	return p, err
}

// findPrincipal returns the one of a kind and a name, or ErrNotFound.
func findPrincipal(ctx context.Context, access store.AccessControl, kind, name string) (store.Principal, error) {
	found, err := access.Principals(ctx, store.PrincipalFilter{Kind: kind, Name: name})
	switch {
	case err != nil:
		return store.Principal{}, err
	case name == "" || len(found) == 0:
		return store.Principal{}, &store.Error{
			Kind: store.ErrNotFound, Noun: kind, Value: name, Reason: "is not let in",
			Hint: "promshard access list shows who is",
		}
	}
	return found[0], nil
}

func (a *app) removePrincipal(cmd *kingpin.CmdClause, who func() (kind, name string)) action {
	out := a.addOutput(cmd)
	return a.onInventory(func(ctx context.Context, inv inventory) error {
		kind, name := who()
		p, err := findPrincipal(ctx, inv, kind, name)
		if err != nil {
			return err
		}
		if err := inv.DeletePrincipal(ctx, p.ID, store.DeleteOptions{}); err != nil {
			return err
		}
		return out.print(p, func() string { return fmt.Sprintf("Removed %s %s: %s\n", p.Kind, cell(p.Name), grantText(p)) })
	})
}

func (a *app) listPrincipals(cmd *kingpin.CmdClause, kind string) action {
	out := a.addOutput(cmd)
	return a.onInventory(func(ctx context.Context, inv inventory) error {
		list, err := inv.Principals(ctx, store.PrincipalFilter{Kind: kind})
		if err != nil {
			return err
		}
		return out.print(list, func() string { return principalTable(list) })
	})
}

func principalTable(list []store.Principal) string {
	rows := make([][]string, len(list))
	for i, p := range list {
		rows[i] = []string{p.Kind, p.Name, grantText(p), timeText(&p.CreatedAt), p.CreatedBy, timeText(p.ExpiresAt), timeText(p.LastUsedAt)}
	}
	return table([]string{"KIND", "NAME", "MAY", "CREATED", "BY", "EXPIRES", "LAST USED"}, rows)
}

func grantText(p store.Principal) string {
	words := make([]string, len(p.Grants))
	for i, g := range p.Grants {
		words[i] = g.String()
	}
	return strings.Join(words, ", ")
}

// timeText is a time as a table shows it; empty for nil.
func timeText(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
