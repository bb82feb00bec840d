//go:build bench && linux

package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/promshard/promshard/store/fleet"
)

// settings say how much is measured.
type settings struct {
	fleet fleet.Fleet
	quick bool
	// rounds is how often each of two or more things that are compared has its turn.
	rounds int
	// additions is how many hosts are added one by one to each inventory.
	additions int
	// round, settle and write are described in the package's comment.
	round, settle, write time.Duration
	// cache is where what is worth keeping between runs is, and the report.
	cache string
}

// config is read once, by TestMain.
var config settings

func readSettings() (settings, error) {
	s := settings{
		fleet: fleet.Line, quick: os.Getenv("PROMSHARD_BENCH_QUICK") == "1",
		rounds: 9, additions: 450, round: 3 * time.Second, settle: 150 * time.Second, write: time.Minute,
	}
	if s.quick {
		s.rounds, s.additions, s.round, s.settle, s.write = 2, 40, time.Second, 3*time.Second, 5*time.Second
	}
	if name := os.Getenv("PROMSHARD_BENCH_FLEET"); name != "" {
		var ok bool
		if s.fleet, ok = fleet.Named(name); !ok {
			return s, fmt.Errorf("PROMSHARD_BENCH_FLEET %q: not a fleet", name)
		}
	}
	for name, d := range map[string]*time.Duration{"ROUND": &s.round, "SETTLE": &s.settle, "WRITE": &s.write} {
		if err := readDuration("PROMSHARD_BENCH_"+name, d); err != nil {
			return s, err
		}
	}
	var err error
	s.cache, err = filepath.Abs(filepath.Join("..", "..", "..", ".cache", "bench"))
	return s, err
}

func readDuration(name string, d *time.Duration) error {
	value := os.Getenv(name)
	if value == "" {
		return nil
	}
	var err error
	if *d, err = time.ParseDuration(value); err != nil || *d <= 0 {
		return fmt.Errorf("%s %q: not a duration above zero", name, value)
	}
	return nil
}

// judged says whether the goals are set for this fleet; what is measured of others is for comparison.
func judged(f fleet.Fleet) bool { return f.Name == fleet.Million.Name }

// fleets are the one to measure and, before it, line when that is another.
func (s settings) fleets() []fleet.Fleet {
	if s.fleet.Name == fleet.Line.Name {
		return []fleet.Fleet{fleet.Line}
	}
	return []fleet.Fleet{fleet.Line, s.fleet}
}
