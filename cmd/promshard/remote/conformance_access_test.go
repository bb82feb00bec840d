package remote

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

// letIn is a principal as it is created, without what differs from one inventory to the next, and whether there was a secret.
type letIn struct {
	store.Principal
	Secret bool
}

// accessOf is the part of an inventory that says who may do what.
func accessOf(inv store.Registry) store.AccessControl { return inv.(store.AccessControl) }

// timeless is a principal without the time of its creation.
func timeless(p store.Principal, err error) (any, error) {
	p.CreatedAt = time.Time{}
	return p, err
}

func TestAServerSaysWhoMayDoWhatAsADatabaseDoes(t *testing.T) {
	w, ctx := newTwins(t), t.Context()
	for _, name := range []string{"prod", "spare"} {
		w.same(t, "creating a shard", func(inv store.Registry) (any, error) {
			return nil, inv.CreateShard(ctx, &store.Shard{Name: name, Enabled: true})
		})
	}
	w.same(t, "creating a service", func(inv store.Registry) (any, error) {
		return nil, inv.CreateService(ctx, &store.Service{Name: "shop"})
	})
	for _, p := range whoMayCome() {
		for range 2 {
			w.same(t, fmt.Sprintf("letting %+v in", p), func(inv store.Registry) (any, error) {
				made := p
				secret, err := accessOf(inv).CreatePrincipal(ctx, &made)
				made.CreatedAt = time.Time{}
				return letIn{made, store.ValidToken(secret)}, err
			})
		}
	}
	w.readAccess(t, ctx)
	for id := int64(-1); id < 8; id++ {
		w.same(t, fmt.Sprintf("reading %d", id), func(inv store.Registry) (any, error) { return timeless(accessOf(inv).Principal(ctx, id)) })
		for _, u := range accessUpdates() {
			for _, version := range []int64{0, 4711} {
				u.IfVersion = version
				w.same(t, fmt.Sprintf("changing %d to %+v", id, u), func(inv store.Registry) (any, error) {
					return timeless(accessOf(inv).UpdatePrincipal(ctx, id, u))
				})
			}
		}
	}
	w.same(t, "trying to let somebody in", func(inv store.Registry) (any, error) {
		var receipt store.Receipt
		tried := store.Principal{Kind: store.KindToken, Name: "tried", Grants: []store.Grant{{Role: store.RoleViewer}}}
		secret, err := accessOf(inv).CreatePrincipal(store.WithDryRun(store.WithReceipt(ctx, &receipt)), &tried)
		return []any{tried.Name, secret, receipt.DryRun, receipt.Summary, receipt.Revision}, err
	})
	w.readAccess(t, ctx)
	for _, o := range []store.DeleteOptions{{IfVersion: 4711}, {Cascade: true}, {}} {
		for id := int64(-1); id < 8; id++ {
			w.same(t, fmt.Sprintf("deleting %d with %+v", id, o), func(inv store.Registry) (any, error) { return nil, accessOf(inv).DeletePrincipal(ctx, id, o) })
		}
	}
	w.readAccess(t, ctx)
	assert.Greater(t, w.steps, 150)
}

// readAccess lists who is let in, by every filter, on more than one page.
func (w *twins) readAccess(t *testing.T, ctx context.Context) {
	t.Helper()
	for _, f := range []store.PrincipalFilter{
		{}, {Kind: store.KindToken}, {Kind: store.KindUser}, {Kind: store.KindCertificate}, {Kind: "robot"}, {Name: "ann"}, {Kind: store.KindUser, Name: "ann"}, {Name: "nobody"},
	} {
		w.same(t, fmt.Sprintf("listing %+v", f), func(inv store.Registry) (any, error) {
			list, err := accessOf(inv).Principals(ctx, f)
			for i := range list {
				list[i].CreatedAt = time.Time{}
			}
			return list, err
		})
	}
}

