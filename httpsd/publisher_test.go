package httpsd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/httpsd/snapshot"
	"github.com/promshard/promshard/store"
)

// publishing runs a Publisher until the test ends.
type publishing struct {
	*Publisher
	log *logLines
	reg *prometheus.Registry
}

func runPublisher(t *testing.T, source Source) *publishing {
	t.Helper()
	log, reg := &logLines{}, prometheus.NewRegistry()
	p := NewPublisher(PublisherOptions{Source: source, Logger: log.logger(), Registerer: reg})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		assert.NoError(t, <-done)
	})
	return &publishing{Publisher: p, log: log, reg: reg}
}

// targets is the body of a shard's list.
func (p *publishing) targets(t *testing.T, shard string) string {
	t.Helper()
	return listBody(t, p.Snapshot(), snapshot.Targets, snapshot.Query{Shards: []string{shard}})
}

// metric returns the value of one gauge or counter that has no other labels than those given.
func (p *publishing) metric(t *testing.T, name string, labels ...string) float64 {
	t.Helper()
	return metricValue(t, p.reg, name, labels...)
}

func listBody(t *testing.T, s *snapshot.Snapshot, kind snapshot.Kind, q snapshot.Query) string {
	t.Helper()
	require.NotNil(t, s, "nothing is loaded")
	list, err := s.List(kind, q)
	require.NoError(t, err)
	var b bytes.Buffer
	_, err = list.WriteTo(&b)
	require.NoError(t, err)
	return b.String()
}

// metricValue sums the series of a gauge or counter that have the label values given, as name=value.
func metricValue(t *testing.T, g prometheus.Gatherer, name string, labels ...string) float64 {
	t.Helper()
	families, err := g.Gather()
	require.NoError(t, err)
	sum := 0.0
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
	series:
		for _, m := range family.GetMetric() {
			have := map[string]bool{}
			for _, l := range m.GetLabel() {
				have[l.GetName()+"="+l.GetValue()] = true
			}
			for _, l := range labels {
				if !have[l] {
					continue series
				}
			}
			sum += m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
	}
	return sum
}

// logLines keeps what was logged.
type logLines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logLines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logLines) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

func (l *logLines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (l *logLines) count(substring string) int { return strings.Count(l.String(), substring) }

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
			assert.Positive(t, p.metric(t, "promshard_publisher_errors_total", "operation=changes"))
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
			assert.Positive(t, p.metric(t, "promshard_publisher_errors_total", "operation=load"))
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

func TestPublisherMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeSource()
		f.directory.Shards = f.directory.Shards[:2]
		f.directory.Servers = nil
		f.remove(3)
		p := runPublisher(t, f)
		synctest.Wait()
		prod, dev := len(p.targets(t, "prod")), len(p.targets(t, "dev"))
		compareMetrics(t, p.reg, fmt.Sprintf(`
			# HELP promshard_list_bytes Size of the list of a shard, not compressed.
			# TYPE promshard_list_bytes gauge
			promshard_list_bytes{kind="targets",shard="dev"} %d
			promshard_list_bytes{kind="targets",shard="prod"} %d
			promshard_list_bytes{kind="urls",shard="dev"} %d
			promshard_list_bytes{kind="urls",shard="prod"} %d
			# HELP promshard_replica_lag_revisions By how many revisions the lists are behind what the database was last seen to hold; absent until it is loaded.
			# TYPE promshard_replica_lag_revisions gauge
			promshard_replica_lag_revisions 0
			# HELP promshard_snapshot_revision The revision of the inventory that is served; absent until it is loaded.
			# TYPE promshard_snapshot_revision gauge
			promshard_snapshot_revision 5
			# HELP promshard_target_groups Target groups in the list of a shard.
			# TYPE promshard_target_groups gauge
			promshard_target_groups{kind="targets",shard="dev"} 1
			promshard_target_groups{kind="targets",shard="prod"} 1
			promshard_target_groups{kind="urls",shard="dev"} 1
			promshard_target_groups{kind="urls",shard="prod"} 1
			# HELP promshard_targets Targets in the list of a shard.
			# TYPE promshard_targets gauge
			promshard_targets{kind="targets",shard="dev"} 1
			promshard_targets{kind="targets",shard="prod"} 2
			promshard_targets{kind="urls",shard="dev"} 1
			promshard_targets{kind="urls",shard="prod"} 1
		`, dev, prod, urlsBytes(t, p, "dev"), urlsBytes(t, p, "prod")),
			"promshard_list_bytes", "promshard_replica_lag_revisions", "promshard_snapshot_revision",
			"promshard_target_groups", "promshard_targets")

		// A shard that is gone is gone here too.
		f.set(func(f *fakeSource) {
			f.directory.Shards = f.directory.Shards[:1]
			delete(f.projects, 2)
			f.revision.Number++
			f.reload = true
		})
		synctest.Wait()
		assert.Zero(t, p.metric(t, "promshard_targets", "shard=dev"))
		assert.Equal(t, 3.0, p.metric(t, "promshard_targets", "shard=prod"))
		problems, err := testutil.GatherAndLint(p.reg)
		require.NoError(t, err)
		assert.Empty(t, problems)
	})
}

func compareMetrics(t *testing.T, g prometheus.Gatherer, want string, names ...string) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(want), "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	assert.NoError(t, testutil.GatherAndCompare(g, strings.NewReader(strings.Join(lines, "\n")+"\n"), names...))
}

func urlsBytes(t *testing.T, p *publishing, shard string) int {
	t.Helper()
	return len(listBody(t, p.Snapshot(), snapshot.URLs, snapshot.Query{Shards: []string{shard}}))
}
