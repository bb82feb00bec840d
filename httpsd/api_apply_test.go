package httpsd

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

const appliedYAML = `
shards: [{name: tokyo}]
services: [{name: shop}]
---
projects:
  - {name: web, service: shop, shard: tokyo, hosts: [web1, web2], exporters: [{job: node, port: 9100}]}
`

func TestApplyOverHTTP(t *testing.T) {
	withAPI(t, func(t *testing.T, a *apiServing) {
		send := func(query, body string, headers ...string) answer {
			return a.do(t, http.MethodPost, "/api/v2/apply"+query, body, append([]string{"Content-Type", "application/yaml"}, headers...)...)
		}
		preview := data[store.ApplyResult](t, send("?managed_by=team&dry_run=true", appliedYAML), http.StatusOK)
		require.Equal(t, 7, preview.Created)
		require.Zero(t, preview.Revision)

		key := []string{"Idempotency-Key", "k1"}
		first := data[store.ApplyResult](t, send("?managed_by=team", appliedYAML, key...), http.StatusOK)
		require.Equal(t, 7, first.Created)
		again := send("?managed_by=team", appliedYAML, key...)
		require.Equal(t, first, data[store.ApplyResult](t, again, http.StatusOK))
		require.Contains(t, again.body, `"replayed":true`)
		require.Contains(t, a.do(t, http.MethodGet, "/api/v2/hosts/web1", nil).body, `"managed_by":"team"`)

		t.Run("JSON", func(t *testing.T) {
			got := a.do(t, http.MethodPost, "/api/v2/apply?managed_by=team", `{"projects":[{"name":"web","hosts":["web1"]}]}`)
			require.Equal(t, 1, data[store.ApplyResult](t, got, http.StatusOK).Deleted)
		})
		t.Run("prune", func(t *testing.T) {
			got := send("?managed_by=team&prune=true", "shards: [{name: tokyo}]\nservices: [{name: shop}]\n")
			require.Equal(t, 4, data[store.ApplyResult](t, got, http.StatusOK).Deleted)
		})
	})
}

func TestApplyOverHTTPRefuses(t *testing.T) {
	withAPI(t, func(t *testing.T, a *apiServing) {
		data[any](t, a.do(t, http.MethodPost, "/api/v2/apply?managed_by=team", appliedYAML, "Content-Type", "application/yaml"), http.StatusOK)
		tests := map[string]struct {
			query, body, contentType string
			code                     int
			kind, err                string
		}{
			"an unknown field":     {"", `{"projects":[{"name":"web","exporters":[{"prot":1}]}]}`, jsonType, 400, "bad_data", `projects[0].exporters[0].prot`},
			"a bad value":          {"", `{"projects":[{"name":"web","exporters":[{"job":"a","port":0}]}]}`, jsonType, 400, "bad_data", `projects[0].exporters[0].port`},
			"YAML sent as JSON":    {"", `projects: []`, jsonType, 400, "bad_data", "is not JSON"},
			"no YAML":              {"", "a: [", yamlType, 400, "bad_data", "is not YAML"},
			"another type":         {"", "", "text/plain", 415, "bad_data", "application/yaml"},
			"an unknown parent":    {"", `{"projects":[{"name":"new","service":"nope","shard":"tokyo"}]}`, jsonType, 404, "not_found", "projects[0].service"},
			"another's":            {"?managed_by=other", `{"projects":[{"name":"web"}]}`, jsonType, 409, "conflict", `managed by "team"`},
			"prune without name":   {"?prune=true", `{}`, jsonType, 400, "bad_data", "managing name"},
			"prune by nothing":     {"?prune=true&managed_by=team", `{}`, jsonType, 400, "bad_data", "allow empty"},
			"a flag that is none":  {"?prune=yes", `{}`, jsonType, 400, "bad_data", "prune"},
			"a parameter too many": {"?pruned=true", `{}`, jsonType, 400, "bad_data", "pruned"},
		}
		for name, tt := range tests {
			t.Run(name, func(t *testing.T) {
				got := a.do(t, http.MethodPost, "/api/v2/apply"+tt.query, tt.body, "Content-Type", tt.contentType)
				assert.Contains(t, requireError(t, got, tt.code, tt.kind), tt.err)
			})
		}
	})
}

func TestApplyTakesLargerBodies(t *testing.T) {
	s := storetest.SQLite(t)
	a := newAPI(t, s, func(o *Options) { o.MaxBodyBytes, o.API.MaxDocumentBytes = 100, 10_000 })
	body := func(size int) string { return `{"services":[]` + strings.Repeat(" ", size-15) + `}` }
	data[any](t, a.do(t, http.MethodPost, "/api/v2/apply", body(10_000)), http.StatusOK)
	requireError(t, a.do(t, http.MethodPost, "/api/v2/apply", body(10_001)), http.StatusRequestEntityTooLarge, "bad_data")
	requireError(t, a.do(t, http.MethodPost, "/api/v2/services", body(101)), http.StatusRequestEntityTooLarge, "bad_data")
}
