package main

import (
	"context"
	"fmt"

	"github.com/alecthomas/kingpin/v2"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/fleet"
)

// demoServers is how many servers each shard of a demo gets.
const demoServers = 2

func (a *app) addDemo() {
	const help = "Fill an empty inventory with a believable fleet, for trying and measuring. line is what LINE reported for its Promgen in 2020 (34,000 targets), million has a million targets."
	a.command(a.kingpin, "demo", help, "promshard demo --fleet=line --database=sqlite:demo.db", func(cmd *kingpin.CmdClause) action {
		name := cmd.Flag("fleet", "Which fleet: line or million.").Default(fleet.Line.Name).PlaceHolder(fleet.Line.Name).
			Enum(fleet.Line.Name, fleet.Million.Name)
		force := cmd.Flag("force", "Add the fleet to an inventory that is not empty.").Bool()
		a.addServer(cmd)
		out := a.addOutput(cmd)
		return a.onInventory(func(ctx context.Context, inv inventory) error {
			size, _ := fleet.Named(*name)
			result, err := a.fill(ctx, inv, size, *force)
			if err != nil {
				return err
			}
			return out.print(result, func() string { return importText(result) })
		})
	})
}

// fill imports a fleet and registers servers to its shards.
func (a *app) fill(ctx context.Context, inv store.Registry, size fleet.Fleet, force bool) (store.ImportResult, error) {
	if !force {
		if err := demandEmpty(ctx, inv); err != nil {
			return store.ImportResult{}, err
		}
	}
	bar := newProgress(a.err, "making the fleet "+size.Name, "targets", -1)
	result, err := inv.Import(ctx, size.Groups(), store.ImportOptions{Progress: bar.update})
	bar.done()
	if err != nil {
		return result, fmt.Errorf("making the fleet %s: %w", size.Name, err)
	}
	return result, registerDemoServers(ctx, inv)
}

// demandEmpty refuses an inventory that holds anything a fleet would be mixed with.
func demandEmpty(ctx context.Context, inv store.Registry) error {
	shards, err := inv.Shards(ctx, store.ShardFilter{})
	if err != nil {
		return err
	}
	services, err := inv.Services(ctx, store.ServiceFilter{})
	if err != nil {
		return err
	}
	if len(shards) == 0 && len(services) == 0 {
		return nil
	}
	return &store.Error{
		Kind: store.ErrConflict, Noun: "inventory", Reason: "is not empty",
		Hint: "name another --database, or add the fleet to what is there with --force",
	}
}

// registerDemoServers gives every shard without servers a few.
func registerDemoServers(ctx context.Context, inv store.Registry) error {
	shards, err := inv.Shards(ctx, store.ShardFilter{})
	if err != nil {
		return err
	}
	taken, err := inv.Servers(ctx, store.ServerFilter{})
	if err != nil {
		return err
	}
	has := map[string]bool{}
	for _, s := range taken {
		has[s.Shard] = true
	}
	for i, shard := range shards {
		for j := range demoServers {
			if has[shard.Name] {
				continue
			}
			host := fmt.Sprintf("prometheus%03d-%c.example", i+1, 'a'+j)
			if _, err := inv.RegisterServer(ctx, shard.Name, host, 9090); err != nil {
				return err
			}
		}
	}
	return nil
}
