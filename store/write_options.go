package store

import (
	"context"
	"errors"
)

// writeOptions are what a context says about the writes that are made with it.
type writeOptions struct {
	dryRun              bool
	confirm             string
	key, keyFingerprint string
	receipt             *Receipt
}

type writeOptionsKey struct{}

func writeOptionsOf(ctx context.Context) writeOptions {
	o, _ := ctx.Value(writeOptionsKey{}).(writeOptions)
	return o
}

// withWriteOption returns a context whose options are those of ctx as set changes them.
func withWriteOption(ctx context.Context, set func(o *writeOptions)) context.Context {
	o := writeOptionsOf(ctx)
	set(&o)
	return context.WithValue(ctx, writeOptionsKey{}, o)
}

// WithDryRun returns a context whose writes do all their work, every check included, and are then rolled back: nothing is
// kept, no revision is made. The Receipt has what would have been written. Ids of rows that would have been created are
// given to others later. The guard does not refuse a dry run: Receipt.Guard has what it would ask.
func WithDryRun(ctx context.Context) context.Context {
	return withWriteOption(ctx, func(o *writeOptions) { o.dryRun = true })
}

// WithConfirm returns a context whose writes may take away exactly the targets that the digest stands for; see
// GuardError.
func WithConfirm(ctx context.Context, digest string) context.Context {
	return withWriteOption(ctx, func(o *writeOptions) { o.confirm = digest })
}

// WithIdempotencyKey returns a context for one write that may be sent more than once, after a lost answer say. The
// first one that changes something keeps its result under the key and the actor for a day; a repeated one changes nothing and
// returns that result. fingerprint stands for all that was asked for: the same key with another one, or for another
// action, is ErrConflict. An empty key is none.
func WithIdempotencyKey(ctx context.Context, key, fingerprint string) context.Context {
	return withWriteOption(ctx, func(o *writeOptions) { o.key, o.keyFingerprint = key, fingerprint })
}

// WithReceipt returns a context whose next write fills in r: once it has succeeded, or when the guard has refused it.
func WithReceipt(ctx context.Context, r *Receipt) context.Context {
	return withWriteOption(ctx, func(o *writeOptions) { o.receipt = r })
}

// Wishes is what a context says about the writes that are made with it, for an inventory that hands them on. Receipt is
// nil when nobody wants one.
type Wishes struct {
	DryRun         bool
	Confirm        string
	IdempotencyKey string
	Receipt        *Receipt
}

// WishesOf returns what WithDryRun and its neighbours have put into a context.
func WishesOf(ctx context.Context) Wishes {
	o := writeOptionsOf(ctx)
	return Wishes{DryRun: o.dryRun, Confirm: o.confirm, IdempotencyKey: o.key, Receipt: o.receipt}
}

// Receipt is what has become of one write.
type Receipt struct {
	// Revision is the one that the write made; 0 when it changed nothing, was refused or was a dry run. For a repeated
	// write it is that of the first one.
	Revision int64 `json:"revision"`
	// Replayed is true when the write was made before, under the same idempotency key. Summary and what follows is then
	// not set.
	Replayed bool `json:"replayed,omitempty"`
	// DryRun is true when the write was rolled back because that was asked for.
	DryRun bool `json:"dry_run,omitempty"`
	// Summary, Changes and Touched are those of the journal entry, or of the one that a dry run would have made. They
	// must not be changed.
	Summary string   `json:"summary,omitempty"`
	Changes []Change `json:"changes,omitempty"`
	Touched Touched  `json:"touched,omitzero"`
	// Guard is what the guard asks, or would have asked, about the write: nil when it takes too little away to be asked
	// about. Guard.Confirmed says whether it was told.
	Guard *GuardError `json:"guard,omitempty"`
}

// reset forgets what an earlier write left.
func (r *Receipt) reset() {
	if r != nil {
		*r = Receipt{}
	}
}

// refuse notes what the guard asks when err is its refusal.
func (r *Receipt) refuse(err error) {
	var guarded *GuardError
	if r != nil && errors.As(err, &guarded) {
		r.Guard = guarded
	}
}

// fill notes what w did, or would have done.
func (r *Receipt) fill(w *writeTx, revision int64) {
	if r == nil {
		return
	}
	r.Revision, r.DryRun = revision, w.options.dryRun
	r.Summary, r.Changes, r.Touched = w.summary, w.changes, w.touched()
	r.Guard = w.guarded
}
