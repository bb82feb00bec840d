//go:build e2e && linux

package e2e

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store/storetest"
)

const (
	// pushedWithin is how long a change may take from the command that makes it to the active target, at the median.
	pushedWithin = 3 * time.Second
	// pushedAtMost is how long any of them may take.
	pushedAtMost = 10 * time.Second
	// quietSpell is what a change must come after to be handed on at once: the Discoverer's coalesce_interval, and the
	// five seconds between two looks of Prometheus's scrape manager.
	quietSpell = 11 * time.Second
)

// projects are those that get more hosts, by shard.
var projects = map[string]string{"alpha": "決済 API", "大阪": "検索", "gamma ray": "tiles"}

// followed is a scene in which changes are pushed and timed.
type followed struct {
	*scene
	// changed is when the targets of a shard have changed last.
	changed map[string]time.Time
	// took are the times from the commands to the active targets.
	took []time.Duration
}

// register registers a host on a shard and expects its targets from then on.
func (f *followed) register(t *testing.T, shard, host string) {
	t.Helper()
	f.run(t, "register-host", projects[shard], host)
	known := f.targets(shard)
	f.added[shard] = append(f.added[shard], known[0].at(host+":9"))
	if shard == "alpha" {
		f.added[shard] = append(f.added[shard], known[2].at(host+":7"))
	}
}

// unregister takes away the only host that was registered on a shard.
func (f *followed) unregister(t *testing.T, shard, host string) {
	t.Helper()
	f.run(t, "host", "rm", projects[shard], host)
	delete(f.added, shard)
}

// timed makes a change on the shard of a server after a quiet spell, and takes the time until its targets show it.
func (f *followed) timed(t *testing.T, p *prometheus, host string, change func(t *testing.T, shard, host string)) {
	t.Helper()
	eventually(t, func() error {
		if wait := quietSpell - time.Since(f.changed[p.shard]); wait > 0 {
			return fmt.Errorf("%s to wait", wait)
		}
		return nil
	})
	began := time.Now()
	change(t, p.shard, host)
	eventually(t, func() error { return f.hasTargets(t, p) })
	took := time.Since(began)
	f.changed[p.shard] = time.Now()
	f.took = append(f.took, took)
	t.Logf("%s: %s from command to active target", p.name, took.Round(time.Millisecond))
}

// hasTargets returns nil when the server has exactly the targets of its shard.
func (f *followed) hasTargets(t *testing.T, p *prometheus) error {
	t.Helper()
	return p.hasJob(t, "shard", append(f.targets(p.shard), f.added[p.shard]...))
}

// changesAreTargetsSoon adds a host on each shard and takes it away again.
func (f *followed) changesAreTargetsSoon(t *testing.T) {
	for _, p := range f.servers {
		f.changed[p.shard] = time.Now()
	}
	for _, change := range []func(*testing.T, string, string){f.register, f.unregister} {
		for _, p := range f.servers {
			f.timed(t, p, "127.0.0.21", change)
		}
	}
	slices.Sort(f.took)
	require.LessOrEqual(t, f.took[(len(f.took)-1)/2], pushedWithin, "%s", f.took)
	require.LessOrEqual(t, f.took[len(f.took)-1], pushedAtMost, "%s", f.took)
}

// staysUntil requires that every server shows exactly what it must until all of them satisfy the condition.
func (f *followed) staysUntil(t *testing.T, condition func(p *prometheus, j job) error) {
	t.Helper()
	eventually(t, func() error {
		var problems []error
		for _, p := range f.servers {
			for _, j := range p.jobs {
				problems = append(problems, condition(p, j))
			}
		}
		require.NoError(t, f.asExpected(t), "a target is gone or changed")
		return errors.Join(problems...)
	})
}

// counts returns metrics of one job's Discoverer.
func counts(t *testing.T, p *prometheus, j job, names ...string) []float64 {
	t.Helper()
	var values []float64
	for _, name := range names {
		v, err := p.metric(t, "prometheus_sd_promshard_"+name, fmt.Sprintf("config=%q", j.name))
		require.NoError(t, err)
		values = append(values, v)
	}
	return values
}

