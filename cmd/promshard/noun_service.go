package main

import (
	"fmt"

	"github.com/alecthomas/kingpin/v2"

	"github.com/promshard/promshard/store"
)

var services = &noun[store.Service, store.ServiceFilter, store.ServiceUpdate]{
	name: "service", plural: "services",
	help: "Services: groups of projects.",
	key:  []keyPart{{name: "name", help: "Name of the service."}},
	columns: []column[store.Service]{
		{"ID", func(s store.Service) string { return number(s.ID) }},
		{"NAME", func(s store.Service) string { return s.Name }},
		{"OWNER", func(s store.Service) string { return s.Owner }},
		{"LABELS", func(s store.Service) string { return labelText(s.Labels) }},
		{"DESCRIPTION", func(s store.Service) string { return s.Description }},
	},
	id:     func(s store.Service) int64 { return s.ID },
	title:  func(s store.Service) string { return fmt.Sprintf("service %q", s.Name) },
	match:  func(key []string) (store.ServiceFilter, error) { return store.ServiceFilter{Name: key[0]}, nil },
	filter: serviceFilter,
	create: createService,
	change: changeService,

	get: store.Registry.Service, list: store.Registry.Services, insert: store.Registry.CreateService,
	update: store.Registry.UpdateService, remove: store.Registry.DeleteService, cascades: true,

	example: examples{key: "shop", add: "--owner=@team-shop --label=tier=1", set: "--description='The web shop'", list: "--output=json"},
}

func serviceFilter(cmd *kingpin.CmdClause) func() store.ServiceFilter {
	name := filterFlag(cmd, "name", "The one of this name.")
	return func() store.ServiceFilter { return store.ServiceFilter{Name: name.or("")} }
}

func createService(cmd *kingpin.CmdClause) func([]string) (store.Service, error) {
	description := stringFlag(cmd, "description", "What it is.")
	owner := stringFlag(cmd, "owner", "Who looks after it.")
	labels := addLabels(cmd, newLabelHelp)
	return func(key []string) (store.Service, error) {
		return store.Service{
			Name: key[0], Description: description.or(""), Owner: owner.or(""), Labels: labels.labels(),
		}, nil
	}
}

func changeService(cmd *kingpin.CmdClause) func(store.Service) store.ServiceUpdate {
	name := stringFlag(cmd, "name", "A new name.")
	description := stringFlag(cmd, "description", "What it is.")
	owner := stringFlag(cmd, "owner", "Who looks after it.")
	labels := addLabels(cmd, labelHelp)
	return func(s store.Service) store.ServiceUpdate {
		return store.ServiceUpdate{
			Name: name.value, Description: description.value, Owner: owner.value, Labels: labels.applied(s.Labels),
		}
	}
}
