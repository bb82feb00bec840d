package httpsd

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/promshard/promshard/store"
)

// successSchema is the form of an answer with data; of a write, with its receipt.
func successSchema(data object, write bool) object {
	properties := object{"status": object{"type": "string", "enum": []string{"success"}}, "data": data}
	required := []string{"status", "data"}
	if write {
		properties["receipt"] = ref("Receipt")
		required = append(required, "receipt")
	}
	return object{"type": "object", "properties": properties, "required": required}
}

// singular and plural are the noun in sentences.
func (n *resource[T, F, U]) singular() string {
	if n.noun == "url" {
		return "URL"
	}
	return prose(n.noun)
}

func (n *resource[T, F, U]) plural() string { return n.singular() + "s" }

func (n *resource[T, F, U]) a() string {
	if strings.HasPrefix(n.singular(), "e") {
		return "an " + n.singular()
	}
	return "a " + n.singular()
}

// doc begins what is said of an operation, which id and sentence name; below a project, both say so.
func (n *resource[T, F, U]) doc(inProject bool, id, sentence string) *operationDoc {
	if inProject {
		id += "OfProject"
		sentence += " of a project"
	}
	return &operationDoc{id: id, summary: sentence, tag: n.path}
}

func (n *resource[T, F, U]) listDoc(h *handler, inProject bool) *operationDoc {
	d := n.doc(inProject, "list"+n.name()+"s", "List "+n.plural())
	var filter F
	for field := range jsonFields(reflect.ValueOf(&filter).Elem()) {
		if inProject && slices.Contains(answeredByProject, field.name) {
			continue
		}
		schema := typeSchema(field.value.Type())
		switch {
		case field.value.Kind() == reflect.Int:
			schema["minimum"], schema["maximum"] = 1, maxNumber
		case field.value.Kind() == reflect.String:
			schema["minLength"] = 1
		}
		d.parameters = append(d.parameters, queryParameter(field.name, "Only those with this "+field.name, schema))
	}
	var sorts []string
	for _, field := range store.SortFields(n.noun) {
		sorts = append(sorts, field, "-"+field)
	}
	most := h.o.API.MaxPageSize
	d.parameters = append(d.parameters,
		parameterRef("q"),
		queryParameter("sort", "The field to sort by, with - before it for the other direction", object{"type": "string", "enum": sorts}),
		queryParameter("limit", "How many are on a page", object{"type": "integer", "minimum": 1, "maximum": most, "default": min(defaultPageSize, most)}),
		parameterRef("cursor"))
	page := object{"type": "object", "required": []string{"items"}, "properties": object{
		"items": object{"type": "array", "items": ref(n.name())},
		"next":  object{"type": "string", "description": "The cursor of the page that follows; not there on the last one"},
	}}
	d.answers = map[int]answerDoc{http.StatusOK: {
		text: "A page of " + n.plural(), schema: successSchema(page, false), example: success{"success", listing[T]{Items: []T{n.example.one}}},
	}}
	if inProject {
		d.errors = []int{http.StatusNotFound}
	}
	return d
}

func (n *resource[T, F, U]) readDoc(inProject bool) *operationDoc {
	d := n.doc(inProject, "get"+n.name(), "Read "+n.a())
	d.answers = map[int]answerDoc{http.StatusOK: {
		text: "The " + n.singular(), schema: successSchema(ref(n.name()), false), headers: []string{"ETag"},
		example: success{"success", n.example.one},
	}}
	d.errors = []int{http.StatusNotFound, http.StatusConflict}
	return d
}

func (n *resource[T, F, U]) createDoc(inProject bool) *operationDoc {
	d := n.doc(inProject, "create"+n.name(), "Create "+n.a())
	d.parameters = []object{parameterRef("dry_run"), parameterRef("confirm"), parameterRef(keyHeader)}
	d.body = &bodyDoc{types: []string{jsonType}, schema: ref("New" + n.name()), example: json.RawMessage(n.example.create)}
	if inProject {
		d.body.schema, d.body.example = n.creationSchema(true), json.RawMessage(n.example.inProject)
	}
	what := written{success{"success", n.example.one}, receipt{Revision: n.version(n.example.one)}}
	tried := written{success{"success", n.example.one}, receipt{DryRun: true}}
	schema := successSchema(ref(n.name()), true)
	d.answers = map[int]answerDoc{
		http.StatusOK:      {text: "What a dry run would have created", schema: schema, example: tried},
		http.StatusCreated: {text: "The new " + n.singular(), schema: schema, headers: []string{"ETag", "Location"}, example: what},
	}
	d.errors = []int{http.StatusNotFound, http.StatusConflict, http.StatusUnsupportedMediaType}
	return d
}

