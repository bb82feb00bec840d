package httpsd

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"github.com/promshard/promshard/store"
)

// hostFields are those of a host in a bulk change.
var hostFields = []string{"name", "enabled", "labels"}

// setHosts answers POST and PUT to the hosts of a project: what decode makes of the body is done in one write.
func setHosts(decode func(body []byte) (store.SetHosts, error)) operation {
	return func(c *call) error {
		ctx, receipt := c.writing()
		ctx, body, err := c.beginPost(ctx, jsonType)
		if err != nil {
			return err
		}
		hosts, err := decode(body)
		if err != nil {
			return err
		}
		project, err := c.project()
		if err != nil {
			return err
		}
		result, err := c.inventory.SetHosts(ctx, project.ID, hosts)
		if err != nil {
			return err
		}
		return c.wrote(http.StatusOK, result, receipt)
	}
}

// decodeHostChanges reads {"add": […], "remove": […]}.
func decodeHostChanges(body []byte) (h store.SetHosts, err error) {
	given, err := parseObject(body)
	if err != nil {
		return h, err
	}
	for _, m := range given {
		switch m.name {
		case "add":
			h.Add, err = takeHosts(m)
		case "remove":
			h.Remove, err = takeNames(m)
		default:
			err = unknownField(m.name, []string{"add", "remove"})
		}
		if err != nil {
			return h, err
		}
	}
	return h, nil
}

// decodeHosts reads {"hosts": […]}.
func decodeHosts(body []byte) (h store.SetHosts, err error) {
	given, err := parseObject(body)
	if err != nil {
		return h, err
	}
	for _, m := range given {
		if m.name != "hosts" {
			return h, unknownField(m.name, []string{"hosts"})
		}
		hosts, err := takeHosts(m)
		if err != nil {
			return h, err
		}
		h.Replace = &hosts
	}
	if h.Replace == nil {
		return h, invalidBody("hosts", "", "is missing; an empty list takes all hosts away")
	}
	return h, nil
}

// elements takes a JSON array apart.
func elements(m member) ([]member, error) {
	var raw []json.RawMessage
	if m.raw[0] != '[' || json.Unmarshal(m.raw, &raw) != nil {
		return nil, invalidBody(m.name, string(m.raw), "is not a list")
	}
	list := make([]member, len(raw))
	for i, element := range raw {
		list[i] = member{fmt.Sprintf("%s[%d]", m.name, i), element}
	}
	return list, nil
}

// takeNames reads a list of strings.
func takeNames(m member) ([]string, error) {
	list, err := elements(m)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(list))
	for i, element := range list {
		if err := takeField(element, &names[i]); err != nil {
			return nil, err
		}
	}
	return names, nil
}

// takeHosts reads a list of hosts; never nil.
func takeHosts(m member) ([]store.Host, error) {
	list, err := elements(m)
	if err != nil {
		return nil, err
	}
	hosts := make([]store.Host, len(list))
	for i, element := range list {
		if hosts[i], err = takeHost(element); err != nil {
			return nil, err
		}
	}
	return hosts, nil
}

// takeHost reads a host: its name alone, or an object.
func takeHost(m member) (store.Host, error) {
	host := hostResource.fresh
	switch m.raw[0] {
	case '"':
		return host, takeField(m, &host.Name)
	case '{':
	default:
		return host, invalidBody(m.name, string(m.raw), `is neither a host's name nor an object such as {"name":"web1"}`)
	}
	given, err := members(m.name, m.raw)
	if err != nil {
		return host, err
	}
	for _, field := range given {
		if !slices.Contains(hostFields, field.name) {
			return host, unknownField(fieldPath(m.name, field.name), hostFields)
		}
		place := fieldNamed(&host, field.name).Addr().Interface()
		if err := takeField(member{fieldPath(m.name, field.name), field.raw}, place); err != nil {
			return host, err
		}
	}
	return host, nil
}
