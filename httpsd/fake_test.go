package httpsd

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/promshard/promshard/store"
)

// fakeSource is an inventory in memory whose failures can be chosen. Tests of what a database really does use the
// real store; this is for what a real one does too rarely.
type fakeSource struct {
	wake chan struct{}

	mu        sync.Mutex
	revision  store.Revision
	directory store.Directory
	services  map[int64]store.Service
	projects  map[int64]store.ProjectRows
	touched   map[int64][]int64 // the projects that each revision touched

	// shardsTouched has the revisions that touched shards or servers.
	shardsTouched map[int64]bool

	// err fails every call; loadErrAfter fails a load after that many projects; before, when not nil, runs at the
	// start of each call.
	err          error
	loadErrAfter int
	reload       bool
	before       func(ctx context.Context, operation string)
	loads        int
	checks       int
	// journalFrom is the first revision that the journal tells of what came after; asked counts the questions.
	journalFrom int64
	asked       int
}

// newFakeSource returns an inventory with the shards prod, dev and one of a hostile name, one service, and a project
// for each shard.
func newFakeSource() *fakeSource {
	f := &fakeSource{
		wake:     make(chan struct{}, 1),
		revision: store.Revision{Epoch: "one", Number: 1},
		services: map[int64]store.Service{1: {ID: 1, Name: "web"}},
		projects: map[int64]store.ProjectRows{},
		touched:  map[int64][]int64{},

		shardsTouched: map[int64]bool{},
		loadErrAfter:  -1,
		directory: store.Directory{
			Shards: []store.Shard{
				{ID: 1, Name: "prod", Enabled: true, URL: "https://prod.example/"},
				{ID: 2, Name: "dev", Enabled: true},
				{ID: 3, Name: hostileShard, Enabled: true, URL: "javascript:alert(1)"},
			},
			Servers: []store.Server{
				{ID: 1, Host: "prometheus001", Port: 9090, ShardID: 1, Shard: "prod"},
				{ID: 2, Host: "2001:db8::1", Port: 9090, ShardID: 2, Shard: "dev"},
			},
		},
	}
	f.put(project(1, "shop", f.directory.Shards[0], "web1", "web2"))
	f.put(project(2, "shop-dev", f.directory.Shards[1], "dev1"))
	f.put(project(3, "a/b 店", f.directory.Shards[2], "x1"))
	return f
}

// hostileShard is a name that the store accepts and that breaks whoever forgets to escape.
const hostileShard = `<script>alert("x")</script>' & a/b: #%2F?.*日本`

// project returns the rows of a project with a node exporter, and one URL.
func project(id int64, name string, shard store.Shard, hosts ...string) store.ProjectRows {
	p := store.ProjectRows{
		ID: id, Name: name, ServiceID: 1, Service: "web", ShardID: shard.ID, Shard: shard.Name,
		Farm: name, FarmSource: store.DefaultFarmSource,
		Exporters: []store.ExporterRow{{ID: id, Job: "node", Port: 9100, Scheme: "http"}},
		URLs:      []store.URLRow{{ProbeID: 1, Module: "http_2xx", URL: fmt.Sprintf("https://%d.example/", id)}},
	}
	for _, host := range hosts {
		p.Hosts = append(p.Hosts, store.HostRow{Name: host})
	}
	return p
}

// put writes a project and raises the revision.
func (f *fakeSource) put(p store.ProjectRows) {
	f.mu.Lock()
	f.projects[p.ID] = p
	f.mu.Unlock()
	f.touch(p.ID)
}

// remove deletes a project and raises the revision.
func (f *fakeSource) remove(id int64) {
	f.mu.Lock()
	delete(f.projects, id)
	f.mu.Unlock()
	f.touch(id)
}

func (f *fakeSource) touch(id int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.revision.Number++
	f.touched[f.revision.Number] = append(f.touched[f.revision.Number], id)
	f.wakeUp()
}

func (f *fakeSource) wakeUp() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// set changes how the source behaves, and wakes.
func (f *fakeSource) set(change func(f *fakeSource)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(f)
	f.wakeUp()
}

