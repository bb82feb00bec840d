package httpsd

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// targetsSnippet is the scrape configuration for a list of targets.
func targetsSnippet(listURL string) string {
	return fmt.Sprintf(`scrape_configs:
  - job_name: promshard
    http_sd_configs:
      - url: %s
        refresh_interval: 30s
`, yamlString(listURL))
}

// urlsSnippet is the scrape configuration for a list of URLs, each of which a blackbox_exporter is to probe.
func urlsSnippet(listURL string) string {
	return fmt.Sprintf(`scrape_configs:
  - job_name: promshard-urls
    metrics_path: /probe
    http_sd_configs:
      - url: %s
        refresh_interval: 30s
    relabel_configs:
      - source_labels: [__address__]
        target_label: __param_target
      - source_labels: [__param_target]
        target_label: instance
      - target_label: __address__
        replacement: 127.0.0.1:9115
`, yamlString(listURL))
}

// keepSnippet is the scrape configuration that picks one shard out of the list of all.
func keepSnippet(listURL, shard string) string {
	return targetsSnippet(listURL) + fmt.Sprintf(`    relabel_configs:
      - source_labels: [__shard]
        regex: %s
        action: keep
`, yamlString(regexp.QuoteMeta(shard)))
}

// yamlString quotes s as JSON does, which YAML reads as the same string.
func yamlString(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return `""`
	}
	return strings.TrimSuffix(b.String(), "\n")
}
