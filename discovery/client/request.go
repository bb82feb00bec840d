package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/promshard/promshard/httpsd/wire"
)

// server is one of those that are tried in turn.
type server struct {
	// name is for logs and events.
	name          string
	watch, groups string
}

func newServers(bases []*url.URL, query url.Values) []server {
	var servers []server
	for _, base := range bases {
		address := func(path string) string {
			u := base.JoinPath(path)
			u.RawQuery = query.Encode()
			return u.String()
		}
		servers = append(servers, server{name: base.Redacted(), watch: address(wire.WatchPath), groups: address(wire.GroupsPath)})
	}
	return servers
}

// statusError is an answer with another status than the one hoped for.
type statusError struct {
	code int
	// text is what the server says about it.
	text string
}

func (e *statusError) Error() string {
	status := fmt.Sprintf("%d %s", e.code, http.StatusText(e.code))
	if e.text == "" {
		return "it answered " + status
	}
	return "it answered " + status + ": " + e.text
}

// StatusCode is the HTTP status that a server has answered with, if that is what err, as of an [Event], is about; else 0.
func StatusCode(err error) int {
	var status *statusError
	if errors.As(err, &status) {
		return status.code
	}
	return 0
}

// get sends a request and checks that the answer is of that type and has status 200, or 304 if that was asked for. The
// caller closes its body. It always asks for gzip itself, so that no transport decodes behind its back what has to arrive
// piece by piece.
func (l *link) get(ctx context.Context, address, mediaType string, header map[string]string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", mediaType)
	req.Header.Set("Accept-Encoding", "gzip")
	req.Header.Set("Cache-Control", "no-cache")
	req.Header.Set("User-Agent", l.o.UserAgent)
	for name, value := range header {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	resp, err := l.http.Do(req)
	if err != nil {
		return nil, cause(ctx, withoutURL(err))
	}
	if err := check(resp, mediaType, header["If-None-Match"] != ""); err != nil {
		resp.Body.Close()
		return nil, err
	}
	return resp, nil
}

func check(resp *http.Response, mediaType string, conditional bool) error {
	if resp.StatusCode == http.StatusNotModified && conditional {
		return nil
	}
	if resp.StatusCode != http.StatusOK {
		return &statusError{code: resp.StatusCode, text: errorText(resp)}
	}
	got := resp.Header.Get("Content-Type")
	if media, _, err := mime.ParseMediaType(got); err != nil || media != mediaType {
		return fmt.Errorf("it answered with %q, not %s", shorten(got), mediaType)
	}
	return nil
}

// errorText is the error of an answer in the form of Prometheus's API, "" if it has none.
func errorText(resp *http.Response) string {
	const most = 4 << 10
	var answer struct {
		Error string `json:"error"`
	}
	var from io.Reader = resp.Body
	if resp.Header.Get("Content-Encoding") == "gzip" {
		from = &gunzip{from: resp.Body}
	}
	data, err := io.ReadAll(io.LimitReader(from, most))
	if err != nil || json.Unmarshal(data, &answer) != nil {
		return ""
	}
	return strings.Join(strings.Fields(shorten(answer.Error)), " ")
}

// withoutURL takes away what url.Error adds: the server is told beside the error already, without the filters.
func withoutURL(err error) error {
	if wrapped, ok := err.(*url.Error); ok { //nolint:errorlint // the outermost only: one deeper belongs to the cause
		return wrapped.Err
	}
	return err
}
