package store

import "context"

// Registry is what can be done to the list of what Prometheus should scrape, wherever it is kept: *Store implements it on
// a database, and the command line's client of the HTTP API on a server. Commands are written against it.
//
// Methods are safe for concurrent use. Each write is one transaction with its journal entry and one revision, or
// changes nothing at all: a write that would alter nothing makes no revision. Errors are those of this package
// (see ErrInvalid and its neighbours) and those of the context. A Create fills in the id and the names of what the
// argument refers to. Lists come in a stable order, by name. A Delete of what others hang on is refused with
// ErrConflict and says what would go, unless it says Cascade. Where a version is demanded (UpdateOptions, DeleteOptions),
// a row that has another one is ErrStale. What a context adds to every write is told at WithDryRun and its neighbours;
// a write that takes too many targets away is ErrGuarded.
type Registry interface {
	CreateShard(ctx context.Context, s *Shard) error
	Shard(ctx context.Context, id int64) (Shard, error)
	Shards(ctx context.Context, f ShardFilter) ([]Shard, error)
	UpdateShard(ctx context.Context, id int64, u ShardUpdate) (Shard, error)
	DeleteShard(ctx context.Context, id int64, o DeleteOptions) error

	CreateServer(ctx context.Context, s *Server) error
	Server(ctx context.Context, id int64) (Server, error)
	Servers(ctx context.Context, f ServerFilter) ([]Server, error)
	UpdateServer(ctx context.Context, id int64, u ServerUpdate) (Server, error)
	DeleteServer(ctx context.Context, id int64, o DeleteOptions) error

	CreateService(ctx context.Context, s *Service) error
	Service(ctx context.Context, id int64) (Service, error)
	Services(ctx context.Context, f ServiceFilter) ([]Service, error)
	UpdateService(ctx context.Context, id int64, u ServiceUpdate) (Service, error)
	DeleteService(ctx context.Context, id int64, o DeleteOptions) error

	CreateProject(ctx context.Context, p *Project) error
	Project(ctx context.Context, id int64) (Project, error)
	Projects(ctx context.Context, f ProjectFilter) ([]Project, error)
	UpdateProject(ctx context.Context, id int64, u ProjectUpdate) (Project, error)
	DeleteProject(ctx context.Context, id int64, o DeleteOptions) error

	CreateFarm(ctx context.Context, f *Farm) error
	Farm(ctx context.Context, id int64) (Farm, error)
	Farms(ctx context.Context, f FarmFilter) ([]Farm, error)
	UpdateFarm(ctx context.Context, id int64, u FarmUpdate) (Farm, error)
	DeleteFarm(ctx context.Context, id int64, o DeleteOptions) error

	CreateHost(ctx context.Context, h *Host) error
	Host(ctx context.Context, id int64) (Host, error)
	Hosts(ctx context.Context, f HostFilter) ([]Host, error)
	UpdateHost(ctx context.Context, id int64, u HostUpdate) (Host, error)
	DeleteHost(ctx context.Context, id int64, o DeleteOptions) error

	CreateExporter(ctx context.Context, e *Exporter) error
	Exporter(ctx context.Context, id int64) (Exporter, error)
	Exporters(ctx context.Context, f ExporterFilter) ([]Exporter, error)
	UpdateExporter(ctx context.Context, id int64, u ExporterUpdate) (Exporter, error)
	DeleteExporter(ctx context.Context, id int64, o DeleteOptions) error

	CreateDefaultExporter(ctx context.Context, e *DefaultExporter) error
	DefaultExporter(ctx context.Context, id int64) (DefaultExporter, error)
	DefaultExporters(ctx context.Context, f DefaultExporterFilter) ([]DefaultExporter, error)
	UpdateDefaultExporter(ctx context.Context, id int64, u DefaultExporterUpdate) (DefaultExporter, error)
	DeleteDefaultExporter(ctx context.Context, id int64, o DeleteOptions) error

	CreateProbe(ctx context.Context, p *Probe) error
	Probe(ctx context.Context, id int64) (Probe, error)
	Probes(ctx context.Context, f ProbeFilter) ([]Probe, error)
	UpdateProbe(ctx context.Context, id int64, u ProbeUpdate) (Probe, error)
	DeleteProbe(ctx context.Context, id int64, o DeleteOptions) error

	CreateURL(ctx context.Context, u *URL) error
	URL(ctx context.Context, id int64) (URL, error)
	URLs(ctx context.Context, f URLFilter) ([]URL, error)
	UpdateURL(ctx context.Context, id int64, u URLUpdate) (URL, error)
	DeleteURL(ctx context.Context, id int64, o DeleteOptions) error

	// SetHosts adds, removes or replaces hosts of the project with the id, all in one write. A project without a farm
	// gets one of its own name with its first host.
	SetHosts(ctx context.Context, project int64, h SetHosts) (SetHostsResult, error)

	// RegisterServer puts the server host:port on the shard, creating either when missing and moving a server that
	// was on another shard.
	RegisterServer(ctx context.Context, shard, host string, port int) (ServerRegistration, error)
	// RegisterHost adds the host to an existing project, with a farm of the project's name when it has none, and
	// says whether the host is new.
	RegisterHost(ctx context.Context, project, host string) (Host, bool, error)
	// RegisterJob adds an exporter to an existing project unless one with the same job and port is there (its path
	// and the rest are then left as they are), and says whether it is new.
	RegisterJob(ctx context.Context, e Exporter) (Exporter, bool, error)
	// RegisterExporter adds a default exporter unless one with the same job, port and path is there, and says whether
	// it is new.
	RegisterExporter(ctx context.Context, job string, port int, path string) (DefaultExporter, bool, error)
	// Import takes in a list as Promgen and promshard export them, in one transaction.
	Import(ctx context.Context, groups ImportGroups, o ImportOptions) (ImportResult, error)
	// Apply makes the inventory have all that a document states, in one write of what differs. What is not stated stays
	// as it is, but for lists of projects, which are then all that the project has from ApplyOptions.ManagedBy, and for
	// what ApplyOptions.Prune deletes. Errors name the place in the document.
	Apply(ctx context.Context, d Document, o ApplyOptions) (ApplyResult, error)
	// Sync brings in what another inventory has, and at later runs what has changed there since, in one transaction.
	// Edits made here survive. Rows that the inventory does not accept, and conflicts, are issues of the result; the
	// rest goes in.
	Sync(ctx context.Context, source SyncSource, o SyncOptions) (SyncResult, error)

	// JournalPage returns the entry of one revision with what it did to each object, from the object at offset on, and no
	// more objects than limit; 0 means 100, the most is 1,000.
	JournalPage(ctx context.Context, revision, offset int64, limit int) (JournalPage, error)
	// Revert undoes one revision, as one new write, unless something newer stands in the way: then it is a
	// *RevertError.
	Revert(ctx context.Context, revision int64) (Reversal, error)
}

