package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

// exportSink renders what a store loads in the plainest way, as the design says lists look.
type exportSink struct {
	groups []store.ImportGroup
}

func (*exportSink) Directory(store.Directory) error { return nil }
func (*exportSink) Service(store.Service) error     { return nil }

func (x *exportSink) Project(p *store.ProjectRows) error {
	for _, e := range p.Exporters {
		sets := map[string][]store.HostRow{}
		for _, h := range p.Hosts {
			key, err := json.Marshal(h.Labels)
			if err != nil {
				return err
			}
			sets[string(key)] = append(sets[string(key)], h)
		}
		for _, hosts := range sets {
			x.groups = append(x.groups, exporterGroup(p, e, hosts))
		}
	}
	byProbe := map[string][]string{}
	for _, u := range p.URLs {
		byProbe[u.Module] = append(byProbe[u.Module], u.URL)
	}
	for module, urls := range byProbe {
		x.groups = append(x.groups, store.ImportGroup{Targets: urls, Labels: settled(p.ServiceLabels, p.Labels, store.Labels{
			"__shard": p.Shard, "service": p.Service, "project": p.Name, "job": module, "__param_module": module,
		})})
	}
	return nil
}

func exporterGroup(p *store.ProjectRows, e store.ExporterRow, hosts []store.HostRow) store.ImportGroup {
	own := store.Labels{
		"__shard": p.Shard, "service": p.Service, "project": p.Name, "farm": p.Farm, "__farm_source": p.FarmSource,
		"job": e.Job, "__scheme__": e.Scheme,
	}
	if e.Path != "" {
		path, params, _ := store.SplitPath(e.Path)
		own["__metrics_path__"] = path
		for _, param := range params {
			own["__param_"+param.Name] = param.Value
		}
	}
	if e.ScrapeInterval != 0 {
		own["__scrape_interval__"] = e.ScrapeInterval.String()
	}
	if e.ScrapeTimeout != 0 {
		own["__scrape_timeout__"] = e.ScrapeTimeout.String()
	}
	g := store.ImportGroup{Labels: settled(p.ServiceLabels, p.Labels, e.Labels, hosts[0].Labels, own)}
	for _, h := range hosts {
		g.Targets = append(g.Targets, net.JoinHostPort(h.Name, strconv.Itoa(e.Port)))
	}
	return g
}

// settled merges label sets, the later one wins; an interval gets a timeout that is not longer; empty labels go.
func settled(sets ...store.Labels) map[string]string {
	labels := map[string]string{}
	for _, set := range sets {
		maps.Copy(labels, set)
	}
	if interval := labels["__scrape_interval__"]; interval != "" {
		timeout := labels["__scrape_timeout__"]
		if timeout == "" {
			timeout = "10s"
		}
		i, _ := model.ParseDuration(interval)
		if d, _ := model.ParseDuration(timeout); d > i {
			timeout = interval
		}
		labels["__scrape_timeout__"] = timeout
	}
	maps.DeleteFunc(labels, func(_, v string) bool { return v == "" })
	return labels
}

// export returns the groups of a store, each as JSON, in the order of their labels, then of their targets, project by
// project; and every target with its labels, in order.
func export(t *testing.T, s *store.Store) (groups []store.ImportGroup, lines, targets []string) {
	t.Helper()
	var x exportSink
	_, err := s.Load(t.Context(), &x)
	require.NoError(t, err)
	key := func(g store.ImportGroup) string {
		b, err := json.Marshal(g.Labels)
		require.NoError(t, err)
		return g.Labels["project"] + string(b) + strings.Join(g.Targets, " ")
	}
	slices.SortFunc(x.groups, func(a, b store.ImportGroup) int { return strings.Compare(key(a), key(b)) })
	for _, g := range x.groups {
		b, err := json.Marshal(g)
		require.NoError(t, err)
		lines = append(lines, string(b))
		for _, target := range g.Targets {
			b, err := json.Marshal(g.Labels)
			require.NoError(t, err)
			targets = append(targets, target+" "+string(b))
		}
	}
	slices.Sort(targets)
	return x.groups, lines, targets
}

