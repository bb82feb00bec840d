package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// tempPrefix is what the names of the temporary files for a target begin with; digits follow. They end in no way that
// Prometheus reads.
func tempPrefix(target string) string { return "." + filepath.Base(target) + tempInfix }

const tempInfix = ".promshard-"

// lock marks a temporary file as in use until it is closed, or its process has ended. A file system without locks goes
// without.
func lock(f *os.File) { _ = syscall.Flock(int(f.Fd()), syscall.LOCK_EX) }

// CleanUp removes what a process that was killed has left of writing the files of these names, and returns what it has
// removed: their temporary files that no process is writing. A folder that is not there has none.
func CleanUp(names ...string) (removed []string, err error) {
	wanted := map[string]map[string]bool{} // prefixes by folder
	for _, name := range names {
		target, err := follow(name)
		if err != nil {
			return nil, fmt.Errorf("cleaning up beside %s: %w", name, err)
		}
		folder := filepath.Dir(target)
		if wanted[folder] == nil {
			wanted[folder] = map[string]bool{}
		}
		wanted[folder][tempPrefix(target)] = true
	}
	for folder, prefixes := range wanted {
		gone, err := cleanFolder(folder, prefixes)
		removed = append(removed, gone...)
		if err != nil {
			return removed, fmt.Errorf("cleaning up in %s: %w", folder, err)
		}
	}
	return removed, nil
}

func cleanFolder(folder string, prefixes map[string]bool) (removed []string, err error) {
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, e := range entries {
		prefix := strings.TrimRight(e.Name(), "0123456789")
		if prefix == e.Name() || !prefixes[prefix] || !e.Type().IsRegular() {
			continue
		}
		left := filepath.Join(folder, e.Name())
		gone, err := removeUnused(left)
		if err != nil {
			return removed, err
		}
		if gone {
			removed = append(removed, left)
		}
	}
	return removed, nil
}

// removeUnused removes a temporary file unless another process is writing it.
func removeUnused(name string) (bool, error) {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	if errors.Is(syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB), syscall.EWOULDBLOCK) {
		return false, nil
	}
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	return true, nil
}

// keepOwner gives a temporary file the owner and the group of the old one.
func keepOwner(f *os.File, old fs.FileInfo) error {
	has, err := f.Stat()
	if err != nil {
		return err
	}
	want, okWant := old.Sys().(*syscall.Stat_t)
	now, okNow := has.Sys().(*syscall.Stat_t)
	if !okWant || !okNow || want.Uid == now.Uid && want.Gid == now.Gid {
		return nil
	}
	err = f.Chown(int(want.Uid), int(want.Gid))
	if err != nil && old.Mode().Perm()&0o004 != 0 {
		_ = f.Chown(-1, int(want.Gid)) // as much as the system allows
		return nil
	}
	if err != nil {
		return fmt.Errorf("keeping its owner %d:%d, since not everybody may read it: %w", want.Uid, want.Gid, err)
	}
	return nil
}
