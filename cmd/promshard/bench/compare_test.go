//go:build bench && linux

package bench

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/fleet"
)

// TestCompareLists compares two lists of a fleet, of which the second has its groups in reverse order and another label
// on each thousandth, with promshard compare: as two files and, of the fleet line, as a file and what a Prometheus answers
// that has discovered all of it. Against it, both files are read by encoding/json, group by group, and thrown away.
func TestCompareLists(t *testing.T) {
	for _, f := range config.fleets() {
		groups := targetGroups(t, f)
		here := writeGroups(t, "here.json", groups)
		other := slices.Clone(groups)
		slices.Reverse(other)
		differ := 0
		for i := 0; i < len(other); i += 1000 {
			other[i].Labels = maps.Clone(other[i].Labels)
			other[i].Labels["owner"] = "somebody"
			differ += len(other[i].Targets)
		}
		there := writeGroups(t, "there.json", other)
		server := httptest.NewServer(asPrometheus(t, other))
		t.Cleanup(server.Close)

		var read, files, prometheus []comparing
		for round := range min(config.rounds, 5) + 1 {
			r := decodeBoth(t, here, there)
			c := compareLists(t, differ, here, "--with="+there)
			if round > 0 { // the first one warms caches
				read, files = append(read, r), append(files, c)
			}
			if f.Name == fleet.Line.Name {
				prometheus = append(prometheus, compareLists(t, differ, here, "--with=prometheus+"+server.URL))
			}
		}
		size := fileSize(t, here) + fileSize(t, there)
		add(t, compareRows(f, "two lists in files", files, read, size)...)
		if len(prometheus) > 0 {
			add(t, compareRows(f, "a list in a file, and what a Prometheus answers", prometheus[1:], read, size)...)
		}
	}
}

// comparing is what one run has taken.
type comparing struct {
	elapsed, processor time.Duration
	peak               int64
}

func compareRows(f fleet.Fleet, what string, runs, read []comparing, size int64) []row {
	column := func(of func(comparing) time.Duration, runs []comparing) (all []time.Duration) {
		for _, r := range runs {
			all = append(all, of(r))
		}
		return all
	}
	durations := func(what string, of func(comparing) time.Duration) row {
		ours, theirs := column(of, runs), column(of, read)
		return row{
			what: what, fleet: f.Name, value: formatDuration(median(ours)), against: formatDuration(median(theirs)),
			ratio: formatRatio(pairedRatio(ours, theirs)),
		}
	}
	var peaks []int64
	for _, r := range runs {
		peaks = append(peaks, r.peak)
	}
	return []row{
		durations("compare "+what+", time; against reading two such files by encoding/json", func(c comparing) time.Duration { return c.elapsed }),
		durations("the same, processor time", func(c comparing) time.Duration { return c.processor }),
		{
			what: "the same, peak of resident memory; against the size of two such files", fleet: f.Name,
			value: formatBytes(median(peaks)), against: formatBytes(size), ratio: formatRatio(float64(median(peaks)) / float64(size)),
		},
	}
}

// targetGroups are the fleet's groups of hosts.
func targetGroups(t *testing.T, f fleet.Fleet) []store.ImportGroup {
	t.Helper()
	var groups []store.ImportGroup
	for g, err := range f.Groups() {
		require.NoError(t, err)
		if g.Labels["farm"] != "" {
			groups = append(groups, g)
		}
	}
	return groups
}

func writeGroups(t *testing.T, name string, groups []store.ImportGroup) string {
	t.Helper()
	content, err := json.Marshal(groups)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(file, content, 0o600))
	return file
}

func fileSize(t *testing.T, file string) int64 {
	t.Helper()
	info, err := os.Stat(file)
	require.NoError(t, err)
	return info.Size()
}

