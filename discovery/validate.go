package discovery

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// The kinds of list.
const (
	kindTargets = "targets"
	kindURLs    = "urls"
)

// validate refuses what cannot work, but for the HTTP client's part.
func (c *SDConfig) validate() error {
	if len(c.Servers) == 0 {
		return errors.New("servers is missing")
	}
	for i, server := range c.Servers {
		if err := checkServer(server); err != nil {
			return err
		}
		if slices.Contains(c.Servers[:i], server) {
			return fmt.Errorf("servers: %q is listed twice", server)
		}
	}
	if c.Shard != "" && c.Server != "" {
		return errors.New("at most one of shard & server must be configured")
	}
	if c.Server != "" && !isHostPort(c.Server) {
		return fmt.Errorf("server %q must be HOST:PORT, as it is registered in promshard", c.Server)
	}
	if c.Kind != kindTargets && c.Kind != kindURLs {
		return fmt.Errorf("kind %q must be %q or %q", c.Kind, kindTargets, kindURLs)
	}
	if c.RefreshInterval <= 0 {
		return errors.New("refresh_interval must be greater than 0")
	}
	if c.CoalesceInterval < 0 {
		return errors.New("coalesce_interval must not be negative")
	}
	return c.checkFilters()
}

// checkServer wants the base URL of a server. It does not repeat passwords, nor what it cannot parse: errors end up in
// logs.
func checkServer(server string) error {
	u, err := url.Parse(server)
	var parsing *url.Error
	if errors.As(err, &parsing) {
		return fmt.Errorf("servers: not a URL: %w", parsing.Err)
	}
	shown := u.Redacted()
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("servers: URL scheme of %q must be 'http' or 'https'", shown)
	case u.Hostname() == "":
		return fmt.Errorf("servers: host is missing in URL %q", shown)
	case u.User != nil:
		return fmt.Errorf("servers: URL %q must not have credentials, use basic_auth instead", shown)
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return fmt.Errorf("servers: URL %q must not have a query or a fragment", shown)
	case strings.HasSuffix(strings.TrimRight(u.Path, "/"), "/sd"):
		return fmt.Errorf("servers: URL %q must be the address below which /sd is", shown)
	}
	return nil
}

func isHostPort(s string) bool {
	host, port, err := net.SplitHostPort(s)
	if err != nil || host == "" {
		return false
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0
}

// checkFilters refuses empty values: promshard would, and it would be a surprise that they do not mean everything.
func (c *SDConfig) checkFilters() error {
	for _, f := range c.filters() {
		for _, value := range f.values {
			if value == "" {
				return fmt.Errorf("%s must not have empty values, leave it out to get everything", f.name)
			}
		}
	}
	return nil
}

type filter struct {
	name   string
	values []string
}

// filters are those that may have any number of values, by the names that they have as parameters.
func (c *SDConfig) filters() []filter {
	return []filter{{"service", c.Service}, {"project", c.Project}, {"farm", c.Farm}, {"job", c.Job}}
}

// query is what servers are asked for.
func (c *SDConfig) query() url.Values {
	q := url.Values{"kind": {c.Kind}}
	if c.Shard != "" {
		q.Set("shard", c.Shard)
	}
	if c.Server != "" {
		q.Set("server", c.Server)
	}
	for _, f := range c.filters() {
		if len(f.values) > 0 {
			q[f.name] = slices.Clone(f.values)
		}
	}
	return q
}
