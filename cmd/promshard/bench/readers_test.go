//go:build bench && linux

package bench

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

const (
	// watchers look for a write in the list of its project, again and again until it is there.
	watchers = 4
	// pollEvery is how often a reader asks for its list, watchEvery how long a watcher waits between two looks.
	pollEvery  = 250 * time.Millisecond
	watchEvery = 2 * time.Millisecond
)

// poll asks for a shard's list at intervals until ctx ends, on one connection as Prometheus does. Hosts are only ever
// added, so that a list which is shorter than the one before is an error.
func (c *crowd) poll(ctx context.Context, shard string) error {
	client := http.Client{Transport: &http.Transport{DisableCompression: true}}
	defer client.CloseIdleConnections()
	address := c.live.url + "/sd/targets?shard=" + url.QueryEscape(shard)
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for last := int64(0); ; {
		size, err := fetch(ctx, &client, address, io.Discard)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		if size < last {
			return fmt.Errorf("the list of %s shrank from %d to %d bytes", shard, last, size)
		}
		last = size
		c.polls.Add(1)
		c.polled.Add(size)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// watch takes one fresh write after the other and notes how long it takes to be seen.
func (c *crowd) watch(ctx context.Context, watcher int) error {
	client := http.Client{Transport: &http.Transport{DisableCompression: true}}
	defer client.CloseIdleConnections()
	for {
		var w written
		select {
		case <-ctx.Done():
			return nil
		case w = <-c.fresh:
		}
		seen, err := c.seen(ctx, &client, w)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		c.byWatcher[watcher] = append(c.byWatcher[watcher], seen)
	}
}

// seen returns how long after its acknowledgement a write was first seen in a list.
func (c *crowd) seen(ctx context.Context, client *http.Client, w written) (time.Duration, error) {
	address := c.live.url + "/sd/targets?project=" + url.QueryEscape(w.Project)
	for {
		var body bytes.Buffer
		if _, err := fetch(ctx, client, address, &body); err != nil {
			return 0, err
		}
		now := time.Now()
		if bytes.Contains(body.Bytes(), []byte(`"`+w.Name+`:`)) {
			return now.Sub(w.acknowledged), nil
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(watchEvery):
		}
	}
}

// fetch copies the body of a 200 and returns its size; anything else is an error.
func fetch(ctx context.Context, client *http.Client, address string, into io.Writer) (int64, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, err
	}
	response, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	size, err := io.Copy(into, response.Body)
	if err != nil {
		return 0, fmt.Errorf("reading %s: %w", address, err)
	}
	if response.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("%s answers %s", address, response.Status)
	}
	return size, nil
}

// hostOf returns the host of a target without brackets.
func hostOf(target string) string {
	host, _, err := net.SplitHostPort(target)
	if err != nil {
		return target
	}
	return host
}
