package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"github.com/oklog/run"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	versioncollector "github.com/prometheus/client_golang/prometheus/collectors/version"
	"github.com/prometheus/common/version"
	"github.com/prometheus/exporter-toolkit/web"
	"github.com/prometheus/exporter-toolkit/web/kingpinflag"

	"github.com/promshard/promshard/httpsd"
	"github.com/promshard/promshard/httpsd/consumers"
	"github.com/promshard/promshard/store"
)

// serveOptions are the flags of serve.
type serveOptions struct {
	web             *web.FlagConfig
	externalURL     string
	shutdownTimeout time.Duration
	checkInterval   time.Duration
	maxWait         time.Duration
	maxHeld         int
	maxWatchers     int
	maxConsumers    int
	access          accessFlags
	api             apiFlags
}

// check refuses what no server could do.
func (o *serveOptions) check() error {
	switch {
	case o.maxWait <= 0:
		return &usageError{err: fmt.Errorf("--web.max-wait %v: must be above 0; --web.max-held-requests=0 holds no requests", o.maxWait)}
	case o.maxHeld < 0:
		return &usageError{err: fmt.Errorf("--web.max-held-requests %d: must be 0 or more", o.maxHeld)}
	case o.maxConsumers < 1:
		return &usageError{err: fmt.Errorf("--web.max-consumers %d: must be 1 or more", o.maxConsumers)}
	case o.maxWatchers < 0:
		return &usageError{err: fmt.Errorf("--web.max-watchers %d: must be 0 or more", o.maxWatchers)}
	}
	if err := o.api.check(); err != nil {
		return err
	}
	return o.access.check()
}

func (a *app) addServe() {
	const help = "Serve the lists over HTTP. The database is migrated first; until it can be reached every list is answered with 503. SIGTERM or SIGINT ends it once the answers under way are sent, a second one at once; SIGHUP does nothing, since there is nothing to reload."
	a.command(a.kingpin, "serve", help, "promshard serve --web.listen-address=:9780 --web.external-url=https://promshard.example/", func(cmd *kingpin.CmdClause) action {
		var o serveOptions
		o.web = kingpinflag.AddFlags(cmd, defaultListenAddress)
		cmd.GetFlag("web.listen-address").Help("Address to listen on. Repeatable.").PlaceHolder(defaultListenAddress)
		cmd.GetFlag("web.systemd-socket").Help("Use the sockets that systemd hands over instead (Linux only).")
		cmd.GetFlag("web.config.file").Help("File with TLS, client certificates, basic authentication and rate limits, as every exporter takes it.").PlaceHolder("FILE")
		cmd.Flag("web.external-url", "URL at which Prometheus servers reach this program, for the pages and snippets; derived from the address by default.").
			PlaceHolder("URL").StringVar(&o.externalURL)
		cmd.Flag("web.shutdown-timeout", "How long answers under way may take once the end was asked for.").
			Default("30s").PlaceHolder("30s").DurationVar(&o.shutdownTimeout)
		cmd.Flag("web.max-wait", "How long a request with wait is held at most.").
			Default("5m").PlaceHolder("5m").DurationVar(&o.maxWait)
		cmd.Flag("web.max-held-requests", "How many requests are held at one time; one more is answered at once. 0 holds none.").
			Default("10000").PlaceHolder("10000").IntVar(&o.maxHeld)
		cmd.Flag("web.max-watchers", "How many watch streams are open at one time; one more is refused, and its client tries another server. 0 refuses all.").
			Default("20000").PlaceHolder("20000").IntVar(&o.maxWatchers)
		cmd.Flag("web.max-consumers", "How many of those who ask for lists are remembered; for one more, one that was not seen for long is forgotten.").
			Default("10000").PlaceHolder("10000").IntVar(&o.maxConsumers)
		cmd.Flag("database.check-interval", "How often the database is asked for what a notification may have missed.").
			Default("3s").PlaceHolder("3s").DurationVar(&o.checkInterval)
		o.api.add(cmd)
		o.access.add(cmd)
		return func(ctx context.Context) error { return a.serve(ctx, o) }
	})
}

