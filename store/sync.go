package store

// SyncSource is all that another inventory has at one moment, as plain rows that refer to each other by the keys they
// have there. Rows may come in any order; a key must not be 0, nor be there twice in one slice.
//
// A key from 1 to 2^53 is also the id that the row gets when it is created here, where that is free. A row that has no
// id of its own in the source (one that a reader made up) has a negative key, the same one at every run, and gets a new
// id.
//
// What a source cannot have is promshard's own: labels, scrape times, maintenance of hosts and projects. Rows are
// created enabled and without any, and a sync never alters them.
type SyncSource struct {
	// Name says who this is, such as "promgen". Required, a name like any other. What was taken in before is remembered
	// by it: two sources with one name would undo each other.
	Name string `json:"name"`

	Shards           []SyncShard           `json:"shards"`
	Servers          []SyncServer          `json:"servers"`
	Services         []SyncService         `json:"services"`
	Projects         []SyncProject         `json:"projects"`
	Farms            []SyncFarm            `json:"farms"`
	Hosts            []SyncHost            `json:"hosts"`
	Exporters        []SyncExporter        `json:"exporters"`
	DefaultExporters []SyncDefaultExporter `json:"default_exporters"`
	Probes           []SyncProbe           `json:"probes"`
	URLs             []SyncURL             `json:"urls"`
}

// Rows is how many rows the source has, of all nouns.
func (s *SyncSource) Rows() int {
	return len(s.Shards) + len(s.Servers) + len(s.Services) + len(s.Projects) + len(s.Farms) + len(s.Hosts) +
		len(s.Exporters) + len(s.DefaultExporters) + len(s.Probes) + len(s.URLs)
}

// SyncShard is a Shard of a SyncSource.
type SyncShard struct {
	Key     int64  `json:"key"`
	Name    string `json:"name"`
	URL     string `json:"url"`
	Enabled bool   `json:"enabled"`
	Samples int64  `json:"samples"`
	Targets int64  `json:"targets"`
}

// SyncServer is a Server of a SyncSource.
type SyncServer struct {
	Key  int64  `json:"key"`
	Host string `json:"host"`
	Port int    `json:"port"`
	// Shard is the key of a SyncShard.
	Shard int64 `json:"shard"`
}

// SyncService is a Service of a SyncSource.
type SyncService struct {
	Key         int64  `json:"key"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Owner       string `json:"owner"`
}

// SyncProject is a Project of a SyncSource.
type SyncProject struct {
	Key         int64  `json:"key"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Owner       string `json:"owner"`
	// Service and Shard are the keys of a SyncService and a SyncShard.
	Service int64 `json:"service"`
	Shard   int64 `json:"shard"`
}

// SyncFarm is a Farm of a SyncSource.
type SyncFarm struct {
	Key  int64  `json:"key"`
	Name string `json:"name"`
	// Source is where the farm's hosts come from; empty means DefaultFarmSource.
	Source string `json:"source"`
	// Project is the key of a SyncProject. A project has one farm.
	Project int64 `json:"project"`
}

// SyncHost is a Host of a SyncSource.
type SyncHost struct {
	Key  int64  `json:"key"`
	Name string `json:"name"`
	// Farm is the key of a SyncFarm.
	Farm int64 `json:"farm"`
}

// SyncExporter is an Exporter of a SyncSource.
type SyncExporter struct {
	Key  int64  `json:"key"`
	Job  string `json:"job"`
	Port int    `json:"port"`
	Path string `json:"path"`
	// Scheme is http when it is empty.
	Scheme  string `json:"scheme"`
	Enabled bool   `json:"enabled"`
	// Project is the key of a SyncProject.
	Project int64 `json:"project"`
}

// SyncDefaultExporter is a DefaultExporter of a SyncSource.
type SyncDefaultExporter struct {
	Key  int64  `json:"key"`
	Job  string `json:"job"`
	Port int    `json:"port"`
	Path string `json:"path"`
	// Scheme is http when it is empty.
	Scheme string `json:"scheme"`
}

// SyncProbe is a Probe of a SyncSource.
type SyncProbe struct {
	Key         int64  `json:"key"`
	Module      string `json:"module"`
	Description string `json:"description"`
}

