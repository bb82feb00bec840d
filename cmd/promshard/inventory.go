package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/user"
	"strconv"
	"strings"

	"github.com/promshard/promshard/cmd/promshard/remote"
	"github.com/promshard/promshard/httpsd/origins"
	"github.com/promshard/promshard/httpsd/snapshot"
	"github.com/promshard/promshard/store"
)

// inventory is what commands work on, in a database or on a server; they close it.
type inventory interface {
	store.Registry
	store.AccessControl
	io.Closer

	// List returns a list of targets or URLs, as serve serves it.
	List(ctx context.Context, kind snapshot.Kind, q snapshot.Query) (renderedList, error)
	// Entries returns entries of the journal; the filter must say Newest and Brief.
	Entries(ctx context.Context, f store.JournalFilter) ([]store.Entry, error)
	// Diff says what the revisions after one, up to and with another, did to the lists. A to of 0 is the newest, an empty
	// shard all of them; no more targets than limit are named, which is one of 1 to origins.DiffMost.
	Diff(ctx context.Context, from, to int64, shard string, limit int) (origins.Diff, error)
	// ExplainTarget says where a target comes from and who gets it, or why nobody does; ExplainURL does so for a URL.
	ExplainTarget(ctx context.Context, target string) (origins.Explanation, error)
	ExplainURL(ctx context.Context, url string) (origins.Explanation, error)
	// ListConsumers says who asks for lists: those that still do, those that do not, or with nil both.
	ListConsumers(ctx context.Context, live *bool) (remote.ConsumerList, error)
}

// renderedList is a list as Prometheus reads it.
type renderedList interface {
	io.WriterTo
	// Size is how many bytes WriteTo writes.
	Size() int64
	// Revision is the one that the list is of; 0 while nothing was ever written.
	Revision() int64
}

var (
	_ inventory = database{}
	_ inventory = server{}
)

// opener opens an inventory.
type opener func(ctx context.Context) (inventory, error)

// openInventory opens the inventory that --server or --database names. A SQLite file is created, and brought to the schema
// of this program, on first use; a PostgreSQL database is migrated on purpose only, with promshard migrate, since others use
// it as well.
func (a *app) openInventory(ctx context.Context) (inventory, error) {
	return a.serverOr(func() (*store.Store, error) { return a.openStore(ctx) })
}

// openExisting opens the inventory as openInventory does, but creates nothing: for commands whose result replaces
// something good, so that a mistyped path is an error and not an empty list.
func (a *app) openExisting(ctx context.Context) (inventory, error) {
	return a.serverOr(func() (*store.Store, error) { return store.Open(ctx, a.database, a.storeOptions()) })
}

// serverOr returns the inventory on the server, if there is one to work on, and else that in the store that open opens.
func (a *app) serverOr(open func() (*store.Store, error)) (inventory, error) {
	remotely, err := a.onServer()
	switch {
	case err != nil:
		return nil, err
	case remotely:
		return a.openServer()
	}
	s, err := open()
	if err != nil {
		return nil, err
	}
	return database{s}, nil
}

func (a *app) storeOptions() store.Options {
	return store.Options{Logger: a.quietLogger(), Guard: a.guard}
}

// openStore opens the database, as openInventory tells.
func (a *app) openStore(ctx context.Context) (*store.Store, error) {
	o := a.storeOptions()
	if isSQLite(a.database) {
		if _, err := store.Migrate(ctx, a.database, o); err != nil {
			return nil, err
		}
	}
	return store.Open(ctx, a.database, o)
}

// withInventory runs fn on the inventory that open returns, as the local user, who has confirmed what --confirm says.
func (a *app) withInventory(ctx context.Context, open opener, fn func(ctx context.Context, inv inventory) error) error {
	inv, err := open(ctx)
	if err != nil {
		return err
	}
	return errors.Join(fn(a.confirmed(store.WithActor(ctx, localActor())), inv), inv.Close())
}

func isSQLite(database string) bool {
	scheme, _, _ := strings.Cut(database, ":")
	return strings.EqualFold(scheme, "sqlite")
}

// localActor is who the journal names for writes of the command line: "local:" and the name of the user.
func localActor() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return "local:" + u.Username
	}
	return "local:" + strconv.Itoa(os.Getuid())
}
