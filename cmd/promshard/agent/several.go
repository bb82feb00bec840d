package agent

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/promshard/promshard/cmd/promshard/atomicfile"
	"github.com/promshard/promshard/discovery/client"
)

// several is a list in one file for each value of a label. Which files of the folder are its own is in the manifest:
// it overwrites and removes no others.
type several struct {
	pattern pattern
	label   string
	o       atomicfile.Options
	// own are the names in the manifest, nil until it has been read.
	own      map[string]bool
	renderer renderer
	seen     sightings
}

func (s *several) files(all []*client.Group) ([]file, error) {
	if err := s.renderer.begin(s.pattern.base, all); err != nil {
		return nil, err
	}
	byName := map[string][]*client.Group{}
	for _, g := range all {
		name := s.pattern.name(g.Labels[s.label])
		byName[name] = append(byName[name], g)
	}
	files := make([]file, 0, len(byName))
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		files = append(files, file{path: s.pattern.path(name), content: s.renderer.content(name, byName[name])})
	}
	return files, nil
}

// put stages every file before it puts the first in place, so that a full disk, for one, leaves all as they are. Files that
// grow go first and removals last, so that a target that moves from one to another is never in none, however it ends.
func (s *several) put(files []file) (done, error) {
	d := done{files: len(files)}
	if err := s.claim(files); err != nil {
		return d, err
	}
	staged, err := s.stage(files)
	if err != nil {
		return d, err
	}
	for _, p := range staged {
		if !p.Same() {
			d.written = append(d.written, filepath.Base(p.Name()))
		}
	}
	if err := atomicfile.Commit(staged...); err != nil {
		return done{files: len(files)}, err
	}
	s.seen = look(staged...)
	d.removed, err = s.removeStale(files)
	return d, err
}

// claim puts the names of files into the manifest before there is any of them, so that whatever happens none is left that
// nobody knows. It refuses files of others that are in the way.
func (s *several) claim(files []file) error {
	if err := s.readManifest(); err != nil {
		return err
	}
	own := maps.Clone(s.own)
	for _, f := range files {
		name := filepath.Base(f.path)
		if own[name] {
			continue
		}
		if err := s.unclaimed(f); err != nil {
			return err
		}
		own[name] = true
	}
	if len(own) == len(s.own) {
		return nil
	}
	return s.writeManifest(own)
}

// unclaimed refuses a file that is there, unless it has the very content that it is to have.
func (s *several) unclaimed(f file) error {
	switch _, err := os.Lstat(f.path); {
	case errors.Is(err, fs.ErrNotExist), err == nil && atomicfile.Same(f.path, f.content):
		return nil
	case err != nil:
		return fmt.Errorf("writing %s: %w", f.path, err)
	}
	return fmt.Errorf("writing %s: the file is there, and none of those that the agent has written, which %s lists; move it away", f.path, s.manifest())
}

func (s *several) stage(files []file) ([]*atomicfile.Pending, error) {
	var staged []*atomicfile.Pending
	for _, f := range files {
		p, err := atomicfile.Stage(f.path, bytes.NewReader(f.content), int64(len(f.content)), s.o)
		if err != nil {
			return nil, errors.Join(err, atomicfile.Discard(staged...))
		}
		staged = append(staged, p)
	}
	slices.SortStableFunc(staged, func(a, b *atomicfile.Pending) int { return cmp.Compare(b.Grows, a.Grows) })
	return staged, nil
}

// removeStale removes the agent's own files that the list no longer has, and then forgets them.
func (s *several) removeStale(files []file) (removed []string, err error) {
	wanted := make(map[string]bool, len(files))
	for _, f := range files {
		wanted[filepath.Base(f.path)] = true
	}
	for _, name := range slices.Sorted(maps.Keys(s.own)) {
		if wanted[name] {
			continue
		}
		gone, err := atomicfile.Remove(s.pattern.path(name))
		if gone {
			removed = append(removed, name)
		}
		if err != nil {
			return removed, err
		}
	}
	if len(wanted) == len(s.own) {
		return removed, nil
	}
	return removed, s.writeManifest(wanted)
}

func (s *several) cleanUp() ([]string, error) {
	if err := s.readManifest(); err != nil {
		return nil, err
	}
	paths := []string{s.manifest()}
	for name := range s.own {
		paths = append(paths, s.pattern.path(name))
	}
	return atomicfile.CleanUp(paths...)
}

func (s *several) disturbed() bool { return s.seen.differ() }
