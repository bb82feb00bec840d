package snapshot

import "github.com/promshard/promshard/httpsd/wire"

// total is what is known of some groups together.
type total struct {
	tag wire.Tag
	// sources is a sum over the groups, each by its source id and its bytes: equal lists can be of other groups.
	sources uint64
	// size is in bytes, the comma before each group included.
	size    int64
	groups  int64
	targets int64
}

func (t total) plus(u total) total {
	return total{t.tag.Plus(u.tag), t.sources + u.sources, t.size + u.size, t.groups + u.groups, t.targets + u.targets}
}

func (t total) minus(u total) total {
	return total{t.tag.Minus(u.tag), t.sources - u.sources, t.size - u.size, t.groups - u.groups, t.targets - u.targets}
}

func (t total) etag() string { return t.tag.ETag(t.groups) }
