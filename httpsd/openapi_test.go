package httpsd

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/pb33f/libopenapi-validator/config"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
)

// routesOfAPI is the route table of a handler that serves the inventory API.
func routesOfAPI() []route {
	h := &handler{o: Options{API: APIOptions{Inventory: func() (store.Inventory, error) { return nil, errNotLoaded }}}.withDefaults()}
	return h.apiRoutes()
}

// documented validates against the document.
var documented = sync.OnceValues(func() (validator.Validator, error) {
	text, err := openAPI(routesOfAPI())
	if err != nil {
		return nil, err
	}
	document, err := libopenapi.NewDocument(text)
	if err != nil {
		return nil, err
	}
	v, errs := validator.NewValidator(document, config.WithStrictMode(), config.WithStrictIgnoredHeadersExtra("X-Content-Type-Options", "Cache-Control", "Allow", "Www-Authenticate"),
		config.WithStrictIgnorePaths("$.body.**.labels.*", "$.body.**.before.*", "$.body.**.filters.*"))
	return v, errors.Join(errs...)
})

// requireDocumented demands that the document has the answer: its status, its type, and each field of its body.
func requireDocumented(t testing.TB, req *http.Request, res *http.Response, body []byte) {
	t.Helper()
	if res.StatusCode == http.StatusMethodNotAllowed || req.Method == http.MethodHead ||
		!strings.HasPrefix(req.URL.Path, apiPrefix) || strings.HasSuffix(req.URL.Path, "/openapi.json") {
		return
	}
	v, err := documented()
	require.NoError(t, err)
	copied := *res
	copied.Body = io.NopCloser(bytes.NewReader(body))
	ok, problems := v.ValidateHttpResponse(req, &copied)
	var texts []string
	for _, p := range problems {
		texts = append(texts, p.Error())
	}
	require.True(t, ok, "%s %s: %d %s\n%s", req.Method, req.URL, res.StatusCode, body, strings.Join(texts, "\n"))
}

func TestOpenAPIDocumentIsValid(t *testing.T) {
	v, err := documented()
	require.NoError(t, err)
	ok, problems := v.ValidateDocument()
	for _, p := range problems {
		t.Error(p.Error())
	}
	assert.True(t, ok)
}

func TestOpenAPIDocumentIsCheckedIn(t *testing.T) {
	withAPI(t, func(t *testing.T, a *apiServing) {
		served := a.do(t, http.MethodGet, "/api/v2/openapi.json", nil)
		require.Equal(t, http.StatusOK, served.code)
		const path = "../docs/openapi.json"
		if *update {
			require.NoError(t, os.WriteFile(path, []byte(served.body), 0o644))
		}
		checkedIn, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, string(checkedIn), served.body, "run go test ./httpsd -run TestOpenAPI -update")
	})
}

func TestOpenAPIDocumentHasEveryRoute(t *testing.T) {
	text, err := openAPI(routesOfAPI())
	require.NoError(t, err)
	var document struct {
		Paths map[string]map[string]struct{ OperationID string }
	}
	require.NoError(t, json.Unmarshal(text, &document))
	var inDocument, inTable []string
	ids := map[string]bool{}
	for path, item := range document.Paths {
		for method, operation := range item {
			inDocument = append(inDocument, strings.ToUpper(method)+" "+path)
			assert.NotEmpty(t, operation.OperationID)
			assert.False(t, ids[operation.OperationID], "%s is there twice", operation.OperationID)
			ids[operation.OperationID] = true
		}
	}
	for _, r := range routesOfAPI() {
		require.NotNil(t, r.doc, r.path)
		inTable = append(inTable, r.accepts()[0]+" "+r.path)
	}
	assert.ElementsMatch(t, inTable, inDocument)
}

// exampleOf is one operation with the examples that the document has for it.
type exampleOf struct {
	route route
	body  any
	// code and data are those of the answer.
	code int
	data any
}

// examplesOf finds the operation of an id in the document.
func examplesOf(t *testing.T, id string) exampleOf {
	t.Helper()
	for _, r := range routesOfAPI() {
		if r.doc.id != id {
			continue
		}
		e := exampleOf{route: r, code: slices.Max(slices.Collect(maps.Keys(r.doc.answers)))}
		if r.doc.body != nil {
			e.body = string(r.doc.body.example)
		}
		switch example := r.doc.answers[e.code].example.(type) {
		case success:
			e.data = example.Data
		case written:
			e.data = example.Data
		}
		require.NotNil(t, e.data, id)
		return e
	}
	t.Fatalf("no operation %s", id)
	return exampleOf{}
}

// run sends the request of the example to a, and demands its answer.
func (e exampleOf) run(t *testing.T, a *apiServing, query string) {
	t.Helper()
	target := strings.NewReplacer("{key}", "1", "{project}", "shop-api").Replace(e.route.path) + query
	got := a.do(t, e.route.accepts()[0], target, e.body)
	assert.JSONEq(t, mustJSON(t, e.data), mustJSON(t, data[any](t, got, e.code)), "%s %s", e.route.doc.id, got.body)
}

func TestExamplesOfTheDocument(t *testing.T) {
	withAPI(t, func(t *testing.T, a *apiServing) {
		nouns := []string{"Shard", "Server", "Service", "Project", "Farm", "Host", "Exporter", "DefaultExporter", "Probe", "URL"}
		for _, noun := range nouns {
			examplesOf(t, "create"+noun).run(t, a, "")
		}
		done := 1 + len(nouns) // getOpenAPI has none
		for _, r := range routesOfAPI() {
			id, query := r.doc.id, ""
			switch {
			case slices.Contains([]string{"journal", "lists", "tokens", "access"}, r.doc.tag):
				done++ // these depend on what was done before, and when
				continue
			case id == "getOpenAPI", strings.HasPrefix(id, "create"):
				continue
			case r.needs == needEdit && strings.Contains(mustJSON(t, r.doc.parameters), "cascade"):
				query = "?dry_run=true&cascade=true"
			case r.needs == needEdit:
				query = "?dry_run=true"
			}
			examplesOf(t, id).run(t, a, query)
			done++
		}
		for _, noun := range []string{"Exporter", "URL"} {
			e := examplesOf(t, "create"+noun+"OfProject")
			target := strings.Replace(e.route.path, "{project}", "shop-api", 1)
			data[any](t, a.do(t, http.MethodDelete, target+"/1", nil), http.StatusOK) // it is there already
			data[any](t, a.do(t, http.MethodPost, target, e.body), http.StatusCreated)
			done++
		}
		assert.Equal(t, len(routesOfAPI()), done)
	})
}

func TestRequiredFieldsAreRequired(t *testing.T) {
	withAPI(t, func(t *testing.T, a *apiServing) {
		for _, noun := range []string{"Shard", "Server", "Service", "Project", "Farm", "Host", "Exporter", "DefaultExporter", "Probe", "URL"} {
			e := examplesOf(t, "create"+noun)
			var whole map[string]any
			require.NoError(t, json.Unmarshal([]byte(e.body.(string)), &whole))
			schema := componentSchemas()["New"+noun].(object)
			for _, field := range schema["required"].([]string) {
				less := maps.Clone(whole)
				delete(less, field)
				text := requireError(t, a.do(t, http.MethodPost, e.route.path, less), http.StatusBadRequest, "bad_data")
				assert.Contains(t, text, fmt.Sprintf(" %s", field))
			}
			e.run(t, a, "")
		}
	})
}
