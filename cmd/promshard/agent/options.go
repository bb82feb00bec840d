package agent

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Options are what an Agent needs. Servers, one of Shard and As, and one of TargetsFile and URLsFile are required.
type Options struct {
	// Servers are the base URLs of promshard servers of one inventory, tried in turn.
	Servers []string
	// Shard names the shard; As is the HOST:PORT of a registered Prometheus server, and means the shard that it is on.
	Shard, As string
	// TargetsFile and URLsFile are where the lists go, JSON or YAML by their extensions; "" means that nobody wants that
	// list. With SplitBy they are patterns with one "*" in the last element.
	TargetsFile, URLsFile string
	// SplitBy is the label by whose values a list is split over several files, one of Splits; "" means into none.
	SplitBy string
	// Mode is the permissions of files that are new; 0 means 0644. Those that are there keep theirs.
	Mode fs.FileMode
	// Check refuses lists that Prometheus would refuse, or of which it would drop targets.
	Check bool
	// CoalesceInterval is the least time between two writes of a list. Default: 10s; negative means none.
	CoalesceInterval time.Duration
	// RefreshInterval is how often the list is asked for while streams do not pass. Default: 60s.
	RefreshInterval time.Duration
	// LookInterval is how often files are looked at for what others have done to them. Default: 30s.
	LookInterval time.Duration
	// Timeout is how long Once may take in all. Default: 30s.
	Timeout time.Duration
	// HTTPClient asks the servers; nil means one of the agent's own. It must not have a Timeout.
	HTTPClient *http.Client
	// UserAgent is sent with each request; "" is the client's own.
	UserAgent string
	// Reload makes Prometheus read its files anew; nil means that it notices by itself.
	Reload func(ctx context.Context) error
	// Logger gets a line for each write and each change of state; nil discards them.
	Logger *slog.Logger
	// Registerer takes the metrics; nil means nobody does.
	Registerer prometheus.Registerer

	// minBackoff and maxBackoff bound the waits after what has failed. Defaults: 500ms and 30s.
	minBackoff, maxBackoff time.Duration
}

// Splits are the labels that a list can be split by.
func Splits() []string { return []string{"service", "project", "job"} }

func (o *Options) resolve() error {
	if err := o.check(); err != nil {
		return err
	}
	if o.Mode == 0 {
		o.Mode = 0o644
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Registerer == nil {
		o.Registerer = prometheus.NewRegistry()
	}
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&o.CoalesceInterval, 10 * time.Second},
		{&o.LookInterval, 30 * time.Second},
		{&o.Timeout, 30 * time.Second},
		{&o.minBackoff, 500 * time.Millisecond},
		{&o.maxBackoff, 30 * time.Second},
	} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	return nil
}

func (o *Options) check() error {
	switch {
	case o.Shard == "" && o.As == "":
		return errors.New("neither a shard nor a server to write files as is given; one of the two is needed")
	case o.Shard != "" && o.As != "":
		return fmt.Errorf("both shard %q and server %q are given; only one of the two can be", o.Shard, o.As)
	case o.TargetsFile == "" && o.URLsFile == "":
		return errors.New("neither a file for targets nor one for URLs is given; at least one of the two is needed")
	case o.TargetsFile != "" && filepath.Clean(o.TargetsFile) == filepath.Clean(o.URLsFile):
		return fmt.Errorf("targets and URLs cannot both go to %q; they need files of their own", o.TargetsFile)
	case o.SplitBy != "" && !slices.Contains(Splits(), o.SplitBy):
		return fmt.Errorf("lists cannot be split by %q; %s are what they can be split by", o.SplitBy, strings.Join(Splits(), ", "))
	}
	if o.As != "" {
		if err := checkAddress(o.As); err != nil {
			return err
		}
	}
	for _, name := range []string{o.TargetsFile, o.URLsFile} {
		if name == "" {
			continue
		}
		if err := checkName(name, o.SplitBy != ""); err != nil {
			return err
		}
	}
	return nil
}

func checkAddress(s string) error {
	host, port, err := net.SplitHostPort(s)
	number, portErr := strconv.ParseUint(port, 10, 16)
	if err != nil || portErr != nil || host == "" || number == 0 {
		return fmt.Errorf("server %q is not HOST:PORT, as it is registered in promshard", s)
	}
	return nil
}

// checkName refuses what Prometheus would not read, or not as meant.
func checkName(name string, split bool) error {
	folder, base := filepath.Split(name)
	extension := filepath.Ext(base)
	switch {
	case !slices.Contains([]string{".json", ".yml", ".yaml"}, strings.ToLower(extension)):
		return fmt.Errorf("file %q ends neither in .json nor in .yml or .yaml, which Prometheus needs to tell its format", name)
	case !split && strings.Contains(name, "*"):
		return fmt.Errorf(`file %q has a "*" in it, which makes sense only when the list is split`, name)
	case split && (strings.Contains(folder, "*") || strings.Count(base, "*") != 1):
		return fmt.Errorf(`pattern %q must have one "*", in its last element, for what the list is split by: like promshard-*.json`, name)
	case split && len(base) > mostPattern:
		return fmt.Errorf("pattern %q has more than %d bytes in its last element", name, mostPattern)
	}
	return nil
}

// query is what the servers are asked for.
func (o *Options) query(kind string) url.Values {
	q := url.Values{"kind": {kind}}
	if o.Shard != "" {
		q.Set("shard", o.Shard)
	} else {
		q.Set("server", o.As)
	}
	return q
}
