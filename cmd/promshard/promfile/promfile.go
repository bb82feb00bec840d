// Package promfile reads the targets of a Prometheus configuration.
package promfile

import (
	"fmt"
	"maps"
	"os"

	"go.yaml.in/yaml/v3"

	"github.com/promshard/promshard/store"
)

type config struct {
	ScrapeConfigs []scrapeConfig `yaml:"scrape_configs"`
}

type scrapeConfig struct {
	JobName       string        `yaml:"job_name"`
	StaticConfigs []targetGroup `yaml:"static_configs"`
}

type targetGroup struct {
	Targets []string          `yaml:"targets"`
	Labels  map[string]string `yaml:"labels"`
}

// Groups returns the target groups of the static_configs of a file, each job as a service and a project of its name.
func Groups(file string) (store.ImportGroups, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var c config
	if err := yaml.Unmarshal(content, &c); err != nil {
		return nil, fmt.Errorf("reading %s: %w", file, err)
	}
	return func(yield func(store.ImportGroup, error) bool) {
		for _, s := range c.ScrapeConfigs {
			for _, g := range s.StaticConfigs {
				labels := map[string]string{"service": s.JobName, "project": s.JobName, "job": s.JobName}
				maps.Copy(labels, g.Labels)
				if !yield(store.ImportGroup{Targets: g.Targets, Labels: labels}, nil) {
					return
				}
			}
		}
	}, nil
}
