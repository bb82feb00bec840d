package httpsd

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/httpsd/snapshot"
	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

// guarded is a server with access control over a real store: the shards a and b with the project and service of each,
// and a server each.
type guarded struct {
	*apiServing
	publisher *Publisher
	access    *Access
	handler   *Handler
	reg       *prometheus.Registry
}

// guard serves a store whose publisher and access follow it until the test ends.
func guard(t testing.TB, s *store.Store, o AccessOptions, change ...func(*Options)) *guarded {
	t.Helper()
	g := &guarded{reg: prometheus.NewRegistry()}
	log := &logLines{}
	g.publisher = NewPublisher(PublisherOptions{Source: s, Registerer: g.reg})
	if o.Source == nil {
		o.Source = s
	}
	o.Registerer, o.Logger = g.reg, log.logger()
	g.access = NewAccess(o)
	ho := Options{
		Publisher: g.publisher, Access: g.access, Logger: log.logger(), Registerer: g.reg, Gatherer: g.reg,
		API: APIOptions{Inventory: func() (store.Inventory, error) { return s, nil }},
	}
	for _, f := range change {
		f(&ho)
	}
	g.handler = New(ho)
	server := startServer(t, ServerOptions{Handler: g.handler, Logger: log.logger(), OnShutdown: g.handler.Release})
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}}
	t.Cleanup(client.CloseIdleConnections)
	g.apiServing = &apiServing{url: server.URL(), store: s, log: log, client: client}
	background(t, g.publisher.Run)
	background(t, g.access.Run)
	require.Eventually(t, func() bool { return g.publisher.Snapshot() != nil && g.access.table.Load() != nil }, 10*time.Second, time.Millisecond)
	return g
}

