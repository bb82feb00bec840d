package promgen

import (
	"cmp"
	"net/netip"
	"net/url"
	"regexp"
	"strings"

	"github.com/promshard/promshard/store"
)

// madeUpKey is a key that Promgen knows nothing of.
var madeUpKey = regexp.MustCompile(` under the key -[0-9]+`)

// Explain puts an issue of a sync into Promgen's terms, with a hint that is more to the point where the value tells what was
// meant.
func Explain(i store.SyncIssue) store.SyncIssue {
	i.Reason = madeUpKey.ReplaceAllString(i.Reason, " in another row")
	i.Reason = strings.NewReplacer("under the key", "under the id", "the source", "Promgen").Replace(i.Reason)
	if i.Kind == store.SyncRefused {
		i.Hint = suggest(i)
	}
	i.Hint = strings.NewReplacer("let the source win", "let Promgen win with --theirs", "the source", "Promgen").Replace(i.Hint)
	return i
}

func suggest(i store.SyncIssue) string {
	switch {
	case i.Value != "" && strings.TrimSpace(i.Value) != i.Value && strings.TrimSpace(i.Value) != "":
		return "take the white space around it away in Promgen"
	case i.Field == "name" && i.Noun == "host", i.Field == "host":
		return cmp.Or(suggestHost(i.Value), i.Hint)
	case i.Field == "path":
		return cmp.Or(suggestPath(i.Value), i.Hint)
	case i.Field == "port":
		return "give it a port from 1 to 65535 in Promgen, or delete it there"
	case i.Field == "scheme":
		return "make it http or https in Promgen, or delete it there"
	case i.Field == "url":
		return cmp.Or(suggestURL(i.Value), i.Hint)
	}
	return i.Hint
}

// suggestHost says what a host is called that came as a URL or with a port.
func suggestHost(host string) string {
	if host == "" {
		return "delete it in Promgen"
	}
	if _, rest, ok := strings.Cut(host, "://"); ok {
		if u, err := url.Parse("http://" + rest); err == nil && u.Hostname() != "" {
			return "name it " + u.Hostname() + " in Promgen; the scheme, the port and the path are the exporter's"
		}
	}
	if addr, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil && addr.Zone() != "" {
		return "give it an address without a zone, or a name, in Promgen"
	}
	if name, port, ok := strings.Cut(host, ":"); ok && name != "" && strings.Trim(port, "0123456789") == "" {
		return "name it " + name + " in Promgen, and give the project an exporter on port " + port
	}
	return ""
}

// suggestPath says what to write in the place of a path.
func suggestPath(path string) string {
	base, query, hasQuery := strings.Cut(path, "?")
	switch {
	case !strings.HasPrefix(path, "/"):
		return "write it as /" + path + " in Promgen"
	case strings.Contains(base, "%"):
		if plain, err := url.PathUnescape(base); err == nil {
			return "write it as " + plain + strings.TrimPrefix(path, base) + " in Promgen; Prometheus escapes the path itself"
		}
	case hasQuery && strings.Contains(query, "[]"):
		return "put the parameter into the params of Prometheus's scrape configuration for this job, and take it out of the path"
	case hasQuery:
		return "put what Prometheus's labels cannot carry into the params of its scrape configuration for this job, and take it out of the path"
	}
	return ""
}

// suggestURL says what to write in the place of a URL.
func suggestURL(u string) string {
	switch {
	case strings.ContainsAny(u, " \t"):
		return "write it as " + strings.NewReplacer(" ", "%20", "\t", "%09").Replace(u) + " in Promgen"
	case strings.Contains(u, "://") && !strings.HasPrefix(u, "http://") && !strings.HasPrefix(u, "https://"):
		return "the probes of lists are of http and https; put it into a scrape configuration of its own"
	}
	return ""
}
