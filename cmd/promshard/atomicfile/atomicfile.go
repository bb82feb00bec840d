// Package atomicfile replaces files in one step: a reader sees the old one or the new one, whole, and so does a machine
// that loses its power.
package atomicfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Options say what a file is to be like, beside its content.
type Options struct {
	// Mode is the file's permissions; with Keep, those of one that is new. It must be given.
	Mode fs.FileMode
	// Keep leaves owner, group and permissions of a file that is there as they are; Replace says what it does when it
	// cannot. Without it the file becomes that of the caller.
	Keep bool
}

// Replace makes name a file that holds what content, which has size bytes, writes, and says whether it had to change
// anything. A file that is the same already is not touched; on an error it stays as it is. A symbolic link goes on
// pointing where it did: what it points to is replaced.
//
// Until it is renamed the new content is in a file of the same folder, which is locked; see CleanUp. An owner that the
// system does not let the caller give back is an error, unless everybody may read the file.
func Replace(name string, content io.WriterTo, size int64, o Options) (changed bool, err error) {
	target, err := follow(name)
	if err != nil {
		return false, fmt.Errorf("writing %s: %w", name, err)
	}
	old, err := os.Stat(target)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		old = nil
	case err != nil:
		return false, fmt.Errorf("writing %s: %w", name, err)
	case !old.Mode().IsRegular(): // it must not be renamed over
		return false, fmt.Errorf("writing %s: it is not a regular file", name)
	case (o.Keep || old.Mode().Perm() == o.Mode) && old.Size() == size && holds(target, content):
		return false, nil
	}
	if err := writeAnew(target, old, content, o); err != nil {
		return false, fmt.Errorf("writing %s: %w", name, err)
	}
	return true, nil
}

// follow returns what a link stands for, or the name itself.
func follow(name string) (string, error) {
	target, err := filepath.EvalSymlinks(name)
	if errors.Is(err, fs.ErrNotExist) {
		return name, nil
	}
	return target, err
}

// writeAnew writes a temporary file beside the target and renames it. old is the file that is there, nil for none.
func writeAnew(target string, old fs.FileInfo, content io.WriterTo, o Options) error {
	folder := filepath.Dir(target)
	f, err := os.CreateTemp(folder, tempPrefix(target)+"*")
	if err != nil {
		return err
	}
	if err = fill(f, old, content, o); err == nil {
		err = os.Rename(f.Name(), target)
	}
	if err != nil {
		return errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	f.Close() // everything has been synced, and the lock has lasted until after the rename
	return syncFolder(folder)
}

// fill makes a temporary file what the target is to be.
func fill(f *os.File, old fs.FileInfo, content io.WriterTo, o Options) error {
	lock(f)
	mode := o.Mode
	if o.Keep && old != nil {
		mode = old.Mode().Perm()
		if err := keepOwner(f, old); err != nil {
			return err
		}
	}
	if err := f.Chmod(mode); err != nil {
		return err
	}
	if _, err := content.WriteTo(f); err != nil {
		return err
	}
	return f.Sync()
}

// syncFolder makes a rename last.
func syncFolder(folder string) error {
	d, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Remove removes a file for good. One that is not there is no error; what is no regular file is one.
func Remove(name string) error {
	info, err := os.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("removing %s: %w", name, err)
	case !info.Mode().IsRegular():
		return fmt.Errorf("removing %s: it is not a regular file", name)
	}
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing %s: %w", name, err)
	}
	return syncFolder(filepath.Dir(name))
}
