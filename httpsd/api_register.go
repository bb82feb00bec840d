package httpsd

import (
	"context"
	"net/http"
	"slices"

	"github.com/promshard/promshard/store"
)

// registerRoutes are the addresses that put one thing into the inventory unless it is there already, so that they can be
// called again and again.
func (h *handler) registerRoutes() []route {
	at := func(what string, register registering) route {
		return route{
			name: "api_register", path: apiPrefix + "/register/" + what, methods: []string{http.MethodPost}, needs: needEdit,
			handle: h.operate(register.operation), doc: registerDoc(what),
		}
	}
	return []route{
		at("server", registrationOfServer), at("host", registrationOfHost), at("job", registrationOfJob),
		at("exporter", registrationOfExporter),
	}
}

// registering decodes a body and registers what it says.
type registering func(ctx context.Context, inventory store.Inventory, body []byte) (data any, err error)

// operation answers with what was registered, and whether it is new.
func (register registering) operation(c *call) error {
	ctx, receipt := c.writing()
	ctx, body, err := c.beginPost(ctx, jsonType)
	if err != nil {
		return err
	}
	data, err := register(ctx, c.inventory, body)
	if err != nil {
		return err
	}
	return c.wrote(http.StatusOK, data, receipt)
}

// field is where the value of a member of a body goes, a pointer as takeField wants it.
type field struct {
	name  string
	place any
}

// takeFields decodes an object that has no other fields than these; those that are null, or not there, stay as they are.
func takeFields(body []byte, fields ...field) error {
	given, err := parseObject(body)
	if err != nil {
		return err
	}
	for _, m := range given {
		i := slices.IndexFunc(fields, func(f field) bool { return f.name == m.name })
		if i < 0 {
			known := make([]string, len(fields))
			for i, f := range fields {
				known[i] = f.name
			}
			return unknownField(m.name, known)
		}
		if err := takeField(m, fields[i].place); err != nil {
			return err
		}
	}
	return nil
}

func registrationOfServer(ctx context.Context, inventory store.Inventory, body []byte) (data any, err error) {
	var shard, host string
	var port int
	if err := takeFields(body, field{"shard", &shard}, field{"host", &host}, field{"port", &port}); err != nil {
		return nil, err
	}
	return inventory.RegisterServer(ctx, shard, host, port)
}

// registeredHost is what registering a host answers.
type registeredHost struct {
	Host    store.Host `json:"host"`
	Created bool       `json:"created"`
}

func registrationOfHost(ctx context.Context, inventory store.Inventory, body []byte) (data any, err error) {
	var project, host string
	if err := takeFields(body, field{"project", &project}, field{"host", &host}); err != nil {
		return nil, err
	}
	h, created, err := inventory.RegisterHost(ctx, project, host)
	return registeredHost{h, created}, err
}

// registeredExporter is what registering an exporter of a project answers.
type registeredExporter struct {
	Exporter store.Exporter `json:"exporter"`
	Created  bool           `json:"created"`
}

func registrationOfJob(ctx context.Context, inventory store.Inventory, body []byte) (data any, err error) {
	e, err := exporterResource.creation(body, false)
	if err != nil {
		return nil, err
	}
	e, created, err := inventory.RegisterJob(ctx, e)
	return registeredExporter{e, created}, err
}

// registeredDefaultExporter is what registering a default exporter answers.
type registeredDefaultExporter struct {
	DefaultExporter store.DefaultExporter `json:"default_exporter"`
	Created         bool                  `json:"created"`
}

func registrationOfExporter(ctx context.Context, inventory store.Inventory, body []byte) (data any, err error) {
	var job, path string
	var port int
	if err := takeFields(body, field{"job", &job}, field{"port", &port}, field{"path", &path}); err != nil {
		return nil, err
	}
	e, created, err := inventory.RegisterExporter(ctx, job, port, path)
	return registeredDefaultExporter{e, created}, err
}
