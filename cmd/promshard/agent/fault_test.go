package agent

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAFolderThatIsMissing(t *testing.T) {
	p := startPromshard(t)
	folder := filepath.Join(t.TempDir(), "later")
	o := options(p, filepath.Join(folder, "x.json"))
	r := startAgent(t, o)
	require.Eventually(t, func() bool { return r.metric(t, "write_failures_total") > 3 }, waitMost, waitStep)
	require.ErrorContains(t, r.Standing(), "no such file or directory")
	require.Equal(t, 1, r.log.count("level=ERROR"), "told once, however often it is tried")
	require.NoDirExists(t, folder)
	require.Zero(t, r.metric(t, "in_place"))

	require.NoError(t, os.Mkdir(folder, 0o755))
	becomes(t, o.TargetsFile, p.get(t, prodTargets))
	require.Eventually(t, func() bool { return r.Standing() == nil }, waitMost, waitStep)
	require.Equal(t, 1.0, r.metric(t, "in_place"))

	t.Run("or goes and comes back", func(t *testing.T) {
		require.NoError(t, os.RemoveAll(folder))
		require.Eventually(t, func() bool { return r.Standing() != nil }, waitMost, waitStep)
		require.NoError(t, os.Mkdir(folder, 0o755))
		becomes(t, o.TargetsFile, p.get(t, prodTargets))
	})
}

func TestAFileThatOthersChangeOrRemoveComesBack(t *testing.T) {
	p := startPromshard(t)
	o := options(p, inFolder(t, "x.json"))
	r := startAgent(t, o)
	want := p.get(t, prodTargets)
	becomes(t, o.TargetsFile, want)
	require.Eventually(t, func() bool { return r.Standing() == nil }, waitMost, waitStep)
	require.NoError(t, os.Remove(o.TargetsFile))
	becomes(t, o.TargetsFile, want)
	require.NoError(t, os.WriteFile(o.TargetsFile, []byte(`[]`), 0o644))
	becomes(t, o.TargetsFile, want)
}

func TestSomethingElseInThePlaceOfTheFile(t *testing.T) {
	p := startPromshard(t)
	o := options(p, inFolder(t, "x.json"))
	require.NoError(t, os.Mkdir(o.TargetsFile, 0o755))
	r := startAgent(t, o)
	require.Eventually(t, func() bool { return r.metric(t, "write_failures_total") > 1 }, waitMost, waitStep)
	require.ErrorContains(t, r.Standing(), "not a regular file")
	require.NoError(t, os.Remove(o.TargetsFile))
	becomes(t, o.TargetsFile, p.get(t, prodTargets))
}

func TestWhatAKilledAgentHasLeftIsRemoved(t *testing.T) {
	p := startPromshard(t)
	o := options(p, inFolder(t, "x.json"))
	folder := filepath.Dir(o.TargetsFile)
	left, other := filepath.Join(folder, ".x.json.promshard-4242"), filepath.Join(folder, ".y.json.promshard-4242")
	for _, name := range []string{left, other} {
		require.NoError(t, os.WriteFile(name, []byte(`[{"targets":[`), 0o600))
	}
	r := startAgent(t, o)
	becomes(t, o.TargetsFile, p.get(t, prodTargets))
	assert.NoFileExists(t, left)
	assert.FileExists(t, other)
	assert.Equal(t, 1, r.log.count("Removed what an agent that was killed has left"))
}

func TestSeveralListsDoNotWaitForEachOther(t *testing.T) {
	p := startPromshard(t)
	o := options(p, filepath.Join(t.TempDir(), "missing", "x.json"))
	o.URLsFile = inFolder(t, "urls.yml")
	r := startAgent(t, o)
	require.Eventually(t, func() bool { return content(t, o.URLsFile) != "" }, waitMost, waitStep)
	time.Sleep(50 * time.Millisecond)
	err := r.Standing()
	require.ErrorContains(t, err, "targets: ")
	require.NotContains(t, err.Error(), "urls: ")
}
