package store_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

// naive is what the lists have, counted from plain listings: by shard, how often each address is in its list.
type naive map[int64]map[string]int

func recount(t *testing.T, s *store.Store) naive {
	t.Helper()
	ctx := t.Context()
	n := naive{}
	projects, err := s.Projects(ctx, store.ProjectFilter{})
	require.NoError(t, err)
	for _, p := range projects {
		if n[p.ShardID] == nil {
			n[p.ShardID] = map[string]int{}
		}
		if !p.Enabled {
			continue
		}
		on := true
		hosts, err := s.Hosts(ctx, store.HostFilter{Project: p.Name, Enabled: &on})
		require.NoError(t, err)
		exporters, err := s.Exporters(ctx, store.ExporterFilter{Project: p.Name, Enabled: &on})
		require.NoError(t, err)
		for _, e := range exporters {
			path := e.Path
			if path == "" {
				path = "/metrics"
			}
			for _, h := range hosts {
				n[p.ShardID]["targets "+e.Scheme+"://"+net.JoinHostPort(h.Name, strconv.Itoa(e.Port))+path]++
			}
		}
		urls, err := s.URLs(ctx, store.URLFilter{Project: p.Name})
		require.NoError(t, err)
		for _, u := range urls {
			n[p.ShardID]["urls "+u.URL]++
		}
	}
	return n
}

func (n naive) total(shard int64) (total int64) {
	for _, count := range n[shard] {
		total += int64(count)
	}
	return total
}

// verdict is what the guard has to say of a change from n to after: the digest, and the targets that go by the shards that
// lose too many.
func (n naive) verdict(after naive, shares map[int64]int, o store.GuardOptions) (digest string, lose map[int64]int64) {
	lines := map[int64][]string{}
	lose = map[int64]int64{}
	for shard, targets := range n {
		for address, count := range targets {
			for range count - after[shard][address] {
				lines[shard] = append(lines[shard], strconv.FormatInt(shard, 10)+" "+address+"\n")
			}
		}
		gone, share := int64(len(lines[shard])), shares[shard]
		if share == 0 {
			share = o.MaxRemoval
		}
		if gone >= int64(o.MinTargets) && float64(gone)/float64(n.total(shard)) > float64(share)/100 {
			lose[shard] = gone
		}
		slices.Sort(lines[shard])
	}
	hash := sha256.New()
	for shard := range int64(1000) {
		_, _ = io.WriteString(hash, strings.Join(lines[shard], ""))
	}
	return hex.EncodeToString(hash.Sum(nil))[:32], lose
}

// guardModel makes random writes to a small fleet.
type guardModel struct {
	*rand.Rand
	s *store.Store
}

// oneOf returns one of a list, or false when it is empty.
func oneOf[T any](m *guardModel, list []T, err error) (one T, ok bool) {
	if err != nil || len(list) == 0 {
		return one, false
	}
	return list[m.IntN(len(list))], true
}

func (m *guardModel) hosts(most int) (hosts []store.Host) {
	for _, i := range m.Perm(12)[:m.IntN(most+1)] {
		hosts = append(hosts, store.Host{Name: fmt.Sprintf("h%d", i), Enabled: m.IntN(5) > 0})
	}
	return hosts
}

func (m *guardModel) plant(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	for i := range 3 {
		require.NoError(t, m.s.CreateShard(ctx, &store.Shard{
			Name: fmt.Sprintf("shard%d", i), Enabled: true, MaxRemoval: []int{0, 0, 10, 60, 100}[m.IntN(5)],
		}))
	}
	for i := range 2 {
		require.NoError(t, m.s.CreateService(ctx, &store.Service{Name: fmt.Sprintf("service%d", i)}))
		require.NoError(t, m.s.CreateProbe(ctx, &store.Probe{Module: fmt.Sprintf("probe%d", i)}))
	}
	for i := range 6 {
		p := store.Project{
			Name: fmt.Sprintf("project%d", i), Enabled: m.IntN(6) > 0,
			Service: fmt.Sprintf("service%d", m.IntN(2)), Shard: fmt.Sprintf("shard%d", m.IntN(3)),
		}
		require.NoError(t, m.s.CreateProject(ctx, &p))
		if hosts := m.hosts(10); len(hosts) > 0 {
			_, err := m.s.SetHosts(ctx, p.ID, store.SetHosts{Add: hosts})
			require.NoError(t, err)
		}
		for range m.IntN(4) {
			_ = m.s.CreateExporter(ctx, m.exporter(p.Name)) // which may be there already
		}
		for range m.IntN(4) {
			_ = m.s.CreateURL(ctx, m.url(p.Name))
		}
	}
}

