package store

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
)

// decisive are, by noun, the fields of a row that decide whether and where it makes targets, as JSON calls them. A change of
// others takes none away.
var decisive = map[string][]string{
	"shard": {}, "server": {}, "service": {}, "default_exporter": {}, "probe": {},
	"farm":     {"project_id"},
	"project":  {"enabled", "shard_id"},
	"host":     {"name", "enabled", "farm_id"},
	"exporter": {"port", "path", "scheme", "enabled", "project_id"},
	"url":      {"url", "project_id"},
}

// mostRemoved bounds from above how many targets the write takes away, from its changes alone and with one small query
// at most, so that everyday writes cost nothing: a creation takes none away, a host that goes as many as there are
// exporters. Once it can be least or more it need not be exact.
func (w *writeTx) mostRemoved(ctx context.Context, least int64) (int64, error) {
	var hosts, urls int64
	for _, c := range w.changes {
		lost, err := c.mayTakeAway()
		switch {
		case err != nil:
			return 0, err
		case !lost:
		case c.Noun == "host":
			hosts++
		case c.Noun == "url":
			urls++
		default:
			return math.MaxInt64, nil
		}
	}
	if hosts == 0 || hosts >= least {
		return hosts + urls, nil
	}
	exporters, err := w.mostExporters(ctx)
	return hosts*exporters + urls, err
}

// mayTakeAway says whether the change can take targets away by itself: what hangs on a row that goes has changes of
// its own.
func (c Change) mayTakeAway() (bool, error) {
	if len(c.Before) == 0 {
		return false, nil
	}
	fields, known := decisive[c.Noun]
	switch {
	case !known:
		return true, nil
	case len(c.After) == 0:
		return c.Noun == "host" || c.Noun == "exporter" || c.Noun == "url", nil
	case len(fields) == 0:
		return false, nil
	}
	var before, after map[string]json.RawMessage
	for _, side := range []struct {
		from json.RawMessage
		into *map[string]json.RawMessage
	}{{c.Before, &before}, {c.After, &after}} {
		if err := json.Unmarshal(side.from, side.into); err != nil {
			return false, fmt.Errorf("decoding a change of %s %d: %w", c.Noun, c.ID, err)
		}
	}
	return slices.ContainsFunc(fields, func(f string) bool { return !bytes.Equal(before[f], after[f]) }), nil
}

// mostExporters is how many exporters the touched project with most of them has. Those that the write created count as
// well, which does no harm.
func (w *writeTx) mostExporters(ctx context.Context) (most int64, err error) {
	for chunk := range slices.Chunk(slices.Collect(maps.Keys(w.projects)), idsAtOnce) {
		projects := whereIn("exporter.project_id", chunk)
		var n int64
		if err := w.get(ctx, &n, `
			SELECT coalesce(max(n), 0)
			FROM   (SELECT count(*) AS n FROM exporter`+projects.sql()+` GROUP BY project_id) AS counts`,
			projects.args...,
		); err != nil {
			return 0, fmt.Errorf("counting exporters: %w", err)
		}
		most = max(most, n)
	}
	return most, nil
}
