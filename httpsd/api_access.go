package httpsd

import (
	"cmp"
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/promshard/promshard/store"
)

// principals are addresses of who is let in, all of which need the role admin.
type principals struct {
	path string
	// kind is the only one that these addresses know, under its name; empty is all, under KIND:NAME as the journal has it.
	kind string
}

// tokens are those of one kind, and the only addresses at which one of that kind is created, since its secret is answered
// there.
var (
	tokens     = principals{path: "tokens", kind: store.KindToken}
	everybody  = principals{path: "access"}
	otherKinds = slices.DeleteFunc(slices.Clone(store.PrincipalKinds), func(kind string) bool { return kind == store.KindToken })
)

// accessRoutes are the addresses of who may do what.
func (h *handler) accessRoutes() []route {
	return slices.Concat(tokens.routes(h), everybody.routes(h))
}

func (p principals) routes(h *handler) []route {
	name, base := "api_"+p.path, apiPrefix+"/"+p.path
	one := base + "/{key}"
	return []route{
		{name: name, path: base, needs: needAdmin, handle: h.operate(p.list), doc: p.listDoc(h.o.API.MaxPageSize)},
		{name: name, path: base, methods: []string{http.MethodPost}, needs: needAdmin, handle: h.operate(p.create), doc: p.createDoc()},
		{name: name, path: one, needs: needAdmin, handle: h.operate(p.read), doc: p.readDoc()},
		{name: name, path: one, methods: []string{http.MethodPatch}, needs: needAdmin, handle: h.operate(p.change), doc: p.changeDoc()},
		{name: name, path: one, methods: []string{http.MethodDelete}, needs: needAdmin, handle: h.operate(p.remove), doc: p.removeDoc()},
	}
}

// list answers with a page of who is let in.
func (p principals) list(c *call) error {
	f, most := store.PrincipalFilter{Kind: p.kind, Name: c.query.text("name")}, c.h.o.API.MaxPageSize
	if p.kind == "" {
		f.Kind = c.query.word("kind", store.PrincipalKinds)
	}
	limit := c.query.number("limit", 1, most, min(defaultPageSize, most))
	after := c.query.principal("cursor")
	if err := c.query.done(); err != nil {
		return err
	}
	all, err := c.inventory.Principals(c.r.Context(), f)
	if err != nil {
		return err
	}
	begin := 0
	if after != nil {
		begin, _ = slices.BinarySearchFunc(all, *after, func(one, after store.Principal) int {
			return cmp.Or(cmp.Compare(one.Kind, after.Kind), cmp.Compare(one.Name, after.Name), -1)
		})
	}
	page := listing[store.Principal]{Items: all[begin:]}
	if len(page.Items) > limit {
		page.Items = page.Items[:limit]
		page.Next = base64.RawURLEncoding.EncodeToString([]byte(page.Items[limit-1].String()))
	}
	return c.reply(http.StatusOK, page)
}

// word returns a parameter that is one of some words; empty when it is not given.
func (p *parameters) word(name string, words []string) string {
	value := p.text(name)
	if value != "" && !slices.Contains(words, value) {
		p.refuse(name, value, "is none; there are "+strings.Join(words, ", "))
	}
	return value
}

// principal returns a parameter that is the cursor behind a principal; nil when it is not given.
func (p *parameters) principal(name string) *store.Principal {
	value := p.text(name)
	if value == "" {
		return nil
	}
	text, err := base64.RawURLEncoding.DecodeString(value)
	kind, last, ok := strings.Cut(string(text), ":")
	if err != nil || !ok || !slices.Contains(store.PrincipalKinds, kind) {
		p.refuse(name, value, "is not the next of a page of this list")
	}
	return &store.Principal{Kind: kind, Name: last}
}

// read answers with the one that the address names.
func (p principals) read(c *call) error {
	if err := c.query.done(); err != nil {
		return err
	}
	one, err := p.find(c)
	if err != nil {
		return err
	}
	c.w.Header().Set("ETag", versionTag(one.Version))
	return c.reply(http.StatusOK, one)
}

// find returns the one that the address names: by its id when that is a number, else by its name.
func (p principals) find(c *call) (none store.Principal, err error) {
	key, err := pathVar(c.r, "key")
	if err != nil {
		return none, err
	}
	if isNumber(key) {
		return p.byID(c, key)
	}
	kind, name := p.kind, key
	if kind == "" {
		kind, name, _ = strings.Cut(key, ":")
	}
	if name == "" || !slices.Contains(store.PrincipalKinds, kind) {
		return none, p.missing(key)
	}
	found, err := c.inventory.Principals(c.r.Context(), store.PrincipalFilter{Kind: kind, Name: name})
	switch {
	case err != nil:
		return none, err
	case len(found) == 0:
		return none, p.missing(key)
	}
	return found[0], nil
}

