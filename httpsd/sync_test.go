package httpsd

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/httpsd/snapshot"
	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

// TestPublisherFollowsSyncs syncs a source that changes at random. A publisher that follows the changes serves the same
// bytes as one that loads everything.
func TestPublisherFollowsSyncs(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		seed := rand.Uint64()
		t.Logf("seed %d", seed)
		random := rand.New(rand.NewPCG(seed, 0))
		counting := &countingSource{Store: s}
		follower := runPublisher(t, counting)
		source := syncedFleet()
		for round := range 15 {
			result, err := s.Sync(t.Context(), source, store.SyncOptions{Theirs: true})
			require.NoError(t, err)
			require.Empty(t, result.Issues)
			awaitRevision(t, follower, s)
			whole := runPublisher(t, s)
			awaitRevision(t, whole, s)
			for _, kind := range []snapshot.Kind{snapshot.Targets, snapshot.URLs} {
				for _, query := range []snapshot.Query{{}, {Shards: []string{"shard1"}}, {Services: []string{"service2"}}} {
					want := listBody(t, whole.Snapshot(), kind, query)
					require.Greater(t, len(want), 100)
					require.Equal(t, want, listBody(t, follower.Snapshot(), kind, query), "round %d", round)
				}
			}
			changeFleet(random, &source)
		}
		assert.EqualValues(t, 1, counting.loads.Load(), "changes are not worth a full load")
	})
}

// countingSource counts full loads.
type countingSource struct {
	*store.Store
	loads atomic.Int64
}

func (c *countingSource) Load(ctx context.Context, sink store.Sink) (store.Revision, error) {
	c.loads.Add(1)
	return c.Store.Load(ctx, sink)
}

func awaitRevision(t *testing.T, p *publishing, s *store.Store) {
	t.Helper()
	want, err := s.Revision(t.Context())
	require.NoError(t, err)
	require.Eventually(t, func() bool { return p.Snapshot() != nil && p.Snapshot().Revision() == want }, 30*time.Second, time.Millisecond)
}

// syncedFleet is a source of 30 projects, each with a farm of two hosts, two exporters and a URL.
func syncedFleet() store.SyncSource {
	s := store.SyncSource{Name: "promgen", Probes: []store.SyncProbe{{Key: 1, Module: "http_2xx"}}}
	for key := int64(1); key <= 3; key++ {
		s.Shards = append(s.Shards, store.SyncShard{Key: key, Name: fmt.Sprintf("shard%d", key), Enabled: true})
		s.Services = append(s.Services, store.SyncService{Key: key, Name: fmt.Sprintf("service%d", key)})
	}
	for key := int64(1); key <= 30; key++ {
		s.Projects = append(s.Projects, store.SyncProject{
			Key: key, Name: fmt.Sprintf("project%d", key), Service: 1 + key%3, Shard: 1 + key/2%3,
		})
		s.Farms = append(s.Farms, store.SyncFarm{Key: key, Name: "farm", Project: key})
		s.URLs = append(s.URLs, store.SyncURL{Key: key, URL: fmt.Sprintf("https://n%d.example/", key), Project: key, Probe: 1})
		for i := int64(1); i <= 2; i++ {
			s.Hosts = append(s.Hosts, store.SyncHost{Key: 2*key + i, Name: fmt.Sprintf("host%d", 2*key+i), Farm: key})
			s.Exporters = append(s.Exporters, store.SyncExporter{
				Key: 2*key + i, Job: fmt.Sprintf("job%d", i), Port: 9100, Enabled: true, Project: key,
			})
		}
	}
	return s
}

// changeFleet makes a few edits.
func changeFleet(random *rand.Rand, s *store.SyncSource) {
	fresh := func() string { return fmt.Sprintf("n%d", random.Uint64()) }
	pick := func(n int) int { return random.IntN(n) }
	for _, edit := range []func(){
		func() { s.Hosts[pick(len(s.Hosts))].Name = fresh() },
		func() { s.Hosts[pick(len(s.Hosts))].Farm = int64(1 + pick(30)) },
		func() { s.Hosts = append(s.Hosts[:3], s.Hosts[4:]...) },
		func() {
			s.Hosts = append(s.Hosts, store.SyncHost{Key: random.Int64N(1<<40) + 1000, Name: fresh(), Farm: 7})
		},
		func() { s.Exporters[pick(len(s.Exporters))].Job = fresh() },
		func() { e := &s.Exporters[pick(len(s.Exporters))]; e.Enabled = !e.Enabled },
		func() { s.Projects[pick(30)].Name = fresh() },
		func() { s.Projects[pick(30)].Shard = int64(1 + pick(3)) },
		func() { s.Projects[pick(30)].Service = int64(1 + pick(3)) },
		func() { s.Farms[pick(30)].Name = fresh() },
		func() { s.URLs[pick(30)].URL = "https://" + fresh() + "/" },
		func() { s.URLs[pick(30)].Project = int64(1 + pick(30)) },
		func() { s.Probes[0].Module = fresh() },
		func() { s.Services[0].Name = fresh() },
		func() { s.Shards[2].Name = fresh() },
	} {
		if pick(3) == 0 {
			edit()
		}
	}
}
