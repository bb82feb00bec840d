package httpsd

import "net/http"

// apiRoutes are the addresses of the inventory API; none without an inventory.
func (h *handler) apiRoutes() []route {
	if h.o.API.Inventory == nil {
		return nil
	}
	var all []route
	for _, noun := range []interface{ routes(h *handler) []route }{
		shardResource, serverResource, serviceResource, projectResource, farmResource, hostResource, exporterResource,
		defaultExporterResource, probeResource, urlResource,
	} {
		all = append(all, noun.routes(h)...)
	}
	hosts := route{name: "api_hosts", path: apiPrefix + "/projects/{project}/hosts", needs: needEdit}
	add, replace := hosts, hosts
	add.methods, add.handle = []string{http.MethodPost}, h.operate(setHosts(decodeHostChanges))
	replace.methods, replace.handle = []string{http.MethodPut}, h.operate(setHosts(decodeHosts))
	all = append(append(all, add, replace), h.registerRoutes()...)
	return append(append(all, h.importRoute()), h.historyRoutes()...)
}
