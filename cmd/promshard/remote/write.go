package remote

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/promshard/promshard/store"
)

// receipt is what a server says of a write.
type receipt struct {
	Revision int64             `json:"revision"`
	Replayed bool              `json:"replayed"`
	DryRun   bool              `json:"dry_run"`
	Summary  string            `json:"summary"`
	Guard    *store.GuardError `json:"guard"`
}

// write sends a request that changes something, as the context wishes, and decodes the answer's data into data.
func (c *Client) write(ctx context.Context, r request, data any) error {
	wishes := store.WishesOf(ctx)
	r.wish(wishes)
	into := form{Data: data}
	err := c.askForm(ctx, r, &into)
	fill(wishes.Receipt, into.Receipt, err)
	return err
}

// wish puts into a request what the context of a write wishes. A creation gets a key by which it is known when it is sent
// again.
func (r *request) wish(w store.Wishes) {
	if r.query == nil {
		r.query = url.Values{}
	}
	if r.header == nil {
		r.header = http.Header{}
	}
	if w.DryRun {
		r.query.Set("dry_run", "true")
	}
	if w.Confirm != "" {
		r.query.Set("confirm", w.Confirm)
	}
	key := w.IdempotencyKey
	if r.method != http.MethodPost || key == "" && r.keyless {
		return
	}
	if key == "" {
		key = rand.Text()
	}
	r.header.Set("Idempotency-Key", key)
	r.repeatable = true
}

// fill hands on what a server said of a write; nil when it was refused, with the error.
func fill(into *store.Receipt, from *receipt, err error) {
	if into == nil {
		return
	}
	*into = store.Receipt{}
	errors.As(err, &into.Guard)
	if from != nil {
		*into = store.Receipt{
			Revision: from.Revision, Replayed: from.Replayed, DryRun: from.DryRun, Summary: from.Summary, Guard: from.Guard,
		}
	}
}

// ifMatch demands a version of what is changed; 0 demands none.
func (r *request) ifMatch(version int64) {
	if version == 0 {
		return
	}
	if r.header == nil {
		r.header = http.Header{}
	}
	r.header.Set("If-Match", `"`+strconv.FormatInt(version, 10)+`"`)
}