// Inventory is a Registry with its whole journal, who may do what, and all that lists are made of. *Store implements it.
type Inventory interface {
	Registry
	AccessControl

	// Journal returns entries of the journal.
	Journal(ctx context.Context, f JournalFilter) ([]Entry, error)
	// Load sends everything that lists are rendered from to the sink, as it is at the revision returned: one
	// consistent view, streamed.
	Load(ctx context.Context, sink Sink) (Revision, error)
}

// ServerRegistration is what RegisterServer did.
type ServerRegistration struct {
	Server       Server `json:"server"`
	CreatedShard bool   `json:"created_shard"`
	Created      bool   `json:"created"`
	// MovedFrom is the shard the server was on before, empty when it was not moved.
	MovedFrom string `json:"moved_from,omitempty"`
}

// History is what else an inventory in a database knows of its past, and of those who ask for its lists.
type History interface {
	// Between rebuilds what a range of revisions touched, as it was at both ends.
	Between(ctx context.Context, from, to int64) (Past, error)
	// Trace goes back through what happened to some objects of a project.
	Trace(ctx context.Context, project int64, objects []Object, visit func(revision int64, before *ProjectRows) bool) error
	// ProjectRows returns what the lists of projects are made of now; those that are not there are not in it.
	ProjectRows(ctx context.Context, ids []int64) (map[int64]*ProjectRows, error)
	// NearHosts returns names of hosts that are spelled much like one, the nearest first; NearURLs does so for URLs.
	NearHosts(ctx context.Context, name string, limit int) ([]string, error)
	NearURLs(ctx context.Context, url string, limit int) ([]string, error)
	// LastNamed returns the last thing that is known of an object of that name which is not there any more.
	LastNamed(ctx context.Context, noun, name string) (Departure, bool, error)
	// Consumers returns what all replicas have seen of those who ask for lists.
	Consumers(ctx context.Context) ([]Consumer, error)
}
