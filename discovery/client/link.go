package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// link is the way to the servers. It has one goroutine, which leaves everything that touches the set to the keeper's.
type link struct {
	o       Options
	http    *http.Client
	keeper  *keeper
	calls   chan<- call
	servers []server

	// at is the server to try next, or the one in use.
	at      int
	backoff backoff
	// fallback says that streams do not pass; it is over when one has passed.
	fallback bool
	// lost says that no server answers, which was logged.
	lost bool
}

func newLink(o Options, bases []*url.URL, client *http.Client, k *keeper, calls chan<- call) *link {
	return &link{
		o: o, http: client, keeper: k, calls: calls,
		servers: newServers(bases, o.Query),
		backoff: backoff{least: o.MinBackoff, most: o.MaxBackoff},
	}
}

// do has the keeper's goroutine call fn. The error is that of ctx.
func (l *link) do(ctx context.Context, fn func()) error {
	c := call{do: fn, done: make(chan struct{})}
	select {
	case l.calls <- c:
		<-c.done
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// run follows the servers until ctx ends.
func (l *link) run(ctx context.Context) {
	for ctx.Err() == nil {
		if l.round(ctx) || !l.poll(ctx) {
			pause(ctx, l.backoff.wait())
		}
	}
}

// round tries the stream of each server once, and says whether any has passed. After a stream that has lasted, all of them
// get another try.
func (l *link) round(ctx context.Context) (passed bool) {
	for tried := 0; tried < len(l.servers) && ctx.Err() == nil; tried++ {
		end := l.follow(ctx)
		passed = passed || end.passed
		if end.lasted {
			tried = -1
		}
		l.next()
	}
	return passed
}

func (l *link) next() { l.at = (l.at + 1) % len(l.servers) }

// follow follows the stream of the current server to its end.
func (l *link) follow(ctx context.Context) streamEnd {
	s := l.servers[l.at]
	end := l.stream(ctx, s)
	if errors.Is(end.err, errStartOver) {
		end = l.stream(ctx, s)
	}
	if end.lasted {
		l.backoff.reset()
	}
	l.report(ctx, s, end)
	if end.passed && end.err == nil {
		// The server is being restarted, and all its clients are on their way to the next one.
		pause(ctx, upTo(l.o.MinBackoff))
	}
	return end
}

// report tells how a stream has ended.
func (l *link) report(ctx context.Context, s server, end streamEnd) {
	if ctx.Err() != nil {
		return // the keeper tells
	}
	_ = l.do(ctx, func() {
		if end.passed {
			l.keeper.disconnected(end.err)
		} else {
			l.keeper.event(Event{Kind: Failed, Server: s.name, Err: end.err})
		}
	})
	switch {
	case !end.passed:
		l.o.Logger.Debug("A watch stream could not be had", "server", s.name, "err", end.err)
	case end.err == nil:
		l.o.Logger.Info("The server has ended the watch stream; going on elsewhere", "server", s.name)
	default:
		l.o.Logger.Warn("The watch stream was lost; going on elsewhere", "server", s.name, "err", end.err)
	}
}

// poll asks for the set once, and then at intervals if streams do not pass where that does. It says whether streams are to
// be tried again at once.
func (l *link) poll(ctx context.Context) bool {
	if err := l.fetch(ctx); err != nil {
		l.nobody(ctx, err)
		return false
	}
	if !l.fallback {
		// The server may have come up between the two.
		if end := l.follow(ctx); end.passed {
			return end.lasted
		}
		if ctx.Err() != nil {
			return false
		}
		l.fallBack(ctx)
	}
	l.backoff.reset()
	return l.keepPolling(ctx)
}

// keepPolling asks for the set at intervals until streams are to be tried again, true, or no server answers.
func (l *link) keepPolling(ctx context.Context) bool {
	retry := time.Now().Add(l.o.StreamRetryInterval)
	for ctx.Err() == nil {
		interval := l.o.RefreshInterval*9/10 + upTo(l.o.RefreshInterval/5)
		pause(ctx, min(interval, time.Until(retry)))
		if !time.Now().Before(retry) {
			return true
		}
		if err := l.fetch(ctx); err != nil {
			l.nobody(ctx, err)
			return false
		}
	}
	return false
}

// fetch asks one server after the other for the set, beginning with the current one, until it has got it. The error has
// those of all.
func (l *link) fetch(ctx context.Context) error {
	var failed error
	for range l.servers {
		s := l.servers[l.at]
		err := l.document(ctx, s)
		if err == nil {
			l.found(s)
			return nil
		}
		if ctx.Err() != nil {
			return err
		}
		if failed == nil {
			failed = fmt.Errorf("%s: %w", s.name, err)
		} else {
			failed = fmt.Errorf("%w; %s: %w", failed, s.name, err)
		}
		l.o.Logger.Debug("The targets could not be had", "server", s.name, "err", err)
		_ = l.do(ctx, func() { l.keeper.event(Event{Kind: Failed, Server: s.name, Err: err}) })
		l.next()
	}
	return failed
}

// nobody tells, once, that no server has given a set.
func (l *link) nobody(ctx context.Context, err error) {
	if l.lost || ctx.Err() != nil {
		return
	}
	l.lost = true
	l.o.Logger.Warn("No server gives its targets; those that are known stay as they are", "err", err)
}

// found tells that a server gives its targets by request, if that is news.
func (l *link) found(s server) {
	if l.lost && l.fallback {
		l.o.Logger.Info("A server gives its targets again", "server", s.name)
	}
	l.lost = false
}

func (l *link) fallBack(ctx context.Context) {
	l.fallback = true
	s := l.servers[l.at]
	l.o.Logger.Warn("Watch streams do not pass; asking for the targets at intervals",
		"server", s.name, "interval", l.o.RefreshInterval)
	_ = l.do(ctx, func() { l.keeper.event(Event{Kind: Fallback, Server: s.name}) })
}

// passes notes that a stream has passed.
func (l *link) passes(ctx context.Context, s server) {
	recovered := l.fallback
	l.fallback, l.lost = false, false
	_ = l.do(ctx, func() {
		l.keeper.connected(s.name)
		if recovered {
			l.keeper.event(Event{Kind: Recovered, Server: s.name})
		}
	})
	if recovered {
		l.o.Logger.Info("Watch streams pass again", "server", s.name)
	}
}
