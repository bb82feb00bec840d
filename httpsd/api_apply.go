package httpsd

import (
	"encoding/json"
	"net/http"
	"reflect"

	"github.com/promshard/promshard/store"
	documents "github.com/promshard/promshard/store/document"
)

const applyPath = apiPrefix + "/apply"

// yamlType is the media type of YAML, RFC 9512.
const yamlType = "application/yaml"

// applyDocument makes the inventory have what the body states, and answers with what that took.
func applyDocument(c *call) error {
	ctx, receipt := c.writing()
	o := store.ApplyOptions{
		ManagedBy: c.query.text("managed_by"), Prune: c.query.yes("prune"), TakeOver: c.query.yes("take_over"),
		AllowEmpty: c.query.yes("allow_empty"),
	}
	ctx, body, err := c.beginPost(ctx, jsonType, yamlType)
	if err != nil {
		return err
	}
	d, err := c.document(body)
	if err != nil {
		return err
	}
	result, err := c.inventory.Apply(ctx, d, o)
	if err != nil {
		return err
	}
	return c.wrote(http.StatusOK, result, receipt)
}

// document reads a body in the syntax that its type says.
func (c *call) document(body []byte) (store.Document, error) {
	if mediaType(c.r) == yamlType {
		return documents.ReadYAML("", body)
	}
	return documents.ReadJSON("", body)
}

// applyRoute is the address that takes documents.
func (h *handler) applyRoute() route {
	return route{
		name: "api_apply", path: applyPath, methods: []string{http.MethodPost}, needs: needEdit, handle: h.operate(applyDocument),
		maxBody: max(h.o.MaxBodyBytes, h.o.API.MaxDocumentBytes), doc: applyDoc(),
	}
}

// exampleDocument goes with the examples of the nouns.
const exampleDocument = `{"services":[{"name":"shop","owner":"team-core"}],` +
	`"projects":[{"name":"shop-web","service":"shop","shard":"tokyo","hosts":["web8",{"name":"web9","enabled":false}]}]}`

func applyDoc() *operationDoc {
	boolean := object{"type": "boolean", "default": false}
	return &operationDoc{
		id: "apply", tag: "apply", summary: "Make the inventory have what a document states",
		text: "One write of what differs, or none. What is not stated stays as it is, but for lists of projects: of those, what `managed_by` " +
			"owns and the document does not state goes.",
		parameters: []object{
			queryParameter("managed_by", "The name that owns what is applied", object{"type": "string", "minLength": 1, "maxLength": 128}),
			queryParameter("prune", "true deletes what managed_by owns and the document does not state", boolean),
			queryParameter("take_over", "true lets what another name owns become managed_by's; without it that is a conflict", boolean),
			queryParameter("allow_empty", "true lets a document that states nothing prune all that managed_by owns", boolean),
			parameterRef("dry_run"), parameterRef("confirm"), parameterRef(keyHeader),
		},
		body: &bodyDoc{types: []string{jsonType, yamlType}, schema: ref("Document"), example: json.RawMessage(exampleDocument)},
		answers: map[int]answerDoc{http.StatusOK: {
			text: "What was written, or would be", schema: successSchema(ref("ApplyResult"), true),
			example: written{success{"success", exampleResult()}, receipt{Revision: 0, DryRun: true}},
		}},
		errors: []int{http.StatusNotFound, http.StatusConflict, http.StatusUnsupportedMediaType},
	}
}

// exampleResult is what a dry run of exampleDocument answers.
func exampleResult() store.ApplyResult {
	planned := func(noun, title, name, kind string, id int64, fields ...string) store.PlannedChange {
		p := store.PlannedChange{ObjectDiff: store.ObjectDiff{Noun: noun, ID: id, Name: name, Kind: kind}, Title: title}
		for i := 0; i < len(fields); i += 3 {
			p.Fields = append(p.Fields, store.FieldDiff{Field: fields[i], Old: json.RawMessage(fields[i+1]), New: json.RawMessage(fields[i+2])})
		}
		return p
	}
	return store.ApplyResult{Created: 4, Changed: 1, Plan: []store.PlannedChange{
		planned("service", `service "shop"`, "shop", "changed", 1, "owner", `"team-shop"`, `"team-core"`),
		planned("project", `project "shop-web"`, "shop-web", "created", 0,
			"enabled", `null`, `true`, "name", `null`, `"shop-web"`, "service", `null`, `"shop"`, "shard", `null`, `"tokyo"`),
		planned("farm", `farm "shop-web" of project "shop-web"`, "shop-web", "created", 0,
			"name", `null`, `"shop-web"`, "project", `null`, `"shop-web"`, "source", `null`, `"promshard"`),
		planned("host", `host "web8" of project "shop-web"`, "web8", "created", 0,
			"enabled", `null`, `true`, "farm", `null`, `"shop-web"`, "name", `null`, `"web8"`, "project", `null`, `"shop-web"`),
		planned("host", `host "web9" of project "shop-web"`, "web9", "created", 0,
			"enabled", `null`, `false`, "farm", `null`, `"shop-web"`, "name", `null`, `"web9"`, "project", `null`, `"shop-web"`),
	}}
}

// documentSchema is what a document may state.
func documentSchema() object {
	project := statedSchema[store.ProjectUpdate]("Project", "name")
	parts := project["properties"].(object)
	host := statedSchema[store.HostUpdate]("Host", "name")
	parts["farm"] = statedSchema[store.FarmUpdate]("Farm")
	parts["hosts"] = listOf(object{"oneOf": []object{fieldSchema(reflect.TypeFor[string](), "Host", "name"), host}})
	parts["exporters"] = listOf(statedSchema[store.ExporterUpdate]("Exporter", "job", "port"))
	parts["urls"] = listOf(statedSchema[store.URLUpdate]("URL", "url", "probe"))
	parts["exclusive"] = object{
		"type": "array", "description": "Lists stated here that are all the project is to have, whoever put the rest there",
		"items": object{"type": "string", "enum": []string{"hosts", "exporters", "urls"}}, "uniqueItems": true,
	}
	return object{"type": "object", "additionalProperties": false, "properties": object{
		"shards":            listOf(statedSchema[store.ShardUpdate]("Shard", "name")),
		"servers":           listOf(statedSchema[store.ServerUpdate]("Server", "host", "port")),
		"services":          listOf(statedSchema[store.ServiceUpdate]("Service", "name")),
		"projects":          listOf(project),
		"probes":            listOf(statedSchema[store.ProbeUpdate]("Probe", "module")),
		"default_exporters": listOf(statedSchema[store.DefaultExporterUpdate]("DefaultExporter", "job", "port")),
	}}
}

func listOf(items object) object { return object{"type": "array", "items": items} }

// statedSchema is what a document may state of one noun, and must.
func statedSchema[U any](noun string, required ...string) object {
	properties := object{}
	var u U
	for field := range jsonFields(reflect.ValueOf(&u).Elem()) {
		properties[field.name] = fieldSchema(field.value.Type(), noun, field.name)
	}
	schema := object{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		schema["required"] = required
	}
	return schema
}