func (n *resource[T, F, U]) changeDoc(inProject bool) *operationDoc {
	d := n.doc(inProject, "change"+n.name(), "Change "+n.a())
	d.text = "The body is a JSON merge patch: fields that are not in it stay as they are, null brings back what a creation without the field has, labels are merged."
	d.parameters = []object{parameterRef("dry_run"), parameterRef("confirm"), parameterRef("If-Match")}
	d.body = &bodyDoc{
		types: []string{mergePatchType, jsonType}, schema: ref(n.name() + "Change"), example: json.RawMessage(n.example.change),
	}
	after := n.changedExample()
	d.answers = map[int]answerDoc{http.StatusOK: {
		text: "The " + n.singular() + " as it is now", schema: successSchema(ref(n.name()), true), headers: []string{"ETag"},
		example: written{success{"success", after}, receipt{Revision: n.version(after)}},
	}}
	d.errors = []int{http.StatusNotFound, http.StatusConflict, http.StatusPreconditionFailed, http.StatusUnsupportedMediaType}
	return d
}

func (n *resource[T, F, U]) removeDoc(inProject bool) *operationDoc {
	d := n.doc(inProject, "delete"+n.name(), "Delete "+n.a())
	d.parameters = []object{parameterRef("dry_run"), parameterRef("confirm"), parameterRef("If-Match")}
	if n.cascades {
		d.text = "While others hang on it that is refused, and the error says what would go with it."
		d.parameters = append(d.parameters, parameterRef("cascade"))
	}
	d.answers = map[int]answerDoc{http.StatusOK: {
		text: "The " + n.singular() + " as it was", schema: successSchema(ref(n.name()), true),
		example: written{success{"success", n.example.one}, receipt{Revision: exampleRevision + 1}},
	}}
	d.errors = []int{http.StatusNotFound, http.StatusConflict, http.StatusPreconditionFailed}
	return d
}

// examples are those of one noun in the document: together with those of the other nouns, they are what a new inventory has
// once each is created in the order of the nouns.
type examples[T any] struct {
	one T
	// create is the body that creates it, inProject the same below a project, change one that changes it.
	create, inProject, change string
}

// exampleRevision is the one at which the examples of all nouns are there.
const exampleRevision = 10

// changedExample is the example after its change.
func (n *resource[T, F, U]) changedExample() T {
	after := n.example.one
	u, _, err := n.changes([]byte(n.example.change), after)
	if err != nil {
		panic(fmt.Sprintf("httpsd: the example of a change of %s: %v", n.noun, err))
	}
	for field := range jsonFields(reflect.ValueOf(&u).Elem()) {
		if !field.value.IsNil() {
			fieldNamed(&after, field.name).Set(field.value.Elem())
		}
	}
	fieldNamed(&after, "version").SetInt(exampleRevision + 1)
	return after
}

// hostsDoc is what is said of the bulk changes of hosts.
func hostsDoc(id, summary string, body *bodyDoc, result store.SetHostsResult, parameters ...object) *operationDoc {
	body.types = []string{jsonType}
	return &operationDoc{
		id: id, summary: summary, tag: "hosts", body: body,
		parameters: append([]object{parameterRef("dry_run"), parameterRef("confirm")}, parameters...),
		answers: map[int]answerDoc{http.StatusOK: {
			text: "How many hosts were added, changed, removed and left as they were", schema: successSchema(ref("HostsResult"), true),
			example: written{success{"success", result}, receipt{Revision: exampleRevision + 1}},
		}},
		errors: []int{http.StatusNotFound, http.StatusConflict, http.StatusUnsupportedMediaType},
	}
}
