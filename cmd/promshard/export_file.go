package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"
)

// replaceFile makes a file of the mode that holds what content, which has size bytes, writes. A reader sees the old
// file or the new one, whole, and so does a machine that loses its power. A file that is the same already is not
// touched; on an error it stays as it is. A symbolic link goes on pointing where it did: what it points to is replaced.
func replaceFile(name string, content io.WriterTo, size int64, mode fs.FileMode) error {
	target, err := filepath.EvalSymlinks(name)
	if errors.Is(err, fs.ErrNotExist) {
		target, err = name, nil
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	same, err := holds(target, content, size, mode)
	if err != nil || same {
		return err
	}
	if err := writeAnew(target, content, mode); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return nil
}

// writeAnew writes a temporary file beside the target and renames it.
func writeAnew(target string, content io.WriterTo, mode fs.FileMode) error {
	folder := filepath.Dir(target)
	f, err := renameio.NewPendingFile(target, renameio.WithTempDir(folder), renameio.WithStaticPermissions(mode))
	if err != nil {
		return err
	}
	defer f.Cleanup() //nolint:errcheck // after the rename it does nothing, and before it that error counts
	if _, err := content.WriteTo(f); err != nil {
		return err
	}
	if err := f.CloseAtomicallyReplace(); err != nil {
		return err
	}
	return syncFolder(folder)
}

// syncFolder makes a rename last.
func syncFolder(folder string) error {
	d, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// holds reports whether the file is there, with the mode and the content. What is no regular file is an error: it
// must not be renamed over.
func holds(name string, content io.WriterTo, size int64, mode fs.FileMode) (bool, error) {
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, err
	case !info.Mode().IsRegular():
		return false, fmt.Errorf("writing %s: it is not a regular file", name)
	case info.Size() != size || info.Mode().Perm() != mode:
		return false, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return false, nil // what cannot be read can still be replaced
	}
	defer f.Close()
	_, err = content.WriteTo(&comparer{r: f})
	return err == nil, nil
}

// errDiffers ends a comparison.
var errDiffers = errors.New("the content differs")

// comparer is a writer that fails once what is written differs from what r holds.
type comparer struct {
	r   io.Reader
	buf []byte
}

// Write implements io.Writer.
func (c *comparer) Write(p []byte) (int, error) {
	if cap(c.buf) < len(p) {
		c.buf = make([]byte, len(p))
	}
	b := c.buf[:len(p)]
	if _, err := io.ReadFull(c.r, b); err != nil {
		return 0, err
	}
	if !bytes.Equal(b, p) {
		return 0, errDiffers
	}
	return len(p), nil
}
