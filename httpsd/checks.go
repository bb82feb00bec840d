package httpsd

import (
	"context"
	"sync"
)

// checks are those who wait for a look at the database that begins after they came.
type checks struct {
	// asked holds a value while somebody waits for the next look.
	asked chan struct{}

	mu      sync.Mutex
	waiting waiters
}

// waiters each get the result of one look; their channels have room for it.
type waiters []chan<- error

func newChecks() checks { return checks{asked: make(chan struct{}, 1)} }

// take returns those for whom the look counts that begins now.
func (c *checks) take() waiters {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := c.waiting
	c.waiting = nil
	select {
	case <-c.asked:
	default:
	}
	return all
}

func (w waiters) tell(err error) {
	for _, result := range w {
		result <- err
	}
}

// check makes Run look at the database, and returns how that went: nil when the snapshot is then as new as the database
// was at some time after the call began. While failures make Run pause, it is the look after the pause that counts. It
// is errStopping when stop is closed first, or ctx's error.
func (p *Publisher) check(ctx context.Context, stop <-chan struct{}) error {
	result := make(chan error, 1)
	p.checks.add(result)
	select {
	case err := <-result:
		return err
	case <-stop:
		return errStopping
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *checks) add(result chan<- error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting = append(c.waiting, result)
	select {
	case c.asked <- struct{}{}:
	default:
	}
}
