package remote

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/httpsd"
	"github.com/promshard/promshard/store"
)

// handlerOf serves an inventory until the test ends.
func handlerOf(t *testing.T, s *store.Store, change ...func(*httpsd.Options)) http.Handler {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	publisher := httpsd.NewPublisher(httpsd.PublisherOptions{Source: s})
	ended := make(chan error, 1)
	go func() { ended <- publisher.Run(ctx) }()
	o := httpsd.Options{Publisher: publisher, API: httpsd.APIOptions{
		Inventory: func() (store.Inventory, error) { return s, nil }, ImportFolder: t.TempDir(),
	}}
	for _, f := range change {
		f(&o)
	}
	handler := httpsd.New(o)
	t.Cleanup(func() {
		handler.Release()
		cancel()
		<-ended
	})
	return handler
}

// serve answers with a handler until the test ends, and returns its URL.
func serve(t *testing.T, handler http.Handler) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// clientOf returns a client of servers.
func clientOf(t *testing.T, o Options) *Client {
	t.Helper()
	c, err := New(o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}
