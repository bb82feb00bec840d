package httpsd

import (
	"context"
	"net/http"
	"time"

	"github.com/promshard/promshard/httpsd/consumers"
	"github.com/promshard/promshard/httpsd/snapshot"
	"github.com/promshard/promshard/httpsd/wire"
)

// stream is one watcher. Between writes, and while a write blocks, it holds numbers and the bytes that are being
// written: no state of the view, and no frame. It serves one goroutine.
type stream struct {
	h    *handler
	view *view
	// may says whether the client may have what its query picks from a snapshot.
	may func(s *snapshot.Snapshot) bool
	// access is closed when that may have changed since it was looked at last; nil never is.
	access  <-chan struct{}
	w       http.ResponseWriter
	control *http.ResponseController
	http2   bool
	timer   *time.Timer
	// consumer is who watches, as others are told.
	consumer *consumers.Consumer

	zipped bool
	sum    checksum // of what was sent in the gzip member

	// number and id are the state that the client has.
	number uint64
	id     wire.ID
	// wrote is when the last write ended, limit when the one under way has to.
	wrote time.Time
	limit time.Time
}

// end says why a stream is over.
type end string

const (
	endGone     end = "gone"     // the client has left
	endSlow     end = "slow"     // it has stopped reading
	endVanished end = "vanished" // what the filters name is not there any more
	endRefused  end = "refused"  // the client may not have that any more
	endBehind   end = "behind"   // the client has seen more than this server can show
	endShutdown end = "shutdown" // the server stops
	running     end = ""
)

// dropped says whether the client was cut off in the middle of something.
func (e end) dropped() bool { return e == endGone || e == endSlow }

// run brings the client up to date and keeps it there, until something ends that. resume is the state that the client
// says it has, zero for none.
func (s *stream) run(ctx context.Context, resume wire.ID) end {
	s.timer = time.NewTimer(s.h.o.KeepAlive)
	defer s.timer.Stop()
	why := s.start(ctx, resume)
	for why == running {
		why = s.wait(ctx)
		if why == running {
			why = s.advance(ctx)
		}
	}
	return why
}

// start sends what the client needs to have the current state.
func (s *stream) start(ctx context.Context, resume wire.ID) end {
	state := s.view.current.Load()
	switch {
	case state.err != nil:
		return endVanished
	case !s.permitted(state):
		return endRefused
	}
	if resume == (wire.ID{}) {
		return s.sendSet(state)
	}
	f, err := state.sinceRevision(ctx, s.h.o.Publisher, s.view, resume)
	switch {
	case err != nil:
		return endGone
	case f == nil:
		s.h.watches.resumes.full.Inc()
		return s.sendSet(state)
	}
	s.h.watches.resumes.delta.Inc()
	return s.sendFrame(f, state.number)
}

// advance sends what has changed, if anything has.
func (s *stream) advance(ctx context.Context) end {
	state := s.view.current.Load()
	switch {
	case state.err != nil:
		return endVanished
	case !s.permitted(state):
		return endRefused
	case state.number == s.number:
		return running
	}
	f, err := state.since(ctx, s.h.o.Publisher, s.view, s.number, s.id)
	switch {
	case err != nil:
		return endGone
	case f == nil:
		return s.sendSet(state)
	}
	return s.sendFrame(f, state.number)
}

// permitted says whether the client may have what the state shows.
func (s *stream) permitted(state *viewState) bool {
	s.access = s.h.o.Access.changes() // before the look, so that no change after it is missed
	return s.may(state.selection.Snapshot())
}

// wait returns when the view has changed and it is time to say so. It keeps the stream alive meanwhile.
func (s *stream) wait(ctx context.Context) end {
	for {
		changed, why := s.changed()
		if changed == nil {
			return why
		}
		woken, why := s.sleep(ctx, changed, s.wrote.Add(s.h.o.KeepAlive))
		switch {
		case why != running:
			return why
		case woken:
			// More that changes within the pause goes together with it.
			_, why := s.sleep(ctx, nil, s.wrote.Add(s.h.o.WatchPause))
			return why
		}
		if why := s.sendSign(); why != running {
			return why
		}
	}
}

// changed returns a channel that is closed when the view is not any more what the client has; nil when it is not now.
func (s *stream) changed() (<-chan struct{}, end) {
	switch state := s.view.current.Load(); {
	case state.err != nil:
		return nil, endVanished
	case state.number != s.number:
		return nil, running
	default:
		return state.changed, running
	}
}

// sleep waits until a time; woken is true when the channel was closed before.
func (s *stream) sleep(ctx context.Context, changed <-chan struct{}, until time.Time) (woken bool, why end) {
	d := time.Until(until)
	if changed == nil && d <= 0 {
		return false, running
	}
	s.timer.Reset(d)
	select {
	case <-changed:
		return true, running
	case <-s.access:
		return true, running
	case <-s.timer.C:
		return false, running
	case <-s.h.released:
		return false, endShutdown
	case <-ctx.Done():
		return false, endGone
	}
}

