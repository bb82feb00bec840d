package client

import (
	"context"
	"net/http"
	"net/url"
	"sync/atomic"
)

// Client follows one query. See [New].
type Client struct {
	o       Options
	servers []*url.URL
	http    *http.Client
	// own is the client's own transport, nil when the HTTPClient was given.
	own *http.Transport
	ran atomic.Bool
}

// New returns a Client that has asked nobody yet. The error names the option at fault and says what would do.
func New(o Options) (*Client, error) {
	o, servers, err := o.resolve()
	if err != nil {
		return nil, err
	}
	return &Client{o: o, servers: servers}, nil
}

// Run follows the query until ctx ends, and then returns nil within a moment. It calls handle with each update, from the
// one goroutine that OnEvent is called from too, and waits for it to return: while handle blocks, nothing else is applied,
// and Run cannot end. Nothing is called after Run has returned. A Client runs once: a second call returns an error.
func (c *Client) Run(ctx context.Context, handle func(Update)) error {
	panic("written next")
}
