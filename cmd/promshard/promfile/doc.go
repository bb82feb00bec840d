// Package promfile makes an import of a Prometheus configuration: the targets of its static_configs and file_sd_configs
// with their labels, and a note for each thing that an inventory of targets cannot hold.
//
// It reads the configuration itself, and not with Prometheus's own package: that would bring every discovery mechanism
// into the program, and fail on a configuration whose secrets are on another machine.
package promfile

import "github.com/promshard/promshard/store"

// Options are the rules by which targets get their place. All are required.
type Options struct {
	Service, Project, Job, Shard Rule
}

// Plan is what there is to be imported.
type Plan struct {
	// Groups are in order by project, and each is one that the inventory's rules accept.
	Groups []store.ImportGroup
	// Targets counts those of the groups.
	Targets int
	// Notes are in the order of the configuration, never nil.
	Notes []Note
}

// NoteKind says what a note means for an import.
type NoteKind string

const (
	// LeftOut marks targets that are not imported.
	LeftOut NoteKind = "left_out"
	// Stays marks what scrapes need beside a list of targets: it has to stay in a Prometheus configuration.
	Stays NoteKind = "stays"
	// Changed marks what is imported otherwise than it is written.
	Changed NoteKind = "changed"
)

// Note is one thing that somebody has to know about an import.
type Note struct {
	Kind NoteKind `json:"kind"`
	// Job is the job_name of the scrape config.
	Job string `json:"job"`
	// What is the field, the target or the label that the note is about.
	What       string `json:"what"`
	Reason     string `json:"reason"`
	Suggestion string `json:"suggestion"`
}

// Read reads a configuration and all files it names, and plans the import of its targets. A file that is there and cannot be
// read or understood is an error: a plan is never shorter because something failed.
func Read(file string, o Options) (Plan, error) {
	c, err := readConfig(file)
	if err != nil {
		return Plan{}, err
	}
	p := &planner{options: o, config: c}
	for _, s := range c.scrapes {
		if err := p.scrape(s); err != nil {
			return Plan{}, err
		}
	}
	return p.plan(), nil
}
