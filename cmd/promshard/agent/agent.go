package agent

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/promshard/promshard/discovery/client"
)

// Agent keeps the files of one shard. See [New].
type Agent struct {
	o        Options
	lists    []*list
	reloader *reloader
}

// New returns an Agent that has asked nobody yet and touched no file. The error says what would do.
func New(o Options) (*Agent, error) {
	if err := o.resolve(); err != nil {
		return nil, err
	}
	a := &Agent{o: o}
	m := newMetrics(o.Registerer)
	a.reloader = newReloader(&a.o, m)
	for _, l := range []struct{ kind, path string }{{kindTargets, o.TargetsFile}, {kindURLs, o.URLsFile}} {
		if l.path == "" {
			continue
		}
		added := newList(l.kind, l.path, &a.o, m, a.reloader.want)
		if _, err := added.client(nil); err != nil {
			return nil, err
		}
		a.lists = append(a.lists, added)
	}
	return a, nil
}

// Run keeps the files as the lists are until ctx ends, and returns nil then. What it has heard of by then is written
// before it returns.
func (a *Agent) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, l := range a.lists {
		c, err := l.client(nil)
		if err != nil {
			return err
		}
		group.Go(func() error { return c.Run(ctx, l.groups.apply) })
		group.Go(func() error {
			l.write(ctx)
			return nil
		})
	}
	group.Go(func() error {
		a.reloader.run(ctx)
		return nil
	})
	return group.Wait()
}

// Standing is nil once every list that is wanted was heard of and is in place, and says what is missing until then. It
// stays nil while servers are away: the files are then what was last heard.
func (a *Agent) Standing() error {
	var errs []error
	for _, l := range a.lists {
		if err := l.standing(); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", l.kind, err))
		}
	}
	return errors.Join(errs...)
}

// Once puts every list in place, one after the other, makes Prometheus reload if one of them has changed, and returns. All
// of it may take Options.Timeout. A list that cannot be had does not keep the others from being written.
func (a *Agent) Once(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, a.o.Timeout)
	defer cancel()
	var errs []error
	for _, l := range a.lists {
		errs = append(errs, l.once(ctx))
	}
	if a.reloader.wanted() {
		errs = append(errs, a.reloader.insist(ctx))
	}
	return errors.Join(errs...)
}

// once puts a list in place.
func (l *list) once(ctx context.Context) error {
	following, stop := context.WithCancel(ctx)
	defer stop()
	failures := failures{of: len(l.o.Servers), stop: stop}
	c, err := l.client(failures.add)
	if err != nil {
		return err
	}
	l.tidy()
	err = c.Run(following, func(u client.Update) {
		l.groups.apply(u)
		stop()
	})
	if err != nil {
		return err
	}
	if _, known := l.groups.all(); !known {
		return failures.error(ctx, l.kind)
	}
	d, err := l.sync()
	if err == nil {
		l.report(d, nil)
	}
	return err
}
