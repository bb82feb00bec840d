package promfile

import (
	"cmp"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"

	"github.com/promshard/promshard/store"
)

// target is one target with its place.
type target struct {
	// jobName is that of the scrape config, for notes.
	jobName string
	// service, project and shard are what the rules say; farm and source what labels say.
	service, project, shard, farm, source string
	address                               string
	// port is that of the address, for names.
	port string
	job  string
	// scheme and path are empty for the defaults.
	scheme, path string
	// module is that of the probe of a URL, empty for others.
	module string
	// labels are all others.
	labels map[string]string
}

// target takes in one target, or notes why not.
func (p *planner) target(s *scrape, address string, labels map[string]string) {
	t := &target{jobName: s.JobName, address: address, labels: maps.Clone(labels)}
	if !p.place(t) {
		return
	}
	if isURL(address) && t.labels[paramPrefix+"module"] != "" {
		p.asURL(t)
	} else if !p.asHost(s, t) {
		return
	}
	if err := store.CheckImportGroup(t.group()); err != nil {
		p.leaveOut(t, err.Error(), "correct it, or keep it in prometheus.yml")
		return
	}
	p.targets = append(p.targets, t)
}

func (p *planner) leaveOut(t *target, reason, suggestion string) {
	p.noteOnce(LeftOut, t.jobName, cmp.Or(t.address, "a target"), reason, suggestion)
}

// place applies the rules. Labels of names that a list has places for are taken away, since the places say it.
func (p *planner) place(t *target) bool {
	for _, r := range []struct {
		flag string
		rule Rule
		to   *string
	}{
		{"service", p.options.Service, &t.service},
		{"project", p.options.Project, &t.project},
		{"job", p.options.Job, &t.job},
		{"shard", p.options.Shard, &t.shard},
	} {
		if *r.to = r.rule.of(t.labels); *r.to == "" {
			p.leaveOut(t, fmt.Sprintf("has none of the labels that --%s=%s names", r.flag, r.rule),
				fmt.Sprintf("--%s=%s,=NAME gives a name to such targets", r.flag, r.rule))
			return false
		}
	}
	t.farm, t.source = t.labels["farm"], t.labels["__farm_source"]
	for name, is := range map[string]string{"service": t.service, "project": t.project, "job": t.job, "__shard": t.shard} {
		if was := t.labels[name]; was != "" && was != is {
			p.noteOnce(Changed, t.jobName, fmt.Sprintf("label %s=%q", name, was), fmt.Sprintf("becomes %q, as the rules say", is), "choose another rule, or rename the label")
		}
		delete(t.labels, name)
	}
	delete(t.labels, "farm")
	delete(t.labels, "__farm_source")
	return true
}

func isURL(address string) bool {
	return strings.HasPrefix(address, "http://") || strings.HasPrefix(address, "https://")
}

// asURL makes the target a URL that a probe checks. Where the prober itself is, and how often it is asked, stays with
// the scrape config.
func (p *planner) asURL(t *target) {
	t.module = t.labels[paramPrefix+"module"]
	if t.job != t.module {
		p.noteOnce(Changed, t.jobName, fmt.Sprintf("label job=%q", t.job), fmt.Sprintf("becomes %q: the job of URLs is the module that checks them", t.module),
			"change it back in the scrape config that reads them, with job_name or relabel_configs, or follow it in rules and dashboards")
	}
	t.job, t.farm, t.source = "", "", ""
	maps.DeleteFunc(t.labels, func(name, _ string) bool { return strings.HasPrefix(name, "__") })
}

// asHost makes the target one of an exporter on a host.
func (p *planner) asHost(s *scrape, t *target) bool {
	t.scheme, t.path = t.labels[schemeLabel], t.labels[pathLabel]
	delete(t.labels, schemeLabel)
	delete(t.labels, pathLabel)
	if t.scheme == "http" {
		t.scheme = ""
	}
	if t.path == "/metrics" {
		t.path = ""
	}
	if strings.Contains(t.path, "?") {
		p.leaveOut(t, fmt.Sprintf("its metrics_path %q has a ? in it, which Prometheus escapes", t.path), "write the query as params")
		return false
	}
	_, relabelled := s.Rest["relabel_configs"]
	_, port, err := net.SplitHostPort(t.address)
	if err != nil && !strings.Contains(t.address, "/") && !relabelled {
		address := net.JoinHostPort(strings.Trim(t.address, "[]"), defaultPort(t.scheme))
		p.note(Changed, t.jobName, t.address, "has no port, and becomes "+address+", which is what Prometheus scrapes", "expect another instance label")
		t.address = address
		_, port, err = net.SplitHostPort(address)
	}
	if err != nil {
		p.leaveOut(t, "is not host:port, and no URL of a job with params: {module: […]} either", "keep it in prometheus.yml, or correct it")
		return false
	}
	t.port = port
	return true
}

func defaultPort(scheme string) string {
	if scheme == "https" {
		return "443"
	}
	return "80"
}

// group is a group of this target alone.
func (t *target) group() store.ImportGroup {
	labels := maps.Clone(t.labels)
	maps.Copy(labels, map[string]string{"service": t.service, "project": t.project, "__shard": t.shard})
	for name, value := range map[string]string{
		"job": t.job, "farm": t.farm, "__farm_source": t.source, schemeLabel: t.scheme, pathLabel: t.path, paramPrefix + "module": t.module,
	} {
		if value != "" {
			labels[name] = value
		}
	}
	return store.ImportGroup{Targets: []string{t.address}, Labels: labels}
}

// exporter is what makes the exporters of a project different.
type exporter struct {
	job, port, scheme, path, params string
}

func (t *target) exporter() exporter {
	var params []string
	if t.path != "" { // without a path they are labels like others
		for _, name := range slices.Sorted(maps.Keys(t.labels)) {
			if strings.HasPrefix(name, paramPrefix) {
				params = append(params, name, t.labels[name])
			}
		}
	}
	return exporter{t.job, t.port, t.scheme, t.path, fmt.Sprintf("%q", params)}
}

// host is the target's address without its port.
func (t *target) host() string {
	host, _, _ := net.SplitHostPort(t.address)
	return host
}
