package consumers

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/promshard/promshard/store"
)

// ServerView is a registered server, and whether it asks.
type ServerView struct {
	Server string `json:"server"`
	Shard  string `json:"shard"`
	// Last is when it was seen last, by a server= filter that names it or by its address; nil when it has not been.
	Last *time.Time `json:"last_seen"`
	// Live says whether it still asks; see View.Live.
	Live bool `json:"live"`
	// By is "filter" or "address", by which it was known; empty when it was not seen.
	By string `json:"by,omitempty"`
}

// Resolver finds the addresses of a host name; *net.Resolver is one.
type Resolver interface {
	LookupHost(ctx context.Context, host string) ([]string, error)
}

const (
	// resolveTime is how long all look-ups of names together may take, resolveAtOnce how many run at a time.
	resolveTime   = 2 * time.Second
	resolveAtOnce = 16
)

// Servers says of each registered server whether it asks for a list. Names of servers that no filter names are looked
// up with the resolver, nil for none.
func Servers(ctx context.Context, servers []store.Server, views []View, resolver Resolver, now time.Time) []ServerView {
	list := make([]ServerView, len(servers))
	var unknown []int
	for i, s := range servers {
		address := net.JoinHostPort(s.Host, strconv.Itoa(s.Port))
		list[i] = ServerView{Server: address, Shard: s.Shard}
		list[i].note(views, now, "filter", func(v *View) bool { return slices.Contains(v.Filters["server"], address) })
		if list[i].Last == nil {
			unknown = append(unknown, i)
		}
	}
	addresses := resolve(ctx, servers, unknown, resolver)
	for _, i := range unknown {
		list[i].note(views, now, "address", func(v *View) bool { return slices.Contains(addresses[servers[i].Host], v.Address) })
	}
	return list
}

// note finds the newest view that matches.
func (s *ServerView) note(views []View, now time.Time, by string, matches func(*View) bool) {
	for i := range views {
		v := &views[i]
		if !matches(v) {
			continue
		}
		if s.Last == nil || v.Last.After(*s.Last) {
			s.Last, s.By = &v.Last, by
		}
		s.Live = s.Live || v.Live(now)
	}
}

// resolve returns the addresses of the hosts of some servers.
func resolve(ctx context.Context, servers []store.Server, which []int, resolver Resolver) map[string][]string {
	ctx, cancel := context.WithTimeout(ctx, resolveTime)
	defer cancel()
	var mu sync.Mutex
	addresses := map[string][]string{}
	var group errgroup.Group
	group.SetLimit(resolveAtOnce)
	for _, i := range which {
		host := servers[i].Host
		if ip, err := netip.ParseAddr(host); err == nil {
			mu.Lock()
			addresses[host] = []string{ip.Unmap().String()}
			mu.Unlock()
			continue
		}
		if resolver == nil || ctx.Err() != nil {
			continue
		}
		group.Go(func() error {
			found, err := resolver.LookupHost(ctx, host)
			if err == nil {
				mu.Lock()
				defer mu.Unlock()
				addresses[host] = found
			}
			return nil // a name that is not found is one that nobody is known by
		})
	}
	group.Wait() //nolint:errcheck // none returns one
	return addresses
}
