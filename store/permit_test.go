package store_test

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

// scenery adds to the seed a second service with a project on a second shard.
func scenery(t *testing.T, s *store.Store) {
	t.Helper()
	ctx := t.Context()
	require.NoError(t, s.CreateService(ctx, &store.Service{Name: "mail"}))
	require.NoError(t, s.CreateProject(ctx, &store.Project{Name: "mail-in", Service: "mail", Shard: "spare", Enabled: true}))
	require.NoError(t, s.CreateHost(ctx, &store.Host{Name: "mx1", Project: "mail-in", Enabled: true}))
	require.NoError(t, s.CreateExporter(ctx, &store.Exporter{Job: "smtp", Port: 25, Project: "mail-in"}))
	require.NoError(t, s.CreateURL(ctx, &store.URL{URL: "https://mail.example/", Project: "mail-in", Probe: "http_2xx"}))
	require.NoError(t, s.CreateServer(ctx, &store.Server{Host: "prom2", Port: 9090, Shard: "spare"}))
}

// rights are those of an editor on something.
func rights(t *testing.T, s *store.Store, on, name string) *store.Rights {
	t.Helper()
	p, _ := token(t, s, on+"-"+name, store.Grant{Role: store.RoleEditor, On: on, Name: name})
	r := store.RightsOf(p.Grants)
	return &r
}

// attempt is a write, and which editors may do it.
type attempt struct {
	name string
	do   func(ctx context.Context, s *store.Store) error
	may  []string
}

const (
	onShop  = "service shop"
	onAPI   = "project shop-api"
	onProd  = "shard prod"
	onSpare = "shard spare"
	onMail  = "service mail"
	onAll   = "everything "
)

func attempts(p seed) []attempt {
	project := func(u store.ProjectUpdate) func(ctx context.Context, s *store.Store) error {
		return func(ctx context.Context, s *store.Store) error {
			_, err := s.UpdateProject(ctx, p.project.ID, u)
			return err
		}
	}
	text, spare, mail := "x", "spare", "mail"
	list := []attempt{
		{"change a shard", func(ctx context.Context, s *store.Store) error {
			_, err := s.UpdateShard(ctx, p.shard.ID, store.ShardUpdate{URL: ptr("http://x.example")})
			return err
		}, []string{onProd}},
		{"create a shard", func(ctx context.Context, s *store.Store) error {
			return s.CreateShard(ctx, &store.Shard{Name: "new"})
		}, nil},
		{"create a service", func(ctx context.Context, s *store.Store) error {
			return s.CreateService(ctx, &store.Service{Name: "new"})
		}, nil},
		{"create a probe", func(ctx context.Context, s *store.Store) error {
			return s.CreateProbe(ctx, &store.Probe{Module: "new"})
		}, nil},
		{"create a default exporter", func(ctx context.Context, s *store.Store) error {
			return s.CreateDefaultExporter(ctx, &store.DefaultExporter{Job: "new", Port: 1})
		}, nil},
		{"register a server", func(ctx context.Context, s *store.Store) error {
			_, err := s.RegisterServer(ctx, "prod", "prom9", 9090)
			return err
		}, []string{onProd}},
		{"take a server from another shard", func(ctx context.Context, s *store.Store) error {
			_, err := s.RegisterServer(ctx, "prod", "prom2", 9090)
			return err
		}, nil},
		{"describe a project", project(store.ProjectUpdate{Description: &text}), []string{onShop, onAPI, onProd}},
		{"move a project to another shard", project(store.ProjectUpdate{Shard: &spare}), []string{onShop}},
		{"move a project to another service", project(store.ProjectUpdate{Service: &mail}), []string{onProd}},
		{"move a project away altogether", project(store.ProjectUpdate{Service: &mail, Shard: &spare}), nil},
		{"create a project", func(ctx context.Context, s *store.Store) error {
			return s.CreateProject(ctx, &store.Project{Name: "new", Service: "shop", Shard: "prod"})
		}, []string{onShop, onProd}},
		{"delete a project", func(ctx context.Context, s *store.Store) error {
			return s.DeleteProject(ctx, p.project.ID, store.DeleteOptions{Cascade: true})
		}, []string{onShop, onAPI, onProd}},
		{"delete a service", func(ctx context.Context, s *store.Store) error {
			return s.DeleteService(ctx, p.service.ID, store.DeleteOptions{Cascade: true})
		}, []string{onShop}},
		{"delete a shard", func(ctx context.Context, s *store.Store) error {
			return s.DeleteShard(ctx, p.shard.ID, store.DeleteOptions{Cascade: true})
		}, []string{onProd}},
		{"delete a probe with all its URLs", func(ctx context.Context, s *store.Store) error {
			return s.DeleteProbe(ctx, p.probe.ID, store.DeleteOptions{Cascade: true})
		}, nil},
		{"add a host", func(ctx context.Context, s *store.Store) error {
			_, _, err := s.RegisterHost(ctx, "shop-api", "web9")
			return err
		}, []string{onShop, onAPI, onProd}},
		{"add a host to another's project", func(ctx context.Context, s *store.Store) error {
			_, _, err := s.RegisterHost(ctx, "mail-in", "web9")
			return err
		}, []string{onMail, onSpare}},
		{"delete a farm", func(ctx context.Context, s *store.Store) error {
			return s.DeleteFarm(ctx, p.farm.ID, store.DeleteOptions{Cascade: true})
		}, []string{onShop, onAPI, onProd}},
		{"change an exporter", func(ctx context.Context, s *store.Store) error {
			_, err := s.UpdateExporter(ctx, p.app.ID, store.ExporterUpdate{Enabled: ptr(false)})
			return err
		}, []string{onShop, onAPI, onProd}},
		{"delete a URL", func(ctx context.Context, s *store.Store) error {
			return s.DeleteURL(ctx, p.url.ID, store.DeleteOptions{})
		}, []string{onShop, onAPI, onProd}},
		{"import into a project", importGroup("shop", "shop-api", "prod"), []string{onShop, onAPI, onProd}},
		{"import a new project", importGroup("shop", "new", "prod"), []string{onShop, onProd}},
		{"import a new service", importGroup("new", "new", "prod"), nil},
	}
	for i := range list {
		list[i].may = append(list[i].may, onAll)
	}
	return append(list, attempt{"create a token", func(ctx context.Context, s *store.Store) error {
		_, err := s.CreatePrincipal(ctx, &store.Principal{Kind: "token", Name: "mine", Grants: []store.Grant{adminGrant}})
		return err
	}, nil})
}

