package promgen_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
)

// answering serves bodies by path, and 404 for others.
func answering(t *testing.T, bodies map[string]string) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := bodies[r.URL.Path]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
		}
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	return server
}

// whole is a small Promgen.
func whole() map[string]string {
	return map[string]string{
		"/rest/shard/":   `[{"html": "http://x/datasource/3", "name": "prod"}]`,
		"/rest/service/": `[{"html": "http://x/service/4", "name": "shop", "owner": "ann"}]`,
		"/rest/project/": `[{"html": "http://x/project/5", "name": "web", "service": "shop"}]`,
		"/api/v1/targets": `[{"targets": ["2001:db8::1:9100", "a:9100"], "labels": {"__shard": "prod", "service": "shop", "project": "web",
			"farm": "f", "__farm_source": "pmc", "job": "node", "__scheme__": "http", "__metrics_path__": "/m?x=y"}}]`,
		"/api/v1/urls": `[]`,
	}
}

func TestWebKeepsTheIDsThatPagesHave(t *testing.T) {
	s, err := web(t, answering(t, whole()), "").Read(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []store.SyncShard{{Key: 3, Name: "prod", Enabled: true}}, s.Shards)
	assert.Equal(t, []store.SyncService{{Key: 4, Name: "shop", Owner: "ann"}}, s.Services)
	assert.Equal(t, []store.SyncProject{{Key: 5, Name: "web", Service: 4, Shard: 3}}, s.Projects)
	assert.Equal(t, []store.SyncFarm{{Key: 5, Name: "f", Source: "pmc", Project: 5}}, s.Farms)
	require.Len(t, s.Hosts, 2)
	assert.ElementsMatch(t, []string{"2001:db8::1", "a"}, []string{s.Hosts[0].Name, s.Hosts[1].Name})
	require.Len(t, s.Exporters, 1)
	assert.Negative(t, s.Exporters[0].Key)
	assert.Equal(t, "/m?x=y", s.Exporters[0].Path)
}

func TestWebRefusesAnswersThatAreNotWhole(t *testing.T) {
	for _, c := range []struct {
		path, body string
		kind       error
		want       string
	}{
		{"/api/v1/targets", `[{"targets": ["a:9100"]`, store.ErrUnavailable, "fetching /api/v1/targets"},
		{"/api/v1/targets", `null`, store.ErrInvalid, "not one whole JSON list"},
		{"/api/v1/targets", `[] []`, store.ErrInvalid, "not one whole JSON list"},
		{"/api/v1/targets", `[null]`, store.ErrInvalid, "not one whole JSON list"},
		{"/api/v1/targets", `{"results": []}`, store.ErrInvalid, "not one whole JSON list"},
		{"/api/v1/targets", `<html>sign in</html>`, store.ErrInvalid, "is not a list of Promgen's"},
		{"/api/v1/targets", ``, store.ErrUnavailable, "fetching /api/v1/targets"},
		{"/rest/project/", `[{"name": 7}]`, store.ErrInvalid, "is not a list of Promgen's"},
		{
			"/api/v1/targets", `[{"targets": ["a"], "labels": {"__shard": "prod", "project": "web"}}]`, store.ErrInvalid,
			`group 1 of the targets: target "a" has no port`,
		},
		{
			"/api/v1/urls", `[{"targets": ["http://a/"], "labels": {"__shard": "prod", "project": "web"}}]`, store.ErrInvalid,
			"group 1 of the URLs: has no label __param_module",
		},
	} {
		bodies := whole()
		bodies[c.path] = c.body
		_, err := web(t, answering(t, bodies), "").Read(t.Context())
		if assert.ErrorIs(t, err, c.kind, c.body) {
			assert.ErrorContains(t, err, c.want, c.body)
		}
	}
	bodies := whole()
	delete(bodies, "/rest/shard/")
	_, err := web(t, answering(t, bodies), "").Read(t.Context())
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.ErrorContains(t, err, "404 Not Found")
}

func TestWebAsksForATokenWhereOneIsNeeded(t *testing.T) {
	_, err := web(t, webPromgen(t), "wr0ng").Read(t.Context())
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.ErrorContains(t, err, "403 Forbidden")
	assert.NotContains(t, err.Error(), "wr0ng")
	var e *store.Error
	require.ErrorAs(t, err, &e)
	assert.Contains(t, e.Hint, "--promgen-token")
}

func TestWebReadsAgainWhatHasChangedInBetween(t *testing.T) {
	before := whole()
	before["/rest/project/"] = `[]`
	var requests atomic.Int64
	torn := func(rounds int64) *httptest.Server {
		requests.Store(0)
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			bodies := whole()
			if requests.Add(1) <= rounds*5 {
				bodies = before // a project that the list has, and the list of projects has not
			}
			_, _ = w.Write([]byte(bodies[r.URL.Path]))
		}))
		t.Cleanup(server.Close)
		return server
	}
	s, err := web(t, torn(2), "").Read(t.Context())
	require.NoError(t, err)
	require.Len(t, s.Projects, 1)
	_, err = web(t, torn(3), "").Read(t.Context())
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.ErrorContains(t, err, "changes while it is read")
}

func TestWebTellsWhichServerDoesNotAnswer(t *testing.T) {
	server := answering(t, whole())
	w := web(t, server, "")
	server.Close()
	_, err := w.Read(t.Context())
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.ErrorContains(t, err, strings.TrimPrefix(server.URL, "http://"))
}
