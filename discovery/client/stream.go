package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/promshard/promshard/httpsd/wire"
)

// errStartOver is a confirmed wire.Behind: the state that was seen is forgotten, and the set is to be taken anew.
var errStartOver = errors.New("the server's database has lost what was seen of it")

// behindError is an unconfirmed wire.Behind.
type behindError struct{ at, seen int64 }

func (e *behindError) Error() string {
	return fmt.Sprintf("the server is at revision %d, behind %d, which was seen before", e.at, e.seen)
}

// streamEnd is how a stream has ended.
type streamEnd struct {
	// passed says that the stream has brought the set up to date; lasted, that it went on for long after that.
	passed, lasted bool
	// err is nil when the server ended a stream that had passed.
	err error
}

// stream is what is known of a stream while it lasts.
type stream struct {
	link   *link
	server server
	// resumed is what the stream was asked to go on from.
	resumed wire.ID
	// based says that the set is as the stream has it, so that a delta can be applied.
	based bool
	// draft is the whole set that is arriving in parts, nil when none is; part is the number of the next part.
	draft *draft
	part  int
}

// stream follows a stream to its end.
func (l *link) stream(ctx context.Context, s server) streamEnd {
	inner, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	first := after(l.o.ConnectTimeout, cancel, "no event has come")
	defer first.Stop()
	st := &stream{link: l, server: s}
	events, closer, err := st.open(inner, cancel)
	if err != nil {
		return streamEnd{err: err}
	}
	defer closer.Close()
	var passed time.Time
	for err == nil {
		var good bool
		if good, err = st.next(ctx, events, first); good && passed.IsZero() {
			passed = time.Now()
			l.passes(ctx, s)
		}
	}
	return ended(passed, l.o.MaxBackoff, cause(inner, err))
}

func ended(passed time.Time, lasting time.Duration, err error) streamEnd {
	if passed.IsZero() {
		if errors.Is(err, io.EOF) {
			err = errors.New("the stream has ended before it brought anything")
		}
		return streamEnd{err: err}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return streamEnd{passed: true, lasted: time.Since(passed) > lasting, err: err}
}

// open asks for the stream.
func (st *stream) open(ctx context.Context, cancel context.CancelCauseFunc) (*wire.Reader, io.Closer, error) {
	l := st.link
	if err := l.do(ctx, func() { st.resumed = l.keeper.resumeFrom() }); err != nil {
		return nil, nil, err
	}
	st.based = st.resumed != wire.ID{}
	resp, err := l.get(ctx, st.server.watch, wire.ContentTypeStream, map[string]string{wire.LastEventID: st.resumed.String()})
	if err != nil {
		return nil, nil, err
	}
	b, err := newBody(resp, cancel, l.o.IdleTimeout)
	if err != nil {
		resp.Body.Close()
		return nil, nil, err
	}
	return wire.NewReader(b), resp.Body, nil
}

// next applies the next event. It is good if the set is up to date after it; first is stopped when any event has come.
func (st *stream) next(ctx context.Context, events *wire.Reader, first *time.Timer) (good bool, err error) {
	e, err := events.Next()
	if errors.Is(err, wire.ErrTooLarge) {
		// A delta may be that large; whole sets come in parts.
		err = errors.Join(err, st.link.do(ctx, func() { st.link.keeper.resumable = false }))
	}
	if err != nil {
		return false, err
	}
	first.Stop()
	return st.apply(ctx, e)
}

// apply applies one event.
func (st *stream) apply(ctx context.Context, e wire.Event) (good bool, err error) {
	if e.Name == wire.EventBehind {
		return false, st.behind(ctx, e.Data)
	}
	var id wire.ID
	if e.ID != "" {
		if id, err = wire.ParseID(e.ID); err != nil {
			return false, err
		}
	}
	switch e.Name {
	case wire.EventFull:
		return st.full(ctx, e.Data, id)
	case wire.EventDelta:
		return true, st.delta(ctx, e.Data, id)
	case "":
		return true, st.unchanged(ctx, id)
	}
	return false, nil // of a later version
}
