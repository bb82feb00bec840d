package snapshot

import "github.com/promshard/promshard/httpsd/wire"

// total is what is known of some groups together.
type total struct {
	tag wire.Tag
	// size is in bytes, the comma before each group included.
	size    int64
	groups  int64
	targets int64
}

func (t total) plus(u total) total {
	return total{t.tag.Plus(u.tag), t.size + u.size, t.groups + u.groups, t.targets + u.targets}
}

func (t total) minus(u total) total {
	return total{t.tag.Minus(u.tag), t.size - u.size, t.groups - u.groups, t.targets - u.targets}
}

func (t total) etag() string { return t.tag.ETag(t.groups) }
