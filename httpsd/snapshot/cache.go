package snapshot

import "sync"

// lazyList is a list that is made when it is first asked for.
type lazyList struct {
	once sync.Once
	list *List
}

func (l *lazyList) get(build func() *List) *List {
	l.once.Do(func() { l.list = build() })
	return l.list
}

// What the lists that filters picked may take up in one snapshot.
const (
	maxPicked      = 256
	maxPickedBytes = 64 << 20
)

// listCache keeps lists that filters picked, so that each is made once however many clients ask for it. When they
// are too many or too large, some go, whichever; the latest always stays.
type listCache struct {
	mu    sync.Mutex
	lists map[string]*cachedList
	// bytes is the sum of what the lists hold for themselves.
	bytes int64
}

type cachedList struct {
	lazyList
	bytes int64 // guarded by the cache's mutex
}

func newListCache() *listCache {
	return &listCache{lists: map[string]*cachedList{}}
}

// get returns the list of a key. When it is not there, pick makes it and says how many bytes it holds for itself, that
// is, does not share with the snapshot.
func (c *listCache) get(key string, pick func() (list *List, bytes int64)) *List {
	l := c.entry(key)
	return l.get(func() *List {
		list, bytes := pick()
		c.charge(key, l, bytes)
		return list
	})
}

// entry returns the entry of a key, a new one when there is none.
func (c *listCache) entry(key string) *cachedList {
	c.mu.Lock()
	defer c.mu.Unlock()
	l, ok := c.lists[key]
	if !ok {
		l = &cachedList{}
		c.lists[key] = l
		c.evict(l)
	}
	return l
}

// charge notes how large a list has become.
func (c *listCache) charge(key string, l *cachedList, bytes int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lists[key] != l { // evicted meanwhile
		return
	}
	l.bytes = bytes
	c.bytes += bytes
	c.evict(l)
}

// evict makes room by dropping lists other than the one given.
func (c *listCache) evict(stays *cachedList) {
	for key, l := range c.lists {
		if len(c.lists) <= maxPicked && c.bytes <= maxPickedBytes {
			return
		}
		if l != stays {
			delete(c.lists, key)
			c.bytes -= l.bytes
		}
	}
}
