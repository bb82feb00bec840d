package store_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/document"
	"github.com/promshard/promshard/store/storetest"
)

// documentOf reads documents that are in order.
func documentOf(t testing.TB, texts ...string) store.Document {
	t.Helper()
	var d store.Document
	for _, text := range texts {
		one, err := document.Read("", []byte(text))
		require.NoError(t, err)
		d.Merge(one)
	}
	return d
}

// planned is a plan in short: the kind and the title of each change, with the fields of those that changed.
func planned(r store.ApplyResult) []string {
	plan := []string{}
	for _, p := range r.Plan {
		line := p.Kind + " " + p.Title
		if p.Kind == "changed" {
			for _, f := range p.Fields {
				line += " " + f.Field + "=" + string(f.Old) + "→" + string(f.New)
			}
		}
		plan = append(plan, line)
	}
	return plan
}

func apply(t testing.TB, s *store.Store, o store.ApplyOptions, texts ...string) store.ApplyResult {
	t.Helper()
	r, err := s.Apply(t.Context(), documentOf(t, texts...), o)
	require.NoError(t, err)
	return r
}

// refusedApply is the error of an apply that changes nothing.
func refusedApply(t *testing.T, s *store.Store, o store.ApplyOptions, texts ...string) *store.Error {
	t.Helper()
	before := contents(t, s)
	_, err := s.Apply(t.Context(), documentOf(t, texts...), o)
	var refused *store.Error
	require.ErrorAs(t, err, &refused)
	require.Equal(t, before, contents(t, s), "a refused apply changes nothing")
	return refused
}

const shopYAML = `
shards: [{name: prod, samples: 1000}]
servers: [{host: prometheus1, port: 9090, shard: prod}]
services: [{name: shop, owner: "@web", labels: {team: web}}]
probes: [{module: http_2xx}]
default_exporters: [{job: node, port: 9100}]
projects:
  - name: web
    service: shop
    shard: prod
    farm: {name: web-farm, source: cmdb}
    hosts: [web1, {name: web2, labels: {rack: a1}}]
    exporters: [{job: node, port: 9100}]
    urls: [{url: "https://shop.example/", probe: http_2xx}]
`

func TestApplyCreates(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		d := documentOf(t, shopYAML)
		preview, err := s.Apply(store.WithDryRun(t.Context()), d, store.ApplyOptions{})
		require.NoError(t, err)
		require.Zero(t, preview.Revision)

		r := apply(t, s, store.ApplyOptions{}, shopYAML)
		require.Equal(t, planned(preview), planned(r), "a dry run tells what is done")
		require.Equal(t, []string{
			`created shard "prod"`, `created service "shop"`, `created probe "http_2xx"`, `created default exporter "node" on port 9100`,
			`created server "prometheus1:9090" on shard "prod"`, `created project "web"`, `created farm "web-farm" of project "web"`,
			`created host "web1" of project "web"`, `created host "web2" of project "web"`,
			`created exporter "node" on port 9100 of project "web"`, `created URL "https://shop.example/" of project "web" by probe "http_2xx"`,
		}, planned(r))
		require.Equal(t, 11, r.Created)
		entries, err := s.Journal(t.Context(), store.JournalFilter{Newest: true, Limit: 1})
		require.NoError(t, err)
		require.Equal(t, r.Revision, entries[0].Revision)
		require.Equal(t, "apply", entries[0].Action)
		require.Equal(t, "applied documents: 11 created", entries[0].Summary)

		again := apply(t, s, store.ApplyOptions{}, shopYAML)
		require.Equal(t, store.ApplyResult{Plan: []store.PlannedChange{}}, again, "what is so already is not written")
	})
}

func TestApplyWritesOnlyWhatDiffers(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		apply(t, s, store.ApplyOptions{}, shopYAML)
		r := apply(t, s, store.ApplyOptions{}, `
services: [{name: shop, labels: {team: core}}]
projects:
  - name: web
    hosts: [{name: web1, enabled: false}, web2, web3]
    exporters: [{job: node, port: 9100, scheme: http, scrape_interval: 30s}]
`)
		require.Equal(t, []string{
			`changed service "shop" labels.team="web"→"core"`,
			`changed host "web1" of project "web" enabled=true→false`,
			`created host "web3" of project "web"`,
			`changed exporter "node" on port 9100 of project "web" scrape_interval=→"30s"`,
		}, planned(r))
		service, err := s.Services(t.Context(), store.ServiceFilter{Name: "shop"})
		require.NoError(t, err)
		require.Equal(t, "@web", service[0].Owner, "what is not stated stays")
	})
}

