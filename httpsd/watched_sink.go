package httpsd

import (
	"time"

	"github.com/promshard/promshard/store"
)

// watchedSink passes a load on, and calls stalled once when nothing has arrived for a while.
type watchedSink struct {
	sink    store.Sink
	timeout time.Duration
	timer   *time.Timer
}

func newWatchedSink(sink store.Sink, timeout time.Duration, stalled func()) *watchedSink {
	return &watchedSink{sink: sink, timeout: timeout, timer: time.AfterFunc(timeout, stalled)}
}

// stop must be called when the load is over.
func (s *watchedSink) stop() { s.timer.Stop() }

// Directory implements store.Sink.
func (s *watchedSink) Directory(d store.Directory) error {
	s.timer.Reset(s.timeout)
	return s.sink.Directory(d)
}

// Service implements store.Sink.
func (s *watchedSink) Service(service store.Service) error {
	s.timer.Reset(s.timeout)
	return s.sink.Service(service)
}

// Project implements store.Sink.
func (s *watchedSink) Project(p *store.ProjectRows) error {
	s.timer.Reset(s.timeout)
	return s.sink.Project(p)
}
