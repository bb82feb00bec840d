package store

// syncNouns are all nouns of one sync.
type syncNouns struct {
	shards           *syncNoun[Shard]
	services         *syncNoun[Service]
	probes           *syncNoun[Probe]
	defaultExporters *syncNoun[DefaultExporter]
	servers          *syncNoun[Server]
	projects         *syncNoun[Project]
	farms            *syncNoun[Farm]
	hosts            *syncNoun[Host]
	exporters        *syncNoun[Exporter]
	urls             *syncNoun[URL]
}

// newSyncNouns describes every noun, with the rows of the source.
func newSyncNouns(source SyncSource) *syncNouns {
	n := &syncNouns{}
	n.describeTop()
	n.describeServers()
	n.describeProjects()
	n.describeFarms()
	n.describeHosts()
	n.describeExporters()
	n.describeURLs()
	n.shards.children = []syncChildren{n.servers, n.projects}
	n.services.children = []syncChildren{n.projects}
	n.probes.children = []syncChildren{n.urls}
	n.projects.children = []syncChildren{n.farms, n.exporters, n.urls}
	n.farms.children = []syncChildren{n.hosts}
	n.feed(source)
	return n
}

// all lists the nouns, parents before children.
func (n *syncNouns) all() []syncStep {
	return []syncStep{
		n.shards, n.services, n.probes, n.defaultExporters, n.servers,
		n.projects, n.farms, n.hosts, n.exporters, n.urls,
	}
}

// feed hands out the rows of the source.
func (n *syncNouns) feed(source SyncSource) {
	for _, s := range source.Shards {
		n.shards.feed(s.Key, Shard{Name: s.Name, URL: s.URL, Enabled: s.Enabled, Samples: s.Samples, Targets: s.Targets})
	}
	for _, s := range source.Servers {
		n.servers.feed(s.Key, Server{Host: s.Host, Port: s.Port, ShardID: s.Shard})
	}
	for _, s := range source.Services {
		n.services.feed(s.Key, Service{Name: s.Name, Description: s.Description, Owner: s.Owner})
	}
	for _, p := range source.Projects {
		n.projects.feed(p.Key, Project{
			Name: p.Name, Description: p.Description, Owner: p.Owner, Enabled: true, ServiceID: p.Service, ShardID: p.Shard,
		})
	}
	for _, f := range source.Farms {
		n.farms.feed(f.Key, Farm{Name: f.Name, Source: f.Source, ProjectID: f.Project})
	}
	for _, h := range source.Hosts {
		n.hosts.feed(h.Key, Host{Name: h.Name, Enabled: true, FarmID: h.Farm})
	}
	for _, e := range source.Exporters {
		n.exporters.feed(e.Key, Exporter{
			Job: e.Job, Port: e.Port, Path: e.Path, Scheme: e.Scheme, Enabled: e.Enabled, ProjectID: e.Project,
		})
	}
	for _, e := range source.DefaultExporters {
		n.defaultExporters.feed(e.Key, DefaultExporter{Job: e.Job, Port: e.Port, Path: e.Path, Scheme: e.Scheme})
	}
	for _, p := range source.Probes {
		n.probes.feed(p.Key, Probe{Module: p.Module, Description: p.Description})
	}
	for _, u := range source.URLs {
		n.urls.feed(u.Key, URL{URL: u.URL, ProjectID: u.Project, ProbeID: u.Probe})
	}
}

// touchProjectsOf marks the projects that pick picks from those that are there after the sync.
func (n *syncNouns) touchProjectsOf(tx *writeTx, pick func(*Project) bool) {
	for id, m := range n.projects.rows {
		if m.after != nil && pick(m.after) {
			tx.touchProjects(id)
		}
	}
}

