package main

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/document"
)

// register registers servers, hosts, jobs and exporters: new ones, those that are there, and what cannot be.
func (w *twins) register(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	for _, args := range [][2]string{{"prod", "p1"}, {"prod", "p9"}, {"new", "p9"}, {"", "p1"}, {"prod", ""}, {"prod", "a b"}, {"\xff", "p1"}} {
		w.write(t, ctx, inventory.RegisterServer, args[0], args[1], 9090)
	}
	w.write(t, ctx, inventory.RegisterServer, "prod", "p1", 0)
	for _, args := range [][2]string{{"web", "w1"}, {"web", "w77"}, {"nope", "w1"}, {"", "w1"}, {"web", ""}} {
		w.write(t, ctx, inventory.RegisterHost, args[0], args[1])
	}
	for _, e := range []store.Exporter{
		{Project: "web", Job: "node", Port: 9100},
		{Project: "web", Job: "new", Port: 1, Enabled: true},
		{ProjectID: 1, Job: "new", Port: 2, Path: "/x?y=z"},
		{Job: "new", Port: 2},
		{Project: "web", Job: "new"},
		{Project: "web", Port: 1},
	} {
		w.write(t, ctx, inventory.RegisterJob, e)
	}
	for _, path := range []string{"", "/new", "x"} {
		w.write(t, ctx, inventory.RegisterExporter, "node", 9100, path)
	}
}

// setHosts adds, removes and replaces hosts of a project.
func (w *twins) setHosts(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	for _, h := range []store.SetHosts{
		{},
		{Add: []store.Host{{Name: "s1", Enabled: true}}, Remove: []string{"w77", "gone"}},
		{Add: []store.Host{{Name: "a b"}}},
		{Add: []store.Host{{Name: "s1"}, {Name: "s1"}}},
		{Replace: &[]store.Host{{Name: "w1", Labels: store.Labels{"rack": "z"}}}, Add: []store.Host{{Name: "x"}}},
		{Replace: &[]store.Host{{Name: "w1", Enabled: true, Labels: store.Labels{"rack": "z"}}, {Name: "w2"}}},
	} {
		w.write(t, ctx, inventory.SetHosts, 1, h)
	}
	for _, id := range []int64{-1, 4711} {
		w.write(t, ctx, inventory.SetHosts, id, store.SetHosts{Remove: []string{"w1"}})
	}
}

// imports takes in lists, for shards that are named, those of the list, and those that cannot be.
func (w *twins) imports(t *testing.T) {
	t.Helper()
	for _, groups := range [][]store.ImportGroup{
		nil,
		{{Targets: []string{"i1:1", "i2:1"}, Labels: map[string]string{"__shard": "prod", "service": "shop", "project": "imported", "farm": "f", "job": "node", "team": "<a&b>"}}},
		{{Targets: []string{"i1:1"}, Labels: map[string]string{"service": "shop", "project": "imported"}}},
		{{}},
	} {
		for _, shard := range []string{"", "prod", "closed"} {
			w.write(t, t.Context(), inventory.Import, groupsOf(nil, groups...), store.ImportOptions{Shard: shard})
		}
	}
	broken := groupsOf(errors.New("line 7: that is no group"), store.ImportGroup{
		Targets: []string{"i9:1"}, Labels: map[string]string{"__shard": "prod", "service": "shop", "project": "imported", "farm": "f", "job": "node"},
	})
	w.write(t, t.Context(), inventory.Import, broken, store.ImportOptions{})
}

// groupsOf yields groups, and then an error unless that is nil.
func groupsOf(end error, groups ...store.ImportGroup) store.ImportGroups {
	return func(yield func(store.ImportGroup, error) bool) {
		for _, g := range groups {
			if !yield(g, nil) {
				return
			}
		}
		if end != nil {
			yield(store.ImportGroup{}, end)
		}
	}
}

