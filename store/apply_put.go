package store

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// statedNoun is how statements about one noun are made so. T is the noun, U its update.
type statedNoun[T, U any] struct {
	table table[T]
	// fresh is what a new one has where nothing is stated.
	fresh T
	// key are the columns that tell what a statement is about, the first of which rows are looked up by.
	key    []string
	create func(context.Context, *writeTx, T) (T, error)
	update func(context.Context, *writeTx, T, U) (T, error)
}

var (
	statedShards   = statedNoun[Shard, ShardUpdate]{shardTable, Shard{Enabled: true}, []string{"name"}, createShard, updateShard}
	statedServices = statedNoun[Service, ServiceUpdate]{serviceTable, Service{}, []string{"name"}, createService, updateService}
	statedProbes   = statedNoun[Probe, ProbeUpdate]{probeTable, Probe{}, []string{"module"}, createProbe, updateProbe}
	statedServers  = statedNoun[Server, ServerUpdate]{serverTable, Server{}, []string{"host", "port"}, createServer, updateServer}
	statedProjects = statedNoun[Project, ProjectUpdate]{projectTable, Project{Enabled: true}, []string{"name"}, createProject, updateProject}

	statedDefaultExporters = statedNoun[DefaultExporter, DefaultExporterUpdate]{
		defaultExporterTable, DefaultExporter{}, []string{"job", "port", "path"}, createDefaultExporter, updateDefaultExporter,
	}
	statedFarms     = statedNoun[Farm, FarmUpdate]{farmTable, Farm{}, nil, createFarm, updateFarm}
	statedHosts     = statedNoun[Host, HostUpdate]{hostTable, Host{Enabled: true}, []string{"name"}, createHost, updateHost}
	statedExporters = statedNoun[Exporter, ExporterUpdate]{
		exporterTable, Exporter{Enabled: true}, []string{"job", "port", "path", "scheme"}, createExporter, updateExporter,
	}
	statedURLs = statedNoun[URL, URLUpdate]{urlTable, URL{}, []string{"url", "probe"}, createURL, updateURL}
)

// identified is a statement of which it is known what it is about.
type identified[U any] struct {
	Stated[U]
	key string
	// lookup is what the first column of the key has.
	lookup any
}

// identify finds out what each statement is about, and refuses two about the same.
func (n statedNoun[T, U]) identify(list []Stated[U]) ([]identified[U], error) {
	all := make([]identified[U], len(list))
	seen := make(map[string]Position, len(list))
	for i, s := range list {
		row := n.fresh
		assignStated(&row, s.Fields, n.key)
		if err := any(&row).(interface{ validate() error }).validate(); err != nil {
			return nil, s.blame(err)
		}
		key := n.keyOf(row)
		if first, twice := seen[key]; twice {
			name, _ := n.table.label(row)
			return nil, s.Refuse("", name, "is stated twice, first as "+first.String()+"; state it once")
		}
		seen[key] = s.Position
		all[i] = identified[U]{s, key, fieldsByColumn(reflect.ValueOf(row))[n.key[0]].Interface()}
	}
	return all, nil
}

// keyOf is what tells rows apart, as one string.
func (n statedNoun[T, U]) keyOf(row T) string {
	fields := fieldsByColumn(reflect.ValueOf(row))
	var b strings.Builder
	for _, column := range n.key {
		fmt.Fprintf(&b, "%q ", fmt.Sprint(fields[column].Interface()))
	}
	return b.String()
}

// putAll makes statements about a noun that belongs to nothing else so.
func putAll[T, U any](ctx context.Context, a *applying, n statedNoun[T, U], list []Stated[U]) error {
	all, err := n.identify(list)
	if err != nil {
		return err
	}
	_, err = putIdentified(ctx, a, n, all)
	return err
}

// putIdentified is putAll for what is identified; it returns the rows in the order of the statements.
func putIdentified[T, U any](ctx context.Context, a *applying, n statedNoun[T, U], all []identified[U]) ([]T, error) {
	there := map[string]T{}
	for chunk := range slices.Chunk(all, idsAtOnce) {
		values := make([]any, len(chunk))
		for i, s := range chunk {
			values[i] = s.lookup
		}
		rows, err := n.table.list(ctx, a.tx, whereIn(n.table.name+"."+n.key[0], values))
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			there[n.keyOf(row)] = row
		}
	}
	rows := make([]T, len(all))
	for i, s := range all {
		before, found := there[s.key]
		var err error
		if rows[i], err = put(ctx, a, n, s.Stated, before, found, nil); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// put makes one statement so: before is the row that it is about, when found. into puts a new row into what it belongs to;
// nil when that is nothing.
func put[T, U any](ctx context.Context, a *applying, n statedNoun[T, U], s Stated[U], before T, found bool, into func(*T)) (row T, err error) {
	mark := len(a.tx.changes)
	if found {
		row, err = change(ctx, a, n, s.Fields, before)
	} else {
		row = n.fresh
		assignStated(&row, s.Fields, nil)
		if into != nil {
			into(&row)
		}
		row, err = n.create(ctx, a.tx, row)
	}
	if err != nil {
		return row, s.blame(err)
	}
	a.stated[n.table.name].add(n.table.id(row))
	a.statesSince(mark)
	return row, nil
}

// change gives a row what is stated, and the owner of the apply.
func change[T, U any](ctx context.Context, a *applying, n statedNoun[T, U], u U, before T) (T, error) {
	owner := *n.table.managedBy(&before)
	if err := a.claim(n.table.title(before), owner); err != nil {
		return before, err
	}
	if agrees(before, u) && (a.options.ManagedBy == "" || owner == a.options.ManagedBy) {
		return before, nil
	}
	return n.update(ctx, a.tx, before, u)
}

// statedFields calls fn with the name and the value of each field that is stated.
func statedFields(u any, fn func(name string, value reflect.Value)) {
	v := reflect.ValueOf(u)
	for i := range v.NumField() {
		if f := v.Field(i); f.Kind() == reflect.Pointer && !f.IsNil() {
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			fn(name, f.Elem())
		}
	}
}

// assignStated puts what is stated into the row that place points to: only the fields named, or all when only is nil.
func assignStated(place, u any, only []string) {
	fields := fieldsByColumn(reflect.ValueOf(place).Elem())
	statedFields(u, func(name string, value reflect.Value) {
		if only == nil || slices.Contains(only, name) {
			fields[name].Set(value)
		}
	})
}

// agrees says whether a row has all that is stated, as far as can be seen without the rules of the noun.
func agrees(row, u any) bool {
	fields := fieldsByColumn(reflect.ValueOf(row))
	same := true
	statedFields(u, func(name string, value reflect.Value) {
		is := fields[name]
		if is.Kind() == reflect.Map && is.Len() == 0 && value.Len() == 0 {
			return
		}
		same = same && reflect.DeepEqual(is.Interface(), value.Interface())
	})
	return same
}