// labelSets are dealt to nouns at random. An interval has a timeout beside it: where one noun shortens the interval and
// leaves the timeout to another, an import cannot tell and refuses.
var labelSets = []store.Labels{
	nil, nil,
	{"a": "1"},
	{"a": "2"},
	{"a": ""},
	{"b": "1"},
	{"a": "1", "b": "2"},
	{"__scrape_interval__": "30s", "__scrape_timeout__": "10s"},
	{"__scrape_interval__": "1m", "__scrape_timeout__": "20s"},
}

// grow fills a store with a small inventory that the seed decides.
func grow(t *testing.T, s *store.Store, seed uint64) {
	t.Helper()
	ctx, random := t.Context(), rand.New(rand.NewPCG(seed, 1))
	labels := func(exclude string) store.Labels {
		l := maps.Clone(labelSets[random.IntN(len(labelSets))])
		if _, ok := l[exclude]; ok {
			return nil
		}
		return l
	}
	require.NoError(t, s.CreateShard(ctx, &store.Shard{Name: "prod", Enabled: true}))
	require.NoError(t, s.CreateProbe(ctx, &store.Probe{Module: "http_2xx"}))
	for i := range 2 {
		service := store.Service{Name: fmt.Sprint("service ", i), Labels: labels("")}
		require.NoError(t, s.CreateService(ctx, &service))
		for j := range 2 {
			p := store.Project{Name: fmt.Sprint("project ", i, j), Service: service.Name, Shard: "prod", Enabled: true, Labels: labels("")}
			require.NoError(t, s.CreateProject(ctx, &p))
			for k := range 1 + random.IntN(4) {
				h := store.Host{Name: fmt.Sprint("host", k), Project: p.Name, Enabled: true, Labels: labels("")}
				require.NoError(t, s.CreateHost(ctx, &h))
			}
			for k := range 1 + random.IntN(3) {
				e := store.Exporter{Job: "job", Port: 9100 + k, Path: []string{"", "/m", "/m?x=1&y=2%263"}[random.IntN(3)], Project: p.Name, Enabled: true}
				if random.IntN(3) == 0 {
					e.ScrapeInterval, e.ScrapeTimeout = model.Duration(15*time.Second), model.Duration(5*time.Second)
					e.Labels = labels("__scrape_interval__")
				} else {
					e.Labels = labels("")
				}
				require.NoError(t, s.CreateExporter(ctx, &e))
			}
			if random.IntN(2) == 0 {
				require.NoError(t, s.CreateURL(ctx, &store.URL{URL: "https://example.com/", Project: p.Name, Probe: "http_2xx"}))
			}
		}
	}
}

func TestExportImportedIsExportedAgain(t *testing.T) {
	for seed := range uint64(15) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			from, to := storetest.SQLite(t), storetest.SQLite(t)
			grow(t, from, seed)
			groups, lines, targets := export(t, from)
			_, err := to.Import(t.Context(), each(groups), store.ImportOptions{})
			require.NoError(t, err)
			_, linesAgain, targetsAgain := export(t, to)
			assert.Equal(t, targets, targetsAgain)
			if distinct(groups) {
				assert.Equal(t, lines, linesAgain)
			}
			for _, s := range []*store.Store{to, from} {
				idle(t, s, func(ctx context.Context) error {
					_, err := s.Import(ctx, each(groups), store.ImportOptions{})
					return err
				})
			}
		})
	}
}

// distinct says whether no two groups have the same labels: hosts whose own labels make no difference become one group.
func distinct(groups []store.ImportGroup) bool {
	seen := map[string]bool{}
	for _, g := range groups {
		seen[fmt.Sprint(g.Labels)] = true
	}
	return len(seen) == len(groups)
}
