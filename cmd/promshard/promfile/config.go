package promfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"
)

// config is what is read of a configuration.
type config struct {
	global  times
	scrapes []*scrape
}

// times are a scrape interval and timeout, as they are written.
type times struct {
	Interval string `yaml:"scrape_interval"`
	Timeout  string `yaml:"scrape_timeout"`
}

// fields are those of an object that are not read, by name.
type fields map[string]yaml.Node

// scrape is one scrape config.
type scrape struct {
	JobName string `yaml:"job_name"`
	times   `yaml:",inline"`

	Scheme      string              `yaml:"scheme"`
	MetricsPath string              `yaml:"metrics_path"`
	Params      map[string][]string `yaml:"params"`
	Static      []*group            `yaml:"static_configs"`
	Files       []*fileSD           `yaml:"file_sd_configs"`
	Rest        fields              `yaml:",inline"`

	// folder is the one that names of files are relative to.
	folder string
}

// fileSD is one entry of file_sd_configs.
type fileSD struct {
	Files           []string `yaml:"files"`
	RefreshInterval string   `yaml:"refresh_interval"`
}

// group is a target group.
type group struct {
	Targets []string          `yaml:"targets" json:"targets"`
	Labels  map[string]string `yaml:"labels" json:"labels"`
}

// readConfig reads a configuration with the files of its scrape_config_files.
func readConfig(file string) (*config, error) {
	var main struct {
		Global struct {
			times `yaml:",inline"`
			Rest  fields `yaml:",inline"`
		} `yaml:"global"`
		Scrapes []*scrape `yaml:"scrape_configs"`
		Files   []string  `yaml:"scrape_config_files"`
		Rest    fields    `yaml:",inline"`
	}
	if err := readYAML(file, &main); err != nil {
		return nil, err
	}
	c := &config{global: main.Global.times}
	seen := map[string]string{}
	if err := c.add(file, main.Scrapes, seen); err != nil {
		return nil, err
	}
	for _, pattern := range main.Files {
		names, err := filepath.Glob(relativeTo(filepath.Dir(file), pattern))
		if err != nil {
			return nil, fmt.Errorf("reading %s: scrape_config_files %q: %w", file, pattern, err)
		}
		for _, name := range names {
			var more struct {
				Scrapes []*scrape `yaml:"scrape_configs"`
			}
			if err := readYAML(name, &more); err != nil {
				return nil, err
			}
			if err := c.add(name, more.Scrapes, seen); err != nil {
				return nil, err
			}
		}
	}
	return c, nil
}

// add takes in the scrape configs of a file. As Prometheus does, it wants a name of its own for each.
func (c *config) add(file string, scrapes []*scrape, seen map[string]string) error {
	for i, s := range scrapes {
		switch {
		case s == nil:
			return fmt.Errorf("reading %s: scrape config %d is empty", file, i+1)
		case s.JobName == "":
			return fmt.Errorf("reading %s: scrape config %d has no job_name", file, i+1)
		case seen[s.JobName] != "":
			return fmt.Errorf("reading %s: the job_name %q is also in %s", file, s.JobName, seen[s.JobName])
		}
		seen[s.JobName] = file
		s.folder = filepath.Dir(file)
		c.scrapes = append(c.scrapes, s)
	}
	return nil
}

// relativeTo is how Prometheus finds a file that a configuration names.
func relativeTo(folder, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(folder, name)
}

// readYAML decodes a file whose every field has a place in v.
func readYAML(file string, v any) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	dec := yaml.NewDecoder(bytes.NewReader(content))
	dec.KnownFields(true)
	if err := dec.Decode(v); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("reading %s: %s", file, strings.ReplaceAll(strings.TrimPrefix(err.Error(), "yaml: "), "\n ", ""))
	}
	return nil
}

// readGroups reads a file of target groups, as Prometheus takes it.
func readGroups(file string) ([]*group, error) {
	var groups []*group
	if strings.EqualFold(filepath.Ext(file), ".json") {
		content, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		dec := json.NewDecoder(bytes.NewReader(content))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&groups); err != nil {
			return nil, fmt.Errorf("reading %s: %w", file, err)
		}
		if _, err := dec.Token(); !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("reading %s: something follows the end of the list", file)
		}
	} else if err := readYAML(file, &groups); err != nil {
		return nil, err
	}
	for i, g := range groups {
		if g == nil {
			return nil, fmt.Errorf("reading %s: group %d is null", file, i+1)
		}
	}
	return groups, nil
}
