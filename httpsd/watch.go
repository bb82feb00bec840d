package httpsd

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/promshard/promshard/httpsd/snapshot"
	"github.com/promshard/promshard/httpsd/wire"
)

// Why a stream is refused, or a request that waits for this server to catch up is not waited with any longer.
var (
	errTooManyWatchers = errors.New("too many watch streams are open on this server; try another")
	errStopping        = errors.New("this server stops; try another")
)

// behindPatience is how long a client that is ahead of this server is made to wait for it to catch up.
const behindPatience = 5 * time.Second

// watch answers with a stream of what the query picks, as package wire describes it.
func (h *handler) watch(w http.ResponseWriter, r *http.Request) error {
	kind, q, err := parseGroupsQuery(r.URL.RawQuery)
	if err != nil {
		return err
	}
	if !acceptsType(r.Header.Values("Accept"), "text", "event-stream") {
		return fmt.Errorf("%w: what is here is %s", errNotAcceptable, wire.ContentTypeStream)
	}
	c, ok := negotiateStreamable(r.Header.Values("Accept-Encoding"))
	if !ok {
		return errNotAcceptable
	}
	s, err := h.loaded()
	if err != nil {
		return err
	}
	if err := h.listable(r, s, q); err != nil {
		return err
	}
	view := h.o.Publisher.views.watch(h.o.Publisher.Snapshot, kind, q, c)
	defer h.o.Publisher.views.unwatch(view, c)
	if err := view.current.Load().err; err != nil {
		return err
	}
	if err := h.watches.enter(h.isReleased()); err != nil {
		return err
	}
	defer h.watches.leave()
	suspendTimeouts(w)
	return h.stream(w, r, view, q, c)
}

// stream sends the stream of a view until it ends.
func (h *handler) stream(w http.ResponseWriter, r *http.Request, view *view, q snapshot.Query, c coding) error {
	resume, _ := wire.ParseID(r.Header.Get(wire.LastEventID)) // one that is none gets a full set
	behind, err := h.awaitRevision(r.Context(), resume)
	if err != nil {
		return err
	}
	start := time.Now()
	defer func() { exclude(w, time.Since(start)) }()
	setStreamHeaders(w.Header(), c)
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return nil
	}
	s := &stream{
		h: h, view: view, may: func(s *snapshot.Snapshot) bool { return h.listable(r, s, q) == nil },
		w: w, control: http.NewResponseController(w), http2: r.ProtoMajor >= 2, zipped: c == gzipped,
		consumer: h.o.Consumers.Of(r),
	}
	defer s.consumer.Watch()()
	why := s.follow(r.Context(), resume, behind)
	h.watches.ended(why)
	if why.dropped() {
		panic(http.ErrAbortHandler) // nothing may look like the end of an event
	}
	return nil
}

// follow is run with a beginning and an end.
func (s *stream) follow(ctx context.Context, resume wire.ID, behind *wire.Behind) end {
	if s.zipped {
		s.allow(0)
		if why := s.write(gzipHeader); why != running {
			return why
		}
	}
	var why end
	if behind != nil {
		s.h.watches.resumes.behind.Inc()
		why = s.sendBehind(*behind)
	} else {
		why = s.run(ctx, resume)
	}
	if !why.dropped() {
		s.finish()
	}
	return why
}

// exclude keeps time out of how long the answer took.
func exclude(w http.ResponseWriter, d time.Duration) {
	if rec, ok := w.(*recorder); ok {
		rec.held += d
	}
}

func setStreamHeaders(header http.Header, c coding) {
	header.Set("Content-Type", wire.ContentTypeStream)
	header.Set("Cache-Control", "no-cache")
	header.Set("Vary", "Accept-Encoding")
	header.Set("X-Accel-Buffering", "no") // nginx would keep events until they fill a buffer
	if c != identity {
		header.Set("Content-Encoding", c.String())
	}
}

// awaitRevision returns nil as soon as this server has what a client has seen, or cannot compare. A client never goes
// back in time: when the server stays behind, it returns what to tell the client.
func (h *handler) awaitRevision(ctx context.Context, seen wire.ID) (*wire.Behind, error) {
	p := h.o.Publisher
	if !idOf(p.Snapshot().Revision()).Before(seen) {
		return nil, nil
	}
	limited, cancel := context.WithTimeout(ctx, h.patience)
	defer cancel()
	for {
		checked := p.check(limited, h.released)
		at := idOf(p.Snapshot().Revision())
		switch {
		case !at.Before(seen):
			return nil, nil
		case ctx.Err() != nil:
			return nil, errClientGone
		case errors.Is(checked, errStopping):
			return nil, checked
		case checked == nil || limited.Err() != nil:
			return &wire.Behind{Revision: at.Revision, Seen: seen.Revision, Confirmed: checked == nil}, nil
		}
	}
}