// statedDocuments are documents one after the other, with what is said of them.
var statedDocuments = []struct {
	text    string
	options store.ApplyOptions
}{
	{`{}`, store.ApplyOptions{}},
	{`{shards: [{name: applied}], services: [{name: applied, labels: {team: a}}], probes: [{module: applied}],
	  servers: [{host: applied, port: 9090, shard: applied}], default_exporters: [{job: applied, port: 9100}],
	  projects: [{name: applied, service: applied, shard: applied, labels: {a: "1"}, farm: {name: boxes},
	    hosts: [a1, {name: a2, labels: {rack: r1}}], exporters: [{job: node, port: 9100}, {job: app, port: 80, path: /x}],
	    urls: [{url: "https://applied.example/", probe: applied}]}]}`, store.ApplyOptions{ManagedBy: "git"}},
	{`{projects: [{name: applied, labels: {b: "2"}, hosts: [a1, {name: a3, enabled: false}], urls: []}]}`, store.ApplyOptions{ManagedBy: "git"}},
	{`{projects: [{name: applied, hosts: [a1], exclusive: [hosts]}]}`, store.ApplyOptions{}},
	{`{projects: [{name: applied, enabled: false}]}`, store.ApplyOptions{ManagedBy: "other"}},
	{`{projects: [{name: applied, enabled: false}]}`, store.ApplyOptions{ManagedBy: "other", TakeOver: true}},
	{`{projects: [{name: applied, exporters: [{job: node, port: 0}]}]}`, store.ApplyOptions{}},
	{`{projects: [{name: applied, hosts: [a1, "a b"]}]}`, store.ApplyOptions{}},
	{`{projects: [{name: applied, shard: nope}]}`, store.ApplyOptions{}},
	{`{projects: [{name: unheard-of, shard: applied}]}`, store.ApplyOptions{}},
	{`{services: [{name: applied}, {name: applied}]}`, store.ApplyOptions{}},
	{`{services: [{name: applied, labels: {job: x}}]}`, store.ApplyOptions{}},
	{`{shards: [{name: ""}]}`, store.ApplyOptions{}},
	{`{projects: [{name: applied, exclusive: [hosts]}]}`, store.ApplyOptions{}},
	{`{services: [{name: applied}]}`, store.ApplyOptions{Prune: true}},
	{`{services: [{name: applied}]}`, store.ApplyOptions{TakeOver: true}},
	{`{services: [{name: applied}]}`, store.ApplyOptions{ManagedBy: " x"}},
	{`{}`, store.ApplyOptions{ManagedBy: "git", Prune: true}},
	{`{shards: [{name: applied}], services: [{name: applied}]}`, store.ApplyOptions{ManagedBy: "git", Prune: true}},
	{`{}`, store.ApplyOptions{ManagedBy: "other", Prune: true, AllowEmpty: true}},
}

// applies applies documents from a file; those that are refused also from none.
func (w *twins) applies(t *testing.T) {
	t.Helper()
	for _, a := range statedDocuments {
		for _, source := range []string{"inventory.yml", ""} {
			d, err := document.Read(source, []byte(a.text))
			require.NoError(t, err, a.text)
			if o := w.write(t, t.Context(), inventory.Apply, d, a.options); o.err == nil {
				break
			}
		}
	}
}

// asked demands that the guard refuses a write, but for its dry run, and that another confirmation does not help. It returns
// the right one.
func (w *twins) asked(t *testing.T, method any, args ...any) (digest string) {
	t.Helper()
	ctx, name := t.Context(), methodName(method)
	tried := w.tried[name]
	var guarded *store.GuardError
	require.ErrorAs(t, w.write(t, ctx, method, args...).err, &guarded, name)
	require.Equal(t, tried+1, w.tried[name], "a dry run is not refused")
	require.ErrorIs(t, w.do(t, store.WithConfirm(ctx, "0123"), method, args...).err, store.ErrGuarded)
	return guarded.Digest
}

// confirmed has the guard ask, does what it asks about, and returns the revision.
func (w *twins) confirmed(t *testing.T, method any, args ...any) int64 {
	t.Helper()
	o := w.write(t, store.WithConfirm(t.Context(), w.asked(t, method, args...)), method, args...)
	require.NoError(t, o.err)
	require.True(t, o.receipt().Guard.Confirmed)
	return o.receipt().Revision
}

