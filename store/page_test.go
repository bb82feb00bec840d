package store_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

// lister reads one page of a noun, as the ids of its rows.
type lister func(ctx context.Context, p store.Page) ([]int64, error)

func listing[T, F any](list func(context.Context, F) ([]T, error), filter func(store.Page) F, id func(T) int64) lister {
	return func(ctx context.Context, p store.Page) ([]int64, error) {
		rows, err := list(ctx, filter(p))
		ids := make([]int64, len(rows))
		for i, row := range rows {
			ids[i] = id(row)
		}
		return ids, err
	}
}

// listers has every noun under its name in the journal.
func listers(s *store.Store) map[string]lister {
	return map[string]lister{
		"shard":    listing(s.Shards, func(p store.Page) store.ShardFilter { return store.ShardFilter{Page: p} }, func(r store.Shard) int64 { return r.ID }),
		"server":   listing(s.Servers, func(p store.Page) store.ServerFilter { return store.ServerFilter{Page: p} }, func(r store.Server) int64 { return r.ID }),
		"service":  listing(s.Services, func(p store.Page) store.ServiceFilter { return store.ServiceFilter{Page: p} }, func(r store.Service) int64 { return r.ID }),
		"project":  listing(s.Projects, func(p store.Page) store.ProjectFilter { return store.ProjectFilter{Page: p} }, func(r store.Project) int64 { return r.ID }),
		"farm":     listing(s.Farms, func(p store.Page) store.FarmFilter { return store.FarmFilter{Page: p} }, func(r store.Farm) int64 { return r.ID }),
		"host":     listing(s.Hosts, func(p store.Page) store.HostFilter { return store.HostFilter{Page: p} }, func(r store.Host) int64 { return r.ID }),
		"exporter": listing(s.Exporters, func(p store.Page) store.ExporterFilter { return store.ExporterFilter{Page: p} }, func(r store.Exporter) int64 { return r.ID }),
		"default_exporter": listing(s.DefaultExporters, func(p store.Page) store.DefaultExporterFilter { return store.DefaultExporterFilter{Page: p} },
			func(r store.DefaultExporter) int64 { return r.ID }),
		"probe": listing(s.Probes, func(p store.Page) store.ProbeFilter { return store.ProbeFilter{Page: p} }, func(r store.Probe) int64 { return r.ID }),
		"url":   listing(s.URLs, func(p store.Page) store.URLFilter { return store.URLFilter{Page: p} }, func(r store.URL) int64 { return r.ID }),
	}
}

// readAll reads pages to the end; between is called after each of them.
func readAll(t *testing.T, list lister, p store.Page, between func()) []int64 {
	t.Helper()
	var all []int64
	for {
		var next string
		p.Next = &next
		ids, err := list(t.Context(), p)
		require.NoError(t, err)
		require.LessOrEqual(t, len(ids), p.Limit)
		all = append(all, ids...)
		if p.After = next; next == "" {
			return all
		}
		require.Len(t, ids, p.Limit, "a page that another follows")
		between()
	}
}

// plantMany adds more of every noun to a seed, with equal values in most fields.
func plantMany(t *testing.T, s *store.Store) {
	t.Helper()
	plant(t, s)
	ctx := t.Context()
	for i := range 5 {
		n := fmt.Sprintf("%c%d", "aBé_b"[i], i)
		for _, err := range []error{
			s.CreateShard(ctx, &store.Shard{Name: n, Samples: int64(i / 2)}),
			s.CreateServer(ctx, &store.Server{Host: "prom2", Port: 9090 + i, Shard: "prod"}),
			s.CreateService(ctx, &store.Service{Name: n}),
			s.CreateProject(ctx, &store.Project{Name: n, Service: "shop", Shard: "prod", Enabled: true}),
			s.CreateHost(ctx, &store.Host{Name: "web1", Project: n}),
			s.CreateHost(ctx, &store.Host{Name: "web2", Project: n}),
			s.CreateExporter(ctx, &store.Exporter{Job: "app", Port: 8080 + i/2, Project: n}),
			s.CreateProbe(ctx, &store.Probe{Module: n}),
			s.CreateURL(ctx, &store.URL{URL: "https://shop.example.com/", Project: n, Probe: "http_2xx"}),
			s.CreateDefaultExporter(ctx, &store.DefaultExporter{Job: "node", Port: 9101 + i}),
		} {
			require.NoError(t, err)
		}
	}
}

