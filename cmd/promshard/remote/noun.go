package remote

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/promshard/promshard/store"
)

// noun is all that needs to be known of one noun of the API. T is the noun, F its filter and U its update.
type noun[T, F, U any] struct {
	// name is what errors call it, path what it is called in addresses.
	name, path string
	// derived are the fields, beside given, that a creation cannot have.
	derived []string
	// cascades is for nouns that others hang on.
	cascades bool
	page     func(*F) store.Page
	expect   func(*U) int64
	labels   func(*T) store.Labels
	version  func(*T) int64
}

// given are the fields that no creation can have.
var given = []string{"id", "version", "managed_by"}

// create makes a new row and fills it in.
func (n *noun[T, F, U]) create(ctx context.Context, c *Client, row *T) error {
	body, err := n.creation(row)
	if err != nil {
		return err
	}
	var made T
	if err := c.write(ctx, request{method: http.MethodPost, path: apiPrefix + "/" + n.path, body: body}, &made); err != nil {
		return err
	}
	*row = made
	return nil
}

// creation is the body that creates row. What it refers to by an id is not named as well.
func (n *noun[T, F, U]) creation(row *T) (map[string]any, error) {
	body := map[string]any{}
	for f := range fieldsOf(reflect.ValueOf(row).Elem()) {
		if !slices.Contains(given, f.name) && !slices.Contains(n.derived, f.name) {
			body[f.name] = f.value.Interface()
		}
	}
	for name, value := range body {
		of, isID := strings.CutSuffix(name, "_id")
		if !isID {
			continue
		}
		if _, named := body[of]; !named {
			of = "project" // a host names its farm, or the project that has one
		}
		if value == int64(0) {
			delete(body, name)
		} else {
			delete(body, of)
		}
	}
	return body, checkText(n.name, body)
}

// checkUTF8 refuses what JSON would alter on its way: bytes that are no UTF-8.
func checkUTF8(noun, field, text string) error {
	if utf8.ValidString(text) {
		return nil
	}
	return &store.Error{Kind: store.ErrInvalid, Noun: noun, Field: field, Value: text, Reason: "is not valid UTF-8"}
}

// checkText is checkUTF8 for all texts of a body. Names of labels have no such bytes that would not be refused all the
// same.
func checkText(noun string, body map[string]any) error {
	for name, value := range body {
		for field, text := range textsOf(name, value) {
			if err := checkUTF8(noun, field, text); err != nil {
				return err
			}
		}
	}
	return nil
}

// textsOf yields the texts in a field, under what the store calls them.
func textsOf(name string, value any) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		switch v := value.(type) {
		case string:
			yield(name, v)
		case *string:
			yield(name, *v)
		case store.Labels:
			for label, text := range v {
				if !yield(name+"."+label, text) {
					return
				}
			}
		case map[string]*string:
			for label, text := range v {
				if text != nil && !yield(name+"."+label, *text) {
					return
				}
			}
		}
	}
}

// field is a field of a struct, under its name in JSON.
type field struct {
	name  string
	value reflect.Value
}

// fieldsOf yields the fields of a struct that JSON has, but for embedded ones.
func fieldsOf(v reflect.Value) func(yield func(field) bool) {
	return func(yield func(field) bool) {
		for i := range v.NumField() {
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			if name == "" || name == "-" || v.Type().Field(i).Anonymous {
				continue
			}
			if !yield(field{name, v.Field(i)}) {
				return
			}
		}
	}
}

// possible refuses an id that nothing can have, and that would be a name in an address.
func (n *noun[T, F, U]) possible(id int64) error {
	if id >= 0 {
		return nil
	}
	return &store.Error{
		Kind: store.ErrNotFound, Noun: n.name, Field: "id", Value: strconv.FormatInt(id, 10), Reason: "there is no such " + n.prose(),
	}
}

func (n *noun[T, F, U]) prose() string {
	if n == any(urlNoun) {
		return "URL"
	}
	return n.name
}

// get reads one row.
func (n *noun[T, F, U]) get(ctx context.Context, c *Client, id int64) (T, error) {
	var row T
	if err := n.possible(id); err != nil {
		return row, err
	}
	err := c.ask(ctx, request{method: http.MethodGet, path: address(n.path, id), repeatable: true}, &row)
	return row, err
}

// remove deletes one row.
func (n *noun[T, F, U]) remove(ctx context.Context, c *Client, id int64, o store.DeleteOptions) error {
	if err := n.possible(id); err != nil {
		return err
	}
	r := request{method: http.MethodDelete, path: address(n.path, id), query: url.Values{}}
	if o.Cascade && n.cascades {
		r.query.Set("cascade", "true")
	}
	r.ifMatch(o.IfVersion)
	return c.write(ctx, r, nil)
}

// mergeAttempts is how often labels are replaced again because somebody else was faster.
const mergeAttempts = 20

