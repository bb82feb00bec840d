// Package document reads the documents that store.Apply takes: YAML or JSON, strictly. What they state is not judged here,
// but in the store, by the rules that every write follows.
package document

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/promshard/promshard/store"
)

// Read reads one file, whose name source is: JSON when it is that, YAML otherwise. It may hold several YAML documents, which
// are taken as one. Errors name the place in it, and are of the kind store.ErrInvalid.
func Read(source string, content []byte) (store.Document, error) {
	if json.Valid(content) {
		return ReadJSON(source, content)
	}
	return ReadYAML(source, content)
}

// ReadJSON reads one JSON object.
func ReadJSON(source string, content []byte) (d store.Document, err error) {
	root, err := parseJSON(source, content)
	if err != nil {
		return d, err
	}
	err = takeDocument(&d, root)
	return d, err
}

// ReadYAML reads a stream of YAML documents. Those that are empty are passed over.
func ReadYAML(source string, content []byte) (d store.Document, err error) {
	roots, err := parseYAML(source, content)
	if err != nil {
		return d, err
	}
	for _, root := range roots {
		if err := takeDocument(&d, root); err != nil {
			return store.Document{}, err
		}
	}
	return d, nil
}

// takeDocument adds what a document states to d.
func takeDocument(d *store.Document, root value) error {
	return takeMembers(root, map[string]func(value) error{
		"shards":            listInto(&d.Shards, takeFields[store.ShardUpdate]),
		"servers":           listInto(&d.Servers, takeFields[store.ServerUpdate]),
		"services":          listInto(&d.Services, takeFields[store.ServiceUpdate]),
		"projects":          listInto(&d.Projects, takeProject),
		"probes":            listInto(&d.Probes, takeFields[store.ProbeUpdate]),
		"default_exporters": listInto(&d.DefaultExporters, takeFields[store.DefaultExporterUpdate]),
	})
}

// takeProject reads a project with what belongs to it.
func takeProject(v value) (p store.ProjectStatement, err error) {
	known := fieldsInto(&p.ProjectUpdate)
	known["farm"] = func(v value) error {
		farm, err := takeFields[store.FarmUpdate](v)
		p.Farm = &store.Stated[store.FarmUpdate]{Position: v.at, Fields: farm}
		return err
	}
	known["hosts"] = wholeList(&p.Hosts, takeHost)
	known["exporters"] = wholeList(&p.Exporters, takeFields[store.ExporterUpdate])
	known["urls"] = wholeList(&p.URLs, takeFields[store.URLUpdate])
	known["exclusive"] = func(v value) error {
		return v.each(func(element value) error {
			name, err := element.text()
			p.Exclusive = append(p.Exclusive, name)
			return err
		})
	}
	err = takeMembers(v, known)
	return p, err
}

// takeHost reads a host: its name alone, or an object.
func takeHost(v value) (u store.HostUpdate, err error) {
	if v.kind == textKind {
		return store.HostUpdate{Name: &v.raw}, nil
	}
	if v.kind != objectKind {
		return u, v.refuse(`is neither a host's name nor an object such as {"name": "web1"}`)
	}
	return takeFields[store.HostUpdate](v)
}

// listInto adds the elements of a list, each as take reads it.
func listInto[U any](place *[]store.Stated[U], take func(value) (U, error)) func(value) error {
	return func(v value) error {
		return v.each(func(element value) error {
			fields, err := take(element)
			*place = append(*place, store.Stated[U]{Position: element.at, Fields: fields})
			return err
		})
	}
}

// wholeList is listInto for a list that is not stated when it is not there.
func wholeList[U any](place **[]store.Stated[U], take func(value) (U, error)) func(value) error {
	return func(v value) error {
		*place = &[]store.Stated[U]{}
		return listInto(*place, take)(v)
	}
}

// takeFields reads an object into an update of the store.
func takeFields[U any](v value) (u U, err error) {
	err = takeMembers(v, fieldsInto(&u))
	return u, err
}

// fieldsInto returns, by name, what reads a field of an update, which place points to.
func fieldsInto(place any) map[string]func(value) error {
	known := map[string]func(value) error{}
	update := reflect.ValueOf(place).Elem()
	for i := range update.NumField() {
		field := update.Field(i)
		name, _, _ := strings.Cut(update.Type().Field(i).Tag.Get("json"), ",")
		if name == "" || field.Kind() != reflect.Pointer {
			continue
		}
		known[name] = func(v value) error {
			field.Set(reflect.New(field.Type().Elem()))
			return v.into(field.Interface())
		}
	}
	return known
}

// takeMembers reads the members of an object, each with what is known of its name.
func takeMembers(v value, known map[string]func(value) error) error {
	if v.kind != objectKind {
		return v.refuse("is not an object")
	}
	for _, m := range v.members {
		take, ok := known[m.name]
		if !ok {
			return m.value.refuse("is not known here; known are " + strings.Join(sortedNames(known), ", "))
		}
		if m.value.kind == nullKind {
			return m.value.refuse("is null; leave the field out to leave it as it is, or write what it is to be: [], {} or \"\" for nothing")
		}
		if err := take(m.value); err != nil {
			return err
		}
	}
	return nil
}

func sortedNames(known map[string]func(value) error) []string {
	names := make([]string, 0, len(known))
	for name := range known {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// refuseAll is an error about a file as a whole.
func refuseAll(source, reason string, args ...any) error {
	return store.Position{Source: source}.Refuse("", "", fmt.Sprintf(reason, args...))
}
