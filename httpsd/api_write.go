package httpsd

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/cespare/xxhash/v2"

	"github.com/promshard/promshard/store"
)

// mergeAttempts is how often a change that has labels merged into others is tried again because somebody else was faster.
const mergeAttempts = 50

// writing reads what every write may be asked: a dry run, the digest that confirms a removal. What the write does is in the
// receipt.
func (c *call) writing() (ctx context.Context, receipt *store.Receipt) {
	receipt = &store.Receipt{}
	ctx = store.WithReceipt(c.r.Context(), receipt)
	if c.query.yes("dry_run") {
		ctx = store.WithDryRun(ctx)
	}
	if digest := c.query.text("confirm"); digest != "" {
		ctx = store.WithConfirm(ctx, digest)
	}
	return ctx, receipt
}

// keyHeader has a name by which a creation is known when it is sent again.
const keyHeader = "Idempotency-Key"

// once puts the idempotency key of a request into ctx, if there is one.
func (c *call) once(ctx context.Context, body []byte) (context.Context, error) {
	values := c.r.Header.Values(keyHeader)
	switch {
	case len(values) == 0:
		return ctx, nil
	case len(values) > 1 || values[0] == "" || c.r.Method != http.MethodPost:
		reason := "must not be empty"
		if len(values) > 1 {
			reason = "is given twice; give it once"
		}
		if c.r.Method != http.MethodPost {
			reason = "goes with POST alone; " + c.r.Method + " can be repeated as it is"
		}
		return ctx, &store.Error{Kind: store.ErrInvalid, Noun: "header", Field: keyHeader, Value: shorten(values[0]), Reason: reason}
	}
	sum := xxhash.New()
	for _, part := range []string{c.r.Method, c.r.URL.RequestURI(), string(body)} {
		sum.WriteString(strconv.Itoa(len(part)) + " " + part) //nolint:errcheck // a hash takes everything
	}
	return store.WithIdempotencyKey(ctx, values[0], strconv.FormatUint(sum.Sum64(), 16)), nil
}

// begin reads all of a write but its body: ready when nothing is wrong with it, and whoever asks may do what n stands for.
func (c *call) begin(n need) error {
	if err := c.query.done(); err != nil {
		return err
	}
	return c.h.permit(c.r.Context(), n)
}

// beginOnOne is begin for a change or a deletion of one thing. No idempotency key goes with it.
func (c *call) beginOnOne(ctx context.Context, n need) (cond condition, err error) {
	if err := c.begin(n); err != nil {
		return cond, err
	}
	if cond, err = c.ifMatch(); err != nil {
		return cond, err
	}
	_, err = c.once(ctx, nil)
	return cond, err
}

// beginPost is begin for a write that is all in its body, which is of one of the types, and that no condition goes with. It
// returns the body, and ctx with the idempotency key, if there is one.
func (c *call) beginPost(ctx context.Context, types ...string) (context.Context, []byte, error) {
	if err := c.begin(needEdit); err != nil {
		return nil, nil, err
	}
	if err := c.refuseCondition(); err != nil {
		return nil, nil, err
	}
	body, err := c.body(types...)
	if err != nil {
		return nil, nil, err
	}
	ctx, err = c.once(ctx, body)
	return ctx, body, err
}

// create makes a new one of what the body says, in the project that the address names.
func (n *resource[T, F, U]) create(c *call) error {
	ctx, receipt := c.writing()
	ctx, body, err := c.beginPost(ctx, jsonType)
	if err != nil {
		return err
	}
	one, err := n.creation(body, c.inProject())
	if err != nil {
		return err
	}
	if c.inProject() {
		project, err := c.project()
		if err != nil {
			return err
		}
		n.inside.own(&one, project)
	}
	if err := n.insert(c.inventory, ctx, &one); err != nil {
		return err
	}
	if receipt.DryRun {
		return c.wrote(http.StatusOK, one, receipt)
	}
	c.w.Header().Set("Location", apiPrefix+"/"+n.path+"/"+strconv.FormatInt(n.id(one), 10))
	c.w.Header().Set("ETag", versionTag(n.version(one)))
	return c.wrote(http.StatusCreated, one, receipt)
}

// change gives the one that the address names the values that the body has.
func (n *resource[T, F, U]) change(c *call) error {
	ctx, receipt := c.writing()
	cond, err := c.beginOnOne(ctx, needEdit)
	if err != nil {
		return err
	}
	body, err := c.body(mergePatchType, jsonType)
	if err != nil {
		return err
	}
	after, err := n.merge(ctx, c, cond, body)
	if err != nil {
		return err
	}
	if !receipt.DryRun {
		c.w.Header().Set("ETag", versionTag(n.version(after)))
	}
	return c.wrote(http.StatusOK, after, receipt)
}

