package snapshot

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/prometheus/common/model"
	"pgregory.net/rapid"

	"github.com/promshard/promshard/store"
)

// Generators of what the store accepts.

var (
	genName = rapid.Map(rapid.StringN(1, 20, -1), func(s string) string {
		return "n" + strings.Map(printable, s) + "\"<界>"
	})
	genValue = rapid.OneOf(rapid.Just(""), rapid.SampledFrom([]string{"a", "b"}), rapid.String())
	genHost  = rapid.OneOf(
		rapid.StringMatching(`[a-z][a-z0-9_]{0,8}(\.[a-z][a-z0-9-]{0,5}[a-z]){0,2}`),
		rapid.StringMatching(`10\.[1-9]\.[1-9]\.[1-9][0-9]?`),
		rapid.StringMatching(`2001:db8:[1-9a-f]{1,4}::[1-9a-f]{1,4}`),
	)
	genLabelName = rapid.OneOf(
		rapid.SampledFrom([]string{"team", "env", "instance", "__param_module", "__param_x"}),
		rapid.StringMatching(`[a-zA-Z][a-zA-Z0-9_]{0,6}`).Filter(func(s string) bool {
			return !slices.Contains([]string{"job", "farm", "project", "service"}, s)
		}),
	)
	genSeconds = rapid.IntRange(1, 120)
)

func printable(r rune) rune {
	if unicode.IsControl(r) {
		return '?'
	}
	return r
}

// genLabels makes user labels, those that say how to scrape among them.
var genLabels = rapid.Custom(func(t *rapid.T) store.Labels {
	labels := store.Labels(rapid.MapOfN(genLabelName, genValue, 0, 4).Draw(t, "labels"))
	if rapid.IntRange(0, 3).Draw(t, "with interval") == 0 {
		interval := genSeconds.Draw(t, "interval")
		labels["__scrape_interval__"] = fmt.Sprintf("%ds", interval)
		if rapid.Bool().Draw(t, "with timeout") {
			labels["__scrape_timeout__"] = fmt.Sprintf("%ds", rapid.IntRange(1, interval).Draw(t, "timeout"))
		}
	}
	return labels
})

var genPath = rapid.Custom(func(t *rapid.T) string {
	path := rapid.SampledFrom([]string{"", "/", "/metrics", "/監視/m", "/a b"}).Draw(t, "path")
	if path == "" {
		return ""
	}
	params := rapid.MapOfN(rapid.StringMatching(`[a-z_0-9]{1,4}`), rapid.StringN(1, 5, -1), 0, 3).Draw(t, "params")
	query := url.Values{}
	for name, value := range params {
		query.Set(name, value)
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return path
})

var genExporter = rapid.Custom(func(t *rapid.T) store.ExporterRow {
	e := store.ExporterRow{
		Job: genName.Draw(t, "job"), Port: rapid.IntRange(1, 65535).Draw(t, "port"), Path: genPath.Draw(t, "path"),
		Scheme: rapid.SampledFrom([]string{"http", "https"}).Draw(t, "scheme"), Labels: genLabels.Draw(t, "labels"),
	}
	if rapid.Bool().Draw(t, "with interval") {
		interval := genSeconds.Draw(t, "interval")
		e.ScrapeInterval = model.Duration(time.Duration(interval) * time.Second)
		if rapid.Bool().Draw(t, "with timeout") {
			e.ScrapeTimeout = model.Duration(time.Duration(rapid.IntRange(1, interval).Draw(t, "timeout")) * time.Second)
		}
	}
	return e
})

// genHosts makes hosts as the store sends them: each once, in order.
var genHosts = rapid.Custom(func(t *rapid.T) []store.HostRow {
	names := rapid.SliceOfNDistinct(genHost, 0, 6, rapid.ID).Draw(t, "hosts")
	slices.Sort(names)
	sets := rapid.SliceOfN(genLabels, 1, 2).Draw(t, "host labels")
	var hosts []store.HostRow
	for _, name := range names {
		h := store.HostRow{Name: name}
		if i := rapid.IntRange(0, 2*len(sets)).Draw(t, "label set"); i < len(sets) {
			h.Labels = sets[i]
		}
		hosts = append(hosts, h)
	}
	return hosts
})

var genURLs = rapid.Custom(func(t *rapid.T) []store.URLRow {
	var urls []store.URLRow
	for probe := range rapid.IntRange(0, 2).Draw(t, "probes") {
		module := fmt.Sprintf("%s-%d", genName.Draw(t, "module"), probe)
		for _, path := range []string{"/a", "/b?x=1&y=<2>"}[:rapid.IntRange(1, 2).Draw(t, "urls")] {
			urls = append(urls, store.URLRow{ProbeID: int64(probe + 1), Module: module, URL: "https://www.example.com" + path})
		}
	}
	return urls
})

// genProject makes the rows of one project.
var genProject = rapid.Custom(func(t *rapid.T) *store.ProjectRows {
	p := &store.ProjectRows{
		ID: 7, Name: genName.Draw(t, "project"), Labels: genLabels.Draw(t, "project labels"),
		ServiceID: 1, Service: genName.Draw(t, "service"), ServiceLabels: genLabels.Draw(t, "service labels"),
		ShardID: 1, Shard: genName.Draw(t, "shard"), URLs: genURLs.Draw(t, "urls"),
	}
	if rapid.IntRange(0, 5).Draw(t, "with farm") > 0 {
		p.Farm, p.FarmSource, p.Hosts = genName.Draw(t, "farm"), genName.Draw(t, "source"), genHosts.Draw(t, "hosts")
	}
	p.Exporters = rapid.SliceOfN(genExporter, 0, 4).Draw(t, "exporters")
	for i := range p.Exporters {
		p.Exporters[i].ID = int64(i + 1)
	}
	return p
})
