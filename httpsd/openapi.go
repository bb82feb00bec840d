package httpsd

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

// object is a JSON object; encoding/json sorts its names, so that equal documents are equal bytes.
type object = map[string]any

// operationDoc is what the OpenAPI document says of one route.
type operationDoc struct {
	// id is unique, and what generated clients call the operation.
	id, summary, text string
	// tag groups operations.
	tag string
	// parameters are in addition to those in the path.
	parameters []object
	body       *bodyDoc
	// answers are those that are no errors, by status code.
	answers map[int]answerDoc
	// errors are the status codes of errors beside those that every operation has.
	errors []int
}

// bodyDoc is what a client sends.
type bodyDoc struct {
	types   []string
	schema  object
	example json.RawMessage
}

// answerDoc is one answer that is no error.
type answerDoc struct {
	text    string
	schema  object
	example any
	headers []string
}

// errorTexts say when an answer is an error.
var errorTexts = map[int]string{
	http.StatusBadRequest:            "A parameter, a header or the body is not accepted; `field` names what",
	http.StatusUnauthorized:          "Nobody is named who is let in",
	http.StatusForbidden:             "Whoever asks may not do it, there",
	http.StatusTooManyRequests:       "Too many requests of one token; Retry-After says when to go on",
	http.StatusNotFound:              "What the address, a parameter or the body names is not there",
	http.StatusConflict:              "It contradicts what is there: a name that is taken, something that others hang on, a name that fits several (`conflict`); or it would take more targets away than may go unconfirmed (`guarded`, with `guard`); or a source has lost too much (`shrunk`)",
	http.StatusPreconditionFailed:    "It has changed since the version that If-Match names (`stale`)",
	http.StatusRequestEntityTooLarge: "The body is too large",
	http.StatusRequestURITooLong:     "The address is too long",
	http.StatusUnsupportedMediaType:  "The body is of a type that is not understood",
	http.StatusInternalServerError:   "A fault of promshard; its log says more",
	http.StatusServiceUnavailable:    "The database cannot be used now; Retry-After says when to try again",
}

// commonErrors are the status codes of errors that every operation has.
var commonErrors = []int{
	http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests, http.StatusRequestEntityTooLarge, http.StatusRequestURITooLong,
	http.StatusInternalServerError, http.StatusServiceUnavailable,
}

// headerDocs are the headers of answers.
var headerDocs = map[string]object{
	"ETag":     {"description": "The version, for If-Match", "schema": object{"type": "string"}},
	"Location": {"description": "The address of what was created", "schema": object{"type": "string"}},
}

// openAPI returns the OpenAPI document of the routes.
func openAPI(routes []route) ([]byte, error) {
	paths := object{}
	for _, r := range routes {
		if r.doc == nil {
			continue
		}
		item, _ := paths[r.path].(object)
		if item == nil {
			item = object{}
			paths[r.path] = item
		}
		item[strings.ToLower(r.accepts()[0])] = r.doc.operation(r)
	}
	document, err := json.MarshalIndent(object{
		"openapi": "3.1.0",
		"info": object{
			"title": "promshard", "version": "2",
			"description": "The inventory of what Prometheus should scrape: see reference-api.md for the rules that all calls share.",
			"license":     object{"name": "Apache-2.0", "identifier": "Apache-2.0"},
		},
		"servers": []object{{"url": "/"}},
		"paths":   paths,
		"components": object{
			"schemas": componentSchemas(), "responses": errorAnswers(), "parameters": componentParameters(),
			"securitySchemes": object{
				"token": object{"type": "http", "scheme": "bearer", "description": "A token of promshard token create"},
				"basic": object{"type": "http", "scheme": "basic", "description": "A user of the web configuration file"},
			},
		},
		"security": []object{{"token": []string{}}, {"basic": []string{}}},
	}, "", "  ")
	return append(document, '\n'), err
}

// operation is what the document says of r.
func (d *operationDoc) operation(r route) object {
	answers := object{}
	for code, answer := range d.answers {
		answers[strconv.Itoa(code)] = answer.object()
	}
	for _, code := range append(append([]int{}, commonErrors...), d.errors...) {
		answers[strconv.Itoa(code)] = object{"$ref": "#/components/responses/" + strconv.Itoa(code)}
	}
	operation := object{"operationId": d.id, "summary": d.summary, "tags": []string{d.tag}, "responses": answers}
	if d.text != "" {
		operation["description"] = d.text
	}
	if parameters := append(pathParameters(r.path), d.parameters...); len(parameters) > 0 {
		operation["parameters"] = parameters
	}
	if d.body != nil {
		operation["requestBody"] = d.body.object()
	}
	if r.needs == needNothing {
		operation["security"] = []object{}
	}
	return operation
}

