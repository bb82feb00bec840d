package httpsd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"sync"
	"time"

	"github.com/gorilla/mux"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/promshard/promshard/httpsd/consumers"
	"github.com/promshard/promshard/httpsd/wire"
)

// Options are what the handler of all routes needs. Only Publisher is required.
type Options struct {
	// Publisher has the snapshot that is served.
	Publisher *Publisher
	// Access says who may do what; nil lets everybody do everything.
	Access *Access
	// Logger gets errors that are ours, never the client's; nil discards them.
	Logger *slog.Logger
	// Registerer gets the metrics of requests; nil registers none.
	Registerer prometheus.Registerer
	// Gatherer has what /metrics shows; nil shows nothing.
	Gatherer prometheus.Gatherer
	// ExternalURL is how Prometheus servers reach this promshard, as the landing page spells it out in the snippets
	// to paste; nil means whatever address the page was asked for at.
	ExternalURL *url.URL
	// Consumers remembers who asks for lists; nil remembers nobody.
	Consumers *consumers.Tracker
	// Replica is what Consumers.Share calls this process among those that share.
	Replica string
	// MaxURLLength bounds path and query of a request; 0 means 8192.
	MaxURLLength int
	// MaxBodyBytes bounds the body of a request; 0 means 1 MiB.
	MaxBodyBytes int64
	// AnswerTimeout is how long a client may take to read an answer, and SlowestReader how many bytes of a list, on
	// average, it must take per second beyond that; 0 means 30s and 64 KiB. AnswerTimeout should be the server's
	// WriteTimeout, which is what limits small answers.
	AnswerTimeout time.Duration
	SlowestReader int64
	// StaleAfter is from when on an answer says, in an Age header, how long ago the database last confirmed it; 0
	// means 10s.
	StaleAfter time.Duration
	// MaxWait is how long a request with wait is held at most, and MaxHeldRequests how many are at one time: one more
	// is answered at once. 0 means 5m and 10000; with a negative MaxHeldRequests none is ever held.
	MaxWait         time.Duration
	MaxHeldRequests int
	// MaxWatchers is how many watch streams are open at one time: one more is refused. 0 means 20000; a negative one
	// refuses all.
	MaxWatchers int
	// KeepAlive is after how long without an event a watch stream gets a sign of life; 0 means a little less than
	// wire.KeepAlive, which is what clients rely on.
	KeepAlive time.Duration
	// WatchPause is how soon after a write to a watcher the next one may follow: what changes meanwhile goes together.
	// The first change after a quiet spell always goes at once. 0 means 50ms; a negative one makes no pauses.
	WatchPause time.Duration
	// WatcherTimeout is how long a watcher may take over a write, or a piece of a large one, before it is dropped; 0
	// means 30s. A whole set may take that and what SlowestReader allows.
	WatcherTimeout time.Duration
	// API is what the inventory API needs; without an Inventory it is not served.
	API APIOptions
}

func (o Options) withDefaults() Options {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Gatherer == nil {
		o.Gatherer = prometheus.Gatherers{}
	}
	if o.MaxURLLength <= 0 {
		o.MaxURLLength = 8192
	}
	if o.MaxBodyBytes <= 0 {
		o.MaxBodyBytes = 1 << 20
	}
	if o.AnswerTimeout <= 0 {
		o.AnswerTimeout = 30 * time.Second
	}
	if o.SlowestReader <= 0 {
		o.SlowestReader = 64 << 10
	}
	if o.StaleAfter <= 0 {
		o.StaleAfter = 10 * time.Second
	}
	if o.MaxWait <= 0 {
		o.MaxWait = 5 * time.Minute
	}
	if o.MaxHeldRequests == 0 {
		o.MaxHeldRequests = 10_000
	}
	o.API = o.API.withDefaults()
	return o.withWatchDefaults()
}

func (o Options) withWatchDefaults() Options {
	if o.MaxWatchers == 0 {
		o.MaxWatchers = 20_000
	}
	if o.KeepAlive <= 0 {
		o.KeepAlive = wire.KeepAlive * 9 / 10
	}
	if o.WatchPause == 0 {
		o.WatchPause = 50 * time.Millisecond
	}
	if o.WatcherTimeout <= 0 {
		o.WatcherTimeout = 30 * time.Second
	}
	return o
}

