// Package origins says where a target comes from and who gets it, or why nobody does.
package origins

import (
	"context"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/promshard/promshard/httpsd/consumers"
	"github.com/promshard/promshard/httpsd/snapshot"
	"github.com/promshard/promshard/store"
)

// Source is the inventory that is asked; *store.Store is one.
type Source interface {
	store.History
	Hosts(ctx context.Context, f store.HostFilter) ([]store.Host, error)
	Exporters(ctx context.Context, f store.ExporterFilter) ([]store.Exporter, error)
	Projects(ctx context.Context, f store.ProjectFilter) ([]store.Project, error)
	Shards(ctx context.Context, f store.ShardFilter) ([]store.Shard, error)
	Servers(ctx context.Context, f store.ServerFilter) ([]store.Server, error)
	URLs(ctx context.Context, f store.URLFilter) ([]store.URL, error)
}

// Options say what is known beside the inventory. The zero value knows nobody.
type Options struct {
	// Consumers are those who ask for lists; those that are not live are left out.
	Consumers []consumers.View
	// Now is the time at which they are looked at; zero means the current one.
	Now time.Time
}

// Explanation is what is known of an address or a URL.
type Explanation struct {
	// Asked is what was asked about, as the lists spell it; List is "targets" or "urls".
	Asked string `json:"asked"`
	List  string `json:"list"`
	// Listed says whether any list has it.
	Listed bool `json:"listed"`
	// Origins are where it comes from: one for each exporter, or probe, that makes a target of it.
	Origins []Origin `json:"origins"`
	// Reasons say why it is not listed, or not by all that could.
	Reasons []Reason `json:"reasons"`
	// Near are names that are spelled much like one that is not there.
	Near []string `json:"near,omitempty"`
	// Departed is how the last of that name got out of the inventory, as far as the journal is looked at.
	Departed *store.Departure `json:"departed,omitempty"`
}

// Origin is one target: what it is made of, and who gets it.
type Origin struct {
	Target  string `json:"target"`
	Service string `json:"service"`
	Project string `json:"project"`
	Shard   string `json:"shard"`
	// ShardEnabled is false when the shard takes no new projects; its lists are served all the same.
	ShardEnabled bool `json:"shard_enabled"`
	// Farm, Host and Exporter are set for targets, Probe for URLs.
	Farm     string          `json:"farm,omitempty"`
	Host     *store.Host     `json:"host,omitempty"`
	Exporter *store.Exporter `json:"exporter,omitempty"`
	Probe    string          `json:"probe,omitempty"`
	// Labels are those of the target in the list.
	Labels map[string]string `json:"labels"`
	// Since is the revision that put the target into the list of the shard, LabelsSince the one since which it has
	// these labels; 0 when the journal does not say.
	Since       int64 `json:"since,omitempty"`
	LabelsSince int64 `json:"labels_since,omitempty"`
	// Servers are those that are registered to the shard, as HOST:PORT.
	Servers []string `json:"servers"`
	// Consumers are those who ask for a list that has the target.
	Consumers []consumers.View `json:"consumers"`
}

// Reason is one reason why something is not listed.
type Reason struct {
	// Code is one of the constants below; Text says it with the names.
	Code    string `json:"code"`
	Text    string `json:"text"`
	Project string `json:"project,omitempty"`
}

// The codes of reasons.
const (
	UnknownHost      = "unknown_host"
	UnknownURL       = "unknown_url"
	HostDisabled     = "host_disabled"
	ProjectDisabled  = "project_disabled"
	NoExporter       = "no_exporter"
	ExporterDisabled = "exporter_disabled"
	OtherPort        = "other_port"
)

// nearMost bounds the near names of an explanation, hostsMost the projects that have one host.
const (
	nearMost  = 5
	hostsMost = 100
)

// explainer is one explanation under way.
type explainer struct {
	source Source
	o      Options
	Explanation
}

func newExplainer(source Source, o Options, list, asked string) *explainer {
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	return &explainer{source: source, o: o, Explanation: Explanation{
		Asked: asked, List: list, Origins: []Origin{}, Reasons: []Reason{},
	}}
}

func (e *explainer) because(code, project, text string) {
	e.Reasons = append(e.Reasons, Reason{Code: code, Project: project, Text: text})
}

