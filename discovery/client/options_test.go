package client

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestOptionsAreChecked(t *testing.T) {
	ok := []string{"http://a:9780"}
	for want, o := range map[string]Options{
		"Servers is empty": {},
		`Servers: "a:9780" is not the URL of a server`:           {Servers: []string{"http://b", "a:9780"}},
		`Servers: "ftp://a" is not the URL of a server`:          {Servers: []string{"ftp://a"}},
		`Servers: "http:///x" is not`:                            {Servers: []string{"http:///x"}},
		`Servers: "" is not`:                                     {Servers: []string{""}},
		"Servers: not a URL":                                     {Servers: []string{"http://user:secret@a:b"}},
		`Servers: "http://a?shard=x" has a query or a fragment`:  {Servers: []string{"http://a?shard=x"}},
		`Servers: "http://a#x" has a query or a fragment`:        {Servers: []string{"http://a#x"}},
		`Servers: "http://u:xxxxx@a/sd/" ends with /sd`:          {Servers: []string{"http://u:secret@a/sd/"}},
		"Servers: http://a:9780 is named twice":                  {Servers: append(ok, ok...)},
		"HTTPClient.Timeout is 1s: it must be 0":                 {Servers: ok, HTTPClient: &http.Client{Timeout: time.Second}},
		"RefreshInterval is -1s: it must not be negative":        {Servers: ok, RefreshInterval: -time.Second},
		"CacheAfter is -1s: it must not be negative":             {Servers: ok, CacheAfter: -time.Second},
		"ConnectTimeout is -1s: it must not be negative":         {Servers: ok, ConnectTimeout: -time.Second},
		"IdleTimeout is -1s: it must not be negative":            {Servers: ok, IdleTimeout: -time.Second},
		"StreamRetryInterval is -1s: it must not be negative":    {Servers: ok, StreamRetryInterval: -time.Second},
		"MinBackoff is -1s: it must not be negative":             {Servers: ok, MinBackoff: -time.Second},
		"MaxBackoff is 100ms: it must not be below MinBackoff":   {Servers: ok, MaxBackoff: 100 * time.Millisecond},
		"MaxBackoff is 30s: it must not be below MinBackoff, wh": {Servers: ok, MinBackoff: time.Minute},
	} {
		t.Run(want, func(t *testing.T) {
			_, err := New(o)
			require.ErrorContains(t, err, "option "+want)
			require.NotContains(t, err.Error(), "secret")
		})
	}
}

func TestOptionsHaveTheirDefaults(t *testing.T) {
	c, err := New(Options{Servers: []string{"https://a/below/"}})
	require.NoError(t, err)
	require.Equal(t, time.Minute, c.o.RefreshInterval)
	require.Equal(t, 5*time.Second, c.o.CacheAfter)
	require.Equal(t, 10*time.Second, c.o.ConnectTimeout)
	require.Equal(t, 45*time.Second, c.o.IdleTimeout)
	require.Equal(t, 5*time.Minute, c.o.StreamRetryInterval)
	require.Equal(t, 500*time.Millisecond, c.o.MinBackoff)
	require.Equal(t, 30*time.Second, c.o.MaxBackoff)
}
