package agent

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/promshard/promshard/discovery/client"
)

// ErrUnknown is wrapped by the error for a shard or a server that promshard does not know.
var ErrUnknown = errors.New("promshard does not know it")

// ErrNoAnswer is wrapped by the error for a list that no server has given.
var ErrNoAnswer = errors.New("no server has given its list")

// failures are the last one of each server, of a client that is given up when all of them say that there is nothing.
// One goroutine after the other uses it.
type failures struct {
	of   int
	stop func()
	last map[string]error
}

func (f *failures) add(e client.Event) {
	if f.last == nil {
		f.last = map[string]error{}
	}
	f.last[e.Server] = e.Err
	if f.unknown() {
		f.stop()
	}
}

func (f *failures) unknown() bool {
	for _, err := range f.last {
		if client.StatusCode(err) != http.StatusNotFound {
			return false
		}
	}
	return len(f.last) == f.of
}

// error is why there is no list.
func (f *failures) error(ctx context.Context, kind string) error {
	var all []string
	for _, server := range slices.Sorted(maps.Keys(f.last)) {
		all = append(all, fmt.Sprintf("%s: %v", server, f.last[server]))
	}
	said := strings.Join(all, "; ")
	switch {
	case f.unknown():
		return fmt.Errorf("asking for the %s: %w: %s", kind, ErrUnknown, said)
	case errors.Is(ctx.Err(), context.Canceled):
		return fmt.Errorf("asking for the %s: %w", kind, ctx.Err())
	case said == "":
		return fmt.Errorf("asking for the %s: %w in time", kind, ErrNoAnswer)
	}
	return fmt.Errorf("asking for the %s: %w: %s", kind, ErrNoAnswer, said)
}