func TestApplyOwns(t *testing.T) {
	team, other := store.ApplyOptions{ManagedBy: "team"}, store.ApplyOptions{ManagedBy: "other"}
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		apply(t, s, store.ApplyOptions{}, `
shards: [{name: prod}]
services: [{name: shop}]
projects: [{name: web, service: shop, shard: prod, hosts: [hand]}]`)
		r := apply(t, s, team, `projects: [{name: web, hosts: [web1, web2], exporters: [{job: node, port: 9100}]}]`)
		require.Equal(t, []string{
			`changed project "web" managed_by=→"team"`, `created host "web1" of project "web"`, `created host "web2" of project "web"`,
			`created exporter "node" on port 9100 of project "web"`,
		}, planned(r))

		t.Run("what is not stated any more goes from lists, but not what was made by hand", func(t *testing.T) {
			r := apply(t, s, team, `projects: [{name: web, hosts: [web1]}]`)
			require.Equal(t, []string{`deleted host "web2" of project "web"`}, planned(r))
		})
		t.Run("another name may add to a list", func(t *testing.T) {
			refused := refusedApply(t, s, other, `projects: [{name: web, hosts: [web9]}]`)
			require.ErrorIs(t, refused, store.ErrConflict)
			require.Equal(t, `document projects[0]: project "web" is managed by "team"`, refused.Error())
			require.Contains(t, refused.Hint, "say take over")
		})
		t.Run("hands write what is managed", func(t *testing.T) {
			hosts, err := s.Hosts(ctx, store.HostFilter{Name: "web1"})
			require.NoError(t, err)
			after, err := s.UpdateHost(ctx, hosts[0].ID, store.HostUpdate{Enabled: ptr(false)})
			require.NoError(t, err)
			require.Equal(t, "team", after.ManagedBy)
			apply(t, s, store.ApplyOptions{}, `projects: [{name: web, hosts: [{name: web1, enabled: true}]}]`)
			again, err := s.Host(ctx, hosts[0].ID)
			require.NoError(t, err)
			require.Equal(t, "team", again.ManagedBy)
			require.True(t, again.Enabled)
		})
		t.Run("an exclusive list has nothing else", func(t *testing.T) {
			r := apply(t, s, team, `projects: [{name: web, hosts: [web1], exclusive: [hosts]}]`)
			require.Equal(t, []string{`deleted host "hand" of project "web"`}, planned(r))
			refused := refusedApply(t, s, store.ApplyOptions{}, `projects: [{name: web, hosts: [x], exclusive: [hosts]}]`)
			require.Equal(t, `document projects[0].hosts: host "web1" of project "web" is not stated, and is managed by "team"`, refused.Error())
		})
		t.Run("take over", func(t *testing.T) {
			r := apply(t, s, store.ApplyOptions{ManagedBy: "other", TakeOver: true}, `projects: [{name: web, hosts: [web1]}]`)
			require.Equal(t, []string{
				`changed project "web" managed_by="team"→"other"`, `changed host "web1" of project "web" managed_by="team"→"other"`,
			}, planned(r))
		})
	})
}

func TestApplyPrunes(t *testing.T) {
	prune := store.ApplyOptions{ManagedBy: "team", Prune: true}
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		apply(t, s, store.ApplyOptions{ManagedBy: "team"}, shopYAML)
		apply(t, s, store.ApplyOptions{ManagedBy: "other"}, `services: [{name: other}]
projects: [{name: other, service: other, shard: prod, hosts: [o1]}]`)
		const rest = `
shards: [{name: prod}]
services: [{name: shop}]
probes: [{module: http_2xx}]
`
		t.Run("only with a name", func(t *testing.T) {
			require.ErrorContains(t, refusedApply(t, s, store.ApplyOptions{Prune: true}, rest), "needs a managing name")
		})
		t.Run("not all for nothing", func(t *testing.T) {
			refused := refusedApply(t, s, prune, "")
			require.ErrorIs(t, refused, store.ErrInvalid)
			require.ErrorContains(t, refused, "allow empty")
		})
		t.Run("not what others hang on", func(t *testing.T) {
			refused := refusedApply(t, s, prune, `services: [{name: shop}]
probes: [{module: http_2xx}]`)
			require.ErrorIs(t, refused, store.ErrConflict)
			require.Equal(t, `shard "prod": cannot be pruned: the documents do not state it, but project "other" belongs to it and is managed by "other"`, refused.Error())

			refused = refusedApply(t, s, prune, `shards: [{name: prod}]
projects: [{name: web, farm: {}, hosts: [web1]}]`)
			require.Equal(t, `service "shop": cannot be pruned: the documents do not state it, but project "web" belongs to it and is in them`, refused.Error())

			require.NoError(t, s.CreateHost(ctx, &store.Host{Name: "hand", Project: "web", Enabled: true}))
			refused = refusedApply(t, s, prune, rest)
			require.Equal(t, `farm "web-farm": cannot be pruned: the documents do not state it, but host "hand" of project "web" belongs to it and is managed by nobody`, refused.Error())
			hosts, err := s.Hosts(ctx, store.HostFilter{Name: "hand"})
			require.NoError(t, err)
			require.NoError(t, s.DeleteHost(ctx, hosts[0].ID, store.DeleteOptions{}))
		})
		t.Run("what is owned and not stated", func(t *testing.T) {
			r := apply(t, s, prune, rest)
			require.Equal(t, []string{
				`deleted URL "https://shop.example/" of project "web" by probe "http_2xx"`,
				`deleted exporter "node" on port 9100 of project "web"`,
				`deleted host "web1" of project "web"`, `deleted host "web2" of project "web"`,
				`deleted farm "web-farm" of project "web"`, `deleted project "web"`,
				`deleted server "prometheus1:9090" on shard "prod"`, `deleted default exporter "node" on port 9100`,
			}, planned(r))
			require.Empty(t, apply(t, s, prune, rest).Plan)
		})
		t.Run("all, when that is said", func(t *testing.T) {
			all := prune
			all.AllowEmpty = true
			refused := refusedApply(t, s, all, "")
			require.ErrorContains(t, refused, `shard "prod": cannot be pruned`)
			require.Equal(t, 3, apply(t, s, store.ApplyOptions{ManagedBy: "other", Prune: true, AllowEmpty: true}, "").Deleted-1)
			require.Equal(t, 3, apply(t, s, all, "").Deleted)
		})
	})
}