// background runs something until the test ends.
func background(t testing.TB, run func(ctx context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	t.Cleanup(func() {
		cancel()
		assert.NoError(t, <-done)
	})
}

// twoShards fills an inventory: shard, service and project a, and the same of b.
func twoShards(t testing.TB, s *store.Store) {
	t.Helper()
	ctx := context.Background()
	for _, x := range []string{"a", "b"} {
		require.NoError(t, s.CreateShard(ctx, &store.Shard{Name: x, Enabled: true}))
		require.NoError(t, s.CreateServer(ctx, &store.Server{Host: "prom-" + x, Port: 9090, Shard: x}))
		require.NoError(t, s.CreateService(ctx, &store.Service{Name: x}))
		require.NoError(t, s.CreateProject(ctx, &store.Project{Name: x, Service: x, Shard: x, Enabled: true}))
		require.NoError(t, s.CreateHost(ctx, &store.Host{Name: "host-" + x, Project: x, Enabled: true}))
		require.NoError(t, s.CreateExporter(ctx, &store.Exporter{Job: "node", Port: 9100, Project: x, Enabled: true}))
	}
}

// grant creates a token and returns the header that shows it.
func (g *guarded) grant(t testing.TB, name string, grants ...store.Grant) (id int64, header string) {
	t.Helper()
	p := store.Principal{Kind: store.KindToken, Name: name, Grants: grants}
	secret, err := g.store.CreatePrincipal(context.Background(), &p)
	require.NoError(t, err)
	g.settle(t)
	return p.ID, "Bearer " + secret
}

// settle waits until the server knows who may do what now.
func (g *guarded) settle(t testing.TB) {
	t.Helper()
	r, err := g.store.AccessRevision(context.Background())
	require.NoError(t, err)
	require.Eventually(t, func() bool { return g.access.table.Load().revision == r }, 10*time.Second, time.Millisecond)
}

func (g *guarded) code(t testing.TB, method, target, authorization string) int {
	t.Helper()
	return g.do(t, method, target, nil, "Authorization", authorization, "Accept", "*/*").code
}

// roleOn is a role in a test: on everything when on is empty.
func roleOn(r store.Role, on ...string) store.Grant {
	g := store.Grant{Role: r}
	if len(on) == 2 {
		g.On, g.Name = on[0], on[1]
	}
	return g
}

// TestClosedListsAreForWhomTheyAreMeant asks every address of lists, with every way to name a part of them.
func TestClosedListsAreForWhomTheyAreMeant(t *testing.T) {
	s := storetest.SQLite(t)
	twoShards(t, s)
	g := guard(t, s, AccessOptions{})
	_, all := g.grant(t, "all", roleOn(store.RoleReader))
	_, shard := g.grant(t, "shard", roleOn(store.RoleReader, "shard", "a"))
	_, service := g.grant(t, "service", roleOn(store.RoleViewer, "service", "a"))
	_, project := g.grant(t, "project", roleOn(store.RoleEditor, "project", "a"))
	_, both := g.grant(t, "both", roleOn(store.RoleReader, "shard", "a"), roleOn(store.RoleReader, "shard", "b"))

	const ok, no = http.StatusOK, http.StatusForbidden
	type want struct{ all, shard, service, project, both int }
	cases := map[string]want{
		"":                            {ok, no, no, no, no},
		"?shard=a":                    {ok, ok, no, no, ok},
		"?shard=b":                    {ok, no, no, no, ok},
		"?shard=a&shard=b":            {ok, no, no, no, ok},
		"?server=prom-a:9090":         {ok, ok, no, no, ok},
		"?server=prom-b:9090":         {ok, no, no, no, ok},
		"?shard=a&server=prom-b:9090": {ok, no, no, no, ok},
		"?shard=b&server=prom-a:9090": {ok, no, no, no, ok},
		"?service=a":                  {ok, no, ok, no, no},
		"?service=a&service=b":        {ok, no, no, no, no},
		"?service=b":                  {ok, no, no, no, no},
		"?project=a":                  {ok, ok, ok, ok, ok},
		"?project=b":                  {ok, no, no, no, ok},
		"?project=a&project=b":        {ok, no, no, no, ok},
		"?shard=a&project=b":          {ok, ok, no, no, ok},
		"?job=node":                   {ok, no, no, no, no},
		"?farm=a":                     {ok, no, no, no, no},
		"?shard=a&job=node&farm=a":    {ok, ok, no, no, ok},
		"?shard=nope":                 {http.StatusNotFound, no, no, no, no},
		"?shard=a&shard=nope":         {http.StatusNotFound, no, no, no, no},
		"?server=nope:1":              {http.StatusNotFound, no, no, no, no},
	}
	for _, address := range []string{"/sd/targets", "/sd/urls", "/sd/groups", "/api/v1/targets", "/api/v1/config", "/api/v1/urls", "/rest/all/targets/", "/rest/all/urls"} {
		for query, w := range cases {
			for name, c := range map[string]struct {
				header string
				code   int
			}{"all": {all, w.all}, "shard": {shard, w.shard}, "service": {service, w.service}, "project": {project, w.project}, "both": {both, w.both}, "nobody": {"", http.StatusUnauthorized}} {
				require.Equal(t, c.code, g.code(t, http.MethodGet, address+query, c.header), "%s asks for %s%s", name, address, query)
			}
		}
	}
	for address, w := range map[string]want{
		"/service/1/targets": {ok, no, ok, no, no}, "/service/2/targets": {ok, no, no, no, no},
		"/project/1/targets": {ok, ok, ok, ok, ok}, "/project/2/targets": {ok, no, no, no, ok},
		"/rest/service/a/targets": {ok, no, ok, no, no}, "/rest/project/b/targets": {ok, no, no, no, ok},
		"/rest/service/b/targets?shard=a": {ok, ok, no, no, ok},
	} {
		got := want{
			g.code(t, http.MethodGet, address, all), g.code(t, http.MethodGet, address, shard), g.code(t, http.MethodGet, address, service),
			g.code(t, http.MethodGet, address, project), g.code(t, http.MethodGet, address, both),
		}
		require.Equal(t, w, got, address)
	}
	refused := g.do(t, http.MethodGet, "/sd/targets", nil, "Authorization", shard)
	assert.Contains(t, requireError(t, refused, no, "forbidden"), "token:shard would need the role reader on all that was asked for")
	missing := g.do(t, http.MethodGet, "/sd/targets", nil)
	requireError(t, missing, http.StatusUnauthorized, "unauthorized")
	assert.Equal(t, `Bearer realm="promshard"`, missing.header.Get("WWW-Authenticate"))
	assert.NotContains(t, g.do(t, http.MethodGet, "/", nil, "Authorization", shard).body, "prom-a:9090")
	assert.Contains(t, g.do(t, http.MethodGet, "/", nil, "Authorization", all).body, "role viewer on everything")
}

func TestOpenListsAreForEverybody(t *testing.T) {
	s := storetest.SQLite(t)
	twoShards(t, s)
	g := guard(t, s, AccessOptions{OpenLists: true})
	id, reader := g.grant(t, "reader", roleOn(store.RoleReader, "shard", "a"))
	for _, authorization := range []string{"", reader, "Bearer eyJhbGciOiJub25lIn0.e30.", "Basic cHJveHk6c2VjcmV0", "nonsense"} {
		require.Equal(t, http.StatusOK, g.code(t, http.MethodGet, "/sd/targets", authorization), authorization)
	}
	require.Equal(t, http.StatusUnauthorized, g.code(t, http.MethodGet, "/api/v2/shards", ""), "the inventory is not open with them")
	require.NoError(t, s.DeletePrincipal(t.Context(), id, store.DeleteOptions{}))
	g.settle(t)
	requireError(t, g.do(t, http.MethodGet, "/sd/targets", nil, "Authorization", reader), http.StatusUnauthorized, "unauthorized")
	assert.Contains(t, g.do(t, http.MethodGet, "/", nil).body, "prom-a:9090")
}

// routeNeeds is what every address demands, HEAD as GET. A route that is not in it, or demands something else, fails the
// test.
var routeNeeds = map[string]need{
	"GET /sd/targets": needLists, "GET /sd/urls": needLists, "GET /sd/watch": needLists, "GET /sd/groups": needLists,
	"GET /api/v1/targets": needLists, "GET /api/v1/config": needLists, "GET /api/v1/urls": needLists,
	"GET /service/{id}/targets": needLists, "GET /project/{id}/targets": needLists,
	"GET /rest/all/targets": needLists, "GET /rest/all/urls": needLists,
	"GET /rest/service/{name}/targets": needLists, "GET /rest/project/{name}/targets": needLists,

	"GET /metrics": needNothing, "GET /-/healthy": needNothing, "GET /-/ready": needNothing, "GET /": needNothing,
	"GET /static/style.css": needNothing, "GET /api/v2/openapi.json": needNothing,

	"POST /api/v2/apply":  needEdit,
	"GET /api/v2/journal": needView, "GET /api/v2/journal/{revision}": needView, "POST /api/v2/journal/{revision}/revert": needEdit,
	"GET /api/v2/lists/diff": needView, "GET /api/v2/explain": needView, "GET /api/v2/consumers": needView,

	"POST /api/v2/register/server": needEdit, "POST /api/v2/register/host": needEdit, "POST /api/v2/register/job": needEdit,
	"POST /api/v2/register/exporter": needEdit, "POST /api/v2/import": needEdit,
	"POST /api/v2/sync": needEdit,

	"GET /api/v2/tokens": needAdmin, "GET /api/v2/tokens/{key}": needAdmin,
	"POST /api/v2/tokens": needAdmin, "PATCH /api/v2/tokens/{key}": needAdmin, "DELETE /api/v2/tokens/{key}": needAdmin,
	"GET /api/v2/access": needAdmin, "GET /api/v2/access/{key}": needAdmin,
	"POST /api/v2/access": needAdmin, "PATCH /api/v2/access/{key}": needAdmin, "DELETE /api/v2/access/{key}": needAdmin,

	"GET /api/v2/shards": needView, "GET /api/v2/shards/{key}": needView,
	"POST /api/v2/shards": needEdit, "PATCH /api/v2/shards/{key}": needEdit, "DELETE /api/v2/shards/{key}": needEdit,
	"GET /api/v2/servers": needView, "GET /api/v2/servers/{key}": needView,
	"POST /api/v2/servers": needEdit, "PATCH /api/v2/servers/{key}": needEdit, "DELETE /api/v2/servers/{key}": needEdit,
	"GET /api/v2/services": needView, "GET /api/v2/services/{key}": needView,
	"POST /api/v2/services": needEdit, "PATCH /api/v2/services/{key}": needEdit, "DELETE /api/v2/services/{key}": needEdit,
	"GET /api/v2/projects": needView, "GET /api/v2/projects/{key}": needView,
	"POST /api/v2/projects": needEdit, "PATCH /api/v2/projects/{key}": needEdit, "DELETE /api/v2/projects/{key}": needEdit,
	"GET /api/v2/farms": needView, "GET /api/v2/farms/{key}": needView,
	"POST /api/v2/farms": needEdit, "PATCH /api/v2/farms/{key}": needEdit, "DELETE /api/v2/farms/{key}": needEdit,
	"GET /api/v2/hosts": needView, "GET /api/v2/hosts/{key}": needView,
	"POST /api/v2/hosts": needEdit, "PATCH /api/v2/hosts/{key}": needEdit, "DELETE /api/v2/hosts/{key}": needEdit,
	"GET /api/v2/exporters": needView, "GET /api/v2/exporters/{key}": needView,
	"POST /api/v2/exporters": needEdit, "PATCH /api/v2/exporters/{key}": needEdit, "DELETE /api/v2/exporters/{key}": needEdit,
	"GET /api/v2/default-exporters": needView, "GET /api/v2/default-exporters/{key}": needView,
	"POST /api/v2/default-exporters": needEdit, "PATCH /api/v2/default-exporters/{key}": needEdit, "DELETE /api/v2/default-exporters/{key}": needEdit,
	"GET /api/v2/probes": needView, "GET /api/v2/probes/{key}": needView,
	"POST /api/v2/probes": needEdit, "PATCH /api/v2/probes/{key}": needEdit, "DELETE /api/v2/probes/{key}": needEdit,
	"GET /api/v2/urls": needView, "GET /api/v2/urls/{key}": needView,
	"POST /api/v2/urls": needEdit, "PATCH /api/v2/urls/{key}": needEdit, "DELETE /api/v2/urls/{key}": needEdit,
	"GET /api/v2/projects/{project}/hosts": needView, "GET /api/v2/projects/{project}/hosts/{key}": needView,
	"PATCH /api/v2/projects/{project}/hosts/{key}": needEdit, "DELETE /api/v2/projects/{project}/hosts/{key}": needEdit, "POST /api/v2/projects/{project}/hosts": needEdit, "PUT /api/v2/projects/{project}/hosts": needEdit,
	"GET /api/v2/projects/{project}/exporters": needView, "GET /api/v2/projects/{project}/exporters/{key}": needView,
	"PATCH /api/v2/projects/{project}/exporters/{key}": needEdit, "DELETE /api/v2/projects/{project}/exporters/{key}": needEdit, "POST /api/v2/projects/{project}/exporters": needEdit,
	"GET /api/v2/projects/{project}/urls": needView, "GET /api/v2/projects/{project}/urls/{key}": needView,
	"PATCH /api/v2/projects/{project}/urls/{key}": needEdit, "DELETE /api/v2/projects/{project}/urls/{key}": needEdit, "POST /api/v2/projects/{project}/urls": needEdit,
}

// address is a route's as routeNeeds has it: without the patterns of variables.
func (r *route) address() string {
	path := strings.ReplaceAll(r.path, slash, "")
	for {
		before, rest, ok := strings.Cut(path, ":[")
		if !ok {
			return path
		}
		_, after, _ := strings.Cut(rest, "}")
		path = before + "}" + after
	}
}

// TestEveryRouteIsGuarded walks every route with every role: whoever has less than it needs is refused before anything is
// looked at, and whoever has enough is not.
func TestEveryRouteIsGuarded(t *testing.T) {
	s := storetest.SQLite(t)
	twoShards(t, s)
	g := guard(t, s, AccessOptions{})
	headers := map[store.Role]string{"": ""}
	for _, role := range store.Roles {
		_, headers[role] = g.grant(t, string(role), roleOn(role))
	}
	seen := map[string]bool{}
	for _, r := range g.handler.h.routes() {
		for _, method := range r.accepts() {
			key := method + " " + r.address()
			if method == http.MethodHead {
				key = http.MethodGet + " " + r.address()
			}
			need, known := routeNeeds[key]
			if !assert.True(t, known, "%s is missing from routeNeeds", key) {
				continue
			}
			seen[key] = true
			require.Equal(t, need, r.needs, key)
			for rank, role := range append([]store.Role{""}, store.Roles...) {
				code := g.tryRoute(t, method, r, headers[role])
				switch {
				case rank >= int(need):
					assert.NotContains(t, []int{http.StatusUnauthorized, http.StatusForbidden}, code, "%s %s with the role %q", method, r.path, role)
				case role == "":
					assert.Equal(t, http.StatusUnauthorized, code, "%s %s with nothing", method, r.path)
				default:
					assert.Equal(t, http.StatusForbidden, code, "%s %s with the role %q", method, r.path, role)
				}
			}
		}
	}
	for key := range routeNeeds {
		assert.True(t, seen[key], "routeNeeds has %s, which is no route", key)
	}
}

// tryRoute asks a route for something that is not there, so that nothing changes, and returns the status.
func (g *guarded) tryRoute(t *testing.T, method string, r route, authorization string) int {
	t.Helper()
	path := strings.NewReplacer("{id}", "1", "{name}", "a", "{key}", "4711", "{project}", "a", "{revision}", "4711").Replace(r.address())
	require.NotContains(t, path, "{", "a variable without a value")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second) // ends streams too: the status is all that is read
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, g.url+path, strings.NewReader("{}"))
	require.NoError(t, err)
	req.Header.Set("Authorization", authorization)
	if method == http.MethodGet || method == http.MethodHead {
		req.Body, req.ContentLength = http.NoBody, 0
	}
	res, err := g.client.Do(req)
	require.NoError(t, err)
	res.Body.Close()
	return res.StatusCode
}

