// Package client follows the targets of a query on promshard servers: it holds the set that the query picks and hands
// out what changes in it, as it changes.
//
// It watches a stream of one server and goes to the next one when that fails, resuming where it was. Where streams do
// not pass, as behind a proxy that keeps answers back until they are complete, it asks for the set at an interval instead,
// and returns to streams when they pass. Whatever it applies it has first compared with the entity tag that the server
// computed, and it never goes back to an earlier state than the one it has handed out. An error of any kind leaves the
// set as it is: it becomes smaller only because a server has said so. With a cache file it has a set to start from even
// while no server answers.
//
// It imports nothing but the standard library and the wire package, so any program that wants the targets can use it.
package client
