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
	"strings"
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
// anything. It is Stage and Commit of one file: on an error the file stays as it is.
func Replace(name string, content io.WriterTo, size int64, o Options) (changed bool, err error) {
	p, err := Stage(name, content, size, o)
	if err != nil {
		return false, err
	}
	return !p.Same(), Commit(p)
}

// Pending is what a file is to be, written and safe on the disk under another name. It must be committed or discarded.
type Pending struct {
	name, target string
	// temp is nil when the file is the same already.
	temp *os.File
	info fs.FileInfo
	// Grows says by how many bytes the file is going to be longer than the one that is there.
	Grows int64
}

// Name is the name of the file, as it was given to Stage.
func (p *Pending) Name() string { return p.name }

// Same says that the file has all that it is to have already, so that Commit has nothing to do for it.
func (p *Pending) Same() bool { return p.temp == nil }

// Info is what the file is once it has been committed, until somebody else changes it.
func (p *Pending) Info() fs.FileInfo { return p.info }

// Stage does all that can fail of replacing a file but the renaming. A symbolic link goes on pointing where it did: what
// it points to is replaced.
//
// The temporary file is in the folder of the target, and locked; see CleanUp. An owner that the system does not let the
// caller give back is an error, unless everybody may read the file.
func Stage(name string, content io.WriterTo, size int64, o Options) (*Pending, error) {
	p := &Pending{name: name, Grows: size}
	if err := p.stage(content, size, o); err != nil {
		return nil, fmt.Errorf("writing %s: %w", name, err)
	}
	return p, nil
}

func (p *Pending) stage(content io.WriterTo, size int64, o Options) (err error) {
	if p.target, err = follow(p.name); err != nil {
		return err
	}
	old, err := os.Stat(p.target)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return p.write(nil, content, o)
	case err != nil:
		return err
	case !old.Mode().IsRegular(): // it must not be renamed over
		return errors.New("it is not a regular file")
	case (o.Keep || old.Mode().Perm() == o.Mode) && old.Size() == size && holds(p.target, content):
		p.info, p.Grows = old, 0
		return nil
	}
	p.Grows = size - old.Size()
	return p.write(old, content, o)
}

// write writes the temporary file. old is the file that is there, nil for none.
func (p *Pending) write(old fs.FileInfo, content io.WriterTo, o Options) (err error) {
	if p.temp, err = os.CreateTemp(filepath.Dir(p.target), tempPrefix(p.target)+"*"); err != nil {
		return withoutName(err)
	}
	if err = fill(p.temp, old, content, o); err == nil {
		p.info, err = p.temp.Stat()
	}
	if err != nil {
		return errors.Join(withoutName(err), p.discard())
	}
	return nil
}

// withoutName takes the name of a temporary file out of an error, so that one fault always reads the same.
func withoutName(err error) error {
	var path *fs.PathError
	if !errors.As(err, &path) || !strings.Contains(path.Path, tempInfix) {
		return err
	}
	return fmt.Errorf("%s of a temporary file beside it: %w", path.Op, path.Err)
}

// Commit puts files in place, one after the other, and makes that last. After an error the remaining ones are discarded.
func Commit(files ...*Pending) error {
	folders := map[string]bool{}
	for i, p := range files {
		if p.Same() {
			continue
		}
		if err := os.Rename(p.temp.Name(), p.target); err != nil {
			return errors.Join(fmt.Errorf("writing %s: %w", p.name, err), Discard(files[i:]...))
		}
		p.temp.Close() // everything has been synced, and the lock has lasted until after the rename
		folders[filepath.Dir(p.target)] = true
	}
	for folder := range folders {
		if err := syncFolder(folder); err != nil {
			return err
		}
	}
	return nil
}

// Discard gives files up.
func Discard(files ...*Pending) error {
	var errs []error
	for _, p := range files {
		errs = append(errs, p.discard())
	}
	return errors.Join(errs...)
}

func (p *Pending) discard() error {
	if p.Same() {
		return nil
	}
	err := os.Remove(p.temp.Name())
	if errors.Is(err, fs.ErrNotExist) { // with its folder
		err = nil
	}
	return errors.Join(err, p.temp.Close())
}

// follow returns what a link stands for, or the name itself.
func follow(name string) (string, error) {
	target, err := filepath.EvalSymlinks(name)
	if errors.Is(err, fs.ErrNotExist) {
		return name, nil
	}
	return target, err
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

// Remove removes a file for good, and says whether it was there. What is no regular file is an error.
func Remove(name string) (removed bool, err error) {
	info, err := os.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("removing %s: %w", name, err)
	case !info.Mode().IsRegular():
		return false, fmt.Errorf("removing %s: it is not a regular file", name)
	}
	if err := os.Remove(name); err != nil {
		return false, fmt.Errorf("removing %s: %w", name, err)
	}
	return true, syncFolder(filepath.Dir(name))
}
