package httpsd

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
)

// nounPaths are the collections of the API.
var nounPaths = []string{
	"shards", "servers", "services", "projects", "farms", "hosts", "exporters", "default-exporters", "probes", "urls",
}

// plant puts one of every noun, with the id 1, into an inventory, and a second project in another service and shard.
func plant(t testing.TB, s *store.Store) {
	t.Helper()
	ctx := context.Background()
	for _, err := range []error{
		s.CreateShard(ctx, &store.Shard{Name: "prod", Enabled: true}),
		s.CreateServer(ctx, &store.Server{Host: "2001:db8::1", Port: 9090, Shard: "prod"}),
		s.CreateService(ctx, &store.Service{Name: "shop", Owner: "ann", Labels: store.Labels{"tier": "1"}}),
		s.CreateProject(ctx, &store.Project{Name: "shop-api", Service: "shop", Shard: "prod", Enabled: true}),
		s.CreateHost(ctx, &store.Host{Name: "web1", Project: "shop-api", Enabled: true}),
		s.CreateExporter(ctx, &store.Exporter{Job: "app", Port: 8080, Project: "shop-api", Enabled: true}),
		s.CreateProbe(ctx, &store.Probe{Module: "http_2xx"}),
		s.CreateURL(ctx, &store.URL{URL: "https://shop.example/a", Project: "shop-api", Probe: "http_2xx"}),
		s.CreateDefaultExporter(ctx, &store.DefaultExporter{Job: "node", Port: 9100}),
		s.CreateShard(ctx, &store.Shard{Name: "dev/1 店", Enabled: true}),
		s.CreateShard(ctx, &store.Shard{Name: "closed"}),
		s.CreateService(ctx, &store.Service{Name: "mail"}),
		s.CreateProject(ctx, &store.Project{Name: "mail-in", Service: "mail", Shard: "dev/1 店", Enabled: true}),
		s.CreateHost(ctx, &store.Host{Name: "web1", Project: "mail-in"}),
		s.CreateHost(ctx, &store.Host{Name: "web2", Project: "mail-in"}),
	} {
		require.NoError(t, err)
	}
}

func TestEveryNounIsListedAndRead(t *testing.T) {
	withAPI(t, func(t *testing.T, a *apiServing) {
		plant(t, a.store)
		for _, path := range nounPaths {
			list := data[listing[map[string]any]](t, a.do(t, http.MethodGet, "/api/v2/"+path, nil), http.StatusOK)
			require.NotEmpty(t, list.Items, path)
			for _, item := range list.Items {
				one := data[map[string]any](t, a.do(t, http.MethodGet, fmt.Sprintf("/api/v2/%s/%v", path, item["id"]), nil), http.StatusOK)
				assert.Equal(t, item, one)
			}
			requireError(t, a.do(t, http.MethodGet, "/api/v2/"+path+"/4711", nil), http.StatusNotFound, "not_found")
			requireError(t, a.do(t, http.MethodGet, "/api/v2/"+path+"/99999999999999999999", nil), http.StatusNotFound, "not_found")
			requireError(t, a.do(t, http.MethodGet, "/api/v2/"+path+"?colour=red", nil), http.StatusBadRequest, "bad_data")
			requireError(t, a.do(t, http.MethodGet, "/api/v2/"+path+"/1?colour=red", nil), http.StatusBadRequest, "bad_data")
		}
	})
}

func TestNamesInAddresses(t *testing.T) {
	withAPI(t, func(t *testing.T, a *apiServing) {
		plant(t, a.store)
		require.NoError(t, a.store.CreateShard(t.Context(), &store.Shard{Name: "1"}))
		for target, want := range map[string]string{
			"shards/prod":                    `"id":1`,
			"shards/dev%2F1%20%E5%BA%97":     `"id":2`,
			"shards/1":                       `"name":"prod"`, // an id, whatever else is called so
			"servers/%5B2001:db8::1%5D:9090": `"id":1`,
			"services/shop":                  `"id":1`,
			"projects/shop-api":              `"id":1`,
			"farms/mail-in":                  `"id":2`,
			"hosts/web2":                     `"id":3`,
			"exporters/app":                  `"id":1`,
			"default-exporters/node":         `"id":1`,
			"probes/http_2xx":                `"id":1`,
			"urls/" + url.PathEscape("https://shop.example/a"): `"id":1`,

			"projects/mail-in/hosts/web1": `"id":2`,
			"projects/2/hosts/web1":       `"id":2`,
			"projects/2/hosts/2":          `"id":2`,
			"projects/1/exporters/app":    `"id":1`,
			"projects/1/urls/1":           `"id":1`,
		} {
			assert.Contains(t, a.do(t, http.MethodGet, "/api/v2/"+target, nil).body, want, target)
		}
		text := requireError(t, a.do(t, http.MethodGet, "/api/v2/hosts/web1", nil), http.StatusConflict, "conflict")
		assert.Contains(t, text, `"web1"`)
		for _, target := range []string{
			"shards/none", "servers/none:1", "projects/none/hosts", "projects/none/hosts/1", "projects/2/hosts/1",
			"projects/2/exporters/app", "projects/2/hosts/none", "shards/%00", "shards/%ff", "projects/77/urls",
		} {
			requireError(t, a.do(t, http.MethodGet, "/api/v2/"+target, nil), http.StatusNotFound, "not_found")
		}
	})
}

