package httpsd

import (
	"encoding/json"
	"net/http"
	"reflect"
	"time"

	"github.com/promshard/promshard/store"
)

// called are the words of the document for one set of addresses.
type called struct {
	// schema names the schemas, one and many are for sentences.
	schema, one, many string
	example           store.Principal
	create            string
}

// words are those of p.
func (p principals) words() called {
	at := time.Date(2026, time.November, 28, 9, 0, 0, 0, time.UTC)
	end := time.Date(2099, time.December, 31, 0, 0, 0, 0, time.UTC)
	if p.kind == store.KindToken {
		return called{
			schema: "Token", one: "a token", many: "tokens",
			example: store.Principal{
				ID: 2, Version: exampleRevision, Kind: store.KindToken, Name: "shop-ci", CreatedAt: at, CreatedBy: "token:admin", ExpiresAt: &end,
				Grants: []store.Grant{{Role: store.RoleEditor, On: "service", ID: 1, Name: "shop"}},
			},
			create: `{"name":"shop-ci","grants":[{"role":"editor","on":"service","name":"shop"}],"expires_at":"2099-12-31T00:00:00Z"}`,
		}
	}
	return called{
		schema: "Principal", one: "a token, a user or a certificate", many: "who is let in",
		example: store.Principal{
			ID: 3, Version: exampleRevision, Kind: store.KindUser, Name: "ann", CreatedAt: at, CreatedBy: "token:admin",
			Grants: []store.Grant{{Role: store.RoleViewer, On: store.Everything}},
		},
		create: `{"kind":"user","name":"ann","grants":[{"role":"viewer"}]}`,
	}
}

// doc begins what is said of an operation.
func (p principals) doc(id, summary string) *operationDoc {
	return &operationDoc{id: id, summary: summary, tag: p.path}
}

func (p principals) listDoc(most int) *operationDoc {
	w := p.words()
	d := p.doc("list"+w.schema+"s", "List "+w.many)
	if p.kind == "" {
		d.parameters = append(d.parameters, queryParameter("kind", "Only those of this kind", object{"type": "string", "enum": store.PrincipalKinds}))
	}
	d.parameters = append(d.parameters,
		queryParameter("name", "Only those with this name", object{"type": "string", "minLength": 1}),
		queryParameter("limit", "How many are on a page", numberSchema(1, most, min(defaultPageSize, most))),
		parameterRef("cursor"))
	page := object{"type": "object", "required": []string{"items"}, "properties": object{
		"items": object{"type": "array", "items": ref("Principal")},
		"next":  object{"type": "string", "description": "The cursor of the page that follows; not there on the last one"},
	}}
	d.answers = map[int]answerDoc{http.StatusOK: {
		text: "A page, in the order of kinds and names", schema: successSchema(page, false),
		example: success{"success", listing[store.Principal]{Items: []store.Principal{w.example}}},
	}}
	return d
}

func (p principals) createDoc() *operationDoc {
	w := p.words()
	d := p.doc("create"+w.schema, "Let a user or a client certificate in")
	d.text = "The web server has to check them. Tokens are created at their own address."
	d.parameters = []object{parameterRef("dry_run"), parameterRef("confirm"), parameterRef(keyHeader)}
	var data, tried any = w.example, w.example
	answer, schema := "Who is let in now", ref("Principal")
	if p.kind == store.KindToken {
		d.summary, d.parameters = "Create a token", d.parameters[:2]
		d.text = "The answer has its secret, this once: nothing but a hash of it is kept. So no Idempotency-Key goes with it."
		data, tried = withSecret{w.example, store.TokenPrefix + "…"}, withSecret{Token: w.example}
		answer, schema = "The new token, with its secret", ref("TokenWithSecret")
	}
	d.body = &bodyDoc{types: []string{jsonType}, schema: ref("New" + w.schema), example: json.RawMessage(w.create)}
	schema = successSchema(schema, true)
	d.answers = map[int]answerDoc{
		http.StatusOK: {text: "What a dry run would have created", schema: schema, example: written{success{"success", tried}, receipt{DryRun: true}}},
		http.StatusCreated: {
			text: answer, schema: schema, headers: []string{"ETag", "Location"},
			example: written{success{"success", data}, receipt{Revision: w.example.Version}},
		},
	}
	d.errors = []int{http.StatusNotFound, http.StatusConflict, http.StatusUnsupportedMediaType}
	return d
}

