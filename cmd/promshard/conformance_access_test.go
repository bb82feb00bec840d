package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
)

// access lets principals in, reads and changes what they may do, and takes it away.
func (w *twins) access(t *testing.T) {
	t.Helper()
	ctx, updates := t.Context(), accessUpdates()
	for _, p := range whoMayCome() {
		w.write(t, ctx, inventory.CreatePrincipal, &p)
	}
	w.write(t, ctx, inventory.CreatePrincipal, &whoMayCome()[0])
	w.whoIsLetIn(t)
	known, err := w.direct.Principals(ctx, store.PrincipalFilter{})
	require.NoError(t, err)
	for _, u := range updates {
		w.write(t, ctx, inventory.UpdatePrincipal, known[0].ID, u)
	}
	ids := []int64{-1, 0, known[len(known)-1].ID + 1}
	for _, p := range known {
		ids = append(ids, p.ID)
	}
	for _, id := range ids {
		w.do(t, ctx, inventory.Principal, id)
		stale := updates[1]
		stale.IfVersion = 4711
		w.do(t, ctx, inventory.UpdatePrincipal, id, stale)
		w.write(t, ctx, inventory.UpdatePrincipal, id, updates[len(updates)-1])
		w.write(t, ctx, inventory.UpdatePrincipal, id, updates[4])
	}
	w.whoIsLetIn(t)
	for _, id := range ids {
		w.do(t, ctx, inventory.DeletePrincipal, id, store.DeleteOptions{IfVersion: 4711})
		w.write(t, ctx, inventory.DeletePrincipal, id, store.DeleteOptions{Cascade: id%2 == 0})
		w.do(t, ctx, inventory.DeletePrincipal, id, store.DeleteOptions{})
	}
	w.whoIsLetIn(t)
}

// whoIsLetIn lists principals, by every filter.
func (w *twins) whoIsLetIn(t *testing.T) {
	t.Helper()
	for _, f := range []store.PrincipalFilter{
		{}, {Kind: store.KindToken}, {Kind: store.KindUser}, {Kind: store.KindCertificate}, {Kind: "robot"}, {Name: "ann"}, {Kind: store.KindUser, Name: "ann"}, {Name: "nobody"},
	} {
		w.do(t, t.Context(), inventory.Principals, f)
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
