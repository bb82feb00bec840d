package client

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Options are what a Client needs. Only Servers is required; a duration of 0 means its default.
type Options struct {
	// Servers are the base URLs of promshard servers of one inventory, http or https, with a path where a proxy puts them
	// under one. They are tried in turn, beginning with the first.
	Servers []string
	// Query is what the set is chosen by: shard, server, service, project, farm and job, each as often as wanted, and
	// kind, "targets" or "urls". It is sent as it is; without any, everything is asked for.
	Query url.Values
	// HTTPClient sends the requests; nil means one of the Client's own, which uses the proxy of the environment. It must not
	// have a Timeout, which would end every stream.
	HTTPClient *http.Client
	// UserAgent is sent with each request; "" means promshard-client.
	UserAgent string
	// RefreshInterval is how often the set is asked for while streams do not pass, give or take a tenth. Default: 60s.
	RefreshInterval time.Duration
	// CacheFile is where the last good set is kept for a start without servers; "" means nowhere. The file is written in
	// one piece, with permissions 0600 since labels may be confidential, and its folder must exist. Each client needs a
	// file of its own.
	CacheFile string
	// CacheAfter is how long Run waits for a server before it takes the set from the CacheFile. Default: 5s.
	CacheAfter time.Duration
	// KeepBodies keeps, and hands out with each group, its bytes in the server's lists, for those who write lists.
	KeepBodies bool
	// Logger gets one line when the client's state changes, none for each attempt (those are at level debug); nil discards
	// them.
	Logger *slog.Logger
	// OnEvent is told of everything that happens, one event after another, in the goroutine of Run; nil means nobody is.
	OnEvent func(Event)

	// ConnectTimeout is how long a request may take to the first event of a stream, or to the head of a document.
	// It must be above the 5s for which a server that is behind waits to catch up. Default: 10s.
	ConnectTimeout time.Duration
	// IdleTimeout ends a stream, or a document on its way, of which nothing has arrived for that long. It must be above
	// [wire.KeepAlive]. Default: 45s.
	IdleTimeout time.Duration
	// StreamRetryInterval is how often streams are tried while they do not pass. Default: 5m.
	StreamRetryInterval time.Duration
	// MinBackoff is the wait after all servers have failed once. It doubles with every further round up to MaxBackoff, and
	// starts anew after a stream that has lasted for longer than MaxBackoff. Up to half of each wait is taken off at random,
	// so that clients do not come all at once. Defaults: 500ms and 30s.
	MinBackoff time.Duration
	MaxBackoff time.Duration
}

const defaultUserAgent = "promshard-client"

// resolve returns the options with their defaults, and the servers' URLs. The error names the field.
func (o Options) resolve() (Options, []*url.URL, error) {
	bases, err := parseServers(o.Servers)
	if err != nil {
		return o, nil, err
	}
	if o.HTTPClient != nil && o.HTTPClient.Timeout != 0 {
		return o, nil, fmt.Errorf("option HTTPClient.Timeout is %v: it must be 0, since it would end every stream", o.HTTPClient.Timeout)
	}
	if err := o.resolveDurations(); err != nil {
		return o, nil, err
	}
	query := url.Values{}
	for name, values := range o.Query {
		query[name] = slices.Clone(values)
	}
	o.Query = query
	if o.UserAgent == "" {
		o.UserAgent = defaultUserAgent
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.OnEvent == nil {
		o.OnEvent = func(Event) {}
	}
	return o, bases, nil
}

func (o *Options) resolveDurations() error {
	for _, d := range []struct {
		name  string
		field *time.Duration
		value time.Duration
	}{
		{"RefreshInterval", &o.RefreshInterval, time.Minute},
		{"CacheAfter", &o.CacheAfter, 5 * time.Second},
		{"ConnectTimeout", &o.ConnectTimeout, 10 * time.Second},
		{"IdleTimeout", &o.IdleTimeout, 45 * time.Second},
		{"StreamRetryInterval", &o.StreamRetryInterval, 5 * time.Minute},
		{"MinBackoff", &o.MinBackoff, 500 * time.Millisecond},
		{"MaxBackoff", &o.MaxBackoff, 30 * time.Second},
	} {
		if *d.field < 0 {
			return fmt.Errorf("option %s is %v: it must not be negative", d.name, *d.field)
		}
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	if o.MaxBackoff < o.MinBackoff {
		return fmt.Errorf("option MaxBackoff is %v: it must not be below MinBackoff, which is %v", o.MaxBackoff, o.MinBackoff)
	}
	return nil
}

func parseServers(servers []string) ([]*url.URL, error) {
	if len(servers) == 0 {
		return nil, errors.New("option Servers is empty: it must name at least one promshard server, like http://promshard.example:9780")
	}
	var bases []*url.URL
	for i, s := range servers {
		base, err := parseServer(s)
		if err != nil {
			return nil, fmt.Errorf("option Servers: %w", err)
		}
		if slices.Contains(servers[:i], s) {
			return nil, fmt.Errorf("option Servers: %s is named twice", base.Redacted())
		}
		bases = append(bases, base)
	}
	return bases, nil
}

// parseServer does not repeat a URL that it cannot parse, since there may be a password in it.
func parseServer(s string) (*url.URL, error) {
	base, err := url.Parse(s)
	var parsing *url.Error
	if errors.As(err, &parsing) {
		return nil, fmt.Errorf("not a URL: %w", parsing.Err)
	}
	shown := base.Redacted()
	switch {
	case base.Scheme != "http" && base.Scheme != "https", base.Host == "":
		return nil, fmt.Errorf("%q is not the URL of a server: it must be like http://promshard.example:9780", shown)
	case base.RawQuery != "" || base.ForceQuery || base.Fragment != "":
		return nil, fmt.Errorf("%q has a query or a fragment: filters belong in Query", shown)
	case strings.HasSuffix(strings.TrimRight(base.Path, "/"), "/sd"):
		return nil, fmt.Errorf("%q ends with /sd: it must be the address below which /sd is", shown)
	}
	return base, nil
}
