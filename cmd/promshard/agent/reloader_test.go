package agent

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestReloadsFollowWritesAndAreTriedAgain(t *testing.T) {
	p := startPromshard(t)
	o := options(p, inFolder(t, "x.json"))
	var asked, done atomic.Int64
	var broken atomic.Bool
	broken.Store(true)
	o.Reload = func(context.Context) error {
		asked.Add(1)
		if broken.Load() {
			return errors.New("lifecycle API is not enabled")
		}
		done.Add(1)
		return nil
	}
	r := startAgent(t, o)
	require.Eventually(t, func() bool { return asked.Load() > 3 }, waitMost, waitStep)
	require.Equal(t, 1.0, r.metric(t, "reload_failed"))
	require.Equal(t, 1, r.log.count("Prometheus was not reloaded"), "told once")

	addHost(t, p.store, "shop", "web2")
	becomes(t, o.TargetsFile, p.get(t, prodTargets))
	require.NoError(t, r.Standing(), "the files are in place all the same")

	broken.Store(false)
	require.Eventually(t, func() bool { return done.Load() > 0 && r.metric(t, "reload_failed") == 0 }, waitMost, waitStep)
	time.Sleep(200 * time.Millisecond)
	assert.LessOrEqual(t, done.Load(), int64(2), "one for all that was written before")
	before := done.Load()
	addHost(t, p.store, "shop-dev", "dev9")
	time.Sleep(200 * time.Millisecond)
	assert.Equal(t, before, done.Load(), "none where nothing was written")
}

func TestAReloadThatHangsHoldsNothingUp(t *testing.T) {
	p := startPromshard(t)
	o := options(p, inFolder(t, "x.json"))
	hanging := make(chan struct{}, 1)
	o.Reload = func(ctx context.Context) error {
		hanging <- struct{}{}
		<-ctx.Done()
		return ctx.Err()
	}
	r := startAgent(t, o)
	<-hanging
	for _, host := range []string{"web2", "web3"} {
		addHost(t, p.store, "shop", host)
		becomes(t, o.TargetsFile, p.get(t, prodTargets))
	}
	r.stop()
}
