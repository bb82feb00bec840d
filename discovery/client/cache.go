package client

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
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
	Format int       `json:"format"`
	Query  string    `json:"query"`
	Saved  time.Time `json:"saved"`
	wire.Document

	id wire.ID
}

// content is what the file is to hold. Nothing in it changes.
type content struct {
	id      wire.ID
	etag    string
	entries []entry
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
	if f.id, err = wire.ParseID(f.ID); err != nil {
		return nil, fmt.Errorf("it is damaged: %w", err)
	}
	c.last = content{id: f.id, etag: f.ETag}
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
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), c.path)
}

// encode writes by hand what encoding/json would alter: the bytes of a group must stay as they are.
func (c *cache) encode(to io.Writer, now *content) error {
	w := bufio.NewWriterSize(to, 1<<16)
	head, err := json.Marshal(struct {
		Format int       `json:"format"`
		Query  string    `json:"query"`
		Saved  time.Time `json:"saved"`
		ID     string    `json:"id"`
		ETag   string    `json:"etag"`
	}{cacheFormat, c.query, time.Now().UTC(), now.id.String(), now.etag})
	if err != nil {
		return err
	}
	w.Write(head[:len(head)-1])
	w.WriteString(`,"projects":[`)
	if err := encodeGroups(w, now.entries); err != nil {
		return err
	}
	w.WriteString("]}\n")
	return w.Flush()
}

// encodeGroups writes entries as the projects of a document. Errors of w show when it is flushed.
func encodeGroups(w *bufio.Writer, entries []entry) error {
	slices.SortFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.group.Project, b.group.Project), strings.Compare(a.group.Source, b.group.Source))
	})
	for i, e := range entries {
		source, err := json.Marshal(e.group.Source)
		if err != nil {
			return err
		}
		switch {
		case i > 0 && entries[i-1].group.Project == e.group.Project:
			w.WriteByte(',')
		case i > 0:
			w.WriteString("]},")
			fallthrough
		default:
			fmt.Fprintf(w, `{"id":%d,"groups":[`, e.group.Project)
		}
		w.WriteString(`{"source":`)
		w.Write(source)
		w.WriteString(`,"group":`)
		w.Write(e.body)
		w.WriteByte('}')
	}
	if len(entries) > 0 {
		w.WriteString("]}")
	}
	return nil
}
