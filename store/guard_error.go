package store

import (
	"fmt"
	"strings"
)

// GuardError refuses a write that would take away a larger share of a shard's targets than one may unconfirmed, and at
// least GuardOptions.MinTargets of them. It is an ErrGuarded. The write is done when it is repeated with WithConfirm and
// the digest, as long as it would still take away exactly the same targets.
type GuardError struct {
	// Digest stands for all the targets that the write would take away, on every shard.
	Digest string `json:"digest"`
	// Confirmed is true when the write was repeated with the digest, so that it is no error: in receipts and journal
	// entries.
	Confirmed bool `json:"confirmed,omitempty"`
	// Shards are those that lose too much, by name.
	Shards []ShardRemoval `json:"shards"`

	// refuted is true when another digest was given.
	refuted bool
}

// ShardRemoval is what a write takes away from one shard.
type ShardRemoval struct {
	ShardID int64  `json:"shard_id"`
	Shard   string `json:"shard"`
	// Targets is how many the shard has before the write, Removed how many of them go.
	Targets int64 `json:"targets"`
	Removed int64 `json:"removed"`
	// MaxRemoval is the share in percent that may go unconfirmed.
	MaxRemoval int `json:"max_removal"`
	// Projects are those whose targets go, most first.
	Projects []ProjectRemoval `json:"projects"`
}

// ProjectRemoval is what a write takes away from one project, called as it was before.
type ProjectRemoval struct {
	Service string `json:"service"`
	Project string `json:"project"`
	Removed int64  `json:"removed"`
}

// Unwrap gives the kind to errors.Is.
func (e *GuardError) Unwrap() error { return ErrGuarded }

// Error is one line that says what would go.
func (e *GuardError) Error() string {
	parts := make([]string, len(e.Shards))
	for i, s := range e.Shards {
		parts[i] = s.text()
	}
	text := "guard: would take away " + strings.Join(parts, "; and ") + "; "
	if e.refuted {
		text += "that is not what was confirmed; "
	}
	return text + "repeated with the confirmation " + e.Digest + " it is done"
}

// guardProjectsNamed is how many projects of a shard the text of an error names.
const guardProjectsNamed = 5

func (s ShardRemoval) text() string {
	var names []string
	for i, p := range s.Projects {
		if i == guardProjectsNamed {
			names = append(names, fmt.Sprintf("and of %d more projects", len(s.Projects)-i))
			break
		}
		names = append(names, fmt.Sprintf("%d of project %q in service %q", p.Removed, p.Project, p.Service))
	}
	return fmt.Sprintf("%d of the %d targets of shard %q, more than %d %%: %s",
		s.Removed, s.Targets, s.Shard, s.MaxRemoval, strings.Join(names, ", "))
}
