package store

import (
	"encoding/json"
	"errors"
	"strings"
)

// Document says what should be in an inventory; see Apply. Its JSON is what package document reads. The order of what it
// states does not matter.
type Document struct {
	Shards           []Stated[ShardUpdate]           `json:"shards,omitempty"`
	Servers          []Stated[ServerUpdate]          `json:"servers,omitempty"`
	Services         []Stated[ServiceUpdate]         `json:"services,omitempty"`
	Projects         []Stated[ProjectStatement]      `json:"projects,omitempty"`
	Probes           []Stated[ProbeUpdate]           `json:"probes,omitempty"`
	DefaultExporters []Stated[DefaultExporterUpdate] `json:"default_exporters,omitempty"`
}

// ProjectStatement is a project with what belongs to it. A nil field is not stated.
type ProjectStatement struct {
	ProjectUpdate

	Farm      *Stated[FarmUpdate]       `json:"farm,omitempty"`
	Hosts     *[]Stated[HostUpdate]     `json:"hosts,omitempty"`
	Exporters *[]Stated[ExporterUpdate] `json:"exporters,omitempty"`
	URLs      *[]Stated[URLUpdate]      `json:"urls,omitempty"`
	// Exclusive names lists among hosts, exporters and urls, stated here, that are all the project is to have, whoever put
	// the rest there.
	Exclusive []string `json:"exclusive,omitempty"`
}

// Stated is one statement of a document. Its JSON is that of its fields; those that are nil are not stated.
type Stated[U any] struct {
	Position
	Fields U
}

// MarshalJSON implements json.Marshaler.
func (s Stated[U]) MarshalJSON() ([]byte, error) { return json.Marshal(s.Fields) }

// Position says where a statement stands, for errors.
type Position struct {
	// Source is a file, say; empty means "document".
	Source string
	// Path is where in it: "projects[3].exporters[0]".
	Path string
}

// Empty says whether the document states nothing.
func (d *Document) Empty() bool {
	return len(d.Shards)+len(d.Servers)+len(d.Services)+len(d.Projects)+len(d.Probes)+len(d.DefaultExporters) == 0
}

// Merge adds the statements of another document. What both state is found by Apply.
func (d *Document) Merge(other Document) {
	d.Shards = append(d.Shards, other.Shards...)
	d.Servers = append(d.Servers, other.Servers...)
	d.Services = append(d.Services, other.Services...)
	d.Projects = append(d.Projects, other.Projects...)
	d.Probes = append(d.Probes, other.Probes...)
	d.DefaultExporters = append(d.DefaultExporters, other.DefaultExporters...)
}

// Refuse returns an ErrInvalid about a field at the position, or all of it when field is empty.
func (p Position) Refuse(field, value, reason string) *Error {
	return &Error{Kind: ErrInvalid, Noun: p.source(), Field: p.field(field), Value: shorten(value), Reason: reason}
}

// String is the path, behind the source when there is one.
func (p Position) String() string { return strings.TrimPrefix(p.Source+" "+p.Path, " ") }

func (p Position) source() string {
	if p.Source == "" {
		return "document"
	}
	return p.Source
}

// field is a field of what stands at the position.
func (p Position) field(name string) string {
	switch {
	case name == "":
		return p.Path
	case p.Path == "":
		return name
	}
	return p.Path + "." + name
}

// blame makes an error about what is stated at the position say so.
func (p Position) blame(err error) error {
	var refused *Error
	if !errors.As(err, &refused) || errors.Is(err, ErrForbidden) || errors.Is(err, ErrUnavailable) {
		return err
	}
	placed := *refused
	placed.Noun, placed.Field = p.source(), p.field(refused.Field)
	return &placed
}
