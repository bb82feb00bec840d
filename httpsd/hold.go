package httpsd

import (
	"errors"
	"net/http"
	"time"

	"github.com/promshard/promshard/httpsd/snapshot"
)

// errClientGone ends a request whose client does not wait for the answer any more.
var errClientGone = errors.New("the client is gone")

// hold returns once a request may be answered: at once, unless its client has the list already and the request may be
// held; then when the list has changed, or the time is up, or the server stops. An error is to be answered with. Nothing
// of a snapshot is kept meanwhile. most is how long the client will wait; 0 means as long as the server does.
func (h *handler) hold(w http.ResponseWriter, r *http.Request, kind snapshot.Kind, find finder, most time.Duration) error {
	if r.Method != http.MethodGet || h.isReleased() {
		return nil
	}
	q, tag, err := h.known(r, kind, find)
	if err != nil || tag == "" {
		return err
	}
	if proxied(r.Header) {
		h.holds.refused.WithLabelValues(refusedProxy).Inc()
		return nil
	}
	if !h.holds.enter() {
		h.holds.refused.WithLabelValues(refusedLimit).Inc()
		return nil
	}
	defer h.holds.leave()
	defer h.o.Consumers.Of(r).Hold()()

	start := time.Now()
	suspendTimeouts(w)
	outcome := h.await(r, holdLimit(h.o.MaxWait, most, r.Header), kind, q, tag)
	h.resumeTimeouts(w)
	h.holds.observe(w, outcome, time.Since(start))
	if outcome == heldGone {
		return errClientGone
	}
	return nil
}

func (h *handler) isReleased() bool {
	select {
	case <-h.released:
		return true
	default:
		return false
	}
}

// known returns what a request asks for and the tag of the list, when that is what its client has already; otherwise
// the tag is "". What a client says of itself counts more than what its connection was sent.
func (h *handler) known(r *http.Request, kind snapshot.Kind, find finder) (q snapshot.Query, tag string, err error) {
	if _, ok := negotiate(r.Header.Values("Accept-Encoding")); !ok {
		return q, "", errNotAcceptable
	}
	s, err := h.loaded()
	if err != nil {
		return q, "", err
	}
	if q, err = find(s); err != nil {
		return q, "", err
	}
	if err := h.listable(r, s, q); err != nil {
		return q, "", err
	}
	list, err := s.List(kind, q)
	if err != nil {
		return q, "", err
	}
	tag = list.ETag()
	said := r.Header.Values("If-None-Match")
	for _, header := range said {
		if namesTag(header, tag) {
			return q, tag, nil
		}
	}
	if len(said) > 0 || connectionOf(r).tag(r) != tag {
		return q, "", nil
	}
	return q, tag, nil
}

// await returns why the wait for another list than the one with the tag is over.
func (h *handler) await(r *http.Request, limit time.Duration, kind snapshot.Kind, q snapshot.Query, tag string) outcome {
	views := &h.o.Publisher.views
	v := views.join(h.o.Publisher.Snapshot, kind, q)
	defer views.leave(v)
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for {
		access := h.o.Access.changes()
		if h.listable(r, h.o.Publisher.Snapshot(), q) != nil {
			return heldRefused
		}
		changed, o := v.against(tag)
		if o != "" {
			return o
		}
		select {
		case <-changed:
		case <-access:
		case <-timer.C:
			return heldDeadline
		case <-h.released:
			return heldShutdown
		case <-r.Context().Done():
			return heldGone
		}
	}
}

// against returns heldChanged or heldVanished when the view is not what the tag stands for. Otherwise it returns a
// channel that is closed at the next change, and not the state, which would keep its snapshot for as long.
func (w *view) against(tag string) (changed <-chan struct{}, o outcome) {
	switch state := w.current.Load(); {
	case state.err != nil:
		return nil, heldVanished
	case state.selection.List().ETag() != tag:
		return nil, heldChanged
	default:
		return state.changed, ""
	}
}

// suspendTimeouts takes away the server's limits on a request and its answer. Those of a ResponseWriter that cannot do
// that stay as they are. Over HTTP/2 a limit that has passed would have ended the stream by the time of the answer.
func suspendTimeouts(w http.ResponseWriter) {
	c := http.NewResponseController(w)
	_ = c.SetReadDeadline(time.Time{})
	_ = c.SetWriteDeadline(time.Time{})
}

// resumeTimeouts gives an answer the time it would have had. The limits on reading come back with the next request.
func (h *handler) resumeTimeouts(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(h.o.AnswerTimeout))
}

// remember notes what the client was sent on its connection, unless it has left in the middle.
func remember(w http.ResponseWriter, r *http.Request, tag string) {
	if r.Method != http.MethodGet {
		return
	}
	if http.NewResponseController(w).Flush() != nil || r.Context().Err() != nil {
		return
	}
	connectionOf(r).record(r, tag)
}