func (m *guardModel) exporter(project string) *store.Exporter {
	return &store.Exporter{
		Job: fmt.Sprintf("job%d", m.IntN(2)), Port: 9100 + m.IntN(2), Path: []string{"", "/metrics", "/x"}[m.IntN(3)],
		Enabled: m.IntN(4) > 0, Project: project,
	}
}

func (m *guardModel) url(project string) *store.URL {
	return &store.URL{URL: fmt.Sprintf("https://u%d.example/", m.IntN(4)), Probe: fmt.Sprintf("probe%d", m.IntN(2)), Project: project}
}

// write returns a random write that can be made again.
func (m *guardModel) write(t *testing.T) func(ctx context.Context) error {
	t.Helper()
	ctx, s := t.Context(), m.s
	o := store.DeleteOptions{Cascade: true}
	none := func(context.Context) error { return nil }
	switch m.IntN(12) {
	case 0, 1:
		projects, err := s.Projects(ctx, store.ProjectFilter{})
		if p, ok := oneOf(m, projects, err); ok {
			h := store.SetHosts{Add: m.hosts(6)}
			if m.IntN(2) == 0 {
				h = store.SetHosts{Replace: ptr(m.hosts(10))}
			}
			return func(ctx context.Context) error { _, err := s.SetHosts(ctx, p.ID, h); return err }
		}
	case 2, 3:
		projects, err := s.Projects(ctx, store.ProjectFilter{})
		if p, ok := oneOf(m, projects, err); ok {
			u := []store.ProjectUpdate{
				{Enabled: ptr(!p.Enabled)},
				{Shard: ptr(fmt.Sprintf("shard%d", m.IntN(3)))},
				{Name: ptr(p.Name + "x")},
				{Service: ptr(fmt.Sprintf("service%d", m.IntN(2)))},
			}[m.IntN(4)]
			return func(ctx context.Context) error { _, err := s.UpdateProject(ctx, p.ID, u); return err }
		}
	case 4:
		projects, err := s.Projects(ctx, store.ProjectFilter{})
		if p, ok := oneOf(m, projects, err); ok {
			return func(ctx context.Context) error { return s.DeleteProject(ctx, p.ID, o) }
		}
	case 5, 6:
		exporters, err := s.Exporters(ctx, store.ExporterFilter{})
		if e, ok := oneOf(m, exporters, err); ok {
			to := m.exporter("")
			u := []store.ExporterUpdate{{Enabled: ptr(!e.Enabled)}, {Port: &to.Port}, {Path: &to.Path}, {Job: &to.Job}, {Scheme: ptr("https")}}[m.IntN(5)]
			if m.IntN(4) == 0 {
				return func(ctx context.Context) error { return s.DeleteExporter(ctx, e.ID, o) }
			}
			return func(ctx context.Context) error { _, err := s.UpdateExporter(ctx, e.ID, u); return err }
		}
	case 7:
		hosts, err := s.Hosts(ctx, store.HostFilter{})
		if h, ok := oneOf(m, hosts, err); ok {
			if m.IntN(2) == 0 {
				return func(ctx context.Context) error { return s.DeleteHost(ctx, h.ID, o) }
			}
			return func(ctx context.Context) error {
				_, err := s.UpdateHost(ctx, h.ID, store.HostUpdate{Enabled: ptr(!h.Enabled)})
				return err
			}
		}
	case 8:
		urls, err := s.URLs(ctx, store.URLFilter{})
		if u, ok := oneOf(m, urls, err); ok {
			to := m.url("")
			return func(ctx context.Context) error {
				_, err := s.UpdateURL(ctx, u.ID, store.URLUpdate{URL: &to.URL, Probe: &to.Probe})
				return err
			}
		}
	case 9:
		projects, err := s.Projects(ctx, store.ProjectFilter{})
		from, ok := oneOf(m, projects, err)
		to, _ := oneOf(m, projects, err)
		if ok && from.ID != to.ID {
			hosts, err := s.Hosts(ctx, store.HostFilter{Project: from.Name})
			require.NoError(t, err)
			return func(ctx context.Context) error {
				_, err := store.Write(ctx, s, func(tx store.Tx) error { return tx.MoveHosts(ctx, hosts, to) })
				return err
			}
		}
	case 10:
		farms, err := s.Farms(ctx, store.FarmFilter{})
		if f, ok := oneOf(m, farms, err); ok {
			return func(ctx context.Context) error { return s.DeleteFarm(ctx, f.ID, o) }
		}
	default:
		return m.rare(t)
	}
	return none
}

