package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/promshard/promshard/httpsd/wire"
)

// cacheFormat is raised when files of the old format cannot be read any more.
const cacheFormat = 1

const (
	// minCacheInterval is the least time between two writes of the file.
	minCacheInterval = 5 * time.Second
	// cacheShare is how many times as long as a write took nothing is written after it.
	cacheShare = 20
)

// cacheFile is what the file holds, as JSON.
type cacheFile struct {
	Format int           `json:"format"`
	Query  string        `json:"query"`
	Saved  time.Time     `json:"saved"`
	Set    wire.Document `json:"set"`

	id wire.ID
}

// content is what the file is to hold. Nothing in it changes.
type content struct {
	id       wire.ID
	etag     string
	projects map[int64][]*entry
}

// cache is the file that keeps the last good set. It belongs to the goroutine of the keeper; files are written by
// another, one at a time. All its methods do nothing on nil, which stands for no cache.
type cache struct {
	path, query string
	log         *slog.Logger

	// timer is nil unless there is something to write once it fires.
	timer *time.Timer
	// writing is nil unless a file is being written.
	writing chan error
	// next is when the file may be written again. Whoever writes sets it before writing yields.
	next time.Time
	// last is what the file has, without its groups; failed says that it could not be written, which was logged.
	last   content
	failed bool
	// dirty says that there is something to write.
	dirty bool
}

func newCache(o Options) *cache {
	if o.CacheFile == "" {
		return nil
	}
	return &cache{path: o.CacheFile, query: o.Query.Encode(), log: o.Logger}
}

// changed has the file written before long.
func (c *cache) changed() {
	if c == nil {
		return
	}
	c.dirty = true
	c.schedule()
}

func (c *cache) schedule() {
	if c.dirty && c.timer == nil && c.writing == nil {
		c.timer = time.NewTimer(time.Until(c.next))
	}
}

// due yields when save is to be called.
func (c *cache) due() <-chan time.Time {
	if c == nil || c.timer == nil {
		return nil
	}
	return c.timer.C
}

// written yields what finish is to be called with.
func (c *cache) written() <-chan error {
	if c == nil {
		return nil
	}
	return c.writing
}

// save begins to write the file.
func (c *cache) save(now *content) {
	c.timer, c.dirty = nil, false
	if now == nil {
		return
	}
	c.last = content{id: now.id, etag: now.etag}
	done := make(chan error, 1)
	c.writing = done
	go func() {
		began := time.Now()
		err := c.write(now)
		c.next = time.Now().Add(max(minCacheInterval, cacheShare*time.Since(began)))
		done <- err
	}()
}

// finish notes how writing the file has ended.
func (c *cache) finish(err error) {
	c.writing = nil
	if err != nil {
		c.dirty = true
		if !c.failed {
			c.log.Warn("The cache file cannot be written; trying on", "file", c.path, "err", err)
		}
	} else if c.failed {
		c.log.Info("The cache file is written again", "file", c.path)
	}
	c.failed = err != nil
	c.schedule()
}

// close waits for what is being written, and writes what the file lacks.
func (c *cache) close(now *content) {
	if c == nil {
		return
	}
	if c.timer != nil {
		c.timer.Stop()
	}
	if c.writing != nil {
		c.finish(<-c.writing)
	}
	if now != nil && (c.dirty || now.id != c.last.id || now.etag != c.last.etag) {
		c.save(now)
		c.finish(<-c.writing)
	}
	if c.timer != nil {
		c.timer.Stop()
	}
}

// load reads the file. What it holds has yet to be compared with its entity tag.
func (c *cache) load() (*cacheFile, error) {
	data, err := os.ReadFile(c.path)
	if err != nil {
		return nil, err
	}
	var f cacheFile
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, fmt.Errorf("it is damaged: %w", err)
	}
	switch {
	case f.Format != cacheFormat:
		return nil, fmt.Errorf("its format is %d, not %d", f.Format, cacheFormat)
	case f.Query != c.query:
		return nil, fmt.Errorf("it is for the query %q, not %q", shorten(f.Query), c.query)
	}
	if f.id, err = wire.ParseID(f.Set.ID); err != nil {
		return nil, fmt.Errorf("it is damaged: %w", err)
	}
	c.last = content{id: f.id, etag: f.Set.ETag}
	return &f, nil
}

// write replaces the file: there is the old one or the new one, whole, at any time.
func (c *cache) write(now *content) (err error) {
	f, err := os.CreateTemp(filepath.Dir(c.path), "."+filepath.Base(c.path)+".*.tmp") // with permissions 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	err = c.encode(f, now)
	if err == nil {
		err = f.Sync()
	}
	if failed := errors.Join(err, f.Close()); failed != nil {
		return failed
	}
	return os.Rename(f.Name(), c.path)
}

// encode writes the content of the file piece by piece.
func (c *cache) encode(w io.Writer, now *content) error {
	query, err := json.Marshal(c.query)
	if err != nil {
		return err
	}
	const head = `{"format":%d,"query":%s,"saved":%q,"set":`
	if _, err := fmt.Fprintf(w, head, cacheFormat, query, time.Now().UTC().Format(time.RFC3339)); err != nil {
		return err
	}
	var e wire.Encoder
	e.BeginDocument(now.id, now.etag)
	for _, id := range slices.Sorted(maps.Keys(now.projects)) {
		wire.PutProject(&e, id, groupsOf(now.projects[id]))
		if e.Len() < 1<<16 {
			continue
		}
		if _, err := w.Write(e.Bytes()); err != nil {
			return err
		}
		e.Reset()
	}
	e.EndDocument()
	_, err = w.Write(append(e.Bytes(), "}\n"...))
	return err
}

func groupsOf(entries []*entry) iter.Seq2[jsonSource, []byte] {
	return func(yield func(jsonSource, []byte) bool) {
		for _, e := range entries {
			if !yield(jsonSource(e.group.Source), e.group.Body) {
				return
			}
		}
	}
}

// jsonSource is a source id that writes itself as wire.Appender demands, whatever a server has sent.
type jsonSource string

// Append implements wire.Appender.
func (s jsonSource) Append(dst []byte) []byte {
	quoted, err := json.Marshal(string(s))
	if err != nil {
		return dst // strings have no error
	}
	return append(dst, quoted[1:len(quoted)-1]...)
}
