package store_test

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

// syncOfHosts is a source with one project of that many hosts, which are all the targets of its shard.
func syncOfHosts(hosts int) store.SyncSource {
	const key = 1 << 40
	source := store.SyncSource{
		Name:      "elsewhere",
		Shards:    []store.SyncShard{{Key: key, Name: "elsewhere", Enabled: true}},
		Services:  []store.SyncService{{Key: key, Name: "elsewhere"}},
		Projects:  []store.SyncProject{{Key: key, Name: "elsewhere", Service: key, Shard: key}},
		Farms:     []store.SyncFarm{{Key: key, Name: "elsewhere", Project: key}},
		Exporters: []store.SyncExporter{{Key: key, Job: "node", Port: 9100, Enabled: true, Project: key}},
	}
	for _, h := range hostsNamed("elsewhere", hosts) {
		source.Hosts = append(source.Hosts, store.SyncHost{Key: key + int64(len(source.Hosts)), Name: h.Name, Farm: key})
	}
	return source
}

// guardedWrites are, by method of Inventory, writes that would take away more than the guard lets: none for a method that
// can take nothing away.
func guardedWrites(t *testing.T, s *store.Store, f guardedFleet) map[string][]func(ctx context.Context) error {
	t.Helper()
	ctx := t.Context()
	first := func(list any, err error) int64 {
		t.Helper()
		require.NoError(t, err)
		return reflect.ValueOf(list).Index(0).FieldByName("ID").Int()
	}
	farm := first(s.Farms(ctx, store.FarmFilter{Project: "big"}))
	service := first(s.Services(ctx, store.ServiceFilter{}))
	lonely := first(s.Exporters(ctx, store.ExporterFilter{Project: "lonely"}))
	url := first(s.URLs(ctx, store.URLFilter{Project: "urls"}))
	probe := first(s.Probes(ctx, store.ProbeFilter{}))
	host := first(s.Hosts(ctx, store.HostFilter{Project: "lonely"}))
	created := revisionOf(t, s, func(ctx context.Context) error {
		_, err := s.SetHosts(ctx, f.small.ID, store.SetHosts{Add: hostsNamed("more", 30)})
		return err
	})
	synced := syncOfHosts(30)
	_, err := s.Sync(ctx, synced, store.SyncOptions{})
	require.NoError(t, err)
	synced.Hosts = synced.Hosts[:1]
	cascade := store.DeleteOptions{Cascade: true}
	type writes = []func(ctx context.Context) error
	return map[string][]func(ctx context.Context) error{
		"CreateShard": nil, "CreateServer": nil, "CreateService": nil, "CreateProject": nil, "CreateFarm": nil, "CreateHost": nil,
		"CreateExporter": nil, "CreateDefaultExporter": nil, "CreateProbe": nil, "CreateURL": nil,
		"RegisterServer": nil, "RegisterHost": nil, "RegisterJob": nil, "RegisterExporter": nil, "Import": nil,
		"UpdateServer": nil, "UpdateService": nil, "UpdateShard": nil, "UpdateFarm": nil, "UpdateDefaultExporter": nil,
		"UpdateProbe": nil, "DeleteServer": nil, "DeleteDefaultExporter": nil,
		"CreatePrincipal": nil, "UpdatePrincipal": nil, "DeletePrincipal": nil,

		"UpdateProject": writes{func(ctx context.Context) error {
			_, err := s.UpdateProject(ctx, f.big.ID, store.ProjectUpdate{Enabled: ptr(false)})
			return err
		}},
		"UpdateHost": writes{func(ctx context.Context) error {
			_, err := s.UpdateHost(ctx, host, store.HostUpdate{Name: ptr("renamed")})
			return err
		}},
		"UpdateExporter": writes{func(ctx context.Context) error {
			_, err := s.UpdateExporter(ctx, lonely, store.ExporterUpdate{Port: ptr(1)})
			return err
		}},
		"UpdateURL": writes{func(ctx context.Context) error {
			_, err := s.UpdateURL(ctx, url, store.URLUpdate{URL: ptr("https://else.example/")})
			return err
		}},
		"DeleteShard":    writes{func(ctx context.Context) error { return s.DeleteShard(ctx, f.prod.ID, cascade) }},
		"DeleteService":  writes{func(ctx context.Context) error { return s.DeleteService(ctx, service, cascade) }},
		"DeleteProject":  writes{func(ctx context.Context) error { return s.DeleteProject(ctx, f.big.ID, cascade) }},
		"DeleteFarm":     writes{func(ctx context.Context) error { return s.DeleteFarm(ctx, farm, cascade) }},
		"DeleteHost":     writes{func(ctx context.Context) error { return s.DeleteHost(ctx, host, store.DeleteOptions{}) }},
		"DeleteExporter": writes{func(ctx context.Context) error { return s.DeleteExporter(ctx, lonely, store.DeleteOptions{}) }},
		"DeleteURL":      writes{func(ctx context.Context) error { return s.DeleteURL(ctx, url, store.DeleteOptions{}) }},
		"DeleteProbe":    writes{func(ctx context.Context) error { return s.DeleteProbe(ctx, probe, cascade) }},
		"Revert": writes{func(ctx context.Context) error {
			_, err := s.Revert(ctx, created)
			return err
		}},
		"Sync": writes{func(ctx context.Context) error {
			_, err := s.Sync(ctx, synced, store.SyncOptions{AllowShrink: true})
			return err
		}},
		"Apply": writes{func(ctx context.Context) error {
			_, err := s.Apply(ctx, documentOf(t, `projects: [{name: big, enabled: false}]`), store.ApplyOptions{})
			return err
		}},
		"SetHosts": writes{
			func(ctx context.Context) error {
				_, err := s.SetHosts(ctx, f.big.ID, store.SetHosts{Replace: &[]store.Host{}})
				return err
			},
			func(ctx context.Context) error {
				_, err := s.SetHosts(ctx, f.big.ID, store.SetHosts{Remove: namesOf(f.bigHosts)})
				return err
			},
		},
	}
}