// describeTop describes the nouns that refer to nothing.
func (n *syncNouns) describeTop() {
	n.shards = &syncNoun[Shard]{
		table: shardTable, validate: (*Shard).validate, parked: "name",
		id:      func(s *Shard) *int64 { return &s.ID },
		columns: []string{"name", "url", "enabled", "samples", "targets"},
		values:  func(s *Shard) []any { return []any{s.Name, s.URL, s.Enabled, s.Samples, s.Targets} },
		fields: []syncField[Shard]{
			{"name", func(s *Shard) any { return &s.Name }},
			{"url", func(s *Shard) any { return &s.URL }},
			{"enabled", func(s *Shard) any { return &s.Enabled }},
			{"samples", func(s *Shard) any { return &s.Samples }},
			{"targets", func(s *Shard) any { return &s.Targets }},
		},
		identity: func(s *Shard) any { return s.Name },
		touch: func(tx *writeTx, before, after *Shard) {
			tx.touchShards()
			if before != nil && after != nil && before.Name != after.Name {
				n.touchProjectsOf(tx, func(p *Project) bool { return p.ShardID == after.ID })
			}
		},
	}
	n.services = &syncNoun[Service]{
		table: serviceTable, validate: (*Service).validate, parked: "name",
		id:      func(s *Service) *int64 { return &s.ID },
		columns: []string{"name", "description", "owner", "labels"},
		values:  func(s *Service) []any { return []any{s.Name, s.Description, s.Owner, s.Labels} },
		fields: []syncField[Service]{
			{"name", func(s *Service) any { return &s.Name }},
			{"description", func(s *Service) any { return &s.Description }},
			{"owner", func(s *Service) any { return &s.Owner }},
		},
		identity: func(s *Service) any { return s.Name },
		plain:    func(s *Service) bool { return len(s.Labels) == 0 },
		touch: func(tx *writeTx, before, after *Service) {
			switch {
			case before == nil:
				tx.touchServices(after.ID)
			case after == nil:
				tx.touchServices(before.ID)
			case before.Name != after.Name:
				tx.touchServices(after.ID)
				n.touchProjectsOf(tx, func(p *Project) bool { return p.ServiceID == after.ID })
			}
		},
	}
	n.describeProbes()
	n.defaultExporters = &syncNoun[DefaultExporter]{
		table: defaultExporterTable, validate: (*DefaultExporter).validate, parked: "job",
		id:      func(e *DefaultExporter) *int64 { return &e.ID },
		columns: []string{"job", "port", "path", "scheme"},
		values:  func(e *DefaultExporter) []any { return []any{e.Job, e.Port, e.Path, e.Scheme} },
		fields: []syncField[DefaultExporter]{
			{"job", func(e *DefaultExporter) any { return &e.Job }},
			{"port", func(e *DefaultExporter) any { return &e.Port }},
			{"path", func(e *DefaultExporter) any { return &e.Path }},
			{"scheme", func(e *DefaultExporter) any { return &e.Scheme }},
		},
		identity: func(e *DefaultExporter) any { return exporterKey{e.Job, e.Port, e.Path, ""} },
		touch:    func(*writeTx, *DefaultExporter, *DefaultExporter) {},
	}
}

func (n *syncNouns) describeProbes() {
	n.probes = &syncNoun[Probe]{
		table: probeTable, validate: (*Probe).validate, parked: "module",
		id:      func(p *Probe) *int64 { return &p.ID },
		columns: []string{"module", "description"},
		values:  func(p *Probe) []any { return []any{p.Module, p.Description} },
		fields: []syncField[Probe]{
			{"module", func(p *Probe) any { return &p.Module }},
			{"description", func(p *Probe) any { return &p.Description }},
		},
		identity: func(p *Probe) any { return p.Module },
		touch: func(tx *writeTx, before, after *Probe) {
			if before == nil || after == nil || before.Module == after.Module {
				return
			}
			for _, m := range n.urls.rows {
				if m.after != nil && m.after.ProbeID == after.ID {
					tx.touchProjects(m.after.ProjectID)
				}
			}
		},
	}
}

