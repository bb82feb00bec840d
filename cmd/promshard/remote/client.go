// Package remote is the inventory of promshard servers, over their HTTP API: what a database is to a command that runs
// beside it. Values, errors and their texts are those of package store.
package remote

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/promshard/promshard/store"
)

// ErrUnauthorized marks a server that does not know who asks: no token, or one that is not valid.
var ErrUnauthorized = errors.New("unauthorized")

// Options are what a Client needs. Only Servers is required.
type Options struct {
	// Servers are the base URLs of servers of one inventory. The first one that answers is asked, and goes on being asked.
	Servers []string
	// Token is sent with each request; empty sends none. It is in no message.
	Token string
	// HTTPClient sends the requests; nil means one of its own. It must not follow redirects, which could take the token
	// elsewhere: New sees to that.
	HTTPClient *http.Client
	// UserAgent is sent with each request; empty means "promshard".
	UserAgent string
	// Timeout is how long one request may take, all but an import; 0 means 2m.
	Timeout time.Duration
	// Patience is how long in all a call waits when the server says that there were too many; 0 means 1m.
	Patience time.Duration
}

// Client is an inventory on servers. It implements store.Registry and store.AccessControl, and is safe for concurrent use.
type Client struct {
	o       Options
	http    *http.Client
	servers []*url.URL
	// preferred is the index of the server that answered last.
	preferred atomic.Int64
	// allowed is how many rows servers are known to allow at once; 0 until one has refused pageSize.
	allowed atomic.Int64
	// pause is how long to wait before a request is sent again that was lost.
	pause time.Duration
}

var (
	_ store.Registry      = (*Client)(nil)
	_ store.AccessControl = (*Client)(nil)
)

// New returns a client, which has asked nothing yet. An error of it is about the options.
func New(o Options) (*Client, error) {
	o.UserAgent = cmp.Or(o.UserAgent, "promshard")
	o.Timeout, o.Patience = cmp.Or(o.Timeout, 2*time.Minute), cmp.Or(o.Patience, time.Minute)
	c := &Client{o: o, pause: 200 * time.Millisecond}
	for _, server := range o.Servers {
		u, err := parseServer(server)
		if err != nil {
			return nil, err
		}
		c.servers = append(c.servers, u)
	}
	if len(c.servers) == 0 {
		return nil, errors.New("no server is named")
	}
	client := http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone()}
	if o.HTTPClient != nil {
		client = *o.HTTPClient
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	c.http = &client
	return c, nil
}

// parseServer reads the base URL of a server.
func parseServer(server string) (*url.URL, error) {
	u, err := url.Parse(server)
	switch {
	case err != nil:
		return nil, errors.New("a server's address is not a URL") // which may have a password in it
	case u.User != nil:
		return nil, fmt.Errorf("%q has a user in it, which others could see; a file with http_config takes one", u.Redacted())
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return nil, fmt.Errorf("%q is not an http or https URL", server)
	case u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("%q has a query or a fragment", server)
	}
	u.Path = strings.TrimRight(u.Path, "/")
	u.RawPath = strings.TrimRight(u.RawPath, "/")
	return u, nil
}

// Close ends connections that are kept.
func (c *Client) Close() error {
	c.http.CloseIdleConnections()
	return nil
}
