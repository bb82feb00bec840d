//go:build bench && linux

package bench

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/promshard/promshard/discovery/client"
	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

// way is one way in which a client keeps up with a shard. follow does it until ctx ends.
type way struct {
	name   string
	follow func(ctx context.Context, w *way) error

	transport *http.Transport
	url       string
	// bytes counts what has come and gone over the way's connections, headers included.
	bytes atomic.Int64
	// ready is closed when the client has the list for the first time.
	ready chan struct{}
}

// TestBytesOnTheWire counts, for a shard of 20,000 targets, what each way of following it sends and receives in a minute
// in which nothing changes, and in a minute with a change every second. All ways run side by side.
func TestBytesOnTheWire(t *testing.T) {
	minute := time.Minute
	if config.quick {
		minute = 5 * time.Second
	}
	databaseURL := cloneSQLite(t, filledSQLite(t, watchedShard))
	server := startPromshard(t, databaseURL)
	s := storetest.Open(t, databaseURL)
	projects, err := s.Projects(t.Context(), store.ProjectFilter{})
	require.NoError(t, err)
	ways := []*way{
		{name: "http_sd_configs, refresh_interval 60s", follow: poll("/sd/targets", time.Minute)},
		{name: "http_sd_configs, refresh_interval 30s", follow: poll("/sd/targets", 30*time.Second)},
		{name: "http_sd_configs with ?wait, refresh_interval 30s", follow: poll("/sd/targets?wait", 30*time.Second)},
		{name: "promshard_sd_configs, and any client of the watch stream", follow: watch},
	}
	followAll(t, server.url, ways)

	count := func(what string) {
		before := make([]int64, len(ways))
		for i, w := range ways {
			before[i] = w.bytes.Load()
		}
		start := time.Now()
		for second := 1; time.Since(start) < minute; second++ {
			wait(t, time.Until(start.Add(time.Duration(second)*time.Second)))
			if what == "a change every second" {
				host := store.Host{Name: "wired-" + strconv.Itoa(second), Project: projects[second%len(projects)].Name, Enabled: true}
				require.NoError(t, s.CreateHost(t.Context(), &host))
			}
		}
		for i, w := range ways {
			add(t, row{
				what:  "bytes on the wire in " + formatDuration(minute) + " with " + what + ": " + w.name,
				fleet: "20,000 targets", value: formatBytes(w.bytes.Load() - before[i]),
			})
		}
	}
	count("no change")
	count("a change every second")
}

// followAll starts every way, and returns once each has the list. They end with the test.
func followAll(t *testing.T, serverURL string, ways []*way) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var group errgroup.Group
	t.Cleanup(func() {
		cancel()
		require.NoError(t, group.Wait())
	})
	for _, w := range ways {
		w.url, w.ready = serverURL, make(chan struct{})
		w.transport = &http.Transport{DialContext: w.dial, DisableCompression: true}
		t.Cleanup(w.transport.CloseIdleConnections)
		group.Go(func() error {
			if err := w.follow(ctx, w); ctx.Err() == nil {
				return fmt.Errorf("%s: %w", w.name, err)
			}
			return nil
		})
	}
	for _, w := range ways {
		select {
		case <-w.ready:
		case <-time.After(patience):
			require.FailNow(t, "no list", w.name)
		}
	}
}

// poll asks as a Prometheus does: at its pace, and on one connection.
func poll(path string, pace time.Duration) func(context.Context, *way) error {
	return func(ctx context.Context, w *way) error {
		httpClient := &http.Client{Transport: w.transport}
		ticker := time.NewTicker(pace)
		defer ticker.Stop()
		for first := true; ; first = false {
			if err := pollOnce(ctx, httpClient, w.url+path, pace); err != nil {
				return err
			}
			if first {
				close(w.ready)
			}
			select {
			case <-ctx.Done():
				return nil
			case <-ticker.C:
			}
		}
	}
}

func pollOnce(ctx context.Context, httpClient *http.Client, address string, pace time.Duration) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	request.Header.Set("User-Agent", "Prometheus/3.15.0")
	request.Header.Set("Accept", "application/json")
	request.Header.Set("X-Prometheus-Refresh-Interval-Seconds", strconv.FormatFloat(pace.Seconds(), 'f', -1, 64))
	response, err := httpClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("unexpected answer: %s", response.Status)
	}
	_, err = io.Copy(io.Discard, response.Body)
	return err
}

// watch follows as the Discoverer does.
func watch(ctx context.Context, w *way) error {
	c, err := client.New(client.Options{
		Servers: []string{w.url}, Query: url.Values{"kind": {"targets"}}, HTTPClient: &http.Client{Transport: w.transport},
	})
	if err != nil {
		return err
	}
	return c.Run(ctx, func(u client.Update) {
		if u.First {
			close(w.ready)
		}
	})
}

func (w *way) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &countedConn{Conn: conn, bytes: &w.bytes}, nil
}

// countedConn counts what passes.
type countedConn struct {
	net.Conn
	bytes *atomic.Int64
}

func (c *countedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.bytes.Add(int64(n))
	return n, err
}

func (c *countedConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.bytes.Add(int64(n))
	return n, err
}
