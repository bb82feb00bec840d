// Package discovery lets a Prometheus that is built with it get its targets from promshard: the mechanism
// promshard_sd_configs, which registers itself when the package is imported. docs/promshard-sd.md is its reference.
package discovery

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/config"
	"github.com/prometheus/common/model"
	"github.com/prometheus/common/version"
	"github.com/prometheus/prometheus/discovery"
	"github.com/prometheus/prometheus/discovery/targetgroup"

	"github.com/promshard/promshard/discovery/client"
)

// name is what the mechanism is called in configurations, metrics and labels.
const name = "promshard"

// DefaultSDConfig has the defaults of promshard_sd_configs.
var DefaultSDConfig = SDConfig{
	Kind:             kindTargets,
	RefreshInterval:  model.Duration(60 * time.Second),
	CoalesceInterval: model.Duration(10 * time.Second),
	HTTPClientConfig: config.DefaultHTTPClientConfig,
}

func init() {
	discovery.RegisterConfig(&SDConfig{})
}

// SDConfig is one entry of promshard_sd_configs. It is plain data: two that were read from equal text are equal to
// reflect.DeepEqual, which is how Prometheus tells at a reload what to leave running.
type SDConfig struct {
	// Servers are base URLs of promshard servers over one inventory, tried in turn. At least one is required.
	Servers []string `yaml:"servers"`

	// Shard picks one shard, Server that of a Prometheus registered under this HOST:PORT. At most one may be set;
	// without either every shard is picked.
	Shard  string `yaml:"shard,omitempty"`
	Server string `yaml:"server,omitempty"`
	// Kind is "targets" or "urls".
	Kind string `yaml:"kind,omitempty"`
	// Service, Project, Farm and Job narrow the set: the values of one are alternatives, none do not filter.
	Service []string `yaml:"service,omitempty"`
	Project []string `yaml:"project,omitempty"`
	Farm    []string `yaml:"farm,omitempty"`
	Job     []string `yaml:"job,omitempty"`

	// RefreshInterval is the pace of conditional requests while streams do not pass.
	RefreshInterval model.Duration `yaml:"refresh_interval,omitempty"`
	// CoalesceInterval is the least time between two changes sent to Prometheus; 0 sends each at once. It is always
	// shown, since to leave it out means the default and not 0.
	CoalesceInterval model.Duration `yaml:"coalesce_interval"`
	// CacheFile keeps the last good set for a start without any server; empty means none.
	CacheFile string `yaml:"cache_file,omitempty"`

	HTTPClientConfig config.HTTPClientConfig `yaml:",inline"`
}

// Name implements discovery.Config.
func (*SDConfig) Name() string { return name }

// NewDiscoverer implements discovery.Config.
func (c *SDConfig) NewDiscoverer(opts discovery.DiscovererOptions) (discovery.Discoverer, error) {
	return NewDiscovery(c, opts)
}

// NewDiscovererMetrics implements discovery.Config. It never returns nil.
func (*SDConfig) NewDiscovererMetrics(reg prometheus.Registerer, rmi discovery.RefreshMetricsInstantiator) discovery.DiscovererMetrics {
	return newMetrics(reg, rmi)
}

// SetDirectory joins every relative path with dir.
func (c *SDConfig) SetDirectory(dir string) {
	c.HTTPClientConfig.SetDirectory(dir)
	c.CacheFile = config.JoinDir(dir, c.CacheFile)
}

// UnmarshalYAML implements yaml.Unmarshaler: it fills in the defaults and refuses what cannot work.
func (c *SDConfig) UnmarshalYAML(unmarshal func(any) error) error {
	*c = DefaultSDConfig
	type plain SDConfig
	if err := unmarshal((*plain)(c)); err != nil {
		return err
	}
	if err := c.validate(); err != nil {
		return err
	}
	return c.HTTPClientConfig.Validate()
}

// source is what [client.Client] is to a Discovery.
type source interface {
	Run(ctx context.Context, handle func(client.Update)) error
}

// Discovery is the Discoverer of one SDConfig. Use NewDiscovery.
type Discovery struct {
	source  source
	http    *http.Client
	kind    string
	hold    time.Duration
	config  string
	metrics *metrics
	logger  *slog.Logger

	// series is set by Run before it starts the source, whose events it counts.
	series *series
}

// NewDiscovery returns a Discoverer for conf. It contacts nobody before Run.
func NewDiscovery(conf *SDConfig, opts discovery.DiscovererOptions) (*Discovery, error) {
	m, ok := opts.Metrics.(*metrics)
	if !ok {
		return nil, errors.New("invalid discovery metrics type")
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	httpClient, err := config.NewClientFromConfig(conf.HTTPClientConfig, name, opts.HTTPClientOptions...)
	if err != nil {
		return nil, fmt.Errorf("setting up the HTTP client: %w", err)
	}
	httpClient.Transport = &pollMeter{next: httpClient.Transport, metrics: m, config: opts.SetName}
	d := &Discovery{
		http: httpClient, kind: conf.Kind, hold: time.Duration(conf.CoalesceInterval),
		config: opts.SetName, metrics: m, logger: opts.Logger,
	}
	d.source, err = client.New(client.Options{
		Servers:         conf.Servers,
		Query:           conf.query(),
		HTTPClient:      httpClient,
		UserAgent:       version.PrometheusUserAgent(),
		RefreshInterval: time.Duration(conf.RefreshInterval),
		CacheFile:       conf.CacheFile,
		Logger:          opts.Logger,
		OnEvent:         func(e client.Event) { d.series.observe(e) },
	})
	if err != nil {
		return nil, fmt.Errorf("setting up the client: %w", err)
	}
	return d, nil
}

// Run implements discovery.Discoverer. It sends the whole set first, then what changes, and returns when ctx ends,
// with no goroutine left. It must be called once at most. Nothing that was sent is changed afterwards.
func (d *Discovery) Run(ctx context.Context, up chan<- []*targetgroup.Group) {
	d.series = d.metrics.join(d.config)
	defer d.metrics.leave(d.series)
	defer d.http.CloseIdleConnections()

	updates := make(chan client.Update)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		err := d.source.Run(ctx, func(u client.Update) {
			select {
			case updates <- u:
			case <-ctx.Done():
			}
		})
		if err != nil {
			d.logger.Error("Stopped following promshard", "err", err)
		}
	}()
	newPusher(d.kind, d.hold, up).run(ctx, updates)
	<-ended
}
