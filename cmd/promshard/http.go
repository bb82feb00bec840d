package main

import (
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/common/version"
)

// newHTTPClient returns a client for one request, which may take timeout in all and half a minute to be answered.
func newHTTPClient(timeout time.Duration) *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ResponseHeaderTimeout = 30 * time.Second
	transport.DisableKeepAlives = true
	return &http.Client{Transport: transport, Timeout: timeout}
}

func userAgent() string {
	if version.Version == "" {
		return "promshard"
	}
	return "promshard/" + version.Version
}

// answer is what a server said instead of what was asked for: its status and the first line of its body.
func answer(resp *http.Response) string {
	const most = 300
	body, _ := io.ReadAll(io.LimitReader(resp.Body, most)) // what could be read is better than nothing
	line, _, _ := strings.Cut(strings.TrimSpace(string(body)), "\n")
	if line == "" {
		return "the server answered " + resp.Status
	}
	return "the server answered " + resp.Status + ": " + line
}
