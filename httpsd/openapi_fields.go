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

	"Principal.version":      {"description": "The revision at which its grants or its end last changed; in quotes, its ETag", "minimum": 1},
	"Principal.kind":         {"description": "A token is known by its secret, a user by what the web server has checked, a certificate by its common name", "enum": []any{"token", "user", "certificate"}},
	"Principal.grants":       {"description": "What it may do"},
	"Principal.created_by":   {"description": "Who let it in, as the journal names it"},
	"Principal.expires_at":   {"description": "From when on it is not let in any more; null is never"},
	"Principal.last_used_at": {"description": "When it was let in last, up to about a minute late; null is never"},
	"Grant.role":             {"description": "Each includes those before it", "enum": []any{"reader", "viewer", "editor", "admin"}},
	"Grant.on":               {"description": "What the role is on, with all that belongs to it; admin is on everything alone", "enum": []any{"everything", "service", "project", "shard"}, "default": "everything"},
	"Grant.id":               {"description": "The id of the service, the project or the shard; the name is not looked at beside it"},
	"Grant.name":             {"description": "The name of the service, the project or the shard; not there once that is gone"},
	"withSecret.secret":      {"description": "To be sent as a bearer token; it is shown this once. A dry run has none", "pattern": "^psh_"},

	"SetHostsResult.missing": {"description": "Names that were to be removed and were not there"},
}