// compareLists runs the program, which must find as many targets with other labels as there are.
func compareLists(t *testing.T, differ int, args ...string) comparing {
	t.Helper()
	path, err := buildPromshard()
	require.NoError(t, err)
	cmd := exec.Command(path, append([]string{"compare", "--output=json", "--limit=1"}, args...)...)
	began := time.Now()
	out, err := cmd.Output()
	elapsed := time.Since(began)
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit)
	require.Equal(t, 6, exit.ExitCode(), "%s", exit.Stderr)
	var result struct {
		OnlyHere     int `json:"only_here"`
		OnlyThere    int `json:"only_there"`
		LabelsDiffer int `json:"labels_differ"`
	}
	require.NoError(t, json.Unmarshal(out, &result))
	require.Equal(t, [3]int{0, 0, differ}, [3]int{result.OnlyHere, result.OnlyThere, result.LabelsDiffer})
	usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	return comparing{elapsed, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), usage.Maxrss << 10}
}

// decodeBoth reads two files group by group. The processor time is that of this process.
func decodeBoth(t *testing.T, files ...string) comparing {
	t.Helper()
	before, began := processorTime(t), time.Now()
	for _, file := range files {
		f, err := os.Open(file)
		require.NoError(t, err)
		dec := json.NewDecoder(bufio.NewReader(f))
		_, err = dec.Token()
		for err == nil && dec.More() {
			var g store.ImportGroup
			err = dec.Decode(&g)
		}
		require.NoError(t, err)
		require.NoError(t, f.Close())
	}
	return comparing{elapsed: time.Since(began), processor: processorTime(t) - before}
}

// processorTime is what this process has used.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var usage syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// asPrometheus answers as a Prometheus 3 that has discovered these groups.
func asPrometheus(t *testing.T, groups []store.ImportGroup) http.Handler {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/api/v1/status/config", func(w http.ResponseWriter, _ *http.Request) {
		const yaml = "scrape_configs:\n- job_name: promshard\n  scrape_interval: 1m\n  scrape_timeout: 10s\n  metrics_path: /metrics\n  scheme: http\n"
		_ = json.NewEncoder(w).Encode(map[string]any{"status": "success", "data": map[string]string{"yaml": yaml}})
	})
	mux.HandleFunc("/api/v1/targets", func(w http.ResponseWriter, _ *http.Request) {
		out := bufio.NewWriterSize(w, 1<<16)
		_, _ = out.WriteString(`{"status":"success","data":{"activeTargets":[`) // the client tells
		comma := ""
		for _, g := range groups {
			for _, address := range g.Targets {
				writeActive(out, comma, address, g.Labels)
				comma = ","
			}
		}
		_, _ = out.WriteString(`],"droppedTargets":[],"droppedTargetCounts":{"promshard":0}}}`) // the client tells
		_ = out.Flush()
	})
	return mux
}

// writeActive writes one active target as Prometheus does.
func writeActive(w io.Writer, comma, address string, listed map[string]string) {
	discovered := map[string]string{
		"__address__": address, "__meta_url": "http://promshard.example:9780/sd/targets?shard=prod", "__scheme__": "http", "__metrics_path__": "/metrics",
		"__scrape_interval__": "1m", "__scrape_timeout__": "10s", "__scrape_native_histograms__": "false",
		"__always_scrape_classic_histograms__": "false", "__convert_classic_histograms_to_nhcb__": "false",
	}
	maps.Copy(discovered, listed)
	shown := maps.Clone(listed)
	maps.DeleteFunc(shown, func(name, _ string) bool { return name[0] == '_' })
	d, _ := json.Marshal(discovered) // strings
	l, _ := json.Marshal(shown)
	fmt.Fprintf(w, `%s{"discoveredLabels":%s,"labels":%s,"scrapePool":"promshard","scrapeUrl":"http://%s/metrics","globalUrl":"http://%s/metrics",`+
		`"lastError":"","lastScrape":"2026-11-28T03:00:00.000000000Z","lastScrapeDuration":0.012345678,"health":"up","scrapeInterval":"1m","scrapeTimeout":"10s"}`,
		comma, d, l, address, address)
}