// SyncURL is a URL of a SyncSource.
type SyncURL struct {
	Key int64  `json:"key"`
	URL string `json:"url"`
	// Project and Probe are the keys of a SyncProject and a SyncProbe.
	Project int64 `json:"project"`
	Probe   int64 `json:"probe"`
}

// SyncOptions say how a source is taken in. The zero value is ready to use.
type SyncOptions struct {
	// Theirs settles conflicts as the source has it. Without it, what is here stays, and the conflict is an issue of
	// every run until both sides agree.
	Theirs bool
	// AllowShrink takes in a source that has lost more than half of the rows of some noun since the last run. Without
	// it, a source that has lost that many, and at least 20 of them, is refused with ErrShrunk.
	AllowShrink bool
	// Progress, when not nil, is called now and then, from one goroutine at a time, with the number of rows of the source
	// that were dealt with so far.
	Progress func(rows int64)
}

// SyncResult says what a sync did, or would do. Everything in it is in a fixed order: by noun, parents before children,
// then by key.
type SyncResult struct {
	Changes []SyncChange `json:"changes"`
	Issues  []SyncIssue  `json:"issues"`
	// Counts has an entry for every noun.
	Counts []SyncCounts `json:"counts"`
	// Revision is 0 when the inventory was not altered.
	Revision int64 `json:"revision"`
}

// SyncCounts count the rows of one noun.
type SyncCounts struct {
	// Noun is the name of the journal: "default_exporter".
	Noun string `json:"noun"`
	// Source is how many rows the source has, LeftOut how many of them are not in the inventory after the sync: refused,
	// hanging on one that was, or deleted here.
	Source  int `json:"source"`
	LeftOut int `json:"left_out"`
	Created int `json:"created"`
	Updated int `json:"updated"`
	Deleted int `json:"deleted"`
}

// SyncAction is what a sync did to a row.
type SyncAction string

// The actions of a SyncChange.
const (
	SyncCreate SyncAction = "create"
	SyncUpdate SyncAction = "update"
	SyncDelete SyncAction = "delete"
)

// SyncChange is one row that a sync created, changed or deleted.
type SyncChange struct {
	// Noun is the name of the journal: "default_exporter".
	Noun string `json:"noun"`
	// Key is the row's key in the source, ID its id here.
	Key int64 `json:"key"`
	ID  int64 `json:"id"`
	// Name is what the row is called, and where it is: `web1 of project "shop"`.
	Name   string     `json:"name"`
	Action SyncAction `json:"action"`
	// Fields are those that differ in an update, named as in JSON; none otherwise.
	Fields []FieldChange `json:"fields,omitempty"`
}

// FieldChange is one field of a row before and after: a string, a bool or a whole number.
type FieldChange struct {
	Field  string `json:"field"`
	Before any    `json:"before"`
	After  any    `json:"after"`
}

// SyncIssueKind tells issues apart.
type SyncIssueKind string

// The kinds of a SyncIssue.
const (
	// SyncRefused marks a row that the inventory does not accept as the source has it. It is left out, with what hangs
	// on it; a row that is in already stays as it is.
	SyncRefused SyncIssueKind = "refused"
	// SyncConflict marks a row or a field that was changed here as well as in the source. What is here stays.
	SyncConflict SyncIssueKind = "conflict"
	// SyncRenumbered marks a row that went in under a new id, since another row has the one of the source, or had it and
	// was deleted here. It is told once.
	SyncRenumbered SyncIssueKind = "renumbered"
)

// SyncIssue is something in a source that needs a look.
type SyncIssue struct {
	Kind SyncIssueKind `json:"kind"`
	// Noun is the name of the journal: "default_exporter".
	Noun string `json:"noun"`
	// Key is the row's key in the source.
	Key int64 `json:"key"`
	// Name is what the source calls the row, Project the project it belongs to, where it belongs to one.
	Name    string `json:"name"`
	Project string `json:"project,omitempty"`
	// Field is the field in question, named as in JSON, and Value what the source has there, shortened when it is long;
	// both are empty when the row as a whole is meant.
	Field string `json:"field,omitempty"`
	Value string `json:"value,omitempty"`
	// Reason says what is wrong, in the words of Error; Hint what to do about it.
	Reason string `json:"reason"`
	Hint   string `json:"hint,omitempty"`
	// Below is how many rows of the source were left out since they hang on this one.
	Below int `json:"below,omitempty"`
}
