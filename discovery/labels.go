package discovery

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/discovery/targetgroup"

	"github.com/promshard/promshard/discovery/client"
)

// The labels that groups have beside those of the lists.
const (
	metaPrefix      = model.MetaLabelPrefix + name + "_"
	sourceLabel     = metaPrefix + "source"
	kindLabel       = metaPrefix + "kind"
	projectLabel    = metaPrefix + "project_id"
	exporterLabel   = metaPrefix + "exporter_id"
	probeLabel      = metaPrefix + "probe_id"
	farmSourceLabel = metaPrefix + "farm_source"

	// listFarmSource is the list's own label for what farmSourceLabel shows. It begins with only two underscores and
	// no "meta", so it stays part of what tells one target from another.
	listFarmSource = "__farm_source"

	moreLabels = 6
)

// targetGroup is a group as Prometheus takes it. It shares strings with g, but nothing that could be changed.
func targetGroup(kind string, g *client.Group) *targetgroup.Group {
	tg := &targetgroup.Group{
		Source:  g.Source,
		Targets: make([]model.LabelSet, len(g.Targets)),
		Labels:  make(model.LabelSet, len(g.Labels)+moreLabels),
	}
	for i, address := range g.Targets {
		tg.Targets[i] = model.LabelSet{model.AddressLabel: model.LabelValue(address)}
	}
	for label, value := range g.Labels {
		tg.Labels[model.LabelName(label)] = model.LabelValue(value)
	}
	addMeta(tg.Labels, kind, g)
	return tg
}

// addMeta adds what relabelling can use and the lists do not say.
func addMeta(labels model.LabelSet, kind string, g *client.Group) {
	labels[sourceLabel] = model.LabelValue(g.Source)
	labels[kindLabel] = model.LabelValue(kind)
	labels[projectLabel] = model.LabelValue(strconv.FormatInt(g.Project, 10))
	if label, id := maker(g.Source); label != "" {
		labels[label] = model.LabelValue(id)
	}
	if farmSource, ok := g.Labels[listFarmSource]; ok {
		labels[farmSourceLabel] = model.LabelValue(farmSource)
	}
}

// maker reads from a source id which exporter or probe a group comes from: exporter/ID, exporter/ID/HASH or
// url/PROJECT/PROBE. The label is empty for any other form.
func maker(source string) (label model.LabelName, id string) {
	parts := strings.Split(source, "/")
	switch {
	case parts[0] == "exporter" && (len(parts) == 2 || len(parts) == 3):
		return exporterLabel, parts[1]
	case parts[0] == "url" && len(parts) == 3:
		return probeLabel, parts[2]
	default:
		return "", ""
	}
}

// sameGroup says whether two groups of one source have the same targets, in the same order, and the same labels.
func sameGroup(a, b *targetgroup.Group) bool {
	return maps.Equal(a.Labels, b.Labels) && slices.EqualFunc(a.Targets, b.Targets, maps.Equal)
}