func (p principals) byID(c *call, key string) (store.Principal, error) {
	id, err := strconv.ParseInt(key, 10, 64)
	if err != nil {
		return store.Principal{}, p.missing(key)
	}
	one, err := c.inventory.Principal(c.r.Context(), id)
	if err == nil && p.kind != "" && one.Kind != p.kind {
		return store.Principal{}, p.missing(key)
	}
	return one, err
}

func (p principals) missing(key string) error {
	e := &store.Error{Kind: store.ErrNotFound, Noun: cmp.Or(p.kind, "principal"), Value: shorten(key), Reason: "is not let in"}
	if p.kind == "" {
		e.Hint = "somebody is named by id, or as KIND:NAME, such as user:ann"
	}
	return e
}

// withSecret is the answer to the creation of a token.
type withSecret struct {
	Token store.Principal `json:"token"`
	// Secret is shown this once; a dry run has none.
	Secret string `json:"secret,omitempty"`
}

// create lets somebody in. The answer for a token is the only place where its secret ever is.
func (p principals) create(c *call) error {
	ctx, receipt := c.writing()
	if err := c.begin(needAdmin); err != nil {
		return err
	}
	if err := c.refuseCondition(); err != nil {
		return err
	}
	if err := p.refuseKey(c); err != nil {
		return err
	}
	body, err := c.body(jsonType)
	if err != nil {
		return err
	}
	one, err := p.creation(body)
	if err != nil {
		return err
	}
	if ctx, err = c.once(ctx, body); err != nil {
		return err
	}
	secret, err := c.inventory.CreatePrincipal(ctx, &one)
	if err != nil {
		return err
	}
	var data any = one
	if p.kind == store.KindToken {
		data = withSecret{one, secret}
	}
	if receipt.DryRun {
		return c.wrote(http.StatusOK, data, receipt)
	}
	c.w.Header().Set("Location", apiPrefix+"/"+p.path+"/"+strconv.FormatInt(one.ID, 10))
	c.w.Header().Set("ETag", versionTag(one.Version))
	return c.wrote(http.StatusCreated, data, receipt)
}

// refuseKey refuses an idempotency key where a secret is answered: a repetition would have to answer it again, and it is
// kept nowhere.
func (p principals) refuseKey(c *call) error {
	values := c.r.Header.Values(keyHeader)
	if p.kind != store.KindToken || len(values) == 0 {
		return nil
	}
	return &store.Error{
		Kind: store.ErrInvalid, Noun: "header", Field: keyHeader, Value: shorten(values[0]),
		Reason: "does not go with the creation of a token, whose secret is kept nowhere and cannot be answered twice",
		Hint:   "when the answer is lost, delete the token by its name and create it again",
	}
}

// change gives the one that the address names other grants, or another end.
func (p principals) change(c *call) error {
	ctx, receipt := c.writing()
	cond, err := c.beginOnOne(ctx, needAdmin)
	if err != nil {
		return err
	}
	body, err := c.body(mergePatchType, jsonType)
	if err != nil {
		return err
	}
	u, err := accessChange(body)
	if err != nil {
		return err
	}
	now, err := p.find(c)
	if err != nil {
		return err
	}
	if u.IfVersion, err = cond.demand(now.Kind, now.Version); err != nil {
		return err
	}
	after, err := c.inventory.UpdatePrincipal(ctx, now.ID, u)
	if err != nil {
		return err
	}
	if !receipt.DryRun {
		c.w.Header().Set("ETag", versionTag(after.Version))
	}
	return c.wrote(http.StatusOK, after, receipt)
}

// remove lets the one that the address names do nothing any more, and answers with what that might do.
func (p principals) remove(c *call) error {
	ctx, receipt := c.writing()
	cond, err := c.beginOnOne(ctx, needAdmin)
	if err != nil {
		return err
	}
	one, err := p.find(c)
	if err != nil {
		return err
	}
	var o store.DeleteOptions
	if o.IfVersion, err = cond.demand(one.Kind, one.Version); err != nil {
		return err
	}
	if err := c.inventory.DeletePrincipal(ctx, one.ID, o); err != nil {
		return err
	}
	return c.wrote(http.StatusOK, one, receipt)
}
