package httpsd

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
)

// row is one of a noun as an answer has it.
type row = map[string]any

// lives has, for each noun in an order that works, what creates one, what changes it and what it is then.
var lives = []struct {
	path, create, change, then string
}{
	{"shards", `{"name":"prod"}`, `{"url":"http://prom.example","samples":5}`, `{"id":1,"name":"prod","url":"http://prom.example","enabled":true,"samples":5,"targets":0,"max_removal":0}`},
	{"servers", `{"host":"prom1","port":9090,"shard":"prod"}`, `{"port":9091}`, `{"id":1,"host":"prom1","port":9091,"shard_id":1,"shard":"prod"}`},
	{"services", `{"name":"shop","labels":{"a":"1","b":"2"}}`, `{"owner":"ann","labels":{"a":null,"c":"3"}}`, `{"id":1,"name":"shop","description":"","owner":"ann","labels":{"b":"2","c":"3"}}`},
	{
		"projects", `{"name":"shop-api","service":"shop","shard_id":1}`, `{"enabled":false}`,
		`{"id":1,"name":"shop-api","description":"","owner":"","enabled":false,"labels":{},"service_id":1,"service":"shop","shard_id":1,"shard":"prod"}`,
	},
	{"farms", `{"name":"farm","project":"shop-api"}`, `{"source":"consul"}`, `{"id":1,"name":"farm","source":"consul","project_id":1,"project":"shop-api"}`},
	{"hosts", `{"name":"[2001:DB8::1]","project":"shop-api","enabled":false}`, `{"enabled":null}`, `{"id":1,"name":"2001:db8::1","enabled":true,"labels":{},"farm_id":1,"farm":"farm","project":"shop-api"}`},
	{
		"exporters", `{"job":"app","port":8080.0,"project_id":1,"scrape_interval":"1m30s"}`, `{"scrape_timeout":"5s","path":"/x?a=b"}`,
		`{"id":1,"job":"app","port":8080,"path":"/x?a=b","scheme":"http","enabled":true,"scrape_interval":"1m30s","scrape_timeout":"5s","labels":{},"project_id":1,"project":"shop-api"}`,
	},
	{"default-exporters", `{"job":"node","port":9100}`, `{"scheme":"https"}`, `{"id":1,"job":"node","port":9100,"path":"","scheme":"https"}`},
	{"probes", `{"module":"http_2xx"}`, `{"description":"x"}`, `{"id":1,"module":"http_2xx","description":"x"}`},
	{"urls", `{"url":"https://shop.example/","project":"shop-api","probe":"http_2xx"}`, `{"url":"https://shop.example/health"}`, `{"id":1,"url":"https://shop.example/health","project_id":1,"project":"shop-api","probe_id":1,"probe":"http_2xx"}`},
}

// withoutVersion takes the version away, which must be there.
func withoutVersion(t *testing.T, r row) row {
	t.Helper()
	require.IsType(t, 1.0, r["version"])
	delete(r, "version")
	return r
}

