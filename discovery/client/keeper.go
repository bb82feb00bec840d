package client

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/promshard/promshard/httpsd/wire"
)

// keeper holds the set and hands it out. Run's goroutine alone calls its methods; others have it call them, see call.
type keeper struct {
	o      Options
	handle func(Update)
	set    *set
	// held says that the set is good and has been handed out.
	held bool
	// seen is the state that the set is at. Nothing earlier is ever applied.
	seen wire.ID
	// resumable is false when seen must not be resumed from, because the set is not what a server said it was.
	resumable bool
	// watching is the server whose stream is open, "" for none.
	watching string
	cache    *cache
}

// call is something to be done by the goroutine of a keeper, which closes done afterwards.
type call struct {
	do   func()
	done chan struct{}
}

func newKeeper(o Options, handle func(Update)) *keeper {
	return &keeper{o: o, handle: handle, set: newSet(o.KeepBodies || o.CacheFile != ""), cache: newCache(o)}
}

// serve does what it is called for, and what the cache needs, until ctx ends.
func (k *keeper) serve(ctx context.Context, calls <-chan call) {
	var late <-chan time.Time
	if k.cache != nil {
		timer := time.NewTimer(k.o.CacheAfter)
		defer timer.Stop()
		late = timer.C
	}
	for {
		select {
		case c := <-calls:
			c.do()
			close(c.done)
		case <-late:
			k.useCache()
		case <-k.cache.due():
			k.cache.save(k.saved())
		case err := <-k.cache.written():
			k.cache.finish(err)
		case <-ctx.Done():
			return
		}
	}
}

// close ends what is open, after serve.
func (k *keeper) close() {
	k.disconnected(nil)
	k.cache.close(k.saved())
}

// staleError is a state that is earlier than the one seen.
type staleError struct{ id, seen wire.ID }

func (e *staleError) Error() string {
	return fmt.Sprintf("the server is at %s, behind %s, which was seen before", e.id, e.seen)
}

// full applies a whole set.
func (k *keeper) full(d *draft, id wire.ID, etag string, origin Origin, server string) error {
	if id == (wire.ID{}) {
		return errors.New("a whole set came without an id")
	}
	if id.Before(k.seen) {
		// A server asked to resume can tell whether it lags or its database has lost something.
		k.resumable = true
		return &staleError{id: id, seen: k.seen}
	}
	diff, err := k.set.full(d, etag)
	if err != nil {
		return fmt.Errorf("whole set at %s: %w", id, err)
	}
	if k.held && k.seen.Epoch != "" && k.seen.Epoch != id.Epoch {
		k.o.Logger.Warn("The inventory is another one than before", "server", server, "id", id.String(), "before", k.seen.String())
	}
	k.seen, k.resumable = id, true
	if origin == Cache {
		k.event(Event{Kind: CacheUsed})
	} else {
		k.event(Event{Kind: Full, Server: server})
	}
	k.handOut(diff, origin, server)
	return nil
}

// delta applies a delta that came over a stream which has brought, or was resumed from, what is held.
func (k *keeper) delta(delta wire.Delta, id wire.ID, server string) error {
	if err := k.follows(id); err != nil {
		return err
	}
	d := k.set.draft()
	if err := d.add(delta.Projects); err != nil {
		k.resumable = false
		return fmt.Errorf("delta to %s: %w", id, err)
	}
	diff, err := k.set.delta(d, delta.ETag)
	if err != nil {
		k.resumable = false
		return fmt.Errorf("delta to %s: %w", id, err)
	}
	k.seen = id
	k.event(Event{Kind: Delta, Server: server})
	k.handOut(diff, Stream, server)
	return nil
}

// unchanged notes that the set is the same at another state.
func (k *keeper) unchanged(id wire.ID, server string) error {
	if err := k.follows(id); err != nil {
		return err
	}
	k.seen = id
	k.event(Event{Kind: Unchanged, Server: server})
	return nil
}

// follows checks that a state can come after the one seen, on the same stream.
func (k *keeper) follows(id wire.ID) error {
	if id.Before(k.seen) {
		return &staleError{id: id, seen: k.seen}
	}
	if id.Epoch != k.seen.Epoch {
		k.resumable = false
		return fmt.Errorf("the stream goes on with %s after %s, which is of another inventory", id, k.seen)
	}
	return nil
}

// same notes a 304 in the place of a document; id is where the server says that it is. A server that is behind, or of a
// restored database, has the same groups all the same.
func (k *keeper) same(id wire.ID, server string) {
	if id != (wire.ID{}) && !id.Before(k.seen) {
		k.seen, k.resumable = id, true
	}
	k.event(Event{Kind: Unchanged, Server: server})
}

// forget lets the set go back in time.
func (k *keeper) forget(server string, b wire.Behind) {
	k.o.Logger.Warn("The database has lost what was seen of it, as by a restored backup; taking what it has now",
		"server", server, "seen", k.seen.String(), "revision", b.Revision)
	k.seen, k.resumable = wire.ID{}, false
}

// resumeFrom is the id to resume from, the zero value for none.
func (k *keeper) resumeFrom() wire.ID {
	if !k.resumable {
		return wire.ID{}
	}
	return k.seen
}

// etag is that of the set, "" when there is none.
func (k *keeper) etag() string {
	if !k.held {
		return ""
	}
	return k.set.etag()
}

// handOut passes a change on, if it is one.
func (k *keeper) handOut(diff difference, origin Origin, server string) {
	if k.held && diff.empty() {
		return
	}
	first := !k.held
	k.held = true
	if origin != Cache {
		k.cache.changed()
	}
	k.handle(Update{
		First: first, Changed: diff.changed, Gone: diff.gone,
		ID: k.seen, ETag: k.set.etag(), Origin: origin, Server: server,
	})
}

func (k *keeper) connected(server string) {
	k.watching = server
	k.o.Logger.Info("Watching targets", "server", server, "id", k.seen.String(), "groups", len(k.set.bySource))
	k.event(Event{Kind: Connected, Server: server})
}

// disconnected ends what connected began, if it did.
func (k *keeper) disconnected(err error) {
	if k.watching == "" {
		return
	}
	server := k.watching
	k.watching = ""
	k.event(Event{Kind: Disconnected, Server: server, Err: err})
}

func (k *keeper) event(e Event) {
	e.ID = k.seen
	k.o.OnEvent(e)
}

// useCache takes the set from the cache file, unless there is a better one.
func (k *keeper) useCache() {
	if k.held {
		return
	}
	saved, err := k.cache.load()
	if err != nil {
		k.o.Logger.Warn("No server has answered, and the cache file cannot be used", "file", k.o.CacheFile, "err", err)
		return
	}
	d := k.set.draft()
	err = d.add(saved.Set.Projects)
	if err == nil {
		err = k.full(d, saved.id, saved.Set.ETag, Cache, "")
	}
	if err != nil {
		k.o.Logger.Warn("No server has answered, and the cache file is damaged", "file", k.o.CacheFile, "err", err)
		return
	}
	k.o.Logger.Warn("No server has answered; the targets are those of the cache file", "file", k.o.CacheFile,
		"age", time.Since(saved.Saved).Round(time.Second), "id", saved.Set.ID, "groups", len(k.set.bySource))
}

// saved is what the cache file is to hold; nil when there is nothing good.
func (k *keeper) saved() *content {
	if !k.held {
		return nil
	}
	return &content{id: k.seen, etag: k.set.etag(), projects: maps.Clone(k.set.projects)}
}