func TestTokensInAddressesAreRefused(t *testing.T) {
	s := storetest.SQLite(t)
	twoShards(t, s)
	g := guard(t, s, AccessOptions{OpenLists: true})
	_, header := g.grant(t, "admin", roleOn(store.RoleAdmin))
	secret := strings.TrimPrefix(header, "Bearer ")
	for _, target := range []string{"/sd/targets?token=" + secret, "/sd/targets?shard=x" + secret + "x", "/" + secret, "/api/v2/shards/" + secret, "/-/healthy?" + secret} {
		a := g.do(t, http.MethodGet, target, nil, "Authorization", header)
		message := requireError(t, a, http.StatusBadRequest, "bad_data")
		assert.Contains(t, message, "there is a token in the address")
		assert.NotContains(t, a.body, secret)
	}
	assert.NotContains(t, g.log.String(), secret)
	assert.Equal(t, http.StatusNotFound, g.code(t, http.MethodGet, "/sd/targets?shard=psh_team-a", ""), "what only begins like one is a name")
	assert.NotContains(t, withoutTokens("/x?"+secret), secret)
	assert.Equal(t, "/x?shard=a", withoutTokens("/x?shard=a"))
}

func TestRevokedAndExpiredTokensStopWorking(t *testing.T) {
	storetest.RunURL(t, func(t *testing.T, u string) {
		one, other := storetest.Open(t, u), storetest.Open(t, u)
		twoShards(t, one)
		background(t, func(ctx context.Context) error { other.Watch(ctx); return nil }) //nolint:errcheck // it ends with ctx
		writer, replica := guard(t, one, AccessOptions{}), guard(t, other, AccessOptions{})
		id, header := writer.grant(t, "reader", roleOn(store.RoleReader))
		works := func() bool { return replica.code(t, http.MethodGet, "/sd/targets", header) == http.StatusOK }
		start := time.Now()
		require.Eventually(t, works, 10*time.Second, 10*time.Millisecond)
		require.NoError(t, one.DeletePrincipal(t.Context(), id, store.DeleteOptions{}))
		require.Eventually(t, func() bool { return !works() }, 10*time.Second, 10*time.Millisecond)
		t.Logf("granted and revoked on another replica within %v", time.Since(start))

		soon := time.Now().Add(time.Second)
		p := store.Principal{Kind: store.KindToken, Name: "short", Grants: []store.Grant{roleOn(store.RoleReader)}, ExpiresAt: &soon}
		secret, err := one.CreatePrincipal(t.Context(), &p)
		require.NoError(t, err)
		header = "Bearer " + secret
		require.Eventually(t, works, 900*time.Millisecond, 5*time.Millisecond)
		require.Eventually(t, func() bool { return !works() }, 10*time.Second, 10*time.Millisecond)
	})
}

