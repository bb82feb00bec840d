package discovery

import (
	"github.com/prometheus/prometheus/discovery"
	"github.com/stretchr/testify/require"
)

// mustNew returns a Discovery for a config in YAML, with metrics that are registered nowhere.
func mustNew(t require.TestingT, text string) *Discovery {
	d, err := NewDiscovery(mustParse(t, text), discovery.DiscovererOptions{Metrics: testMetrics(t), SetName: "job"})
	require.NoError(t, err)
	return d
}