func (b *bodyDoc) object() object {
	content := object{}
	for _, mediaType := range b.types {
		content[mediaType] = object{"schema": b.schema, "example": b.example}
	}
	return object{"required": true, "content": content}
}

func (a *answerDoc) object() object {
	content := object{"schema": a.schema}
	if a.example != nil {
		content["example"] = a.example
	}
	answer := object{"description": a.text, "content": object{jsonType: content}}
	if len(a.headers) > 0 {
		headers := object{}
		for _, name := range a.headers {
			headers[name] = headerDocs[name]
		}
		answer["headers"] = headers
	}
	return answer
}

// errorAnswers are those that operations refer to, by status code.
func errorAnswers() object {
	answers := object{}
	for code := range errorTexts {
		answers[strconv.Itoa(code)] = errorAnswer(code)
	}
	return answers
}

// errorAnswer is the answer for an error of a status code.
func errorAnswer(code int) object {
	answer := object{"description": errorTexts[code], "content": object{jsonType: object{"schema": ref("Error")}}}
	if code == http.StatusServiceUnavailable || code == http.StatusTooManyRequests {
		answer["headers"] = object{"Retry-After": object{"description": "Seconds", "schema": object{"type": "integer"}}}
	}
	return answer
}

// pathTexts say what the variables of paths are.
var pathTexts = map[string]string{
	"key":      "Its id, when that is a number, else its name, percent-encoded",
	"revision": "A revision: a whole number from 1 upwards",

	"project": "The id of the project, when that is a number, else its name, percent-encoded",
}

// pathParameters are the variables in a path.
func pathParameters(path string) []object {
	var list []object
	for part := range strings.SplitSeq(path, "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			name = strings.TrimSuffix(name, "}")
			list = append(list, parameterRef(name))
		}
	}
	return list
}

// componentParameters are the parameters that many operations share, and refer to by name.
func componentParameters() object {
	parameters := object{}
	for name, text := range pathTexts {
		parameters[name] = object{
			"name": name, "in": "path", "required": true, "description": text, "schema": object{"type": "string", "minLength": 1},
		}
	}
	for _, p := range []object{
		queryParameter("dry_run", "true does everything, every check included, but keeps nothing: the receipt has what would have been done",
			object{"type": "boolean", "default": false}),
		queryParameter("confirm", "The digest of a refusal by the guard, to do it all the same", object{"type": "string", "minLength": 1}),
		queryParameter("cascade", "true deletes what hangs on it as well", object{"type": "boolean", "default": false}),
		queryParameter("q", "Only those that have each of these words in one of their texts", object{"type": "string", "minLength": 1}),
		queryParameter("cursor", "The next of the page before", object{"type": "string", "pattern": "^[A-Za-z0-9_-]+$"}),
		headerParameter(keyHeader, "A name for this request, up to 255 bytes: for a day, the same request under the same name is done once and answered again"),
		headerParameter("If-Match", "The ETag that it must still have, or several, or *"),
	} {
		parameters[p["name"].(string)] = p
	}
	return parameters
}

// parameterRef refers to a parameter of componentParameters.
func parameterRef(name string) object { return object{"$ref": "#/components/parameters/" + name} }

// ref refers to a schema of the document.
func ref(name string) object { return object{"$ref": "#/components/schemas/" + name} }

// queryParameter is a parameter of the query.
func queryParameter(name, text string, schema object) object {
	return object{"name": name, "in": "query", "description": text, "schema": schema}
}

// headerParameter is a header of a request.
func headerParameter(name, text string) object {
	return object{"name": name, "in": "header", "description": text, "schema": object{"type": "string", "minLength": 1, "maxLength": 255}}
}

// openAPIDocument answers with the document of all routes.
func (h *handler) openAPIDocument(w http.ResponseWriter, _ *http.Request) error {
	document, err := h.document()
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", jsonType)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Write(document) //nolint:errcheck // the client is gone; there is nobody to tell
	return nil
}
