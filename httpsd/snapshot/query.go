package snapshot

import (
	"encoding/binary"
	"slices"
	"strconv"

	"github.com/promshard/promshard/store"
)

// Query picks part of the lists. Values of one field are alternatives, fields narrow one another, and an empty field
// does not filter.
type Query struct {
	Shards   []string
	Services []string
	Projects []string
	Farms    []string
	// Jobs are the exporters' jobs, or for URLs the modules of their probes.
	Jobs []string
	// Servers, as HOST:PORT, stand for the shards that they are registered to, and are alternatives to Shards.
	Servers []string
}

// NotFoundError says that a query names something that is not there. A job is a label, and never unknown.
type NotFoundError struct {
	// Noun is "shard", "server", "service", "project" or "farm".
	Noun string
	Name string
}

// Error names what is unknown.
func (e *NotFoundError) Error() string {
	return "unknown " + e.Noun + " " + strconv.Quote(e.Name)
}

// Unwrap makes the error one of the kind store.ErrNotFound.
func (e *NotFoundError) Unwrap() error { return store.ErrNotFound }

// filter is a query whose names are looked up. A nil field does not filter.
type filter struct {
	shards   []*shard // in order, without repeats, like all of these
	services []service
	projects []*project
	farms    []string
	jobs     []string
}

// resolve looks up the names of a query.
func (s *Snapshot) resolve(q Query) (filter, error) {
	var f filter
	var err error
	if f.shards, err = s.resolveShards(q); err != nil {
		return filter{}, err
	}
	if f.services, err = lookUp("service", q.Services, s.serviceNamed); err != nil {
		return filter{}, err
	}
	if f.projects, err = lookUp("project", q.Projects, s.projectNamed); err != nil {
		return filter{}, err
	}
	if f.farms, err = lookUp("farm", q.Farms, s.farmNamed); err != nil {
		return filter{}, err
	}
	f.jobs = distinct(q.Jobs)
	return f, nil
}

func (s *Snapshot) resolveShards(q Query) ([]*shard, error) {
	shards, err := lookUp("shard", q.Shards, s.shardNamed)
	if err != nil {
		return nil, err
	}
	ofServers, err := lookUp("server", q.Servers, s.shardOfServer)
	if err != nil || len(ofServers) == 0 {
		return shards, err
	}
	shards = append(shards, ofServers...)
	slices.SortFunc(shards, shardByName)
	return slices.Compact(shards), nil
}

// lookUp finds each name, in the order of the names.
func lookUp[T any](noun string, names []string, find func(name string) (T, bool)) ([]T, error) {
	if len(names) == 0 {
		return nil, nil
	}
	found := make([]T, 0, len(names))
	for _, name := range distinct(names) {
		x, ok := find(name)
		if !ok {
			return nil, &NotFoundError{Noun: noun, Name: name}
		}
		found = append(found, x)
	}
	return found, nil
}

// distinct returns the names in order and without repeats, nil when there are none. It leaves the slice as it is.
func distinct(names []string) []string {
	if len(names) == 1 {
		return names
	}
	return slices.Compact(slices.Sorted(slices.Values(names)))
}

// onlyShards says whether nothing but shards narrows the list.
func (f *filter) onlyShards() bool {
	return f.onlyShardsAndJobs() && f.jobs == nil
}

// onlyShardsAndJobs says whether no index but that of shards is of use.
func (f *filter) onlyShardsAndJobs() bool {
	return f.services == nil && f.projects == nil && f.farms == nil
}

// key is one string for filters that pick the same from one snapshot.
func (f *filter) key(k Kind) string {
	b := []byte{byte(k)}
	b = appendKey(b, f.shards, func(s *shard) string { return s.Name })
	b = appendKey(b, f.services, func(s service) string { return s.name })
	b = appendKey(b, f.projects, func(p *project) string { return p.name })
	b = appendKey(b, f.farms, func(farm string) string { return farm })
	b = appendKey(b, f.jobs, func(job string) string { return job })
	return string(b)
}

// appendKey appends how many values there are, and each with its length before it.
func appendKey[T any](b []byte, values []T, name func(T) string) []byte {
	b = binary.AppendUvarint(b, uint64(len(values)))
	for _, v := range values {
		b = binary.AppendUvarint(b, uint64(len(name(v))))
		b = append(b, name(v)...)
	}
	return b
}
