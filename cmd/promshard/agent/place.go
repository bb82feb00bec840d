package agent

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/promshard/promshard/cmd/promshard/atomicfile"
	"github.com/promshard/promshard/discovery/client"
)

// file is one of those that a list makes.
type file struct {
	// path is where it is to be.
	path    string
	content []byte
}

// done is what a write has changed.
type done struct {
	written, removed []string
	// files is how many the list consists of now.
	files int
}

// place is where a list goes. One goroutine uses it.
type place interface {
	// files are what the list makes.
	files(all []*client.Group) ([]file, error)
	// put makes the files of the place be these, all of them or, on an error, none; what it removes goes last.
	put(files []file) (done, error)
	// cleanUp removes what a killed agent has left.
	cleanUp() ([]string, error)
	// disturbed reports whether somebody else has changed or removed a file since it was put.
	disturbed() bool
}

// nothing says that everything was as it should be.
func (d done) nothing() bool { return len(d.written)+len(d.removed) == 0 }

func newPlace(path, splitBy string, mode fs.FileMode) place {
	o := atomicfile.Options{Mode: mode, Keep: true}
	if splitBy == "" {
		return &single{path: path, o: o}
	}
	return &several{pattern: newPattern(path), label: splitBy, o: o}
}

// single is a list in one file.
type single struct {
	path     string
	o        atomicfile.Options
	renderer renderer
	seen     sightings
}

func (s *single) files(all []*client.Group) ([]file, error) {
	if err := s.renderer.begin(s.path, all); err != nil {
		return nil, err
	}
	return []file{{path: s.path, content: s.renderer.content(s.path, all)}}, nil
}

func (s *single) put(files []file) (done, error) {
	d := done{files: 1}
	content := files[0].content
	p, err := atomicfile.Stage(s.path, bytes.NewReader(content), int64(len(content)), s.o)
	if err == nil {
		err = atomicfile.Commit(p)
	}
	if err != nil {
		return d, err
	}
	if !p.Same() {
		d.written = []string{filepath.Base(s.path)}
	}
	s.seen = look(p)
	return d, nil
}

func (s *single) cleanUp() ([]string, error) { return atomicfile.CleanUp(s.path) }
func (s *single) disturbed() bool            { return s.seen.differ() }

// sightings are files as they were put in place.
type sightings map[string]fs.FileInfo

func look(files ...*atomicfile.Pending) sightings {
	seen := make(sightings, len(files))
	for _, p := range files {
		seen[p.Name()] = p.Info()
	}
	return seen
}

// differ reports whether a file is another one, or no longer as it was. It opens none.
func (s sightings) differ() bool {
	for path, before := range s {
		now, err := os.Stat(path)
		if err != nil || !os.SameFile(before, now) || !before.ModTime().Equal(now.ModTime()) || before.Size() != now.Size() {
			return true
		}
	}
	return false
}
