package httpsd

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
)

// publishing runs a Publisher until the test ends.

// targets is the body of a shard's list.

// metric returns the value of one gauge or counter that has no other labels than those given.

// metricValue sums the series of a gauge or counter that have the label values given, as name=value.

// logLines keeps what was logged.

func TestPublisherFollowsTheDatabase(t *testing.T) {
	t.Run("a change and a removal show without waiting", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := newFakeSource()
			p := runPublisher(t, f)
			synctest.Wait()
			assert.Contains(t, p.targets(t, "prod"), `"web1:9100","web2:9100"`)

			f.put(project(1, "shop", f.directory.Shards[0], "web1", "web2", "web3"))
			synctest.Wait()
			assert.Contains(t, p.targets(t, "prod"), `"web3:9100"`)

			f.remove(1)
			synctest.Wait()
			assert.Equal(t, "[]", p.targets(t, "prod"))
			loads, _ := f.counts()
			assert.Equal(t, 1, loads, "changes are not worth a full load")
		})
	})
	t.Run("a lost wake-up costs one check interval", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := newFakeSource()
			p := runPublisher(t, f)
			synctest.Wait()
			f.mu.Lock()
			f.revision.Number++
			f.mu.Unlock()
			time.Sleep(3 * time.Second)
			synctest.Wait()
			assert.Equal(t, f.revision, p.Snapshot().Revision())
		})
	})
	t.Run("wake-ups during a pass make one more pass", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := newFakeSource()
			runPublisher(t, f)
			synctest.Wait()
			release := make(chan struct{})
			f.set(func(f *fakeSource) { f.before = func(context.Context, string) { <-release } })
			synctest.Wait()
			_, before := f.counts()
			for range 100 {
				f.put(project(1, "shop", f.directory.Shards[0], "web9"))
			}
			close(release)
			synctest.Wait()
			_, after := f.counts()
			assert.LessOrEqual(t, after-before, 2)
		})
	})
	t.Run("a reload serves the old lists until it is done", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := newFakeSource()
			p := runPublisher(t, f)
			synctest.Wait()
			release := make(chan struct{})
			f.set(func(f *fakeSource) {
				f.reload = true
				f.before = func(_ context.Context, operation string) {
					if operation == "load" {
						<-release
					}
				}
			})
			f.put(project(1, "shop", f.directory.Shards[0], "new"))
			synctest.Wait()
			assert.Contains(t, p.targets(t, "prod"), `"web1:9100"`)
			close(release)
			synctest.Wait()
			assert.Contains(t, p.targets(t, "prod"), `"new:9100"`)
		})
	})
}

func TestPublisherNeverShrinksByFailure(t *testing.T) {
	t.Run("a first load that breaks off half way publishes nothing", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := newFakeSource()
			f.loadErrAfter = 2
			p := runPublisher(t, f)
			time.Sleep(time.Minute)
			assert.Nil(t, p.Snapshot())
			assert.Zero(t, p.metric(t, "promshard_database_up"))

			f.set(func(f *fakeSource) { f.loadErrAfter = -1 })
			time.Sleep(10 * time.Second)
			assert.Len(t, p.Snapshot().Shards(), 3)
			assert.Equal(t, 1.0, p.metric(t, "promshard_database_up"))
		})
	})
	t.Run("a reload that breaks off half way keeps the lists", func(t *testing.T) {
		for after := range 3 {
			synctest.Test(t, func(t *testing.T) {
				f := newFakeSource()
				p := runPublisher(t, f)
				synctest.Wait()
				served := p.Snapshot()
				f.set(func(f *fakeSource) { f.reload, f.loadErrAfter = true, after })
				f.put(project(1, "shop", f.directory.Shards[0], "new"))
				time.Sleep(time.Minute)
				assert.Same(t, served, p.Snapshot())
				assert.Positive(t, p.metric(t, "promshard_publisher_errors_total", "operation=load"))
			})
		}
	})
	t.Run("a database that is gone keeps the lists and tells how stale they are", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := newFakeSource()
			p := runPublisher(t, f)
			synctest.Wait()
			served := p.Snapshot()
			f.set(func(f *fakeSource) { f.err = store.ErrUnavailable })
			time.Sleep(time.Minute)
			synctest.Wait()
			assert.Same(t, served, p.Snapshot())
			assert.InDelta(t, time.Minute, p.Staleness(), float64(time.Second))
			assert.InDelta(t, 60, p.metric(t, "promshard_snapshot_stale_seconds"), 1)
			assert.Zero(t, p.metric(t, "promshard_database_up"))

			f.set(func(f *fakeSource) { f.err = nil })
			f.put(project(1, "shop", f.directory.Shards[0], "back"))
			time.Sleep(5 * time.Second)
			synctest.Wait()
			assert.Contains(t, p.targets(t, "prod"), `"back:9100"`)
			assert.Less(t, p.Staleness(), 5*time.Second)
			assert.Equal(t, 1.0, p.metric(t, "promshard_database_up"))
			assert.Equal(t, 1, p.log.count("cannot follow"), p.log)
			assert.Equal(t, 1, p.log.count("follow the database again"), p.log)
		})
	})
	t.Run("the database's history never goes backwards within an epoch", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := newFakeSource()
			p := runPublisher(t, f)
			synctest.Wait()
			served := p.Snapshot()
			f.set(func(f *fakeSource) { f.revision.Number = 2; clear(f.projects) })
			time.Sleep(time.Minute)
			assert.Same(t, served, p.Snapshot())
			assert.Positive(t, p.metric(t, "promshard_publisher_errors_total", "operation=publish"))
			assert.Contains(t, p.log.String(), "restored from a backup")
			assert.Greater(t, p.Staleness(), 30*time.Second)
			loads, _ := f.counts()
			assert.Equal(t, 1, loads, "finding out is cheap")

			// What the numbers mean by now is another history than the one that was served.
			f.set(func(f *fakeSource) { f.touched = map[int64][]int64{} })
			f.put(project(1, "shop", f.directory.Shards[0], "restored"))
			f.put(project(2, "shop-dev", f.directory.Shards[1], "restored"))
			require.Equal(t, served.Revision(), f.revision)
			time.Sleep(10 * time.Second)
			synctest.Wait()
			assert.Contains(t, p.targets(t, "prod"), `"restored:9100"`)
			assert.Contains(t, p.targets(t, "dev"), `"restored:9100"`)
		})
	})
	t.Run("nor by a load that was begun in time", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := newFakeSource()
			p := runPublisher(t, f)
			synctest.Wait()
			served := p.Snapshot()
			f.set(func(f *fakeSource) {
				f.reload = true
				f.before = func(_ context.Context, operation string) {
					if operation == "load" {
						f.mu.Lock()
						f.revision.Number = 2
						f.mu.Unlock()
					}
				}
			})
			time.Sleep(time.Minute)
			assert.Same(t, served, p.Snapshot())
			assert.Positive(t, p.metric(t, "promshard_publisher_errors_total", "operation=publish"))
		})
	})
	t.Run("another inventory is taken over, and said so", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := newFakeSource()
			p := runPublisher(t, f)
			synctest.Wait()
			f.set(func(f *fakeSource) { f.revision = store.Revision{Epoch: "two", Number: 1} })
			synctest.Wait()
			assert.Equal(t, "two", p.Snapshot().Revision().Epoch)
			assert.Contains(t, p.log.String(), "another inventory")
		})
	})
}

