package agent

import (
	"bytes"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v2"

	"github.com/promshard/promshard/discovery/client"
)

// renderer makes the contents of files. One goroutine uses it.
type renderer struct {
	// items are the groups of the last list as YAML, so that a change costs no more than what has changed.
	items map[*client.Group][]byte
}

// begin prepares for the files of a list.
func (r *renderer) begin(path string, all []*client.Group) error {
	if isJSON(path) {
		return nil
	}
	return r.renderItems(all)
}

// content returns the content of a file of that name, for groups that begin was given. JSON is byte by byte what the
// server's list is.
func (r *renderer) content(path string, groups []*client.Group) []byte {
	switch {
	case isJSON(path):
		return join("[", groups, func(g *client.Group) []byte { return g.Body }, ",", "]")
	case len(groups) == 0:
		return []byte("[]\n")
	}
	return join("", groups, func(g *client.Group) []byte { return r.items[g] }, "", "")
}

func isJSON(path string) bool { return strings.EqualFold(filepath.Ext(path), ".json") }

// join puts the texts of groups together in memory of the right size, which a list may need a lot of.
func join(before string, groups []*client.Group, text func(*client.Group) []byte, between, after string) []byte {
	size := len(before) + len(after)
	for _, g := range groups {
		size += len(text(g)) + len(between)
	}
	out := append(make([]byte, 0, size), before...)
	for i, g := range groups {
		if i > 0 {
			out = append(out, between...)
		}
		out = append(out, text(g)...)
	}
	return append(out, after...)
}

// yamlGroup is a group as file_sd reads it. The labels are a list, since the order in which the library writes a map is not
// always the same for names with digits.
type yamlGroup struct {
	Targets []string      `yaml:"targets"`
	Labels  yaml.MapSlice `yaml:"labels"`
}

// yamlGroupOf has the labels in the order of their names.
func yamlGroupOf(g *client.Group) yamlGroup {
	labels := make(yaml.MapSlice, 0, len(g.Labels))
	for _, name := range slices.Sorted(maps.Keys(g.Labels)) {
		labels = append(labels, yaml.MapItem{Key: name, Value: g.Labels[name]})
	}
	return yamlGroup{Targets: g.Targets, Labels: labels}
}

// renderItems brings the items up to date with the groups, of which those that are the same are not rendered again.
func (r *renderer) renderItems(all []*client.Group) error {
	// The library sets up large buffers for each document, however small that is.
	const atOnce = 256
	items := make(map[*client.Group][]byte, len(all))
	var fresh []*client.Group
	for _, g := range all {
		if item, ok := r.items[g]; ok {
			items[g] = item
		} else {
			fresh = append(fresh, g)
		}
	}
	for some := range slices.Chunk(fresh, atOnce) {
		texts, err := yamlItems(some)
		if err != nil {
			return err
		}
		for i, g := range some {
			items[g] = texts[i]
		}
	}
	r.items = items
	return nil
}

// yamlItems returns the elements of a YAML sequence, each with its dash and the break that ends its last line. They are
// written with the library, and the version of it, that Prometheus reads with.
func yamlItems(groups []*client.Group) ([][]byte, error) {
	list := make([]yamlGroup, len(groups))
	for i, g := range groups {
		list[i] = yamlGroupOf(g)
	}
	text, err := yaml.Marshal(list)
	if err != nil {
		return nil, fmt.Errorf("rendering YAML: %w", err)
	}
	// Everything that belongs to an element is indented, its strings of several lines too, so that no more is found than
	// there is. Less may be: a string of several lines may end with a break that is no line feed (U+0085, U+2028, ...).
	items := slices.Collect(splitBefore(text, []byte("\n- ")))
	switch {
	case len(items) == len(groups):
		return items, nil
	case len(groups) == 1:
		return nil, fmt.Errorf("rendering YAML: one group has become %d", len(items))
	}
	half := len(groups) / 2
	first, err := yamlItems(groups[:half])
	if err != nil {
		return nil, err
	}
	second, err := yamlItems(groups[half:])
	return append(first, second...), err
}

// splitBefore yields the parts of text, each to the line feed that mark begins with, as copies that keep nothing else alive.
func splitBefore(text, mark []byte) func(yield func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for len(text) > 0 {
			end := bytes.Index(text, mark) + 1
			if end == 0 {
				end = len(text)
			}
			if !yield(bytes.Clone(text[:end])) {
				return
			}
			text = text[end:]
		}
	}
}
