package httpsd

import (
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/promshard/promshard/store"
)

// apiPrefix is what every address of the inventory API begins with.
const apiPrefix = "/api/v2"

// APIOptions are what the inventory API needs. Inventory is required for it to be served.
type APIOptions struct {
	// Inventory returns what is read and written; an error of it is the answer, ErrUnavailable while the database cannot
	// be used yet. Nil means that the inventory API is not served.
	Inventory func() (store.Inventory, error)
	// MaxPageSize is how many rows a page of a list has at most; 0 means 1000. A page that does not say how many it wants
	// has 100, or MaxPageSize if that is less.
	MaxPageSize int
	// MaxImportBytes is how large a list may be that is imported, or a source that is synced, decompressed; 0 means 1 GiB.
	MaxImportBytes int64
	// ImportFolder is where such a body is kept while it comes in; empty is that for temporary files.
	ImportFolder string
	// MaxSyncRows is how many rows a source may have that is synced, since all of it is in memory meanwhile; 0 means
	// 1,000,000. Its size is bounded by MaxImportBytes.
	MaxSyncRows int
	// MaxDocumentBytes bounds the body of an apply, in place of Options.MaxBodyBytes when that is less; 0 means 16 MiB.
	MaxDocumentBytes int64
}

// defaultPageSize is the size of a page whose limit was not given.
const defaultPageSize = 100

func (o APIOptions) withDefaults() APIOptions {
	if o.MaxPageSize <= 0 {
		o.MaxPageSize = 1000
	}
	if o.MaxImportBytes <= 0 {
		o.MaxImportBytes = 1 << 30
	}
	if o.MaxSyncRows <= 0 {
		o.MaxSyncRows = 1_000_000
	}
	if o.MaxDocumentBytes <= 0 {
		o.MaxDocumentBytes = 16 << 20
	}
	return o
}

// call is one request to the inventory API, as its operation sees it.
type call struct {
	h         *handler
	w         http.ResponseWriter
	r         *http.Request
	inventory store.Inventory
	query     *parameters
}

// operation answers a call, or returns the error to answer with; then it must not have written anything.
type operation func(c *call) error

// operate makes a handler of an operation, for a route that answers nothing without an inventory.
func (h *handler) operate(op operation) handlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		inventory, err := h.o.API.Inventory()
		if err != nil {
			return err
		}
		query, err := parseParameters(r.URL.RawQuery)
		if err != nil {
			return err
		}
		return op(&call{h: h, w: w, r: r, inventory: inventory, query: query})
	}
}

// success is the form of Prometheus's own API for what went well.
type success struct {
	Status string `json:"status"`
	Data   any    `json:"data"`
}

// reply answers a call with data.
func (c *call) reply(code int, data any) error {
	return c.send(code, success{Status: "success", Data: data})
}

// send answers a call with a whole form.
func (c *call) send(code int, form any) error {
	body, err := json.Marshal(form)
	if err != nil {
		return err
	}
	body = append(body, '\n')
	header := c.w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Content-Length", strconv.Itoa(len(body)))
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	c.h.allowTime(c.w, int64(len(body)))
	c.w.WriteHeader(code)
	c.w.Write(body) //nolint:errcheck // the client is gone; there is nobody to tell
	return nil
}
