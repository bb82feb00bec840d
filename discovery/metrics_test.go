package discovery

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/prometheus/discovery"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/discovery/client"
	"github.com/promshard/promshard/httpsd/wire"
)

// testMetrics are registered nowhere.
func testMetrics(t require.TestingT) *metrics {
	reg := prometheus.NewRegistry()
	return newMetrics(reg, discovery.NewRefreshMetrics(reg))
}

func registered(t testing.TB) (*metrics, *prometheus.Registry) {
	t.Helper()
	reg := prometheus.NewRegistry()
	sd, err := discovery.CreateAndRegisterSDMetrics(reg)
	require.NoError(t, err)
	return sd.MechanismMetrics["promshard"].(*metrics), reg
}

// requireMetrics compares those of ours that are not zero, with the prefix left out.
func requireMetrics(t testing.TB, reg prometheus.Gatherer, want map[string]float64) {
	t.Helper()
	require.Equal(t, want, values(t, reg))
}

func values(t testing.TB, reg prometheus.Gatherer) map[string]float64 {
	t.Helper()
	families, err := reg.Gather()
	require.NoError(t, err)
	got := map[string]float64{}
	for _, f := range families {
		short, ours := strings.CutPrefix(f.GetName(), "prometheus_sd_promshard_")
		for _, m := range f.GetMetric() {
			if v := m.GetGauge().GetValue() + m.GetCounter().GetValue(); ours && v != 0 {
				got[short+" "+m.GetLabel()[0].GetValue()] = v
			}
		}
	}
	return got
}

func TestMetricsFollowNaming(t *testing.T) {
	m, reg := registered(t)
	defer m.leave(m.join("job"))
	n, err := testutil.GatherAndCount(reg, "prometheus_sd_promshard_connected", "prometheus_sd_promshard_failures_total")
	require.NoError(t, err)
	require.Equal(t, 2, n)
	problems, err := testutil.GatherAndLint(reg)
	require.NoError(t, err)
	for _, p := range problems {
		require.NotContains(t, p.Metric, "promshard", p.Text)
	}
}

func TestMetricsCanBeRegisteredAgain(t *testing.T) {
	reg := prometheus.NewRegistry()
	m := (&SDConfig{}).NewDiscovererMetrics(reg, discovery.NewRefreshMetrics(reg))
	require.NoError(t, m.Register())
	require.Error(t, m.Register(), "twice")
	m.Unregister()
	require.NoError(t, m.Register())
	n, err := testutil.GatherAndCount(reg)
	require.NoError(t, err)
	require.Zero(t, n, "no series while no Discoverer runs")
}

func TestMetricsCountEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, reg := registered(t)
		s := m.join("job")
		defer m.leave(s)
		now := func() float64 { return float64(time.Now().UnixMilli()) / 1000 }
		began := now()
		id := wire.ID{Epoch: "e", Revision: 7}

		s.observe(client.Event{Kind: client.Failed, Err: errors.New("refused")})
		requireMetrics(t, reg, map[string]float64{"failures_total job": 1})
		s.observe(client.Event{Kind: client.CacheUsed, ID: id})
		requireMetrics(t, reg, map[string]float64{"failures_total job": 1, "cache_used_total job": 1, "revision job": 7})

		id.Revision = 8
		s.observe(client.Event{Kind: client.Connected, ID: id})
		s.observe(client.Event{Kind: client.Full, ID: id})
		id.Revision = 9
		s.observe(client.Event{Kind: client.Delta, ID: id})
		want := map[string]float64{
			"failures_total job": 1, "cache_used_total job": 1, "revision job": 9, "connected job": 1, "full_sets_total job": 1,
			"deltas_total job": 1, "last_event_timestamp_seconds job": began,
		}
		requireMetrics(t, reg, want)

		time.Sleep(time.Minute)
		s.observe(client.Event{Kind: client.Disconnected, ID: id, Err: io.ErrUnexpectedEOF})
		delete(want, "connected job")
		requireMetrics(t, reg, want)
		s.observe(client.Event{Kind: client.Fallback, ID: id})
		want["fallbacks_total job"] = 1
		requireMetrics(t, reg, want)
		s.observe(client.Event{Kind: client.Unchanged})
		want["last_event_timestamp_seconds job"] = began + 60
		requireMetrics(t, reg, want)
		s.observe(client.Event{Kind: client.Connected, ID: id})
		s.observe(client.Event{Kind: client.Recovered, ID: id})
		want["connected job"], want["reconnects_total job"] = 1, 1
		requireMetrics(t, reg, want)
	})
}