// whoMayCome are principals, the last ones of whom are refused.
func whoMayCome() []store.Principal {
	at, past := time.Date(2099, 1, 2, 3, 4, 5, 6_789_000, time.FixedZone("", 3600)), time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	viewer := []store.Grant{{Role: store.RoleViewer}}
	list := []store.Principal{
		{Kind: store.KindToken, Name: "ci", Grants: []store.Grant{{Role: store.RoleReader, On: "shard", Name: "prod"}, {Role: store.RoleEditor, On: "service", ID: 1}}, ExpiresAt: &at},
		{Kind: store.KindToken, Name: "ann", Grants: []store.Grant{{Role: store.RoleAdmin, On: store.Everything}}},
		{Kind: store.KindUser, Name: "ann", Grants: viewer},
		{Kind: store.KindCertificate, Name: "prom1.example", Grants: []store.Grant{{Role: store.RoleReader, On: "shard", ID: 2, Name: "not looked at"}}},
		{Kind: store.KindCertificate, Name: "a/b:c%20", Grants: viewer},
		{Kind: "robot", Name: "x", Grants: viewer},
		{Name: "x", Grants: viewer},
		{Kind: store.KindUser, Grants: viewer},
		{Kind: store.KindUser, Name: " x", Grants: viewer},
		{Kind: store.KindUser, Name: "\xff", Grants: viewer},
		{Kind: store.KindUser, Name: "x"},
		{Kind: store.KindUser, Name: "x", Grants: viewer, ExpiresAt: &past},
	}
	for _, grants := range refusedGrants() {
		list = append(list, store.Principal{Kind: store.KindToken, Name: "x", Grants: grants})
	}
	return list
}

// refusedGrants are grants that nobody can have.
func refusedGrants() [][]store.Grant {
	return [][]store.Grant{
		{},
		{{}},
		{{Role: "god"}},
		{{Role: store.RoleViewer, On: "farm", Name: "x"}},
		{{Role: store.RoleViewer, On: "shard"}},
		{{Role: store.RoleViewer, On: "shard", Name: "nope"}},
		{{Role: store.RoleViewer, On: "project", ID: 99}},
		{{Role: store.RoleViewer, On: "project", ID: -1}},
		{{Role: store.RoleViewer, Name: "shop"}},
		{{Role: store.RoleAdmin, On: "service", Name: "shop"}},
		{{Role: store.RoleViewer}, {Role: store.RoleEditor}},
	}
}

// accessUpdates are changes, some of which are refused.
func accessUpdates() []store.PrincipalUpdate {
	at := time.Date(2098, 1, 2, 3, 4, 5, 0, time.UTC)
	epoch, end, never := time.UnixMilli(0), &at, (*time.Time)(nil)
	past := &epoch
	updates := []store.PrincipalUpdate{
		{},
		{ExpiresAt: &end},
		{ExpiresAt: &past},
		{ExpiresAt: &never},
		{Grants: &[]store.Grant{{Role: store.RoleEditor, On: "shard", Name: "spare"}, {Role: store.RoleViewer}}, ExpiresAt: &end},
	}
	for _, grants := range refusedGrants() {
		updates = append(updates, store.PrincipalUpdate{Grants: &grants})
	}
	return updates
}

func TestATokenWhoseAnswerWasLostIsNotCreatedAgain(t *testing.T) {
	s := storetest.SQLite(t)
	c := clientOf(t, Options{Servers: []string{serve(t, losing(handlerOf(t, s), 1))}})
	c.pause = time.Millisecond
	p := store.Principal{Kind: store.KindToken, Name: "ci", Grants: []store.Grant{{Role: store.RoleViewer}}}
	secret, err := c.CreatePrincipal(t.Context(), &p)
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.ErrorContains(t, err, "the answer to a write was lost, which may have been done")
	require.Contains(t, told(err), "revoke it and create it again")
	require.Empty(t, secret)
	list, err := s.Principals(t.Context(), store.PrincipalFilter{})
	require.NoError(t, err)
	require.Len(t, list, 1)
	_, err = c.CreatePrincipal(store.WithIdempotencyKey(t.Context(), "k", "f"), &store.Principal{Kind: store.KindToken, Name: "other", Grants: p.Grants})
	require.ErrorIs(t, err, store.ErrInvalid, "a key is not passed over")

	c = clientOf(t, Options{Servers: []string{serve(t, losing(handlerOf(t, s), 1))}})
	c.pause = time.Millisecond
	user := store.Principal{Kind: store.KindUser, Name: "ann", Grants: p.Grants}
	_, err = c.CreatePrincipal(t.Context(), &user)
	require.NoError(t, err, "what has no secret is answered again")
	require.EqualValues(t, 2, user.ID)
}