func (p principals) readDoc() *operationDoc {
	w := p.words()
	d := p.doc("get"+w.schema, "Read what "+w.one+" may do")
	d.text = p.keyText()
	d.answers = map[int]answerDoc{http.StatusOK: {
		text: "What is known but its secret", schema: successSchema(ref("Principal"), false), headers: []string{"ETag"},
		example: success{"success", w.example},
	}}
	d.errors = []int{http.StatusNotFound}
	return d
}

// keyText says what the key in an address is, where that is not what it is elsewhere.
func (p principals) keyText() string {
	if p.kind != "" {
		return ""
	}
	return "The key is its id, or KIND:NAME as the journal has it: user:ann."
}

func (p principals) changeDoc() *operationDoc {
	w := p.words()
	d := p.doc("change"+w.schema, "Change what "+w.one+" may do")
	d.text = "The body is a JSON merge patch: grants are replaced whole, and null for expires_at is never. A secret stays as it is. " + p.keyText()
	d.parameters = []object{parameterRef("dry_run"), parameterRef("confirm"), parameterRef("If-Match")}
	d.body = &bodyDoc{
		types: []string{mergePatchType, jsonType}, schema: ref("PrincipalChange"), example: json.RawMessage(`{"grants":[{"role":"reader","on":"shard","name":"tokyo"}]}`),
	}
	after := w.example
	after.Version, after.Grants = exampleRevision+1, []store.Grant{{Role: store.RoleReader, On: "shard", ID: 1, Name: "tokyo"}}
	d.answers = map[int]answerDoc{http.StatusOK: {
		text: "What it may do now", schema: successSchema(ref("Principal"), true), headers: []string{"ETag"},
		example: written{success{"success", after}, receipt{Revision: after.Version}},
	}}
	d.errors = []int{http.StatusNotFound, http.StatusConflict, http.StatusPreconditionFailed, http.StatusUnsupportedMediaType}
	return d
}

func (p principals) removeDoc() *operationDoc {
	w := p.words()
	d := p.doc("delete"+w.schema, "Let "+w.one+" do nothing any more")
	d.text = p.keyText()
	if p.kind == store.KindToken {
		d.summary = "Revoke a token"
	}
	d.parameters = []object{parameterRef("dry_run"), parameterRef("confirm"), parameterRef("If-Match")}
	d.answers = map[int]answerDoc{http.StatusOK: {
		text: "What it might do", schema: successSchema(ref("Principal"), true),
		example: written{success{"success", w.example}, receipt{Revision: exampleRevision + 1}},
	}}
	d.errors = []int{http.StatusNotFound, http.StatusConflict, http.StatusPreconditionFailed}
	return d
}

// accessSchemas are the schemas of who may do what.
func accessSchemas() object {
	property := func(name string) object { return fieldSchema(reflect.TypeFor[string](), "Principal", name) }
	grant := schemaOf[store.Grant]()
	grant["additionalProperties"], grant["required"] = false, []string{"role"}
	grants := object{"type": "array", "items": ref("NewGrant"), "minItems": 1, "description": "What it may do; a higher role includes the lower ones"}
	end := object{"type": []string{"string", "null"}, "format": "date-time", "description": "From when on it is not let in any more; null is never"}
	secret := schemaOf[withSecret]()
	secret["properties"].(object)["token"] = ref("Principal")
	kind := property("kind")
	kind["enum"] = otherKinds
	body := func(required []string, properties object) object {
		return object{"type": "object", "properties": properties, "additionalProperties": false, "required": required}
	}
	return object{
		"Principal": schemaOf[store.Principal](), "TokenWithSecret": secret, "NewGrant": grant,
		"NewToken":        body([]string{"name", "grants"}, object{"name": property("name"), "grants": grants, "expires_at": end}),
		"NewPrincipal":    body([]string{"kind", "name", "grants"}, object{"kind": kind, "name": property("name"), "grants": grants, "expires_at": end}),
		"PrincipalChange": body([]string{}, object{"grants": grants, "expires_at": end}),
	}
}
