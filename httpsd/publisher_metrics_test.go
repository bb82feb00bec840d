package httpsd

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/httpsd/snapshot"
)

func TestPublisherMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeSource()
		f.directory.Shards = f.directory.Shards[:2]
		f.directory.Servers = nil
		f.remove(3)
		p := runPublisher(t, f)
		synctest.Wait()
		prod, dev := len(p.targets(t, "prod")), len(p.targets(t, "dev"))
		compareMetrics(t, p.reg, fmt.Sprintf(`
			# HELP promshard_list_bytes Size of the list of a shard, not compressed.
			# TYPE promshard_list_bytes gauge
			promshard_list_bytes{kind="targets",shard="dev"} %d
			promshard_list_bytes{kind="targets",shard="prod"} %d
			promshard_list_bytes{kind="urls",shard="dev"} %d
			promshard_list_bytes{kind="urls",shard="prod"} %d
			# HELP promshard_replica_lag_revisions By how many revisions the lists are behind what the database was last seen to hold; absent until it is loaded.
			# TYPE promshard_replica_lag_revisions gauge
			promshard_replica_lag_revisions 0
			# HELP promshard_snapshot_revision The revision of the inventory that is served; absent until it is loaded.
			# TYPE promshard_snapshot_revision gauge
			promshard_snapshot_revision 5
			# HELP promshard_target_groups Target groups in the list of a shard.
			# TYPE promshard_target_groups gauge
			promshard_target_groups{kind="targets",shard="dev"} 1
			promshard_target_groups{kind="targets",shard="prod"} 1
			promshard_target_groups{kind="urls",shard="dev"} 1
			promshard_target_groups{kind="urls",shard="prod"} 1
			# HELP promshard_targets Targets in the list of a shard.
			# TYPE promshard_targets gauge
			promshard_targets{kind="targets",shard="dev"} 1
			promshard_targets{kind="targets",shard="prod"} 2
			promshard_targets{kind="urls",shard="dev"} 1
			promshard_targets{kind="urls",shard="prod"} 1
		`, dev, prod, urlsBytes(t, p, "dev"), urlsBytes(t, p, "prod")),
			"promshard_list_bytes", "promshard_replica_lag_revisions", "promshard_snapshot_revision",
			"promshard_target_groups", "promshard_targets")

		// A shard that is gone is gone here too.
		f.set(func(f *fakeSource) {
			f.directory.Shards = f.directory.Shards[:1]
			delete(f.projects, 2)
			f.revision.Number++
			f.reload = true
		})
		synctest.Wait()
		assert.Zero(t, p.metric(t, "promshard_targets", "shard=dev"))
		assert.Equal(t, 3.0, p.metric(t, "promshard_targets", "shard=prod"))
		problems, err := testutil.GatherAndLint(p.reg)
		require.NoError(t, err)
		assert.Empty(t, problems)
	})
}

func compareMetrics(t *testing.T, g prometheus.Gatherer, want string, names ...string) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(want), "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	assert.NoError(t, testutil.GatherAndCompare(g, strings.NewReader(strings.Join(lines, "\n")+"\n"), names...))
}

func urlsBytes(t *testing.T, p *publishing, shard string) int {
	t.Helper()
	return len(listBody(t, p.Snapshot(), snapshot.URLs, snapshot.Query{Shards: []string{shard}}))
}
