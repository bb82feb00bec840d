package httpsd

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

// replica is a whole promshard on a database: store, publisher, server.
type replica struct {
	store  *store.Store
	url    string
	reg    *prometheus.Registry
	log    *logLines
	client *http.Client
}

func startReplica(t *testing.T, databaseURL string, change ...func(*PublisherOptions, *Options)) *replica {
	t.Helper()
	r := &replica{store: openStore(t, databaseURL), log: &logLines{}, reg: prometheus.NewRegistry(), client: &http.Client{}}
	t.Cleanup(r.client.CloseIdleConnections)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(r.log)
		}
	})
	po := PublisherOptions{Source: r.store, Logger: r.log.logger(), Registerer: r.reg}
	o := Options{}
	for _, f := range change {
		f(&po, &o)
	}
	o.Publisher = NewPublisher(po)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 2)
	go func() { done <- r.store.Watch(ctx) }()
	go func() { done <- o.Publisher.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		for range cap(done) {
			if err := <-done; err != nil {
				assert.ErrorIs(t, err, context.Canceled)
			}
		}
	})
	r.url = startServer(t, ServerOptions{Handler: New(o)}).URL()
	require.Eventually(t, func() bool {
		code, _, _ := r.get(t, "/-/ready")
		return code == http.StatusOK
	}, 30*time.Second, 5*time.Millisecond)
	return r
}

// openStore is storetest.Open for databases that get killed: closing a connection to one is then no fault.
func openStore(t *testing.T, databaseURL string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), databaseURL, store.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

// durable makes the sessions of a test cluster wait until a commit survives the end of the server.
func durable(databaseURL string) string { return databaseURL + "&synchronous_commit=on" }

