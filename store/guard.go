package store

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// GuardOptions say how much one write may take away without being confirmed; see GuardError. The zero value is ready to
// use.
type GuardOptions struct {
	// MaxRemoval is the share of a shard's targets, in percent, from 1 to 100: of shards whose own MaxRemoval is 0. 0 means
	// 30, and 100 turns the guard off for those shards.
	MaxRemoval int
	// MinTargets is how many targets of a shard have to go before the guard asks, whatever their share. 0 means 20.
	MinTargets int
}

// withDefaults returns o with every zero field filled in, or ErrInvalid.
func (o GuardOptions) withDefaults() (GuardOptions, error) {
	if o.MaxRemoval < 0 || o.MaxRemoval > 100 {
		return o, &Error{
			Kind: ErrInvalid, Noun: "guard", Field: "max_removal", Value: strconv.Itoa(o.MaxRemoval),
			Reason: "must be a share from 1 to 100 percent; 100 turns the guard off",
		}
	}
	if o.MinTargets < 0 {
		return o, &Error{
			Kind: ErrInvalid, Noun: "guard", Field: "min_targets", Value: strconv.Itoa(o.MinTargets),
			Reason: "must be a number of targets from 1 upwards",
		}
	}
	return GuardOptions{MaxRemoval: cmp.Or(o.MaxRemoval, 30), MinTargets: cmp.Or(o.MinTargets, 20)}, nil
}

// guard refuses the write with a *GuardError when it takes too much away and that was not confirmed. It is called once
// in every write, after all rows are written: what was before is read on another connection, for which the write is
// still to come, since no other can be under way. docs/adr/0011-what-the-guard-counts.md has the reasons.
func (s *Store) guard(ctx context.Context, w *writeTx) error {
	least := int64(s.options.Guard.MinTargets)
	bound, err := w.mostRemoved(ctx, least)
	if err != nil || bound < least {
		return err
	}
	var found *GuardError
	if err := s.view(ctx, func(before view) (err error) {
		found, err = s.options.Guard.judge(ctx, before, w)
		return err
	}); err != nil {
		return fmt.Errorf("counting the targets that a write takes away: %w", err)
	}
	if found == nil {
		return nil
	}
	found.Confirmed = w.options.confirm == found.Digest
	found.refuted = w.options.confirm != "" && !found.Confirmed
	w.guarded = found
	if found.Confirmed || w.options.dryRun {
		return nil
	}
	s.metrics.guardRefused.Inc()
	return found
}

// judge compares what there was before the write with what there is after it. It returns nil when no shard loses
// too much.
func (o GuardOptions) judge(ctx context.Context, before view, w *writeTx) (*GuardError, error) {
	touched := slices.Sorted(maps.Keys(w.projects))
	counts, err := before.countTargets(ctx, touched)
	if err != nil {
		return nil, err
	}
	enough := func(shard int64) bool { return counts[shard] >= int64(o.MinTargets) }
	if !slices.ContainsFunc(slices.Collect(maps.Keys(counts)), enough) {
		return nil, nil
	}
	removed, err := removedTargets(ctx, before, view{tx: w.tx, dialect: w.dialect}, touched)
	if err != nil {
		return nil, err
	}
	shards := removed.shardsWith(int64(o.MinTargets))
	if len(shards) == 0 {
		return nil, nil
	}
	guarded, err := o.exceeding(ctx, before, removed, shards)
	if err != nil || len(guarded) == 0 {
		return nil, err
	}
	return &GuardError{Digest: removed.digest(), Shards: guarded}, nil
}

// exceeding returns those of the shards that lose a larger share than they may, by name.
func (o GuardOptions) exceeding(ctx context.Context, before view, removed *removal, shards []int64) ([]ShardRemoval, error) {
	var guarded []ShardRemoval
	for chunk := range slices.Chunk(shards, idsAtOnce) {
		rows, err := shardTable.list(ctx, before, whereIn("shard.id", chunk))
		if err != nil {
			return nil, err
		}
		for _, shard := range rows {
			most, gone := int64(cmp.Or(shard.MaxRemoval, o.MaxRemoval)), removed.perShard[shard.ID]
			total, err := before.shardTargets(ctx, shard.ID, (gone*100+most-1)/most)
			if err != nil {
				return nil, err
			}
			if gone*100 <= most*total {
				continue
			}
			guarded = append(guarded, ShardRemoval{
				ShardID: shard.ID, Shard: shard.Name, Targets: total, Removed: gone, MaxRemoval: int(most),
				Projects: removed.projectsOf(shard.ID),
			})
		}
	}
	slices.SortFunc(guarded, func(a, b ShardRemoval) int { return strings.Compare(a.Shard, b.Shard) })
	return guarded, nil
}

// shardTargets counts the targets of a shard, or as many of them as are enough: a small removal from a large shard then
// costs little.
func (v view) shardTargets(ctx context.Context, shard, enough int64) (total int64, err error) {
	var projects []int64
	if err := v.selectAll(ctx, &projects, `SELECT id FROM project WHERE shard_id = ? AND enabled`, shard); err != nil {
		return 0, fmt.Errorf("counting the targets of a shard: %w", err)
	}
	for some := 8; len(projects) > 0 && total < enough; some *= 2 {
		some = min(some, len(projects))
		counts, err := v.countTargets(ctx, projects[:some])
		if err != nil {
			return 0, err
		}
		total += counts[shard]
		projects = projects[some:]
	}
	return total, nil
}

// countTargets counts the targets of the projects with the ids, as lists have them, by shard.
func (v view) countTargets(ctx context.Context, ids []int64) (map[int64]int64, error) {
	counts := map[int64]int64{}
	for chunk := range slices.Chunk(ids, idsAtOnce) {
		w := whereIn("project.id", chunk)
		var rows []struct{ Shard, Targets int64 }
		if err := v.selectAll(ctx, &rows, `
			SELECT   project.shard_id AS shard,
			         CAST(sum(
			             (SELECT count(*) FROM farm JOIN host ON host.farm_id = farm.id
			              WHERE  farm.project_id = project.id AND host.enabled) *
			             (SELECT count(*) FROM exporter WHERE exporter.project_id = project.id AND exporter.enabled) +
			             (SELECT count(*) FROM url WHERE url.project_id = project.id)
			         ) AS BIGINT) AS targets
			FROM     project`+w.sql()+` AND project.enabled
			GROUP BY project.shard_id`, w.args...); err != nil {
			return nil, fmt.Errorf("counting targets: %w", err)
		}
		for _, row := range rows {
			counts[row.Shard] += row.Targets
		}
	}
	return counts, nil
}