// brokenSource fails when it is told to.
type brokenSource struct {
	*store.Store
	broken chan struct{}
}

var errBroken = errors.New("the database is gone")

func (b *brokenSource) AccessRevision(ctx context.Context) (store.AccessRevision, error) {
	select {
	case <-b.broken:
		return store.AccessRevision{}, errBroken
	default:
		return b.Store.AccessRevision(ctx)
	}
}

func TestALostDatabaseLeavesAccessAsItIs(t *testing.T) {
	s := storetest.SQLite(t)
	twoShards(t, s)
	source := &brokenSource{Store: s, broken: make(chan struct{})}
	g := guard(t, s, AccessOptions{Source: source, CheckInterval: 5 * time.Millisecond})
	_, header := g.grant(t, "reader", roleOn(store.RoleReader))
	close(source.broken)
	require.Eventually(t, func() bool { return testutil.ToFloat64(g.access.metrics.errors) > 2 }, 10*time.Second, time.Millisecond)
	require.Equal(t, http.StatusOK, g.code(t, http.MethodGet, "/sd/targets", header))
	require.Equal(t, http.StatusUnauthorized, g.code(t, http.MethodGet, "/sd/targets", ""))
	assert.Equal(t, 1, strings.Count(g.log.String(), "cannot follow the database and stays as it is"))
}

