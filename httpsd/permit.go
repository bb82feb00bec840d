package httpsd

import "context"

// need is what a route demands of whoever asks.
type need int

const (
	// needNothing is for what everybody may see.
	needNothing need = iota
	// needLists is for the lists that Prometheus servers fetch.
	needLists
	// needView is for reading the inventory.
	needView
	// needEdit is for changing it.
	needEdit
)

// place is where in the inventory something is, by ids: a project in its service on its shard, a server on its shard. The
// zero place is what belongs to everybody, or everything at once.
type place struct{ service, project, shard int64 }

// scope looks up where the thing is that a request is about. It is called only when that matters.
type scope func(ctx context.Context) (place, error)

// permit says whether the request that ctx is of may do what n stands for, there where each of the scopes says; without
// scopes, anywhere. What a write touches is known in its transaction alone, so that the store looks at that.
func (h *handler) permit(context.Context, need, ...scope) error { return nil }
