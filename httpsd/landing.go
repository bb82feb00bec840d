package httpsd

import (
	"bytes"
	_ "embed"
	"html/template"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/promshard/promshard/httpsd/snapshot"
)

//go:embed page/landing.html
var landingHTML string

//go:embed page/style.css
var styleCSS string

var landingTemplate = template.Must(template.New("landing").Parse(landingHTML))

// landingPage is what page/landing.html shows.
type landingPage struct {
	Loaded bool
	// Closed is true for whoever may not see the inventory.
	Closed   bool
	Stale    string
	Revision int64
	Shards   []landingShard
}

type landingShard struct {
	Name, URL                                string
	Enabled                                  bool
	Targets, URLs                            int
	Servers                                  []string
	TargetsHref, URLsHref                    string
	TargetsSnippet, URLsSnippet, KeepSnippet string
}

// landing shows the shards and what to paste for each.
func (h *handler) landing(w http.ResponseWriter, r *http.Request) error {
	var page landingPage
	if s := h.o.Publisher.Snapshot(); s != nil {
		page = landingPage{Loaded: true, Closed: !h.seesAll(r), Revision: s.Revision().Number}
		if !page.Closed {
			page.Shards = landingShards(s, h.baseURL(r))
		}
	}
	if age := h.o.Publisher.Staleness(); age > h.o.StaleAfter {
		page.Stale = age.Round(time.Second).String()
	}
	var body bytes.Buffer
	if err := landingTemplate.Execute(&body, page); err != nil {
		return err
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Cache-Control", "no-cache")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	header.Set("X-Content-Type-Options", "nosniff")
	w.Write(body.Bytes()) //nolint:errcheck // the client is gone; there is nobody to tell
	return nil
}

// seesAll says whether whoever sent the request may see the whole inventory: everybody while lists are open.
func (h *handler) seesAll(r *http.Request) bool {
	a := h.o.Access
	if a == nil || a.o.OpenLists {
		return true
	}
	who, err := a.identify(r)
	return err == nil && who != nil && who.rights.View.Everywhere
}

// style sends the stylesheet of the pages.
func (h *handler) style(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Cache-Control", "max-age=3600")
	writeText(w, "text/css; charset=utf-8", styleCSS)
	return nil
}

// baseURL is how Prometheus servers reach this promshard: as the options say, else as the page was asked for.
func (h *handler) baseURL(r *http.Request) *url.URL {
	if h.o.ExternalURL != nil {
		return h.o.ExternalURL
	}
	base := &url.URL{Scheme: "http", Host: r.Host}
	if r.TLS != nil {
		base.Scheme = "https"
	}
	// A Host header may hold nearly anything; one that does not survive as the host of a URL is not repeated.
	if parsed, err := url.Parse(base.String()); err != nil || parsed.Host != r.Host || r.Host == "" {
		base.Host = "localhost"
	}
	return base
}

// landingShards describes every shard for the page.
func landingShards(s *snapshot.Snapshot, base *url.URL) []landingShard {
	servers := map[int64][]string{}
	for _, server := range s.Servers() {
		servers[server.ShardID] = append(servers[server.ShardID], net.JoinHostPort(server.Host, strconv.Itoa(server.Port)))
	}
	stats := s.Shards()
	shards := make([]landingShard, 0, len(stats))
	for _, stat := range stats {
		query := url.Values{"shard": {stat.Name}}
		shards = append(shards, landingShard{
			Name: stat.Name, URL: stat.URL, Enabled: stat.Enabled, Targets: stat.Targets, URLs: stat.URLs, Servers: servers[stat.ID],
			TargetsHref:    "sd/targets?" + query.Encode(),
			URLsHref:       "sd/urls?" + query.Encode(),
			TargetsSnippet: targetsSnippet(listURL(base, "targets", query)),
			URLsSnippet:    urlsSnippet(listURL(base, "urls", query)),
			KeepSnippet:    keepSnippet(listURL(base, "targets", nil), stat.Name),
		})
	}
	return shards
}

// listURL is the address of a list as a Prometheus is to ask for it.
func listURL(base *url.URL, kind string, query url.Values) string {
	u := base.JoinPath("sd", kind)
	u.RawQuery = query.Encode()
	return u.String()
}
