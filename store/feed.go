package store

import "github.com/prometheus/common/model"

// Revision is a point in the history of one inventory. Numbers grow by one with each committed write.
type Revision struct {
	// Epoch is a random name that the inventory got when it was created: numbers of different epochs do not compare.
	Epoch  string `db:"epoch"  json:"epoch"`
	Number int64  `db:"number" json:"number"`
}

// Directory is what a publisher must know beside projects: a few rows, sent whole.
type Directory struct {
	Shards  []Shard
	Servers []Server
}

// ProjectRows is all that one project's target groups are rendered from: what is disabled is left out already,
// by loading a disabled project without hosts, exporters and URLs. Its slices belong to the receiver.
type ProjectRows struct {
	ID        int64
	Name      string
	Labels    Labels
	ServiceID int64
	Service   string
	// ServiceLabels are those of the project's service.
	ServiceLabels Labels
	ShardID       int64
	Shard         string
	// Farm and FarmSource are empty when the project has no farm; then Hosts is empty too.
	Farm       string
	FarmSource string
	// Hosts are the enabled hosts, ascending by name (byte order).
	Hosts []HostRow
	// Exporters are the enabled exporters, ascending by id.
	Exporters []ExporterRow
	// URLs ascend by probe id, then by URL (byte order).
	URLs []URLRow
}

// HostRow is an enabled host of a project.
type HostRow struct {
	Name   string
	Labels Labels
}

// ExporterRow is an enabled exporter of a project.
type ExporterRow struct {
	ID             int64
	Job            string
	Port           int
	Path           string
	Scheme         string
	ScrapeInterval model.Duration
	ScrapeTimeout  model.Duration
	Labels         Labels
}

// URLRow is a URL of a project.
type URLRow struct {
	ProbeID int64
	Module  string
	URL     string
}

// Sink receives a full load. Its methods are called from one goroutine, Directory first, then Service for every
// service, then Project for every project in ascending order of ids. An error from any of them ends the load.
type Sink interface {
	Directory(d Directory) error
	Service(s Service) error
	Project(p *ProjectRows) error
}

// Changes is what has become of everything that was touched after a revision, as it is at a later one.
type Changes struct {
	// Revision is what the changes lead to; equal to the one asked from when there are none.
	Revision Revision
	// Reload is true when changes cannot be told one by one: another epoch, or more than is worth it. The other
	// fields are then empty, and a full load is due.
	Reload bool
	// Directory is nil when no shard or server was touched.
	Directory *Directory
	// Services and Projects hold what was touched by id; nil stands for what is gone.
	Services map[int64]*Service
	Projects map[int64]*ProjectRows
}
