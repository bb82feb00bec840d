//go:build e2e && linux

package e2e

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store/storetest"
)

// scene is a promshard of one or more replicas, with two Prometheus servers of different age on each shard.
type scene struct {
	*fleet
	replicas []*replica
	servers  []*prometheus
	// added are targets registered after the fleet, by shard.
	added map[string][]labels
}

// newScene registers the fleet and starts everything on the database.
func newScene(t *testing.T, database string, replicas int) *scene {
	t.Helper()
	s := &scene{added: map[string][]labels{}}
	for range replicas {
		s.replicas = append(s.replicas, serve(t, database))
	}
	for _, release := range releases(t) {
		for _, shard := range shards {
			s.servers = append(s.servers, &prometheus{
				release: release, name: release.version + " on " + shard, shard: shard, address: freeAddress(t),
			})
		}
	}
	s.fleet = newFleet(t, database, s.servers)
	for _, p := range s.servers {
		p.jobs = jobsOf(p, s.replicas)
		p.start(t)
	}
	return s
}

// asExpected returns nil when every server shows exactly its shard's targets.
func (s *scene) asExpected(t *testing.T) error {
	t.Helper()
	var problems []error
	for _, p := range s.servers {
		targets := append(s.targets(p.shard), s.added[p.shard]...)
		problems = append(problems, p.has(t, map[string][]labels{
			"shard": targets, "server": targets, "keep": targets, "urls": s.urls(p.shard),
		}))
	}
	return errors.Join(problems...)
}

// converges returns once every server shows exactly what it must.
func (s *scene) converges(t *testing.T) {
	t.Helper()
	eventually(t, func() error { return s.asExpected(t) })
}

// staysThrough requires that every server shows exactly what it must, again and again, until each has refreshed its lists
// as often as the argument says: with success or, when failing is true, without.
func (s *scene) staysThrough(t *testing.T, rounds float64, failing bool) {
	t.Helper()
	goal := map[*prometheus]float64{}
	for _, p := range s.servers {
		goal[p] = s.count(t, p, failing) + rounds*float64(len(p.jobs))
		if failing && len(s.replicas) > 1 {
			goal[p] -= rounds * float64(len(p.jobs)) / 2 // the other half goes to a replica that answers
		}
	}
	eventually(t, func() error {
		require.NoError(t, s.asExpected(t), "a target is gone or changed")
		for _, p := range s.servers {
			if n := s.count(t, p, failing); n < goal[p] {
				return fmt.Errorf("%s has refreshed %v times of %v", p.name, n, goal[p])
			}
		}
		return nil
	})
}

// count returns how many refreshes of a server succeeded, or failed.
func (s *scene) count(t *testing.T, p *prometheus, failing bool) float64 {
	t.Helper()
	all, failed, err := p.refreshes(t)
	require.NoError(t, err)
	if failing {
		return failed
	}
	return all - failed
}

// lists returns all the lists that a replica serves.
func (s *scene) lists(t *testing.T, r *replica) []string {
	t.Helper()
	all := []string{r.body(t, "/sd/targets", nil), r.body(t, "/sd/urls", nil)}
	for _, shard := range shards {
		all = append(all, r.body(t, "/sd/targets", url.Values{"shard": {shard}}))
	}
	return all
}

// addAndRemove registers a host on one shard, waits for its target, and takes it away again.
func (s *scene) addAndRemove(t *testing.T) {
	t.Helper()
	s.run(t, "register-host", "検索", "127.0.0.5")
	search := s.targets("大阪")[0]
	s.added["大阪"] = []labels{search.at("127.0.0.5:9")}
	s.converges(t)
	s.run(t, "host", "rm", "検索", "127.0.0.5")
	delete(s.added, "大阪")
	s.converges(t)
}

// step runs a subtest that those after it build on: when it fails, the test ends.
func step(t *testing.T, name string, fn func(t *testing.T)) {
	t.Helper()
	if !t.Run(name, fn) {
		t.FailNow()
	}
}

