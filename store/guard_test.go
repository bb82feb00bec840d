package store_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

// guarded is an inventory of two shards: "prod" with 100 targets, in three projects of 50, 30 and 20, and "spare" with 20.
type guardedFleet struct {
	prod, spare           store.Shard
	big, middle, small    store.Project
	bigHosts, middleHosts []store.Host
	exporter              store.Exporter // of big
}

func plantGuarded(t *testing.T, s *store.Store) (f guardedFleet) {
	t.Helper()
	ctx := t.Context()
	f.prod, f.spare = store.Shard{Name: "prod", Enabled: true}, store.Shard{Name: "spare", Enabled: true}
	require.NoError(t, s.CreateShard(ctx, &f.prod))
	require.NoError(t, s.CreateShard(ctx, &f.spare))
	require.NoError(t, s.CreateService(ctx, &store.Service{Name: "shop"}))
	require.NoError(t, s.CreateProbe(ctx, &store.Probe{Module: "http_2xx"}))
	project := func(name, shard string, hosts int) store.Project {
		p := store.Project{Name: name, Service: "shop", Shard: shard, Enabled: true}
		require.NoError(t, s.CreateProject(ctx, &p))
		_, err := s.SetHosts(ctx, p.ID, store.SetHosts{Add: hostsNamed(name, hosts)})
		require.NoError(t, err)
		e := store.Exporter{Job: "node", Port: 9100, Project: name, Enabled: true}
		require.NoError(t, s.CreateExporter(ctx, &e))
		if name == "big" {
			f.exporter = e
		}
		return p
	}
	f.big, f.middle, f.small = project("big", "prod", 50), project("middle", "prod", 30), project("small", "prod", 20)
	project("other", "spare", 20)
	var err error
	f.bigHosts, err = s.Hosts(ctx, store.HostFilter{Project: "big"})
	require.NoError(t, err)
	f.middleHosts, err = s.Hosts(ctx, store.HostFilter{Project: "middle"})
	require.NoError(t, err)
	return f
}

func hostsNamed(prefix string, n int) (hosts []store.Host) {
	for i := range n {
		hosts = append(hosts, store.Host{Name: fmt.Sprintf("%s-%03d", prefix, i), Enabled: true})
	}
	return hosts
}

func namesOf(hosts []store.Host) (names []string) {
	for _, h := range hosts {
		names = append(names, h.Name)
	}
	return names
}

// asked demands that the guard refuses the write, which changes nothing, and returns what it says.
func asked(t *testing.T, s *store.Store, write func(ctx context.Context) error) *store.GuardError {
	t.Helper()
	before := everything(t, s)
	err := write(t.Context())
	require.ErrorIs(t, err, store.ErrGuarded)
	require.ErrorIs(t, err, store.ErrConflict)
	require.Equal(t, before, everything(t, s))
	var g *store.GuardError
	require.ErrorAs(t, err, &g)
	return g
}

func withGuarded(t *testing.T, o store.GuardOptions, fn func(t *testing.T, s *store.Store, f guardedFleet)) {
	t.Helper()
	storetest.RunURL(t, func(t *testing.T, u string) {
		s := storetest.OpenWith(t, u, store.Options{Guard: o})
		fn(t, s, plantGuarded(t, s))
	})
}

