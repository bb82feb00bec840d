package store_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
)

func TestServiceConforms(t *testing.T) {
	withSeed(t, func(t *testing.T, s *store.Store, _ seed) {
		touched := store.Touched{Services: []int64{self}}
		noun[store.Service, store.ServiceUpdate]{
			name: "service", create: s.CreateService, read: s.Service, update: s.UpdateService,
			list:   func(ctx context.Context) ([]store.Service, error) { return s.Services(ctx, store.ServiceFilter{}) },
			remove: func(ctx context.Context, id int64) error { return s.DeleteService(ctx, id, store.DeleteOptions{}) },
			id:     func(s store.Service) int64 { return s.ID },
			row:    store.Service{Name: `a/b "c"`, Description: "d", Owner: "bob", Labels: store.Labels{"team": "x"}},
			filled: store.Service{Name: `a/b "c"`, Description: "d", Owner: "bob", Labels: store.Labels{"team": "x"}},
			change: store.ServiceUpdate{
				Name: ptr("mail"), Description: ptr("e"), Owner: ptr(""), Labels: &store.Labels{"team": "y", "tier": "1"},
			},
			changed:  store.Service{Name: "mail", Description: "e", Labels: store.Labels{"team": "y", "tier": "1"}},
			conflict: `service name "a/b \"c\"": is taken by another service`,
			taken:    store.ServiceUpdate{Name: ptr("shop")}, takenText: `service name "shop": is taken by another service`,
			invalid: map[string]store.Service{
				"service name: is missing": {},
				`service labels "a-b"`:     {Name: "x", Labels: store.Labels{"a-b": "1"}},
			},
			created: touched, altered: touched, removed: touched,
		}.conforms(t, s)
	})
}

func TestServices(t *testing.T) {
	withSeed(t, func(t *testing.T, s *store.Store, p seed) {
		ctx := t.Context()
		update := func(u store.ServiceUpdate) store.Touched {
			return journalled(t, s, "service.update", func(ctx context.Context) error {
				_, err := s.UpdateService(ctx, p.service.ID, u)
				return err
			}).Touched
		}
		both := store.Touched{Services: []int64{p.service.ID}, Projects: []int64{p.project.ID}}

		t.Run("are listed by name and filtered", func(t *testing.T) {
			list := named(t, func(s store.Service) string { return s.Name })
			require.NoError(t, s.CreateService(ctx, &store.Service{Name: "Mail"}))
			assert.Equal(t, []string{"Mail", "shop"}, list(s.Services(ctx, store.ServiceFilter{})))
			assert.Equal(t, []string{"shop"}, list(s.Services(ctx, store.ServiceFilter{Name: "shop"})))
		})
		t.Run("description and owner touch no list", func(t *testing.T) {
			assert.Zero(t, update(store.ServiceUpdate{Description: ptr("all about shops"), Owner: ptr("bob")}))
		})
		t.Run("rename and labels touch the projects", func(t *testing.T) {
			assert.Equal(t, both, update(store.ServiceUpdate{Name: ptr("store")}))
			assert.Equal(t, both, update(store.ServiceUpdate{Labels: &store.Labels{"team": "x"}}))
			got, err := s.Project(ctx, p.project.ID)
			require.NoError(t, err)
			assert.Equal(t, "store", got.Service)
		})
		t.Run("empty labels are no labels", func(t *testing.T) {
			assert.Equal(t, both, update(store.ServiceUpdate{Labels: &store.Labels{}}))
			idle(t, s, func(ctx context.Context) error {
				_, err := s.UpdateService(ctx, p.service.ID, store.ServiceUpdate{Labels: new(store.Labels)})
				return err
			})
		})
		t.Run("delete says what hangs on a service, and cascades", func(t *testing.T) {
			refused(t, s, store.ErrConflict, `service "store": would also delete 1 project, 1 farm, 1 host, 1 exporter, 1 URL; say cascade to do it`,
				func(ctx context.Context) error { return s.DeleteService(ctx, p.service.ID, store.DeleteOptions{}) })
			e := journalled(t, s, "service.delete", func(ctx context.Context) error {
				return s.DeleteService(ctx, p.service.ID, store.DeleteOptions{Cascade: true})
			})
			assert.Equal(t, []string{"url", "exporter", "host", "farm", "project", "service"}, nouns(e))
			assert.Equal(t, both, e.Touched)
			assert.Equal(t, `deleted service "store"`, e.Summary)
		})
	})
}
