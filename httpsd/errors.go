package httpsd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/promshard/promshard/httpsd/snapshot"
	"github.com/promshard/promshard/store"
)

// Errors that arise from HTTP itself; what is wrong with the inventory is told by the store's own.
var (
	errNoRoute       = errors.New("no such address")
	errMethod        = errors.New("method not allowed")
	errNotAcceptable = errors.New("not acceptable")
	errURITooLong    = errors.New("the address is too long")
	errBodyTooLarge  = errors.New("the request body is too large")
	errNotLoaded     = errors.New("the inventory is not loaded yet; try again")
)

// statusClientGone is what requests are counted under whose client did not wait for the answer. The client is not there to see it.
const statusClientGone = 499

// retryAfter is what a 503 asks the client to wait, in seconds.
const retryAfter = 5

// internalText is all a client learns of an error that nobody foresaw; the log has the rest.
const internalText = "internal error; the log of promshard says more"

// statusOf is one row of the table that turns errors into answers.
type statusOf struct {
	matches   func(error) bool
	code      int
	errorType string
}

// statusTable is read from the top; the first row that matches counts. The error types are those of Prometheus's
// own API.
var statusTable = []statusOf{
	{is(store.ErrInvalid), http.StatusBadRequest, "bad_data"},
	{is(errTokenInURL), http.StatusBadRequest, "bad_data"},
	{is(errBadToken), http.StatusUnauthorized, "unauthorized"},
	{is(errUnauthorized), http.StatusUnauthorized, "unauthorized"},
	{is(errForbidden), http.StatusForbidden, "forbidden"},
	{is(store.ErrForbidden), http.StatusForbidden, "forbidden"},
	{isTooFast, http.StatusTooManyRequests, "too_many_requests"},
	{is(errNoAccess), http.StatusServiceUnavailable, "unavailable"},
	{is(errMethod), http.StatusMethodNotAllowed, "bad_data"},
	{is(errNotAcceptable), http.StatusNotAcceptable, "bad_data"},
	{is(errURITooLong), http.StatusRequestURITooLong, "bad_data"},
	{is(errBodyTooLarge), http.StatusRequestEntityTooLarge, "bad_data"},
	{is(errMediaType), http.StatusUnsupportedMediaType, "bad_data"},
	{isNotFound, http.StatusNotFound, "not_found"},
	{is(store.ErrStale), http.StatusPreconditionFailed, "stale"},
	{is(store.ErrGuarded), http.StatusConflict, "guarded"},
	{is(store.ErrShrunk), http.StatusConflict, "shrunk"},
	{is(store.ErrConflict), http.StatusConflict, "conflict"},
	{is(errClientGone), statusClientGone, "canceled"},
	{is(errTooManyWatchers), http.StatusServiceUnavailable, "unavailable"},
	{is(errStopping), http.StatusServiceUnavailable, "unavailable"},
	{is(errNotLoaded), http.StatusServiceUnavailable, "unavailable"},
	{is(store.ErrUnavailable), http.StatusServiceUnavailable, "unavailable"},
	{is(context.Canceled), http.StatusServiceUnavailable, "unavailable"},
	{is(context.DeadlineExceeded), http.StatusServiceUnavailable, "unavailable"},
}

func is(target error) func(error) bool {
	return func(err error) bool { return errors.Is(err, target) }
}

func isTooFast(err error) bool {
	var fast *tooFastError
	return errors.As(err, &fast)
}

func isNotFound(err error) bool {
	var unknown *snapshot.NotFoundError
	return errors.As(err, &unknown) || errors.Is(err, store.ErrNotFound) || errors.Is(err, errNoRoute)
}

// invalid is a refusal of a query parameter: 400.
func invalid(parameter, value, reason string) error {
	return &store.Error{Kind: store.ErrInvalid, Noun: "parameter", Field: parameter, Value: shorten(value), Reason: reason}
}

// shorten keeps what a client sent from filling logs and answers.
func shorten(s string) string {
	const most = 100
	runes := []rune(s)
	if len(runes) <= most {
		return s
	}
	return string(runes[:most]) + "…"
}

// classify finds the answer for an error; known is false for one that nobody foresaw, which is then a 500.
func classify(err error) (row statusOf, known bool) {
	for _, row := range statusTable {
		if row.matches(err) {
			return row, true
		}
	}
	return statusOf{code: http.StatusInternalServerError, errorType: "internal"}, false
}

// errorBody is the form of Prometheus's own API for errors.
type errorBody struct {
	Status    string `json:"status"`
	ErrorType string `json:"errorType"`
	Error     string `json:"error"`
	// Field is what was refused: a parameter, or a field of the body; empty when it is neither.
	Field string `json:"field,omitempty"`
	// Value is what was given for it, shortened when it is long.
	Value string `json:"value,omitempty"`
	// Hint is a next step for a person.
	Hint string `json:"hint,omitempty"`
	// Guard is what a write would take away that was refused for it.
	Guard *store.GuardError `json:"guard,omitempty"`
	// Newer is the revision that stands in the way of a revert.
	Newer int64 `json:"newer,omitempty"`
}

// newErrorBody says of err what a client may know.
func newErrorBody(err error) (code int, body errorBody) {
	row, known := classify(err)
	body = errorBody{Status: "error", ErrorType: row.errorType, Error: internalText}
	if !known {
		return row.code, body
	}
	body.Error = err.Error()
	var refused *store.Error
	if errors.As(err, &refused) {
		body.Field, body.Value, body.Hint = refused.Field, refused.Value, refused.Hint
	}
	var unknown *snapshot.NotFoundError
	if errors.As(err, &unknown) {
		body.Field, body.Value = unknown.Noun, shorten(unknown.Name)
	}
	var conflict *store.RevertError
	if errors.As(err, &conflict) {
		body.Newer = conflict.Newer
	}
	errors.As(err, &body.Guard)
	return row.code, body
}

// writeError answers with err and returns the status code.
func writeError(w http.ResponseWriter, err error) int {
	code, form := newErrorBody(err)
	body, encodeErr := json.Marshal(form)
	if encodeErr != nil {
		body = fmt.Appendf(nil, `{"status":"error","errorType":%q,"error":%q}`, form.ErrorType, internalText)
	}
	body = append(body, '\n')

	header := w.Header()
	dropRepresentation(header)
	header.Set("Content-Type", "application/json")
	header.Set("Content-Length", strconv.Itoa(len(body)))
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	setDemands(header, code, err)
	w.WriteHeader(code)
	w.Write(body) //nolint:errcheck // the client is gone; there is nobody to tell
	return code
}

// setDemands says in the header what the client should do before it asks again.
func setDemands(header http.Header, code int, err error) {
	var fast *tooFastError
	switch {
	case errors.As(err, &fast):
		header.Set("Retry-After", strconv.Itoa(fast.after))
	case code == http.StatusServiceUnavailable:
		header.Set("Retry-After", strconv.Itoa(retryAfter))
	case code == http.StatusUnauthorized:
		header.Add("WWW-Authenticate", `Bearer realm="promshard"`)
		header.Add("WWW-Authenticate", `Basic realm="promshard", charset="UTF-8"`)
	}
}

// dropRepresentation removes what a handler had said about the answer it did not give.
func dropRepresentation(h http.Header) {
	for _, name := range []string{"Content-Encoding", "ETag", "Age", "Vary", "Last-Modified"} {
		h.Del(name)
	}
}