func TestTheLifeOfEveryNoun(t *testing.T) {
	withAPI(t, func(t *testing.T, a *apiServing) {
		for _, life := range lives {
			base := "/api/v2/" + life.path
			created := a.do(t, http.MethodPost, base, life.create)
			one := data[row](t, created, http.StatusCreated)
			assert.Equal(t, base+"/1", created.header.Get("Location"))
			tag := fmt.Sprintf(`"%v"`, one["version"])
			assert.Equal(t, tag, created.header.Get("ETag"))
			read := a.do(t, http.MethodGet, base+"/1", nil)
			assert.Equal(t, one, data[row](t, read, http.StatusOK))
			assert.Equal(t, tag, read.header.Get("ETag"))

			// Whatever is the same again is refused, and leaves nothing.
			requireError(t, a.do(t, http.MethodPost, base, life.create), http.StatusConflict, "conflict")

			changed := a.do(t, http.MethodPatch, base+"/1", life.change, "If-Match", tag, "Content-Type", mergePatchType)
			now := data[row](t, changed, http.StatusOK)
			assert.NotEqual(t, tag, changed.header.Get("ETag"))
			requireError(t, a.do(t, http.MethodPatch, base+"/1", life.change, "If-Match", tag), http.StatusPreconditionFailed, "stale")
			requireError(t, a.do(t, http.MethodDelete, base+"/1", nil, "If-Match", tag), http.StatusPreconditionFailed, "stale")
			again := a.do(t, http.MethodPatch, base+"/1", life.change)
			assert.Equal(t, now, data[row](t, again, http.StatusOK), "a change that changes nothing")
			assert.Contains(t, again.body, `"receipt":{"revision":0}`)
			assert.JSONEq(t, life.then, mustJSON(t, withoutVersion(t, now)))
		}
		for i := range lives {
			base := "/api/v2/" + lives[len(lives)-1-i].path
			tag := a.do(t, http.MethodGet, base+"/1", nil).header.Get("ETag")
			gone := data[row](t, a.do(t, http.MethodDelete, base+"/1", nil, "If-Match", `"0", `+tag), http.StatusOK)
			assert.InDelta(t, 1, gone["id"], 0)
			requireError(t, a.do(t, http.MethodGet, base+"/1", nil), http.StatusNotFound, "not_found")
			requireError(t, a.do(t, http.MethodDelete, base+"/1", nil), http.StatusNotFound, "not_found")
			requireError(t, a.do(t, http.MethodPatch, base+"/1", `{}`), http.StatusNotFound, "not_found")
		}
		revision, err := a.store.Revision(t.Context())
		require.NoError(t, err)
		assert.EqualValues(t, 3*len(lives), revision.Number, "one revision for each write that changed something")
	})
}

func TestDeletionsSayCascade(t *testing.T) {
	withAPI(t, func(t *testing.T, a *apiServing) {
		plant(t, a.store)
		for _, target := range []string{"shards/prod", "services/shop", "projects/shop-api", "farms/shop-api", "probes/http_2xx"} {
			got := a.do(t, http.MethodDelete, "/api/v2/"+target, nil)
			text := requireError(t, got, http.StatusConflict, "conflict")
			assert.Contains(t, text, "would also delete")
			assert.Contains(t, got.body, `"hint":"cascade=true`)
		}
		requireError(t, a.do(t, http.MethodDelete, "/api/v2/hosts/1?cascade=true", nil), http.StatusBadRequest, "bad_data")
		dry := a.do(t, http.MethodDelete, "/api/v2/services/shop?cascade=true&dry_run=true", nil)
		data[row](t, dry, http.StatusOK)
		assert.Contains(t, dry.body, `{"noun":"host","deleted":1}`)
		assert.Contains(t, dry.body, `"dry_run":true`)
		data[row](t, a.do(t, http.MethodGet, "/api/v2/services/shop", nil), http.StatusOK)
		data[row](t, a.do(t, http.MethodDelete, "/api/v2/services/shop?cascade=true", nil), http.StatusOK)
		requireError(t, a.do(t, http.MethodGet, "/api/v2/projects/shop-api", nil), http.StatusNotFound, "not_found")
	})
}

func TestDryRunsKeepNothing(t *testing.T) {
	withAPI(t, func(t *testing.T, a *apiServing) {
		plant(t, a.store)
		before, err := a.store.Revision(t.Context())
		require.NoError(t, err)
		for _, call := range [][3]string{
			{"POST", "shards", `{"name":"new"}`},
			{"PATCH", "hosts/1", `{"enabled":false}`},
			{"DELETE", "hosts/1", ""},
			{"POST", "projects/1/hosts", `{"add":["new"],"remove":["web1"]}`},
			{"PUT", "projects/1/hosts", `{"hosts":[]}`},
		} {
			got := a.do(t, call[0], "/api/v2/"+call[1]+"?dry_run=true", call[2])
			data[row](t, got, http.StatusOK)
			assert.Contains(t, got.body, `"revision":0,"dry_run":true,"summary":"`)
			assert.Empty(t, got.header.Get("Location"))
			assert.Empty(t, got.header.Get("ETag"))
		}
		after, err := a.store.Revision(t.Context())
		require.NoError(t, err)
		assert.Equal(t, before, after)
		requireError(t, a.do(t, http.MethodPost, "/api/v2/shards?dry_run=true", `{"name":"prod"}`), http.StatusConflict, "conflict")
		requireError(t, a.do(t, http.MethodPost, "/api/v2/shards?dry_run=maybe", `{"name":"new"}`), http.StatusBadRequest, "bad_data")
	})
}

