package remote

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/promshard/promshard/store"
)

// errorBody is the form of the API's errors.
type errorBody struct {
	Status    string            `json:"status"`
	ErrorType string            `json:"errorType"`
	Error     string            `json:"error"`
	Field     string            `json:"field"`
	Value     string            `json:"value"`
	Hint      string            `json:"hint"`
	Guard     *store.GuardError `json:"guard"`
	Newer     int64             `json:"newer"`
}

// refusal is an error of the inventory that a server told: in its words, and of the store's types.
type refusal struct {
	text string
	err  error
	// revision is what the server has caught up to, when it says so.
	revision int64
}

func (r *refusal) Error() string { return r.text }
func (r *refusal) Unwrap() error { return r.err }

// tooFastError is the answer of a server that was asked too often.
type tooFastError struct {
	text  string
	after time.Duration
}

func (t *tooFastError) Error() string { return t.text }

// kinds are the store's errors by the error type of an answer.
var kinds = map[string]error{
	"bad_data":     store.ErrInvalid,
	"not_found":    store.ErrNotFound,
	"conflict":     store.ErrConflict,
	"stale":        store.ErrStale,
	"shrunk":       store.ErrShrunk,
	"forbidden":    store.ErrForbidden,
	"unauthorized": ErrUnauthorized,
	"unavailable":  store.ErrUnavailable,
	"internal":     store.ErrUnavailable,
	"canceled":     store.ErrUnavailable,
}

// failure reads an answer that is an error.
func failure(server *url.URL, resp *http.Response) error {
	text, err := io.ReadAll(io.LimitReader(resp.Body, 16<<20))
	var body errorBody
	if err != nil || json.Unmarshal(text, &body) != nil || body.Status != "error" {
		return stranger(server, resp)
	}
	if resp.StatusCode == http.StatusTooManyRequests {
		return &refusal{text: body.Error, err: errors.Join(store.ErrUnavailable, &tooFastError{body.Error, retryAfter(resp)})}
	}
	return &refusal{text: body.Error, err: body.typed(), revision: revisionOf(resp.Header)}
}

// typed is the error as the store would have returned it.
func (b *errorBody) typed() error {
	kind, known := kinds[b.ErrorType]
	switch {
	case b.ErrorType == "guarded" && b.Guard != nil:
		return b.Guard
	case b.Newer > 0:
		return &store.RevertError{Newer: b.Newer, Reason: b.Error}
	case !known:
		kind = store.ErrUnavailable
	}
	hint := b.Hint
	switch {
	case strings.HasPrefix(hint, "cascade=true"):
		hint = "" // which is how the API does it
	case errors.Is(kind, ErrUnauthorized) && hint == "":
		hint = "show a token: --token-file, PROMSHARD_TOKEN_FILE or PROMSHARD_TOKEN; promshard token create makes one"
	case errors.Is(kind, store.ErrForbidden) && hint == "":
		hint = "ask an admin, to whom promshard access list shows who may do what"
	}
	return &store.Error{Kind: kind, Field: b.Field, Value: b.Value, Reason: b.Error, Hint: hint}
}

// stranger is an answer that does not come from promshard: from a proxy before it, or another program.
func stranger(server *url.URL, resp *http.Response) error {
	e := &store.Error{Kind: store.ErrUnavailable, Noun: "server", Value: server.String(), Reason: "answered " + resp.Status}
	switch code := resp.StatusCode; {
	case code/100 == 3:
		e.Reason += ", which is not followed"
		if to, err := resp.Location(); err == nil {
			e.Hint = fmt.Sprintf("it points to %s://%s; name the server as it wants to be called", to.Scheme, to.Host)
		}
	case code == http.StatusUnauthorized:
		e.Kind = ErrUnauthorized
	case code == http.StatusForbidden:
		e.Kind = store.ErrForbidden
	case code == http.StatusNotFound || code == http.StatusMethodNotAllowed:
		e.Hint = "is it a promshard that serves " + apiPrefix + "?"
	}
	if resp.StatusCode/100 == 5 {
		e.Err = &lost{errors.New("what is before the server may have passed the request on")}
	}
	return e
}

// retryAfter is how long a server wants to be left alone.
func retryAfter(resp *http.Response) time.Duration {
	seconds, err := strconv.Atoi(resp.Header.Get("Retry-After"))
	if err != nil || seconds < 1 {
		seconds = 1
	}
	return time.Duration(seconds) * time.Second
}