func TestBeforeAccessIsLoaded(t *testing.T) {
	s := storetest.SQLite(t)
	for _, open := range []bool{true, false} {
		p := NewPublisher(PublisherOptions{Source: s})
		require.NoError(t, p.pass(t.Context()))
		h := New(Options{Publisher: p, Access: NewAccess(AccessOptions{Source: s, OpenLists: open})})
		ask := func(target, authorization string) int {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, http.NoBody)
			r.Header.Set("Authorization", authorization)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			return w.Code
		}
		want := http.StatusServiceUnavailable
		if open {
			want = http.StatusOK
		}
		require.Equal(t, want, ask("/sd/targets", "Bearer "+store.TokenPrefix+"x"), "open: %v", open)
		require.Equal(t, http.StatusServiceUnavailable, ask("/-/ready", ""))
	}
}

func TestRateOfRequests(t *testing.T) {
	s := storetest.SQLite(t)
	twoShards(t, s)
	g := guard(t, s, AccessOptions{RateLimit: 0.25, RateBurst: 3})
	_, fast := g.grant(t, "fast", roleOn(store.RoleViewer))
	_, other := g.grant(t, "other", roleOn(store.RoleViewer))
	for range 3 {
		require.Equal(t, http.StatusOK, g.code(t, http.MethodGet, "/api/v2/shards", fast))
	}
	a := g.do(t, http.MethodGet, "/api/v2/shards", nil, "Authorization", fast)
	assert.Contains(t, requireError(t, a, http.StatusTooManyRequests, "too_many_requests"), "token:fast")
	assert.Equal(t, "4", a.header.Get("Retry-After"))
	require.Equal(t, http.StatusOK, g.code(t, http.MethodGet, "/sd/targets", fast), "lists are counted apart")
	require.Equal(t, http.StatusOK, g.code(t, http.MethodGet, "/api/v2/shards", other), "so is everybody else")
	_, _ = g.grant(t, "new", roleOn(store.RoleViewer))
	require.Equal(t, http.StatusTooManyRequests, g.code(t, http.MethodGet, "/api/v2/shards", fast), "another table is no new start")
	require.Equal(t, http.StatusUnauthorized, g.code(t, http.MethodGet, "/sd/targets", ""))
	require.Equal(t, http.StatusForbidden, g.code(t, http.MethodPost, "/api/v2/shards", other))
	for reason, n := range map[string]float64{"rate": 2, "missing": 1, "forbidden": 1, "unknown": 0} {
		require.InDelta(t, n, testutil.ToFloat64(g.access.metrics.refused.WithLabelValues(reason)), 0, reason)
	}

	unlimited := guard(t, s, AccessOptions{RateLimit: -1})
	for range 20 {
		require.Equal(t, http.StatusOK, unlimited.code(t, http.MethodGet, "/api/v2/shards", fast))
	}
}

