package consumers

import (
	"cmp"
	"encoding/hex"
	"hash/fnv"
	"math"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/promshard/promshard/store"
)

// seconds reads a number of seconds as nanoseconds; 0 when it is none.
func seconds(s string) int64 {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || !(v > 0) || v*float64(time.Second) >= math.MaxInt64 { // NaN is not above 0 either
		return 0
	}
	return int64(v * float64(time.Second))
}

// All describes the consumers that are remembered, those that were seen last first. One that has not been seen for too
// long is forgotten.
func (t *Tracker) All() []store.Consumer {
	if t == nil {
		return nil
	}
	var list []store.Consumer
	since := t.o.Now().Add(-t.o.Keep).UnixNano()
	for i := range t.parts {
		p := &t.parts[i]
		p.mu.Lock()
		for k, c := range p.all {
			if c.last.Load() < since && !c.open() {
				delete(p.all, k)
				continue
			}
			list = append(list, c.row())
		}
		p.mu.Unlock()
	}
	slices.SortFunc(list, newestFirst)
	return list
}

func newestFirst(a, b store.Consumer) int {
	return cmp.Or(b.Last.Compare(a.Last), cmp.Compare(a.Address, b.Address), cmp.Compare(a.Path, b.Path),
		cmp.Compare(a.Query, b.Query), cmp.Compare(a.UserAgent, b.UserAgent))
}

// row describes the consumer as it is at this moment.
func (c *Consumer) row() store.Consumer {
	row := store.Consumer{
		Name: c.name(), Address: addressText(c.address), UserAgent: c.agent, Path: c.path, Query: plainQuery(c.query),
		Interval: time.Duration(c.interval.Load()), Held: c.held.Load(), Watching: c.watching.Load(),
		First: time.Unix(0, c.first).UTC(), Last: time.Unix(0, c.last.Load()).UTC(), Requests: c.requests.Load(),
		Revision: c.revision.Load(),
	}
	if tag := c.tag.Load(); tag != nil {
		row.Tag = *tag
	}
	return row
}

// name is the same for the same key, in every process.
func (c *Consumer) name() string {
	h := fnv.New128a()
	for _, s := range []string{c.address, c.agent, c.path, c.query} {
		h.Write(strconv.AppendInt(nil, int64(len(s)), 10))
		h.Write([]byte(":" + s))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// plainQuery is a query without what says how to wait, in the order of names.
func plainQuery(raw string) string {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return raw
	}
	delete(values, "wait")
	return values.Encode()
}