// Handler has every route. It is safe for concurrent use.
type Handler struct{ h *handler }

// handler is what a Handler does not show.
type handler struct {
	o       Options
	metrics *requestMetrics
	holds   *holds
	watches *watches
	router  *mux.Router
	// document renders the OpenAPI document once.
	document func() ([]byte, error)

	// syncing has room for one: who has put something into it may hold a source in memory.
	syncing chan struct{}

	// patience is behindPatience.
	patience time.Duration

	// released is closed when nothing may wait for changes any more.
	released <-chan struct{}
	release  func()
}

// New returns the handler of every route. It panics without a Publisher.
func New(o Options) *Handler {
	if o.Publisher == nil {
		panic("httpsd: Options.Publisher is required")
	}
	released := make(chan struct{})
	o = o.withDefaults()
	h := &handler{
		o: o, metrics: newRequestMetrics(o.Registerer), holds: newHolds(o.MaxHeldRequests, o.Registerer),
		watches:  newWatches(o.MaxWatchers, o.Registerer),
		syncing:  make(chan struct{}, 1),
		patience: behindPatience,
		released: released, release: sync.OnceFunc(func() { close(released) }),
	}
	h.router = h.newRouter()
	return &Handler{h}
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.h.router.ServeHTTP(w, r) }

// Release ends whatever waits for changes, now and from now on, so that a server can stop: held requests are answered
// with the current list, watch streams end. It does not wait for the answers, and may be called more than once.
func (h *Handler) Release() { h.h.release() }

// handlerFunc answers a request, or returns the error to answer with; then it must not have written anything.
type handlerFunc func(w http.ResponseWriter, r *http.Request) error

// adapt makes an http.Handler of fn. It alone bounds what a client may send, turns errors into answers, logs those
// that are ours, survives panics, and counts; name is the route's in metrics.
func (h *handler) adapt(name string, fn handlerFunc) http.Handler {
	return h.adaptSized(name, h.o.MaxBodyBytes, fn)
}

// adaptSized is adapt for a route that takes bodies of another size.
func (h *handler) adaptSized(name string, maxBody int64, fn handlerFunc) http.Handler {
	observe := h.metrics.of(name)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		rec := &recorder{ResponseWriter: w}
		defer func() { observe(r.Method, rec, time.Since(start)-rec.held) }()
		if err := h.guard(fn, maxBody, rec, r); err != nil {
			h.fail(rec, r, name, err)
		}
	})
}

// guard runs fn within the limits on requests, and turns a panic into an error.
func (h *handler) guard(fn handlerFunc, maxBody int64, w *recorder, r *http.Request) (err error) {
	defer func() {
		switch p := recover(); p {
		case nil:
		case http.ErrAbortHandler:
			panic(p)
		default:
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	if holdsToken(r.RequestURI) {
		return errTokenInURL
	}
	if len(r.RequestURI) > h.o.MaxURLLength {
		return fmt.Errorf("%w: %d bytes, at most %d are taken", errURITooLong, len(r.RequestURI), h.o.MaxURLLength)
	}
	if r.ContentLength > maxBody {
		return fmt.Errorf("%w: %d bytes, at most %d are taken", errBodyTooLarge, r.ContentLength, maxBody)
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	return fn(w, r)
}

// fail answers with err. An answer that has begun already cannot be taken back: its connection is cut, so that the
// client sees a failure and not a list that is merely shorter.
func (h *handler) fail(w *recorder, r *http.Request, name string, err error) {
	_, known := classify(err)
	clientGone := r.Context().Err() != nil && errors.Is(err, context.Canceled)
	if !known && !clientGone {
		h.o.Logger.Error("Answering a request", "handler", name, "method", r.Method, "url", shorten(withoutTokens(r.RequestURI)), "err", err)
	}
	h.o.Access.observe(err)
	if w.code != 0 {
		panic(http.ErrAbortHandler)
	}
	writeError(w, err)
}
