package atomicfile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pieces is a content that is written in pieces, and fails after the last one with err.
type pieces struct {
	parts []string
	err   error
}

func (p pieces) size() int64 { return int64(len(strings.Join(p.parts, ""))) }

// WriteTo implements io.WriterTo.
func (p pieces) WriteTo(w io.Writer) (int64, error) {
	var n int64
	for _, part := range p.parts {
		m, err := io.WriteString(w, part)
		n += int64(m)
		if err != nil {
			return n, err
		}
	}
	return n, p.err
}

// replace is Replace with a mode alone.
func replace(name string, content io.WriterTo, size int64, mode fs.FileMode) error {
	_, err := Replace(name, content, size, Options{Mode: mode})
	return err
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	require.NoError(t, err)
	return string(b)
}

func TestReplaceWritesWhatIsNew(t *testing.T) {
	name := filepath.Join(t.TempDir(), "x.json")
	for _, content := range []pieces{{parts: []string{"[", "]"}}, {parts: []string{"[", "1", "]"}}, {parts: []string{"[2]"}}} {
		require.NoError(t, replace(name, content, content.size(), 0o644))
		assert.Equal(t, strings.Join(content.parts, ""), readFile(t, name))
	}
}

func TestReplaceLeavesTheSameFileAlone(t *testing.T) {
	name := filepath.Join(t.TempDir(), "x.json")
	content := pieces{parts: []string{"[", "]"}}
	require.NoError(t, replace(name, content, 2, 0o644))
	before, err := os.Stat(name)
	require.NoError(t, err)

	require.NoError(t, replace(name, content, 2, 0o644))
	after, err := os.Stat(name)
	require.NoError(t, err)
	assert.True(t, os.SameFile(before, after), "the file was replaced by an equal one")

	require.NoError(t, replace(name, content, 2, 0o600))
	after, err = os.Stat(name)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), after.Mode().Perm(), "another mode is a change")
}

func TestReplaceKeepsTheOldFileOnAnError(t *testing.T) {
	folder := t.TempDir()
	name := filepath.Join(folder, "x.json")
	require.NoError(t, os.WriteFile(name, []byte("[1]"), 0o644))
	broken := errors.New("broken")

	err := replace(name, pieces{parts: []string{"[2"}, err: broken}, 3, 0o644)
	require.ErrorIs(t, err, broken)
	assert.Equal(t, "[1]", readFile(t, name))
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.Len(t, entries, 1, "a temporary file was left behind")
}

func TestReplaceFollowsALink(t *testing.T) {
	folder := t.TempDir()
	target, link := filepath.Join(folder, "x.json"), filepath.Join(folder, "link.json")
	require.NoError(t, os.WriteFile(target, []byte("[1]"), 0o644))
	require.NoError(t, os.Symlink(target, link))

	require.NoError(t, replace(link, pieces{parts: []string{"[2]"}}, 3, 0o644))
	assert.Equal(t, "[2]", readFile(t, target))
	info, err := os.Lstat(link)
	require.NoError(t, err)
	assert.NotZero(t, info.Mode()&os.ModeSymlink, "the link was replaced")
}

// TestReplaceIsNeverSeenInPart reads the file all the time while it is replaced.
func TestReplaceIsNeverSeenInPart(t *testing.T) {
	name := filepath.Join(t.TempDir(), "x.json")
	long := []pieces{{parts: strings.Split(strings.Repeat("a", 5000), "")}, {parts: strings.Split(strings.Repeat("b", 5000), "")}}
	require.NoError(t, replace(name, long[0], 5000, 0o644))
	done := make(chan error)
	go func() {
		defer close(done)
		for i := range 15 {
			if err := replace(name, long[(i+1)%2], 5000, 0o644); err != nil {
				done <- err
				return
			}
		}
	}()
	for {
		select {
		case err, failed := <-done:
			require.False(t, failed, err)
			return
		default:
		}
		b, err := os.ReadFile(name)
		require.NoError(t, err)
		require.Len(t, b, 5000)
		require.Equal(t, strings.Repeat(string(b[:1]), 5000), string(b))
	}
}
