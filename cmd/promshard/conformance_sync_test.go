package main

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
)

// elsewhere is a source with one of everything, and some hosts.
func elsewhere(hosts int) store.SyncSource {
	source := store.SyncSource{
		Name:             "promgen",
		Shards:           []store.SyncShard{{Key: 1, Name: "tokyo", URL: "http://p.example", Enabled: true, Samples: 1<<60 + 1}},
		Servers:          []store.SyncServer{{Key: 1, Host: "prometheus001", Port: 9090, Shard: 1}},
		Services:         []store.SyncService{{Key: 1, Name: "ünï <shop>", Owner: "ann"}, {Key: 2, Name: "bank"}},
		Projects:         []store.SyncProject{{Key: 1, Name: "a/b", Service: 1, Shard: 1}, {Key: 2, Name: "till", Service: 2, Shard: 1}},
		Farms:            []store.SyncFarm{{Key: 1, Name: "boxes", Project: 1}},
		Exporters:        []store.SyncExporter{{Key: 1, Job: "node", Port: 9100, Enabled: true, Project: 1}, {Key: 2, Job: "off", Port: 1, Path: "/x?y=z", Project: 2}},
		DefaultExporters: []store.SyncDefaultExporter{{Key: 1, Job: "node", Port: 9100, Scheme: "https"}},
		Probes:           []store.SyncProbe{{Key: 1, Module: "http_2xx", Description: "good"}},
		URLs:             []store.SyncURL{{Key: 1, URL: "https://shop.example/", Project: 1, Probe: 1}},
	}
	for i := range hosts {
		source.Hosts = append(source.Hosts, store.SyncHost{Key: -int64(i + 1), Name: fmt.Sprintf("h%d", i), Farm: 1})
	}
	return source
}

// elsewhereCalled is a source of that name.
func elsewhereCalled(name string, hosts int) store.SyncSource {
	source := elsewhere(hosts)
	source.Name = name
	return source
}

// syncs takes a source in, twice, and compares what there is afterwards. It returns the outcome of the first time.
func (w *twins) syncs(t *testing.T, source store.SyncSource, o store.SyncOptions) outcome {
	t.Helper()
	first := w.write(t, t.Context(), inventory.Sync, source, o)
	w.do(t, t.Context(), inventory.Sync, source, o)
	w.do(t, t.Context(), inventory.Shards, store.ShardFilter{})
	w.do(t, t.Context(), inventory.Services, store.ServiceFilter{})
	w.do(t, t.Context(), inventory.Hosts, store.HostFilter{})
	w.do(t, t.Context(), inventory.Exporters, store.ExporterFilter{})
	return first
}

// TestSyncsOnAServerAreThoseOnADatabase follows a source through its changes, conflicts and losses.
func TestSyncsOnAServerAreThoseOnADatabase(t *testing.T) {
	runTwins(t, func(t *testing.T, w *twins) {
		source := elsewhere(30)
		w.syncs(t, source, store.SyncOptions{})

		source.Hosts = append(source.Hosts[1:], store.SyncHost{Key: 1, Name: "new:1", Farm: 1}, store.SyncHost{Key: 2, Name: "new", Farm: 1})
		source.Exporters[1].Port, source.Shards[0].Samples, source.Exporters[1].Enabled = 2, 1<<60+3, true
		source.Projects[1].Service = 1
		w.syncs(t, source, store.SyncOptions{})

		hosts, err := w.direct.Hosts(t.Context(), store.HostFilter{Name: "h7"})
		require.NoError(t, err)
		w.must(t, inventory.UpdateService, 1, store.ServiceUpdate{Owner: ptr("bob"), Description: ptr("ours")})
		w.must(t, inventory.DeleteHost, hosts[0].ID, store.DeleteOptions{})
		source.Services[0].Owner = "carl"
		source.Services = append(source.Services, store.SyncService{Key: 5, Name: "taken"})
		w.must(t, inventory.CreateService, &store.Service{Name: "other"})
		w.syncs(t, source, store.SyncOptions{})
		w.syncs(t, source, store.SyncOptions{Theirs: true})

		moved := source
		moved.Exporters = []store.SyncExporter{{Key: 1, Job: "node", Port: 9200, Enabled: true, Project: 1}, source.Exporters[1]}
		w.confirmed(t, inventory.Sync, moved, store.SyncOptions{})
		for kind, o := range map[error]store.SyncOptions{store.ErrShrunk: {}, store.ErrGuarded: {AllowShrink: true}} {
			require.ErrorIs(t, w.syncs(t, store.SyncSource{Name: "promgen"}, o).err, kind)
		}
		w.syncs(t, elsewhereCalled("other", 3), store.SyncOptions{})
		for name, source := range oddSources() {
			t.Run(name, func(t *testing.T) { w.syncs(t, source, store.SyncOptions{}) })
		}
	})
}

// oddSources are sources that cannot be taken in, or not all of them.
func oddSources() map[string]store.SyncSource {
	return map[string]store.SyncSource{
		"no name":           elsewhereCalled("", 3),
		"a name that is no": elsewhereCalled("a\n", 3),
		"no UTF-8":          elsewhereCalled("\xff", 3),
		"no key":            {Name: "x", Services: []store.SyncService{{Name: "a"}}},
		"a key twice":       {Name: "x", DefaultExporters: []store.SyncDefaultExporter{{Key: 4}, {Key: 4}}},
		"nothing":           {Name: "x"},
		"rows that are no":  {Name: "x", Shards: []store.SyncShard{{Key: 1, Name: "\x00", Targets: -1}}, URLs: []store.SyncURL{{Key: 1 << 62, URL: "x", Project: 7}}},
	}
}
