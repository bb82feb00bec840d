package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/httpsd/wire"
)

// hosts is a network in memory, so that tests can run with time that is faked: handlers by host. A host without one is
// down.
type hosts struct {
	mu sync.Mutex
	// handlers may be changed through set.
	handlers map[string]http.Handler
	requests []*http.Request
	times    []time.Time
}

func (h *hosts) set(host string, handler http.Handler) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.handlers == nil {
		h.handlers = map[string]http.Handler{}
	}
	h.handlers[host] = handler
}

// seen returns the requests as "host/path", with the id they resume from if they do.
func (h *hosts) seen() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var all []string
	for _, r := range h.requests {
		s := r.URL.Host + strings.TrimPrefix(r.URL.Path, "/sd")
		if id := r.Header.Get(wire.LastEventID); id != "" {
			s += " " + id
		}
		all = append(all, s)
	}
	return all
}

// when returns the times of the requests.
func (h *hosts) when() []time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.times)
}

// RoundTrip implements http.RoundTripper.
func (h *hosts) RoundTrip(r *http.Request) (*http.Response, error) {
	h.mu.Lock()
	h.requests, h.times = append(h.requests, r), append(h.times, time.Now())
	handler := h.handlers[r.URL.Host]
	h.mu.Unlock()
	if handler == nil {
		return nil, errors.New("connection refused")
	}
	ctx, cancel := context.WithCancel(r.Context())
	from, to := io.Pipe()
	context.AfterFunc(ctx, func() { from.CloseWithError(ctx.Err()) })
	w := &pipeWriter{header: http.Header{}, to: to, head: make(chan int, 1)}
	go func() {
		defer func() {
			if recover() != nil {
				to.CloseWithError(io.ErrUnexpectedEOF)
			}
		}()
		handler.ServeHTTP(w, r.WithContext(ctx))
		w.WriteHeader(http.StatusOK)
		to.Close()
	}()
	select {
	case code := <-w.head:
		return &http.Response{StatusCode: code, Header: w.header.Clone(), Body: &pipeBody{from, cancel}, Request: r}, nil
	case <-ctx.Done():
		cancel()
		return nil, ctx.Err()
	}
}

type pipeWriter struct {
	header http.Header
	to     *io.PipeWriter
	head   chan int
	once   sync.Once
}

func (w *pipeWriter) Header() http.Header  { return w.header }
func (w *pipeWriter) WriteHeader(code int) { w.once.Do(func() { w.head <- code }) }
func (w *pipeWriter) Flush()               { w.WriteHeader(http.StatusOK) }
func (w *pipeWriter) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.to.Write(p)
}

type pipeBody struct {
	io.Reader
	cancel func()
}

func (b *pipeBody) Close() error { b.cancel(); return nil }

// cut ends a stream as a broken connection does.
func cut() { panic(http.ErrAbortHandler) }

// watching is a server whose streams are what stream does, and whose documents are those of documents, 404 if that is nil.
type watching struct {
	stream    func(w http.ResponseWriter, r *http.Request)
	documents func(w http.ResponseWriter, r *http.Request)
}

