package atomicfile

import (
	"bytes"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// keep writes text and leaves everything else as it is.
func keep(t *testing.T, name, text string) bool {
	t.Helper()
	changed, err := Replace(name, bytes.NewReader([]byte(text)), int64(len(text)), Options{Mode: 0o644, Keep: true})
	require.NoError(t, err)
	return changed
}

func TestKeepLeavesModeAndOwnerAsTheyAre(t *testing.T) {
	name := filepath.Join(t.TempDir(), "x.json")
	require.True(t, keep(t, name, "[1]"))
	info, err := os.Stat(name)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o644), info.Mode().Perm(), "of a new file")

	require.NoError(t, os.Chmod(name, 0o640))
	uid, gid := os.Geteuid(), os.Getegid()
	if uid == 0 {
		uid, gid = 4711, 4712
		require.NoError(t, os.Chown(name, uid, gid))
	}
	assert.False(t, keep(t, name, "[1]"), "the content is the same, and the rest is to stay")
	assert.True(t, keep(t, name, "[2]"))
	info, err = os.Stat(name)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o640), info.Mode().Perm())
	owner := info.Sys().(*syscall.Stat_t)
	assert.Equal(t, []uint32{uint32(uid), uint32(gid)}, []uint32{owner.Uid, owner.Gid})
}

func TestSameComparesEverything(t *testing.T) {
	name := filepath.Join(t.TempDir(), "x.json")
	long := bytes.Repeat([]byte("abc"), 100_000)
	require.NoError(t, os.WriteFile(name, long, 0o600))
	assert.True(t, Same(name, long))
	for at := range []int{0, len(long) / 2, len(long) - 1} {
		other := bytes.Clone(long)
		other[at] = 'x'
		assert.False(t, Same(name, other))
	}
	assert.False(t, Same(name, long[1:]))
	assert.False(t, Same(name+"x", long))
}

func TestRemove(t *testing.T) {
	folder := t.TempDir()
	name := filepath.Join(folder, "x.json")
	require.NoError(t, os.WriteFile(name, nil, 0o600))
	removed, err := Remove(name)
	require.NoError(t, err)
	assert.True(t, removed)
	assert.NoFileExists(t, name)
	removed, err = Remove(name)
	require.NoError(t, err)
	assert.False(t, removed, "it is gone already")

	require.NoError(t, os.Symlink(folder, name))
	for _, other := range []string{name, folder} {
		_, err = Remove(other)
		require.ErrorContains(t, err, "not a regular file")
	}
}

func TestCleanUpRemovesLeftOversAndNothingElse(t *testing.T) {
	folder := t.TempDir()
	name := filepath.Join(folder, "x.json")
	left := filepath.Join(folder, ".x.json.promshard-123456")
	inUse := filepath.Join(folder, ".x.json.promshard-7")
	others := []string{
		name, ".x.json.promshard-", ".x.json.promshard-12a", ".x.json.123", "x.json.promshard-12", ".y.json.promshard-12",
		".x.json.promshard-12.json",
	}
	for i, other := range others {
		if i > 0 {
			others[i] = filepath.Join(folder, other)
		}
	}
	for _, file := range append(others, left, inUse) {
		require.NoError(t, os.WriteFile(file, []byte("[]"), 0o644))
	}
	require.NoError(t, os.Mkdir(filepath.Join(folder, ".x.json.promshard-99"), 0o755))
	f, err := os.Open(inUse)
	require.NoError(t, err)
	defer f.Close()
	lock(f)

	removed, err := CleanUp(name)
	require.NoError(t, err)
	assert.Equal(t, []string{left}, removed)
	assert.NoFileExists(t, left)
	for _, file := range append(others, inUse) {
		assert.FileExists(t, file)
	}
	assert.DirExists(t, filepath.Join(folder, ".x.json.promshard-99"))

	f.Close()
	removed, err = CleanUp(name)
	require.NoError(t, err)
	assert.Equal(t, []string{inUse}, removed, "whoever was writing it has ended")
}

func TestCleanUpWithoutAFolder(t *testing.T) {
	removed, err := CleanUp(filepath.Join(t.TempDir(), "missing", "x.json"))
	require.NoError(t, err)
	assert.Empty(t, removed)
}

func TestCommitPutsAllInPlaceOrSaysWhy(t *testing.T) {
	folder := t.TempDir()
	stage := func(name, text string) *Pending {
		p, err := Stage(filepath.Join(folder, name), bytes.NewReader([]byte(text)), int64(len(text)), Options{Mode: 0o644})
		require.NoError(t, err)
		return p
	}
	a, b := stage("a.json", "[1]"), stage("b.json", "[2,2]")
	assert.NoFileExists(t, filepath.Join(folder, "a.json"), "staged only")
	assert.EqualValues(t, 5, b.Grows)
	require.NoError(t, Commit(a, b))
	assert.True(t, stage("a.json", "[1]").Same(), "it is the same already")
	assert.EqualValues(t, -2, discarded(t, stage("b.json", "[3]")).Grows)

	// What is in the way of one ends it, and the rest is discarded.
	a, b, c := stage("a.json", "[4]"), stage("b.json", "[4]"), stage("c.json", "[4]")
	require.NoError(t, os.Remove(filepath.Join(folder, "b.json")))
	require.NoError(t, os.MkdirAll(filepath.Join(folder, "b.json", "x"), 0o755))
	require.ErrorContains(t, Commit(a, b, c), "b.json")
	assert.Equal(t, "[4]", readFile(t, filepath.Join(folder, "a.json")))
	assert.NoFileExists(t, filepath.Join(folder, "c.json"))
	left, err := filepath.Glob(filepath.Join(folder, ".*"))
	require.NoError(t, err)
	assert.Empty(t, left)
}

// discarded discards what was staged.
func discarded(t *testing.T, p *Pending) *Pending {
	t.Helper()
	require.NoError(t, Discard(p))
	return p
}
