package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/user"
	"strconv"
	"strings"

	"github.com/promshard/promshard/store"
)

// inventory is what commands work on; they close it.
type inventory interface {
	store.Inventory
	io.Closer
}

// openInventory opens the inventory that --database names. A SQLite file is created, and brought to the schema of this
// program, on first use; a PostgreSQL database is migrated on purpose only, with promshard migrate, since others use
// it as well.
func (a *app) openInventory(ctx context.Context) (inventory, error) {
	o := store.Options{Logger: a.quietLogger(), Guard: a.guard}
	if isSQLite(a.database) {
		if _, err := store.Migrate(ctx, a.database, o); err != nil {
			return nil, err
		}
	}
	return store.Open(ctx, a.database, o)
}

// openExisting opens the inventory as openInventory does, but creates nothing: for commands whose result replaces
// something good, so that a mistyped path is an error and not an empty list.
func (a *app) openExisting(ctx context.Context) (inventory, error) {
	return store.Open(ctx, a.database, store.Options{Logger: a.quietLogger(), Guard: a.guard})
}

// withInventory runs fn on the inventory that open returns, as the local user, who has confirmed what --confirm says.
func (a *app) withInventory(ctx context.Context, open func(context.Context) (inventory, error),
	fn func(ctx context.Context, inv inventory) error,
) error {
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