// many creates a shard with a project of 25 targets, and another project with one of everything else. It returns the first
// project, its farm and its exporter, and the revision that put hosts into it.
func (w *twins) many(t *testing.T) (project *store.Project, farm store.Farm, exporter *store.Exporter, hosts []store.Host, filled int64) {
	t.Helper()
	w.must(t, inventory.CreateShard, &store.Shard{Name: "many", Enabled: true})
	w.must(t, inventory.CreateService, &store.Service{Name: "many"})
	project = w.must(t, inventory.CreateProject, &store.Project{Name: "many", Service: "many", Shard: "many", Enabled: true}).values[0].(*store.Project)
	exporter = w.must(t, inventory.CreateExporter, &store.Exporter{Job: "node", Port: 9100, Project: "many", Enabled: true}).values[0].(*store.Exporter)
	for i := range 25 {
		hosts = append(hosts, store.Host{Name: fmt.Sprintf("many%02d", i), Enabled: true})
	}
	filled = w.must(t, inventory.SetHosts, project.ID, store.SetHosts{Add: hosts}).receipt().Revision
	farms, err := w.direct.Farms(t.Context(), store.FarmFilter{Project: "many"})
	require.NoError(t, err)
	w.must(t, inventory.CreateServer, &store.Server{Host: "192.0.2.50", Port: 9090, Shard: "many"})
	w.must(t, inventory.CreateProject, &store.Project{Name: "few", Service: "many", Shard: "many", Enabled: true})
	w.must(t, inventory.CreateFarm, &store.Farm{Name: "few", Project: "few"})
	w.must(t, inventory.CreateHost, &store.Host{Name: "few", Project: "few"})
	w.must(t, inventory.CreateProbe, &store.Probe{Module: "few"})
	w.must(t, inventory.CreateURL, &store.URL{URL: "https://few.example/", Project: "few", Probe: "few"})
	w.must(t, inventory.CreateDefaultExporter, &store.DefaultExporter{Job: "few", Port: 1})
	return project, farms[0], exporter, hosts, filled
}

// guarded takes away most of what a shard has, in every way there is. It returns a revision of many objects.
func (w *twins) guarded(t *testing.T) int64 {
	t.Helper()
	project, farm, exporter, hosts, filled := w.many(t)
	var names []string
	for _, h := range hosts {
		names = append(names, h.Name)
	}
	cascade, off := store.DeleteOptions{Cascade: true}, false
	d, err := document.Read("", []byte(`{projects: [{name: many, enabled: false}]}`))
	require.NoError(t, err)

	w.asked(t, inventory.DeleteShard, project.ShardID, cascade)
	w.asked(t, inventory.DeleteService, project.ServiceID, cascade)
	w.asked(t, inventory.DeleteProject, project.ID, cascade)
	w.asked(t, inventory.DeleteFarm, farm.ID, cascade)
	w.asked(t, inventory.DeleteExporter, exporter.ID, store.DeleteOptions{})
	w.asked(t, inventory.UpdateExporter, exporter.ID, store.ExporterUpdate{Enabled: &off})
	w.asked(t, inventory.UpdateProject, project.ID, store.ProjectUpdate{Shard: ptr("applied")})
	w.asked(t, inventory.SetHosts, project.ID, store.SetHosts{Replace: &[]store.Host{}})
	w.asked(t, inventory.Apply, d, store.ApplyOptions{})
	w.asked(t, inventory.Revert, filled)
	gone := w.confirmed(t, inventory.SetHosts, project.ID, store.SetHosts{Remove: names})
	w.must(t, inventory.Revert, gone)
	w.confirmed(t, inventory.UpdateProject, project.ID, store.ProjectUpdate{Enabled: &off})
	w.must(t, inventory.UpdateProject, project.ID, store.ProjectUpdate{Enabled: ptr(true)})
	return filled
}

// must does a write that succeeds.
func (w *twins) must(t *testing.T, method any, args ...any) outcome {
	t.Helper()
	o := w.write(t, t.Context(), method, args...)
	require.NoError(t, o.err)
	return o
}

// keys repeats creations under the key of the first one.
func (w *twins) keys(t *testing.T) {
	t.Helper()
	under := func(key string) context.Context { return store.WithIdempotencyKey(t.Context(), key, key) }
	for range 2 {
		w.write(t, under("a"), inventory.CreateService, &store.Service{Name: "keyed"})
		w.write(t, under("b"), inventory.RegisterServer, "keyed", "keyed", 9090)
		w.write(t, under("c"), inventory.CreateService, &store.Service{Name: "keyed"})
	}
	w.write(t, under("a"), inventory.RegisterExporter, "keyed", 1, "")
}
