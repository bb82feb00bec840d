package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// reloader makes Prometheus read its files anew after writes, again and again until it has. Writes do not wait for it.
type reloader struct {
	reload  func(ctx context.Context) error
	metrics *metrics
	logger  *slog.Logger
	retry   *backoff.ExponentialBackOff
	// wish has room for one: a reload that was not done yet serves every write before it.
	wish chan struct{}
}

func newReloader(o *Options, m *metrics) *reloader {
	return &reloader{reload: o.Reload, metrics: m, logger: o.Logger, retry: newBackoff(o), wish: make(chan struct{}, 1)}
}

// want asks for a reload, and does not wait for it.
func (r *reloader) want() {
	if r.reload == nil {
		return
	}
	select {
	case r.wish <- struct{}{}:
	default:
	}
}

// wanted takes back a wish, and says whether there was one.
func (r *reloader) wanted() bool {
	select {
	case <-r.wish:
		return true
	default:
		return false
	}
}

// run reloads when that is wanted until ctx ends.
func (r *reloader) run(ctx context.Context) {
	for {
		select {
		case <-r.wish:
			_ = r.insist(ctx) // it tells
		case <-ctx.Done():
			return
		}
	}
}

// ErrNotReloaded is wrapped by the error for a Prometheus that has not read its files anew.
var ErrNotReloaded = errors.New("the files are in place, but Prometheus was not reloaded")

// insist reloads until that has worked, or ctx ends. The error is why it has not.
func (r *reloader) insist(ctx context.Context) error {
	r.retry.Reset()
	for tries := 1; ; tries++ {
		err := r.reload(ctx)
		r.metrics.reloaded(err)
		if err == nil {
			if tries > 1 {
				r.logger.Info("Prometheus was reloaded", "tries", tries)
			}
			return nil
		}
		if tries == 1 {
			r.logger.Warn("Prometheus was not reloaded; trying again", "err", err)
		}
		select {
		case <-time.After(r.retry.NextBackOff()):
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", ErrNotReloaded, err)
		}
	}
}
