package origins

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/promshard/promshard/httpsd/snapshot"
	"github.com/promshard/promshard/store"
)

// DiffMost is how many targets a comparison may be asked to name.
const DiffMost = 10_000

// CheckDiffLimit refuses a number of targets that no comparison names.
func CheckDiffLimit(limit int) error {
	if limit >= 1 && limit <= DiffMost {
		return nil
	}
	return &store.Error{
		Kind: store.ErrInvalid, Noun: "parameter", Field: "limit", Value: strconv.Itoa(limit),
		Reason: fmt.Sprintf("is not a number from 1 to %d", DiffMost),
	}
}

// Diff is what a range of revisions did to the lists.
type Diff struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
	// Shards are those whose lists differ, by name.
	Shards []ShardDiff `json:"shards"`
	// Truncated is true when not all targets are named; the counts are always those of all.
	Truncated bool `json:"truncated"`
}

// ShardDiff is what became of the lists of one shard.
type ShardDiff struct {
	Shard string `json:"shard"`
	// Added, Removed and Relabelled count targets and URLs. One whose labels changed is the same one to promshard, and
	// another one to Prometheus.
	Added      int `json:"added"`
	Removed    int `json:"removed"`
	Relabelled int `json:"relabelled"`
	// Targets are those that differ: by list, target and project.
	Targets []TargetDiff `json:"targets"`
}

// TargetDiff is what became of one target or URL.
type TargetDiff struct {
	// Change is "added", "removed" or "relabelled".
	Change  string `json:"change"`
	List    string `json:"list"`
	Target  string `json:"target"`
	Service string `json:"service"`
	Project string `json:"project"`
	Job     string `json:"job"`
	// Labels are those it has, or had when it is gone; Before those it had before when they are others now.
	Labels map[string]string `json:"labels"`
	Before map[string]string `json:"before,omitempty"`
}

// Compare says which targets differ between the ends of a range, naming no more of them than most. Only those of one
// shard, unless shard is empty.
func Compare(past store.Past, shard string, most int) Diff {
	d := Diff{From: past.From, To: past.To, Shards: []ShardDiff{}}
	shards := map[string]*ShardDiff{}
	ids := maps.Clone(past.Before)
	maps.Copy(ids, past.After)
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		before, after := targetsOf(past.Before[id]), targetsOf(past.After[id])
		for k, was := range before {
			if now, ok := after[k]; !ok {
				put(shards, k, TargetDiff{Change: "removed", Labels: was})
			} else if !maps.Equal(was, now) {
				put(shards, k, TargetDiff{Change: "relabelled", Labels: now, Before: was})
			}
		}
		for k, now := range after {
			if _, ok := before[k]; !ok {
				put(shards, k, TargetDiff{Change: "added", Labels: now})
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(shards)) {
		if shard != "" && name != shard {
			continue
		}
		s := shards[name]
		slices.SortFunc(s.Targets, byTarget)
		if len(s.Targets) > most {
			s.Targets, d.Truncated = s.Targets[:most], true
		}
		most -= len(s.Targets)
		d.Shards = append(d.Shards, *s)
	}
	return d
}

// targetKey tells the targets of a project apart: in which list they are, and which exporter or probe makes them.
type targetKey struct{ shard, list, source, target string }

func targetsOf(p *store.ProjectRows) map[targetKey]map[string]string {
	all := map[targetKey]map[string]string{}
	if p == nil {
		return all
	}
	targets, urls := snapshot.Render(p)
	for list, groups := range map[string][]snapshot.Group{"targets": targets, "urls": urls} {
		for _, g := range groups {
			source := g.Source
			if list == "targets" {
				// What comes after the exporter's id tells label sets apart.
				source = strings.Join(strings.SplitN(source, "/", 3)[:2], "/")
			}
			for _, t := range g.Targets {
				all[targetKey{p.Shard, list, source, t}] = g.Labels
			}
		}
	}
	return all
}

func put(shards map[string]*ShardDiff, k targetKey, t TargetDiff) {
	s := shards[k.shard]
	if s == nil {
		s = &ShardDiff{Shard: k.shard, Targets: []TargetDiff{}}
		shards[k.shard] = s
	}
	switch t.Change {
	case "added":
		s.Added++
	case "removed":
		s.Removed++
	default:
		s.Relabelled++
	}
	t.List, t.Target = k.list, k.target
	t.Service, t.Project, t.Job = t.Labels["service"], t.Labels["project"], t.Labels["job"]
	s.Targets = append(s.Targets, t)
}

func byTarget(a, b TargetDiff) int {
	return cmp.Or(cmp.Compare(a.List, b.List), cmp.Compare(a.Target, b.Target), cmp.Compare(a.Project, b.Project),
		cmp.Compare(a.Job, b.Job), cmp.Compare(a.Change, b.Change))
}
