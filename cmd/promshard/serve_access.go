package main

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/promshard/promshard/httpsd"
	"github.com/promshard/promshard/store"
)

// accessFlags are the flags of serve that say who may do what.
type accessFlags struct {
	lists string
	rate  float64
	burst int
}

func (f *accessFlags) add(cmd *kingpin.CmdClause) {
	cmd.Flag("auth.lists", "Who may fetch lists: open is everybody, as in Promgen; closed is who has a token, or is a user or a certificate, with a role on what is asked for. Everything else of the inventory always needs one. One of: [open, closed]").
		Default("open").PlaceHolder("open").EnumVar(&f.lists, "open", "closed")
	cmd.Flag("auth.rate-limit", "How many requests a second one token, user or certificate may make, lists counted apart; one more is answered with 429. 0 sets no limit.").
		Default("100").PlaceHolder("100").Float64Var(&f.rate)
	cmd.Flag("auth.rate-burst", "How many of them may come at once after a pause.").
		Default("500").PlaceHolder("500").IntVar(&f.burst)
}

func (f *accessFlags) check() error {
	switch {
	case f.rate < 0 || f.rate != f.rate: // the latter is not a number
		return &usageError{err: fmt.Errorf("--auth.rate-limit %v: must be 0 or more", f.rate)}
	case f.burst < 1:
		return &usageError{err: fmt.Errorf("--auth.rate-burst %d: must be 1 or more; --auth.rate-limit=0 sets no limit", f.burst)}
	}
	return nil
}

// newAccess returns what follows who may do what once source is set.
func (f *accessFlags) newAccess(o serveOptions, source *lateAccess, logger *slog.Logger, r prometheus.Registerer) *httpsd.Access {
	limit := f.rate
	if limit == 0 {
		limit = -1
	}
	options := httpsd.AccessOptions{
		Source: source, OpenLists: f.lists == "open", RateLimit: limit, RateBurst: f.burst,
		Logger: logger.With("component", "access"), Registerer: r, CheckInterval: o.checkInterval,
	}
	if o.web.WebConfigFile != nil {
		options.WebConfigFile = *o.web.WebConfigFile
	}
	return httpsd.NewAccess(options)
}

// lateAccess is a source that an httpsd.Access can be made of before the database is there. It must be set before that
// runs.
type lateAccess struct{ httpsd.AccessSource }

// lateInventory is an inventory that the API can be made of before the database is there.
type lateInventory struct{ store atomic.Pointer[store.Store] }

// get returns the inventory, or ErrUnavailable.
func (l *lateInventory) get() (store.Inventory, error) {
	if s := l.store.Load(); s != nil {
		return s, nil
	}
	return nil, &store.Error{Kind: store.ErrUnavailable, Noun: "database", Reason: "cannot be used yet; try again"}
}

// firstToken creates the first token of an inventory in which nobody was ever let in, and says where it is. That it
// cannot be kept is told, and is no reason not to serve lists: promshard token create makes another.
func (a *app) firstToken(ctx context.Context, s *store.Store, logger *slog.Logger) {
	file := tokenFileFor(a.database)
	var keep func(string) (string, error)
	if file != "" {
		keep = func(secret string) (string, error) { return keepToken(file, secret) }
	}
	secret, created, err := s.FirstToken(store.WithActor(ctx, "promshard"), keep)
	switch {
	case err != nil && ctx.Err() == nil:
		logger.Error("Creating the first token; promshard token create admin --role=admin makes one", "err", err)
	case !created:
	case file != "":
		logger.Info("Created the token admin, which may do everything; its secret is in a file", "file", file)
	default:
		logger.Info("Created the token admin, which may do everything; its secret was printed to standard output")
		fmt.Fprintf(a.out, "\nThe token admin may do everything. Its secret is shown this once:\n\n%s\n", secret)
	}
}
