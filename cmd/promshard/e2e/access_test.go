//go:build e2e && linux

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store/storetest"
)

// newToken creates a token and returns its secret.
func newToken(t *testing.T, database string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), promshardPath, append([]string{"token", "create", "--output=json", "--database", database}, args...)...)
	out, err := cmd.Output()
	require.NoError(t, err)
	var created struct{ Secret string }
	require.NoError(t, json.NewDecoder(bytes.NewReader(out)).Decode(&created))
	return created.Secret
}

// hosts returns nil when a server has the targets that are named, and no others, in its only job.
func (p *prometheus) hosts(t *testing.T, want ...string) error {
	t.Helper()
	targets, err := p.targets(t)
	if err != nil {
		return err
	}
	got := map[string]bool{}
	for _, active := range targets[p.jobs[0].name] {
		got[active.Discovered["__address__"]] = true
	}
	for _, address := range want {
		if !got[address] {
			return fmt.Errorf("%s has %v, and not %s", p.name, got, address)
		}
	}
	if len(got) != len(want) {
		return fmt.Errorf("%s has %v, want %v", p.name, got, want)
	}
	return nil
}

// TestClosedListsReachPrometheus has a Prometheus as it is shipped, and one with promshard's Discoverer, show tokens to a
// promshard whose lists are closed. A token that is revoked takes no target away, and brings none any more.
func TestClosedListsReachPrometheus(t *testing.T) {
	t.Parallel()
	database := storetest.EmptySQLiteURL(t)
	r := serve(t, database, "--auth.lists=closed")
	for _, args := range [][]string{
		{"shard", "add", "a"},
		{"shard", "add", "b"},
		{"service", "add", "shop"},
		{"project", "add", "pa", "--service=shop", "--shard=a"},
		{"project", "add", "pb", "--service=shop", "--shard=b"},
		{"register-host", "pa", "127.0.0.2"},
		{"register-host", "pb", "127.0.0.3"},
		{"register-job", "pa", "node", "9", "--enabled"},
		{"register-job", "pb", "node", "9", "--enabled"},
	} {
		promshard(t, database, args...)
	}
	token := newToken(t, database, "prometheus", "--role=reader", "--on=shard=a")
	stock := &prometheus{release: releases(t)[0], name: "stock", address: freeAddress(t)}
	stock.jobs = []job{{name: "list", url: r.list("/sd/targets", url.Values{"shard": {"a"}}), token: token}}
	greedy := &prometheus{release: releases(t)[0], name: "greedy", address: freeAddress(t)}
	greedy.jobs = []job{{name: "list", url: r.list("/sd/targets", nil), token: token}}
	built := &prometheus{release: custom(t), name: "custom", address: freeAddress(t)}
	built.jobs = []job{{name: "watch", promshard: fmt.Sprintf("servers: [%q], shard: a, authorization: {credentials: %q}", "http://"+r.address, token)}}
	all := []*prometheus{stock, greedy, built}
	for _, p := range all {
		p.start(t)
	}
	eventually(t, func() error { return stock.hosts(t, "127.0.0.2:9") })
	eventually(t, func() error { return built.hosts(t, "127.0.0.2:9") })
	eventually(t, func() error { return greedy.failedAt(t, 3) })
	require.NoError(t, greedy.hosts(t), "who asks for more than it may have gets nothing, and no shorter list")

	promshard(t, database, "token", "revoke", "prometheus")
	promshard(t, database, "register-host", "pa", "127.0.0.4")
	_, before, err := stock.refreshes(t)
	require.NoError(t, err)
	eventually(t, func() error { return stock.failedAt(t, before+3) })
	require.NoError(t, stock.hosts(t, "127.0.0.2:9"))
	require.NoError(t, built.hosts(t, "127.0.0.2:9"))
	for _, p := range all {
		require.False(t, p.process.log.contains(token), "%s logs its token", p.name)
	}
	require.False(t, r.process.log.contains(token), "promshard logs a token")
}

// failedAt returns nil once that many refreshes have failed.
func (p *prometheus) failedAt(t *testing.T, n float64) error {
	t.Helper()
	_, failed, err := p.refreshes(t)
	if err == nil && failed < n {
		err = fmt.Errorf("%v refreshes have failed, of %v", failed, n)
	}
	return err
}
