package httpsd

// hostPattern is what host names and addresses are made of; not all that is made of it is one.
const hostPattern = `^[0-9A-Za-z_.:\[\]-]+$`

// labelPattern is what names of labels are made of.
const labelPattern = `^[a-zA-Z_][a-zA-Z0-9_]*$`

// fieldDocs say what the fields of nouns are, by the field alone or with its type before it; the latter wins.
var fieldDocs = map[string]object{
	"id":          {"description": "Given by promshard, never twice", "minimum": 1},
	"version":     {"description": "The revision at which it last changed; in quotes, its ETag", "minimum": 0},
	"managed_by":  {"description": "The name under which apply owns it; not there when none does"},
	"name":        {"description": "Unique among its kind", "minLength": 1, "maxLength": 128},
	"description": {"description": "Free text"},
	"owner":       {"description": "Whom to ask; free text", "maxLength": 128},
	"labels":      {"description": "Labels of all its targets. Those of service, project, exporter and host come in this order, and the later one wins"},
	"port":        {"description": "A TCP port", "minimum": 1, "maximum": 65535},
	"job":         {"description": "The job label", "minLength": 1, "maxLength": 128},
	"scheme":      {"enum": []any{"http", "https"}},
	"shard":       {"description": "The name of its shard", "minLength": 1},
	"shard_id":    {"description": "The id of its shard", "minimum": 1},
	"service":     {"description": "The name of its service", "minLength": 1},
	"service_id":  {"description": "The id of its service", "minimum": 1},
	"project":     {"description": "The name of its project", "minLength": 1},
	"project_id":  {"description": "The id of its project", "minimum": 1},
	"probe":       {"description": "The module of its probe", "minLength": 1},
	"probe_id":    {"description": "The id of its probe", "minimum": 1},

	"path": {
		"description": "The path of the metrics, empty for Prometheus's own default. Each parameter of its query becomes a __param_ label",
		"maxLength":   1024,
	},

	"Shard.url":         {"description": "Where people reach the shard's Prometheus; may be empty", "maxLength": 2048},
	"Shard.enabled":     {"description": "Whether new projects may be put on it"},
	"Shard.samples":     {"description": "The estimated capacity in samples per second; 0 is not estimated", "minimum": 0},
	"Shard.targets":     {"description": "The estimated capacity in targets; 0 is not estimated", "minimum": 0},
	"Shard.max_removal": {"description": "The share of its targets, in percent, that one write may take away unconfirmed; 100 is no limit, 0 the server's own", "minimum": 0, "maximum": 100},

	"Server.host":     {"description": "A host name or an IP address", "minLength": 1, "maxLength": 255, "pattern": hostPattern},
	"Project.enabled": {"description": "false while the project is under maintenance: it then has no targets"},
	"Farm.name":       {"description": "Need not be unique: a project has at most one farm"},
	"Farm.source":     {"description": "Where its hosts come from", "minLength": 1, "maxLength": 128},

	"Host.name":    {"description": "A host name or an IP address, without a port; unique in its farm", "maxLength": 255, "pattern": hostPattern},
	"Host.enabled": {"description": "false while the host is under maintenance: it is then no target"},
	"Host.farm":    {"description": "The name of its farm"},
	"Host.farm_id": {"description": "The id of its farm", "minimum": 1},
	"Host.project": {"description": "The name of its project. A project without a farm gets one of its own name with its first host"},

	"Exporter.enabled":         {"description": "false while nothing is to be scraped of it"},
	"Exporter.scrape_interval": {"description": "Instead of that of the scrape configuration; 0s leaves it to that"},
	"Exporter.scrape_timeout":  {"description": "Needs an interval, and may not be longer; 0s leaves it to the scrape configuration"},

	"Probe.module": {"description": "A module of blackbox_exporter's configuration", "minLength": 1, "maxLength": 128},
	"URL.url":      {"description": "An absolute http or https URL", "minLength": 1, "maxLength": 2048},

	"errorBody.status":    {"enum": []any{"error"}},
	"errorBody.errorType": {"description": "What kind of error it is, for programs"},
	"errorBody.error":     {"description": "What is wrong, and what would be accepted"},
	"errorBody.field":     {"description": "The parameter, the header or the field that was refused"},
	"errorBody.value":     {"description": "What was given for it, shortened when it is long"},
	"errorBody.hint":      {"description": "A next step"},
	"errorBody.newer":     {"description": "The revision that stands in the way of a revert"},

	"GuardError.digest":        {"description": "Stands for all that would go"},
	"GuardError.shards":        {"description": "The shards that would lose too much"},
	"ShardRemoval.targets":     {"description": "How many targets the shard has before the write"},
	"ShardRemoval.removed":     {"description": "How many of them go"},
	"ShardRemoval.max_removal": {"description": "The share in percent that may go unconfirmed"},

	"receipt.revision": {"description": "The revision that the write made; 0 when it changed nothing"},
	"receipt.replayed": {"description": "true when it was done before, under the same Idempotency-Key"},
	"receipt.dry_run":  {"description": "true when nothing was kept, as was asked for"},
	"receipt.summary":  {"description": "What was done, as the journal has it"},
	"receipt.changes":  {"description": "How many rows of which noun were touched"},

	"ApplyResult.plan":     {"description": "Each object that was written, or would be, in this order"},
	"ApplyResult.revision": {"description": "The revision that was made; 0 when nothing was changed, and for a dry run"},
	"PlannedChange.title":  {"description": "The object by its name, and where it is"},
	"PlannedChange.id":     {"description": "0 for what a dry run would create"},
	"PlannedChange.noun":   {"description": "What it is, as the journal calls it"},
	"PlannedChange.name":   {"description": "What it is called"},
	"PlannedChange.kind":   {"description": "What becomes of it", "enum": []any{"created", "changed", "deleted"}},
	"PlannedChange.fields": {"description": "The fields that differ, labels each for itself"},
	"ObjectDiff.id":        {"minimum": 0},
	"ObjectDiff.name":      {"minLength": 0, "maxLength": 2048},

	"SyncSource.name":     {"description": "What the other inventory is called: what was taken in is remembered under this name, the same at every run"},
	"SyncResult.changes":  {"description": "Each row that was written, or would be, parents before children"},
	"SyncResult.issues":   {"description": "What needs a look"},
	"SyncResult.counts":   {"description": "How many rows of each noun the source has, and what became of them"},
	"SyncResult.revision": {"description": "The revision that was made; 0 when nothing was changed, and for a dry run"},
	"SyncChange.noun":     {"description": "What it is, as the journal calls it"},
	"SyncChange.key":      {"description": "What the source knows the row by"},
	"SyncChange.name":     {"description": "What it is called, and where it is", "minLength": 0, "maxLength": 4096},
	"SyncChange.action":   {"description": "What becomes of it", "enum": []any{"create", "update", "delete"}},
	"SyncChange.fields":   {"description": "The fields that an update changes"},
	"SyncIssue.kind":      {"description": "Whether the row was left out since it is not accepted, contradicts what was changed here, or got another id", "enum": []any{"refused", "conflict", "renumbered"}},
	"SyncIssue.noun":      {"description": "What it is, as the journal calls it"},
	"SyncIssue.key":       {"description": "What the source knows the row by"},
	"SyncIssue.name":      {"description": "What the source calls it", "minLength": 0, "maxLength": rowMost},
	"SyncIssue.project":   {"description": "The project that it belongs to", "minLength": 0},
	"SyncIssue.field":     {"description": "The field in question; not there when the row as a whole is meant"},
	"SyncIssue.value":     {"description": "What the source has there, shortened when it is long"},
	"SyncIssue.reason":    {"description": "What is wrong"},
	"SyncIssue.hint":      {"description": "What to do about it"},
	"SyncIssue.below":     {"description": "How many rows were left out since they hang on this one"},
	"SyncCounts.source":   {"description": "How many rows the source has"},
	"SyncCounts.left_out": {"description": "How many of them are not in the inventory now"},
	"FieldChange.before":  {"description": "The value that it had"},
	"FieldChange.after":   {"description": "The value that it has now, or would have"},

	"SetHostsResult.missing": {"description": "Names that were to be removed and were not there"},
}