// sendSign sends a comment, and the id, which moves on without a change of the view as well.
func (s *stream) sendSign() end {
	state := s.view.current.Load()
	if state.err == nil && !s.permitted(state) {
		return endRefused
	}
	if state.err == nil && state.number == s.number {
		s.id = idOf(state.selection.Revision())
	}
	var e wire.Encoder
	e.Comment()
	e.ID(s.id)
	s.h.watches.events.id.Inc()
	s.allow(e.Len())
	return s.flush(s.small(e.Bytes()))
}

// sendBehind says that this server has less than the client.
func (s *stream) sendBehind(b wire.Behind) end {
	var e wire.Encoder
	e.Behind(b)
	s.h.watches.events.behind.Inc()
	s.allow(e.Len())
	if why := s.flush(s.small(e.Bytes())); why != running {
		return why
	}
	return endBehind
}

// sendFrame sends what leads to the state of a number.
func (s *stream) sendFrame(f *frame, number uint64) end {
	s.number, s.id = number, f.id
	s.h.watches.events.delta.Add(float64(f.deltas))
	var b []byte
	if s.zipped {
		segment := f.segment(s.view.maker)
		b, s.sum = segment.deflated, s.sum.plus(segment.sum)
	} else {
		b = f.plain()
	}
	s.allow(len(b))
	return s.flush(s.write(b))
}

// sendSet sends the whole set.
func (s *stream) sendSet(state *viewState) end {
	s.number, s.id = state.number, idOf(state.selection.Revision())
	s.h.watches.events.full.Inc()
	etag := state.selection.List().ETag()
	var why end
	if s.zipped {
		why = s.writeZipped(state.zippedSet(s.view.maker))
	} else {
		why = s.writeSet(state.selection)
	}
	if why == running {
		why = s.small(s.view.maker.fullEnd(s.id, etag))
	}
	return s.flush(why)
}

func (s *stream) writeZipped(segment segment) end {
	s.sum = s.sum.plus(segment.sum)
	s.allow(len(segment.deflated))
	return s.write(segment.deflated)
}

// writeSet sends the parts of a set as they are encoded. A slow client holds on to the snapshot for as long as it may
// take over them.
func (s *stream) writeSet(selection *snapshot.Selection) (why end) {
	s.allow(int(fullSizeOf(selection)))
	s.view.maker.full(selection, func(b []byte) error { //nolint:errcheck // it is in why
		if why = s.write(b); why != running {
			return errClientGone
		}
		return nil
	})
	return why
}

// finish ends a stream whose client is there, so that it can tell the end from a broken connection.
func (s *stream) finish() {
	s.allow(0)
	why := running
	if s.zipped {
		why = s.write(s.sum.appendTrailer(nil))
	}
	s.flush(why)
}

// small writes a few bytes that are nobody else's.
func (s *stream) small(b []byte) end {
	if !s.zipped {
		return s.write(b)
	}
	s.sum = s.sum.plus(checksumOf(b))
	return s.write(appendStored(make([]byte, 0, len(b)+16), b))
}

// allow sets how long the client may take over what comes, of which there are so many bytes.
func (s *stream) allow(size int) {
	o := &s.h.o
	s.limit = time.Now().Add(o.WatcherTimeout + time.Duration(float64(size)/float64(o.SlowestReader)*float64(time.Second)))
}

// write writes to the client, in pieces, each of which has to pass within the time-out.
func (s *stream) write(b []byte) end {
	for len(b) > 0 {
		piece := b[:min(len(b), partSize)]
		b = b[len(piece):]
		if why := s.attempt(func() error { return s.writePiece(piece) }); why != running {
			return why
		}
	}
	return running
}

func (s *stream) writePiece(b []byte) error {
	n, err := s.w.Write(b)
	s.h.watches.bytes.Add(float64(n))
	return err
}

// flush sends what was written, unless that has failed.
func (s *stream) flush(why end) end {
	if why != running {
		return why
	}
	why = s.attempt(s.control.Flush)
	s.wrote = time.Now()
	if why == running {
		s.consumer.Sent(s.id.Revision)
	}
	if s.http2 {
		// Over HTTP/2 a deadline that passes ends the stream, whether anything waits to be written or not.
		_ = s.control.SetWriteDeadline(time.Time{})
	}
	return why
}

// attempt does something that blocks when the client does not read.
func (s *stream) attempt(do func() error) end {
	deadline := time.Now().Add(s.h.o.WatcherTimeout)
	if s.limit.Before(deadline) {
		deadline = s.limit
	}
	_ = s.control.SetWriteDeadline(deadline) // a ResponseWriter that cannot has no clients that block
	err := do()
	switch {
	case err == nil:
		return running
	case time.Now().Before(deadline):
		return endGone
	default:
		return endSlow
	}
}