func TestCreationsWithAKeyAreMadeOnce(t *testing.T) {
	withAPI(t, func(t *testing.T, a *apiServing) {
		plant(t, a.store)
		first := a.do(t, http.MethodPost, "/api/v2/shards", `{"name":"new"}`, keyHeader, "k1")
		again := a.do(t, http.MethodPost, "/api/v2/shards", `{"name":"new"}`, keyHeader, "k1")
		assert.Equal(t, data[row](t, first, http.StatusCreated), data[row](t, again, http.StatusCreated))
		assert.Equal(t, first.header.Get("Location"), again.header.Get("Location"))
		assert.Contains(t, again.body, `"replayed":true`)
		requireError(t, a.do(t, http.MethodPost, "/api/v2/shards", `{"name":"newer"}`, keyHeader, "k1"), http.StatusConflict, "conflict")
		requireError(t, a.do(t, http.MethodPost, "/api/v2/services", `{"name":"new"}`, keyHeader, "k1"), http.StatusConflict, "conflict")
		for _, query := range []string{"", "?dry_run=true"} {
			got := a.do(t, http.MethodPost, "/api/v2/shards"+query, `{"name":"x"}`, keyHeader, strings.Repeat("k", 256))
			requireError(t, got, http.StatusBadRequest, "bad_data")
		}
		requireError(t, a.do(t, http.MethodPatch, "/api/v2/shards/1", `{}`, keyHeader, "k2"), http.StatusBadRequest, "bad_data")
		requireError(t, a.do(t, http.MethodDelete, "/api/v2/shards/1", nil, keyHeader, "k2"), http.StatusBadRequest, "bad_data")
		requireError(t, a.do(t, http.MethodPut, "/api/v2/projects/1/hosts", `{"hosts":[]}`, keyHeader, "k2"), http.StatusBadRequest, "bad_data")
		for range 2 {
			got := data[store.SetHostsResult](t, a.do(t, http.MethodPost, "/api/v2/projects/1/hosts", `{"add":["new"]}`, keyHeader, "k3"), http.StatusOK)
			assert.Equal(t, 1, got.Added)
		}
	})
}

func TestHostsInBulk(t *testing.T) {
	withAPI(t, func(t *testing.T, a *apiServing) {
		plant(t, a.store)
		set := func(method, body string) store.SetHostsResult {
			t.Helper()
			return data[store.SetHostsResult](t, a.do(t, method, "/api/v2/projects/shop-api/hosts", body), http.StatusOK)
		}
		names := func() (list []string) {
			t.Helper()
			page := data[listing[store.Host]](t, a.do(t, http.MethodGet, "/api/v2/projects/1/hosts", nil), http.StatusOK)
			for _, h := range page.Items {
				list = append(list, fmt.Sprintf("%s %v %v", h.Name, h.Enabled, h.Labels))
			}
			return list
		}
		assert.Equal(t, store.SetHostsResult{Added: 2, Removed: 1, Missing: []string{"none"}},
			set("POST", `{"add":["web2",{"name":"web3","enabled":false,"labels":{"a":"b"}}],"remove":["web1","none"]}`))
		assert.Equal(t, []string{"web2 true map[]", "web3 false map[a:b]"}, names())
		assert.Equal(t, store.SetHostsResult{Added: 1, Changed: 1, Removed: 1}, set("PUT", `{"hosts":["web3","web4"]}`))
		assert.Equal(t, []string{"web3 true map[]", "web4 true map[]"}, names())
		for body, field := range map[string]string{
			`{}`: "add", `{"add":"web1"}`: "add", `{"add":[1]}`: "add[0]", `{"add":[{"name":"x","farm":"y"}]}`: "add[0].farm",
			`{"add":[{"name":"x","enabled":"yes"}]}`: "add[0].enabled", `{"remove":["a",null]}`: "remove[1]", `{"hosts":[]}`: "hosts",
			`{"add":[{"name":"x","labels":{"a":1}}]}`: "add[0].labels.a", `{"add":["a b"]}`: "name", `{"add":["a","a"]}`: "add",
		} {
			got := a.do(t, http.MethodPost, "/api/v2/projects/1/hosts", body)
			requireError(t, got, http.StatusBadRequest, "bad_data")
			assert.Contains(t, got.body, fmt.Sprintf(`"field":%q`, field), body)
		}
		for _, body := range []string{`{}`, `{"hosts":null}`, `{"add":[]}`} {
			requireError(t, a.do(t, http.MethodPut, "/api/v2/projects/1/hosts", body), http.StatusBadRequest, "bad_data")
		}
		requireError(t, a.do(t, http.MethodPut, "/api/v2/projects/none/hosts", `{"hosts":[]}`), http.StatusNotFound, "not_found")
		requireError(t, a.do(t, http.MethodPut, "/api/v2/projects/1/hosts", `{"hosts":[]}`, "If-Match", `"1"`), http.StatusBadRequest, "bad_data")
		assert.Equal(t, []string{"web3 true map[]", "web4 true map[]"}, names())
	})
}

