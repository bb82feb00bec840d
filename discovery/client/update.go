package client

import "github.com/promshard/promshard/httpsd/wire"

// Group is a target group. Nobody changes it once it has been handed out, and whoever receives it must not either.
type Group struct {
	// Source is the same for as long as the group exists, and no other group of the set has it.
	Source string
	// Project is the id of the project that the group belongs to.
	Project int64
	// Targets are addresses, at least one: host:port, or URLs.
	Targets []string
	// Labels are those of the group in the lists.
	Labels map[string]string
	// Body is the group as the server's lists have it: a JSON object, byte by byte. It is nil unless KeepBodies or
	// CacheFile is set.
	Body []byte
}

// Update is the difference between the set that was handed out last and the one that is valid now.
type Update struct {
	// First says that nothing was handed out before, so Changed is the whole set, which may be empty. There is one such
	// update, as soon as anything good is known. All others change something.
	First bool
	// Changed are the groups that are new or no longer as they were, in the order of their sources.
	Changed []*Group
	// Gone are the sources of the groups that are no longer there, in order.
	Gone []string
	// ID is the state that the set is now at, and ETag the entity tag that it has there.
	ID   wire.ID
	ETag string
	// Origin is where the update has come from.
	Origin Origin
	// Server is the server it came from, as in [Event]; "" for the cache.
	Server string
}

// Origin is where an update has come from.
type Origin int

// The origins: a watch stream, a GET of the whole set, the cache file.
const (
	Stream Origin = iota + 1
	Poll
	Cache
)

// String is the origin in a word.
func (o Origin) String() string {
	switch o {
	case Stream:
		return "stream"
	case Poll:
		return "poll"
	case Cache:
		return "cache"
	}
	return "unknown"
}

// Event is something that has happened to a client, for metrics.
type Event struct {
	Kind EventKind
	// Server is the base URL of the server that it happened with, without a password; "" where there is none.
	Server string
	// ID is the state that the set is at, the zero value while there is none.
	ID wire.ID
	// Err is the cause of Disconnected and Failed. It is nil when a server ended a stream in good order, as it does when it
	// is restarted, and when Run ends.
	Err error
}

// EventKind is what an [Event] tells.
type EventKind int

const (
	// Connected says that a stream has brought the set up to date for the first time. Disconnected follows it before the next Connected.
	Connected EventKind = iota + 1
	// Disconnected says that this stream has ended.
	Disconnected
	// Full says that a whole set has come, over a stream or as a document, and was found complete.
	Full
	// Delta says that a delta has come and was applied.
	Delta
	// Unchanged says that a server has nothing new, which it tells by an id without data on a stream or by a 304. The
	// comments that keep a stream alive are no events.
	Unchanged
	// Fallback says that streams do not pass, so that the client asks at intervals from now on.
	Fallback
	// Recovered says that a stream has passed again after Fallback. It comes after the Connected of that stream.
	Recovered
	// CacheUsed says that the set was taken from the cache file.
	CacheUsed
	// Failed says that a stream or a document could not be had, or that what it brought was refused.
	Failed
)

// String is the kind in a word.
func (k EventKind) String() string {
	switch k {
	case Connected:
		return "connected"
	case Disconnected:
		return "disconnected"
	case Full:
		return "full"
	case Delta:
		return "delta"
	case Unchanged:
		return "unchanged"
	case Fallback:
		return "fallback"
	case Recovered:
		return "recovered"
	case CacheUsed:
		return "cache_used"
	case Failed:
		return "failed"
	}
	return "unknown"
}
