//go:build bench && linux

package bench

import (
	"context"
	"sort"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/exporter-toolkit/web"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/promshard/promshard/httpsd"
	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

// live is what the program's serve command puts together, in this process, so that what writes through the store sees
// when each snapshot is swapped.
type live struct {
	store     *store.Store
	publisher *httpsd.Publisher
	swaps     *swapLog
	// url has no slash at the end.
	url string
}

// startLive serves the database until the test ends, and returns once everything is loaded.
func startLive(t *testing.T, databaseURL string) *live {
	t.Helper()
	registry := prometheus.NewRegistry()
	l := &live{store: storetest.OpenWith(t, databaseURL, store.Options{Registerer: registry}), swaps: &swapLog{}}
	l.publisher = httpsd.NewPublisher(httpsd.PublisherOptions{Source: l.store, Registerer: registry, Now: l.swaps.now})
	l.swaps.publisher = l.publisher
	server, err := httpsd.Listen(httpsd.ServerOptions{
		Handler: httpsd.New(httpsd.Options{Publisher: l.publisher, Registerer: registry, Gatherer: registry}),
		Web:     &web.FlagConfig{WebListenAddresses: &[]string{"127.0.0.1:0"}},
	})
	require.NoError(t, err)
	l.url = server.URL()

	ctx, cancel := context.WithCancel(context.Background())
	var group errgroup.Group
	group.Go(func() error { return server.Serve(ctx) })
	group.Go(func() error { return l.publisher.Run(ctx) })
	group.Go(func() error {
		if err := l.store.Watch(ctx); ctx.Err() == nil {
			return err
		}
		return nil
	})
	t.Cleanup(func() {
		cancel()
		require.NoError(t, group.Wait())
	})
	require.Eventually(t, func() bool { return l.publisher.Snapshot() != nil }, patience, 10*time.Millisecond)
	return l
}

// catchUp returns once the lists show what the database holds now.
func (l *live) catchUp(t *testing.T) {
	t.Helper()
	revision, err := l.store.Revision(t.Context())
	require.NoError(t, err)
	require.Eventually(t, func() bool { return l.publisher.Snapshot().Revision() == revision }, patience, 10*time.Millisecond)
}

// swapLog notes when the publisher has swapped its snapshot, as its clock: that is asked right after each swap.
type swapLog struct {
	publisher *httpsd.Publisher

	mu    sync.Mutex
	swaps []swap
}

type swap struct {
	revision int64
	at       time.Time
}

func (l *swapLog) now() time.Time {
	now := time.Now()
	s := l.publisher.Snapshot()
	if s == nil {
		return now
	}
	revision := s.Revision().Number
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := len(l.swaps); n == 0 || l.swaps[n-1].revision < revision {
		l.swaps = append(l.swaps, swap{revision: revision, at: now})
	}
	return now
}

// byRevision returns a function that tells when a revision, or a later one, was first served.
func (l *swapLog) byRevision() func(revision int64) (time.Time, bool) {
	l.mu.Lock()
	swaps := l.swaps[:len(l.swaps):len(l.swaps)]
	l.mu.Unlock()
	return func(revision int64) (time.Time, bool) {
		i := sort.Search(len(swaps), func(i int) bool { return swaps[i].revision >= revision })
		if i == len(swaps) {
			return time.Time{}, false
		}
		return swaps[i].at, true
	}
}
