package main

import (
	"fmt"

	"github.com/alecthomas/kingpin/v2"

	"github.com/promshard/promshard/store"
)

var projects = &noun[store.Project, store.ProjectFilter, store.ProjectUpdate]{
	name: "project", plural: "projects",
	help: "Projects: each belongs to a service and to a shard, and has hosts, exporters and URLs.",
	key:  []keyPart{{name: "name", help: "Name of the project."}},
	columns: []column[store.Project]{
		{"ID", func(p store.Project) string { return number(p.ID) }},
		{"NAME", func(p store.Project) string { return p.Name }},
		{"SERVICE", func(p store.Project) string { return p.Service }},
		{"SHARD", func(p store.Project) string { return p.Shard }},
		{"ENABLED", func(p store.Project) string { return yesNo(p.Enabled) }},
		{"OWNER", func(p store.Project) string { return p.Owner }},
		{"LABELS", func(p store.Project) string { return labelText(p.Labels) }},
		{"DESCRIPTION", func(p store.Project) string { return p.Description }},
	},
	id:     func(p store.Project) int64 { return p.ID },
	title:  func(p store.Project) string { return fmt.Sprintf("project %q", p.Name) },
	match:  func(key []string) (store.ProjectFilter, error) { return store.ProjectFilter{Name: key[0]}, nil },
	filter: projectFilter,
	create: createProject,
	change: changeProject,

	get: store.Registry.Project, list: store.Registry.Projects, insert: store.Registry.CreateProject,
	update: store.Registry.UpdateProject, remove: store.Registry.DeleteProject, cascades: true,

	example: examples{
		key: "shop-web", add: "--service=shop --shard=prod", set: "--no-enabled --label=maintenance=yes", list: "--shard=prod --no-enabled",
	},
}

const projectEnabledHelp = "Whether the project has targets; --no-enabled while it is under maintenance."

func projectFilter(cmd *kingpin.CmdClause) func() store.ProjectFilter {
	name := filterFlag(cmd, "name", "The one of this name.")
	service := filterFlag(cmd, "service", "Those of this service.")
	shard := filterFlag(cmd, "shard", "Those on this shard.")
	enabled := boolFlag(cmd, "enabled", "Those that are enabled, or with --no-enabled those that are not.")
	return func() store.ProjectFilter {
		return store.ProjectFilter{Name: name.or(""), Service: service.or(""), Shard: shard.or(""), Enabled: enabled.value}
	}
}

func createProject(cmd *kingpin.CmdClause) func([]string) (store.Project, error) {
	service := cmd.Flag("service", "Service that the project belongs to.").PlaceHolder("SERVICE").Required().String()
	shard := cmd.Flag("shard", "Shard whose servers scrape the project.").PlaceHolder("SHARD").Required().String()
	description := stringFlag(cmd, "description", "What it is.")
	owner := stringFlag(cmd, "owner", "Who looks after it.")
	enabled := boolFlag(cmd, "enabled", projectEnabledHelp+" On by default.")
	labels := addLabels(cmd, newLabelHelp)
	return func(key []string) (store.Project, error) {
		return store.Project{
			Name: key[0], Service: *service, Shard: *shard, Description: description.or(""), Owner: owner.or(""),
			Enabled: enabled.or(true), Labels: labels.labels(),
		}, nil
	}
}

func changeProject(cmd *kingpin.CmdClause) func(store.Project) store.ProjectUpdate {
	name := stringFlag(cmd, "name", "A new name.")
	service := stringFlag(cmd, "service", "Service to move the project to.")
	shard := stringFlag(cmd, "shard", "Shard to move the project to.")
	description := stringFlag(cmd, "description", "What it is.")
	owner := stringFlag(cmd, "owner", "Who looks after it.")
	enabled := boolFlag(cmd, "enabled", projectEnabledHelp)
	labels := addLabels(cmd, labelHelp)
	return func(p store.Project) store.ProjectUpdate {
		return store.ProjectUpdate{
			Name: name.value, Service: service.value, Shard: shard.value, Description: description.value,
			Owner: owner.value, Enabled: enabled.value, Labels: labels.applied(p.Labels),
		}
	}
}
