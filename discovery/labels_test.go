package discovery

import (
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/discovery/targetgroup"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/discovery/client"
)

func TestTargetGroup(t *testing.T) {
	group := func(source string, labels map[string]string) *client.Group {
		return &client.Group{Source: source, Project: 7, Targets: []string{"a:1", "[::1]:2"}, Labels: labels}
	}
	targets := []model.LabelSet{{"__address__": "a:1"}, {"__address__": "[::1]:2"}}
	for name, c := range map[string]struct {
		kind   string
		source string
		labels map[string]string
		want   model.LabelSet
	}{
		"of an exporter": {
			"targets", "exporter/12",
			map[string]string{"job": "node", "__shard": "prod", "__farm_source": "cmdb"},
			model.LabelSet{
				"job": "node", "__shard": "prod", "__farm_source": "cmdb", "__meta_promshard_farm_source": "cmdb",
				"__meta_promshard_source": "exporter/12", "__meta_promshard_kind": "targets",
				"__meta_promshard_project_id": "7", "__meta_promshard_exporter_id": "12",
			},
		},
		"of hosts with labels of their own": {
			"targets", "exporter/12/00f0f0f0f0f0f0f0", nil,
			model.LabelSet{
				"__meta_promshard_source": "exporter/12/00f0f0f0f0f0f0f0", "__meta_promshard_kind": "targets",
				"__meta_promshard_project_id": "7", "__meta_promshard_exporter_id": "12",
			},
		},
		"of a probe": {
			"urls", "url/7/3",
			map[string]string{"__param_module": "http_2xx"},
			model.LabelSet{
				"__param_module": "http_2xx", "__meta_promshard_source": "url/7/3", "__meta_promshard_kind": "urls",
				"__meta_promshard_project_id": "7", "__meta_promshard_probe_id": "3",
			},
		},
		"of something that a later server may have": {
			"targets", "farm/1", nil,
			model.LabelSet{"__meta_promshard_source": "farm/1", "__meta_promshard_kind": "targets", "__meta_promshard_project_id": "7"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := targetGroup(c.kind, group(c.source, c.labels))
			require.Equal(t, &targetgroup.Group{Source: c.source, Targets: targets, Labels: c.want}, got)
			for label := range got.Labels {
				require.True(t, model.LegacyValidation.IsValidLabelName(string(label)), label)
			}
		})
	}
}