func TestMetricsOfSeveralDiscoverers(t *testing.T) {
	m, reg := registered(t)
	one, two, other := m.join("job"), m.join("job"), m.join("other")
	connected := func(revision int64) client.Event {
		return client.Event{Kind: client.Connected, ID: wire.ID{Epoch: "e", Revision: revision}}
	}
	one.observe(connected(5))
	one.observe(client.Event{Kind: client.Full})
	require.NotContains(t, values(t, reg), "connected job", "one of the two is not connected")
	require.NotContains(t, values(t, reg), "revision job")
	two.observe(connected(4))
	two.observe(client.Event{Kind: client.Full})
	got := values(t, reg)
	require.Equal(t, 1.0, got["connected job"])
	require.Equal(t, 4.0, got["revision job"], "the one that is worst off")
	require.Equal(t, 2.0, got["full_sets_total job"], "the sum")
	require.NotContains(t, got, "connected other")

	m.leave(two)
	require.Equal(t, 5.0, values(t, reg)["revision job"])
	m.leave(one)
	m.leave(other)
	n, err := testutil.GatherAndCount(reg)
	require.NoError(t, err)
	require.Zero(t, n, "what has ended leaves nothing behind")
}

func TestRequestsForWholeSetsAreRefreshes(t *testing.T) {
	m, reg := registered(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.RawQuery {
		case "304":
			w.WriteHeader(http.StatusNotModified)
		case "404":
			w.WriteHeader(http.StatusNotFound)
		case "cut":
			w.Header().Set("Content-Length", "100")
			_, err := io.WriteString(w, "less")
			assert.NoError(t, err)
		}
	}))
	defer server.Close()
	httpClient := &http.Client{Transport: &pollMeter{next: &http.Transport{}, metrics: m, config: "job"}}
	defer httpClient.CloseIdleConnections()
	get := func(url string) {
		res, err := httpClient.Get(url)
		if err == nil {
			_, err = io.Copy(io.Discard, res.Body)
			require.Equal(t, strings.HasSuffix(url, "cut"), err != nil)
			res.Body.Close()
			res.Body.Close()
		}
	}
	series := m.join("job")

	get(server.URL + "/x" + wire.WatchPath)
	n, err := testutil.GatherAndCount(reg, "prometheus_sd_refresh_failures_total")
	require.NoError(t, err)
	require.Zero(t, n, "a stream is no refresh")

	for i, c := range []struct {
		url      string
		failures float64
	}{
		{server.URL + "/x" + wire.GroupsPath, 0},
		{server.URL + wire.GroupsPath + "?304", 0},
		{server.URL + wire.GroupsPath + "?404", 1},
		{server.URL + wire.GroupsPath + "?cut", 2},
		{"http://127.0.0.1:1" + wire.GroupsPath, 3},
	} {
		get(c.url)
		failures, refreshes := refreshMetrics(t, reg)
		require.Equal(t, c.failures, failures, c.url)
		require.Equal(t, uint64(i+1), refreshes, c.url)
	}
	m.leave(series)
	n, err = testutil.GatherAndCount(reg, "prometheus_sd_refresh_failures_total", "prometheus_sd_refresh_duration_seconds")
	require.NoError(t, err)
	require.Zero(t, n)
}

func refreshMetrics(t testing.TB, reg prometheus.Gatherer) (failures float64, refreshes uint64) {
	t.Helper()
	families, err := reg.Gather()
	require.NoError(t, err)
	for _, f := range families {
		for _, metric := range f.GetMetric() {
			switch f.GetName() {
			case "prometheus_sd_refresh_failures_total":
				failures += metric.GetCounter().GetValue()
			case "prometheus_sd_refresh_duration_seconds":
				refreshes += metric.GetSummary().GetSampleCount()
			}
		}
	}
	return failures, refreshes
}
