//go:build e2e && linux

package e2e

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// custom returns the Prometheus 3.15 that has promshard's Discoverer compiled in.
func custom(t *testing.T) release {
	t.Helper()
	r := releases(t)[0]
	r.version += " with promshard"
	r.path = prometheusPath(t, "PROMSHARD_PROMETHEUS_CUSTOM", "promshard-prometheus-slim")
	return r
}

// newCustomScene registers the fleet on the database, and starts two replicas and a custom Prometheus for each shard. Of
// these, the one on 大阪 has no cache files, and the one on gamma ray names itself in place of the shard.
func newCustomScene(t *testing.T, database string) *scene {
	t.Helper()
	s := &scene{added: map[string][]labels{}}
	for range 2 {
		s.replicas = append(s.replicas, serve(t, database))
	}
	for _, shard := range shards {
		s.servers = append(s.servers, &prometheus{
			release: custom(t), name: "custom on " + shard, shard: shard, address: freeAddress(t),
		})
	}
	s.fleet = newFleet(t, database, s.servers)
	for _, p := range s.servers {
		p.jobs = s.customJobs(t, p)
		p.start(t)
	}
	return s
}

// customJobs returns the scrape configs for the targets and the URLs of a server's shard.
func (s *scene) customJobs(t *testing.T, p *prometheus) []job {
	t.Helper()
	var servers []string
	for _, r := range s.replicas {
		servers = append(servers, fmt.Sprintf("%q", "http://"+r.address))
	}
	section := fmt.Sprintf("servers: [%s], shard: %q", strings.Join(servers, ", "), p.shard)
	if p.shard == "gamma ray" {
		section = fmt.Sprintf("servers: [%s], server: %q", strings.Join(servers, ", "), p.address)
	}
	jobs := []job{
		{name: "shard", promshard: section},
		{name: "urls", promshard: section + ", kind: urls", relabel: probeRelabelling},
	}
	dir := t.TempDir()
	for i, j := range jobs {
		if p.shard != "大阪" {
			jobs[i].cache = filepath.Join(dir, j.name)
			jobs[i].promshard += fmt.Sprintf(", cache_file: %q", jobs[i].cache)
		}
	}
	return jobs
}

// meta returns the labels that discovery adds for relabelling, with ids as withoutIDs shows them.
func (j job) meta() labels {
	switch {
	case strings.Contains(j.files, "*"):
		return nil // which file a target is in differs
	case j.files != "":
		return labels{"__meta_filepath": j.files}
	case j.promshard == "":
		return labels{"__meta_url": j.url}
	case j.relabel == probeRelabelling:
		return labels{
			"__meta_promshard_source": "url/N/N", "__meta_promshard_kind": "urls",
			"__meta_promshard_project_id": "N", "__meta_promshard_probe_id": "N",
		}
	default:
		return labels{
			"__meta_promshard_source": "exporter/N", "__meta_promshard_kind": "targets",
			"__meta_promshard_project_id": "N", "__meta_promshard_exporter_id": "N", "__meta_promshard_farm_source": "promshard",
		}
	}
}

var (
	wholeID = regexp.MustCompile(`\b[0-9]+\b`)
	hashID  = regexp.MustCompile(`^(exporter/[0-9]+)/[0-9a-f]+$`)
)

// withoutIDs returns the labels with the letter N for each number that the database has chosen.
func withoutIDs(discovered labels) labels {
	shown := discovered.with(nil)
	for name, value := range shown {
		if strings.HasPrefix(name, "__meta_promshard_") {
			shown[name] = wholeID.ReplaceAllString(hashID.ReplaceAllString(value, "$1"), "N")
		}
	}
	return shown
}