func TestPagesAddUpToTheList(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		plantMany(t, s)
		for noun, list := range listers(s) {
			sorts := []string{""}
			for _, field := range store.SortFields(noun) {
				sorts = append(sorts, field, "-"+field)
			}
			require.Greater(t, len(sorts), 3, noun)
			for _, sort := range sorts {
				whole, err := list(t.Context(), store.Page{Sort: sort})
				require.NoError(t, err)
				require.Greater(t, len(whole), 5)
				for _, limit := range []int{1, 2, len(whole) - 1, len(whole), len(whole) + 1} {
					got := readAll(t, list, store.Page{Sort: sort, Limit: limit}, func() {})
					assert.Equal(t, whole, got, "%s by %q, %d at a time", noun, sort, limit)
				}
			}
		}
	})
}

func TestPagesHoldStillUnderWrites(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		plantMany(t, s)
		ctx := t.Context()
		before, err := s.Hosts(ctx, store.HostFilter{})
		require.NoError(t, err)
		gone := map[int64]bool{}
		n, last := 0, len(before)
		got := readAll(t, listers(s)["host"], store.Page{Limit: 2}, func() {
			require.NoError(t, s.CreateHost(ctx, &store.Host{Name: fmt.Sprintf("a%d", n), Project: "shop-api"}))
			require.NoError(t, s.CreateHost(ctx, &store.Host{Name: fmt.Sprintf("x%d", n), Project: "shop-api"}))
			if n < 2 {
				last--
				require.NoError(t, s.DeleteHost(ctx, before[last].ID, store.DeleteOptions{}))
				gone[before[last].ID] = true
			}
			if n++; n > 20 {
				t.Fatal("the list never ends")
			}
			if n == 2 {
				require.NoError(t, s.DeleteHost(ctx, before[3].ID, store.DeleteOptions{})) // the mark of the page that was just read
			}
		})
		seen := map[int64]int{}
		for _, id := range got {
			seen[id]++
		}
		for _, h := range before {
			if !gone[h.ID] {
				assert.Equal(t, 1, seen[h.ID], "host %d %s of %s", h.ID, h.Name, h.Project)
			}
		}
	})
}

func TestPagesSearch(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		for _, name := range []string{"Shop-API", "shop_web", `50% \off`, "Äpfel", "birnen"} {
			require.NoError(t, s.CreateService(ctx, &store.Service{Name: name, Owner: "Team " + strings.ToUpper(name)}))
		}
		for search, want := range map[string][]string{
			"SHOP":      {"Shop-API", "shop_web"},
			"api team":  {"Shop-API"},
			"_":         {"shop_web"},
			"%":         {`50% \off`},
			`\`:         {`50% \off`},
			"Äpf":       {"Äpfel"},
			"shop none": nil,
			"\x00":      nil,
			"\xff":      nil,
			"  ":        {`50% \off`, "Shop-API", "birnen", "shop_web", "Äpfel"},
		} {
			var next string
			rows, err := s.Services(ctx, store.ServiceFilter{Page: store.Page{Search: search, Limit: 10, Next: &next}})
			require.NoError(t, err)
			var names []string
			for _, row := range rows {
				names = append(names, row.Name)
			}
			assert.Equal(t, want, names, "%q", search)
			assert.Empty(t, next)
		}
	})
}

func TestPagesRefuse(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		plantMany(t, s)
		var next string
		_, err := s.Servers(t.Context(), store.ServerFilter{Page: store.Page{Sort: "port", Limit: 1, Next: &next}})
		require.NoError(t, err)
		require.NotEmpty(t, next)
		for name, p := range map[string]store.Page{
			"a field that is not there":    {Sort: "labels"},
			"two signs":                    {Sort: "--port"},
			"no cursor":                    {After: "?"},
			"an empty object":              {After: "e30"},
			"a cursor of another order":    {After: next, Sort: "host"},
			"a cursor of another way":      {After: next, Sort: "-port"},
			"a text instead of a number":   {After: "eyJzIjoicG9ydCIsInYiOlsiYSIsMV19", Sort: "port"},
			"nothing instead of a number":  {After: "eyJzIjoicG9ydCIsInYiOltudWxsLDFdfQ", Sort: "port"},
			"a number that is far too big": {After: "eyJzIjoicG9ydCIsInYiOlsxZTk5LDFdfQ", Sort: "port"},
		} {
			_, err := s.Servers(t.Context(), store.ServerFilter{Page: p})
			var refused *store.Error
			require.ErrorAs(t, err, &refused, name)
			require.ErrorIs(t, err, store.ErrInvalid, name)
			assert.Contains(t, []string{"sort", "cursor"}, refused.Field, name)
		}
	})
}
