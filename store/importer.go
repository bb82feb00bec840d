package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Import implements Inventory. What is there already stays as it is: rows, labels, what is disabled. A group that
// puts a project elsewhere than it is, or on a disabled shard, or names its farm differently, is refused with
// ErrConflict, and with it the whole import. Hosts belong to projects, so every exporter of a project gets all hosts
// that the project's groups name.
//
// Groups of one project are best kept together, as exports do: they are then taken in as one, which is what it takes
// to tell labels of exporters from those of hosts.
func (s *Store) Import(ctx context.Context, groups ImportGroups, o ImportOptions) (ImportResult, error) {
	return written(ctx, s, "import", func(tx *writeTx) (ImportResult, error) {
		imp := newImporter(tx, o)
		if err := imp.run(ctx, groups); err != nil {
			return ImportResult{}, err
		}
		err := imp.finish(ctx)
		return imp.result, err
	})
}

// progressStep is how many targets pass between two calls of ImportOptions.Progress.
const progressStep = 1000

// A window of the list is read, and then taken in with a few statements: it is full when it has this many projects, or
// this many targets. Groups of a project that is in the window join it even when it is full.
const (
	windowProjects = 250
	windowTargets  = 20_000
)

// importer is one import. It holds one window of the list at a time.
type importer struct {
	tx      *writeTx
	options ImportOptions
	result  ImportResult

	shards   map[string]Shard
	services map[string]Service
	probes   map[string]Probe
	// created and known hold, by table, the ids of the rows that this import created, and of those it came upon.
	created, known map[string]idSet

	targets, reported int64
}

func newImporter(tx *writeTx, o ImportOptions) *importer {
	imp := &importer{
		tx: tx, options: o,
		shards: map[string]Shard{}, services: map[string]Service{}, probes: map[string]Probe{},
		created: map[string]idSet{}, known: map[string]idSet{},
	}
	for _, c := range imp.counters() {
		imp.created[c.table], imp.known[c.table] = idSet{}, idSet{}
	}
	return imp
}

// importCounter is where the rows of one table are counted.
type importCounter struct {
	table, noun        string
	imported, existing *int64
}

// counters lists the tables that an import fills, each before those that refer to it.
func (imp *importer) counters() []importCounter {
	n, e := &imp.result.Imported, &imp.result.Existing
	return []importCounter{
		{"shard", "shard", &n.Shards, &e.Shards},
		{"service", "service", &n.Services, &e.Services},
		{"project", "project", &n.Projects, &e.Projects},
		{"farm", "farm", &n.Farms, &e.Farms},
		{"exporter", "exporter", &n.Exporters, &e.Exporters},
		{"host", "host", &n.Hosts, &e.Hosts},
		{"probe", "probe", &n.Probes, &e.Probes},
		{"url", "URL", &n.URLs, &e.URLs},
	}
}

func (imp *importer) counter(table string) importCounter {
	all := imp.counters()
	return all[slices.IndexFunc(all, func(c importCounter) bool { return c.table == table })]
}

// add notes rows that were created.
func (imp *importer) add(table string, ids ...int64) {
	for _, id := range ids {
		imp.created[table].add(id)
	}
	*imp.counter(table).imported += int64(len(ids))
}

// meet notes a row that the list names and that is there, and says whether this import created it.
func (imp *importer) meet(table string, id int64) (ours bool) {
	if imp.created[table].has(id) {
		return true
	}
	if imp.known[table].add(id) {
		*imp.counter(table).existing++
	}
	return false
}

// importing says which group of the list an error is about.
func importing(number int, err error) error {
	return fmt.Errorf("importing group %d: %w", number, err)
}

// run takes in every group.
func (imp *importer) run(ctx context.Context, groups ImportGroups) error {
	var window []*importBatch
	byName := map[string]*importBatch{}
	number, targets := 0, 0
	for raw, err := range groups {
		number++
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return fmt.Errorf("reading group %d: %w", number, err)
		}
		g, err := readGroup(number, raw, imp.options)
		if err != nil {
			return importing(number, err)
		}
		b := byName[g.project]
		if b == nil {
			if len(window) >= windowProjects || targets >= windowTargets {
				if err := imp.take(ctx, window); err != nil {
					return err
				}
				window, targets = window[:0], 0
				clear(byName)
			}
			b = newImportBatch()
			byName[g.project] = b
			window = append(window, b)
		}
		b.groups = append(b.groups, g)
		targets += len(g.targets)
	}
	return imp.take(ctx, window)
}

// take takes in a window of the list.
func (imp *importer) take(ctx context.Context, window []*importBatch) error {
	for _, step := range []func(context.Context, []*importBatch) error{
		imp.placeProjects, imp.placeFarms,
		imp.loadExporters, imp.loadHosts, imp.takeTargets, imp.insertExporters, imp.insertHosts,
		imp.takeURLs,
	} {
		if err := step(ctx, window); err != nil {
			return err
		}
	}
	return nil
}

// progress reports targets that were taken in.
func (imp *importer) progress(targets int) {
	imp.targets += int64(targets)
	if imp.options.Progress != nil && imp.targets-imp.reported >= progressStep {
		imp.reported = imp.targets
		imp.options.Progress(imp.targets)
	}
}

// finish completes the journal entry.
func (imp *importer) finish(ctx context.Context) error {
	if imp.options.Progress != nil && imp.reported < imp.targets {
		imp.options.Progress(imp.targets)
	}
	var counts []string
	for _, c := range imp.counters() {
		if *c.imported == 0 {
			continue
		}
		counts = append(counts, plural(*c.imported, c.noun))
		if err := imp.tx.recordCreated(ctx, c.table, imp.created[c.table].ranges()); err != nil {
			return err
		}
	}
	if len(counts) > 0 && !imp.tx.options.dryRun {
		imp.result.Revision = imp.tx.next
	}
	imp.tx.describe("imported %s", strings.Join(counts, ", "))
	return nil
}
