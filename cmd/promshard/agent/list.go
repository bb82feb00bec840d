package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/promshard/promshard/cmd/promshard/check"
	"github.com/promshard/promshard/discovery/client"
)

// The kinds of lists.
const (
	kindTargets = "targets"
	kindURLs    = "urls"
)

// list is one list on its way from the servers to its files.
type list struct {
	kind    string
	o       *Options
	place   place
	groups  *groups
	metrics *listMetrics
	logger  *slog.Logger
	// written is told of every write that has changed something. It never waits.
	written func()

	// pending says that the files may not be what they should be; earliest is when to write next. They are the writing
	// goroutine's, as is the place.
	pending  bool
	earliest time.Time
	retry    *backoff.ExponentialBackOff

	mu sync.Mutex
	// state is what the last write has come to, errWaiting before the first.
	state error
}

// errWaiting is the state of a list of which nothing is known.
var errWaiting = errors.New("no server has given its list yet")

func newList(kind, path string, o *Options, m *metrics, written func()) *list {
	l := &list{
		kind: kind, o: o, place: newPlace(path, o.SplitBy, o.Mode), groups: newGroups(), metrics: m.list(kind),
		logger: o.Logger.With("list", kind), written: written, state: errWaiting, retry: newBackoff(o),
	}
	return l
}

func newBackoff(o *Options) *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval = o.minBackoff, o.maxBackoff
	return b
}

// client returns what follows the list. failed is told of attempts that have failed; nil means nobody is.
func (l *list) client(failed func(client.Event)) (*client.Client, error) {
	return client.New(client.Options{
		Servers: l.o.Servers, Query: l.o.query(l.kind), HTTPClient: l.o.HTTPClient, UserAgent: l.o.UserAgent,
		RefreshInterval: l.o.RefreshInterval, KeepBodies: true, Logger: l.logger,
		OnEvent: func(e client.Event) {
			l.metrics.observe(e)
			if failed != nil && e.Kind == client.Failed {
				failed(e)
			}
		},
	})
}

// write keeps the files as the groups are until ctx ends. What is pending then is written before it returns.
func (l *list) write(ctx context.Context) {
	l.tidy()
	timer := time.NewTimer(l.o.LookInterval)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			l.flush()
			return
		case <-l.groups.changed:
			l.pending = true
		case <-timer.C:
		}
		timer.Reset(l.step(time.Now()))
	}
}

// flush writes what is pending without waiting for its time.
func (l *list) flush() {
	select {
	case <-l.groups.changed:
		l.pending = true
	default:
	}
	l.earliest = time.Time{}
	if l.pending {
		l.step(time.Now())
	}
}

// step does what is due, and returns how long it can wait for the next time.
func (l *list) step(now time.Time) time.Duration {
	if !l.pending && l.place.disturbed() {
		l.logger.Warn("A file is not as it was written; looking whether it has to be written again")
		l.pending = true
	}
	switch {
	case !l.pending:
		return l.o.LookInterval
	case now.Before(l.earliest):
		return l.earliest.Sub(now)
	}
	d, err := l.sync()
	l.report(d, err)
	var refused *CheckError
	if err != nil && !errors.As(err, &refused) {
		wait := l.retry.NextBackOff()
		l.earliest = time.Now().Add(wait)
		return wait
	}
	// What was refused would be refused again, until it is another list.
	l.retry.Reset()
	l.pending, l.earliest = false, time.Time{}
	if !d.nothing() {
		l.earliest = time.Now().Add(max(l.o.CoalesceInterval, 0))
	}
	return l.o.LookInterval
}

// sync makes the files what the groups are. While nothing good is known of those it does nothing.
func (l *list) sync() (done, error) {
	all, known := l.groups.all()
	if !known {
		return done{}, nil
	}
	began := time.Now()
	d, err := l.put(all)
	l.metrics.synced(all, d, err, time.Since(began))
	if !d.nothing() {
		l.written()
	}
	return d, err
}

func (l *list) put(all []*client.Group) (done, error) {
	files, err := l.place.files(all)
	if err != nil {
		return done{}, err
	}
	if l.o.Check {
		if err := l.check(files); err != nil {
			return done{}, err
		}
	}
	return l.place.put(files)
}

// CheckError is a list that Prometheus would refuse, or of which it would drop targets.
type CheckError struct {
	// File is the one that keeps its old content.
	File string
	// Problems are what is wrong with the new content, at least one.
	Problems []check.Problem
}

func (e *CheckError) Error() string {
	return fmt.Sprintf("checking the list for %s: errors: %d, the first of them: %s", e.File, len(e.Problems), e.Problems[0].Message)
}

// check refuses all files for an error in one: what has moved from one to another must not be lost.
func (l *list) check(files []file) error {
	for _, f := range files {
		result, err := check.File(f.path, f.content, check.Options{URLs: l.kind == kindURLs})
		if err != nil {
			return err
		}
		var problems []check.Problem
		for _, p := range result.Problems {
			if p.Level == check.Error {
				problems = append(problems, p)
			}
		}
		if len(problems) > 0 {
			return &CheckError{File: f.path, Problems: problems}
		}
	}
	return nil
}

// report logs what is news of a write, and keeps it for those who ask whether the agent is ready.
func (l *list) report(d done, err error) {
	l.mu.Lock()
	before := l.state
	l.state = err
	l.mu.Unlock()
	switch {
	case err != nil && (before == nil || before.Error() != err.Error()):
		l.logger.Error("The list was not written, and is as it was", "err", err)
	case err == nil && !d.nothing():
		l.logger.Info("Wrote the list", "files", d.files, "written", few(d.written), "removed", few(d.removed))
	case err == nil && before != nil:
		l.logger.Info("The list is in place", "files", d.files)
	}
}

// few keeps a split list from filling the log.
func few(names []string) string {
	const most = 5
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], " "), len(names)-most)
	}
	return strings.Join(names, " ")
}

// standing is nil when the files are what was last heard from a server.
func (l *list) standing() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state
}

// tidy removes what a killed agent has left.
func (l *list) tidy() {
	removed, err := l.place.cleanUp()
	if err != nil {
		l.logger.Warn("What an earlier agent may have left could not be removed", "err", err)
	}
	for _, name := range removed {
		l.logger.Info("Removed what an agent that was killed has left", "file", filepath.Base(name))
	}
}
