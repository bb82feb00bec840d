package store_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
)

func TestProjectConforms(t *testing.T) {
	withSeed(t, func(t *testing.T, s *store.Store, p seed) {
		require.NoError(t, s.CreateService(t.Context(), &store.Service{Name: "mail"}))
		mail, err := s.Services(t.Context(), store.ServiceFilter{Name: "mail"})
		require.NoError(t, err)
		touched := store.Touched{Projects: []int64{self}}
		noun[store.Project, store.ProjectUpdate]{
			name: "project", create: s.CreateProject, read: s.Project, update: s.UpdateProject,
			list:   func(ctx context.Context) ([]store.Project, error) { return s.Projects(ctx, store.ProjectFilter{}) },
			remove: func(ctx context.Context, id int64) error { return s.DeleteProject(ctx, id, store.DeleteOptions{}) },
			id:     func(p store.Project) int64 { return p.ID },
			row:    store.Project{Name: "web", Description: "d", Owner: "o", Enabled: true, Labels: store.Labels{"a": "1"}, Service: "shop", ShardID: p.shard.ID},
			filled: store.Project{
				Name: "web", Description: "d", Owner: "o", Enabled: true, Labels: store.Labels{"a": "1"},
				ServiceID: p.service.ID, Service: "shop", ShardID: p.shard.ID, Shard: "prod",
			},
			change: store.ProjectUpdate{
				Name: ptr("web2"), Description: ptr(""), Owner: ptr(""), Enabled: ptr(false), Labels: &store.Labels{"b": "2"},
				Service: ptr("mail"), Shard: ptr("spare"),
			},
			changed: store.Project{
				Name: "web2", Labels: store.Labels{"b": "2"},
				ServiceID: mail[0].ID, Service: "mail", ShardID: p.spare.ID, Shard: "spare",
			},
			conflict: `project name "web": is taken by another project`,
			taken:    store.ProjectUpdate{Name: ptr("shop-api")}, takenText: `project name "shop-api": is taken by another project`,
			invalid: map[string]store.Project{
				"project name: is missing":    {Service: "shop", Shard: "prod"},
				"project service: is missing": {Name: "x", Shard: "prod"},
				"project shard: is missing":   {Name: "x", Service: "shop"},
				`project labels "service"`:    {Name: "x", Service: "shop", Shard: "prod", Labels: store.Labels{"service": "1"}},
			},
			orphans: map[string]store.Project{
				`project service "nope": there is no such service`:    {Name: "x", Service: "nope", Shard: "prod"},
				`project service_id "-4": there is no such service`:   {Name: "x", ServiceID: -4, Shard: "prod"},
				`project shard "nope": there is no such shard`:        {Name: "x", Service: "shop", Shard: "nope"},
				"project shard \"a\\x00\": there is no such shard":    {Name: "x", Service: "shop", Shard: "a\x00"},
				"project service \"\\xff\": there is no such service": {Name: "x", Service: "\xff", Shard: "prod"},
			},
			created: touched, altered: touched, removed: touched,
		}.conforms(t, s)
	})
}

func TestProjects(t *testing.T) {
	withSeed(t, func(t *testing.T, s *store.Store, p seed) {
		ctx := t.Context()
		other := store.Project{Name: "Shop-batch", Service: "shop", Shard: "spare"}
		require.NoError(t, s.CreateProject(ctx, &other))

		t.Run("are listed by name and filtered", func(t *testing.T) {
			list := named(t, func(p store.Project) string { return p.Name })
			assert.Equal(t, []string{"Shop-batch", "shop-api"}, list(s.Projects(ctx, store.ProjectFilter{})))
			assert.Equal(t, []string{"shop-api"}, list(s.Projects(ctx, store.ProjectFilter{Name: "shop-api"})))
			assert.Equal(t, []string{"Shop-batch", "shop-api"}, list(s.Projects(ctx, store.ProjectFilter{Service: "shop"})))
			assert.Equal(t, []string{"Shop-batch"}, list(s.Projects(ctx, store.ProjectFilter{Shard: "spare"})))
			assert.Equal(t, []string{"shop-api"}, list(s.Projects(ctx, store.ProjectFilter{Enabled: ptr(true)})))
			assert.Empty(t, list(s.Projects(ctx, store.ProjectFilter{Service: "shop", Shard: "closed"})))
		})
		t.Run("description and owner touch no list", func(t *testing.T) {
			e := journalled(t, s, "project.update", func(ctx context.Context) error {
				_, err := s.UpdateProject(ctx, p.project.ID, store.ProjectUpdate{Description: ptr("x"), Owner: ptr("y")})
				return err
			})
			assert.Zero(t, e.Touched)
		})
		t.Run("a disabled shard takes no projects but keeps those it has", func(t *testing.T) {
			text := `project shard "closed": is disabled and takes no new projects`
			create := func(ctx context.Context) error {
				return s.CreateProject(ctx, &store.Project{Name: "x", Service: "shop", Shard: "closed"})
			}
			refused(t, s, store.ErrConflict, text, create)
			var e *store.Error
			require.ErrorAs(t, create(ctx), &e)
			assert.NotEmpty(t, e.Hint)
			refused(t, s, store.ErrConflict, text, func(ctx context.Context) error {
				_, err := s.UpdateProject(ctx, p.project.ID, store.ProjectUpdate{Shard: ptr("closed")})
				return err
			})
			_, err := s.UpdateShard(ctx, p.spare.ID, store.ShardUpdate{Enabled: ptr(false)})
			require.NoError(t, err)
			_, err = s.UpdateProject(ctx, other.ID, store.ProjectUpdate{Shard: ptr("spare"), Enabled: ptr(true)})
			require.NoError(t, err)
		})
		t.Run("move to what is not there is refused", func(t *testing.T) {
			for text, u := range map[string]store.ProjectUpdate{
				`project shard "nope": there is no such shard`:     {Shard: ptr("nope")},
				`project service "nope": there is no such service`: {Service: ptr("nope")},
			} {
				refused(t, s, store.ErrNotFound, text, func(ctx context.Context) error {
					_, err := s.UpdateProject(ctx, p.project.ID, u)
					return err
				})
			}
		})
		t.Run("delete says what hangs on a project, and cascades", func(t *testing.T) {
			refused(t, s, store.ErrConflict, `project "shop-api": would also delete 1 farm, 1 host, 1 exporter, 1 URL; say cascade to do it`,
				func(ctx context.Context) error { return s.DeleteProject(ctx, p.project.ID, store.DeleteOptions{}) })
			e := journalled(t, s, "project.delete", func(ctx context.Context) error {
				return s.DeleteProject(ctx, p.project.ID, store.DeleteOptions{Cascade: true})
			})
			assert.Equal(t, []string{"url", "exporter", "host", "farm", "project"}, nouns(e))
			assert.Equal(t, store.Touched{Projects: []int64{p.project.ID}}, e.Touched)
		})
		t.Run("an empty farm counts", func(t *testing.T) {
			require.NoError(t, s.CreateFarm(ctx, &store.Farm{Name: "f", Project: other.Name}))
			refused(t, s, store.ErrConflict, `would also delete 1 farm; say cascade to do it`,
				func(ctx context.Context) error { return s.DeleteProject(ctx, other.ID, store.DeleteOptions{}) })
		})
	})
}
