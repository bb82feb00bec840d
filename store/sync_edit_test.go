package store_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
)

// editor makes random edits. Names of new rows come from a small pool, so that both sides meet; those of renamed rows
// are new, so that no two rows wait for each other's.
type editor struct {
	random *rand.Rand
	source world
	keys   map[string]int64
	fresh  int
}

func (e *editor) pool() string { return fmt.Sprintf("n%d", e.random.IntN(6)) }

func (e *editor) new() string {
	e.fresh++
	return fmt.Sprintf("new%d", e.fresh)
}

// any picks a row of a world; 0 when there is none.
func (e *editor) any(w world, noun string) int64 {
	ids := slices.Sorted(maps.Keys(w[noun]))
	if len(ids) == 0 {
		return 0
	}
	return ids[e.random.IntN(len(ids))]
}

// editSource makes one edit that a source's own rules allow.
func (e *editor) editSource() {
	n := modelNouns[e.random.IntN(len(modelNouns))]
	key := e.any(e.source, n.name)
	switch action := e.random.IntN(10); {
	case action < 6 || key == 0:
		e.add(n)
	case action < 7:
		e.cut(n.name, key)
	case action < 8:
		e.source[n.name][key] = e.renamed(n, e.source[n.name][key])
	default:
		e.source[n.name][key] = e.retold(n, e.source[n.name][key])
	}
}

func (e *editor) add(n modelNoun) {
	e.keys[n.name]++
	row := map[string]string{
		"name": e.pool(), "url": "", "enabled": "true", "samples": "0", "targets": "0", "description": "", "owner": "",
		"module": e.pool(), "job": e.pool(), "port": "1", "path": "", "scheme": "http", "host": e.pool(), "source": "promshard",
	}
	if n.name == "url" {
		row["url"] = "http://" + e.pool() + "/"
	}
	for _, ref := range n.refs() {
		parent := e.any(e.source, ref[1])
		if parent == 0 {
			return
		}
		row[ref[0]] = fmt.Sprint(parent)
	}
	for _, other := range e.source[n.name] {
		if n.of(other) == n.of(row) {
			return
		}
	}
	if e.source[n.name] == nil {
		e.source[n.name] = map[int64]map[string]string{}
	}
	if title := strings.Fields(n.fields)[0]; title == "name" && e.random.IntN(12) == 0 {
		row["name"] = " bad" + e.new()
	}
	e.source[n.name][e.keys[n.name]] = row
}

// cut deletes a row with what hangs on it.
func (e *editor) cut(noun string, key int64) {
	delete(e.source[noun], key)
	for _, child := range modelNouns {
		for _, ref := range child.refs() {
			for _, id := range slices.Sorted(maps.Keys(e.source[child.name])) {
				if row := e.source[child.name][id]; ref[1] == noun && row != nil && number(row[ref[0]]) == key {
					e.cut(child.name, id)
				}
			}
		}
	}
}

// renamed gives a row a new name, and perhaps another parent.
func (e *editor) renamed(n modelNoun, row map[string]string) map[string]string {
	row = maps.Clone(row)
	title := strings.Fields(n.fields)[0]
	if row[title] = e.new(); n.name == "url" {
		row[title] = "http://" + e.new() + "/"
	}
	for _, ref := range n.refs() {
		if n.name != "farm" && e.random.IntN(2) == 0 {
			row[ref[0]] = fmt.Sprint(e.any(e.source, ref[1]))
		}
	}
	return row
}

// retold changes what is not part of what makes a row unique.
func (e *editor) retold(n modelNoun, row map[string]string) map[string]string {
	row = maps.Clone(row)
	switch n.name {
	case "service", "project", "probe":
		row["description"] = e.pool()
		row["owner"] = e.pool()
	case "shard", "exporter":
		row["enabled"] = fmt.Sprint(e.random.IntN(2) == 0)
	case "farm":
		row["source"] = e.pool()
	}
	if n.name == "project" || n.name == "server" {
		row["shard_id"] = fmt.Sprint(e.any(e.source, "shard"))
	}
	return row
}

// editStore makes one edit in the inventory, which may be refused, and returns what was there before.
func (e *editor) editStore(t *testing.T, s *store.Store) world {
	ours := worldOf(t, s)
	edits := slices.Concat(e.updates(s, ours), e.deletions(s, ours), e.creations(s, ours))
	err := edits[e.random.IntN(len(edits))](t.Context())
	if !errors.Is(err, store.ErrConflict) && !errors.Is(err, store.ErrNotFound) {
		require.NoError(t, err)
	}
	return ours
}