func TestGuardAsksAndIsTold(t *testing.T) {
	withGuarded(t, store.GuardOptions{}, func(t *testing.T, s *store.Store, f guardedFleet) {
		remove := func(ctx context.Context) error {
			return s.DeleteProject(ctx, f.big.ID, store.DeleteOptions{Cascade: true})
		}
		g := asked(t, s, remove)
		require.Equal(t, []store.ShardRemoval{{
			ShardID: f.prod.ID, Shard: "prod", Targets: 100, Removed: 50, MaxRemoval: 30,
			Projects: []store.ProjectRemoval{{Service: "shop", Project: "big", Removed: 50}},
		}}, g.Shards)
		require.Regexp(t, `^[0-9a-f]{32}$`, g.Digest)
		require.EqualError(t, g, `guard: would take away 50 of the 100 targets of shard "prod", more than 30 %: `+
			`50 of project "big" in service "shop"; repeated with the confirmation `+g.Digest+` it is done`)
		require.Equal(t, g.Digest, asked(t, s, remove).Digest, "the same removals have the same digest")

		t.Run("another digest is refused, and said to be another", func(t *testing.T) {
			err := remove(store.WithConfirm(t.Context(), "0123"))
			require.ErrorIs(t, err, store.ErrGuarded)
			require.ErrorContains(t, err, "that is not what was confirmed")
		})
		t.Run("a change in between asks again", func(t *testing.T) {
			require.NoError(t, s.DeleteHost(t.Context(), f.bigHosts[0].ID, store.DeleteOptions{}))
			again := asked(t, s, func(context.Context) error { return remove(store.WithConfirm(t.Context(), g.Digest)) })
			require.NotEqual(t, g.Digest, again.Digest)
			require.EqualValues(t, 49, again.Shards[0].Removed)
			g = again
		})
		t.Run("a change elsewhere does not", func(t *testing.T) {
			require.NoError(t, s.DeleteHost(t.Context(), f.middleHosts[0].ID, store.DeleteOptions{}))
			require.Equal(t, g.Digest, asked(t, s, remove).Digest)
		})
		t.Run("the digest does it, and the journal has it", func(t *testing.T) {
			var r store.Receipt
			e := journalled(t, s, "project.delete", func(ctx context.Context) error {
				return remove(store.WithReceipt(store.WithConfirm(ctx, g.Digest), &r))
			})
			require.NotNil(t, e.Confirmed)
			require.True(t, e.Confirmed.Confirmed)
			require.Equal(t, g.Digest, e.Confirmed.Digest)
			require.EqualValues(t, 49, e.Confirmed.Shards[0].Removed)
			require.Equal(t, e.Confirmed.Shards, r.Guard.Shards)
		})
		t.Run("small writes have nothing to confirm", func(t *testing.T) {
			e := journalled(t, s, "host.delete", func(ctx context.Context) error {
				return s.DeleteHost(ctx, f.middleHosts[1].ID, store.DeleteOptions{})
			})
			require.Nil(t, e.Confirmed)
		})
	})
}

func TestGuardThresholds(t *testing.T) {
	remove := func(s *store.Store, f guardedFleet, n int) func(ctx context.Context) error {
		return func(ctx context.Context) error {
			_, err := s.SetHosts(ctx, f.big.ID, store.SetHosts{Remove: namesOf(f.bigHosts[:n])})
			return err
		}
	}
	withGuarded(t, store.GuardOptions{}, func(t *testing.T, s *store.Store, f guardedFleet) {
		t.Run("more than the share is asked about, the share is not", func(t *testing.T) {
			dry := store.WithDryRun(t.Context())
			require.EqualValues(t, 31, asked(t, s, remove(s, f, 31)).Shards[0].Removed)
			require.NoError(t, remove(s, f, 30)(dry))
		})
		t.Run("fewer than the least are not asked about, whatever their share", func(t *testing.T) {
			other, err := s.Projects(t.Context(), store.ProjectFilter{Name: "other"})
			require.NoError(t, err)
			set := func(keep int) func(ctx context.Context) error {
				return func(ctx context.Context) error {
					_, err := s.SetHosts(ctx, other[0].ID, store.SetHosts{Replace: ptr(hostsNamed("other", keep))})
					return err
				}
			}
			require.EqualValues(t, 20, asked(t, s, set(0)).Shards[0].Removed)
			require.NoError(t, set(1)(t.Context()))
			require.NoError(t, set(0)(t.Context()))
		})
		t.Run("a shard has a share of its own", func(t *testing.T) {
			_, err := s.UpdateShard(t.Context(), f.prod.ID, store.ShardUpdate{MaxRemoval: ptr(20)})
			require.NoError(t, err)
			require.Equal(t, 20, asked(t, s, remove(s, f, 21)).Shards[0].MaxRemoval)
			_, err = s.UpdateShard(t.Context(), f.prod.ID, store.ShardUpdate{MaxRemoval: ptr(100)})
			require.NoError(t, err)
			require.NoError(t, remove(s, f, 50)(t.Context()), "100 is off")
		})
	})
	t.Run("with other options", func(t *testing.T) {
		withGuarded(t, store.GuardOptions{MaxRemoval: 2, MinTargets: 3}, func(t *testing.T, s *store.Store, f guardedFleet) {
			require.NoError(t, remove(s, f, 2)(t.Context()))
			_ = asked(t, s, remove(s, f, 5))
		})
		withGuarded(t, store.GuardOptions{MaxRemoval: 100}, func(t *testing.T, s *store.Store, f guardedFleet) {
			_, err := s.UpdateShard(t.Context(), f.spare.ID, store.ShardUpdate{MaxRemoval: ptr(99)})
			require.NoError(t, err)
			service, err := s.Services(t.Context(), store.ServiceFilter{})
			require.NoError(t, err)
			g := asked(t, s, func(ctx context.Context) error {
				return s.DeleteService(ctx, service[0].ID, store.DeleteOptions{Cascade: true})
			})
			require.Len(t, g.Shards, 1, "what is off for one shard is on for another")
			require.Equal(t, "spare", g.Shards[0].Shard)
			require.NoError(t, s.DeleteShard(t.Context(), f.prod.ID, store.DeleteOptions{Cascade: true}))
		})
	})
	t.Run("out of their range", func(t *testing.T) {
		u := storetest.SQLiteURL(t)
		for text, o := range map[string]store.GuardOptions{
			`guard max_removal "101"`: {MaxRemoval: 101}, `guard max_removal "-1"`: {MaxRemoval: -1}, `guard min_targets "-1"`: {MinTargets: -1},
		} {
			_, err := store.Open(t.Context(), u, store.Options{Guard: o})
			require.ErrorIs(t, err, store.ErrInvalid)
			require.ErrorContains(t, err, text)
		}
	})
}