// merge applies a merge patch. Without a condition it is applied to whatever is there: when that changes meanwhile, once
// more.
func (n *resource[T, F, U]) merge(ctx context.Context, c *call, cond condition, body []byte) (after T, err error) {
	for range mergeAttempts {
		now, err := n.find(c)
		if err != nil {
			return after, err
		}
		demanded, err := cond.demand(n.noun, n.version(now))
		if err != nil {
			return after, err
		}
		u, merged, err := n.changes(body, now)
		if err != nil {
			return after, err
		}
		if merged && cond.tags == nil {
			demanded = n.version(now)
		}
		n.expect(&u).IfVersion = demanded
		after, err = n.update(c.inventory, ctx, n.id(now), u)
		if cond.tags != nil || !errors.Is(err, store.ErrStale) {
			return after, err
		}
	}
	return after, &store.Error{
		Kind: store.ErrUnavailable, Noun: prose(n.noun), Reason: "is being changed by others all the time; try again",
	}
}

// remove deletes the one that the address names, and answers with it as it was.
func (n *resource[T, F, U]) remove(c *call) error {
	ctx, receipt := c.writing()
	var o store.DeleteOptions
	if n.cascades {
		if cascade := c.query.flag("cascade"); cascade != nil {
			o.Cascade = *cascade
		}
	}
	cond, err := c.beginOnOne(ctx, needEdit)
	if err != nil {
		return err
	}
	one, err := n.find(c)
	if err != nil {
		return err
	}
	if o.IfVersion, err = cond.demand(n.noun, n.version(one)); err != nil {
		return err
	}
	if err := n.drop(c.inventory, ctx, n.id(one), o); err != nil {
		return withCascadeHint(err, n.cascades && !o.Cascade)
	}
	return c.wrote(http.StatusOK, one, receipt)
}

// withCascadeHint says how a refused deletion is done all the same.
func withCascadeHint(err error, possible bool) error {
	var refused *store.Error
	narrower := errors.Is(err, store.ErrStale) || errors.Is(err, store.ErrGuarded)
	if !possible || narrower || !errors.Is(err, store.ErrConflict) || !errors.As(err, &refused) || refused.Hint != "" {
		return err
	}
	hinted := *refused
	hinted.Hint = "cascade=true deletes what hangs on it as well"
	return &hinted
}

// written is the form of answers to writes: that of all others, and what became of the write.
type written struct {
	success
	Receipt receipt `json:"receipt"`
}

// receipt is a store.Receipt with its changes counted.
type receipt struct {
	// Revision is 0 when nothing was changed.
	Revision int64             `json:"revision"`
	Replayed bool              `json:"replayed,omitempty"`
	DryRun   bool              `json:"dry_run,omitempty"`
	Summary  string            `json:"summary,omitempty"`
	Changes  []nounChanges     `json:"changes,omitempty"`
	Guard    *store.GuardError `json:"guard,omitempty"`
}

// nounChanges counts the rows of one noun that a write touched.
type nounChanges struct {
	Noun    string `json:"noun"`
	Created int64  `json:"created,omitempty"`
	Changed int64  `json:"changed,omitempty"`
	Deleted int64  `json:"deleted,omitempty"`
}

// wrote answers a write that went well.
func (c *call) wrote(code int, data any, r *store.Receipt) error {
	return c.send(code, written{success{Status: "success", Data: data}, receipt{
		Revision: r.Revision, Replayed: r.Replayed, DryRun: r.DryRun, Summary: r.Summary,
		Changes: countChanges(r.Changes), Guard: r.Guard,
	}})
}

// countChanges adds changes up, in the order in which their nouns first come.
func countChanges(changes []store.Change) []nounChanges {
	var all []nounChanges
	index := map[string]int{}
	for _, change := range changes {
		i, there := index[change.Noun]
		if !there {
			i = len(all)
			index[change.Noun] = i
			all = append(all, nounChanges{Noun: change.Noun})
		}
		switch at := &all[i]; {
		case change.Created != nil:
			for _, r := range change.Created {
				at.Created += r.Last - r.First + 1
			}
		case change.Before == nil:
			at.Created++
		case change.After == nil:
			at.Deleted++
		default:
			at.Changed++
		}
	}
	return all
}
