package httpsd

import (
	"encoding/json"
	"net/http"
	"slices"

	"github.com/promshard/promshard/store"
)

// noun is a resource of whatever types.
type noun interface {
	routes(h *handler) []route
	schemas() object
}

// nouns are all of them, in an order in which each needs those before it alone.
var nouns = []noun{
	shardResource, serverResource, serviceResource, projectResource, farmResource, hostResource, exporterResource,
	defaultExporterResource, probeResource, urlResource,
}

// apiRoutes are the addresses of the inventory API; none without an inventory.
func (h *handler) apiRoutes() []route {
	if h.o.API.Inventory == nil {
		return nil
	}
	all := []route{{
		name: "api_openapi", path: apiPrefix + "/openapi.json", needs: needNothing, handle: h.openAPIDocument,
		doc: &operationDoc{
			id: "getOpenAPI", summary: "Read this document", tag: "openapi",
			answers: map[int]answerDoc{http.StatusOK: {text: "An OpenAPI document", schema: object{"type": "object"}}},
		},
	}}
	for _, noun := range nouns {
		all = append(all, noun.routes(h)...)
	}
	return slices.Concat(all, h.hostRoutes(), h.registerRoutes(), []route{h.importRoute(), h.syncRoute(), h.applyRoute()}, h.historyRoutes(), h.accessRoutes())
}

// hostRoutes are the addresses that change the hosts of a project in one call.
func (h *handler) hostRoutes() []route {
	hosts := object{"type": "array", "items": ref("BulkHost")}
	remove := object{"type": "array", "items": fieldDocs["Host.name"]}
	add := route{name: "api_hosts", path: apiPrefix + "/projects/{project}/hosts", needs: needEdit}
	replace := add
	add.methods, add.handle = []string{http.MethodPost}, h.operate(setHosts(decodeHostChanges))
	add.doc = hostsDoc("changeHostsOfProject", "Add and remove hosts of a project", &bodyDoc{
		schema: object{
			"type": "object", "properties": object{"add": hosts, "remove": remove}, "additionalProperties": false,
		},
		example: json.RawMessage(`{"add":["web2",{"name":"web3","labels":{"rack":"a7"}}],"remove":["web1"]}`),
	}, store.SetHostsResult{Added: 2, Removed: 1}, parameterRef(keyHeader))
	replace.methods, replace.handle = []string{http.MethodPut}, h.operate(setHosts(decodeHosts))
	replace.doc = hostsDoc("replaceHostsOfProject", "Replace all hosts of a project", &bodyDoc{
		schema: object{
			"type": "object", "properties": object{"hosts": hosts}, "additionalProperties": false, "required": []string{"hosts"},
		},
		example: json.RawMessage(`{"hosts":["web1","web2"]}`),
	}, store.SetHostsResult{Added: 1, Unchanged: 1})
	return []route{add, replace}
}
