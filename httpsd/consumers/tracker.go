// Package consumers remembers who asks for which list: in memory, within bounds, and joined over replicas through the
// database. What it costs a request is a look into a map and a few atomic writes.
package consumers

import (
	"hash/maphash"
	"math/bits"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// Options say how much is remembered. The zero value is ready to use.
type Options struct {
	// Registerer gets the metrics; nil registers none.
	Registerer prometheus.Registerer
	// Most is how many consumers are remembered; for one more the one that was seen the longest ago among some is
	// forgotten. 0 means 10000.
	Most int
	// Keep is how long one is remembered that is not seen again; 0 means 24h.
	Keep time.Duration
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

func (o Options) withDefaults() Options {
	if o.Most <= 0 {
		o.Most = 10_000
	}
	if o.Keep <= 0 {
		o.Keep = 24 * time.Hour
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// The longest that is kept of what a client says, in bytes.
const (
	agentMost = 200
	queryMost = 1000
)

// parts is into how many maps consumers are spread, so that requests do not wait for one another.
const parts = 64

// Tracker remembers consumers. It is safe for concurrent use; a nil one remembers nothing.
type Tracker struct {
	o       Options
	seed    maphash.Seed
	parts   [parts]part
	dropped prometheus.Counter
	failed  prometheus.Counter
}

type part struct {
	mu  sync.RWMutex
	all map[key]*Consumer
}

// key tells consumers apart.
type key struct{ address, agent, path, query string }

// Consumer is one who asks. A nil one remembers nothing.
type Consumer struct {
	key
	now func() time.Time

	first    int64 // in nanoseconds since 1970, like last
	last     atomic.Int64
	requests atomic.Int64
	interval atomic.Int64
	held     atomic.Int64
	watching atomic.Int64
	revision atomic.Int64
	tag      atomic.Pointer[string]
}

// New returns a tracker that has seen nobody.
func New(o Options) *Tracker {
	t := &Tracker{o: o.withDefaults(), seed: maphash.MakeSeed()}
	for i := range t.parts {
		t.parts[i].all = map[key]*Consumer{}
	}
	f := promauto.With(o.Registerer)
	f.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: "promshard", Name: "consumers", Help: "Consumers of lists that this server remembers.",
	}, func() float64 { return float64(t.count()) })
	t.dropped = f.NewCounter(prometheus.CounterOpts{
		Namespace: "promshard", Name: "consumers_dropped_total",
		Help: "Consumers that were forgotten because there were too many.",
	})
	t.failed = f.NewCounter(prometheus.CounterOpts{
		Namespace: "promshard", Name: "consumers_save_failures_total",
		Help: "Attempts to share with other replicas what was seen of consumers that failed.",
	})
	return t
}

func (t *Tracker) count() (n int) {
	for i := range t.parts {
		p := &t.parts[i]
		p.mu.RLock()
		n += len(p.all)
		p.mu.RUnlock()
	}
	return n
}

// Of returns who sent a request, which is remembered from now on.
func (t *Tracker) Of(r *http.Request) *Consumer {
	if t == nil {
		return nil
	}
	k := keyOf(r)
	p := &t.parts[t.part(k)]
	p.mu.RLock()
	c := p.all[k]
	p.mu.RUnlock()
	if c == nil {
		c = t.add(p, k)
	}
	if interval := intervalOf(r.Header); interval != c.interval.Load() {
		c.interval.Store(interval)
	}
	return c
}

// part is the number of the map that a key belongs into. The agent, which is much the same for all, has no say.
func (t *Tracker) part(k key) uint64 {
	return (maphash.String(t.seed, k.address) ^ bits.RotateLeft64(maphash.String(t.seed, k.query), 17)) % parts
}

func keyOf(r *http.Request) key {
	address := r.RemoteAddr
	if i := strings.LastIndexByte(address, ':'); i >= 0 {
		address = address[:i]
	}
	agent, query := r.UserAgent(), r.URL.RawQuery
	return key{address, agent[:min(len(agent), agentMost)], r.URL.Path, query[:min(len(query), queryMost)]}
}

// add remembers a new consumer.
func (t *Tracker) add(p *part, k key) *Consumer {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c := p.all[k]; c != nil {
		return c
	}
	if len(p.all) >= max(t.o.Most/parts, 1) {
		p.dropOldest()
		t.dropped.Inc()
	}
	// The parts of a request that is long are not held on to.
	k = key{strings.Clone(k.address), strings.Clone(k.agent), strings.Clone(k.path), strings.Clone(k.query)}
	c := &Consumer{key: k, now: t.o.Now, first: t.o.Now().UnixNano()}
	c.last.Store(c.first)
	p.all[k] = c
	return c
}

// dropOldest forgets the consumer that was seen the longest ago, one that holds nothing open if there is such.
func (p *part) dropOldest() {
	var oldest *Consumer
	for _, c := range p.all {
		if oldest == nil || c.older(oldest) {
			oldest = c
		}
	}
	delete(p.all, oldest.key)
}

func (c *Consumer) older(than *Consumer) bool {
	if c.open() != than.open() {
		return than.open()
	}
	return c.last.Load() < than.last.Load()
}

// open says whether a request of the consumer is held, or a stream of it open.
func (c *Consumer) open() bool { return c.held.Load() > 0 || c.watching.Load() > 0 }

// Seen notes that the consumer was answered with the list of that tag, as it is at the revision.
func (c *Consumer) Seen(revision int64, tag string) {
	if c == nil {
		return
	}
	c.last.Store(c.now().UnixNano())
	c.requests.Add(1)
	c.revision.Store(revision)
	if old := c.tag.Load(); old == nil || *old != tag {
		c.setTag(tag)
	}
}

// setTag is by itself so that a tag that stays the same is not copied.
func (c *Consumer) setTag(tag string) { c.tag.Store(&tag) }

// Hold notes that a request is held, until the function is called that it returns.
func (c *Consumer) Hold() (end func()) {
	if c == nil {
		return func() {}
	}
	c.last.Store(c.now().UnixNano())
	c.held.Add(1)
	return func() { c.held.Add(-1) }
}

// Watch notes that a stream is open, until the function is called that it returns.
func (c *Consumer) Watch() (end func()) {
	if c == nil {
		return func() {}
	}
	c.last.Store(c.now().UnixNano())
	c.requests.Add(1)
	c.watching.Add(1)
	return func() {
		c.last.Store(c.now().UnixNano())
		c.watching.Add(-1)
	}
}

// Sent notes that a stream of the consumer was sent what leads to the revision.
func (c *Consumer) Sent(revision int64) {
	if c == nil {
		return
	}
	c.last.Store(c.now().UnixNano())
	if revision > 0 {
		c.revision.Store(revision)
	}
}

// intervalOf is how often a Prometheus says that it asks, in nanoseconds; 0 when it does not.
func intervalOf(h http.Header) int64 {
	said := h["X-Prometheus-Refresh-Interval-Seconds"]
	if len(said) != 1 {
		return 0
	}
	return seconds(said[0])
}

// addressText is an IP address without brackets and zone mark, as people write it.
func addressText(address string) string {
	address = strings.Trim(address, "[]")
	if ip := net.ParseIP(address); ip != nil {
		return ip.String()
	}
	return address
}
