package remote

import (
	"context"
	"net/http"

	"github.com/promshard/promshard/store"
)

// register sends a body to one of the addresses that register something unless it is there.
func (c *Client) register(ctx context.Context, what string, body, data any) error {
	return c.write(ctx, request{method: http.MethodPost, path: apiPrefix + "/register/" + what, body: body}, data)
}

// RegisterServer implements store.Registry.
func (c *Client) RegisterServer(ctx context.Context, shard, host string, port int) (r store.ServerRegistration, err error) {
	if err := checkText(shardNoun.name, map[string]any{"name": shard}); err != nil {
		return r, err
	}
	body := map[string]any{"shard": shard, "host": host, "port": port}
	if err := checkText(serverNoun.name, body); err != nil {
		return r, err
	}
	return r, c.register(ctx, "server", body, &r)
}

// RegisterHost implements store.Registry.
func (c *Client) RegisterHost(ctx context.Context, project, host string) (store.Host, bool, error) {
	if err := checkText(hostNoun.name, map[string]any{"name": host}); err != nil {
		return store.Host{}, false, err
	}
	body := map[string]any{"project": project, "host": host}
	var r struct {
		Host    store.Host
		Created bool
	}
	err := c.register(ctx, "host", body, &r)
	return r.Host, r.Created, err
}

// RegisterJob implements store.Registry.
func (c *Client) RegisterJob(ctx context.Context, e store.Exporter) (store.Exporter, bool, error) {
	body, err := exporterNoun.creation(&e)
	if err != nil {
		return e, false, err
	}
	var r struct {
		Exporter store.Exporter
		Created  bool
	}
	err = c.register(ctx, "job", body, &r)
	return r.Exporter, r.Created, err
}

// RegisterExporter implements store.Registry.
func (c *Client) RegisterExporter(ctx context.Context, job string, port int, path string) (store.DefaultExporter, bool, error) {
	body := map[string]any{"job": job, "port": port, "path": path}
	if err := checkText(defaultExporterNoun.name, body); err != nil {
		return store.DefaultExporter{}, false, err
	}
	var r struct {
		DefaultExporter store.DefaultExporter `json:"default_exporter"`
		Created         bool
	}
	err := c.register(ctx, "exporter", body, &r)
	return r.DefaultExporter, r.Created, err
}

// SetHosts implements store.Registry.
func (c *Client) SetHosts(ctx context.Context, project int64, h store.SetHosts) (result store.SetHostsResult, err error) {
	if err := h.Check(); err != nil {
		return result, err
	}
	if err := projectNoun.possible(project); err != nil {
		return result, err
	}
	r := request{path: address("projects", project) + "/hosts"}
	if h.Replace != nil {
		r.method, r.body, r.repeatable = http.MethodPut, map[string]any{"hosts": bulkHosts(*h.Replace)}, true
	} else {
		r.method, r.body = http.MethodPost, map[string]any{"add": bulkHosts(h.Add), "remove": append([]string{}, h.Remove...)}
	}
	return result, c.write(ctx, r, &result)
}

// bulkHosts are hosts as the API takes many at once.
func bulkHosts(hosts []store.Host) []map[string]any {
	list := make([]map[string]any, len(hosts))
	for i, h := range hosts {
		list[i] = map[string]any{"name": h.Name, "enabled": h.Enabled, "labels": h.Labels}
	}
	return list
}
