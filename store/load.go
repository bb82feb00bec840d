package store

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
)

// Load sends everything that lists are rendered from to the sink, as it is at the revision returned: one consistent
// view, streamed. Projects, exporters and URLs are held in memory meanwhile, hosts are not.
func (s *Store) Load(ctx context.Context, sink Sink) (Revision, error) {
	start := time.Now()
	var r Revision
	err := s.view(ctx, func(v view) error {
		var err error
		if r, err = v.revision(ctx); err != nil {
			return err
		}
		if err := v.sendDirectory(ctx, sink); err != nil {
			return err
		}
		l := newLoader(v)
		if err := l.readProjects(ctx, nil); err != nil {
			return err
		}
		return l.streamHosts(ctx, nil, sink.Project)
	})
	if err != nil {
		return Revision{}, fmt.Errorf("loading the inventory: %w", err)
	}
	s.metrics.loadDuration.Observe(time.Since(start).Seconds())
	return r, nil
}

func (v view) revision(ctx context.Context) (Revision, error) {
	var r Revision
	if err := v.get(ctx, &r, revisionQuery); err != nil {
		return r, fmt.Errorf("reading the revision: %w", err)
	}
	return r, nil
}

func (v view) directory(ctx context.Context) (Directory, error) {
	shards, err := shardTable.list(ctx, v, where{})
	if err != nil {
		return Directory{}, err
	}
	servers, err := serverTable.list(ctx, v, where{})
	return Directory{Shards: shards, Servers: servers}, err
}

// sendDirectory sends the directory and every service.
func (v view) sendDirectory(ctx context.Context, sink Sink) error {
	d, err := v.directory(ctx)
	if err != nil {
		return err
	}
	if err := sink.Directory(d); err != nil {
		return err
	}
	services, err := serviceTable.list(ctx, v, where{})
	if err != nil {
		return err
	}
	for _, service := range services {
		if err := sink.Service(service); err != nil {
			return err
		}
	}
	return nil
}

// loader reads projects with all that their groups are rendered from: all of them, or those of some ids.
type loader struct {
	view view
	// projects ascend by id; sleeping holds the ids of those that are disabled.
	projects []*ProjectRows
	sleeping map[int64]bool
	// services and shards are shared by the projects that name them, and so are strings that recur.
	services map[int64]serviceName
	shards   map[int64]string
	strings  map[string]string
}

type serviceName struct {
	name   string
	labels Labels
}

func newLoader(v view) *loader {
	return &loader{
		view: v, sleeping: map[int64]bool{}, services: map[int64]serviceName{}, shards: map[int64]string{},
		strings: map[string]string{},
	}
}

// intern returns a string equal to s that the loader keeps once.
func (l *loader) intern(s string) string {
	if known, ok := l.strings[s]; ok {
		return known
	}
	l.strings[s] = s
	return s
}

// among returns a condition that column is one of ids, and its arguments; no condition when ids is nil.
func among(conjunction, column string, ids []int64) (string, []any) {
	if ids == nil {
		return "", nil
	}
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = id
	}
	return conjunction + column + " IN (" + placeholders(len(ids)) + ")", args
}

// placeholders returns n question marks with commas between them.
func placeholders(n int) string {
	b := make([]byte, 0, 2*n)
	for range n {
		b = append(b, ',', '?')
	}
	return string(b[min(1, len(b)):])
}

// readProjects reads the projects of ids, or all when ids is nil, with their exporters and URLs.
func (l *loader) readProjects(ctx context.Context, ids []int64) error {
	condition, args := among(" WHERE ", "project.id", ids)
	err := l.view.each(ctx, `
		SELECT    project.id, project.name, project.enabled, project.labels,
		          service.id, service.name, service.labels, shard.id, shard.name,
		          coalesce(farm.name, ''), coalesce(farm.source, '')
		FROM      project
		JOIN      service ON service.id = project.service_id
		JOIN      shard   ON shard.id = project.shard_id
		LEFT JOIN farm    ON farm.project_id = project.id`+condition+`
		ORDER BY  project.id`, args, l.addProject)
	if err != nil {
		return fmt.Errorf("reading projects: %w", err)
	}
	if err := l.readExporters(ctx, ids); err != nil {
		return fmt.Errorf("reading exporters: %w", err)
	}
	if err := l.readURLs(ctx, ids); err != nil {
		return fmt.Errorf("reading URLs: %w", err)
	}
	return nil
}

func (l *loader) addProject(row *sql.Rows) error {
	var p ProjectRows
	var enabled bool
	var serviceLabels string
	if err := row.Scan(&p.ID, &p.Name, &enabled, &p.Labels, &p.ServiceID, &p.Service, &serviceLabels,
		&p.ShardID, &p.Shard, &p.Farm, &p.FarmSource); err != nil {
		return err
	}
	service, ok := l.services[p.ServiceID]
	if !ok {
		service.name = p.Service
		if err := service.labels.Scan(serviceLabels); err != nil {
			return err
		}
		l.services[p.ServiceID] = service
	}
	p.Service, p.ServiceLabels = service.name, service.labels
	p.Shard, p.FarmSource = l.intern(p.Shard), l.intern(p.FarmSource)
	if !enabled {
		l.sleeping[p.ID] = true
	}
	l.projects = append(l.projects, &p)
	return nil
}

// parseLabels is Labels.Scan without an allocation when there are no labels, as for most rows.
func parseLabels(s string) (Labels, error) {
	if s == "" {
		return nil, nil
	}
	var labels Labels
	err := labels.Scan(s)
	return labels, err
}