func importGroup(service, project, shard string) func(ctx context.Context, s *store.Store) error {
	return func(ctx context.Context, s *store.Store) error {
		farm := project
		if project == "shop-api" {
			farm = "api-farm"
		}
		group := store.ImportGroup{Targets: []string{"new1:8080"}, Labels: map[string]string{
			"service": service, "project": project, "__shard": shard, "farm": farm, "job": "app", "__metrics_path__": "/metrics",
		}}
		_, err := s.Import(ctx, func(yield func(store.ImportGroup, error) bool) { yield(group, nil) }, store.ImportOptions{})
		return err
	}
}

// editorsOf creates an editor on each thing that attempts name.
func editorsOf(t *testing.T, s *store.Store) map[string]*store.Rights {
	t.Helper()
	return map[string]*store.Rights{
		onShop: rights(t, s, "service", "shop"), onAPI: rights(t, s, "project", "shop-api"), onMail: rights(t, s, "service", "mail"),
		onProd: rights(t, s, "shard", "prod"), onSpare: rights(t, s, "shard", "spare"), onAll: rights(t, s, "everything", ""),
	}
}

// TestEditorsWriteWhereTheyMay tries every write in the name of every editor: first of those who may not, which must
// change nothing, then of those who may, each on an inventory of its own.
func TestEditorsWriteWhereTheyMay(t *testing.T) {
	for kind, open := range map[string]func(testing.TB) *store.Store{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		for i := range attempts(seed{}) {
			t.Run(kind+"/"+attempts(seed{})[i].name, func(t *testing.T) {
				s := open(t)
				p := plant(t, s)
				scenery(t, s)
				a := attempts(p)[i]
				editors := editorsOf(t, s)
				for who, r := range editors {
					if !slices.Contains(a.may, who) {
						refused(t, s, store.ErrForbidden, "token:"+who+" may not write", func(ctx context.Context) error {
							return a.do(store.WithRights(store.WithActor(ctx, "token:"+who), r), s)
						})
					}
				}
				for n, who := range a.may {
					if n > 0 {
						s = storetest.SQLite(t)
						p = plant(t, s)
						scenery(t, s)
						a, editors = attempts(p)[i], editorsOf(t, s)
					}
					require.NoError(t, a.do(store.WithRights(t.Context(), editors[who]), s), who)
				}
			})
		}
	}
}

// TestNobodyWritesWithoutRights is about a caller who may only read.
func TestNobodyWritesWithoutRights(t *testing.T) {
	withSeed(t, func(t *testing.T, s *store.Store, p seed) {
		scenery(t, s)
		r := store.RightsOf([]store.Grant{{Role: store.RoleViewer, On: store.Everything}, {Role: store.RoleReader, On: "shard", ID: p.shard.ID}})
		for _, a := range attempts(p) {
			refused(t, s, store.ErrForbidden, "may not write", func(ctx context.Context) error {
				return a.do(store.WithRights(ctx, &r), s)
			})
		}
	})
}

func TestRightsOfRoles(t *testing.T) {
	shard := store.Place{Service: 7, Project: 8, Shard: 9}
	for role, want := range map[store.Role][4]bool{
		store.RoleReader: {true, false, false, false},
		store.RoleViewer: {true, true, false, false},
		store.RoleEditor: {true, true, true, false},
		store.RoleAdmin:  {true, true, true, true},
		"god":            {},
	} {
		r := store.RightsOf([]store.Grant{{Role: role, On: store.Everything}})
		require.Equal(t, want, [4]bool{r.Lists.Covers(shard), r.View.Covers(shard), r.Edit.Covers(shard), r.Admin}, role)
	}
	for _, g := range []store.Grant{
		{Role: store.RoleEditor, On: "service", ID: 7}, {Role: store.RoleEditor, On: "project", ID: 8}, {Role: store.RoleEditor, On: "shard", ID: 9},
	} {
		r := store.RightsOf([]store.Grant{g})
		require.True(t, r.Edit.Covers(shard), g)
		require.False(t, r.Edit.Covers(store.Place{Service: 8, Project: 9, Shard: 7}), g)
		require.False(t, r.Edit.Covers(store.Place{}), "what belongs to everybody is not in reach of %s", g)
	}
}
