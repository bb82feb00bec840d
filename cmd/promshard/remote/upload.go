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
)

// content is a body that is written as it is sent.
type content interface {
	write(w io.Writer) error
	// broken is what was wrong with what was to be written.
	broken() error
}

// upload sends a body, compressed, once: a connection that breaks meanwhile is an error.
func (c *Client) upload(ctx context.Context, r request, body content, into *form) error {
	r.header.Set("Content-Encoding", "gzip")
	// This finds a server that answers, and asks whether the token is good, before much is sent.
	if err := c.ask(ctx, request{method: http.MethodGet, path: apiPrefix + "/shards", query: url.Values{"limit": {"1"}}, repeatable: true}, nil); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	sent, out := io.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		out.CloseWithError(writeZipped(out, body))
	}()
	err := c.once(ctx, c.servers[c.preferred.Load()], r, sent, func(resp *http.Response) error {
		if err := json.NewDecoder(io.LimitReader(resp.Body, answerMost)).Decode(into); err != nil {
			return &lost{err}
		}
		return nil
	})
	sent.CloseWithError(errNobodyReads) // the server may have refused before it has read everything
	<-done
	switch {
	case body.broken() != nil:
		return body.broken()
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, new(*lost)):
		return doubtful(err, r)
	}
	return err
}

// errNobodyReads ends an upload whose server has answered already.
var errNobodyReads = errors.New("the server has answered already")

func writeZipped(w io.Writer, body content) error {
	zipped := gzip.NewWriter(w)
	if err := body.write(zipped); err != nil {
		return err
	}
	if err := zipped.Close(); err != nil {
		return fmt.Errorf("compressing what is sent: %w", err)
	}
	return nil
}
