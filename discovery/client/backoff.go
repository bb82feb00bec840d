package client

import (
	"context"
	"math/rand/v2"
	"time"
)

// backoff is how long to wait between rounds of failures.
type backoff struct {
	least, most time.Duration
	next        time.Duration
}

// wait returns the next wait: between half and all of a span that doubles from least to most.
func (b *backoff) wait() time.Duration {
	span := min(max(b.next, b.least), b.most)
	b.next = 2 * span
	return span - upTo(span/2)
}

// reset lets the next wait be the first again.
func (b *backoff) reset() { b.next = 0 }

// upTo returns a random duration from 0 to below d.
func upTo(d time.Duration) time.Duration {
	if d <= 0 {
		return 0
	}
	return rand.N(d)
}

// pause waits for d or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
