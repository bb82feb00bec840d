// Package snapshot turns the inventory's rows into the lists that Prometheus servers ask for. It is pure: rows in,
// immutable rendered lists out; no I/O, no clock, no goroutines.
//
// A [Snapshot] holds every list as it is at one revision. Each shard has a row of chunks for each kind of list, and a
// chunk holds the rendered groups of some dozens of projects. [Snapshot.Apply] gives the next snapshot: it renders the
// projects that changed, builds the one or two chunks anew that hold each, and shares everything else.
//
// The order of a list is that of its content: shards by name, projects by name, groups by their labels, all in byte
// order. Ids and history have no part in it. So equal inventories give equal bytes and equal entity tags, on every
// replica.
package snapshot
