package httpsd

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"github.com/promshard/promshard/store"
)

// componentSchemas are the schemas that others refer to.
func componentSchemas() object {
	schemas := object{
		"Error": schemaOf[errorBody](), "Guard": guardSchema(),
		"Receipt": schemaOf[receipt](), "HostsResult": schemaOf[store.SetHostsResult](),
		"Labels": object{
			"type": "object", "description": "User labels", "additionalProperties": object{"type": "string"},
			"propertyNames": object{"pattern": labelPattern},
		},
		"BulkHost": bulkHostSchema(), "Document": documentSchema(), "ApplyResult": schemaOf[store.ApplyResult](),
		"SyncSource": syncSourceSchema(), "SyncResult": schemaOf[store.SyncResult](),
	}
	maps.Copy(schemas, accessSchemas())
	for _, noun := range nouns {
		maps.Copy(schemas, noun.schemas())
	}
	return schemas
}

// schemaOf is the schema of a Go type as encoding/json writes it.
func schemaOf[T any]() object { return typeSchema(reflect.TypeFor[T]()) }

func typeSchema(t reflect.Type) object {
	switch t {
	case reflect.TypeFor[model.Duration]():
		return object{"type": "string", "pattern": durationPattern, "minLength": 1}
	case reflect.TypeFor[store.Labels]():
		return ref("Labels")
	case reflect.TypeFor[store.GuardError]():
		return ref("Guard")
	case reflect.TypeFor[time.Time]():
		return object{"type": "string", "format": "date-time"}
	case reflect.TypeFor[json.RawMessage]():
		return object{}
	}
	switch t.Kind() {
	case reflect.Interface:
		return object{}
	case reflect.Pointer:
		return typeSchema(t.Elem())
	case reflect.String:
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Float64:
		return object{"type": "number"}
	case reflect.Int, reflect.Int64:
		return object{"type": "integer", "format": "int64"}
	case reflect.Slice:
		return object{"type": "array", "items": typeSchema(t.Elem())}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": typeSchema(t.Elem())}
	case reflect.Struct:
		return structSchema(t)
	}
	panic(fmt.Sprintf("httpsd: no schema for %v", t))
}

// durationPattern is how promshard writes durations, and how it reads them.
const durationPattern = `^(([0-9]+)y)?(([0-9]+)w)?(([0-9]+)d)?(([0-9]+)h)?(([0-9]+)m)?(([0-9]+)s)?(([0-9]+)ms)?$|^0$`

// structSchema is the schema of a struct: what is always there is required.
func structSchema(t reflect.Type) object {
	properties, required := object{}, []string{}
	for i := range t.NumField() {
		field := t.Field(i)
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if field.Anonymous && name == "" {
			embedded := structSchema(field.Type)
			maps.Copy(properties, embedded["properties"].(object))
			required = append(required, embedded["required"].([]string)...)
			continue
		}
		if name == "" || name == "-" {
			continue
		}
		schema, optional := fieldSchema(field.Type, t.Name(), name), strings.Contains(options, "omit")
		if field.Type.Kind() == reflect.Pointer && !optional {
			schema["type"] = []any{schema["type"], "null"}
		}
		properties[name] = schema
		// A field that shadows an embedded one decides for both.
		required = slices.DeleteFunc(required, func(r string) bool { return r == name })
		if !optional {
			required = append(required, name)
		}
	}
	return object{"type": "object", "properties": properties, "required": required}
}

// fieldSchema is the schema of a field of a type, with what fieldDocs say of it.
func fieldSchema(t reflect.Type, of, name string) object {
	schema := typeSchema(t)
	for _, key := range []string{name, of + "." + name} {
		if doc, ok := fieldDocs[key]; ok {
			schema = maps.Clone(schema)
			maps.Copy(schema, doc)
		}
	}
	return schema
}

// schemas are those of the noun: as it is, as it is created, as it is changed.
func (n *resource[T, F, U]) schemas() object {
	return object{
		n.name(): schemaOf[T](), "New" + n.name(): n.creationSchema(false), n.name() + "Change": n.changeSchema(),
	}
}

// name is what schemas and operations call the noun.
func (n *resource[T, F, U]) name() string { return reflect.TypeFor[T]().Name() }

// creationSchema is what a creation takes, in the project that its address names or anywhere.
func (n *resource[T, F, U]) creationSchema(inProject bool) object {
	settable, properties := n.settable(inProject), object{}
	for _, name := range settable {
		schema := fieldSchema(fieldNamed(&n.fresh, name).Type(), n.name(), name)
		if instead := n.instead(name); instead != nil {
			schema["default"] = instead
		}
		properties[name] = schema
	}
	schema := object{"type": "object", "properties": properties, "additionalProperties": false, "required": n.required}
	var choices []object
	for _, pair := range n.references() {
		if slices.Contains(settable, pair[1]) {
			choices = append(choices, object{"oneOf": []object{
				{"required": []string{pair[0]}}, {"required": []string{pair[1]}},
			}})
		}
	}
	if choices != nil {
		schema["allOf"] = choices
	}
	return schema
}

// instead is what a creation without the field has; nil where there is no more to say than that it is empty.
func (n *resource[T, F, U]) instead(name string) any {
	if value := fieldNamed(&n.fresh, name); !value.IsZero() {
		return value.Interface()
	}
	return nil
}

// changeSchema is what a change takes: null is what a creation without the field has.
func (n *resource[T, F, U]) changeSchema() object {
	properties := object{}
	var u U
	for field := range jsonFields(reflect.ValueOf(&u).Elem()) {
		schema := fieldSchema(field.value.Type(), n.name(), field.name)
		switch {
		case slices.Contains(n.required, field.name), slices.Contains(n.settable(false), field.name+"_id"):
		case field.name == "labels":
			schema = object{
				"type": []string{"object", "null"}, "description": "Merged into the labels that are there; null takes one away",
				"additionalProperties": object{"type": []string{"string", "null"}}, "propertyNames": object{"pattern": labelPattern},
			}
		default:
			schema["type"] = []any{schema["type"], "null"}
			if words, ok := schema["enum"].([]any); ok {
				schema["enum"] = append(slices.Clone(words), nil)
			}
		}
		properties[field.name] = schema
	}
	return object{"type": "object", "properties": properties, "additionalProperties": false}
}

// guardSchema is what the guard asks about.
func guardSchema() object {
	schema := structSchema(reflect.TypeFor[store.GuardError]())
	schema["description"] = "What a write takes away. Repeated with confirm=DIGEST it is done, as long as it takes away exactly that"
	return schema
}

// bulkHostSchema is a host in a bulk change.
func bulkHostSchema() object {
	properties := object{}
	for _, name := range hostFields {
		properties[name] = fieldSchema(fieldNamed(&hostResource.fresh, name).Type(), "Host", name)
	}
	return object{"oneOf": []object{
		fieldSchema(reflect.TypeFor[string](), "Host", "name"),
		{"type": "object", "properties": properties, "additionalProperties": false, "required": []string{"name"}},
	}}
}