func TestGuardCountsWhatLeavesAShard(t *testing.T) {
	withGuarded(t, store.GuardOptions{}, func(t *testing.T, s *store.Store, f guardedFleet) {
		project := func(u store.ProjectUpdate) func(ctx context.Context) error {
			return func(ctx context.Context) error { _, err := s.UpdateProject(ctx, f.big.ID, u); return err }
		}
		exporter := func(u store.ExporterUpdate) func(ctx context.Context) error {
			return func(ctx context.Context) error { _, err := s.UpdateExporter(ctx, f.exporter.ID, u); return err }
		}
		for name, write := range map[string]func(ctx context.Context) error{
			"a project that is disabled":      project(store.ProjectUpdate{Enabled: ptr(false)}),
			"a project that moves":            project(store.ProjectUpdate{Shard: ptr("spare")}),
			"an exporter that is disabled":    exporter(store.ExporterUpdate{Enabled: ptr(false)}),
			"an exporter on another port":     exporter(store.ExporterUpdate{Port: ptr(9101)}),
			"an exporter at another path":     exporter(store.ExporterUpdate{Path: ptr("/other")}),
			"an exporter with another scheme": exporter(store.ExporterUpdate{Scheme: ptr("https")}),
			"an exporter that is gone":        func(ctx context.Context) error { return s.DeleteExporter(ctx, f.exporter.ID, store.DeleteOptions{}) },
			"hosts that are replaced by others": func(ctx context.Context) error {
				_, err := s.SetHosts(ctx, f.big.ID, store.SetHosts{Replace: ptr(hostsNamed("else", 50))})
				return err
			},
			"hosts that are disabled": func(ctx context.Context) error {
				hosts := hostsNamed("big", 50)
				for i := range hosts {
					hosts[i].Enabled = false
				}
				_, err := s.SetHosts(ctx, f.big.ID, store.SetHosts{Replace: &hosts})
				return err
			},
			"a shard that is deleted": func(ctx context.Context) error {
				err := s.DeleteShard(ctx, f.prod.ID, store.DeleteOptions{Cascade: true})
				var g *store.GuardError
				if errors.As(err, &g) {
					require.Len(t, g.Shards[0].Projects, 3)
					g.Shards[0].Removed -= 50
				}
				return err
			},
		} {
			t.Run(name, func(t *testing.T) {
				g := asked(t, s, write)
				require.Len(t, g.Shards, 1)
				require.Equal(t, "prod", g.Shards[0].Shard)
				require.EqualValues(t, 50, g.Shards[0].Removed)
			})
		}
		for name, write := range map[string]func(ctx context.Context) error{
			"labels":                 project(store.ProjectUpdate{Labels: &store.Labels{"team": "a"}}),
			"names":                  project(store.ProjectUpdate{Name: ptr("large")}),
			"jobs":                   exporter(store.ExporterUpdate{Job: ptr("nodes")}),
			"the default path, said": exporter(store.ExporterUpdate{Path: ptr("/metrics")}),
			"a shard without new ones": func(ctx context.Context) error {
				_, err := s.UpdateShard(ctx, f.prod.ID, store.ShardUpdate{Enabled: ptr(false)})
				return err
			},
			"hosts that change project": func(ctx context.Context) error {
				_, err := store.Write(ctx, s, func(tx store.Tx) error { return tx.MoveHosts(ctx, f.bigHosts, f.middle) })
				return err
			},
		} {
			t.Run("but not "+name, func(t *testing.T) {
				var r store.Receipt
				require.NoError(t, write(store.WithReceipt(store.WithDryRun(t.Context()), &r)))
				require.NotEmpty(t, r.Changes)
				require.Nil(t, r.Guard)
			})
		}
	})
}

