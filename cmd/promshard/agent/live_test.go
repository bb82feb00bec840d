package agent

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
)

const prodTargets = "/sd/targets?shard=prod"

func TestFilesAreWhatTheServersListsAre(t *testing.T) {
	p := startPromshard(t)
	for i, job := range []string{"app", "zeta", "alpha"} {
		require.NoError(t, p.store.CreateExporter(t.Context(), &store.Exporter{
			Project: "shop", Job: job, Port: 8080 + i, Path: "/m?x=" + job, Enabled: true, Labels: store.Labels{"n": job + "\x7f\n"},
		}))
	}
	require.NoError(t, p.store.CreateHost(t.Context(), &store.Host{Project: "shop", Name: "2001:db8::1", Enabled: true, Labels: store.Labels{"rack": "a"}}))
	addProject(t, p.store, "another", "web", "prod", "web9")
	p.settle(t)
	o := options(p, inFolder(t, "targets.json"))
	o.URLsFile = inFolder(t, "urls.json")
	r := startAgent(t, o)
	becomes(t, o.TargetsFile, p.get(t, prodTargets))
	becomes(t, o.URLsFile, p.get(t, "/sd/urls?shard=prod"))
	require.Contains(t, content(t, o.TargetsFile), "[2001:db8::1]:9100")
	require.Contains(t, content(t, o.URLsFile), "https://shop.example/?a=b&c")

	require.Eventually(t, func() bool { return r.Standing() == nil }, waitMost, waitStep)
	addHost(t, p.store, "another", "web10")
	require.Eventually(t, func() bool { return r.metric(t, "deltas_total") > 0 }, waitMost, waitStep)
	becomes(t, o.TargetsFile, p.get(t, prodTargets))
	r.stop()
	assert.Equal(t, 3.0, r.metric(t, "files_written_total"))
	assert.Equal(t, 0.0, r.metric(t, "connected"))
	r.lint(t)
}

func TestAListThatIsEmptyIsWritten(t *testing.T) {
	p := startPromshard(t)
	for name, empty := range map[string]string{"x.json": "[]", "x.yml": "[]\n", "x.YAML": "[]\n"} {
		t.Run(name, func(t *testing.T) {
			o := options(p, inFolder(t, name))
			startAgent(t, o)
			require.Eventually(t, func() bool { return len(content(t, o.TargetsFile)) > 10 }, waitMost, waitStep)
			removeHost(t, p.store, "web1")
			becomes(t, o.TargetsFile, empty)
			addHost(t, p.store, "shop", "web1")
			require.Eventually(t, func() bool { return len(content(t, o.TargetsFile)) > 10 }, waitMost, waitStep)
		})
	}
}

func TestAFileThatIsTheSameIsNotTouched(t *testing.T) {
	p := startPromshard(t)
	o := options(p, inFolder(t, "x.json"))
	require.NoError(t, os.WriteFile(o.TargetsFile, []byte(p.get(t, prodTargets)), 0o640))
	before, err := os.Stat(o.TargetsFile)
	require.NoError(t, err)
	r := startAgent(t, o)
	require.Eventually(t, func() bool { return r.Standing() == nil }, waitMost, waitStep)
	require.NoError(t, p.store.CreateService(t.Context(), &store.Service{Name: "elsewhere"}))
	addHost(t, p.store, "shop-dev", "dev2")
	time.Sleep(200 * time.Millisecond)
	after, err := os.Stat(o.TargetsFile)
	require.NoError(t, err)
	assert.True(t, os.SameFile(before, after))
	assert.Zero(t, r.metric(t, "files_written_total"))

	addHost(t, p.store, "shop", "web2")
	becomes(t, o.TargetsFile, p.get(t, prodTargets))
	after, err = os.Stat(o.TargetsFile)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o640), after.Mode().Perm(), "the mode stays")
}

func TestErrorsTakeNothingFromTheFile(t *testing.T) {
	answer := func(code int, body string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(code)
			_, _ = w.Write([]byte(body))
		})
	}
	for name, fault := range map[string]func(t *testing.T, p *promshard){
		"not loaded yet":        func(_ *testing.T, p *promshard) { p.serve(answer(503, `{"status":"error","error":"not loaded"}`)) },
		"an empty answer":       func(_ *testing.T, p *promshard) { p.serve(answer(200, ``)) },
		"an empty list":         func(_ *testing.T, p *promshard) { p.serve(answer(200, `[]`)) },
		"an unknown shard":      func(_ *testing.T, p *promshard) { p.serve(answer(404, `{"status":"error","error":"unknown shard"}`)) },
		"something else":        func(_ *testing.T, p *promshard) { p.serve(answer(200, `<html>`)) },
		"a server that is gone": func(_ *testing.T, p *promshard) { p.die() },
	} {
		t.Run(name+", at the start", func(t *testing.T) {
			p := startPromshard(t)
			o := options(p, inFolder(t, "x.json"))
			good := p.get(t, prodTargets)
			require.NoError(t, os.WriteFile(o.TargetsFile, []byte(good), 0o644))
			fault(t, p)
			r := startAgent(t, o)
			require.Eventually(t, func() bool { return r.metric(t, "failures_total") > 1 }, waitMost, waitStep)
			stays(t, o.TargetsFile, good)
			require.ErrorIs(t, r.Standing(), errWaiting)
		})
		t.Run(name+", later", func(t *testing.T) {
			p := startPromshard(t)
			o := options(p, inFolder(t, "x.json"))
			good := p.get(t, prodTargets)
			r := startAgent(t, o)
			becomes(t, o.TargetsFile, good)
			fault(t, p)
			p.server.CloseClientConnections()
			require.Eventually(t, func() bool { return r.metric(t, "failures_total") > 1 }, waitMost, waitStep)
			stays(t, o.TargetsFile, good)
			assert.NoError(t, r.Standing(), "the file is what was last heard")
		})
	}
}

