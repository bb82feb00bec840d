package store_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/document"
	"github.com/promshard/promshard/store/storetest"
)

// applySeeds are documents that reach most of what reads and applies them.
var applySeeds = []string{
	shopYAML,
	`{"projects":[{"name":"web","hosts":["a",{"name":"b","enabled":false,"labels":{"x":"y"}}],"exclusive":["hosts"]}]}`,
	`{"projects":[{"name":"web","exporters":[{"job":"node","port":9100,"path":"/probe?module=icmp","scrape_interval":"30s","scrape_timeout":"10s"}]}]}`,
	`{"projects":[{"name":"web","farm":{"name":"f"},"urls":[{"url":"https://x.example/","probe":"tcp"}]}],"probes":[{"module":"tcp"}]}`,
	"a: &a [x]\nb: *a",
	"&a [*a]",
	"shards:\n- name: &n prod\n  url: http://x\nservers: [{host: '::1', port: 0x10, shard: *n}]\n---\nservices: [{name: s, labels: {v: '1.0'}}]",
	`{"services":[{"name":"\ud800"}]}`, `{"services":[{"name":"s","name":"t"}]}`, `{"services":null}`, `[]`, `"x"`, "", "---\n---\n",
	"projects: [{name: web, enabled: yes}]", "projects: [{name: web, enabled: TRUE, hosts: [2001-01-01, 1.5]}]", "<<: {services: []}",
	`{"default_exporters":[{"job":"n","port":1},{"job":"n","port":1e0,"path":"/m"}],"services":[{"name":"s","description":"\u0000"}]}`,
}

// FuzzApplyDocument applies whatever is in order: what is refused changes nothing, what is done is what a dry run said, is
// so when it is applied again, and can be reverted.
func FuzzApplyDocument(f *testing.F) {
	for i, text := range applySeeds {
		f.Add([]byte(text), byte(i))
	}
	s := storetest.SQLite(f)
	apply(f, s, store.ApplyOptions{ManagedBy: "base"}, shopYAML)
	f.Fuzz(func(t *testing.T, text []byte, flags byte) {
		d, err := document.Read("f", text)
		if err != nil {
			require.ErrorIs(t, err, store.ErrInvalid)
			return
		}
		o := store.ApplyOptions{
			ManagedBy: []string{"", "base", "other"}[flags%3], Prune: flags&4 != 0, TakeOver: flags&8 != 0, AllowEmpty: flags&16 != 0,
		}
		before := contents(t, s)
		preview, dryErr := s.Apply(store.WithDryRun(t.Context()), d, o)
		require.Equal(t, before, contents(t, s), "a dry run changes nothing")
		r, err := s.Apply(t.Context(), d, o)
		if err != nil {
			requireForeseen(t, err)
			require.Error(t, dryErr)
			require.Equal(t, before, contents(t, s), "a refused document changes nothing")
			return
		}
		require.NoError(t, dryErr)
		require.Equal(t, planned(preview), planned(r))
		again, err := s.Apply(t.Context(), d, o)
		require.NoError(t, err)
		require.Empty(t, again.Plan, "what was applied is so")
		if r.Revision == 0 {
			require.Empty(t, r.Plan)
			return
		}
		_, err = s.Revert(t.Context(), r.Revision)
		require.NoError(t, err)
		require.Equal(t, withoutVersions(before), withoutVersions(contents(t, s)))
	})
}

// requireForeseen demands that an error is one that says what is wrong.
func requireForeseen(t *testing.T, err error) {
	t.Helper()
	for _, kind := range []error{store.ErrInvalid, store.ErrNotFound, store.ErrConflict} {
		if errors.Is(err, kind) {
			return
		}
	}
	require.NoError(t, err)
}