func (n *syncNouns) describeServers() {
	n.servers = &syncNoun[Server]{
		table: serverTable, validate: (*Server).validate, parked: "host",
		id:      func(s *Server) *int64 { return &s.ID },
		columns: []string{"host", "port", "shard_id"},
		values:  func(s *Server) []any { return []any{s.Host, s.Port, s.ShardID} },
		fields: []syncField[Server]{
			{"host", func(s *Server) any { return &s.Host }},
			{"port", func(s *Server) any { return &s.Port }},
		},
		parents:  []syncParent[Server]{{"shard", n.shards, func(s *Server) *int64 { return &s.ShardID }}},
		identity: func(s *Server) any { return s.address() },
		rename:   func(s *Server) { s.Shard = n.shards.now(s.ShardID).Name },
		touch:    func(tx *writeTx, _, _ *Server) { tx.touchShards() },
	}
}

func (n *syncNouns) describeProjects() {
	n.projects = &syncNoun[Project]{
		table: projectTable, validate: (*Project).validate, parked: "name",
		id:      func(p *Project) *int64 { return &p.ID },
		columns: []string{"name", "description", "owner", "enabled", "labels", "service_id", "shard_id"},
		values: func(p *Project) []any {
			return []any{p.Name, p.Description, p.Owner, p.Enabled, p.Labels, p.ServiceID, p.ShardID}
		},
		fields: []syncField[Project]{
			{"name", func(p *Project) any { return &p.Name }},
			{"description", func(p *Project) any { return &p.Description }},
			{"owner", func(p *Project) any { return &p.Owner }},
		},
		// A disabled shard takes no new projects from people. What the source already has there is not new.
		parents: []syncParent[Project]{
			{"service", n.services, func(p *Project) *int64 { return &p.ServiceID }},
			{"shard", n.shards, func(p *Project) *int64 { return &p.ShardID }},
		},
		identity: func(p *Project) any { return p.Name },
		plain:    func(p *Project) bool { return p.Enabled && len(p.Labels) == 0 },
		rename: func(p *Project) {
			p.Service, p.Shard = n.services.now(p.ServiceID).Name, n.shards.now(p.ShardID).Name
		},
		touch: func(tx *writeTx, before, after *Project) {
			switch {
			case before == nil:
				tx.touchProjects(after.ID)
			case after == nil:
				tx.touchProjects(before.ID)
			case before.Name != after.Name || before.ServiceID != after.ServiceID || before.ShardID != after.ShardID:
				tx.touchProjects(after.ID)
			}
		},
	}
}

func (n *syncNouns) describeFarms() {
	n.farms = &syncNoun[Farm]{
		table: farmTable, validate: (*Farm).validate,
		id:      func(f *Farm) *int64 { return &f.ID },
		columns: []string{"name", "source", "project_id"},
		values:  func(f *Farm) []any { return []any{f.Name, f.Source, f.ProjectID} },
		fields: []syncField[Farm]{
			{"name", func(f *Farm) any { return &f.Name }},
			{"source", func(f *Farm) any { return &f.Source }},
		},
		parents:  []syncParent[Farm]{{"project", n.projects, func(f *Farm) *int64 { return &f.ProjectID }}},
		identity: func(f *Farm) any { return f.ProjectID },
		rename:   func(f *Farm) { f.Project = n.projects.now(f.ProjectID).Name },
		project:  func(f *Farm) string { return f.Project },
		touch:    touchBoth((*Farm).projectID),
	}
}

func (n *syncNouns) describeHosts() {
	type identity struct {
		farm int64
		name string
	}
	n.hosts = &syncNoun[Host]{
		table: hostTable, validate: (*Host).validate, parked: "name",
		id:      func(h *Host) *int64 { return &h.ID },
		columns: []string{"name", "enabled", "labels", "farm_id"},
		values:  func(h *Host) []any { return []any{h.Name, h.Enabled, h.Labels, h.FarmID} },
		fields:  []syncField[Host]{{"name", func(h *Host) any { return &h.Name }}},
		parents: []syncParent[Host]{{"farm", n.farms, func(h *Host) *int64 { return &h.FarmID }}},

		identity: func(h *Host) any { return identity{h.FarmID, h.Name} },
		plain:    func(h *Host) bool { return h.Enabled && len(h.Labels) == 0 },
		rename: func(h *Host) {
			farm := n.farms.now(h.FarmID)
			h.Farm, h.Project = farm.Name, n.projects.now(farm.ProjectID).Name
		},
		project: func(h *Host) string { return h.Project },
		touch: func(tx *writeTx, before, after *Host) {
			for _, h := range []*Host{before, after} {
				if h != nil {
					tx.touchProjects(n.farms.now(h.FarmID).ProjectID)
				}
			}
		},
	}
}

