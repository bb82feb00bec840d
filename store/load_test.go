package store_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

// replica is a Sink that keeps everything, and takes in changes as a publisher does.
type replica struct {
	directory store.Directory
	services  map[int64]store.Service
	projects  map[int64]store.ProjectRows
	// order are the projects' ids as they came.
	order []int64
}

func newReplica() *replica {
	return &replica{services: map[int64]store.Service{}, projects: map[int64]store.ProjectRows{}}
}

func (r *replica) Directory(d store.Directory) error { r.directory = d; return nil }

func (r *replica) Service(s store.Service) error { r.services[s.ID] = s; return nil }

func (r *replica) Project(p *store.ProjectRows) error {
	r.projects[p.ID] = *p
	r.order = append(r.order, p.ID)
	return nil
}

func (r *replica) apply(c store.Changes) {
	if c.Directory != nil {
		r.directory = *c.Directory
	}
	for id, s := range c.Services {
		if delete(r.services, id); s != nil {
			r.services[id] = *s
		}
	}
	for id, p := range c.Projects {
		if delete(r.projects, id); p != nil {
			r.projects[id] = *p
		}
	}
}

func load(t *testing.T, s *store.Store) (*replica, store.Revision) {
	t.Helper()
	r := newReplica()
	at, err := s.Load(t.Context(), r)
	require.NoError(t, err)
	return r, at
}

// create makes a small inventory: two shards, two services, and a project of each kind.
func create(t *testing.T, s *store.Store) {
	t.Helper()
	ctx := t.Context()
	no := false
	require.NoError(t, errors.Join(
		s.CreateShard(ctx, &store.Shard{Name: "tokyo", Enabled: true}),
		s.CreateShard(ctx, &store.Shard{Name: "osaka", Enabled: true}),
		s.CreateServer(ctx, &store.Server{Host: "prometheus001", Port: 9090, Shard: "tokyo"}),
		s.CreateService(ctx, &store.Service{Name: "shop", Labels: store.Labels{"team": "a"}}),
		s.CreateService(ctx, &store.Service{Name: "bank"}),
		s.CreateProbe(ctx, &store.Probe{Module: "http_2xx"}),
		s.CreateProject(ctx, &store.Project{
			Name: "web", Service: "shop", Shard: "tokyo", Enabled: true, Labels: store.Labels{"tier": "1"},
		}),
		s.CreateFarm(ctx, &store.Farm{Name: "web-farm", Project: "web"}),
		s.CreateHost(ctx, &store.Host{Name: "b", Project: "web", Enabled: true}),
		s.CreateHost(ctx, &store.Host{Name: "a", Project: "web", Enabled: true, Labels: store.Labels{"rack": "r1"}}),
		s.CreateHost(ctx, &store.Host{Name: "B", Project: "web", Enabled: true}),
		s.CreateHost(ctx, &store.Host{Name: "c", Project: "web"}),
		s.CreateExporter(ctx, &store.Exporter{
			Job: "node", Port: 9100, Project: "web", Enabled: true, Labels: store.Labels{"x": "y"},
			ScrapeInterval: model.Duration(time.Minute), ScrapeTimeout: model.Duration(10 * time.Second),
		}),
		s.CreateExporter(ctx, &store.Exporter{Job: "jmx", Port: 8080, Path: "/m?a=b", Scheme: "https", Project: "web", Enabled: true}),
		s.CreateExporter(ctx, &store.Exporter{Job: "off", Port: 1, Project: "web"}),
		s.CreateURL(ctx, &store.URL{URL: "https://shop.example/", Project: "web", Probe: "http_2xx"}),
		s.CreateProject(ctx, &store.Project{Name: "asleep", Service: "shop", Shard: "tokyo", Enabled: true}),
		s.CreateHost(ctx, &store.Host{Name: "z", Project: "asleep", Enabled: true}),
		s.CreateExporter(ctx, &store.Exporter{Job: "node", Port: 9100, Project: "asleep", Enabled: true}),
		s.CreateURL(ctx, &store.URL{URL: "https://asleep.example/", Project: "asleep", Probe: "http_2xx"}),
		s.CreateProject(ctx, &store.Project{Name: "bare", Service: "bank", Shard: "osaka", Enabled: true}),
	))
	projects, err := s.Projects(ctx, store.ProjectFilter{Name: "asleep"})
	require.NoError(t, err)
	_, err = s.UpdateProject(ctx, projects[0].ID, store.ProjectUpdate{Enabled: &no})
	require.NoError(t, err)
}

