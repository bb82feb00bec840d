package main

import (
	"fmt"

	"github.com/alecthomas/kingpin/v2"

	"github.com/promshard/promshard/store"
)

// Farms are addressed by their project: each project has at most one, and their names need not be unique.
var farms = &noun[store.Farm, store.FarmFilter, store.FarmUpdate]{
	name: "farm", plural: "farms",
	help: "Farms: the named group of hosts of a project, at most one each.",
	key:  []keyPart{{name: "project", help: "Project that the farm belongs to."}},
	columns: []column[store.Farm]{
		{"ID", func(f store.Farm) string { return number(f.ID) }},
		{"PROJECT", func(f store.Farm) string { return f.Project }},
		{"NAME", func(f store.Farm) string { return f.Name }},
		{"SOURCE", func(f store.Farm) string { return f.Source }},
	},
	id:     func(f store.Farm) int64 { return f.ID },
	title:  func(f store.Farm) string { return fmt.Sprintf("farm %q of project %q", f.Name, f.Project) },
	match:  func(key []string) (store.FarmFilter, error) { return store.FarmFilter{Project: key[0]}, nil },
	filter: farmFilter,
	create: createFarm,
	change: changeFarm,

	get: store.Registry.Farm, list: store.Registry.Farms, insert: store.Registry.CreateFarm,
	update: store.Registry.UpdateFarm, remove: store.Registry.DeleteFarm, cascades: true,

	example: examples{key: "shop-web", add: "--name=shop-machines", set: "--name=shop-hosts", list: "--source=" + store.DefaultFarmSource},
}

func farmFilter(cmd *kingpin.CmdClause) func() store.FarmFilter {
	name := filterFlag(cmd, "name", "Those of this name.")
	project := filterFlag(cmd, "project", "That of this project.")
	source := filterFlag(cmd, "source", "Those whose hosts come from this source.")
	return func() store.FarmFilter {
		return store.FarmFilter{Name: name.or(""), Project: project.or(""), Source: source.or("")}
	}
}

func createFarm(cmd *kingpin.CmdClause) func([]string) (store.Farm, error) {
	name := stringFlag(cmd, "name", "Name of the farm; that of the project by default.")
	source := stringFlag(cmd, "source", "Where its hosts come from; "+store.DefaultFarmSource+", which is typed in, by default.")
	return func(key []string) (store.Farm, error) {
		return store.Farm{Project: key[0], Name: name.or(key[0]), Source: source.or("")}, nil
	}
}

func changeFarm(cmd *kingpin.CmdClause) func(store.Farm) store.FarmUpdate {
	name := stringFlag(cmd, "name", "A new name.")
	source := stringFlag(cmd, "source", "Where its hosts come from.")
	return func(store.Farm) store.FarmUpdate {
		return store.FarmUpdate{Name: name.value, Source: source.value}
	}
}
