package main

import (
	"context"
	"fmt"

	"github.com/alecthomas/kingpin/v2"

	"github.com/promshard/promshard/cmd/promshard/promfile"
	"github.com/promshard/promshard/store"
)

func (a *app) addImportPrometheus(parent commander) {
	const help = "Import the targets of a prometheus.yml: those of static_configs. All of it is taken in, or nothing; what is there already stays as it is."
	a.command(parent, "prometheus", help, "promshard import prometheus /etc/prometheus/prometheus.yml", func(cmd *kingpin.CmdClause) action {
		file := cmd.Arg("file", "Configuration of a Prometheus.").Required().String()
		out := a.addOutput(cmd)
		return func(ctx context.Context) error { return a.importPrometheus(ctx, *file, out) }
	})
}

// importPrometheus reads the configuration before the inventory is opened, so that a wrong name creates no database.
func (a *app) importPrometheus(ctx context.Context, file string, out *output) error {
	groups, err := promfile.Groups(file)
	if err != nil {
		return err
	}
	return a.withInventory(ctx, a.openInventory, func(ctx context.Context, inv inventory) error {
		result, err := inv.Import(ctx, groups, store.ImportOptions{})
		if err != nil {
			return fmt.Errorf("importing %s: %w", file, err)
		}
		return out.print(result, func() string { return importText(result) })
	})
}
