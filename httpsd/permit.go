package httpsd

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"

	"github.com/promshard/promshard/httpsd/snapshot"
	"github.com/promshard/promshard/store"
)

// need is what a route demands of whoever asks.
type need int

const (
	// needNothing is for what everybody may see.
	needNothing need = iota
	// needLists is for the lists that Prometheus servers fetch.
	needLists
	// needView is for reading the inventory.
	needView
	// needEdit is for changing it.
	needEdit
	// needAdmin is for who may do what.
	needAdmin
)

// role is the least that has what n stands for.
func (n need) role() store.Role {
	return [...]store.Role{"", store.RoleReader, store.RoleViewer, store.RoleEditor, store.RoleAdmin}[n]
}

// place is where in the inventory something is, by ids: a project in its service on its shard, a server on its shard. The
// zero place is what belongs to everybody, or everything at once.
type place struct{ service, project, shard int64 }

// scope looks up where the thing is that a request is about. It is called only when that matters.
type scope func(ctx context.Context) (place, error)

type holderKey struct{}

// admit lets nobody through to fn who may not do what n stands for anywhere. Where that is more than fetching lists, the
// request that fn gets knows who sent it: see permit, and store.WithRights, which is what bounds its writes.
func (h *handler) admit(n need, fn handlerFunc) handlerFunc {
	a := h.o.Access
	switch {
	case n == needNothing || a == nil:
		return fn
	case n == needLists:
		return func(w http.ResponseWriter, r *http.Request) error {
			if err := a.admitToLists(r); err != nil {
				return err
			}
			return fn(w, r)
		}
	}
	return func(w http.ResponseWriter, r *http.Request) error {
		who, err := a.admit(n, r)
		if err != nil {
			return err
		}
		ctx := store.WithActor(context.WithValue(r.Context(), holderKey{}, who), who.name)
		return fn(w, r.WithContext(store.WithRights(ctx, &who.rights)))
	}
}

// admit returns who sent a request that needs n.
func (a *Access) admit(n need, r *http.Request) (*holder, error) {
	who, err := a.identify(r)
	switch {
	case err != nil:
		return nil, err
	case who == nil:
		return nil, errUnauthorized
	case !who.mayAnywhere(n):
		return nil, forbidden(who, n, "")
	}
	return who, a.count(who, n)
}

// admitToLists refuses who may fetch no list at all.
func (a *Access) admitToLists(r *http.Request) error {
	if a.o.OpenLists && len(r.Header["Authorization"]) == 0 {
		return nil
	}
	who, err := a.identify(r)
	switch {
	case errors.Is(err, errNoAccess) && a.o.OpenLists:
		return nil
	case err != nil:
		return err
	case who == nil || who.usage == nil:
		return nil // listable says what is missing, where something is
	}
	return a.count(who, needLists)
}

// count notes that a principal was let in, and refuses it when that is too often.
func (a *Access) count(who *holder, n need) error {
	now := a.o.Now()
	who.usage.used.Store(now.UnixMilli())
	limiter := who.usage.others
	if n == needLists {
		limiter = who.usage.lists
	}
	if limiter == nil || limiter.AllowN(now, 1) {
		return nil
	}
	return &tooFastError{name: who.name, after: max(1, int(math.Ceil(1/float64(limiter.Limit()))))}
}

// mayAnywhere says whether somebody has at least one place to do what n stands for.
func (h *holder) mayAnywhere(n need) bool {
	if n == needAdmin {
		return h.rights.Admin
	}
	reach := h.reach(n)
	return reach != nil && !reach.Empty()
}

// reach is where somebody may do what n stands for; nil is nowhere.
func (h *holder) reach(n need) *store.Reach {
	switch n {
	case needLists:
		return &h.rights.Lists
	case needView:
		return &h.rights.View
	case needEdit:
		return &h.rights.Edit
	}
	return nil
}

// forbidden says what somebody lacks; where is empty or begins with a space.
func forbidden(who *holder, n need, where string) error {
	return fmt.Errorf("%w: %s would need the role %s%s", errForbidden, who.name, n.role(), where)
}

// permit says whether the request that ctx is of may do what n stands for, there where each of the scopes says; without
// scopes, anywhere. What a write touches is known in its transaction alone, so that the store looks at that.
func (h *handler) permit(ctx context.Context, n need, scopes ...scope) error {
	if h.o.Access == nil {
		return nil
	}
	who, ok := ctx.Value(holderKey{}).(*holder)
	if !ok {
		return errUnauthorized
	}
	if !who.mayAnywhere(n) {
		return forbidden(who, n, "")
	}
	reach := who.reach(n)
	if reach == nil || reach.Everywhere {
		return nil
	}
	for _, s := range scopes {
		p, err := s(ctx)
		if err != nil {
			return err
		}
		if !reach.Covers(store.Place{Service: p.service, Project: p.project, Shard: p.shard}) {
			return forbidden(who, n, " there, or on everything")
		}
	}
	return nil
}

// listable returns nil when whoever sent the request may have all that the query picks from the snapshot. It looks at the
// table as it is now, so that it can be asked again as long as an answer goes on.
func (h *handler) listable(r *http.Request, s *snapshot.Snapshot, q snapshot.Query) error {
	a := h.o.Access
	if a == nil || a.o.OpenLists {
		return nil
	}
	who, err := a.identify(r)
	switch {
	case err != nil:
		return err
	case who == nil:
		return errUnauthorized
	case !s.Within(q, &who.rights.Lists):
		return forbidden(who, needLists, " on all that was asked for; name a shard, a service or a project on which it has that")
	}
	return nil
}
