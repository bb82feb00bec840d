package main

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReloadAddressMayBeWholeOrTheBase(t *testing.T) {
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.URL.Path)
	}))
	defer server.Close()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for path, want := range map[string]string{
		"": "/-/reload", "/": "/-/reload", "/prefix": "/prefix/-/reload", "/prefix/-/reload": "/prefix/-/reload", "/-/reload/": "/-/reload/",
	} {
		asked = nil
		base, err := url.Parse(server.URL + path)
		require.NoError(t, err)
		require.NoError(t, reloadPrometheus(t.Context(), client, base, "--reload"))
		require.Equal(t, []string{"POST " + want}, asked)
	}
}
