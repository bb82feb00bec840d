package httpsd

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/gorilla/mux"

	"github.com/promshard/promshard/store"
)

// resource is all that the inventory API needs to know of one noun. T is the noun, F its filter and U its update.
type resource[T, F, U any] struct {
	// noun is its name in the journal, path what it is called in addresses, in the plural.
	noun, path string
	// fresh is what a creation starts from, and what a null in a change brings back.
	fresh T
	// derived are the fields, besides id and version, that nobody can set.
	derived []string

	id, version func(T) int64
	// expect is where an update says what version it is for.
	expect func(*U) *store.UpdateOptions
	// named returns the filter that picks what a name in an address stands for.
	named func(name string) (F, error)
	page  func(*F) *store.Page
	// at and filtered say by names where in the inventory one is, and all that a filter picks.
	at       func(T) names
	filtered func(F) names
	// common is for nouns that whoever may view anything may view, since projects are made of them.
	common bool
	// inside is for nouns that belong to a project and have addresses below it as well; nil for the others.
	inside *inside[T, F]

	get    func(store.Inventory, context.Context, int64) (T, error)
	all    func(store.Inventory, context.Context, F) ([]T, error)
	insert func(store.Inventory, context.Context, *T) error
	update func(store.Inventory, context.Context, int64, U) (T, error)
	drop   func(store.Inventory, context.Context, int64, store.DeleteOptions) error
	// cascades is for nouns that others hang on.
	cascades bool

	// required are the fields that a creation must have, beside references to others.
	required []string
	example  examples[T]
}

// inside says how a noun belongs to a project.
type inside[T, F any] struct {
	// only narrows a filter to a project, own puts a new one into it.
	only func(f *F, project string)
	own  func(t *T, project store.Project)
	// bulk is for a noun whose collection below a project takes many at once, in place of a single creation.
	bulk bool
	// project is the name of the project that one belongs to.
	project func(T) string
}

// names say where in the inventory something is; the zero value is everywhere.
type names struct{ service, project, shard string }

// routes are the addresses of the noun.
func (n *resource[T, F, U]) routes(h *handler) []route {
	all := n.routesAt(h, false)
	if n.inside != nil {
		all = append(all, n.routesAt(h, true)...)
	}
	return all
}

// routesAt are those below a project, or those that are not.
func (n *resource[T, F, U]) routesAt(h *handler, inProject bool) []route {
	name, base := "api_"+strings.ReplaceAll(n.path, "-", "_"), apiPrefix+"/"+n.path
	if inProject {
		base = apiPrefix + "/projects/{project}/" + n.path
	}
	one := base + "/{key}"
	all := []route{
		{name: name, path: base, needs: needView, handle: h.operate(n.list), doc: n.listDoc(h, inProject)},
		{name: name, path: one, needs: needView, handle: h.operate(n.read), doc: n.readDoc(inProject)},
		{name: name, path: one, methods: []string{http.MethodPatch}, needs: needEdit, handle: h.operate(n.change), doc: n.changeDoc(inProject)},
		{name: name, path: one, methods: []string{http.MethodDelete}, needs: needEdit, handle: h.operate(n.remove), doc: n.removeDoc(inProject)},
	}
	if !inProject || !n.inside.bulk {
		all = append(all, route{
			name: name, path: base, methods: []string{http.MethodPost}, needs: needEdit,
			handle: h.operate(n.create), doc: n.createDoc(inProject),
		})
	}
	return all
}

// read answers with the one that the address names.
func (n *resource[T, F, U]) read(c *call) error {
	if err := c.query.done(); err != nil {
		return err
	}
	one, err := n.find(c)
	if err != nil {
		return err
	}
	if err := n.viewable(c, n.at(one)); err != nil {
		return err
	}
	c.w.Header().Set("ETag", versionTag(n.version(one)))
	return c.reply(http.StatusOK, one)
}

// find returns the one that the address names: by its id when that is a number, else by its name.
func (n *resource[T, F, U]) find(c *call) (T, error) {
	var none T
	key, err := pathVar(c.r, "key")
	if err != nil {
		return none, err
	}
	var project string
	if c.inProject() {
		p, err := c.project()
		if err != nil {
			return none, err
		}
		project = p.Name
	}
	if isNumber(key) {
		return n.byID(c, key, project)
	}
	return n.byName(c, key, project)
}

