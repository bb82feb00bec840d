package main

import (
	"context"
	"fmt"
	"net"
	"strconv"

	"github.com/alecthomas/kingpin/v2"

	"github.com/promshard/promshard/store"
)

// addRegister declares Promgen's commands that register one thing unless it is there already.
func (a *app) addRegister() {
	a.command(a.kingpin, "register-server",
		"Register a Prometheus server to a shard, creating the shard when there is none, and moving a server that is on another.",
		"promshard register-server prod prometheus001.example 9090", a.registerServer)
	a.command(a.kingpin, "register-host",
		"Register a host to an existing project, which gets a farm of its own name when it has none.",
		"promshard register-host shop-web web1.example", a.registerHost)
	a.command(a.kingpin, "register-job",
		"Register an exporter to an existing project, unless it has one with this job and port. As in Promgen, the job is registered disabled unless --enabled is given.",
		"promshard register-job shop-web node 9100 --enabled", a.registerJob)
	a.command(a.kingpin, "register-exporter",
		"Register a default exporter: a suggestion for new projects.",
		"promshard register-exporter node 9100", a.registerExporter)
}

func (a *app) registerServer(cmd *kingpin.CmdClause) action {
	a.addServer(cmd)
	shard := cmd.Arg("shard", "Name of the shard.").Required().String()
	host := cmd.Arg("host", "Host of the Prometheus.").Required().String()
	port := addPortArg(cmd, "Port of the Prometheus.")
	out := a.addOutput(cmd)
	return a.onInventory(func(ctx context.Context, inv inventory) error {
		r, err := inv.RegisterServer(ctx, *shard, *host, port.or(0))
		if err != nil {
			return err
		}
		return out.print(r, func() string { return registeredServerText(r) })
	})
}

func registeredServerText(r store.ServerRegistration) string {
	text := ""
	if r.CreatedShard {
		text = fmt.Sprintf("Created shard %s\n", r.Server.Shard)
	}
	server := net.JoinHostPort(r.Server.Host, strconv.Itoa(r.Server.Port))
	switch {
	case r.Created:
		return text + fmt.Sprintf("Created %s on %s\n", server, r.Server.Shard)
	case r.MovedFrom != "":
		return text + fmt.Sprintf("Moved %s from %s to %s\n", server, r.MovedFrom, r.Server.Shard)
	}
	return text + fmt.Sprintf("Found existing %s on %s\n", server, r.Server.Shard)
}

func (a *app) registerHost(cmd *kingpin.CmdClause) action {
	a.addServer(cmd)
	project := cmd.Arg("project", "Existing project.").Required().String()
	host := cmd.Arg("host", "Host name or IP address, without a port.").Required().String()
	out := a.addOutput(cmd)
	return a.onInventory(func(ctx context.Context, inv inventory) error {
		h, created, err := inv.RegisterHost(ctx, *project, *host)
		if err != nil {
			return err
		}
		return out.print(registered{"host", h, created}, func() string {
			return fmt.Sprintf("%s host %s [%s]\n", foundOr("Registered", created), h.Name, h.Farm)
		})
	})
}

func (a *app) registerJob(cmd *kingpin.CmdClause) action {
	a.addServer(cmd)
	project := cmd.Arg("project", "Existing project.").Required().String()
	job := cmd.Arg("job", "Name of the job, such as node.").Required().String()
	port := addPortArg(cmd, "Port of the exporter.")
	path := cmd.Arg("path", "Path with its query; /metrics by default.").String()
	enabled := cmd.Flag("enabled", "Make targets of it at once. Without this flag a new job is disabled until promshard exporter set … --enabled.").Bool()
	out := a.addOutput(cmd)
	return a.onInventory(func(ctx context.Context, inv inventory) error {
		e, created, err := inv.RegisterJob(ctx, store.Exporter{
			Project: *project, Job: *job, Port: port.or(0), Path: *path, Enabled: *enabled,
		})
		if err != nil {
			return err
		}
		return out.print(registered{"exporter", e, created}, func() string {
			text := fmt.Sprintf("%s job %s", foundOr("Registered", created), endpointText(e.Job, e.Port, e.Path))
			if !e.Enabled {
				text += fmt.Sprintf(", disabled: it makes no targets until promshard exporter set id:%d --enabled", e.ID)
			}
			return text + "\n"
		})
	})
}

func (a *app) registerExporter(cmd *kingpin.CmdClause) action {
	a.addServer(cmd)
	job := cmd.Arg("job", "Name of the job, such as node.").Required().String()
	port := addPortArg(cmd, "Port of the exporter.")
	path := cmd.Arg("path", "Path with its query; /metrics by default.").String()
	out := a.addOutput(cmd)
	return a.onInventory(func(ctx context.Context, inv inventory) error {
		e, created, err := inv.RegisterExporter(ctx, *job, port.or(0), *path)
		if err != nil {
			return err
		}
		return out.print(registered{"default_exporter", e, created}, func() string {
			verb := "Already exists"
			if created {
				verb = "Created"
			}
			return fmt.Sprintf("%s %s\n", verb, endpointText(e.Job, e.Port, e.Path))
		})
	})
}

// addPortArg declares the argument PORT.
func addPortArg(cmd *kingpin.CmdClause, help string) *optional[int] {
	port := &optional[int]{parse: func(s string) (int, error) {
		n, err := parsePort(s)
		if err != nil {
			return 0, fmt.Errorf("the port %q is %w", s, err)
		}
		return n, nil
	}}
	cmd.Arg("port", help).Required().SetValue(port)
	return port
}

// foundOr is the verb for what was created, or was there already.
func foundOr(verb string, created bool) string {
	if created {
		return verb
	}
	return "Found existing"
}

// registered is what was registered as --output json prints it: the noun under its name, and whether it is new.
type registered struct {
	noun    string
	value   any
	created bool
}

// MarshalJSON implements json.Marshaler.
func (r registered) MarshalJSON() ([]byte, error) {
	return marshal(map[string]any{r.noun: r.value, "created": r.created})
}
