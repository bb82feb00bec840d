package remote

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/promshard/promshard/store"
)

// apiPrefix is what every address of the inventory API begins with.
const apiPrefix = "/api/v2"

// answerMost bounds what is read of an answer that is not a list of targets, in bytes.
const answerMost = 256 << 20

// request is one call of the API.
type request struct {
	method, path string
	query        url.Values
	header       http.Header
	// body is sent as JSON, nil not at all.
	body any
	// repeatable says that the request does no harm when it arrives twice.
	repeatable bool
	// keyless says that a request gets no idempotency key by itself: a server could not keep its answer, or should not.
	keyless bool
	// afterLoss is what to do when the answer was lost; empty means to look what is there.
	afterLoss string
}

// lost is a request that may have arrived, and whose answer has not.
type lost struct{ err error }

func (l *lost) Error() string { return l.err.Error() }
func (l *lost) Unwrap() error { return l.err }

// ask sends a request and decodes the answer's data into data, unless that is nil.
func (c *Client) ask(ctx context.Context, r request, data any) error {
	return c.askForm(ctx, r, &form{Data: data})
}

// form is the form of answers.
type form struct {
	Data    any      `json:"data"`
	Receipt *receipt `json:"receipt"`
}

// askForm sends a request and decodes the answer.
func (c *Client) askForm(ctx context.Context, r request, into *form) error {
	return c.send(ctx, r, func(resp *http.Response) error {
		body, err := io.ReadAll(io.LimitReader(resp.Body, answerMost))
		if err != nil {
			return &lost{err}
		}
		if err := json.Unmarshal(body, into); err != nil {
			return &lost{fmt.Errorf("its answer is not one of promshard: %w", err)}
		}
		return nil
	})
}

// send sends a request to one server after the other, until one takes it, and gives take the answer. An error of take
// that is a *lost is one of the connection.
func (c *Client) send(ctx context.Context, r request, take func(resp *http.Response) error) error {
	body, err := encodeBody(r.body)
	if err != nil {
		return err
	}
	var failures []error
	for round := range 2 {
		again := false
		for i := range c.servers {
			at := int((c.preferred.Load() + int64(i)) % int64(len(c.servers)))
			err := c.try(ctx, at, r, body, take)
			var gone *lost
			var refused *refusal
			switch {
			case err == nil || !errors.Is(err, store.ErrUnavailable):
				c.preferred.Store(int64(at))
				return err
			case ctx.Err() != nil:
				return ctx.Err()
			case errors.As(err, &gone):
				if !r.repeatable {
					return doubtful(err, r)
				}
				again = true
			case errors.As(err, &refused) && !r.repeatable:
				return err
			}
			failures = append(failures, err)
		}
		if round > 0 || !again {
			break
		}
		failures = nil
		if err := sleep(ctx, c.pause); err != nil {
			return err
		}
	}
	if len(failures) == 1 {
		return failures[0]
	}
	return errors.Join(failures...)
}

// doubtful adds to an error of a connection that nobody knows what has become of the write.
func doubtful(err error, r request) error {
	return &store.Error{
		Kind: store.ErrUnavailable, Reason: "the answer to a write was lost, which may have been done", Err: err,
		Hint: cmp.Or(r.afterLoss, "look what is there before it is repeated"),
	}
}

func encodeBody(body any) ([]byte, error) {
	if body == nil {
		return nil, nil
	}
	text, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("encoding a request: %w", err)
	}
	return text, nil
}

// try sends a request to one server, and again as long as that says that there were too many.
func (c *Client) try(ctx context.Context, at int, r request, body []byte, take func(resp *http.Response) error) error {
	patience := c.o.Patience
	for {
		var reader io.Reader = http.NoBody
		if body != nil {
			reader = bytes.NewReader(body)
		}
		within, cancel := context.WithTimeout(ctx, c.o.Timeout)
		err := c.once(within, c.servers[at], r, reader, take)
		cancel()
		var fast *tooFastError
		if !errors.As(err, &fast) || fast.after > patience {
			return err
		}
		patience -= fast.after
		if err := sleep(ctx, fast.after); err != nil {
			return err
		}
	}
}

// sleep waits, unless ctx ends before that.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// once sends a request to one server.
func (c *Client) once(ctx context.Context, server *url.URL, r request, body io.Reader, take func(resp *http.Response) error) error {
	req, err := c.newRequest(ctx, server, r, body)
	if err != nil {
		return err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return unreachable(server, err)
	}
	defer resp.Body.Close()
	if err := unzip(resp); err != nil {
		return unreachable(server, &lost{err})
	}
	if resp.StatusCode/100 != 2 {
		return failure(server, resp)
	}
	err = take(resp)
	var gone *lost
	if errors.As(err, &gone) {
		return unreachable(server, err)
	}
	return err
}

func (c *Client) newRequest(ctx context.Context, server *url.URL, r request, body io.Reader) (*http.Request, error) {
	address := server.String() + r.path
	if len(r.query) > 0 {
		address += "?" + r.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, r.method, address, body)
	if err != nil {
		return nil, fmt.Errorf("making a request: %w", err)
	}
	for name, values := range r.header {
		req.Header[name] = values
	}
	if body != http.NoBody && req.Header.Get("Content-Type") == "" {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Accept-Encoding", "gzip")
	req.Header.Set("User-Agent", c.o.UserAgent)
	if c.o.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.o.Token)
	}
	return req, nil
}

// unzip decompresses an answer.
func unzip(resp *http.Response) error {
	if !strings.EqualFold(resp.Header.Get("Content-Encoding"), "gzip") || resp.Body == http.NoBody {
		return nil
	}
	unzipped, err := gzip.NewReader(resp.Body)
	if err != nil {
		return err
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{unzipped, resp.Body}
	return nil
}

// unreachable says which server could not be talked to. The request may have arrived unless no connection was made.
func unreachable(server *url.URL, err error) error {
	var sent *url.Error
	if errors.As(err, &sent) {
		err = sent.Err
	}
	var gone *lost
	if !errors.As(err, &gone) && !beforeSending(err) {
		err = &lost{err}
	}
	return &store.Error{Kind: store.ErrUnavailable, Noun: "server", Value: server.String(), Reason: "cannot be reached", Err: err}
}

// beforeSending says that an error is one of making a connection.
func beforeSending(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// address is that of one object.
func address(path string, id int64) string {
	return apiPrefix + "/" + path + "/" + strconv.FormatInt(id, 10)
}