func TestNounsBelowAProject(t *testing.T) {
	withAPI(t, func(t *testing.T, a *apiServing) {
		plant(t, a.store)
		got := a.do(t, http.MethodPost, "/api/v2/projects/mail-in/exporters", `{"job":"app","port":1}`)
		assert.Equal(t, "mail-in", data[row](t, got, http.StatusCreated)["project"])
		assert.Equal(t, "/api/v2/exporters/2", got.header.Get("Location"))
		got = a.do(t, http.MethodPost, "/api/v2/projects/2/urls", `{"url":"http://a.example/","probe_id":1}`)
		assert.Equal(t, "mail-in", data[row](t, got, http.StatusCreated)["project"])
		requireError(t, a.do(t, http.MethodPost, "/api/v2/projects/2/urls", `{"url":"http://b.example/","probe_id":1,"project":"shop-api"}`), http.StatusBadRequest, "bad_data")
		requireError(t, a.do(t, http.MethodPost, "/api/v2/projects/none/urls", `{"url":"http://b.example/","probe_id":1}`), http.StatusNotFound, "not_found")
		requireError(t, a.do(t, http.MethodPatch, "/api/v2/projects/2/hosts/1", `{"enabled":false}`), http.StatusNotFound, "not_found")
		data[row](t, a.do(t, http.MethodPatch, "/api/v2/projects/2/hosts/web1", `{"enabled":true}`), http.StatusOK)
		data[row](t, a.do(t, http.MethodDelete, "/api/v2/projects/2/exporters/app", nil), http.StatusOK)
		data[row](t, a.do(t, http.MethodGet, "/api/v2/exporters/app", nil), http.StatusOK)
	})
}

