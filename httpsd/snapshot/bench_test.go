package snapshot

import (
	"io"
	"runtime"
	"slices"
	"testing"

	"github.com/promshard/promshard/store"
)

var benchFleets = []struct {
	name  string
	fleet fleet
}{{"line", lineFleet}, {"million", millionFleet}}

// BenchmarkBuild is a full build from rows in memory.
func BenchmarkBuild(b *testing.B) {
	for _, bf := range benchFleets {
		b.Run(bf.name, func(b *testing.B) {
			rows := slices.Collect(bf.fleet.rows())
			b.ReportAllocs()
			for b.Loop() {
				bf.fleet.build(slices.Values(rows))
			}
		})
	}
}

// BenchmarkApplyHost is one host added to one project and taken away again, in turn.
func BenchmarkApplyHost(b *testing.B) {
	for _, bf := range benchFleets {
		b.Run(bf.name, func(b *testing.B) {
			s := bf.fleet.build(bf.fleet.rows())
			var rows []*store.ProjectRows
			for i := range 100 {
				p := bf.fleet.project((i * 104729) % bf.fleet.projects)
				more := *p
				more.Hosts = append(slices.Clone(p.Hosts), store.HostRow{Name: "zz-added.example.net"})
				rows = append(rows, &more, p)
			}
			i := 0
			b.ReportAllocs()
			for b.Loop() {
				p := rows[i%len(rows)]
				s = s.Apply(store.Changes{Projects: map[int64]*store.ProjectRows{p.ID: p}})
				i++
			}
		})
	}
}

// BenchmarkApply500 changes 500 projects at once: all over the fleet, then all on one shard.
func BenchmarkApply500(b *testing.B) {
	for _, bf := range benchFleets {
		for _, spread := range []string{"spread", "shard"} {
			b.Run(bf.name+"/"+spread, func(b *testing.B) {
				s := bf.fleet.build(bf.fleet.rows())
				var changes [2]store.Changes
				changes[0].Projects = map[int64]*store.ProjectRows{}
				changes[1].Projects = map[int64]*store.ProjectRows{}
				for i := 0; i < bf.fleet.projects && len(changes[0].Projects) < 500; i++ {
					p := bf.fleet.project(i)
					if spread == "shard" && p.ShardID != 1 {
						continue
					}
					more := *p
					more.Hosts = append(slices.Clone(p.Hosts), store.HostRow{Name: "zz-added.example.net"})
					changes[0].Projects[p.ID], changes[1].Projects[p.ID] = &more, p
				}
				i := 0
				b.ReportAllocs()
				for b.Loop() {
					s = s.Apply(changes[i%2])
					i++
				}
				b.ReportMetric(float64(len(changes[0].Projects)), "projects/op")
			})
		}
	}
}

// BenchmarkImport applies projects that are new, a tenth of the fleet at once.
func BenchmarkImport(b *testing.B) {
	for _, bf := range benchFleets {
		b.Run(bf.name, func(b *testing.B) {
			s := bf.fleet.build(bf.fleet.rows())
			c := store.Changes{Projects: map[int64]*store.ProjectRows{}}
			for i := range bf.fleet.projects / 10 {
				p := bf.fleet.project(i)
				p.ID += int64(bf.fleet.projects)
				p.Name += "-new"
				c.Projects[p.ID] = p
			}
			b.ReportAllocs()
			for b.Loop() {
				s.Apply(c)
			}
		})
	}
}

// BenchmarkList asks for lists of a snapshot that has handed them out before, and for one that it must make.
func BenchmarkList(b *testing.B) {
	s := millionFleet.build(millionFleet.rows())
	for _, bq := range []struct {
		name  string
		query Query
	}{
		{"shard", Query{Shards: []string{"shard-07"}}},
		{"server", Query{Servers: []string{"prometheus007:9090"}}},
		{"everything", Query{}},
		{"service", Query{Services: []string{"service-0007"}}},
	} {
		b.Run(bq.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.List(Targets, bq.query); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	for _, bq := range []struct {
		name  string
		query Query
	}{
		{"service", Query{Services: []string{"service-0007"}}},
		{"job", Query{Jobs: []string{"node"}}},
	} {
		b.Run("new "+bq.name, func(b *testing.B) {
			f, err := s.resolve(bq.query)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				s.pick(Targets, f)
			}
		})
	}
}

// BenchmarkWriteTo writes the list of a shard, and that of everything.
func BenchmarkWriteTo(b *testing.B) {
	s := millionFleet.build(millionFleet.rows())
	for _, bq := range []struct {
		name  string
		query Query
	}{{"shard", Query{Shards: []string{"shard-07"}}}, {"everything", Query{}}} {
		b.Run(bq.name, func(b *testing.B) {
			list, err := s.List(Targets, bq.query)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(list.Size())
			b.ReportAllocs()
			for b.Loop() {
				if _, err := list.WriteTo(io.Discard); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkCompress compresses the list of a shard.
func BenchmarkCompress(b *testing.B) {
	s := millionFleet.build(millionFleet.rows())
	list, err := s.List(Targets, Query{Shards: []string{"shard-07"}})
	if err != nil {
		b.Fatal(err)
	}
	for _, bc := range []struct {
		name string
		get  func(*List) []byte
	}{{"gzip", (*List).Gzip}, {"zstd", (*List).Zstd}} {
		b.Run(bc.name, func(b *testing.B) {
			b.SetBytes(list.Size())
			b.ReportAllocs()
			var size int
			for b.Loop() {
				size = len(bc.get(&List{chunks: list.chunks, total: list.total}))
			}
			b.ReportMetric(float64(list.Size())/float64(size), "ratio")
		})
	}
}

// BenchmarkHeap reports what a snapshot holds after a full build against the size of its lists.
func BenchmarkHeap(b *testing.B) {
	for _, bf := range append(benchFleets, struct {
		name  string
		fleet fleet
	}{"ten", tenFleet}) {
		b.Run(bf.name, func(b *testing.B) {
			if bf.name == "ten" && testing.Short() {
				b.Skip("half a gigabyte of lists: not with -short")
			}
			for b.Loop() {
				before := liveHeap()
				s := bf.fleet.build(bf.fleet.rows())
				held := liveHeap() - before
				var size int64
				for _, stat := range s.Shards() {
					size += stat.TargetBytes + stat.URLBytes
				}
				b.ReportMetric(float64(held)/float64(size), "heap/json")
				b.ReportMetric(float64(size)/(1<<20), "json-MiB")
				runtime.KeepAlive(s)
			}
		})
	}
}

func liveHeap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