func TestListsAreFiltered(t *testing.T) {
	withAPI(t, func(t *testing.T, a *apiServing) {
		plant(t, a.store)
		for target, want := range map[string]int{
			"shards?enabled=true": 2, "shards?enabled=false": 1, "shards?name=prod": 1, "shards?name=none": 0,
			"servers?port=9090": 1, "servers?port=9091": 0, "servers?shard=prod": 1,
			"hosts": 3, "hosts?name=web1": 2, "hosts?project=mail-in": 2, "hosts?shard=prod": 1, "hosts?service=mail&enabled=false": 2,
			"exporters?path=": 1, "exporters?path=/x": 0, "exporters?job=app&port=8080&scheme=http": 1,
			"projects?q=SHOP": 1, "projects?q=shop+mail": 0, "projects?sort=-name": 2,
			"projects/mail-in/hosts": 2, "projects/mail-in/hosts?name=web2": 1, "projects/mail-in/exporters": 0, "projects/1/urls": 1,
		} {
			list := data[listing[map[string]any]](t, a.do(t, http.MethodGet, "/api/v2/"+target, nil), http.StatusOK)
			assert.Len(t, list.Items, want, target)
		}
		for target, names := range map[string]string{
			"shards?enabled=yes": "enabled", "shards?name=": "name", "shards?name=a&name=b": "name", "servers?port=0": "port",
			"servers?port=x": "port", "servers?port=+1": "port", "shards?limit=0": "limit", "shards?limit=1001": "limit", "shards?sort=url": "sort",
			"shards?cursor=x": "cursor", "shards?q=": "q", "shards?%zz": "query", "hosts?name=%ff": "name",
			"projects/mail-in/hosts?project=shop-api": "project", "shards?Name=prod": "Name",
		} {
			text := requireError(t, a.do(t, http.MethodGet, "/api/v2/"+target, nil), http.StatusBadRequest, "bad_data")
			assert.Contains(t, text, names, target)
		}
	})
}

func TestPagesOfAList(t *testing.T) {
	withAPI(t, func(t *testing.T, a *apiServing) {
		plant(t, a.store)
		var ids []float64
		for target := "/api/v2/hosts?limit=1&sort=-id"; target != ""; {
			page := data[listing[map[string]any]](t, a.do(t, http.MethodGet, target, nil), http.StatusOK)
			require.Len(t, page.Items, 1)
			ids = append(ids, page.Items[0]["id"].(float64))
			if target = ""; page.Next != "" {
				target = "/api/v2/hosts?limit=1&sort=-id&cursor=" + page.Next
			}
		}
		assert.Equal(t, []float64{3, 2, 1}, ids)
	})
}

func TestAPIWithoutADatabase(t *testing.T) {
	a := newAPI(t, nil, func(o *Options) {
		o.Publisher = NewPublisher(PublisherOptions{Source: newFakeSource()})
		o.API.Inventory = func() (store.Inventory, error) { return nil, errNotLoaded }
	})
	got := a.do(t, http.MethodGet, "/api/v2/shards", nil)
	requireError(t, got, http.StatusServiceUnavailable, "unavailable")
	assert.NotEmpty(t, got.header.Get("Retry-After"))
}

func TestNoAPIWithoutAnInventory(t *testing.T) {
	s := loadedServing(t)
	for _, path := range nounPaths {
		requireError(t, s.get(t, "/api/v2/"+path), http.StatusNotFound, "not_found")
	}
}
