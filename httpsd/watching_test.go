package httpsd

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/httpsd/snapshot"
	"github.com/promshard/promshard/httpsd/wire"
)

// follower is a client of a watch stream that holds what it was told.
type follower struct {
	res    *http.Response
	events chan wire.Event
	// ended has the error that the stream ended with, nil for a proper end.
	ended  chan error
	cancel context.CancelFunc

	set   map[int64][]wire.Group
	draft []wire.Project
	id    wire.ID
	etag  string
}

// follow opens a stream. It must be answered with 200.
func (s *serving) follow(t *testing.T, target string, header ...string) *follower {
	t.Helper()
	return follow(t, s.client, s.url+target, header...)
}

func follow(t *testing.T, client *http.Client, target string, header ...string) *follower {
	t.Helper()
	f := &follower{events: make(chan wire.Event), ended: make(chan error, 1), set: map[int64][]wire.Group{}}
	ctx, cancel := context.WithCancel(context.Background())
	f.cancel = cancel
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, http.NoBody)
	require.NoError(t, err)
	for i := 0; i < len(header); i += 2 {
		req.Header.Add(header[i], header[i+1])
	}
	f.res, err = client.Do(req)
	require.NoError(t, err)
	t.Cleanup(func() { f.leave(t) })
	if f.res.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(f.res.Body)
		require.Fail(t, "no stream", "%s: %s", f.res.Status, body)
	}
	go f.read(ctx)
	return f
}

// leave ends the stream from this side.
func (f *follower) leave(t *testing.T) {
	t.Helper()
	f.cancel()
	f.res.Body.Close()
	select {
	case err := <-f.ended:
		f.ended <- err
	case <-time.After(holdPatience):
		require.Fail(t, "the reader does not end")
	}
}

func (f *follower) read(ctx context.Context) {
	f.ended <- func() error {
		var body io.Reader = f.res.Body
		if f.res.Header.Get("Content-Encoding") == "gzip" {
			z, err := gzip.NewReader(body)
			if err != nil {
				return err
			}
			body = z
		}
		r := wire.NewReader(body)
		for {
			e, err := r.Next()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			e.Data = bytes.Clone(e.Data)
			select {
			case f.events <- e:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}()
}

// next waits for the next event and takes it in.
func (f *follower) next(t *testing.T) wire.Event {
	t.Helper()
	select {
	case e := <-f.events:
		f.apply(t, e)
		return e
	case err := <-f.ended:
		f.ended <- err
		require.Fail(t, "the stream has ended", "%v", err)
	case <-time.After(holdPatience):
		require.Fail(t, "no event comes")
	}
	return wire.Event{}
}

// until takes in events until the set has the entity tag.
func (f *follower) until(t *testing.T, etag string) {
	t.Helper()
	for f.etag != etag {
		f.next(t)
	}
}

// over waits for the end of the stream, and returns what came before and the error that it ended with.
func (f *follower) over(t *testing.T) (rest []wire.Event, err error) {
	t.Helper()
	deadline := time.After(holdPatience)
	for {
		select {
		case e := <-f.events:
			f.apply(t, e)
			rest = append(rest, e)
		case err := <-f.ended:
			f.ended <- err
			return rest, err
		case <-deadline:
			require.Fail(t, "the stream does not end")
		}
	}
}

// apply takes in an event, and checks the set against the entity tag that the server gives it.
func (f *follower) apply(t *testing.T, e wire.Event) {
	t.Helper()
	etag := f.etag
	switch e.Name {
	case wire.EventFull:
		full := decodeStrictly[wire.Full](t, e.Data)
		f.draft = append(f.draft, full.Projects...)
		assert.Equal(t, full.Last, e.ID != "", "only the last part has an id")
		if !full.Last {
			assert.Empty(t, full.ETag)
			return
		}
		f.set = map[int64][]wire.Group{}
		f.take(f.draft)
		f.draft, etag = nil, full.ETag
	case wire.EventDelta:
		delta := decodeStrictly[wire.Delta](t, e.Data)
		f.take(delta.Projects)
		etag = delta.ETag
	}
	if e.ID != "" {
		id, err := wire.ParseID(e.ID)
		require.NoError(t, err)
		require.False(t, id.Before(f.id), "never back in time: %v after %v", id, f.id)
		f.id = id
	}
	if e.Name != wire.EventBehind {
		require.Equal(t, etag, f.tag(), "the set is not what the server has: %s", e.Data)
		f.etag = etag
	}
}

func (f *follower) take(projects []wire.Project) {
	for _, p := range projects {
		if len(p.Groups) == 0 {
			delete(f.set, p.ID)
		} else {
			f.set[p.ID] = p.Groups
		}
	}
}

// tag sums up what the client holds.
func (f *follower) tag() string {
	if f.etag == "" && len(f.set) == 0 && f.id == (wire.ID{}) {
		return f.etag // nothing was received yet
	}
	var tag wire.Tag
	n := int64(0)
	for _, groups := range f.set {
		for _, g := range groups {
			tag = tag.Plus(wire.TagOf(g.Body))
			n++
		}
	}
	return tag.ETag(n)
}

// bodies are the groups that the client holds.
func (f *follower) bodies() []string {
	var all []string
	for _, id := range slices.Sorted(maps.Keys(f.set)) {
		for _, g := range f.set[id] {
			all = append(all, string(g.Body))
		}
	}
	return all
}

func decodeStrictly[T any](t *testing.T, data []byte) T {
	t.Helper()
	var v T
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	require.NoError(t, d.Decode(&v), "%s", data)
	return v
}

// etag is the entity tag of a list as it is now.
func (s *serving) etag(t *testing.T, target string) string {
	t.Helper()
	a := s.get(t, target)
	require.Equal(t, http.StatusOK, a.code, a.body)
	return a.header.Get("ETag")
}

// revision is the id of the snapshot.
func (s *serving) id() wire.ID { return idOf(s.publisher.Snapshot().Revision()) }

// watchers waits until that many streams are open.
func (s *serving) watchers(t testing.TB, n float64) {
	t.Helper()
	require.Eventually(t, func() bool { return metricValue(t, s.reg, "promshard_watchers") == n }, holdPatience, 2*time.Millisecond)
}

// runPublisher lets the publisher follow its source until the test ends.
func (s *serving) runPublisher(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.publisher.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		assert.NoError(t, <-done)
	})
	require.Eventually(t, func() bool { return s.publisher.Snapshot() != nil }, holdPatience, time.Millisecond)
}

// decodeGroup reads a group as the lists have it.
func decodeGroup(body string) (g struct {
	Targets []string          `json:"targets"`
	Labels  map[string]string `json:"labels"`
},
) {
	if err := json.Unmarshal([]byte(body), &g); err != nil {
		panic(err)
	}
	return g
}

// listETag is the entity tag of a list of targets straight from the snapshot.
func listETag(t *testing.T, p *Publisher, q snapshot.Query) string {
	t.Helper()
	list, err := p.Snapshot().List(snapshot.Targets, q)
	require.NoError(t, err)
	return list.ETag()
}
