package fleet

import "fmt"

// exporter is what a project's hosts answer on.
type exporter struct {
	job  string
	port int
	path string
}

// part is a piece of a service that a team runs as one project.
type part struct {
	name string
	own  exporter
}

// node is on every host.
var node = exporter{"node", 9100, ""}

var parts = []part{
	{"api", exporter{"app", 8080, "/actuator/prometheus"}},
	{"web", exporter{"nginx", 9113, ""}},
	{"worker", exporter{"jmx", 5556, ""}},
	{"db", exporter{"mysql", 9104, ""}},
	{"cache", exporter{"redis", 9121, ""}},
	{"proxy", exporter{"haproxy", 9101, ""}},
	{"queue", exporter{"kafka", 9308, ""}},
	{"search", exporter{"elasticsearch", 9114, ""}},
	{"batch", exporter{"process", 9256, ""}},
	{"store", exporter{"postgres", 9187, ""}},
}

// exporter is the project's exporter at index n: node, then its own, then those of other parts, then more of its own on
// ports that are free.
func (p part) exporter(n int) exporter {
	if n == 0 {
		return node
	}
	if n == 1 {
		return p.own
	}
	i := 0
	for parts[i].name != p.name {
		i++
	}
	if n <= len(parts) {
		return parts[(i+n-1)%len(parts)].own
	}
	return exporter{p.own.job, 20_000 + n, p.own.path}
}

var sites = []string{"tyo1", "osa1", "tpe1", "bkk1", "fra1", "sjc1"}

var modules = []string{"http_2xx", "http_post_2xx", "http_2xx_ipv6"}

var words = []string{
	"payments", "checkout", "catalog", "search", "accounts", "messaging", "stickers", "timeline", "music", "news",
	"ads", "billing", "shipping", "inventory", "orders", "coupons", "points", "rankings", "reviews", "profiles",
	"friends", "groups", "albums", "videos", "streaming", "weather", "maps", "taxi", "delivery", "hotels",
	"flights", "tickets", "games", "lottery", "surveys", "events", "calendar", "notes", "files", "backup",
	"mail", "push", "sms", "voice", "translate", "speech", "vision", "recommend", "feeds", "reports",
	"metrics", "logs", "audit", "login", "tokens", "fraud", "risk", "ledger", "wallet", "exchange",
}

var qualifiers = []string{
	"core", "edge", "gateway", "admin", "mobile", "partner", "internal", "public", "realtime", "analytics",
	"jp", "tw", "th", "id", "kr", "us", "eu", "lab", "next", "legacy",
	"sync", "ingest", "index", "archive", "export", "import", "rules", "limits", "quota", "config",
	"events", "jobs", "media", "thumbs", "cards", "offers", "pricing", "tax", "locale", "support", "trial",
}

// serviceName is different for every index.
func serviceName(i int) string {
	word, i := words[i%len(words)], i/len(words)
	if i == 0 {
		return word
	}
	qualifier, i := qualifiers[(i-1)%len(qualifiers)], (i-1)/len(qualifiers)
	if i == 0 {
		return word + "-" + qualifier
	}
	return fmt.Sprintf("%s-%s%d", word, qualifier, i+1)
}

func shardName(i int) string { return fmt.Sprintf("prod-%03d", i+1) }

// short is how host names begin for a service.
func short(service string) string { return service[:min(3, len(service))] }