func TestRefusalsOfBodies(t *testing.T) {
	withAPI(t, func(t *testing.T, a *apiServing) {
		plant(t, a.store)
		before := a.do(t, http.MethodGet, "/api/v2/services", nil).body
		for body, want := range map[string]string{
			``: "missing", ` `: "missing", `{`: "JSON", `[]`: "not a JSON object", `null`: "not a JSON object", `"x"`: "not a JSON object",
			`{} {}`: "JSON", `{"name":"x"`: "JSON", "{\"name\":\"\xff\"}": "UTF-8", `{"name":"\ud800"}`: "not a string",
			`{"name":"x","name":"y"}`: `body name: is given twice`, `{"Name":"x"}`: `body Name: is not known`,
			`{"nme":"x"}`: `body nme: is not known here; known are name, description, owner, labels`,
			`{"name":1}`:  `body name "1": is not a string`, `{"name":["x"]}`: `body name "[\"x\"]": is not a string`, `{"name":true}`: "body name",
			`{"labels":[]}`: `body labels "[]"`, `{"labels":{"a":1}}`: `body labels.a "1"`, `{"labels":{"a":"1","a":"2"}}`: "labels.a: is given twice",
			`{"labels":"x"}`: "body labels", `{"name":""}`: "service name: is missing",
			`{"name":"x","labels":{"job":"x"}}`: "labels", `{"name":"a\u0000b"}`: "name",
		} {
			text := requireError(t, a.do(t, http.MethodPost, "/api/v2/services", body), http.StatusBadRequest, "bad_data")
			assert.Contains(t, text, want, body)
			if body != `{"labels":{"a":1}}` { // null of a label means another thing in a change, and so does its text
				text = requireError(t, a.do(t, http.MethodPatch, "/api/v2/services/1", body), http.StatusBadRequest, "bad_data")
				assert.Contains(t, text, strings.Split(want, "; known")[0], body)
			}
		}
		assert.Contains(t, a.do(t, http.MethodPost, "/api/v2/services", `{"name":null}`).body, `"error":"body name \"null\": is not a string"`)
		assert.Contains(t, a.do(t, http.MethodPatch, "/api/v2/services/1", `{"name":null}`).body, `"error":"service name: is missing"`)
		for _, body := range []string{`{"id":7,"name":"x"}`, `{"version":7,"name":"x"}`} {
			assert.Contains(t, requireError(t, a.do(t, http.MethodPost, "/api/v2/services", body), http.StatusBadRequest, "bad_data"), "cannot be set")
			requireError(t, a.do(t, http.MethodPatch, "/api/v2/services/1", body), http.StatusBadRequest, "bad_data")
		}
		for target, body := range map[string]string{
			"projects": `{"name":"x","service":"shop","service_id":1,"shard":"prod"}`, "hosts": `{"name":"x","project":"shop-api","farm_id":1}`,
			"exporters": `{"job":"x","port":99999999999999999999,"project":"shop-api"}`, "servers": `{"host":"x","port":1.5,"shard":"prod"}`,
			"urls": `{"url":"x"}`, "probes": `{}`, "shards": `{"name":"x","enabled":1}`, "default-exporters": `{"job":"x","port":"80"}`,
			"farms": `{"name":"x"}`,
		} {
			requireError(t, a.do(t, http.MethodPost, "/api/v2/"+target, body), http.StatusBadRequest, "bad_data")
		}
		requireError(t, a.do(t, http.MethodPatch, "/api/v2/exporters/1", `{"scrape_interval":30}`), http.StatusBadRequest, "bad_data")
		requireError(t, a.do(t, http.MethodPatch, "/api/v2/exporters/1", `{"scrape_interval":"30"}`), http.StatusBadRequest, "bad_data")
		requireError(t, a.do(t, http.MethodPatch, "/api/v2/projects/1", `{"shard":"none"}`), http.StatusNotFound, "not_found")
		assert.Equal(t, before, a.do(t, http.MethodGet, "/api/v2/services", nil).body)
	})
}

func TestMediaTypesAndSizes(t *testing.T) {
	withAPI(t, func(t *testing.T, a *apiServing) {
		plant(t, a.store)
		for _, contentType := range []string{"", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1", mergePatchType, "/"} {
			requireError(t, a.do(t, http.MethodPost, "/api/v2/shards", `{"name":"x"}`, "Content-Type", contentType), http.StatusUnsupportedMediaType, "bad_data")
		}
		requireError(t, a.do(t, http.MethodPost, "/api/v2/shards", `{"name":"x"}`, "Content-Encoding", "gzip"), http.StatusUnsupportedMediaType, "bad_data")
		data[row](t, a.do(t, http.MethodPost, "/api/v2/shards", `{"name":"x"}`, "Content-Type", "application/json; charset=UTF-8"), http.StatusCreated)
		large := `{"name":"` + strings.Repeat("x", 1<<20) + `"}`
		requireError(t, a.do(t, http.MethodPost, "/api/v2/shards", large), http.StatusRequestEntityTooLarge, "bad_data")
		got := a.do(t, http.MethodPut, "/api/v2/shards", `{}`)
		requireError(t, got, http.StatusMethodNotAllowed, "bad_data")
		assert.Equal(t, "GET, HEAD, POST", got.header.Get("Allow"))
		for tag, code := range map[string]int{"*": 200, `W/"1"`: 412, "1": 400, `"1`: 400, `"1" x`: 400, `,"1"`: 400} {
			got := a.do(t, http.MethodPatch, "/api/v2/shards/prod", `{}`, "If-Match", tag)
			assert.Equal(t, code, got.code, "%s %s", tag, got.body)
		}
	})
}
