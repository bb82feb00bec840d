//go:build e2e && linux

package e2e

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store/storetest"
)

// writtenWithin is how long a change may take from the command that makes it to the active target, through a file. Prometheus
// 2.42 passes it on up to 5 s later, and its scrape manager looks every 5 s.
const writtenWithin = 15 * time.Second

// agentScene is a Prometheus on file_sd, and the agents that write its files.
type agentScene struct {
	*fleet
	server   *replica
	p        *prometheus
	folder   string
	agents   []*process
	commands [][]string
}

// newAgentScene has a Prometheus with a list in one JSON file, and the same list split by service over YAML files.
func newAgentScene(t *testing.T, r release) *agentScene {
	t.Helper()
	s := &agentScene{folder: t.TempDir()}
	one, many := filepath.Join(s.folder, "one.json"), filepath.Join(s.folder, "many-*.yml")
	s.p = &prometheus{
		release: r, name: "Prometheus " + r.version, shard: "alpha", address: freeAddress(t), flags: []string{"--web.enable-lifecycle"},
		jobs: []job{{name: "one", files: one}, {name: "many", files: many}},
	}
	database := storetest.SQLiteURL(t)
	s.fleet = newFleet(t, database, withOthers(s.p))
	s.server = serve(t, database)
	for _, more := range [][]string{
		{"--targets-file=" + one, "--check", "--reload=http://" + s.p.address},
		{"--targets-file=" + many, "--split-by=service"},
	} {
		s.commands = append(s.commands, append([]string{"agent", "--server=http://" + s.server.address, "--as=" + s.p.address}, more...))
	}
	return s
}

// withOthers adds a server, which nobody starts, for each shard but that of the first.
func withOthers(first *prometheus) []*prometheus {
	servers := []*prometheus{first}
	for i, shard := range shards {
		if shard != first.shard {
			servers = append(servers, &prometheus{shard: shard, address: fmt.Sprintf("prometheus.example:%d", 9090+i)})
		}
	}
	return servers
}

func (s *agentScene) startAgents(t *testing.T) {
	t.Helper()
	s.agents = nil
	for _, command := range s.commands {
		s.agents = append(s.agents, start(t, "promshard "+strings.Join(command[3:], " "), promshardPath, command...))
	}
}

// has returns nil when both jobs have exactly these targets.
func (s *agentScene) has(t *testing.T, expected []labels) error {
	t.Helper()
	var many []labels
	for _, l := range expected {
		many = append(many, l.with(labels{"__meta_filepath": filepath.Join(s.folder, "many-"+l["service"]+".yml")}))
	}
	one := make([]labels, 0, len(expected))
	for _, l := range expected {
		one = append(one, l.with(nil))
	}
	return s.p.has(t, map[string][]labels{"one": one, "many": many})
}

func (s *agentScene) becomes(t *testing.T, expected []labels) {
	t.Helper()
	began := time.Now()
	eventually(t, func() error { return s.has(t, expected) })
	t.Logf("%s has %d targets after %s", s.p.name, len(expected), time.Since(began).Round(time.Millisecond))
}

// stays requires these targets for a while in which Prometheus would have noticed others.
func (s *agentScene) stays(t *testing.T, expected []labels) {
	t.Helper()
	for deadline := time.Now().Add(6 * time.Second); time.Now().Before(deadline); time.Sleep(500 * time.Millisecond) {
		require.NoError(t, s.has(t, expected))
	}
}

// TestAgentsFeedPrometheus runs agents beside a Prometheus that has file_sd alone.
func TestAgentsFeedPrometheus(t *testing.T) {
	t.Parallel()
	for _, r := range releases(t) {
		t.Run(r.version, func(t *testing.T) {
			t.Parallel()
			s := newAgentScene(t, r)
			s.p.start(t)
			s.startAgents(t)
			alpha := s.targets("alpha")
			s.becomes(t, alpha)
			eventually(t, func() error {
				if s.p.process.log.count("Completed loading of configuration file") < 2 { // once at its start
					return fmt.Errorf("%s was not reloaded", s.p.name)
				}
				return nil
			})

			began := time.Now()
			s.run(t, "register-host", "live", "127.0.0.7")
			live := alpha[4].at("127.0.0.7:" + portOf(t, s.live))
			alpha = append(alpha, live)
			eventually(t, func() error { return s.has(t, alpha) })
			require.Less(t, time.Since(began), writtenWithin)

			t.Run("promshard is killed", func(t *testing.T) {
				s.server.process.kill(t)
				s.stays(t, alpha)
				s.server.restart(t)
			})
			t.Run("a server that is moved takes its agents along", func(t *testing.T) {
				s.move(t, "大阪")
				s.becomes(t, s.targets("大阪"))
				require.Equal(t, []string{"many-search.yml"}, s.written(t, "many-*"))
			})
			t.Run("agents are killed, and the server is moved meanwhile", func(t *testing.T) {
				for _, a := range s.agents {
					a.kill(t)
				}
				s.move(t, "gamma ray")
				s.stays(t, s.targets("大阪"))
			})
			// Agents that are started again outlive no subtest.
			s.startAgents(t)
			s.becomes(t, s.targets("gamma ray"))
			require.Equal(t, []string{"many-maps.yml", "one.json"}, s.written(t, "*.*"))
		})
	}
}

func (s *agentScene) move(t *testing.T, shard string) {
	t.Helper()
	host, port, err := net.SplitHostPort(s.p.address)
	require.NoError(t, err)
	s.run(t, "register-server", shard, host, port)
}

// written returns the files that fit, without the agents' own.
func (s *agentScene) written(t *testing.T, pattern string) []string {
	t.Helper()
	entries, err := os.ReadDir(s.folder)
	require.NoError(t, err)
	var names []string
	for _, e := range entries {
		if fits, err := filepath.Match(pattern, e.Name()); err == nil && fits && !strings.HasPrefix(e.Name(), ".") {
			names = append(names, e.Name())
		}
	}
	return names
}

func portOf(t *testing.T, address string) string {
	t.Helper()
	_, port, err := net.SplitHostPort(address)
	require.NoError(t, err)
	return port
}
