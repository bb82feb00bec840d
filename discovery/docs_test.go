package discovery

import (
	"log/slog"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	promconfig "github.com/prometheus/prometheus/config"
	"github.com/stretchr/testify/require"
)

func manual(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../docs/promshard-sd.md")
	require.NoError(t, err)
	return string(text)
}

func TestManualHasEveryFieldLabelAndMetric(t *testing.T) {
	text := manual(t)
	for field := range reflect.TypeFor[SDConfig]().Fields() {
		yamlName, options, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		if options != "inline" {
			require.Regexp(t, `(?m)^(\[ )?`+yamlName+`:`, text, "a field")
		}
	}
	for _, label := range []model.LabelName{sourceLabel, kindLabel, projectLabel, exporterLabel, probeLabel, farmSourceLabel} {
		require.Contains(t, text, "| `"+string(label)+"` |", "a label")
	}
	for _, d := range append(gauges, counters...) {
		found := regexp.MustCompile(`fqName: "(\w+)"`).FindStringSubmatch(d.String())
		require.Len(t, found, 2, d)
		require.Contains(t, text, "| `"+found[1]+"` |", "a metric")
	}
}

func TestExamplesOfTheManualLoad(t *testing.T) {
	examples := 0
	for _, block := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(manual(t), -1) {
		if !strings.HasPrefix(block[1], "scrape_configs:") {
			continue
		}
		examples++
		cfg, err := promconfig.Load(block[1], slog.New(slog.DiscardHandler))
		require.NoError(t, err, block[1])
		require.IsType(t, &SDConfig{}, cfg.ScrapeConfigs[0].ServiceDiscoveryConfigs[0])
	}
	require.GreaterOrEqual(t, examples, 3)
}
