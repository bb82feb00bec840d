package remote

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
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

// syncs takes a source in, first as a dry run, and compares results, receipts and what there is afterwards.
func (w *twins) syncs(t *testing.T, what string, source store.SyncSource, o store.SyncOptions) {
	t.Helper()
	for _, dry := range []bool{true, false, false} {
		w.same(t, what, func(inv store.Registry) (any, error) {
			var receipt store.Receipt
			ctx := store.WithReceipt(t.Context(), &receipt)
			if dry {
				ctx = store.WithDryRun(ctx)
			}
			result, err := inv.Sync(ctx, source, o)
			if err != nil {
				return nil, err
			}
			return []any{result, receipt.Revision, receipt.DryRun, receipt.Summary, receipt.Guard}, nil
		})
		w.same(t, "reading after "+what, func(inv store.Registry) (any, error) { return contents(t, inv) })
	}
}

// contents are some of the rows of an inventory.
func contents(t *testing.T, inv store.Registry) (any, error) {
	t.Helper()
	shards, err := inv.Shards(t.Context(), store.ShardFilter{})
	if err != nil {
		return nil, err
	}
	services, err := inv.Services(t.Context(), store.ServiceFilter{})
	if err != nil {
		return nil, err
	}
	hosts, err := inv.Hosts(t.Context(), store.HostFilter{})
	if err != nil {
		return nil, err
	}
	exporters, err := inv.Exporters(t.Context(), store.ExporterFilter{})
	return []any{shards, services, hosts, exporters}, err
}

func TestSyncsOnAServerAreThoseOnADatabase(t *testing.T) {
	w := newTwins(t)
	source := elsewhere(30)
	w.syncs(t, "a first run", source, store.SyncOptions{})

	source.Hosts = append(source.Hosts[1:], store.SyncHost{Key: 1, Name: "new:1", Farm: 1}, store.SyncHost{Key: 2, Name: "new", Farm: 1})
	source.Exporters[1].Port, source.Shards[0].Samples, source.Exporters[1].Enabled = 2, 1<<60+3, true
	source.Projects[1].Service = 1
	w.syncs(t, "a changed source", source, store.SyncOptions{})

	w.same(t, "an edit", func(inv store.Registry) (any, error) {
		return inv.UpdateService(t.Context(), 1, store.ServiceUpdate{Owner: ptr("bob"), Description: ptr("ours")})
	})
	w.same(t, "a deletion", func(inv store.Registry) (any, error) {
		return nil, inv.DeleteHost(t.Context(), 5, store.DeleteOptions{})
	})
	source.Services[0].Owner = "carl"
	source.Services = append(source.Services, store.SyncService{Key: 5, Name: "taken"})
	w.same(t, "a service", func(inv store.Registry) (any, error) {
		s := store.Service{Name: "other"}
		return &s, inv.CreateService(t.Context(), &s)
	})
	w.syncs(t, "conflicts", source, store.SyncOptions{})
	w.syncs(t, "theirs", source, store.SyncOptions{Theirs: true})

	moved := source
	moved.Exporters = []store.SyncExporter{{Key: 1, Job: "node", Port: 9200, Enabled: true, Project: 1}, source.Exporters[1]}
	w.syncs(t, "what the guard refuses", moved, store.SyncOptions{})
	w.same(t, "what is confirmed", func(inv store.Registry) (any, error) {
		_, err := inv.Sync(t.Context(), moved, store.SyncOptions{})
		var guard *store.GuardError
		require.ErrorAs(t, err, &guard)
		var receipt store.Receipt
		ctx := store.WithReceipt(store.WithConfirm(t.Context(), guard.Digest), &receipt)
		result, err := inv.Sync(ctx, moved, store.SyncOptions{})
		assert.True(t, receipt.Guard.Confirmed)
		return []any{result, receipt.Guard}, err
	})

	for kind, o := range map[error]store.SyncOptions{store.ErrShrunk: {}, store.ErrGuarded: {AllowShrink: true}} {
		w.same(t, "what is refused", func(inv store.Registry) (any, error) {
			_, err := inv.Sync(t.Context(), store.SyncSource{Name: "promgen"}, o)
			require.ErrorIs(t, err, kind)
			return nil, err
		})
		w.syncs(t, "nothing left", store.SyncSource{Name: "promgen"}, o)
	}
	w.syncs(t, "another source", elsewhereCalled("other"), store.SyncOptions{})
	for name, source := range map[string]store.SyncSource{
		"no name":           elsewhereCalled(""),
		"a name that is no": elsewhereCalled("a\n"),
		"no UTF-8":          elsewhereCalled("\xff"),
		"no key":            {Name: "x", Services: []store.SyncService{{Name: "a"}}},
		"a key twice":       {Name: "x", DefaultExporters: []store.SyncDefaultExporter{{Key: 4}, {Key: 4}}},
		"nothing":           {Name: "x"},
		"rows that are no":  {Name: "x", Shards: []store.SyncShard{{Key: 1, Name: "\x00", Targets: -1}}, URLs: []store.SyncURL{{Key: 1 << 62, URL: "x", Project: 7}}},
	} {
		w.syncs(t, name, source, store.SyncOptions{})
	}
}

func elsewhereCalled(name string) store.SyncSource {
	source := elsewhere(3)
	source.Name = name
	return source
}
