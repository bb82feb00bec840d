package client

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"
)

// Client follows one query. See [New].
type Client struct {
	o       Options
	servers []*url.URL
	ran     atomic.Bool
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
	if !c.ran.CompareAndSwap(false, true) {
		return errors.New("a client runs once, and this one has")
	}
	client := c.o.HTTPClient
	if client == nil {
		own := newTransport()
		defer own.CloseIdleConnections()
		client = &http.Client{Transport: own}
	}
	k := newKeeper(c.o, handle)
	calls := make(chan call)
	l := newLink(c.o, c.servers, client, k, calls)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		l.run(ctx)
	}()
	k.serve(ctx, calls)
	<-ended
	k.close()
	return nil
}

// newTransport returns what http.DefaultTransport is, for one client alone.
func newTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         dialer.DialContext,
		ForceAttemptHTTP2:   true,
		IdleConnTimeout:     90 * time.Second,
		TLSHandshakeTimeout: 10 * time.Second,
		DisableCompression:  true,
	}
}
