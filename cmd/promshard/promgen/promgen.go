// Package promgen reads what a Promgen has: from its database (MySQL or MariaDB, PostgreSQL, SQLite), or from the addresses
// of its web server when the database is out of reach. It never writes there.
package promgen

import (
	"fmt"
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/promshard/promshard/store"
)

// Source is all that a Promgen has at one moment.
type Source struct {
	// SyncSource has Promgen's ids as keys; for farms, those of their projects. Rows that Promgen has no id for (the copies
	// of hosts of a shared farm, and what web addresses tell without one) have keys below 0, made from what names them.
	store.SyncSource
	// LeftOut are the rows that could not be put into a SyncSource.
	LeftOut []store.SyncIssue
}

// leaveOut notes a row that cannot go in.
func (s *Source) leaveOut(issue store.SyncIssue) {
	issue.Kind = store.SyncRefused
	s.LeftOut = append(s.LeftOut, issue)
}

// Count adds the rows that were left out to the counts of a sync.
func (s *Source) Count(counts []store.SyncCounts) {
	for i := range counts {
		for _, issue := range s.LeftOut {
			n := 0
			switch {
			case issue.Noun == counts[i].Noun:
				n = 1
			case issue.Noun == "farm" && counts[i].Noun == "host":
				n = issue.Below
			}
			counts[i].Source += n
			counts[i].LeftOut += n
		}
	}
}

// keyOf returns the key of a row that has no id, made from what names it: below 0, and the same one at every run.
func keyOf(names ...any) int64 {
	var b strings.Builder
	for _, name := range names {
		fmt.Fprintf(&b, "%v\x00", name)
	}
	return -1 - int64(xxhash.Sum64String(b.String())>>1)
}

// unreachable is an error of a Promgen that cannot be asked now.
func unreachable(what, reason, hint string, cause error) error {
	return &store.Error{Kind: store.ErrUnavailable, Noun: "Promgen", Value: what, Reason: reason, Hint: hint, Err: cause}
}

// unusable is an error of something that is there and is not a Promgen that can be read.
func unusable(what, reason, hint string) error {
	return &store.Error{Kind: store.ErrInvalid, Noun: "Promgen", Value: what, Reason: reason, Hint: hint}
}