func TestDryRunSaysWhatTheGuardWouldAsk(t *testing.T) {
	withGuarded(t, store.GuardOptions{}, func(t *testing.T, s *store.Store, f guardedFleet) {
		var r store.Receipt
		idle(t, s, func(ctx context.Context) error {
			return s.DeleteProject(store.WithReceipt(store.WithDryRun(ctx), &r), f.big.ID, store.DeleteOptions{Cascade: true})
		})
		require.NotNil(t, r.Guard)
		require.False(t, r.Guard.Confirmed)
		g := asked(t, s, func(ctx context.Context) error {
			return s.DeleteProject(store.WithReceipt(ctx, &r), f.big.ID, store.DeleteOptions{Cascade: true})
		})
		require.Equal(t, g, r.Guard, "a receipt has the refusal too")
		require.NoError(t, s.DeleteProject(store.WithConfirm(t.Context(), g.Digest), f.big.ID, store.DeleteOptions{Cascade: true}))
	})
}

func TestGuardIsCounted(t *testing.T) {
	registry := prometheus.NewRegistry()
	s := storetest.OpenWith(t, storetest.SQLiteURL(t), store.Options{Registerer: registry})
	f := plantGuarded(t, s)
	counts := func() [2]float64 {
		return [2]float64{metric(t, registry, "promshard_guard_refused_total"), metric(t, registry, "promshard_guard_confirmed_total")}
	}
	require.Equal(t, [2]float64{0, 0}, counts())
	remove := func(ctx context.Context) error {
		return s.DeleteProject(ctx, f.big.ID, store.DeleteOptions{Cascade: true})
	}
	g := asked(t, s, remove)
	require.Equal(t, [2]float64{1, 0}, counts())
	require.NoError(t, remove(store.WithDryRun(t.Context())))
	require.NoError(t, remove(store.WithDryRun(store.WithConfirm(t.Context(), g.Digest))))
	require.Equal(t, [2]float64{1, 0}, counts(), "dry runs are not counted")
	require.NoError(t, remove(store.WithConfirm(t.Context(), g.Digest)))
	require.Equal(t, [2]float64{1, 1}, counts())
	n, err := testutil.GatherAndCount(registry, "promshard_store_writes_total")
	require.NoError(t, err)
	require.Equal(t, 5, n)
}

func metric(t *testing.T, g prometheus.Gatherer, name string) float64 {
	t.Helper()
	families, err := g.Gather()
	require.NoError(t, err)
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()[0].GetCounter().GetValue()
		}
	}
	t.Fatalf("there is no metric %s", name)
	return 0
}

// TestGuardCountsNoMoreThanItTakes has a shard of more projects than are counted at once.
func TestGuardCountsNoMoreThanItTakes(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		shard := store.Shard{Name: "prod", Enabled: true}
		require.NoError(t, s.CreateShard(ctx, &shard))
		service := store.Service{Name: "shop"}
		require.NoError(t, s.CreateService(ctx, &service))
		_, err := s.Import(ctx, func(yield func(store.ImportGroup, error) bool) {
			for i := range 20 {
				p := fmt.Sprintf("p%02d", i)
				targets := []string{p + "-a:1", p + "-b:1", p + "-c:1", p + "-d:1", p + "-e:1"}
				labels := map[string]string{"__shard": "prod", "service": "shop", "project": p, "farm": p, "job": "node"}
				if !yield(store.ImportGroup{Targets: targets, Labels: labels}, nil) {
					return
				}
			}
		}, store.ImportOptions{})
		require.NoError(t, err)
		takeTwenty := func(ctx context.Context) error {
			_, err := store.Write(ctx, s, func(tx store.Tx) error {
				for _, p := range []string{"p00", "p05", "p11", "p19"} {
					if err := tx.UpdateProjects(ctx, store.ProjectFilter{Name: p}, store.ProjectUpdate{Enabled: ptr(false)}); err != nil {
						return err
					}
				}
				return nil
			})
			return err
		}
		for _, share := range []int{50, 49, 21, 20} { // 40, 41, 96 and 100 targets are enough to let it pass
			_, err := s.UpdateShard(ctx, shard.ID, store.ShardUpdate{MaxRemoval: &share})
			require.NoError(t, err)
			var r store.Receipt
			require.NoError(t, takeTwenty(store.WithReceipt(store.WithDryRun(ctx), &r)))
			require.Nil(t, r.Guard, "%d %%", share)
		}
		for _, share := range []int{19, 1} {
			_, err := s.UpdateShard(ctx, shard.ID, store.ShardUpdate{MaxRemoval: &share})
			require.NoError(t, err)
			g := asked(t, s, takeTwenty)
			require.EqualValues(t, 100, g.Shards[0].Targets, "what is said is exact")
			require.EqualValues(t, 20, g.Shards[0].Removed)
		}
	})
}