// update changes one row. The API merges labels, and here they are replaced: so those that are to go are looked up, and
// the change is for that version of the row alone.
func (n *noun[T, F, U]) update(ctx context.Context, c *Client, id int64, u U) (after T, err error) {
	if err := n.possible(id); err != nil {
		return after, err
	}
	demanded := n.expect(&u)
	body := map[string]any{}
	var labels *store.Labels
	for f := range fieldsOf(reflect.ValueOf(&u).Elem()) {
		switch {
		case f.value.IsNil():
		case f.name == "labels":
			labels, _ = f.value.Interface().(*store.Labels)
		default:
			body[f.name] = f.value.Interface()
		}
	}
	if labels == nil {
		return after, n.patch(ctx, c, id, body, demanded, &after)
	}
	for range mergeAttempts {
		version, err := n.replaceLabels(ctx, c, id, *labels, demanded, body)
		if err != nil {
			return after, err
		}
		err = n.patch(ctx, c, id, body, version, &after)
		if demanded != 0 || !errors.Is(err, store.ErrStale) {
			return after, err
		}
	}
	return after, &store.Error{
		Kind: store.ErrUnavailable, Noun: n.name, Reason: "is being changed by others all the time; try again",
	}
}

// replaceLabels puts the change of labels into a body, and returns the version that it is for.
func (n *noun[T, F, U]) replaceLabels(ctx context.Context, c *Client, id int64, labels store.Labels, demanded int64, body map[string]any) (int64, error) {
	now, err := n.get(ctx, c, id)
	if err != nil {
		return 0, err
	}
	merge := map[string]*string{}
	for name := range n.labels(&now) {
		merge[name] = nil
	}
	for name, value := range labels {
		merge[name] = &value
	}
	body["labels"] = merge
	if demanded != 0 {
		return demanded, nil
	}
	return n.version(&now), nil
}

func (n *noun[T, F, U]) patch(ctx context.Context, c *Client, id int64, body map[string]any, version int64, after *T) error {
	if err := checkText(n.name, body); err != nil {
		return err
	}
	r := request{
		method: http.MethodPatch, path: address(n.path, id), body: body, repeatable: version == 0,
		header: http.Header{"Content-Type": {"application/merge-patch+json"}},
	}
	r.ifMatch(version)
	return c.write(ctx, r, after)
}

// page is one page of a list.
type page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next"`
}

// pageSize is how many rows are asked for at once; a server that allows fewer is asked for as many as it likes.
const pageSize = 1000

// list reads the rows that a filter picks, page by page.
func (n *noun[T, F, U]) list(ctx context.Context, c *Client, f F) ([]T, error) {
	wanted := n.page(&f)
	query := filterQuery(reflect.ValueOf(&f).Elem())
	setUnlessEmpty(query, "q", wanted.Search)
	setUnlessEmpty(query, "sort", wanted.Sort)
	rows, next, err := pages[T](ctx, c, apiPrefix+"/"+n.path, query, wanted.After, wanted.Limit)
	if err != nil {
		return nil, err
	}
	if wanted.Next != nil {
		*wanted.Next = next
	}
	return rows, nil
}

func setUnlessEmpty(query url.Values, name, value string) {
	if value != "" {
		query.Set(name, value)
	}
}

// filterQuery is a filter as parameters.
func filterQuery(filter reflect.Value) url.Values {
	query := url.Values{}
	for f := range fieldsOf(filter) {
		switch v := f.value.Interface().(type) {
		case string:
			setUnlessEmpty(query, f.name, v)
		case *string:
			if v != nil {
				query.Set(f.name, *v)
			}
		case *bool:
			if v != nil {
				query.Set(f.name, strconv.FormatBool(*v))
			}
		case int:
			if v != 0 {
				query.Set(f.name, strconv.Itoa(v))
			}
		default:
			panic("remote: a filter has a field of an unknown kind: " + f.name)
		}
	}
	return query
}

// pages reads a list from a cursor on, up to a limit; 0 is none. It returns the cursor of what follows.
func pages[T any](ctx context.Context, c *Client, path string, query url.Values, cursor string, limit int) ([]T, string, error) {
	rows := []T{}
	for most := c.most(pageSize); ; {
		setUnlessEmpty(query, "cursor", cursor)
		if query.Del("limit"); most > 0 {
			query.Set("limit", strconv.Itoa(most))
			if limit > 0 {
				query.Set("limit", strconv.Itoa(min(most, limit-len(rows))))
			}
		}
		var p page[T]
		err := c.ask(ctx, request{method: http.MethodGet, path: path, query: query, repeatable: true}, &p)
		switch {
		case tooMany(err) && most > 1:
			most = c.fewer(most)
			continue
		case err != nil:
			return nil, "", err
		}
		rows = append(rows, p.Items...)
		if p.Next == "" || limit > 0 && len(rows) >= limit {
			return rows, p.Next, nil
		}
		cursor = p.Next
	}
}

// most is how many of those wanted are asked for at once.
func (c *Client) most(wanted int) int {
	if allowed := int(c.allowed.Load()); allowed > 0 {
		return min(wanted, allowed)
	}
	return wanted
}

// fewer is how many are asked for at once, now and from now on, when as many as most were too many.
func (c *Client) fewer(most int) int {
	c.allowed.Store(int64(most / 2))
	return most / 2
}

// tooMany says that an error is about asking for more at once than a server allows.
func tooMany(err error) bool {
	var refused *store.Error
	return errors.As(err, &refused) && errors.Is(err, store.ErrInvalid) && refused.Field == "limit"
}