func TestLoad(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		create(t, s)
		got, at := load(t, s)
		now, err := s.Revision(t.Context())
		require.NoError(t, err)
		require.Equal(t, now, at)

		require.Equal(t, []string{"osaka", "tokyo"}, []string{got.directory.Shards[0].Name, got.directory.Shards[1].Name})
		require.Equal(t, "tokyo", got.directory.Servers[0].Shard)
		require.Len(t, got.services, 2)
		require.Equal(t, []int64{1, 2, 3}, got.order, "projects ascend by id")
		require.Equal(t, map[int64]store.ProjectRows{
			1: {
				ID: 1, Name: "web", Labels: store.Labels{"tier": "1"},
				ServiceID: 1, Service: "shop", ServiceLabels: store.Labels{"team": "a"},
				ShardID: 1, Shard: "tokyo", Farm: "web-farm", FarmSource: store.DefaultFarmSource,
				Hosts: []store.HostRow{{Name: "B"}, {Name: "a", Labels: store.Labels{"rack": "r1"}}, {Name: "b"}},
				Exporters: []store.ExporterRow{
					{
						ID: 1, Job: "node", Port: 9100, Scheme: "http", Labels: store.Labels{"x": "y"},
						ScrapeInterval: model.Duration(time.Minute), ScrapeTimeout: model.Duration(10 * time.Second),
					},
					{ID: 2, Job: "jmx", Port: 8080, Path: "/m?a=b", Scheme: "https"},
				},
				URLs: []store.URLRow{{ProbeID: 1, Module: "http_2xx", URL: "https://shop.example/"}},
			},
			2: {
				ID: 2, Name: "asleep", ServiceID: 1, Service: "shop", ServiceLabels: store.Labels{"team": "a"},
				ShardID: 1, Shard: "tokyo", Farm: "asleep", FarmSource: store.DefaultFarmSource,
			},
			3: {ID: 3, Name: "bare", ServiceID: 2, Service: "bank", ShardID: 2, Shard: "osaka"},
		}, got.projects)
	})
}

// stoppingSink calls fn at its first project.
type stoppingSink struct {
	*replica
	fn func() error
}

func (s *stoppingSink) Project(p *store.ProjectRows) error {
	fn := s.fn
	s.fn = func() error { return nil }
	return errors.Join(s.replica.Project(p), fn())
}

func TestLoadSeesOneState(t *testing.T) {
	storetest.RunURL(t, func(t *testing.T, u string) {
		s, other := storetest.Open(t, u), storetest.Open(t, u)
		require.NoError(t, store.Fill(t.Context(), s, store.Size{Shards: 2, Services: 3, Projects: 50, Hosts: 5000, Exporters: 100}))
		before, _ := load(t, s)
		during := &stoppingSink{replica: newReplica(), fn: func() error {
			return errors.Join(
				other.CreateHost(t.Context(), &store.Host{Name: "new", Project: "project49", Enabled: true}),
				other.DeleteProject(t.Context(), 48, store.DeleteOptions{Cascade: true}))
		}}
		at, err := s.Load(t.Context(), during)
		require.NoError(t, err)
		require.EqualValues(t, 1, at.Number)
		require.Equal(t, before.projects, during.projects)

		after, at := load(t, s)
		require.EqualValues(t, 3, at.Number)
		require.NotEqual(t, before.projects, after.projects)
	})
}