// Target explains HOST:PORT, or all targets of HOST when there is no port.
func Target(ctx context.Context, source Source, target string, o Options) (Explanation, error) {
	host, port, err := split(target)
	if err != nil {
		return Explanation{}, err
	}
	asked := host
	if port != 0 {
		asked = net.JoinHostPort(host, strconv.Itoa(port))
	}
	e := newExplainer(source, o, "targets", asked)
	hosts, err := source.Hosts(ctx, store.HostFilter{Name: host, Page: store.Page{Limit: hostsMost}})
	if err != nil {
		return Explanation{}, err
	}
	for _, h := range hosts {
		if err := e.host(ctx, h, port); err != nil {
			return Explanation{}, err
		}
	}
	if len(hosts) == 0 {
		if err := e.unknownHost(ctx, host); err != nil {
			return Explanation{}, err
		}
	}
	e.Listed = len(e.Origins) > 0
	return e.Explanation, nil
}

// split takes HOST:PORT or HOST apart, and spells an IP address as the inventory does; the port is 0 when there is none.
func split(target string) (host string, port int, err error) {
	if ip, err := netip.ParseAddr(strings.Trim(target, "[]")); err == nil {
		return ip.String(), 0, nil
	}
	if target != "" && !strings.Contains(target, ":") {
		return target, 0, nil
	}
	host, text, err := net.SplitHostPort(target)
	if err == nil {
		var n uint64
		n, err = strconv.ParseUint(text, 10, 16)
		port = int(n)
	}
	if err != nil || host == "" || port == 0 {
		return "", 0, &store.Error{
			Kind: store.ErrInvalid, Noun: "parameter", Field: "target", Value: target,
			Reason: "is neither HOST:PORT nor HOST; an IPv6 address with a port has brackets",
		}
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		host = ip.String()
	}
	return host, port, nil
}

// unknownHost says what is known of a host that is not there.
func (e *explainer) unknownHost(ctx context.Context, host string) (err error) {
	e.because(UnknownHost, "", "no project has a host "+strconv.Quote(host))
	if e.Near, err = e.source.NearHosts(ctx, host, nearMost); err != nil {
		return err
	}
	return e.departed(ctx, "host", host)
}

func (e *explainer) departed(ctx context.Context, noun, name string) error {
	d, found, err := e.source.LastNamed(ctx, noun, name)
	if found {
		e.Departed = &d
	}
	return err
}

// project returns a project by its name.
func (e *explainer) project(ctx context.Context, name string) (store.Project, *store.ProjectRows, error) {
	projects, err := e.source.Projects(ctx, store.ProjectFilter{Name: name})
	if err != nil || len(projects) == 0 {
		return store.Project{}, nil, err
	}
	rows, err := e.source.ProjectRows(ctx, []int64{projects[0].ID})
	return projects[0], rows[projects[0].ID], err
}

// place fills in where the origin is, and who gets it.
func (e *explainer) place(ctx context.Context, o *Origin, p store.Project) error {
	o.Service, o.Project, o.Shard = p.Service, p.Name, p.Shard
	shards, err := e.source.Shards(ctx, store.ShardFilter{Name: p.Shard})
	if err != nil {
		return err
	}
	o.ShardEnabled = len(shards) > 0 && shards[0].Enabled
	servers, err := e.source.Servers(ctx, store.ServerFilter{Shard: p.Shard})
	if err != nil {
		return err
	}
	o.Servers = make([]string, len(servers))
	for i, s := range servers {
		o.Servers[i] = net.JoinHostPort(s.Host, strconv.Itoa(s.Port))
	}
	o.Consumers = []consumers.View{}
	for i := range e.o.Consumers {
		v := &e.o.Consumers[i]
		if v.Live(e.o.Now) && v.Gets(e.List, consumers.Place{
			Shard: o.Shard, Servers: o.Servers, Service: o.Service, ServiceID: p.ServiceID, Project: o.Project, ProjectID: p.ID,
			Farm: o.Farm, Job: o.Labels["job"],
		}) {
			o.Consumers = append(o.Consumers, *v)
		}
	}
	return nil
}

// find returns the group that has a target, among those of one source; nil when there is none.
func find(groups []snapshot.Group, source, target string) *snapshot.Group {
	for i := range groups {
		g := &groups[i]
		if g.Source != source && !strings.HasPrefix(g.Source, source+"/") {
			continue
		}
		for _, t := range g.Targets {
			if t == target {
				return g
			}
		}
	}
	return nil
}