func TestApplyRefuses(t *testing.T) {
	tests := map[string]struct {
		text, err string
		kind      error
	}{
		"a value the store does not accept": {
			`projects: [{name: web, exporters: [{job: node, port: 9100}, {job: x, port: 70000}]}]`,
			`document projects[0].exporters[1].port "70000": is not a port; 1 to 65535 are`, store.ErrInvalid,
		},
		"a value of a new host": {
			`projects: [{name: web, hosts: [{name: a, labels: {"a-b": x}}]}]`, `document projects[0].hosts[0].labels "a-b": is not a label name`, store.ErrInvalid,
		},
		"a missing name":              {`shards: [{url: "http://x"}]`, `document shards[0].name: is missing`, store.ErrInvalid},
		"a new project without place": {`projects: [{name: new}]`, `document projects[0].service: is missing; name the service`, store.ErrInvalid},
		"an unknown service": {
			`projects: [{name: new, service: nope, shard: prod}]`, `document projects[0].service "nope": there is no such service`, store.ErrNotFound,
		},
		"the same project twice": {
			`projects: [{name: web}, {name: web}]`, `document projects[1] "web": is stated twice, first as projects[0]`, store.ErrInvalid,
		},
		"the same host twice, written otherwise": {
			`projects: [{name: web, hosts: ["::1", "[0:0::1]"]}]`, `document projects[0].hosts[1] "::1": is stated twice`, store.ErrInvalid,
		},
		"the same exporter twice": {
			`projects: [{name: web, exporters: [{job: n, port: 1}, {job: n, port: 1, scheme: http}]}]`,
			`document projects[0].exporters[1] "n": is stated twice, first as projects[0].exporters[0]`, store.ErrInvalid,
		},
		"the same URL twice": {
			`projects: [{name: web, urls: [{url: "http://a", probe: http_2xx}, {url: "http://a", probe: http_2xx}]}]`,
			`document projects[0].urls[1] "http://a": is stated twice`, store.ErrInvalid,
		},
		"a URL without a probe": {`projects: [{name: web, urls: [{url: "http://a"}]}]`, `document projects[0].urls[0].probe: is missing`, store.ErrInvalid},
		"a timeout above the interval": {
			`projects: [{name: web, exporters: [{job: n, port: 1, scrape_timeout: 5s}]}]`,
			`document projects[0].exporters[0].scrape_timeout "5s": needs scrape_interval`, store.ErrInvalid,
		},
		"an exclusive list that is not stated": {
			`projects: [{name: web, exclusive: [hosts]}]`, `document projects[0].exclusive[0] "hosts": is not stated beside it`, store.ErrInvalid,
		},
		"an exclusive list that is none": {
			`projects: [{name: web, hosts: [], exclusive: [farms]}]`, `document projects[0].exclusive[0] "farms": is no list of a project`, store.ErrInvalid,
		},
		"a bad farm": {`projects: [{name: web, farm: {name: " x"}}]`, `document projects[0].farm.name " x": begins or ends`, store.ErrInvalid},
		"a new project on a disabled shard": {
			`shards: [{name: off, enabled: false}]
projects: [{name: new, service: shop, shard: "off"}]`, `document projects[0].shard "off": is disabled`, store.ErrConflict,
		},
	}
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		apply(t, s, store.ApplyOptions{}, shopYAML)
		for name, tt := range tests {
			t.Run(name, func(t *testing.T) {
				refused := refusedApply(t, s, store.ApplyOptions{ManagedBy: "team"}, "services: [{name: made}]\n"+tt.text)
				require.ErrorContains(t, refused, tt.err)
				require.ErrorIs(t, refused, tt.kind)
			})
		}
	})
}