func TestPublisherSurvivesPanics(t *testing.T) {
	for _, operation := range []string{"load", "changes"} {
		t.Run("in "+operation, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFakeSource()
				p := runPublisher(t, f)
				synctest.Wait()
				served := p.Snapshot()
				var broken atomic.Bool
				broken.Store(true)
				f.set(func(f *fakeSource) {
					f.reload = operation == "load"
					f.before = func(_ context.Context, op string) {
						if broken.Load() && op == operation {
							panic("rendering broke")
						}
					}
				})
				f.put(project(1, "shop", f.directory.Shards[0], "after"))
				time.Sleep(40 * time.Millisecond)
				synctest.Wait()
				assert.Same(t, served, p.Snapshot())
				assert.Positive(t, p.metric(t, "promshard_publisher_errors_total", "operation="+operation))
				assert.Contains(t, p.log.String(), "rendering broke")

				broken.Store(false)
				time.Sleep(time.Second)
				synctest.Wait()
				assert.Contains(t, p.targets(t, "prod"), `"after:9100"`)
			})
		})
	}
}

func TestPublisherGivesUpOnADatabaseThatHangs(t *testing.T) {
	for _, operation := range []string{"load", "changes"} {
		t.Run("in "+operation, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFakeSource()
				if operation == "changes" {
					f.set(func(f *fakeSource) { f.reload = false })
				}
				var hanging atomic.Bool
				hanging.Store(true)
				f.before = func(ctx context.Context, op string) {
					if op == operation && hanging.Load() {
						<-ctx.Done()
					}
				}
				p := runPublisher(t, f)
				time.Sleep(50 * time.Second)
				assert.Zero(t, p.metric(t, "promshard_publisher_errors_total"))
				time.Sleep(20 * time.Second)
				synctest.Wait()
				assert.Equal(t, 1.0, p.metric(t, "promshard_publisher_errors_total", "operation="+operation))
				assert.Contains(t, p.log.String(), errStalled.Error())
				hanging.Store(false)
				time.Sleep(time.Minute)
				synctest.Wait()
				assert.Less(t, p.Staleness(), 5*time.Second)
				assert.NotNil(t, p.Snapshot())
			})
		})
	}
}

func TestPublisherStopsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeSource()
		f.before = func(ctx context.Context, _ string) { <-ctx.Done() }
		p := NewPublisher(PublisherOptions{Source: f})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- p.Run(ctx) }()
		synctest.Wait()
		cancel()
		start := time.Now()
		require.NoError(t, <-done)
		assert.Zero(t, time.Since(start))
	})
}

func TestPublisherLogsEachStateOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeSource()
		p := runPublisher(t, f)
		synctest.Wait()
		for range 3 {
			f.set(func(f *fakeSource) { f.err = errors.New("boom") })
			time.Sleep(time.Minute)
			f.set(func(f *fakeSource) { f.err = nil })
			time.Sleep(time.Minute)
		}
		assert.Equal(t, 3, p.log.count("cannot follow"), p.log)
		assert.Equal(t, 3, p.log.count("follow the database again"), p.log)
		assert.Greater(t, p.metric(t, "promshard_publisher_errors_total", "operation=changes"), 30.0)
	})
}
