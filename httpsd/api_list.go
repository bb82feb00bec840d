package httpsd

import (
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/promshard/promshard/store"
)

// listing is one page of a list.
type listing[T any] struct {
	Items []T `json:"items"`
	// Next is the cursor of the page that follows; empty on the last one.
	Next string `json:"next,omitempty"`
}

// list answers with a page of the noun's list, of one project when the path names it.
func (n *resource[T, F, U]) list(c *call) error {
	filter := n.filter(c.query, c.inProject())
	page := n.page(&filter)
	var next string
	*page = store.Page{
		Search: c.query.text("q"), Sort: c.query.text("sort"), After: c.query.text("cursor"), Next: &next,
		Limit: c.query.number("limit", 1, c.h.o.API.MaxPageSize, min(defaultPageSize, c.h.o.API.MaxPageSize)),
	}
	if err := c.query.done(); err != nil {
		return err
	}
	at := n.filtered(filter)
	if c.inProject() {
		project, err := c.project()
		if err != nil {
			return err
		}
		n.inside.only(&filter, project.Name)
		at = names{project: project.Name}
	}
	if err := n.viewable(c, at); err != nil {
		return err
	}
	rows, err := n.all(c.inventory, c.r.Context(), filter)
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, listing[T]{Items: rows, Next: next})
}

// filter reads the fields of the noun's filter from parameters of the same names; below a project, but for those that the
// project answers.
func (n *resource[T, F, U]) filter(p *parameters, inProject bool) F {
	var filter F
	for field := range jsonFields(reflect.ValueOf(&filter).Elem()) {
		if inProject && slices.Contains(answeredByProject, field.name) {
			continue
		}
		switch at := field.value.Addr().Interface().(type) {
		case *string:
			*at = p.text(field.name)
		case **string:
			if value, given := p.take(field.name); given {
				*at = &value
			}
		case **bool:
			*at = p.flag(field.name)
		case *int:
			*at = p.number(field.name, 1, maxNumber, 0)
		default:
			panic("httpsd: a filter has a field of an unknown kind: " + field.name)
		}
	}
	return filter
}

// answeredByProject are the filters that make no sense below a project.
var answeredByProject = []string{"project", "service", "shard"}

// maxNumber is the largest number that a parameter of a filter can be.
const maxNumber = 1<<31 - 1

// jsonField is a field of a struct, under its name in JSON.
type jsonField struct {
	name  string
	value reflect.Value
}

// jsonFields yields the fields of a struct that JSON has, but for embedded ones.
func jsonFields(v reflect.Value) func(yield func(jsonField) bool) {
	return func(yield func(jsonField) bool) {
		for i := range v.NumField() {
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			if name == "" || name == "-" || v.Type().Field(i).Anonymous {
				continue
			}
			if !yield(jsonField{name, v.Field(i)}) {
				return
			}
		}
	}
}