func (e *editor) updates(s *store.Store, ours world) []func(context.Context) error {
	name, text, flag := e.new(), e.pool(), e.random.IntN(2) == 0
	shard := ours["shard"][e.any(ours, "shard")]["name"]
	id := func(noun string) int64 { return e.any(ours, noun) }
	return []func(context.Context) error{
		func(ctx context.Context) error {
			_, err := s.UpdateProject(ctx, id("project"), store.ProjectUpdate{Owner: &text, Description: &text})
			return err
		},
		func(ctx context.Context) error {
			_, err := s.UpdateProject(ctx, id("project"), store.ProjectUpdate{Shard: &shard})
			if errors.Is(err, store.ErrInvalid) && shard == "" {
				return nil
			}
			return err
		},
		func(ctx context.Context) error {
			_, err := s.UpdateProject(ctx, id("project"), store.ProjectUpdate{Name: &name})
			return err
		},
		func(ctx context.Context) error {
			_, err := s.UpdateProject(ctx, id("project"), store.ProjectUpdate{Labels: &store.Labels{"a": "b"}})
			return err
		},
		func(ctx context.Context) error {
			_, err := s.UpdateService(ctx, id("service"), store.ServiceUpdate{Owner: &text})
			return err
		},
		func(ctx context.Context) error {
			_, err := s.UpdateShard(ctx, id("shard"), store.ShardUpdate{Name: &name})
			return err
		},
		func(ctx context.Context) error {
			_, err := s.UpdateHost(ctx, id("host"), store.HostUpdate{Enabled: &flag})
			return err
		},
		func(ctx context.Context) error {
			_, err := s.UpdateHost(ctx, id("host"), store.HostUpdate{Name: &name})
			return err
		},
		func(ctx context.Context) error {
			_, err := s.UpdateExporter(ctx, id("exporter"), store.ExporterUpdate{Enabled: &flag})
			return err
		},
		func(ctx context.Context) error {
			_, err := s.UpdateFarm(ctx, id("farm"), store.FarmUpdate{Source: &text})
			return err
		},
		func(ctx context.Context) error {
			_, err := s.UpdateProbe(ctx, id("probe"), store.ProbeUpdate{Description: &text})
			return err
		},
	}
}

func (e *editor) deletions(s *store.Store, ours world) []func(context.Context) error {
	id := func(noun string) int64 { return e.any(ours, noun) }
	return []func(context.Context) error{
		func(ctx context.Context) error { return s.DeleteHost(ctx, id("host"), store.DeleteOptions{}) },
		func(ctx context.Context) error { return s.DeleteExporter(ctx, id("exporter"), store.DeleteOptions{}) },
		func(ctx context.Context) error { return s.DeleteURL(ctx, id("url"), store.DeleteOptions{}) },
		func(ctx context.Context) error { return s.DeleteServer(ctx, id("server"), store.DeleteOptions{}) },
		func(ctx context.Context) error {
			return s.DeleteDefaultExporter(ctx, id("default_exporter"), store.DeleteOptions{})
		},
		func(ctx context.Context) error {
			return s.DeleteFarm(ctx, id("farm"), store.DeleteOptions{Cascade: true})
		},
		func(ctx context.Context) error {
			return s.DeleteProject(ctx, id("project"), store.DeleteOptions{Cascade: true})
		},
		func(ctx context.Context) error {
			return s.DeleteProbe(ctx, id("probe"), store.DeleteOptions{Cascade: true})
		},
	}
}

func (e *editor) creations(s *store.Store, ours world) []func(context.Context) error {
	name := e.pool()
	project := ours["project"][e.any(ours, "project")]["name"]
	service := ours["service"][e.any(ours, "service")]["name"]
	shard := ours["shard"][e.any(ours, "shard")]["name"]
	probe := ours["probe"][e.any(ours, "probe")]["module"]
	// A reference to nothing is invalid rather than not found.
	guard := func(ok bool, create func(context.Context) error) func(context.Context) error {
		if !ok {
			return func(context.Context) error { return nil }
		}
		return create
	}
	return []func(context.Context) error{
		func(ctx context.Context) error {
			return s.CreateShard(ctx, &store.Shard{Name: name, Enabled: true})
		},
		func(ctx context.Context) error { return s.CreateService(ctx, &store.Service{Name: name}) },
		guard(service != "" && shard != "", func(ctx context.Context) error {
			return s.CreateProject(ctx, &store.Project{Name: name, Service: service, Shard: shard, Enabled: true})
		}),
		guard(project != "", func(ctx context.Context) error {
			return s.CreateHost(ctx, &store.Host{Name: name, Project: project, Enabled: true})
		}),
		guard(project != "", func(ctx context.Context) error {
			return s.CreateExporter(ctx, &store.Exporter{Job: name, Port: 1, Project: project, Enabled: true})
		}),
		guard(probe != "" && project != "", func(ctx context.Context) error {
			return s.CreateURL(ctx, &store.URL{URL: "http://" + name + "/", Project: project, Probe: probe})
		}),
	}
}