// rare returns a write that ends a good part of the fleet.
func (m *guardModel) rare(t *testing.T) func(ctx context.Context) error {
	t.Helper()
	ctx, s := t.Context(), m.s
	o := store.DeleteOptions{Cascade: true}
	shards, err := s.Shards(ctx, store.ShardFilter{})
	shard, hasShard := oneOf(m, shards, err)
	services, err := s.Services(ctx, store.ServiceFilter{})
	service, hasService := oneOf(m, services, err)
	probes, err := s.Probes(ctx, store.ProbeFilter{})
	probe, hasProbe := oneOf(m, probes, err)
	switch n := m.IntN(4); {
	case n == 0 && hasShard:
		return func(ctx context.Context) error { return s.DeleteShard(ctx, shard.ID, o) }
	case n == 1 && hasService:
		return func(ctx context.Context) error { return s.DeleteService(ctx, service.ID, o) }
	case n == 2 && hasProbe:
		return func(ctx context.Context) error { return s.DeleteProbe(ctx, probe.ID, o) }
	}
	return func(ctx context.Context) error {
		_, err := s.UpdateShard(ctx, shard.ID, store.ShardUpdate{Name: ptr(shard.Name + "x"), MaxRemoval: ptr(m.IntN(101))})
		return err
	}
}

// TestGuardAgreesWithACount makes random writes to random fleets, and compares what the guard says of each with full
// counts of what there was before and after.
func TestGuardAgreesWithACount(t *testing.T) {
	const fleets, writes = 6, 40
	o := store.GuardOptions{MaxRemoval: 30, MinTargets: 3}
	storetest.RunURL(t, func(t *testing.T, _ string) {
		for seed := range uint64(fleets) {
			t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
				u := storetest.SQLiteURL(t)
				if strings.Contains(t.Name(), "postgres") {
					u = storetest.PostgresURL(t)
				}
				m := &guardModel{rand.New(rand.NewPCG(seed, 5)), storetest.OpenWith(t, u, store.Options{Guard: o})}
				m.plant(t)
				asked := 0
				for range writes {
					asked += m.compare(t, o)
				}
				require.Positive(t, asked, "a run without a question shows nothing")
			})
		}
	})
}

// compare makes one random write, and says whether the guard asked.
func (m *guardModel) compare(t *testing.T, o store.GuardOptions) (asked int) {
	t.Helper()
	before := recount(t, m.s)
	shares := map[int64]int{}
	shards, err := m.s.Shards(t.Context(), store.ShardFilter{})
	require.NoError(t, err)
	for _, s := range shards {
		shares[s.ID] = s.MaxRemoval
	}
	write := m.write(t)
	err = write(t.Context())
	var g *store.GuardError
	if errors.As(err, &g) {
		require.Equal(t, before, recount(t, m.s))
		err = write(store.WithConfirm(t.Context(), g.Digest))
		require.NoError(t, err, "the digest is good for the same write")
	}
	digest, lose := before.verdict(recount(t, m.s), shares, o)
	if g == nil {
		require.Empty(t, lose, "the guard let pass (%v)", err)
		return 0
	}
	require.Equal(t, digest, g.Digest)
	said := map[int64]int64{}
	for _, s := range g.Shards {
		said[s.ShardID] = s.Removed
		require.Equal(t, before.total(s.ShardID), s.Targets)
		var sum int64
		for _, p := range s.Projects {
			sum += p.Removed
		}
		require.Equal(t, s.Removed, sum)
	}
	require.Equal(t, lose, said)
	return 1
}
