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

// TestDiskIsFull needs a file system of its own, which root may make.
func TestDiskIsFull(t *testing.T) {
	folder := t.TempDir()
	if err := syscall.Mount("promshard-test", folder, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("mounting a small file system: %v", err)
	}
	t.Cleanup(func() { assert.NoError(t, syscall.Unmount(folder, 0)) })
	name := filepath.Join(folder, "x.json")
	require.True(t, keep(t, name, "[1]"))

	large := bytes.Repeat([]byte("a"), 100_000)
	_, err := Replace(name, bytes.NewReader(large), int64(len(large)), Options{Mode: 0o644, Keep: true})
	require.ErrorIs(t, err, syscall.ENOSPC)
	assert.Equal(t, "[1]", readFile(t, name))
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.Len(t, entries, 1, "a temporary file was left behind")
}
