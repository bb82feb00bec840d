package consumers

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/promshard/promshard/store"
)

// View is one consumer as all replicas together have seen it.
type View struct {
	Address   string `json:"address"`
	UserAgent string `json:"user_agent"`
	// List is "targets" or "urls", Path the address that is asked at, Filters what narrows the list.
	List    string              `json:"list"`
	Path    string              `json:"path"`
	Filters map[string][]string `json:"filters"`
	// Interval is how often it says that it asks, in seconds, 0 when it does not say.
	Interval float64 `json:"interval_seconds"`
	// Held and Watching count its requests that are held and its streams that are open, at this moment.
	Held     int64     `json:"held"`
	Watching int64     `json:"watching"`
	First    time.Time `json:"first_seen"`
	Last     time.Time `json:"last_seen"`
	Requests int64     `json:"requests"`
	// Revision is the one that it was last sent, Tag the entity tag of that list; empty for a stream.
	Revision int64  `json:"revision"`
	Tag      string `json:"tag,omitempty"`
	// Replicas are those that have seen it.
	Replicas []string `json:"replicas"`
}

// Join puts together what replicas have seen of the same consumers, those that were seen last first.
func Join(rows []store.Consumer) []View {
	byKey := map[key]*View{}
	for _, row := range rows {
		k := key{row.Address, row.UserAgent, row.Path, row.Query}
		if byKey[k] == nil {
			byKey[k] = newView(row)
		}
		byKey[k].add(row)
	}
	views := make([]View, 0, len(byKey))
	for _, v := range byKey {
		slices.Sort(v.Replicas)
		v.Replicas = slices.Compact(v.Replicas)
		views = append(views, *v)
	}
	slices.SortFunc(views, func(a, b View) int {
		return cmp.Or(b.Last.Compare(a.Last), cmp.Compare(a.Address, b.Address), cmp.Compare(a.Path, b.Path),
			cmp.Compare(a.UserAgent, b.UserAgent), strings.Compare(a.FilterText(), b.FilterText()))
	})
	return views
}

// newView is a view of nobody's requests yet.
func newView(row store.Consumer) *View {
	filters, err := url.ParseQuery(row.Query)
	if err != nil {
		filters = url.Values{"query": {row.Query}}
	}
	v := &View{Address: row.Address, UserAgent: row.UserAgent, Path: row.Path, List: listOf(row.Path, filters), First: row.First}
	delete(filters, "kind")
	v.Filters = filters
	return v
}

// listOf says which kind of list an address has.
func listOf(path string, filters url.Values) string {
	if strings.Contains(path, "/urls") || filters.Get("kind") == "urls" {
		return "urls"
	}
	return "targets"
}

func (v *View) add(row store.Consumer) {
	if row.First.Before(v.First) {
		v.First = row.First
	}
	if row.Last.After(v.Last) {
		v.Last, v.Interval, v.Revision, v.Tag = row.Last, row.Interval.Seconds(), row.Revision, row.Tag
	}
	v.Held += row.Held
	v.Watching += row.Watching
	v.Requests += row.Requests
	v.Replicas = append(v.Replicas, row.Replica)
}

// FilterText is the filters on one line: "shard=prod service=shop".
func (v *View) FilterText() string {
	text, err := url.QueryUnescape(strings.ReplaceAll(url.Values(v.Filters).Encode(), "&", " "))
	if err != nil {
		return ""
	}
	return text
}

// Live says whether the consumer still asks: it holds something open, or was seen within three of its intervals, and
// within five minutes at least; fifteen when it does not say how often it asks.
func (v *View) Live(now time.Time) bool {
	if v.Held > 0 || v.Watching > 0 {
		return true
	}
	patience := 15 * time.Minute
	if v.Interval > 0 {
		patience = max(5*time.Minute, time.Duration(3*v.Interval*float64(time.Second)))
	}
	return now.Sub(v.Last) <= patience
}

// Place is where a target is in the inventory.
type Place struct {
	Shard string
	// Servers are those that are registered to the shard, as HOST:PORT.
	Servers   []string
	Service   string
	ServiceID int64
	Project   string
	ProjectID int64
	Farm      string
	Job       string
}

// Gets says whether the consumer asks for a list of that kind that has what is at the place.
func (v *View) Gets(list string, p Place) bool {
	if v.List != list || !pathAdmits(v.Path, p) {
		return false
	}
	for filter, value := range map[string]string{"service": p.Service, "project": p.Project, "farm": p.Farm, "job": p.Job} {
		if wanted := v.Filters[filter]; len(wanted) > 0 && !slices.Contains(wanted, value) {
			return false
		}
	}
	shards, servers := v.Filters["shard"], v.Filters["server"]
	if len(shards)+len(servers) == 0 || slices.Contains(shards, p.Shard) {
		return true
	}
	return slices.ContainsFunc(servers, func(s string) bool { return slices.Contains(p.Servers, s) })
}

// pathAdmits says whether the list of an address that names a service or a project has what is at the place.
func pathAdmits(path string, p Place) bool {
	path = strings.TrimPrefix(path, "/rest")
	name := func(noun string) (string, bool) {
		rest, ok := strings.CutPrefix(path, "/"+noun+"/")
		return strings.TrimSuffix(strings.TrimSuffix(rest, "/"), "/targets"), ok
	}
	if service, ok := name("service"); ok {
		return service == p.Service || service == strconv.FormatInt(p.ServiceID, 10)
	}
	if project, ok := name("project"); ok {
		return project == p.Project || project == strconv.FormatInt(p.ProjectID, 10)
	}
	return true
}
