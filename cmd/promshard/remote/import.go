package remote

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/promshard/promshard/store"
)

// Import implements store.Registry. The list is sent as it comes, compressed, once: a connection that breaks meanwhile
// is an error, and nothing of the list is taken in then.
func (c *Client) Import(ctx context.Context, groups store.ImportGroups, o store.ImportOptions) (result store.ImportResult, err error) {
	r := request{
		method: http.MethodPost, path: apiPrefix + "/import", query: url.Values{},
		header: http.Header{"Content-Encoding": {"gzip"}},
	}
	setUnlessEmpty(r.query, "shard", o.Shard)
	wishes := store.WishesOf(ctx)
	r.wish(wishes)
	// This finds a server that answers, and asks whether the token is good, before a long list is sent.
	if err := c.ask(ctx, request{method: http.MethodGet, path: apiPrefix + "/shards", query: url.Values{"limit": {"1"}}, repeatable: true}, nil); err != nil {
		return result, err
	}
	into := form{Data: &result}
	err = c.upload(ctx, r, &upload{groups: groups, progress: o.Progress}, &into)
	fill(wishes.Receipt, into.Receipt, err)
	return result, err
}

// upload sends a list to the server that answered last.
func (c *Client) upload(ctx context.Context, r request, u *upload, into *form) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	body, out := io.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		out.CloseWithError(u.run(out))
	}()
	err := c.once(ctx, c.servers[c.preferred.Load()], r, body, func(resp *http.Response) error {
		if err := json.NewDecoder(io.LimitReader(resp.Body, answerMost)).Decode(into); err != nil {
			return &lost{err}
		}
		return nil
	})
	body.CloseWithError(errNobodyReads) // the server may have refused before it has read everything
	<-done
	switch {
	case u.err != nil:
		return u.err
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, new(*lost)):
		return doubtful(err)
	}
	return err
}

// errNobodyReads ends an upload whose server has answered already.
var errNobodyReads = errors.New("the server has answered already")

// upload writes groups as a list in JSON, compressed.
type upload struct {
	groups   store.ImportGroups
	progress func(targets int64)
	// err is what was wrong with the groups.
	err error
}

// progressStep is how many targets pass between two calls of progress.
const progressStep = 1000

func (u *upload) run(w io.Writer) error {
	zipped := gzip.NewWriter(w)
	encoder := json.NewEncoder(zipped)
	encoder.SetEscapeHTML(false)
	targets, reported, number, between := int64(0), int64(0), 0, "["
	for g, err := range u.groups {
		number++
		if err != nil {
			u.err = fmt.Errorf("reading group %d: %w", number, err)
			return u.err
		}
		if _, err := io.WriteString(zipped, between); err != nil {
			return err
		}
		if err := encoder.Encode(g); err != nil {
			return err
		}
		between = ","
		if targets += int64(len(g.Targets)); u.progress != nil && targets-reported >= progressStep {
			u.progress(targets)
			reported = targets
		}
	}
	end := "]"
	if between == "[" {
		end = "[]"
	}
	if _, err := io.WriteString(zipped, end); err != nil {
		return err
	}
	if err := zipped.Close(); err != nil {
		return fmt.Errorf("compressing the list: %w", err)
	}
	return nil
}