// finder returns a function that finds the project of an id, nil when it is disabled. It must be asked for ascending
// ids.
func (l *loader) finder() func(id int64) (*ProjectRows, error) {
	i := 0
	return func(id int64) (*ProjectRows, error) {
		for i < len(l.projects) && l.projects[i].ID < id {
			i++
		}
		switch {
		case i == len(l.projects) || l.projects[i].ID != id:
			return nil, fmt.Errorf("the database is inconsistent: it has no project %d, but rows that belong to it", id)
		case l.sleeping[id]:
			return nil, nil
		}
		return l.projects[i], nil
	}
}

func (l *loader) readExporters(ctx context.Context, ids []int64) error {
	condition, args := among(" AND ", "project_id", ids)
	find := l.finder()
	var row struct {
		project, id, port, interval, timeout int64
		job, path, scheme, labels            string
	}
	into := []any{
		&row.project, &row.id, &row.job, &row.port, &row.path, &row.scheme, &row.interval, &row.timeout, &row.labels,
	}
	return l.view.each(ctx, `
		SELECT   project_id, id, job, port, path, scheme, scrape_interval, scrape_timeout, labels
		FROM     exporter
		WHERE    enabled`+condition+`
		ORDER BY project_id, id`, args, func(rows *sql.Rows) error {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		p, err := find(row.project)
		if p == nil {
			return err
		}
		e := ExporterRow{
			ID: row.id, Job: l.intern(row.job), Port: int(row.port), Path: l.intern(row.path), Scheme: l.intern(row.scheme),
			ScrapeInterval: model.Duration(row.interval), ScrapeTimeout: model.Duration(row.timeout),
		}
		e.Labels, err = parseLabels(row.labels)
		p.Exporters = append(p.Exporters, e)
		return err
	})
}

func (l *loader) readURLs(ctx context.Context, ids []int64) error {
	condition, args := among(" WHERE ", "url.project_id", ids)
	find := l.finder()
	return l.view.each(ctx, `
		SELECT   url.project_id, url.probe_id, probe.module, url.url
		FROM     url
		JOIN     probe ON probe.id = url.probe_id`+condition+`
		ORDER BY url.project_id, url.probe_id, url.url`, args, func(row *sql.Rows) error {
		var project int64
		var u URLRow
		if err := row.Scan(&project, &u.ProbeID, &u.Module, &u.URL); err != nil {
			return err
		}
		p, err := find(project)
		if p != nil {
			u.Module = l.intern(u.Module)
			p.URLs = append(p.URLs, u)
		}
		return err
	})
}

// streamHosts reads the hosts of the projects of ids, or of all when ids is nil, and calls send for each project in
// turn once its hosts are known. A project that was sent is forgotten.
func (l *loader) streamHosts(ctx context.Context, ids []int64, send func(p *ProjectRows) error) error {
	condition, args := among(" AND ", "farm.project_id", ids)
	h := newHostStream(l, send)
	if err := l.view.each(ctx, `
		SELECT   farm.project_id, host.name, host.labels
		FROM     farm
		JOIN     host ON host.farm_id = farm.id
		WHERE    host.enabled`+condition+`
		ORDER BY farm.project_id`, args, h.add); err != nil {
		return fmt.Errorf("reading hosts: %w", err)
	}
	return h.sendBefore(math.MaxInt64)
}

// hostStream gathers the hosts of one project after the other.
type hostStream struct {
	loader *loader
	find   func(id int64) (*ProjectRows, error)
	send   func(p *ProjectRows) error
	// sent counts projects, current is the one whose hosts are being gathered, nil for none.
	sent    int
	current *ProjectRows
	id      int64
	hosts   []HostRow
	// row is where the database's row is scanned to, through into: a row then allocates nothing but its host's name.
	row struct {
		project      int64
		name, labels string
	}
	into []any
}

func newHostStream(l *loader, send func(p *ProjectRows) error) *hostStream {
	h := &hostStream{loader: l, find: l.finder(), send: send}
	h.into = []any{&h.row.project, &h.row.name, &h.row.labels}
	return h
}

func (h *hostStream) add(row *sql.Rows) error {
	if err := row.Scan(h.into...); err != nil {
		return err
	}
	if h.row.project != h.id {
		current, err := h.find(h.row.project)
		if err != nil {
			return err
		}
		if err := h.sendBefore(h.row.project); err != nil {
			return err
		}
		h.id, h.current = h.row.project, current
	}
	if h.current == nil {
		return nil
	}
	labels, err := parseLabels(h.row.labels)
	h.hosts = append(h.hosts, HostRow{Name: h.row.name, Labels: labels})
	return err
}

// sendBefore sends the projects with smaller ids, the gathered hosts with the project they belong to.
func (h *hostStream) sendBefore(id int64) error {
	if h.current != nil {
		h.current.Hosts = sortedHosts(h.hosts)
		h.current, h.hosts = nil, h.hosts[:0]
	}
	for l := h.loader; h.sent < len(l.projects) && l.projects[h.sent].ID < id; h.sent++ {
		if err := h.send(l.projects[h.sent]); err != nil {
			return err
		}
	}
	return nil
}

// sortedHosts returns a copy in the order of names. Sorting each project's few hosts here costs less than having the
// database sort all hosts at once.
func sortedHosts(hosts []HostRow) []HostRow {
	hosts = slices.Clone(hosts)
	byName := func(a, b HostRow) int { return strings.Compare(a.Name, b.Name) }
	if !slices.IsSortedFunc(hosts, byName) {
		slices.SortFunc(hosts, byName)
	}
	return hosts
}
