package agent

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"

	"github.com/promshard/promshard/cmd/promshard/atomicfile"
)

// manifest is the path of the file that lists those that the agent has written for its pattern. Prometheus does not read
// it, whatever the pattern: it ends in neither .json nor .yml nor .yaml.
func (s *several) manifest() string {
	return s.pattern.path("." + encode(s.pattern.base) + ".agent")
}

// manifestContent is what a manifest holds.
type manifestContent struct {
	Pattern string   `json:"pattern"`
	Files   []string `json:"files"`
}

// readManifest reads it unless that was done. Without one no file is the agent's. One that is damaged is an error: what it
// does not tell must not be guessed.
func (s *several) readManifest() error {
	if s.own != nil {
		return nil
	}
	text, err := os.ReadFile(s.manifest())
	if errors.Is(err, fs.ErrNotExist) {
		s.own = map[string]bool{}
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading which files are the agent's: %w", err)
	}
	var c manifestContent
	if err := json.Unmarshal(text, &c); err != nil {
		return fmt.Errorf("reading which files are the agent's from %s: %w; remove it, and the files that it should list", s.manifest(), err)
	}
	own := map[string]bool{}
	for _, name := range c.Files {
		if !s.pattern.fits(name) {
			return fmt.Errorf("reading which files are the agent's from %s: %q does not fit %s; remove it, and the files that it should list",
				s.manifest(), name, s.pattern.base)
		}
		own[name] = true
	}
	s.own = own
	return nil
}

func (s *several) writeManifest(own map[string]bool) error {
	text, err := json.MarshalIndent(manifestContent{Pattern: s.pattern.base, Files: slices.Sorted(maps.Keys(own))}, "", "  ")
	if err != nil {
		return fmt.Errorf("writing which files are the agent's: %w", err)
	}
	text = append(text, '\n')
	if _, err := atomicfile.Replace(s.manifest(), bytes.NewReader(text), int64(len(text)), s.o); err != nil {
		return fmt.Errorf("noting which files are the agent's: %w", err)
	}
	s.own = own
	return nil
}