// counts returns how often the source was asked.
func (f *fakeSource) counts() (loads, checks int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.loads, f.checks
}

func (f *fakeSource) enter(ctx context.Context, operation string) {
	f.mu.Lock()
	before := f.before
	f.mu.Unlock()
	if before != nil {
		before(ctx, operation)
	}
}

// Load implements Source.
func (f *fakeSource) Load(ctx context.Context, sink store.Sink) (store.Revision, error) {
	f.enter(ctx, "load")
	f.mu.Lock()
	defer f.mu.Unlock()
	f.loads++
	if err := cmpErr(ctx.Err(), f.err); err != nil {
		return store.Revision{}, err
	}
	if err := sink.Directory(f.copyDirectory()); err != nil {
		return store.Revision{}, err
	}
	for _, id := range slices.Sorted(maps.Keys(f.services)) {
		if err := sink.Service(f.services[id]); err != nil {
			return store.Revision{}, err
		}
	}
	for i, id := range slices.Sorted(maps.Keys(f.projects)) {
		if i == f.loadErrAfter {
			return store.Revision{}, errCut
		}
		if err := sink.Project(f.copyProject(id)); err != nil {
			return store.Revision{}, err
		}
	}
	return f.revision, nil
}

// Changes implements Source.
func (f *fakeSource) Changes(ctx context.Context, since store.Revision) (store.Changes, error) {
	f.enter(ctx, "changes")
	f.mu.Lock()
	defer f.mu.Unlock()
	f.checks++
	if err := cmpErr(ctx.Err(), f.err); err != nil {
		return store.Changes{}, err
	}
	c := store.Changes{Revision: f.revision}
	if f.reload || since.Epoch != f.revision.Epoch || since.Number > f.revision.Number {
		c.Reload = true
		return c, nil
	}
	c.Projects = map[int64]*store.ProjectRows{}
	for n := since.Number + 1; n <= f.revision.Number; n++ {
		for _, id := range f.touched[n] {
			c.Projects[id] = f.copyProject(id)
		}
		if f.shardsTouched[n] {
			d := f.copyDirectory()
			c.Directory = &d
		}
	}
	return c, nil
}

// Touched implements Source.
func (f *fakeSource) Touched(ctx context.Context, since store.Revision) (store.Touches, error) {
	f.enter(ctx, "touched")
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked++
	if err := cmpErr(ctx.Err(), f.err); err != nil {
		return store.Touches{}, err
	}
	t := store.Touches{Revision: f.revision}
	if since.Epoch != f.revision.Epoch || since.Number > f.revision.Number || since.Number < f.journalFrom {
		t.Reload = true
		return t, nil
	}
	ids := map[int64]bool{}
	for n := since.Number + 1; n <= f.revision.Number; n++ {
		t.Shards = t.Shards || f.shardsTouched[n]
		for _, id := range f.touched[n] {
			ids[id] = true
		}
	}
	t.Projects = slices.Sorted(maps.Keys(ids))
	return t, nil
}

// Subscribe implements Source; a fakeSource has one subscriber.
func (f *fakeSource) Subscribe() (wake <-chan struct{}, cancel func()) {
	return f.wake, func() {}
}

func (f *fakeSource) copyDirectory() store.Directory {
	return store.Directory{Shards: slices.Clone(f.directory.Shards), Servers: slices.Clone(f.directory.Servers)}
}

// copyProject returns rows that the receiver may keep; nil for a project that is gone.
func (f *fakeSource) copyProject(id int64) *store.ProjectRows {
	p, ok := f.projects[id]
	if !ok {
		return nil
	}
	p.Hosts, p.Exporters, p.URLs = slices.Clone(p.Hosts), slices.Clone(p.Exporters), slices.Clone(p.URLs)
	return &p
}

// errCut is how a load that was cut in the middle ends.
var errCut = fmt.Errorf("connection lost: %w", store.ErrUnavailable)

func cmpErr(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
