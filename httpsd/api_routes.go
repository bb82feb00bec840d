package httpsd

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
	return all
}
