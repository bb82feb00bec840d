// Package wire is what a promshard server and its clients say to each other: the addresses, the events of the watch
// stream, the document of target groups, and the entity tag that both ends compute.
//
// A watch stream (GET [WatchPath], text/event-stream as the HTML standard defines it) carries these events:
//
//   - [EventFull]: the whole set, in parts; the last part is marked, and only it has an id. Its data is a [Full].
//   - [EventDelta]: projects whose groups have changed, each with all the groups that it has now. Its data is a [Delta].
//   - [EventBehind]: the server is behind what the client has seen. Its data is a [Behind]; the stream ends after it.
//
// An id line without data, between events, says that nothing has changed up to that revision. A line that begins
// with a colon is a comment, sent so that a silent stream can be told from a dead one. A client resumes by sending the
// last id as Last-Event-ID: it then gets one delta, or a full set when that is not to be had.
//
// The document (GET [GroupsPath], application/json) is the whole set at once, a [Document], with an entity tag and
// If-None-Match, for clients that no stream reaches.
//
// Both end a change of state with the entity tag of the set as it is then, which is also that of the plain list: a
// client that sums up what it holds ([Tag]) can tell whether it has everything.
package wire
