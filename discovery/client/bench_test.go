package client

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/httpsd/wire"
)

// hundredThousand is 100,000 targets: 500 projects, with 20 exporters each on 10 hosts.
func hundredThousand() state {
	s := state{epoch: epoch, revision: 1, projects: map[int64]map[string]string{}}
	for p := range 500 {
		groups := map[string]string{}
		for e := range 20 {
			var targets []string
			for h := range 10 {
				targets = append(targets, fmt.Sprintf("host%05d.dc%d.example.org:%d", p*10+h, p%4, 9100+e))
			}
			groups[fmt.Sprintf("exporter/%d", p*20+e)] = groupBody(targets, map[string]string{
				"__shard": "prod-1", "service": fmt.Sprintf("service-%d", p/10), "project": fmt.Sprintf("project-%d", p),
				"farm": fmt.Sprintf("farm-%d", p), "__farm_source": "promshard", "job": fmt.Sprintf("job-%d", e),
				"__scheme__": "http", "__metrics_path__": "/metrics", "team": fmt.Sprintf("team-%d", p%30), "env": "production",
			})
		}
		s.projects[int64(p+1)] = groups
	}
	return s
}

// encoded returns the parts of a whole set, of 20 projects each.
func encoded(s state) (parts [][]byte) {
	ids := s.all()
	for at := 0; at < len(ids); at += 20 {
		parts = append(parts, []byte(fmt.Sprintf(`{"part":%d,"projects":%s}`, at/20, s.only(ids[at:min(at+20, len(ids))]...))))
	}
	return parts
}

func applyParts(tb testing.TB, s *set, parts [][]byte, etag string) difference {
	d := s.draft()
	for _, data := range parts {
		var part wire.Full
		require.NoError(tb, json.Unmarshal(data, &part))
		require.NoError(tb, d.add(part.Projects))
	}
	diff, err := s.full(d, etag)
	require.NoError(tb, err)
	return diff
}

func BenchmarkFull(b *testing.B) {
	s := hundredThousand()
	parts, etag := encoded(s), s.etag()
	size := 0
	for _, p := range parts {
		size += len(p)
	}
	b.Run("first", func(b *testing.B) {
		b.SetBytes(int64(size))
		b.ReportAllocs()
		for b.Loop() {
			require.Len(b, applyParts(b, newSet(false), parts, etag).changed, 10_000)
		}
	})
	b.Run("again", func(b *testing.B) {
		held := newSet(false)
		applyParts(b, held, parts, etag)
		b.SetBytes(int64(size))
		b.ReportAllocs()
		for b.Loop() {
			diff := applyParts(b, held, parts, etag)
			require.True(b, diff.empty())
		}
	})
}

func BenchmarkDelta(b *testing.B) {
	s := hundredThousand()
	held := newSet(false)
	applyParts(b, held, encoded(s), s.etag())
	var steps []string
	var etags []string
	for i := range 2 {
		s.put(7, "exporter/120", fmt.Sprintf("host%d:1", i))
		steps, etags = append(steps, fmt.Sprintf(`{"projects":%s}`, s.only(7))), append(etags, s.etag())
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		var delta wire.Delta
		require.NoError(b, json.Unmarshal([]byte(steps[i%2]), &delta))
		d := held.draft()
		require.NoError(b, d.add(delta.Projects))
		diff, err := held.delta(d, etags[i%2])
		require.NoError(b, err)
		require.Len(b, diff.changed, 1)
	}
}

func BenchmarkCacheWrite(b *testing.B) {
	s := hundredThousand()
	held := newSet(true)
	applyParts(b, held, encoded(s), s.etag())
	k := &keeper{set: held, held: true}
	c := newCache(Options{CacheFile: b.TempDir() + "/cache.json"})
	b.ReportAllocs()
	for b.Loop() {
		require.NoError(b, c.write(k.saved()))
	}
}