// serve runs until ctx ends, which is no error, or a part of it fails.
func (a *app) serve(ctx context.Context, o serveOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	if err := checkDatabaseURL(a.database); err != nil {
		return err
	}
	external, err := parseExternalURL(o.externalURL)
	if err != nil {
		return err
	}
	logger := a.logger()
	registry := newRegistry()
	late := &backend{source: &lateSource{}, accessSource: &lateAccess{}, inventory: &lateInventory{}, served: make(chan struct{})}
	late.publisher = httpsd.NewPublisher(httpsd.PublisherOptions{
		Source: late.source, Logger: logger.With("component", "publisher"), Registerer: registry, CheckInterval: o.checkInterval,
	})
	late.access = o.access.newAccess(o, late.accessSource, logger, registry)
	late.opened = func(ctx context.Context, s *store.Store) { a.firstToken(ctx, s, logger) }
	web := logger.With("component", "web")
	late.tracker, late.replica = consumers.New(consumers.Options{Registerer: registry, Most: o.maxConsumers}), replicaName()
	handler := httpsd.New(httpsd.Options{
		Consumers: late.tracker, Replica: late.replica,
		Publisher: late.publisher, Access: late.access, Logger: web, Registerer: registry, Gatherer: registry, ExternalURL: external,
		MaxWait: o.maxWait, MaxHeldRequests: cmp.Or(o.maxHeld, -1), MaxWatchers: cmp.Or(o.maxWatchers, -1),
		MaxBodyBytes: int64(o.api.maxBody), API: httpsd.APIOptions{Inventory: late.inventory.get, MaxPageSize: o.api.maxPage},
	})
	server, err := httpsd.Listen(httpsd.ServerOptions{
		Handler: handler, OnShutdown: handler.Release,
		Web: o.web, Logger: web, ShutdownTimeout: o.shutdownTimeout,
	})
	if err != nil {
		return listenError(err)
	}
	a.announce(logger, server.URL(), external)

	var group run.Group
	group.Add(run.ContextHandler(ctx))
	addActor(&group, logger, func(ctx context.Context) error { return ignoreHangups(ctx, logger) })
	addActor(&group, logger, func(ctx context.Context) error {
		defer close(late.served)
		return server.Serve(ctx)
	})
	addActor(&group, logger, func(ctx context.Context) error {
		o := store.Options{Logger: logger.With("component", "store"), Registerer: registry, Guard: a.guard}
		return late.follow(ctx, a.database, o)
	})
	err = group.Run()
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		logger.Info("Stopped, as a signal asked for")
		return nil
	}
	return err
}

// addActor adds what runs until its context ends. The group returns the error of the actor that ended first: what
// goes wrong in another that was asked to end is logged here.
func addActor(group *run.Group, logger *slog.Logger, actor func(ctx context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	group.Add(func() error {
		err := actor(ctx)
		if err != nil && ctx.Err() != nil {
			logger.Warn("Not everything stopped well", "err", err)
		}
		return err
	}, func(error) { cancel() })
}

func newRegistry() *prometheus.Registry {
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		versioncollector.NewCollector("promshard"),
	)
	return registry
}

// ignoreHangups keeps SIGHUP, which some send to make a program reload, from ending this one.
func ignoreHangups(ctx context.Context, logger *slog.Logger) error {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-hangups:
			logger.Info("SIGHUP ignored, there is nothing to reload")
		}
	}
}

// checkDatabaseURL refuses a URL that no waiting could mend. The store looks at the URL before anything else, so that
// with a context that has ended it does nothing more.
func checkDatabaseURL(database string) error {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := store.MigrateStatus(ctx, database, store.Options{}); errors.Is(err, store.ErrInvalid) {
		return err
	}
	return nil
}

// parseExternalURL returns nil for an empty one.
func parseExternalURL(s string) (*url.URL, error) {
	if s == "" {
		return nil, nil
	}
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return nil, &usageError{err: fmt.Errorf("--web.external-url %q: not a URL", s)}
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return nil, &usageError{err: fmt.Errorf("--web.external-url %q: not an absolute http or https URL", s)}
	case u.RawQuery != "" || u.Fragment != "":
		return nil, &usageError{err: fmt.Errorf("--web.external-url %q: it has a query or a fragment", s)}
	}
	return u, nil
}

// listenError adds what can be done about an address that is taken.
func listenError(err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return &hinted{err: err, hint: "another process listens there; --web.listen-address takes another address"}
	}
	return err
}

// announce says where the lists are, in the log and plainly.
func (a *app) announce(logger *slog.Logger, local string, external *url.URL) {
	base := local
	if external != nil {
		base = strings.TrimSuffix(external.String(), "/")
	}
	list := base + "/sd/targets?shard=SHARD"
	logger.Info("Serving", "version", version.Info(), "url", base+"/", "prometheus_url", list)
	fmt.Fprintf(a.out, `promshard is at %s/

For prometheus.yml, with the name of a shard for SHARD:

scrape_configs:
  - job_name: promshard
    http_sd_configs:
      - url: %s
        refresh_interval: 30s
`, base, list)
}