func TestLoadEndsWithItsSinkOrContext(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		require.NoError(t, store.Fill(t.Context(), s, store.Size{Shards: 2, Services: 3, Projects: 50, Hosts: 5000, Exporters: 100}))
		full := errors.New("full")
		_, err := s.Load(t.Context(), &stoppingSink{newReplica(), func() error { return full }})
		require.ErrorIs(t, err, full)

		ctx, cancel := context.WithCancel(t.Context())
		_, err = s.Load(ctx, &stoppingSink{newReplica(), func() error { cancel(); return nil }})
		require.ErrorIs(t, err, context.Canceled, "a part is never taken for the whole")
		got, _ := load(t, s)
		require.Len(t, got.projects, 50)
	})
}

// TestChangesAddUpToALoad makes random writes, takes in their changes, and compares with a full load.
func TestChangesAddUpToALoad(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		create(t, s)
		seed := rand.Uint64()
		t.Logf("seed %d", seed)
		random := rand.New(rand.NewPCG(seed, 0))
		have, at := load(t, s)
		for range 25 {
			for range random.IntN(4) {
				mutate(t, s, random)
			}
			c, err := s.Changes(t.Context(), at)
			require.NoError(t, err)
			require.False(t, c.Reload)
			have.apply(c)
			at = c.Revision

			want, now := load(t, s)
			require.Equal(t, now, at)
			require.Equal(t, want.directory, have.directory)
			require.Equal(t, want.services, have.services)
			require.Equal(t, want.projects, have.projects)
		}
	})
}

// mutate makes one random write, which may be refused.
func mutate(t *testing.T, s *store.Store, random *rand.Rand) {
	ctx := t.Context()
	name := fmt.Sprintf("n%d", random.IntN(30))
	id := func(most int64) int64 { return 1 + random.Int64N(most) }
	flip := random.IntN(2) == 0
	labels := store.Labels{"k": name}
	writes := []func() error{
		func() error {
			return s.CreateProject(ctx, &store.Project{Name: name, Service: "shop", Shard: "osaka", Enabled: true})
		},
		func() error { return s.CreateHost(ctx, &store.Host{Name: name, Project: "web", Enabled: flip}) },
		func() error { return s.DeleteHost(ctx, id(8), store.DeleteOptions{}) },
		func() error { _, err := s.UpdateHost(ctx, id(8), store.HostUpdate{Enabled: &flip}); return err },
		func() error { return s.DeleteProject(ctx, id(6), store.DeleteOptions{Cascade: true}) },
		func() error { _, err := s.UpdateProject(ctx, id(6), store.ProjectUpdate{Name: &name}); return err },
		func() error { _, err := s.UpdateProject(ctx, id(6), store.ProjectUpdate{Enabled: &flip}); return err },
		func() error {
			_, err := s.UpdateService(ctx, id(2), store.ServiceUpdate{Name: &name, Labels: &labels})
			return err
		},
		func() error { _, err := s.UpdateShard(ctx, id(2), store.ShardUpdate{Name: &name}); return err },
		func() error { _, err := s.UpdateExporter(ctx, id(5), store.ExporterUpdate{Job: &name}); return err },
		func() error { _, err := s.UpdateExporter(ctx, id(5), store.ExporterUpdate{Enabled: &flip}); return err },
		func() error { _, err := s.UpdateFarm(ctx, id(2), store.FarmUpdate{Name: &name}); return err },
		func() error { _, err := s.UpdateProbe(ctx, 1, store.ProbeUpdate{Module: &name}); return err },
		func() error { _, err := s.RegisterServer(ctx, name, "prometheus001", 9090); return err },
		func() error { return s.CreateService(ctx, &store.Service{Name: name}) },
		func() error { return s.DeleteService(ctx, id(8), store.DeleteOptions{}) },
		func() error {
			return s.CreateURL(ctx, &store.URL{URL: "http://" + name + "/", Project: "web", Probe: "http_2xx"})
		},
	}
	err := writes[random.IntN(len(writes))]()
	for _, refusal := range []error{store.ErrConflict, store.ErrNotFound} {
		if errors.Is(err, refusal) {
			return
		}
	}
	require.NoError(t, err)
}