func TestUseOfTokensIsNoted(t *testing.T) {
	s := storetest.SQLite(t)
	twoShards(t, s)
	g := guard(t, s, AccessOptions{MarkInterval: 20 * time.Millisecond, CheckInterval: 5 * time.Millisecond})
	_, header := g.grant(t, "reader", roleOn(store.RoleReader))
	before, err := s.Revision(t.Context())
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, g.code(t, http.MethodGet, "/sd/targets", header))
	require.Eventually(t, func() bool {
		list, err := s.Principals(t.Context(), store.PrincipalFilter{Name: "reader"})
		return err == nil && list[0].LastUsedAt != nil && time.Since(*list[0].LastUsedAt) < time.Minute
	}, 10*time.Second, 10*time.Millisecond)
	after, err := s.Revision(t.Context())
	require.NoError(t, err)
	require.Equal(t, before, after)
}

func TestListableAllocatesNothing(t *testing.T) {
	s := storetest.SQLite(t)
	twoShards(t, s)
	g := guard(t, s, AccessOptions{})
	_, header := g.grant(t, "reader", roleOn(store.RoleReader, "shard", "a"))
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/sd/targets?shard=a", http.NoBody)
	r.Header.Set("Authorization", header)
	q, snap := snapshot.Query{Shards: []string{"a"}}, g.publisher.Snapshot()
	h := g.handler.h
	require.Zero(t, testing.AllocsPerRun(100, func() {
		if h.o.Access.admitToLists(r) != nil || h.listable(r, snap, q) != nil {
			t.Fatal("refused")
		}
	}))
}

func BenchmarkAdmitToLists(b *testing.B) {
	s := storetest.SQLite(b)
	twoShards(b, s)
	g := guard(b, s, AccessOptions{RateLimit: -1})
	_, header := g.grant(b, "reader", roleOn(store.RoleReader, "shard", "a"))
	r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/sd/targets?shard=a", http.NoBody)
	r.Header.Set("Authorization", header)
	q, snap := snapshot.Query{Shards: []string{"a"}}, g.publisher.Snapshot()
	b.ReportAllocs()
	for b.Loop() {
		if g.access.admitToLists(r) != nil || g.handler.h.listable(r, snap, q) != nil {
			b.Fatal("refused")
		}
	}
}