func TestPrometheusScrapesItsShardFromSQLite(t *testing.T) {
	t.Parallel()
	s := newScene(t, "sqlite://"+filepath.Join(t.TempDir(), "promshard.db"), 1)
	only := s.replicas[0]

	step(t, "each server has exactly its shard's targets", s.converges)
	step(t, "a target that answers is up", s.liveIsUp)
	step(t, "a host added by the command line appears, one removed disappears", s.addAndRemove)

	before := s.lists(t, only)
	step(t, "a killed promshard takes nothing away", func(t *testing.T) {
		only.process.kill(t)
		s.staysThrough(t, 3, true)
	})
	step(t, "a restarted promshard changes nothing", func(t *testing.T) {
		only.restart(t)
		s.staysThrough(t, 3, false)
		require.Equal(t, before, s.lists(t, only))
	})
	step(t, "what is written while promshard is down appears when it is back", func(t *testing.T) {
		only.process.kill(t)
		s.run(t, "register-host", "検索", "127.0.0.6")
		only.restart(t)
		s.added["大阪"] = []labels{s.targets("大阪")[0].at("127.0.0.6:9")}
		s.converges(t)
	})
}

func TestPrometheusScrapesItsShardFromTwoReplicasOnPostgreSQL(t *testing.T) {
	t.Parallel()
	cluster := storetest.NewCluster(t)
	database := cluster.DatabaseURL(t)
	s := newScene(t, database, 2)
	first, second := s.replicas[0], s.replicas[1]

	step(t, "each server has exactly its shard's targets", s.converges)
	step(t, "a host added by the command line appears, one removed disappears", s.addAndRemove)
	step(t, "replicas serve the same bytes", func(t *testing.T) {
		require.Equal(t, s.lists(t, first), s.lists(t, second))
	})

	before := s.lists(t, first)
	step(t, "a killed database takes nothing away", func(t *testing.T) {
		killPostgres(t, database)
		s.staysThrough(t, 3, false)
		require.Equal(t, before, s.lists(t, first))
		require.Equal(t, before, s.lists(t, second))
	})
	step(t, "a replica started without its database takes nothing away", func(t *testing.T) {
		first.process.kill(t)
		first.start()
		s.staysThrough(t, 3, true)
	})
	step(t, "a restarted database changes nothing", func(t *testing.T) {
		first.process.kill(t)
		cluster.Start(t)
		first.restart(t)
		s.staysThrough(t, 3, false)
		require.Equal(t, before, s.lists(t, first))
		require.Equal(t, before, s.lists(t, second))
	})
	step(t, "replicas that lost their database see what is written to it afterwards", s.addAndRemove)

	step(t, "a killed replica takes nothing away, and the other goes on", func(t *testing.T) {
		first.process.kill(t)
		s.staysThrough(t, 3, true)
		s.run(t, "register-host", "検索", "127.0.0.6")
		added := []labels{s.targets("大阪")[0].at("127.0.0.6:9")}
		for _, p := range s.servers {
			if p.shard == "大阪" {
				eventually(t, func() error { return p.hasJob(t, "server", append(s.targets(p.shard), added...)) })
				require.NoError(t, p.hasJob(t, "shard", s.targets(p.shard)), "the list of the killed replica")
			}
		}
		first.restart(t)
		s.added["大阪"] = added
		s.converges(t)
	})
	step(t, "killing both replicas takes nothing away", func(t *testing.T) {
		first.process.kill(t)
		second.process.kill(t)
		s.staysThrough(t, 3, true)
		first.restart(t)
		second.restart(t)
		s.staysThrough(t, 3, false)
	})
}

// liveIsUp waits until the exporter that answers has been scraped by every server of its shard.
func (s *scene) liveIsUp(t *testing.T) {
	for _, p := range s.servers {
		if p.shard != "alpha" {
			continue
		}
		eventually(t, func() error {
			targets, err := p.targets(t)
			if err != nil {
				return err
			}
			up := slices.ContainsFunc(targets["shard"], func(active target) bool {
				return active.Labels["instance"] == s.live && active.Health == "up"
			})
			if !up {
				return fmt.Errorf("%s is not up on %s", s.live, p.name)
			}
			return nil
		})
	}
}
