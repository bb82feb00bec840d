package httpsd

import (
	"cmp"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/gorilla/mux"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/promshard/promshard/httpsd/snapshot"
	"github.com/promshard/promshard/httpsd/wire"
)

// route is one address with the methods that it answers.
type route struct {
	// name is what the route counts under in metrics. Routes of one path may share it.
	name string
	path string
	// methods are those it answers; nil stands for GET and HEAD.
	methods []string
	// needs is what whoever asks must be allowed somewhere, see handler.admit. Where, handle asks once it knows what is asked
	// for: see handler.permit, and listable for lists.
	needs  need
	handle handlerFunc
	// maxBody is how many bytes of a body are taken; 0 means Options.MaxBodyBytes.
	maxBody int64
	// doc is what the OpenAPI document says of the route; nil for what is no part of the inventory API.
	doc *operationDoc
}

// open is a route for everybody.
func open(name, path string, handle handlerFunc) route {
	return route{name: name, path: path, needs: needNothing, handle: handle}
}

// lists is a route for those who may fetch lists.
func lists(name, path string, handle handlerFunc) route {
	return route{name: name, path: path, needs: needLists, handle: handle}
}

// slash at the end of a path makes a slash there optional, as Promgen's addresses have it.
const slash = "{slash:/?}"

// routes are all addresses; those that are asked for most come first, since they are tried in this order.
func (h *handler) routes() []route {
	targets, urls := snapshot.Targets, snapshot.URLs
	return append([]route{
		lists("targets", "/sd/targets", h.list(targets)),
		lists("urls", "/sd/urls", h.list(urls)),
		lists("watch", wire.WatchPath, h.watch),
		lists("groups", wire.GroupsPath, h.groups),
		open("metrics", "/metrics", h.metricsPage()),
		open("healthy", "/-/healthy", h.healthy),
		open("ready", "/-/ready", h.ready),
		open("landing", "/", h.landing),
		open("style", "/static/style.css", h.style),

		// Promgen's addresses.
		lists("promgen_targets", "/api/v1/targets"+slash, h.list(targets)),
		lists("promgen_config", "/api/v1/config"+slash, h.list(targets)),
		lists("promgen_urls", "/api/v1/urls"+slash, h.list(urls)),
		lists("promgen_service_id", "/service/{id:[0-9]+}/targets"+slash, h.listOf("service", h.serviceByID)),
		lists("promgen_project_id", "/project/{id:[0-9]+}/targets"+slash, h.listOf("project", h.projectByID)),
		lists("promgen_rest_targets", "/rest/all/targets"+slash, h.list(targets)),
		lists("promgen_rest_urls", "/rest/all/urls"+slash, h.list(urls)),
		lists("promgen_rest_service", "/rest/service/{name}/targets"+slash, h.listOf("service", nameInPath)),
		lists("promgen_rest_project", "/rest/project/{name}/targets"+slash, h.listOf("project", nameInPath)),
	}, h.apiRoutes()...)
}

// newRouter matches paths as they were sent, so that a name may hold an encoded slash, and never redirects.
func (h *handler) newRouter() *mux.Router {
	router := mux.NewRouter().UseEncodedPath().SkipClean(true)
	all := h.routes()
	h.document = sync.OnceValues(func() ([]byte, error) { return openAPI(all) })
	for _, r := range all {
		router.Handle(r.path, h.adaptSized(r.name, cmp.Or(r.maxBody, h.o.MaxBodyBytes), h.admit(r.needs, r.handle))).Methods(r.accepts()...)
	}
	router.NotFoundHandler = h.adapt("not_found", func(_ http.ResponseWriter, r *http.Request) error {
		return fmt.Errorf("%w: %s", errNoRoute, shorten(r.URL.EscapedPath()))
	})
	router.MethodNotAllowedHandler = h.adapt("method_not_allowed", func(w http.ResponseWriter, r *http.Request) error {
		allowed := h.allowed(r)
		w.Header().Set("Allow", allowed)
		return fmt.Errorf("%w: %s; accepted are %s", errMethod, shorten(r.Method), allowed)
	})
	return router
}

// accepts are the methods that a route answers.
func (r route) accepts() []string {
	if r.methods == nil {
		return []string{http.MethodGet, http.MethodHead}
	}
	return r.methods
}

// allowed lists the methods that the address of r knows, as an Allow header has them.
func (h *handler) allowed(r *http.Request) string {
	var known []string
	for _, method := range methods {
		try := *r
		try.Method = method
		var match mux.RouteMatch
		if h.router.Match(&try, &match) && match.MatchErr == nil {
			known = append(known, method)
		}
	}
	return strings.Join(known, ", ")
}

// pathVar returns a variable of the path as it was before it was encoded.
func pathVar(r *http.Request, name string) (string, error) {
	value, err := url.PathUnescape(mux.Vars(r)[name])
	if err != nil {
		return "", fmt.Errorf("%w: %w", errNoRoute, err)
	}
	return value, nil
}

func (h *handler) metricsPage() handlerFunc {
	page := promhttp.HandlerFor(h.o.Gatherer, promhttp.HandlerOpts{
		EnableOpenMetrics: true,
		ErrorLog:          errorLog{h.o.Logger},
		Registry:          h.o.Registerer,
	})
	return func(w http.ResponseWriter, r *http.Request) error {
		page.ServeHTTP(w, r)
		return nil
	}
}

// errorLog puts what promhttp complains about into the log.
type errorLog struct{ logger *slog.Logger }

// Println implements promhttp.Logger.
func (l errorLog) Println(v ...any) {
	l.logger.Error("Gathering metrics", "err", strings.TrimSpace(fmt.Sprintln(v...)))
}

const plainText = "text/plain; charset=utf-8"

// healthy answers as long as the process can.
func (h *handler) healthy(w http.ResponseWriter, _ *http.Request) error {
	writeText(w, plainText, "promshard is healthy.\n")
	return nil
}

// ready answers once lists can be served, to whom they are for.
func (h *handler) ready(w http.ResponseWriter, _ *http.Request) error {
	if _, err := h.loaded(); err != nil {
		return err
	}
	if a := h.o.Access; a != nil && a.table.Load() == nil {
		return errNoAccess
	}
	writeText(w, plainText, "promshard is ready.\n")
	return nil
}

func writeText(w http.ResponseWriter, contentType, text string) {
	w.Header().Set("Content-Type", contentType)
	io.WriteString(w, text) //nolint:errcheck // the client is gone; there is nobody to tell
}
