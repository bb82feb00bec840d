package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"github.com/oklog/run"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/version"
	"github.com/prometheus/exporter-toolkit/web"

	"github.com/promshard/promshard/cmd/promshard/agent"
	"github.com/promshard/promshard/httpsd"
)

// agentOptions are the flags of agent.
type agentOptions struct {
	agent agent.Options
	once  bool

	httpConfig   string
	reload       *url.URL
	reloadConfig string
	web          web.FlagConfig
}

func (a *app) addAgent() {
	const help = "Keep files for file_sd as a shard's lists are, beside a Prometheus that must stay on file_sd. Changes come over the watch stream, and a file is replaced in one step when its bytes differ; owner and mode of one that is there stay. No failure makes a file shorter: while no server answers, or a shard is unknown, it stays as it is. SIGTERM or SIGINT ends it."
	const examples = "promshard agent --server=https://promshard.example --as=prometheus001.example:9090 --targets-file=/etc/prometheus/promshard.json\n" +
		"promshard agent --server=https://promshard.example --shard=prod --targets-file=/etc/prometheus/promshard.json --once\n" +
		"promshard agent --server=https://promshard.example --shard=prod --split-by=service --targets-file='/etc/prometheus/promshard-*.yml'"
	a.command(a.kingpin, "agent", help, examples, func(cmd *kingpin.CmdClause) action {
		o := agentOptions{web: web.FlagConfig{WebListenAddresses: new([]string), WebConfigFile: new(string)}}
		mode := fileMode(0o644)
		addAgentLists(cmd, &o.agent, &mode)
		addAgentPace(cmd, &o)
		addAgentWeb(cmd, &o)
		return func(ctx context.Context) error {
			o.agent.Mode = fs.FileMode(mode)
			return a.agent(ctx, &o)
		}
	})
}

// addAgentLists declares what is written, and where it comes from.
func addAgentLists(cmd *kingpin.CmdClause, o *agent.Options, mode *fileMode) {
	cmd.Flag("server", "URL of a promshard server. Repeatable: they are tried in turn.").PlaceHolder("URL").Required().StringsVar(&o.Servers)
	cmd.Flag("shard", "Shard whose lists are written.").PlaceHolder("SHARD").StringVar(&o.Shard)
	cmd.Flag("as", "Address under which the Prometheus is registered (register-server), instead of --shard: its shard's lists are written, and when it is moved to another shard, those of that one.").
		PlaceHolder("HOST:PORT").StringVar(&o.As)
	cmd.Flag("targets-file", "File for the targets, JSON or YAML by its extension.").PlaceHolder("FILE").StringVar(&o.TargetsFile)
	cmd.Flag("urls-file", "File for the URLs to probe.").PlaceHolder("FILE").StringVar(&o.URLsFile)
	cmd.Flag("split-by", `Write a file for each service, project or job. The files' names then have one "*", which stands for its name: promshard-*.json is what file_sd_configs takes, too. Files that it has written are removed when nothing is left for them, others are never touched.`).
		PlaceHolder("LABEL").EnumVar(&o.SplitBy, agent.Splits()...)
	cmd.Flag("mode", "Mode of new files, in octal; those that are there keep theirs.").Default("644").PlaceHolder("644").SetValue(mode)
	cmd.Flag("check", "Do not write a list of which Prometheus would refuse anything (see promshard check); the old files stay.").BoolVar(&o.Check)
}

// addAgentPace declares when things happen, and what happens after a write.
func addAgentPace(cmd *kingpin.CmdClause, o *agentOptions) {
	cmd.Flag("once", "Write the files once and exit, as for cron.").BoolVar(&o.once)
	cmd.Flag("timeout", "How long --once may take.").Default("30s").PlaceHolder("30s").DurationVar(&o.agent.Timeout)
	cmd.Flag("coalesce-interval", "The least time between two writes of a list; the first change after a quiet spell is written at once.").
		Default("10s").PlaceHolder("10s").DurationVar(&o.agent.CoalesceInterval)
	cmd.Flag("refresh-interval", "How often the list is asked for while watch streams do not pass.").
		Default("60s").PlaceHolder("60s").DurationVar(&o.agent.RefreshInterval)
	cmd.Flag("http.config.file", "File with credentials, TLS and proxy for the promshard servers, in the form of Prometheus's <http_config>.").
		PlaceHolder("FILE").StringVar(&o.httpConfig)
	cmd.Flag("reload", "URL of a Prometheus that is to reload after a write, by a POST to its /-/reload. It notices by itself, too.").
		PlaceHolder("URL").URLVar(&o.reload)
	cmd.Flag("reload.config.file", "The same as --http.config.file for that Prometheus.").PlaceHolder("FILE").StringVar(&o.reloadConfig)
}