func TestAShardThatIsRemovedKeepsItsFile(t *testing.T) {
	p := startPromshard(t)
	o := options(p, inFolder(t, "x.json"))
	good := p.get(t, prodTargets)
	r := startAgent(t, o)
	becomes(t, o.TargetsFile, good)
	shards, err := p.store.Shards(t.Context(), store.ShardFilter{Name: "prod"})
	require.NoError(t, err)
	require.NoError(t, p.store.DeleteShard(t.Context(), shards[0].ID, store.DeleteOptions{Cascade: true}))
	require.Eventually(t, func() bool { return r.metric(t, "failures_total") > 1 }, waitMost, waitStep)
	stays(t, o.TargetsFile, good)
	require.Equal(t, 1, r.log.count("unknown shard"), "told once")
}

func TestPromshardIsAwayForAWhile(t *testing.T) {
	p := startPromshard(t)
	o := options(p, inFolder(t, "x.json"))
	good := p.get(t, prodTargets)
	startAgent(t, o)
	becomes(t, o.TargetsFile, good)
	p.die()
	addHost(t, p.store, "shop", "web2")
	stays(t, o.TargetsFile, good)
	p.comeBack(t)
	becomes(t, o.TargetsFile, p.get(t, prodTargets))
	require.NotEqual(t, good, content(t, o.TargetsFile))
}

func TestTheRegistrationDecidesTheShard(t *testing.T) {
	whole := t
	p := startPromshard(t)
	o := options(p, inFolder(t, "x.json"))
	o.Shard, o.As = "", "prometheus001:9090"
	prod, dev := p.get(t, prodTargets), p.get(t, "/sd/targets?shard=dev")
	move := func(shard string) {
		_, err := p.store.RegisterServer(t.Context(), shard, "prometheus001", 9090)
		require.NoError(t, err)
	}
	r := startAgent(t, o)
	becomes(t, o.TargetsFile, prod)
	move("dev")
	becomes(t, o.TargetsFile, dev)
	servers, err := p.store.Servers(t.Context(), store.ServerFilter{Host: "prometheus001", Port: 9090})
	require.NoError(t, err)
	back := "prod"
	_, err = p.store.UpdateServer(t.Context(), servers[0].ID, store.ServerUpdate{Shard: &back})
	require.NoError(t, err)
	becomes(t, o.TargetsFile, prod)

	t.Run("while promshard is away", func(t *testing.T) {
		p.die()
		move("dev")
		stays(t, o.TargetsFile, prod)
		p.comeBack(t)
		becomes(t, o.TargetsFile, dev)
	})
	t.Run("while the agent is away", func(t *testing.T) {
		r.stop()
		move("prod")
		stays(t, o.TargetsFile, dev)
		r = startAgent(whole, o)
		becomes(t, o.TargetsFile, prod)
	})
	t.Run("to nowhere", func(t *testing.T) {
		require.NoError(t, p.store.DeleteServer(t.Context(), servers[0].ID, store.DeleteOptions{}))
		require.Eventually(t, func() bool { return r.metric(t, "failures_total") > 1 }, waitMost, waitStep)
		stays(t, o.TargetsFile, prod)
	})
}

func TestChangesWithinTheIntervalAreWrittenTogether(t *testing.T) {
	p := startPromshard(t)
	o := options(p, inFolder(t, "x.json"))
	o.CoalesceInterval = 2 * time.Second
	require.NoError(t, os.WriteFile(o.TargetsFile, []byte(p.get(t, prodTargets)), 0o644))
	r := startAgent(t, o)
	require.Eventually(t, func() bool { return r.Standing() == nil }, waitMost, waitStep)
	began := time.Now()
	for _, host := range []string{"web2", "web3", "web4", "web5", "web6"} {
		addHost(t, p.store, "shop", host)
		time.Sleep(20 * time.Millisecond)
	}
	becomes(t, o.TargetsFile, p.get(t, prodTargets))
	assert.Greater(t, time.Since(began), time.Second)
	require.Eventually(t, func() bool { return r.metric(t, "files_written_total") >= 2 }, waitMost, waitStep, "the first at once")
	assert.LessOrEqual(t, r.metric(t, "files_written_total"), 3.0)

	t.Run("or when the agent ends", func(t *testing.T) {
		addHost(t, p.store, "shop", "web7")
		want := p.get(t, prodTargets)
		require.Eventually(t, func() bool {
			all, _ := r.lists[0].groups.all()
			got := string(new(renderer).content("x.json", all))
			return got == want || got == p.get(t, prodTargets)
		}, waitMost, waitStep)
		r.stop()
		require.Equal(t, p.get(t, prodTargets), content(t, o.TargetsFile))
	})
}

func TestSecondServerIsTried(t *testing.T) {
	p := startPromshard(t)
	o := options(p, filepath.Join(t.TempDir(), "x.json"))
	o.Servers = []string{"http://127.0.0.1:1", p.url}
	startAgent(t, o)
	becomes(t, o.TargetsFile, p.get(t, prodTargets))
}