func TestChangesAsksForAReload(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		require.NoError(t, store.Fill(t.Context(), s, store.Size{Shards: 2, Services: 3, Projects: 1000, Hosts: 1000, Exporters: 1000}))
		touch := func(projects ...int64) {
			_, err := store.Write(t.Context(), s, func(tx store.Tx) error { return tx.Record(projects...) })
			require.NoError(t, err)
		}
		for range 5 {
			touch(7)
		}
		at, err := s.Revision(t.Context())
		require.NoError(t, err)
		ids := func(n int64) []int64 {
			list := make([]int64, n)
			for i := range list {
				list[i] = int64(i) + 1
			}
			return list
		}
		changes := func(since store.Revision) store.Changes {
			c, err := s.Changes(t.Context(), since)
			require.NoError(t, err)
			now, err := s.Revision(t.Context())
			require.NoError(t, err)
			require.Equal(t, now, c.Revision)
			return c
		}
		reload := func(since store.Revision) bool {
			c := changes(since)
			if c.Reload {
				require.Equal(t, store.Changes{Revision: c.Revision, Reload: true}, c, "the other fields are empty")
			}
			return c.Reload
		}

		require.False(t, reload(at))
		require.False(t, reload(store.Revision{Epoch: at.Epoch, Number: 2}))
		require.True(t, reload(store.Revision{Epoch: "another", Number: at.Number}), "the epoch is another")
		require.True(t, reload(store.Revision{}), "nothing was loaded yet")
		require.True(t, reload(store.Revision{Epoch: at.Epoch, Number: at.Number + 1}), "the database went back in time")

		touch(ids(250)...)
		require.Len(t, changes(at).Projects, 250, "a quarter of all projects")
		touch(251)
		require.True(t, reload(at), "more than a quarter")

		at.Number++
		require.Len(t, changes(at).Projects, 1)
		require.NoError(t, store.Exec(t.Context(), s, `DELETE FROM journal WHERE revision = 3`))
		require.True(t, reload(store.Revision{Epoch: at.Epoch, Number: 2}), "an entry is missing")
		require.False(t, reload(store.Revision{Epoch: at.Epoch, Number: 7}), "and not needed here")
	})
}

func TestChangesNamesWhatIsGone(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		create(t, s)
		_, at := load(t, s)
		require.NoError(t, s.DeleteService(t.Context(), 1, store.DeleteOptions{Cascade: true}))
		c, err := s.Changes(t.Context(), at)
		require.NoError(t, err)
		require.Equal(t, map[int64]*store.Service{1: nil}, c.Services)
		require.Equal(t, map[int64]*store.ProjectRows{1: nil, 2: nil}, c.Projects)
		require.Nil(t, c.Directory, "no shard was touched")
	})
}

func TestChangesOfManyProjects(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		require.NoError(t, store.Fill(t.Context(), s, store.Size{Shards: 2, Services: 3, Projects: 6000, Hosts: 12_000, Exporters: 6000}))
		want, at := load(t, s)
		var ids []int64
		for id := range int64(1200) {
			ids = append(ids, 1+5*id)
		}
		_, err := store.Write(t.Context(), s, func(tx store.Tx) error { return tx.Record(ids...) })
		require.NoError(t, err)
		c, err := s.Changes(t.Context(), at)
		require.NoError(t, err)
		require.Len(t, c.Projects, len(ids))
		for _, id := range ids {
			require.Equal(t, want.projects[id], *c.Projects[id])
		}
	})
}