// reading are the first words of methods of Inventory that write nothing.
var reading = []string{"Journal", "Load", "Revision", "Touched", "Changes"}

// TestNoWriteForgetsTheGuard has every method of Inventory that writes take a shard's targets away.
func TestNoWriteForgetsTheGuard(t *testing.T) {
	storetest.RunURL(t, func(t *testing.T, u string) {
		// A single target is enough to be asked about.
		s := storetest.OpenWith(t, u, store.Options{Guard: store.GuardOptions{MaxRemoval: 1, MinTargets: 1}})
		f := plantGuarded(t, s)
		plantLonely(t, s)
		writes := guardedWrites(t, s, f)
		inventory := reflect.TypeFor[store.Inventory]()
		for i := range inventory.NumMethod() {
			name := inventory.Method(i).Name
			if !writesSomething(name) {
				require.NotContains(t, writes, name)
				continue
			}
			list, known := writes[name]
			require.True(t, known, "%s is new: say here how it takes targets away, or that it cannot", name)
			for _, write := range list {
				t.Run(name, func(t *testing.T) { _ = asked(t, s, write) })
			}
		}
	})
}

// revisionOf makes a write and returns its revision.
func revisionOf(t *testing.T, s *store.Store, write func(ctx context.Context) error) int64 {
	t.Helper()
	var r store.Receipt
	require.NoError(t, write(store.WithReceipt(t.Context(), &r)))
	require.Positive(t, r.Revision)
	return r.Revision
}

// writesSomething says whether a method of Inventory is not one that reads.
func writesSomething(name string) bool {
	for _, verb := range []string{"Create", "Update", "Delete", "Register", "Set", "Import", "Apply", "Revert", "Sync"} {
		if strings.HasPrefix(name, verb) {
			return true
		}
	}
	return false
}

// plantLonely adds shards with one target each.
func plantLonely(t *testing.T, s *store.Store) {
	t.Helper()
	ctx := t.Context()
	for _, name := range []string{"lonely", "urls"} {
		require.NoError(t, s.CreateShard(ctx, &store.Shard{Name: name, Enabled: true}))
		require.NoError(t, s.CreateProject(ctx, &store.Project{Name: name, Service: "shop", Shard: name, Enabled: true}))
	}
	require.NoError(t, s.CreateHost(ctx, &store.Host{Name: "alone", Project: "lonely", Enabled: true}))
	require.NoError(t, s.CreateExporter(ctx, &store.Exporter{Job: "node", Port: 9100, Project: "lonely", Enabled: true}))
	require.NoError(t, s.CreateURL(ctx, &store.URL{URL: "https://u.example/", Project: "urls", Probe: "http_2xx"}))
}

// TestReadsAreNamedAsReads keeps writesSomething from overlooking a write with a verb of its own.
func TestReadsAreNamedAsReads(t *testing.T) {
	inventory := reflect.TypeFor[store.Inventory]()
	for i := range inventory.NumMethod() {
		m := inventory.Method(i)
		if writesSomething(m.Name) || slices.ContainsFunc(reading, func(r string) bool { return strings.HasPrefix(m.Name, r) }) {
			continue
		}
		noun := strings.TrimSuffix(strings.TrimSuffix(m.Name, "Page"), "s")
		_, isNoun := inventory.MethodByName("Create" + noun)
		require.True(t, isNoun, "%s is new: add its verb to writesSomething, or its name to reading", m.Name)
	}
}
