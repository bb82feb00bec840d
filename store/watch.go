package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/lib/pq"
)

const (
	// watchEvery is how often subscribers are woken whatever happens, since a notification can be lost with its
	// connection.
	watchEvery = 3 * time.Second
	// pollEvery is how often a SQLite file is looked at for commits of other processes.
	pollEvery = 200 * time.Millisecond
	// pingEvery is how often an idle listener is asked for a sign of life, pingLimit how long it may take.
	pingEvery = 20 * time.Second
	pingLimit = 10 * time.Second
	// reconnectFirst and reconnectMost bound the pauses between attempts to listen again.
	reconnectFirst = 100 * time.Millisecond
	reconnectMost  = 5 * time.Second
)

// wakes are the channels of all subscribers.
type wakes struct {
	mu   sync.Mutex
	subs map[chan struct{}]struct{}
}

// Subscribe returns a channel that holds a value whenever the inventory may have changed since the last receive. It
// has a capacity of one: wake-ups that nobody took are one wake-up, and none is lost. It holds one from the start. The
// caller calls cancel when it stops listening. Writes of this Store wake by themselves, those of others while Watch
// runs.
func (s *Store) Subscribe() (wake <-chan struct{}, cancel func()) {
	c := make(chan struct{}, 1)
	c <- struct{}{}
	s.wakes.mu.Lock()
	defer s.wakes.mu.Unlock()
	if s.wakes.subs == nil {
		s.wakes.subs = map[chan struct{}]struct{}{}
	}
	s.wakes.subs[c] = struct{}{}
	return c, func() {
		s.wakes.mu.Lock()
		defer s.wakes.mu.Unlock()
		delete(s.wakes.subs, c)
	}
}

// wakeUp wakes every subscriber; it never blocks.
func (s *Store) wakeUp() {
	s.metrics.wakeups.Inc()
	s.wakes.mu.Lock()
	defer s.wakes.mu.Unlock()
	for c := range s.wakes.subs {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

// Watch wakes subscribers when another process or replica has written, and every few seconds in any case, until ctx
// ends. A database that cannot be reached does not end it: it goes on trying, logs the loss and the recovery, and wakes
// subscribers after each recovery. It returns ctx's error.
func (s *Store) Watch(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var ticking sync.WaitGroup
	defer ticking.Wait()
	ticking.Go(func() { s.wakeRegularly(ctx) })

	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval, pause.MaxInterval = reconnectFirst, reconnectMost
	for {
		err := s.dialect.watch(ctx, s, pause.Reset)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		wait := pause.NextBackOff()
		s.metrics.reconnects.Inc()
		s.logger.Warn("Lost the connection that notices changes by others; trying again", "err", err, "wait", wait)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}

func (s *Store) wakeRegularly(ctx context.Context) {
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			s.wakeUp()
		}
	}
}

// watchSQLite polls the counter that SQLite keeps of commits by other connections, on a connection of its own. It
// calls connected and wakes once it has that, and returns when it loses it or ctx ends.
func watchSQLite(ctx context.Context, s *Store, connected func()) error {
	conn, err := s.reader.Connx(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	var seen int64
	for first := true; ; first = false {
		var version int64
		if err := conn.GetContext(ctx, &version, `PRAGMA data_version`); err != nil {
			return err
		}
		if first {
			connected()
		}
		if first || version != seen {
			seen = version
			s.wakeUp()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

// watchPostgres listens for notifications. It calls connected and wakes once it does, and returns when the connection
// is lost or ctx ends.
func watchPostgres(ctx context.Context, s *Store, connected func()) error {
	ctx, cancel := context.WithCancel(ctx)
	conn, notifications, err := s.dialListener(ctx)
	if err != nil {
		cancel()
		return err
	}
	var pinging sync.WaitGroup
	defer func() {
		cancel()
		_ = conn.Close()
		for range notifications {
			// The driver's goroutine closes the channel when it ends.
		}
		pinging.Wait()
	}()
	// Closing the connection is what ends every wait on it.
	context.AfterFunc(ctx, func() { _ = conn.Close() })
	if _, err := conn.Listen(notifyChannel); err != nil {
		return err
	}
	connected()
	s.wakeUp()
	pinging.Go(func() { pingRegularly(ctx, conn) })
	for range notifications {
		s.wakeUp()
	}
	return errors.New("the connection was closed")
}

// pingRegularly closes a connection that gives no sign of life, and returns then or when ctx ends.
func pingRegularly(ctx context.Context, conn *pq.ListenerConn) {
	ticker := time.NewTicker(pingEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		limit := time.AfterFunc(pingLimit, func() { _ = conn.Close() })
		_, err := conn.ExecSimpleQuery("")
		limit.Stop()
		if err != nil {
			_ = conn.Close()
			return
		}
	}
}

// dialListener opens a connection for notifications. The driver cannot be told to give up early, so when ctx ends
// first, the attempt is left to end in the background, within its connect timeout.
func (s *Store) dialListener(ctx context.Context) (*pq.ListenerConn, <-chan *pq.Notification, error) {
	type result struct {
		conn *pq.ListenerConn
		err  error
	}
	notifications := make(chan *pq.Notification, 16)
	dialled := make(chan result)
	s.background.Go(func() {
		conn, err := pq.NewListenerConn(s.url.dsn, notifications)
		select {
		case dialled <- result{conn, err}:
		case <-ctx.Done():
			if err == nil {
				_ = conn.Close()
			}
		}
	})
	select {
	case r := <-dialled:
		if r.err != nil {
			return nil, nil, fmt.Errorf("connecting: %w", r.err)
		}
		return r.conn, notifications, nil
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
}
