package agent

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v2"

	"github.com/promshard/promshard/discovery/client"
)

// render returns the content of a file of that name. JSON is byte by byte what the server's list is.
func render(name string, all []*client.Group) ([]byte, error) {
	if strings.EqualFold(filepath.Ext(name), ".json") {
		return renderJSON(all), nil
	}
	return renderYAML(all)
}

func renderJSON(all []*client.Group) []byte {
	size := len("[]")
	for _, g := range all {
		size += len(g.Body) + 1
	}
	var b bytes.Buffer
	b.Grow(size)
	b.WriteByte('[')
	for i, g := range all {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(g.Body)
	}
	b.WriteByte(']')
	return b.Bytes()
}

// yamlGroup is a group as file_sd reads it.
type yamlGroup struct {
	Targets []string          `yaml:"targets"`
	Labels  map[string]string `yaml:"labels"`
}

// renderYAML writes with the library, and the version of it, that Prometheus reads with. Labels are in the order of their
// names.
func renderYAML(all []*client.Group) ([]byte, error) {
	list := make([]yamlGroup, len(all))
	for i, g := range all {
		list[i] = yamlGroup{Targets: g.Targets, Labels: g.Labels}
	}
	content, err := yaml.Marshal(list)
	if err != nil {
		return nil, fmt.Errorf("rendering YAML: %w", err)
	}
	return content, nil
}