func (n *syncNouns) describeExporters() {
	type identity struct {
		project int64
		key     exporterKey
	}
	n.exporters = &syncNoun[Exporter]{
		table: exporterTable, validate: (*Exporter).validate, parked: "job",
		id: func(e *Exporter) *int64 { return &e.ID },
		columns: []string{
			"job", "port", "path", "scheme", "enabled", "scrape_interval", "scrape_timeout", "labels", "project_id",
		},
		values: func(e *Exporter) []any {
			return []any{
				e.Job, e.Port, e.Path, e.Scheme, e.Enabled, int64(e.ScrapeInterval), int64(e.ScrapeTimeout), e.Labels,
				e.ProjectID,
			}
		},
		fields: []syncField[Exporter]{
			{"job", func(e *Exporter) any { return &e.Job }},
			{"port", func(e *Exporter) any { return &e.Port }},
			{"path", func(e *Exporter) any { return &e.Path }},
			{"scheme", func(e *Exporter) any { return &e.Scheme }},
			{"enabled", func(e *Exporter) any { return &e.Enabled }},
		},
		parents:  []syncParent[Exporter]{{"project", n.projects, func(e *Exporter) *int64 { return &e.ProjectID }}},
		identity: func(e *Exporter) any { return identity{e.ProjectID, e.key()} },
		plain: func(e *Exporter) bool {
			return e.ScrapeInterval == 0 && e.ScrapeTimeout == 0 && len(e.Labels) == 0
		},
		rename:  func(e *Exporter) { e.Project = n.projects.now(e.ProjectID).Name },
		project: func(e *Exporter) string { return e.Project },
		touch:   touchBoth((*Exporter).projectID),
	}
}

func (n *syncNouns) describeURLs() {
	type identity struct {
		project, probe int64
		url            string
	}
	n.urls = &syncNoun[URL]{
		table: urlTable, validate: (*URL).validate, parked: "url",
		id:      func(u *URL) *int64 { return &u.ID },
		columns: []string{"url", "project_id", "probe_id"},
		values:  func(u *URL) []any { return []any{u.URL, u.ProjectID, u.ProbeID} },
		fields:  []syncField[URL]{{"url", func(u *URL) any { return &u.URL }}},
		parents: []syncParent[URL]{
			{"project", n.projects, func(u *URL) *int64 { return &u.ProjectID }},
			{"probe", n.probes, func(u *URL) *int64 { return &u.ProbeID }},
		},
		identity: func(u *URL) any { return identity{u.ProjectID, u.ProbeID, u.URL} },
		rename: func(u *URL) {
			u.Project, u.Probe = n.projects.now(u.ProjectID).Name, n.probes.now(u.ProbeID).Module
		},
		project: func(u *URL) string { return u.Project },
		touch:   touchBoth((*URL).projectID),
	}
}

func (f *Farm) projectID() int64     { return f.ProjectID }
func (e *Exporter) projectID() int64 { return e.ProjectID }
func (u *URL) projectID() int64      { return u.ProjectID }

// touchBoth marks the projects of a row before and after.
func touchBoth[T any](project func(*T) int64) func(tx *writeTx, before, after *T) {
	return func(tx *writeTx, before, after *T) {
		for _, row := range []*T{before, after} {
			if row != nil {
				tx.touchProjects(project(row))
			}
		}
	}
}