// ServeHTTP implements http.Handler.
func (s watching) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == wire.WatchPath && s.stream != nil:
		w.Header().Set("Content-Type", wire.ContentTypeStream)
		s.stream(w, r)
	case r.URL.Path == wire.GroupsPath && s.documents != nil:
		s.documents(w, r)
	default:
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"status":"error","errorType":"not_found","error":"shard \"x\" does not exist"}`)
	}
}

// sends is a server whose streams bring this and then nothing more.
func sends(text ...string) watching {
	return watching{stream: func(w http.ResponseWriter, r *http.Request) {
		for _, s := range text {
			fmt.Fprint(w, s)
		}
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}}
}

// player runs a client and notes what it does.
type player struct {
	t      *testing.T
	mu     sync.Mutex
	groups map[string]*Group
	// updates and events are all there were.
	updates []Update
	events  []Event
	log     bytes.Buffer
	stop    func()
	// after, when not nil, is called after each update, with what is held then.
	after func(Update, map[string]*Group)
}

// play runs a client of the servers a, b, … until the test ends or stop is called.
func play(t *testing.T, network http.RoundTripper, o Options, servers ...string) *player {
	t.Helper()
	p := &player{t: t}
	p.run(network, o, servers...)
	return p
}

func (p *player) run(network http.RoundTripper, o Options, servers ...string) {
	t := p.t
	t.Helper()
	p.groups = map[string]*Group{}
	for _, s := range servers {
		o.Servers = append(o.Servers, "http://"+s)
	}
	if network != nil {
		o.HTTPClient = &http.Client{Transport: network}
	}
	o.Logger = slog.New(slog.NewTextHandler(lockedWriter{&p.mu, &p.log}, nil))
	o.OnEvent = func(e Event) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.events = append(p.events, e)
	}
	c, err := New(o)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx, p.apply) }()
	p.stop = sync.OnceFunc(func() {
		cancel()
		began := time.Now()
		require.NoError(t, <-done)
		require.Less(t, time.Since(began), 5*time.Second, "Run returns promptly")
	})
	t.Cleanup(p.stop)
}

type lockedWriter struct {
	mu *sync.Mutex
	w  io.Writer
}

func (l lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// apply checks that an update is what it promises to be, and notes it.
func (p *player) apply(u Update) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if u.First != (len(p.updates) == 0) {
		p.t.Errorf("update %d has First %v", len(p.updates), u.First)
	}
	if !u.First && len(u.Changed)+len(u.Gone) == 0 {
		p.t.Errorf("update %d changes nothing", len(p.updates))
	}
	for i, g := range u.Changed {
		if held, ok := p.groups[g.Source]; ok && groupText(held) == groupText(g) {
			p.t.Errorf("group %s is said to be changed, and is not", g.Source)
		}
		if i > 0 && u.Changed[i-1].Source >= g.Source {
			p.t.Errorf("%s comes before %s", u.Changed[i-1].Source, g.Source)
		}
		p.groups[g.Source] = g
	}
	for _, source := range u.Gone {
		if p.groups[source] == nil {
			p.t.Errorf("group %s is said to be gone, and never was there", source)
		}
		delete(p.groups, source)
	}
	p.updates = append(p.updates, u)
	if p.after != nil {
		p.after(u, p.groups)
	}
}

func groupText(g *Group) string { return fmt.Sprint(g.Project, groupBody(g.Targets, g.Labels)) }

// held is what the client has handed out so far: targets by source; nil before the first update.
func (p *player) held() map[string]string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.updates) == 0 {
		return nil
	}
	held := map[string]string{}
	for source, g := range p.groups {
		held[source] = strings.Join(g.Targets, ",")
	}
	return held
}

// update returns the last update.
func (p *player) update() Update {
	p.mu.Lock()
	defer p.mu.Unlock()
	require.NotEmpty(p.t, p.updates)
	return p.updates[len(p.updates)-1]
}

// count is how many events of a kind there were.
func (p *player) count(k EventKind) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.events {
		if e.Kind == k {
			n++
		}
	}
	return n
}

// kinds are the events so far.
func (p *player) kinds() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var kinds []string
	for _, e := range p.events {
		kinds = append(kinds, e.Kind.String())
	}
	return kinds
}

// failures are the errors of all events of a server, "" for any.
func (p *player) failures(server string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []string
	for _, e := range p.events {
		if e.Err != nil && (server == "" || server == e.Server) {
			all = append(all, fmt.Sprintf("%s %s: %v", e.Kind, e.Server, e.Err))
		}
	}
	return strings.Join(all, "\n")
}

// logged is how many log lines have the text.
func (p *player) logged(text string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Count(p.log.String(), text)
}
