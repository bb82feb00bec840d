package httpsd

import (
	"context"
	"crypto/sha256"
	"net"
	"net/http"
	"slices"
	"sync"
)

// connection remembers what was sent last on one connection, so that a client which does not say what it has need not
// be sent it again. It is safe for concurrent use, as the requests of one HTTP/2 connection need it.
type connection struct {
	mu sync.Mutex
	// sent is in the order in which it was sent, and has at most maxSent elements.
	sent []sentList
}

// maxSent bounds what is remembered of a connection, to some kilobytes.
const maxSent = 32

// sentList is a list that a client has: the address that it asked for, and the tag of the content.
type sentList struct {
	address [sha256.Size]byte
	tag     string
}

type connectionKey struct{}

// withConnection is the ConnContext of an http.Server.
func withConnection(ctx context.Context, _ net.Conn) context.Context {
	return context.WithValue(ctx, connectionKey{}, &connection{})
}

// connectionOf returns the connection that a request came on; nil, which remembers nothing, when the server has no
// ConnContext.
func connectionOf(r *http.Request) *connection {
	c, _ := r.Context().Value(connectionKey{}).(*connection)
	return c
}

// address stands for the path and the query of a request, as they were sent, however long they are.
func address(r *http.Request) [sha256.Size]byte {
	return sha256.Sum256([]byte(r.URL.EscapedPath() + "?" + r.URL.RawQuery))
}

// tag returns the tag of the content that was sent last in answer to a request like r; "" when that is not known.
func (c *connection) tag(r *http.Request) string {
	if c == nil {
		return ""
	}
	a := address(r)
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.sent {
		if s.address == a {
			return s.tag
		}
	}
	return ""
}

// record notes that the client has what the tag stands for. What was sent the longest ago is forgotten for it.
func (c *connection) record(r *http.Request, tag string) {
	if c == nil {
		return
	}
	a := address(r)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sent = slices.DeleteFunc(c.sent, func(s sentList) bool { return s.address == a })
	if len(c.sent) == maxSent {
		c.sent = slices.Delete(c.sent, 0, 1)
	}
	c.sent = append(c.sent, sentList{a, tag})
}