// isNumber says whether a key is an id.
func isNumber(key string) bool { return strings.Trim(key, "0123456789") == "" }

// byID finds one by its id, in the project unless that is empty.
func (n *resource[T, F, U]) byID(c *call, key, project string) (T, error) {
	id, err := strconv.ParseInt(key, 10, 64)
	if err != nil {
		var none T
		return none, n.missing(key, project)
	}
	one, err := n.get(c.inventory, c.r.Context(), id)
	switch {
	case errors.Is(err, store.ErrNotFound) && project != "", err == nil && project != "" && n.inside.project(one) != project:
		return one, n.missing(key, project)
	}
	return one, err
}

// byName finds one by its name, in the project unless that is empty.
func (n *resource[T, F, U]) byName(c *call, key, project string) (T, error) {
	var none T
	filter, err := n.named(key)
	if err != nil {
		return none, err
	}
	if project != "" {
		n.inside.only(&filter, project)
	}
	n.page(&filter).Limit = ambiguousNamed + 1
	rows, err := n.all(c.inventory, c.r.Context(), filter)
	switch {
	case err != nil:
		return none, err
	case len(rows) == 0:
		return none, n.missing(key, project)
	case len(rows) > 1:
		return none, n.ambiguous(key, rows)
	}
	return rows[0], nil
}

// ambiguousNamed is how many ids an error names at most.
const ambiguousNamed = 5

// ambiguous says which ones a name fits.
func (n *resource[T, F, U]) ambiguous(key string, rows []T) error {
	ids := make([]string, 0, len(rows))
	for i, row := range rows {
		if i == ambiguousNamed {
			ids = append(ids, "…")
			break
		}
		ids = append(ids, strconv.FormatInt(n.id(row), 10))
	}
	return &store.Error{
		Kind: store.ErrConflict, Noun: prose(n.noun), Value: shorten(key), Reason: "fits more than one of them",
		Hint: "say which by its id in the address: " + strings.Join(ids, ", "),
	}
}

func (n *resource[T, F, U]) missing(key, project string) error {
	reason := "there is no such " + prose(n.noun)
	if project != "" {
		reason += fmt.Sprintf(" in project %q", project)
	}
	return &store.Error{Kind: store.ErrNotFound, Noun: prose(n.noun), Value: shorten(key), Reason: reason}
}

// prose is a noun as errors call it.
func prose(noun string) string { return strings.ReplaceAll(noun, "_", " ") }

// inProject says whether the address is one below a project.
func (c *call) inProject() bool { return mux.Vars(c.r)["project"] != "" }

// project returns the project that the address is below.
func (c *call) project() (store.Project, error) {
	key, err := pathVar(c.r, "project")
	if err != nil {
		return store.Project{}, err
	}
	if isNumber(key) {
		return projectResource.byID(c, key, "")
	}
	return projectResource.byName(c, key, "")
}

// viewable asks whether the call may view what the names say.
func (n *resource[T, F, U]) viewable(c *call, at names) error {
	if n.common {
		return c.h.permit(c.r.Context(), needView)
	}
	return c.permit(needView, at)
}

// permit asks whether the call may do what n stands for, where the names say.
func (c *call) permit(n need, at names) error {
	return c.h.permit(c.r.Context(), n, func(ctx context.Context) (place, error) { return c.locate(ctx, at) })
}

// locate looks names up. What is not there is nowhere in particular.
func (c *call) locate(ctx context.Context, at names) (p place, err error) {
	switch {
	case at.project != "":
		rows, err := c.inventory.Projects(ctx, store.ProjectFilter{Name: at.project})
		for _, row := range rows {
			p = place{service: row.ServiceID, project: row.ID, shard: row.ShardID}
		}
		return p, err
	case at.service != "":
		rows, err := c.inventory.Services(ctx, store.ServiceFilter{Name: at.service})
		for _, row := range rows {
			p.service = row.ID
		}
		if err != nil {
			return p, err
		}
	}
	if at.shard == "" {
		return p, nil
	}
	rows, err := c.inventory.Shards(ctx, store.ShardFilter{Name: at.shard})
	for _, row := range rows {
		p.shard = row.ID
	}
	return p, err
}