func (r *replica) get(t *testing.T, target string) (code int, header http.Header, body string) {
	t.Helper()
	res, err := r.client.Get(r.url + target)
	require.NoError(t, err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res.StatusCode, res.Header, string(b)
}

// waitFor waits until the list of the shard has the host, and returns how long that took.
func (r *replica) waitFor(t *testing.T, host string) time.Duration {
	t.Helper()
	start := time.Now()
	require.Eventually(t, func() bool {
		_, _, body := r.get(t, "/sd/targets?shard=prod")
		return strings.Contains(body, `"`+host+`:9100"`)
	}, 30*time.Second, 5*time.Millisecond)
	return time.Since(start)
}

// register adds a host through this replica's own store.
func (r *replica) register(t *testing.T, host string) {
	t.Helper()
	_, _, err := r.store.RegisterHost(t.Context(), "shop", host)
	require.NoError(t, err)
}

// fillShop makes the shard "prod" with a project "shop" that has one host.
func fillShop(t *testing.T, databaseURL string) {
	t.Helper()
	s := openStore(t, databaseURL)
	ctx := t.Context()
	_, err := s.RegisterServer(ctx, "prod", "prometheus001", 9090)
	require.NoError(t, err)
	require.NoError(t, s.CreateService(ctx, &store.Service{Name: "web"}))
	require.NoError(t, s.CreateProject(ctx, &store.Project{Name: "shop", Service: "web", Shard: "prod", Enabled: true}))
	_, _, err = s.RegisterJob(ctx, store.Exporter{Project: "shop", Job: "node", Port: 9100, Enabled: true})
	require.NoError(t, err)
	_, _, err = s.RegisterHost(ctx, "shop", "web0")
	require.NoError(t, err)
}

// median of a few, so that one pause of a busy machine does not count.
func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

func TestTwoReplicasShowEachOthersWrites(t *testing.T) {
	storetest.RunURL(t, func(t *testing.T, databaseURL string) {
		fillShop(t, databaseURL)
		replicas := []*replica{startReplica(t, databaseURL), startReplica(t, databaseURL)}
		for writer, w := range replicas {
			for reader, r := range replicas {
				t.Run(fmt.Sprintf("written through %d, read through %d", writer, reader), func(t *testing.T) {
					var took []time.Duration
					for i := range 3 {
						host := fmt.Sprintf("w%dr%d-%d", writer, reader, i)
						w.register(t, host)
						took = append(took, r.waitFor(t, host))
					}
					assert.Less(t, median(took), time.Second)
				})
			}
		}
		replicas[0].waitFor(t, "w1r1-2")
		_, first, body := replicas[0].get(t, "/sd/targets?shard=prod")
		_, second, other := replicas[1].get(t, "/sd/targets?shard=prod")
		assert.Equal(t, body, other)
		assert.Equal(t, first.Get("ETag"), second.Get("ETag"), "replicas agree on the entity tag")
		assert.Zero(t, metricValue(t, replicas[1].reg, "promshard_publisher_errors_total"))
	})
}

func TestAnotherProcessWrites(t *testing.T) {
	storetest.RunURL(t, func(t *testing.T, databaseURL string) {
		fillShop(t, databaseURL)
		r := startReplica(t, databaseURL)
		var took []time.Duration
		for i := range 3 {
			host := fmt.Sprintf("other%d", i)
			command := exec.CommandContext(t.Context(), os.Args[0])
			command.Env = append(os.Environ(), writerURL+"="+databaseURL, writerHost+"="+host)
			out, err := command.CombinedOutput()
			require.NoError(t, err, string(out))
			took = append(took, r.waitFor(t, host))
		}
		assert.Less(t, median(took), time.Second)
	})
}

func TestDatabaseIsKilledAndComesBack(t *testing.T) {
	cluster := storetest.NewCluster(t)
	databaseURL := durable(cluster.DatabaseURL(t))
	fillShop(t, databaseURL)
	r := startReplica(t, databaseURL, func(po *PublisherOptions, o *Options) {
		po.CheckInterval, o.StaleAfter = 100*time.Millisecond, time.Second
	})
	_, _, before := r.get(t, "/sd/targets")
	require.Contains(t, before, "web0:9100")

	cluster.Stop(t)
	require.Eventually(t, func() bool {
		code, header, body := r.get(t, "/sd/targets")
		require.Equal(t, http.StatusOK, code)
		require.Equal(t, before, body, "the list stays as it was")
		return header.Get("Age") != ""
	}, 30*time.Second, 50*time.Millisecond)
	assert.Zero(t, metricValue(t, r.reg, "promshard_database_up"))
	assert.Greater(t, metricValue(t, r.reg, "promshard_snapshot_stale_seconds"), 1.0)
	code, _, _ := r.get(t, "/-/ready")
	assert.Equal(t, http.StatusOK, code, "what is served is served on")

	cluster.Start(t)
	require.NoError(t, registerHost(databaseURL, "after"))
	r.waitFor(t, "after")
	require.Eventually(t, func() bool {
		_, header, _ := r.get(t, "/sd/targets")
		return header.Get("Age") == "" && metricValue(t, r.reg, "promshard_database_up") == 1
	}, 10*time.Second, 50*time.Millisecond)
	_, _, after := r.get(t, "/sd/targets")
	assert.Contains(t, after, "web0:9100")
}

func TestReplicaStartsBeforeItsDatabase(t *testing.T) {
	cluster := storetest.NewCluster(t)
	databaseURL := durable(cluster.DatabaseURL(t))
	fillShop(t, databaseURL)
	s := openStore(t, databaseURL)
	cluster.Stop(t)
	publisher := NewPublisher(PublisherOptions{Source: s})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- publisher.Run(ctx) }()
	defer func() {
		cancel()
		assert.NoError(t, <-done)
	}()
	time.Sleep(300 * time.Millisecond)
	assert.Nil(t, publisher.Snapshot())
	cluster.Start(t)
	require.Eventually(t, func() bool { return publisher.Snapshot() != nil }, 30*time.Second, 10*time.Millisecond)
}
