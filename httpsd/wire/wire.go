package wire

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The addresses, both with the filters of the lists and with the parameter kind, "targets" (the default) or "urls".
const (
	WatchPath  = "/sd/watch"
	GroupsPath = "/sd/groups"
)

// The events of a watch stream.
const (
	EventFull   = "full"
	EventDelta  = "delta"
	EventBehind = "behind"
)

const (
	// LastEventID is the header in which a client names the last id that it has seen.
	LastEventID = "Last-Event-ID"
	// RevisionHeader carries the id of the state that a document, or a 304 in its place, shows.
	RevisionHeader = "Promshard-Revision"
	// ContentTypeStream is the media type of WatchPath.
	ContentTypeStream = "text/event-stream"
	// ContentTypeDocument is the media type of GroupsPath.
	ContentTypeDocument = "application/json"
)

// KeepAlive is how often at least a server sends something on a stream.
const KeepAlive = 15 * time.Second

// ID names a state of one inventory: revisions of one epoch compare, those of different epochs do not. As text it is
// EPOCH-REVISION. The zero value is no state at all.
type ID struct {
	Epoch    string
	Revision int64
}

// String is the text that ids are sent as, "" for the zero value.
func (id ID) String() string {
	if id == (ID{}) {
		return ""
	}
	return id.Epoch + "-" + strconv.FormatInt(id.Revision, 10)
}

// Before says whether id is an earlier state of the same inventory as other.
func (id ID) Before(other ID) bool { return id.Epoch == other.Epoch && id.Revision < other.Revision }

// ParseID reads what String wrote.
func ParseID(s string) (ID, error) {
	at := strings.LastIndexByte(s, '-')
	if at <= 0 {
		return ID{}, fmt.Errorf("id %q: not of the form EPOCH-REVISION", shorten(s))
	}
	revision, err := strconv.ParseInt(s[at+1:], 10, 64)
	if err != nil || revision < 0 {
		return ID{}, fmt.Errorf("id %q: the revision is not a number", shorten(s))
	}
	return ID{Epoch: s[:at], Revision: revision}, nil
}

// shorten keeps what the other end sent from filling logs.
func shorten(s string) string {
	const most = 100
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// Project is all the groups of one project in a set; without any it is gone from the set.
type Project struct {
	ID     int64   `json:"id"`
	Groups []Group `json:"groups"`
}

// Group is a target group under its source id, which stays the same for as long as the group exists.
type Group struct {
	Source string `json:"source"`
	// Body is the group as the lists have it, byte by byte: {"targets":[…],"labels":{…}}. Entity tags are made of it.
	Body json.RawMessage `json:"group"`
}

// Full is one part of a whole set.
type Full struct {
	// Part counts from 0.
	Part int `json:"part"`
	// Last is true for the part that completes the set; ETag is then the set's.
	Last     bool      `json:"last"`
	ETag     string    `json:"etag,omitempty"`
	Projects []Project `json:"projects"`
}

// Delta is what has become of projects.
type Delta struct {
	// ETag is that of the set after the delta.
	ETag     string    `json:"etag"`
	Projects []Project `json:"projects"`
}

// Behind says where a server is that the client is ahead of.
type Behind struct {
	Revision int64 `json:"revision"`
	Seen     int64 `json:"seen"`
	// Confirmed is true when the server asked its database after the client had come, and was told that there is no
	// more: the database then has lost what the client saw, as by a restored backup. False is a replica that lags.
	Confirmed bool `json:"confirmed"`
}

// Document is a whole set in one piece.
type Document struct {
	ID       string    `json:"id"`
	ETag     string    `json:"etag"`
	Projects []Project `json:"projects"`
}
