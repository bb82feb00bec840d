package httpsd

import (
	"encoding/json"
	"net/http"

	"github.com/promshard/promshard/store"
)

// registration is what the document says of one of the addresses that register something.
type registration struct {
	id, summary, text string
	body              object
	example           string
	answer            object
	// found is what is answered when it is there already.
	found any
}

// registrations are those of all nouns that can be registered.
func registrations() map[string]registration {
	return map[string]registration{
		"server": {
			id: "registerServer", summary: "Put a server on a shard",
			text: "A shard that is not there is created, a server on another shard is moved.",
			body: fieldsSchema("Server", []string{"shard", "host", "port"}, store.Server{}), example: `{"shard":"tokyo","host":"prometheus001","port":9090}`,
			answer: schemaOf[store.ServerRegistration](), found: store.ServerRegistration{Server: serverResource.example.one},
		},
		"host": {
			id: "registerHost", summary: "Add a host to a project",
			text: "A project without a farm gets one of its own name.",
			body: object{
				"type": "object", "additionalProperties": false, "required": []string{"project", "host"},
				"properties": object{"project": fieldDocs["project"], "host": fieldDocs["Host.name"]},
			},
			example: `{"project":"shop-api","host":"web1"}`,
			answer:  schemaOf[registeredHost](), found: registeredHost{Host: hostResource.example.one},
		},
		"job": {
			id: "registerJob", summary: "Add an exporter to a project",
			text: "One with the same job and port is left as it is, its path and the rest.",
			body: ref("NewExporter"), example: exporterResource.example.create,
			answer: schemaOf[registeredExporter](), found: registeredExporter{Exporter: exporterResource.example.one},
		},
		"exporter": {
			id: "registerDefaultExporter", summary: "Add a default exporter",
			body:    fieldsSchema("DefaultExporter", []string{"job", "port", "path"}, store.DefaultExporter{}),
			example: `{"job":"node","port":9100}`,
			answer:  schemaOf[registeredDefaultExporter](), found: registeredDefaultExporter{DefaultExporter: defaultExporterResource.example.one},
		},
	}
}

// registerDoc is what the document says of registering something.
func registerDoc(what string) *operationDoc {
	r := registrations()[what]
	text := "What is there already is answered as it is, so that this can be repeated."
	if r.text != "" {
		text += " " + r.text
	}
	return &operationDoc{
		id: r.id, summary: r.summary + ", unless it is there", text: text, tag: "register",
		parameters: []object{parameterRef("dry_run"), parameterRef("confirm"), parameterRef(keyHeader)},
		body:       &bodyDoc{types: []string{jsonType}, schema: r.body, example: json.RawMessage(r.example)},
		answers: map[int]answerDoc{http.StatusOK: {
			text: "What was registered, and whether it is new", schema: successSchema(r.answer, true),
			example: written{success{"success", r.found}, receipt{}},
		}},
		errors: []int{http.StatusNotFound, http.StatusConflict, http.StatusUnsupportedMediaType},
	}
}

// fieldsSchema is an object of some of a noun's fields; a path may be left out.
func fieldsSchema[T any](of string, names []string, one T) object {
	properties, required := object{}, []string{}
	for _, name := range names {
		properties[name] = fieldSchema(fieldNamed(&one, name).Type(), of, name)
		if name != "path" {
			required = append(required, name)
		}
	}
	return object{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
}

// importDoc is what the document says of imports.
func importDoc() *operationDoc {
	group := object{
		"type": "object", "additionalProperties": false,
		"properties": object{
			"targets": object{"type": []string{"array", "null"}, "items": object{"type": "string"}},
			"labels":  object{"type": []string{"object", "null"}, "additionalProperties": object{"type": "string"}},
		},
	}
	was := store.ImportResult{Existing: store.ImportCounts{Shards: 1, Services: 1, Projects: 1, Farms: 1, Hosts: 1, Exporters: 1}}
	return &operationDoc{
		id: "importList", tag: "import", summary: "Import a list, as Promgen and promshard export them",
		text: "All of it is taken in, or nothing. What is there already stays as it is, so that importing a list twice changes nothing. The body may be compressed: Content-Encoding is gzip then.",
		parameters: []object{
			queryParameter("shard", "Where everything goes, whatever the list says", object{"type": "string", "minLength": 1}),
			parameterRef("dry_run"), parameterRef("confirm"), parameterRef(keyHeader),
		},
		body: &bodyDoc{
			types: []string{jsonType}, schema: object{"type": "array", "items": group},
			example: json.RawMessage(`[{"targets":["web1:9100"],"labels":{"__shard":"tokyo","service":"shop","project":"shop-api","farm":"shop-api","job":"node"}}]`),
		},
		answers: map[int]answerDoc{http.StatusOK: {
			text: "How much was imported, and how much was there", schema: successSchema(schemaOf[store.ImportResult](), true),
			example: written{success{"success", was}, receipt{}},
		}},
		errors: []int{http.StatusNotFound, http.StatusConflict, http.StatusUnsupportedMediaType},
	}
}
