package snapshot

import (
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/cespare/xxhash/v2"
	"github.com/prometheus/common/model"

	"github.com/promshard/promshard/store"
)

// draft is one group before it is rendered.
type draft struct {
	kind Kind
	// id is the exporter's or the probe's, and hash that of the label set of its hosts (see hostSet).
	id   int64
	hash uint64
	job  string
	// hosts are at port in a group of targets; urls are the targets of a group of URLs.
	hosts  []store.HostRow
	port   int
	urls   []store.URLRow
	labels labelSet
}

// targets is the number of targets.
func (d *draft) targets() int {
	if d.kind == URLs {
		return len(d.urls)
	}
	return len(d.hosts)
}

// appendTarget appends the target at index i, its variable part through escape.
func (d *draft) appendTarget(dst []byte, i int, escape func(dst []byte, s string) []byte) []byte {
	if d.kind == URLs {
		return escape(dst, d.urls[i].URL)
	}
	host := d.hosts[i].Name
	if strings.Contains(host, ":") { // an IPv6 address
		dst = append(dst, '[')
		dst = escape(dst, host)
		dst = append(dst, ']')
	} else {
		dst = escape(dst, host)
	}
	dst = append(dst, ':')
	return strconv.AppendInt(dst, int64(d.port), 10)
}

// shardOf decides which shard scrapes a target of a project. Nothing else does.
func shardOf(p *store.ProjectRows, _ string) (id int64, name string) {
	return p.ShardID, p.Shard
}

// drafts yields the groups of a project, in no order that means anything. Each is valid until the next.
func (r *renderer) drafts(p *store.ProjectRows) iter.Seq[*draft] {
	return func(yield func(*draft) bool) {
		sets := splitHosts(p.Hosts)
		for i := range p.Exporters {
			for j := range sets {
				if !yield(r.exporterDraft(p, &p.Exporters[i], &sets[j])) {
					return
				}
			}
		}
		for urls := range byProbe(p.URLs) {
			if !yield(r.urlDraft(p, urls)) {
				return
			}
		}
	}
}

// exporterDraft is the group of the hosts of one set at one exporter.
func (r *renderer) exporterDraft(p *store.ProjectRows, e *store.ExporterRow, set *hostSet) *draft {
	d := &r.draft
	*d = draft{kind: Targets, id: e.ID, hash: set.hash, job: e.Job, hosts: set.hosts, port: e.Port, labels: d.labels[:0]}
	_, shard := shardOf(p, set.hosts[0].Name)

	d.labels.addAll(p.ServiceLabels)
	d.labels.addAll(p.Labels)
	d.labels.addAll(e.Labels)
	d.labels.addAll(set.labels)
	d.labels.add(shardLabel, shard)
	d.labels.add("service", p.Service)
	d.labels.add("project", p.Name)
	d.labels.add("farm", p.Farm)
	d.labels.add(farmSourceLabel, p.FarmSource)
	d.labels.add("job", e.Job)
	d.labels.add(model.SchemeLabel, e.Scheme)
	d.labels.addPath(e.Path)
	if e.ScrapeInterval > 0 {
		d.labels.add(model.ScrapeIntervalLabel, e.ScrapeInterval.String())
	}
	if e.ScrapeTimeout > 0 {
		d.labels.add(model.ScrapeTimeoutLabel, e.ScrapeTimeout.String())
	}
	d.labels.settle()
	return d
}

// addPath adds what an exporter's path says: the metrics path, and a label for each parameter of its query. Of a
// path that the store would not accept today, what stands before the query remains.
func (s *labelSet) addPath(path string) {
	if path == "" {
		return
	}
	plain, params, err := store.SplitPath(path)
	if err != nil {
		plain, _, _ = strings.Cut(path, "?")
	}
	s.add(model.MetricsPathLabel, plain)
	for _, param := range params {
		s.add(model.ParamLabelPrefix+param.Name, param.Value)
	}
}

// urlDraft is the group of a project's URLs that one probe checks.
func (r *renderer) urlDraft(p *store.ProjectRows, urls []store.URLRow) *draft {
	d := &r.draft
	probe := urls[0]
	*d = draft{kind: URLs, id: probe.ProbeID, job: probe.Module, urls: urls, labels: d.labels[:0]}
	_, shard := shardOf(p, probe.URL)

	d.labels.addAll(p.ServiceLabels)
	d.labels.addAll(p.Labels)
	d.labels.add(shardLabel, shard)
	d.labels.add("service", p.Service)
	d.labels.add("project", p.Name)
	d.labels.add("job", probe.Module)
	d.labels.add(model.ParamLabelPrefix+"module", probe.Module)
	d.labels.settle()
	return d
}

// byProbe yields the runs of URLs that one probe checks.
func byProbe(urls []store.URLRow) iter.Seq[[]store.URLRow] {
	return func(yield func([]store.URLRow) bool) {
		for len(urls) > 0 {
			n := 1
			for n < len(urls) && urls[n].ProbeID == urls[0].ProbeID {
				n++
			}
			if !yield(urls[:n]) {
				return
			}
			urls = urls[n:]
		}
	}
}

// hostSet are the hosts of a project that have the same labels of their own.
type hostSet struct {
	// hash is that of the label set, 0 for the empty one.
	hash   uint64
	labels store.Labels
	hosts  []store.HostRow
}

// splitHosts groups hosts by their label sets and keeps their order within each.
func splitHosts(hosts []store.HostRow) []hostSet {
	if len(hosts) == 0 {
		return nil
	}
	if !slices.ContainsFunc(hosts, func(h store.HostRow) bool { return len(h.Labels) > 0 }) {
		return []hostSet{{hosts: hosts}}
	}
	var sets []hostSet
	known := map[string]int{}
	for _, host := range hosts {
		key := labelSetKey(host.Labels)
		i, ok := known[key]
		if !ok {
			i = len(sets)
			known[key] = i
			sets = append(sets, hostSet{hash: labelSetHash(key), labels: host.Labels})
		}
		sets[i].hosts = append(sets[i].hosts, host)
	}
	return sets
}

// labelSetKey is one string for equal label sets: names, in order, and values, each followed by a byte that UTF-8
// does not have.
func labelSetKey(labels store.Labels) string {
	if len(labels) == 0 {
		return ""
	}
	const end = 0xff
	var key []byte
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		key = append(append(key, name...), end)
		key = append(append(key, labels[name]...), end)
	}
	return string(key)
}

// labelSetHash is part of a group's source id; 0 is for the empty set.
func labelSetHash(key string) uint64 {
	if key == "" {
		return 0
	}
	return max(xxhash.Sum64String(key), 1)
}
