package httpsd

import (
	"errors"
	"fmt"
	"time"
)

// publishError says which step of a pass has failed: "changes", "load", "apply" or "publish".
type publishError struct {
	operation string
	err       error
}

func (e *publishError) Error() string {
	doing := map[string]string{
		"changes": "asking for changes",
		"load":    "loading the inventory",
		"apply":   "applying changes",
		"publish": "publishing what the database holds",
	}[e.operation]
	return fmt.Sprintf("%s: %v", doing, e.err)
}

func (e *publishError) Unwrap() error { return e.err }

// trouble is what a Publisher remembers of failures, so that each state is logged once. The zero value is no trouble.
type trouble struct {
	operation string
	since     time.Time
	failures  int
}

// report counts a pass that failed, and logs when failing starts, moves to another step, or ends.
func (p *Publisher) report(err error) {
	now := p.o.Now()
	var failed *publishError
	if !errors.As(err, &failed) {
		if p.trouble.failures > 0 {
			p.o.Logger.Info("The lists follow the database again", "failures", p.trouble.failures, "after", now.Sub(p.trouble.since).Round(time.Millisecond))
		}
		p.trouble = trouble{}
		p.metrics.up.Set(1)
		return
	}
	p.metrics.up.Set(0)
	p.metrics.errors.WithLabelValues(failed.operation).Inc()
	if p.trouble.failures == 0 {
		p.trouble.since = now
	}
	if p.trouble.operation != failed.operation {
		p.o.Logger.Error("The lists cannot follow the database and stay as they are", "err", err)
		p.trouble.operation = failed.operation
	}
	p.trouble.failures++
}