// survivesOneReplica kills the replica that all servers follow, and makes a change on each shard once they follow the other.
func (f *followed) survivesOneReplica(t *testing.T) {
	f.replicas[0].process.kill(t)
	began := time.Now()
	f.staysUntil(t, func(p *prometheus, j job) error {
		if c := counts(t, p, j, "connected", "reconnects_total"); c[0] != 1 || c[1] < 1 {
			return fmt.Errorf("%s, job %s: connected %v, reconnected %v times", p.name, j.name, c[0], c[1])
		}
		return nil
	})
	t.Logf("all follow the other replica after %s", time.Since(began).Round(time.Millisecond))
	for _, p := range f.servers {
		f.timed(t, p, "127.0.0.22", f.register)
	}
}

// losesNoWrite makes a change in the moment in which the servers lose their replica.
func (f *followed) losesNoWrite(t *testing.T) {
	f.replicas[0].restart(t)
	f.replicas[1].process.kill(t)
	for _, p := range f.servers {
		f.register(t, p.shard, "127.0.0.23")
	}
	f.converges(t)
}

// survivesBothReplicas leaves the servers without any replica until each has tried to get one often.
func (f *followed) survivesBothReplicas(t *testing.T) {
	const tries = 12
	before := map[string]float64{}
	for _, p := range f.servers {
		for _, j := range p.jobs {
			before[p.name+j.name] = counts(t, p, j, "failures_total")[0]
		}
	}
	f.replicas[0].process.kill(t)
	f.staysUntil(t, func(p *prometheus, j job) error {
		if c := counts(t, p, j, "connected", "failures_total"); c[0] != 0 || c[1] < before[p.name+j.name]+tries {
			return fmt.Errorf("%s, job %s: connected %v, failed %v times", p.name, j.name, c[0], c[1])
		}
		return nil
	})
}

// restartsFromCache restarts the servers while no replica answers. It expects the targets that they had on those that
// have a cache file, and none on the others; and everywhere what was written meanwhile, once a replica is back.
func (f *followed) restartsFromCache(t *testing.T) {
	for _, p := range f.servers {
		f.cached(t, p, "127.0.0.23")
		p.process.end(t, syscall.SIGTERM)
	}
	before := f.added
	for _, p := range f.servers {
		p.start(t)
	}
	for _, p := range f.servers {
		f.startsFromCache(t, p)
	}

	f.added = map[string][]labels{}
	for shard, targets := range before {
		f.added[shard] = slices.Clone(targets)
		f.register(t, shard, "127.0.0.24")
	}
	f.replicas[0].restart(t)
	f.replicas[1].restart(t)
	f.converges(t)
}

// cached returns once the cache file of a server's targets, if it has one, holds that host.
func (f *followed) cached(t *testing.T, p *prometheus, host string) {
	t.Helper()
	eventually(t, func() error {
		content, err := os.ReadFile(p.jobs[0].cache)
		if p.jobs[0].cache == "" || strings.Contains(string(content), host+":9") {
			return nil
		}
		return fmt.Errorf("%s is not in the cache file of %s (%w)", host, p.name, err)
	})
}

// startsFromCache returns once a server that was started without replicas has what it must.
func (f *followed) startsFromCache(t *testing.T, p *prometheus) {
	t.Helper()
	const line = "No server has answered; the targets are those of the cache file"
	if p.jobs[0].cache == "" {
		require.NoError(t, p.hasJob(t, "shard", nil), "nobody can have told it")
		require.False(t, p.process.log.contains(line))
		return
	}
	eventually(t, func() error { return f.hasTargets(t, p) })
	require.True(t, p.process.log.contains(line), "%s", p.process.log.tail())
	require.Equal(t, []float64{0, 1}, counts(t, p, p.jobs[0], "connected", "cache_used_total"))
}

func TestCustomPrometheusFollowsItsShard(t *testing.T) {
	t.Parallel()
	cluster := storetest.NewCluster(t)
	f := &followed{scene: newCustomScene(t, cluster.DatabaseURL(t)), changed: map[string]time.Time{}}

	step(t, "each server has exactly its shard's targets", f.converges)
	step(t, "a target that answers is up", f.liveIsUp)
	step(t, "a custom build says what it is", f.saysWhatItIs)
	step(t, "promtool discovers the same targets", f.promtoolAgrees)
	step(t, "a change is an active target within seconds", f.changesAreTargetsSoon)
	step(t, "a killed replica takes nothing away, and the next change arrives through the other", f.survivesOneReplica)
	step(t, "a write in the moment of a kill is not lost", f.losesNoWrite)
	step(t, "killing both replicas takes nothing away", f.survivesBothReplicas)
	step(t, "a server restarted without replicas has the targets of its cache file", f.restartsFromCache)
}