func TestApplyIsReverted(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		apply(t, s, store.ApplyOptions{ManagedBy: "team"}, shopYAML)
		for name, o := range map[string]store.ApplyOptions{
			"by the same name": {ManagedBy: "team"}, "taken over": {ManagedBy: "other", TakeOver: true}, "pruned": {ManagedBy: "team", Prune: true},
		} {
			t.Run(name, func(t *testing.T) {
				before := contents(t, s)
				r := apply(t, s, o, strings.ReplaceAll(strings.ReplaceAll(shopYAML, "web1, ", "new, "), "owner: \"@web\"", "owner: me"))
				require.Positive(t, r.Created*r.Changed)
				_, err := s.Revert(ctx, r.Revision)
				require.NoError(t, err)
				require.Equal(t, withoutVersions(before), withoutVersions(contents(t, s)), "owners included")
			})
		}
	})
}

func TestApplyAsksTheGuard(t *testing.T) {
	storetest.RunURL(t, func(t *testing.T, u string) {
		s := storetest.OpenWith(t, u, store.Options{Guard: store.GuardOptions{MaxRemoval: 1, MinTargets: 1}})
		o := store.ApplyOptions{ManagedBy: "team"}
		apply(t, s, o, shopYAML)
		d := documentOf(t, `projects: [{name: web, hosts: []}]`)
		preview := store.Receipt{}
		_, err := s.Apply(store.WithReceipt(store.WithDryRun(t.Context()), &preview), d, o)
		require.NoError(t, err)
		_, err = s.Apply(t.Context(), d, o)
		var guarded *store.GuardError
		require.ErrorAs(t, err, &guarded)
		require.Equal(t, guarded.Digest, preview.Guard.Digest)
		r, err := s.Apply(store.WithConfirm(t.Context(), guarded.Digest), d, o)
		require.NoError(t, err)
		require.Equal(t, 2, r.Deleted)
	})
}

func TestApplyIsDoneOnceUnderAKey(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		ctx := store.WithIdempotencyKey(t.Context(), "k", "f")
		first, err := s.Apply(ctx, documentOf(t, shopYAML), store.ApplyOptions{})
		require.NoError(t, err)
		second, err := s.Apply(ctx, documentOf(t, shopYAML), store.ApplyOptions{})
		require.NoError(t, err)
		require.Equal(t, planned(first), planned(second))
		require.Equal(t, first.Revision, second.Revision)
	})
}

func TestApplyWithinRights(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		apply(t, s, store.ApplyOptions{}, shopYAML, `
shards: [{name: spare}]
services: [{name: other}]
projects: [{name: other, service: other, shard: spare}]`)
		projects, err := s.Projects(t.Context(), store.ProjectFilter{})
		require.NoError(t, err)
		web := projects[1]
		ofService, ofShard := store.Reach{Services: []int64{web.ServiceID}}, store.Reach{Shards: []int64{web.ShardID}}
		tests := map[string]struct {
			edits store.Reach
			text  string
			title string
		}{
			"its own":                               {ofService, `projects: [{name: web, hosts: [web1, web2, n1], exporters: [{job: node, port: 9100, enabled: false}]}]`, ""},
			"one thing beyond it":                   {ofService, `projects: [{name: web, hosts: [n2]}, {name: other, owner: me}]`, `project "other"`},
			"a shard":                               {ofService, `shards: [{name: prod, samples: 7}]`, `shard "prod"`},
			"a move to where it may not write":      {ofShard, `projects: [{name: web, shard: spare}]`, `project "web"`},
			"a move from where it may not write":    {ofShard, `projects: [{name: other, shard: prod}]`, `project "other"`},
			"a stated thing that does not differ":   {ofService, shopYAML, ""},
			"something that is nobody's in special": {ofService, `probes: [{module: tcp}]`, "probe"},
		}
		for name, tt := range tests {
			t.Run(name, func(t *testing.T) {
				before := contents(t, s)
				ctx := store.WithRights(store.WithActor(t.Context(), "token:editor"), &store.Rights{Edit: tt.edits})
				_, err := s.Apply(ctx, documentOf(t, tt.text), store.ApplyOptions{})
				if tt.title == "" {
					require.NoError(t, err)
					return
				}
				require.ErrorIs(t, err, store.ErrForbidden)
				require.ErrorContains(t, err, tt.title)
				require.Equal(t, before, contents(t, s))
			})
		}
	})
}