func addAgentWeb(cmd *kingpin.CmdClause, o *agentOptions) {
	cmd.Flag("web.listen-address", "Address for /metrics, /-/ready and /-/healthy; none by default. Repeatable.").
		PlaceHolder("ADDRESS").StringsVar(o.web.WebListenAddresses)
	cmd.Flag("web.config.file", "File with TLS, client certificates, basic authentication and rate limits, as every exporter takes it.").
		PlaceHolder("FILE").StringVar(o.web.WebConfigFile)
}

// check refuses what cannot work, beside what the agent itself refuses.
func (o *agentOptions) check() error {
	switch {
	case o.agent.Timeout <= 0:
		return fmt.Errorf("--timeout %v: must be above 0", o.agent.Timeout)
	case o.agent.CoalesceInterval < 0:
		return fmt.Errorf("--coalesce-interval %v: must be 0 or more", o.agent.CoalesceInterval)
	case o.agent.RefreshInterval <= 0:
		return fmt.Errorf("--refresh-interval %v: must be above 0", o.agent.RefreshInterval)
	case o.reload == nil && o.reloadConfig != "":
		return errors.New("--reload.config.file is given, but no --reload")
	case o.reload != nil && (o.reload.Scheme != "http" && o.reload.Scheme != "https" || o.reload.Host == ""):
		return fmt.Errorf("--reload %q: not an http or https URL", o.reload.Redacted())
	case o.once && len(*o.web.WebListenAddresses) > 0:
		return errors.New("--web.listen-address is of no use with --once")
	}
	if o.agent.CoalesceInterval == 0 {
		o.agent.CoalesceInterval = -1 // which is none to the agent
	}
	return nil
}

// agent runs until ctx ends, which is no error, or with --once until the files are in place.
func (a *app) agent(ctx context.Context, o *agentOptions) error {
	if err := o.check(); err != nil {
		return &usageError{err: err}
	}
	logger, registry := a.logger(), newRegistry()
	if o.once {
		logger = a.quietLogger()
	}
	o.agent.Logger, o.agent.Registerer, o.agent.UserAgent = logger, registry, userAgent()
	if err := o.addClients(); err != nil {
		return err
	}
	g, err := agent.New(o.agent)
	if err != nil {
		return &usageError{err: err}
	}
	if o.once {
		return agentError(g.Once(ctx))
	}
	return runAgent(ctx, g, o, logger, registry)
}

// addClients reads the files about the clients.
func (o *agentOptions) addClients() error {
	if o.httpConfig != "" {
		client, _, err := configuredClient("--http.config.file", o.httpConfig)
		if err != nil {
			return err
		}
		o.agent.HTTPClient = client
	}
	if o.reload == nil {
		return nil
	}
	client := newHTTPClient(time.Minute)
	if o.reloadConfig != "" {
		var err error
		if client, _, err = configuredClient("--reload.config.file", o.reloadConfig); err != nil {
			return err
		}
		client.Timeout = time.Minute
	}
	o.agent.Reload = func(ctx context.Context) error { return reloadPrometheus(ctx, client, o.reload, "--reload") }
	return nil
}

// runAgent runs the agent, with its pages when they are wanted, until ctx ends or one of them fails.
func runAgent(ctx context.Context, g *agent.Agent, o *agentOptions, logger *slog.Logger, registry *prometheus.Registry) error {
	var group run.Group
	group.Add(run.ContextHandler(ctx))
	if len(*o.web.WebListenAddresses) > 0 {
		server, err := httpsd.Listen(httpsd.ServerOptions{Handler: g.Handler(registry), Web: &o.web, Logger: logger.With("component", "web")})
		if err != nil {
			return listenError(err)
		}
		logger.Info("Listening", "url", server.URL()+"/")
		addActor(&group, logger, server.Serve)
	}
	logger.Info("Starting the agent", "version", version.Info(), "shard", o.agent.Shard, "as", o.agent.As)
	addActor(&group, logger, func(ctx context.Context) error { return ignoreHangups(ctx, logger) })
	addActor(&group, logger, g.Run)
	err := group.Run()
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		logger.Info("Stopped, as a signal asked for")
		return nil
	}
	return err
}

// agentError gives the errors of --once their exit codes.
func agentError(err error) error {
	var refused *agent.CheckError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, agent.ErrUnknown):
		return &hinted{
			err:  &unknown{err},
			hint: "the files are as they were; promshard shard list and promshard server list show which there are",
		}
	case errors.As(err, &refused):
		return &hinted{err: err, hint: "the files are as they were; without --check the list would have been written"}
	case errors.Is(err, agent.ErrNoAnswer), errors.Is(err, agent.ErrNotReloaded):
		return &unavailable{err}
	}
	return err
}
