package main

import (
	"fmt"
	"strconv"

	"github.com/alecthomas/kingpin/v2"

	"github.com/promshard/promshard/store"
)

var shards = &noun[store.Shard, store.ShardFilter, store.ShardUpdate]{
	name: "shard", plural: "shards",
	help: "Shards: sets of Prometheus servers that scrape the same targets.",
	key:  []keyPart{{name: "name", help: "Name of the shard."}},
	columns: []column[store.Shard]{
		{"ID", func(s store.Shard) string { return number(s.ID) }},
		{"NAME", func(s store.Shard) string { return s.Name }},
		{"ENABLED", func(s store.Shard) string { return yesNo(s.Enabled) }},
		{"SAMPLES", func(s store.Shard) string { return estimate(s.Samples) }},
		{"TARGETS", func(s store.Shard) string { return estimate(s.Targets) }},
		{"MAX REMOVAL", func(s store.Shard) string { return share(s.MaxRemoval) }},
		{"URL", func(s store.Shard) string { return s.URL }},
	},
	id:     func(s store.Shard) int64 { return s.ID },
	title:  func(s store.Shard) string { return fmt.Sprintf("shard %q", s.Name) },
	match:  func(key []string) (store.ShardFilter, error) { return store.ShardFilter{Name: key[0]}, nil },
	filter: shardFilter,
	create: createShard,
	change: changeShard,

	get: store.Registry.Shard, list: store.Registry.Shards, insert: store.Registry.CreateShard,
	update: store.Registry.UpdateShard, remove: store.Registry.DeleteShard, cascades: true,

	example: examples{
		key: "prod", add: "--url=http://prometheus001.example:9090", set: "--targets=20000 --no-enabled", list: "--enabled",
	},
}

const shardEnabledHelp = "Whether new projects may be put on the shard; what it has is served either way."

const maxRemovalHelp = "The share of the shard's targets, in percent, that one write may take away without --confirm; 100 asks for none, 0 leaves it to --guard.max-removal."

// share is a share in percent as lists show it.
func share(percent int) string {
	if percent == 0 {
		return ""
	}
	return strconv.Itoa(percent) + "%"
}

func shardFilter(cmd *kingpin.CmdClause) func() store.ShardFilter {
	name := filterFlag(cmd, "name", "The one of this name.")
	enabled := boolFlag(cmd, "enabled", "Those that take new projects, or with --no-enabled those that do not.")
	return func() store.ShardFilter { return store.ShardFilter{Name: name.or(""), Enabled: enabled.value} }
}

func createShard(cmd *kingpin.CmdClause) func([]string) (store.Shard, error) {
	url := stringFlag(cmd, "url", "Where people reach the shard's Prometheus.")
	enabled := boolFlag(cmd, "enabled", shardEnabledHelp+" On by default.")
	samples := countFlag(cmd, "samples", "How many samples the shard is estimated to bear.")
	targets := countFlag(cmd, "targets", "How many targets the shard is estimated to bear.")
	removal := percentFlag(cmd, "max-removal", maxRemovalHelp)
	return func(key []string) (store.Shard, error) {
		return store.Shard{
			Name: key[0], URL: url.or(""), Enabled: enabled.or(true), Samples: samples.or(0), Targets: targets.or(0),
			MaxRemoval: removal.or(0),
		}, nil
	}
}

func changeShard(cmd *kingpin.CmdClause) func(store.Shard) store.ShardUpdate {
	name := stringFlag(cmd, "name", "A new name.")
	url := stringFlag(cmd, "url", "Where people reach the shard's Prometheus.")
	enabled := boolFlag(cmd, "enabled", shardEnabledHelp)
	samples := countFlag(cmd, "samples", "How many samples the shard is estimated to bear; 0 for no estimate.")
	targets := countFlag(cmd, "targets", "How many targets the shard is estimated to bear; 0 for no estimate.")
	removal := percentFlag(cmd, "max-removal", maxRemovalHelp)
	return func(store.Shard) store.ShardUpdate {
		return store.ShardUpdate{
			Name: name.value, URL: url.value, Enabled: enabled.value, Samples: samples.value, Targets: targets.value,
			MaxRemoval: removal.value,
		}
	}
}
