package store

import (
	"maps"
	"slices"
)

// actions are all that a journal entry can say was done. A write whose action is not among them is an error, so that whoever
// adds one finds this list, and the tests that go through it.
var actions = actionSet()

func actionSet() map[string]bool {
	set := map[string]bool{}
	add := func(noun string, verbs ...string) {
		for _, verb := range verbs {
			set[noun+"."+verb] = true
		}
	}
	for noun := range nouns {
		add(noun, "create", "update", "delete")
	}
	for _, noun := range []string{"server", "host", "exporter", "default_exporter"} {
		add(noun, "register")
	}
	add("host", "set")
	for _, kind := range PrincipalKinds {
		add(kind, "create")
	}
	add("access", "update", "delete")
	for _, whole := range []string{"import", "apply", "sync", "revert"} {
		set[whole] = true
	}
	return set
}

// Actions lists what journal entries can say was done, in order: "apply", "host.create".
func Actions() []string { return slices.Sorted(maps.Keys(actions)) }
