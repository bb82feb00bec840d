package agent

import (
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
)

// mount makes a small file system, which takes root.
func mount(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	if err := syscall.Mount("promshard-test", folder, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("mounting a small file system: %v", err)
	}
	t.Cleanup(func() { assert.NoError(t, syscall.Unmount(folder, 0)) })
	return folder
}

func TestADiskThatIsFullOrReadOnly(t *testing.T) {
	for name, split := range map[string]string{"x.json": "", "x-*.json": "project"} {
		t.Run(name, func(t *testing.T) {
			p := startPromshard(t)
			require.NoError(t, p.store.CreateService(t.Context(), &store.Service{Name: "other"}))
			addProject(t, p.store, "other", "other", "prod", "other1")
			addHost(t, p.store, "other", "other2")
			p.settle(t)
			folder := mount(t)
			o := options(p, filepath.Join(folder, name))
			o.SplitBy = split
			r := startAgent(t, o)
			require.Eventually(t, func() bool { return r.Standing() == nil }, waitMost, waitStep)
			good := everything(t, folder)

			// A list that does not fit: every file stays as it is, that of "other" too, which would become shorter.
			failures := r.metric(t, "write_failures_total")
			addHosts(t, p.store, "shop", 4_000)
			removeHost(t, p.store, "other2")
			require.Eventually(t, func() bool { return r.metric(t, "write_failures_total") > failures+2 }, waitMost, waitStep)
			require.ErrorIs(t, r.Standing(), syscall.ENOSPC)
			require.Equal(t, good, everything(t, folder))

			require.NoError(t, syscall.Mount("", folder, "", syscall.MS_REMOUNT, "size=64m"))
			require.Eventually(t, func() bool { return r.Standing() == nil }, waitMost, waitStep)
			require.Eventually(t, func() bool { return strings.Count(fmt.Sprint(everything(t, folder)), ":9100") == 4_002 }, waitMost, waitStep)
			grown := everything(t, folder)
			require.NotEqual(t, good, grown)

			require.NoError(t, syscall.Mount("", folder, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
			failures = r.metric(t, "write_failures_total")
			addHost(t, p.store, "shop", "late")
			require.Eventually(t, func() bool { return r.metric(t, "write_failures_total") > failures }, waitMost, waitStep)
			require.ErrorIs(t, r.Standing(), syscall.EROFS)
			require.Equal(t, grown, everything(t, folder))
			require.NoError(t, syscall.Mount("", folder, "", syscall.MS_REMOUNT, ""))
			require.Eventually(t, func() bool { return strings.Contains(fmt.Sprint(everything(t, folder)), "late:9100") }, waitMost, waitStep)
		})
	}
}

// addHosts gives a project many hosts in one write.
func addHosts(t *testing.T, s *store.Store, project string, n int) {
	t.Helper()
	g := store.ImportGroup{Labels: map[string]string{
		"__shard": "prod", "service": "web", "project": project, "farm": project, "job": "node", "__farm_source": "promshard", "__scheme__": "http",
	}}
	for i := range n {
		g.Targets = append(g.Targets, fmt.Sprintf("many%06d.example:9100", i))
	}
	_, err := s.Import(t.Context(), func(yield func(store.ImportGroup, error) bool) { yield(g, nil) }, store.ImportOptions{})
	require.NoError(t, err)
}

// everything is the content of every file that Prometheus would read.
func everything(t *testing.T, folder string) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "x*.json"))
	require.NoError(t, err)
	all := map[string]string{}
	for _, file := range files {
		all[filepath.Base(file)] = content(t, file)
	}
	return all
}
