package store

import "strconv"

func (s *Shard) validate() error {
	c := checker{noun: "shard"}
	c.name("name", s.Name)
	if s.URL != "" {
		c.absoluteURL("url", s.URL)
	}
	c.notNegative("samples", s.Samples)
	c.notNegative("targets", s.Targets)
	if s.MaxRemoval < 0 || s.MaxRemoval > 100 {
		c.refuse("max_removal", strconv.Itoa(s.MaxRemoval), "must be a share from 1 to 100 percent, or 0 for the default")
	}
	return c.result()
}

func (c *checker) notNegative(field string, v int64) {
	if v < 0 {
		c.refuse(field, strconv.FormatInt(v, 10), "is below 0")
	}
}

func (s *Server) validate() error {
	c := checker{noun: "server"}
	c.host("host", &s.Host)
	c.port("port", s.Port)
	return c.result()
}

func (s *Service) validate() error {
	c := checker{noun: "service"}
	c.name("name", s.Name)
	c.text("description", s.Description, maxDescription)
	c.text("owner", s.Owner, maxName)
	c.labels(s.Labels, true)
	return c.result()
}

func (p *Project) validate() error {
	c := checker{noun: "project"}
	c.name("name", p.Name)
	c.text("description", p.Description, maxDescription)
	c.text("owner", p.Owner, maxName)
	c.labels(p.Labels, true)
	return c.result()
}

func (f *Farm) validate() error {
	if f.Source == "" {
		f.Source = DefaultFarmSource
	}
	c := checker{noun: "farm"}
	c.name("name", f.Name)
	c.name("source", f.Source)
	return c.result()
}

func (h *Host) validate() error {
	c := checker{noun: "host"}
	c.host("name", &h.Name)
	c.labels(h.Labels, false)
	return c.result()
}

func (e *Exporter) validate() error {
	c := checker{noun: "exporter"}
	c.endpoint(e.Job, e.Port, e.Path, &e.Scheme)
	c.scrapeTimes("scrape_interval", "scrape_timeout", e.ScrapeInterval, e.ScrapeTimeout)
	c.labels(e.Labels, false)
	c.exporterLabels(e)
	return c.result()
}

// endpoint checks what exporters and default exporters share.
func (c *checker) endpoint(job string, port int, path string, scheme *string) {
	c.name("job", job)
	c.port("port", port)
	c.path("path", path)
	c.scheme("scheme", scheme)
}

// exporterLabels refuses labels that the exporter's own fields set.
func (c *checker) exporterLabels(e *Exporter) {
	if c.err != nil {
		return
	}
	if _, ok := e.Labels[scrapeIntervalLabel]; ok && e.ScrapeInterval != 0 {
		c.refuse("labels", scrapeIntervalLabel, "is set by scrape_interval")
	}
	if e.Path == "" {
		return
	}
	_, params, _ := SplitPath(e.Path) // checked above
	for _, p := range params {
		if _, ok := e.Labels[paramPrefix+p.Name]; ok {
			c.refuse("labels", paramPrefix+p.Name, "is set by the query of the path")
		}
	}
}

func (e *DefaultExporter) validate() error {
	c := checker{noun: "default exporter"}
	c.endpoint(e.Job, e.Port, e.Path, &e.Scheme)
	return c.result()
}

func (p *Probe) validate() error {
	c := checker{noun: "probe"}
	c.name("module", p.Module)
	c.text("description", p.Description, maxDescription)
	return c.result()
}

func (u *URL) validate() error {
	c := checker{noun: "url"}
	c.absoluteURL("url", u.URL)
	return c.result()
}
