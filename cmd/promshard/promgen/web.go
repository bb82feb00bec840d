package promgen

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Web is a Promgen that is asked over HTTP, for those whose database is out of reach.
type Web struct {
	// URL is where it is. Required.
	URL *url.URL
	// Token is one of its API tokens; none by default.
	Token string
	// Client makes the requests, and bounds how long each may take. Required.
	Client *http.Client
	// UserAgent is what requests call themselves. Required.
	UserAgent string
}

// Absent is what a Promgen does not tell over HTTP.
var Absent = []string{
	"servers", "default exporters", "disabled exporters", "descriptions of probes, and probes without URLs",
	"hosts of projects that have no enabled exporter", "ids of hosts, exporters, probes and URLs",
}

// attempts is how often everything is read, at most, when it changes while it is read.
const attempts = 3

// Read reads the services, projects and shards, and the two lists. They come with one request each, so that Promgen may
// change in between: what does not fit together is read again.
func (w Web) Read(ctx context.Context) (Source, error) {
	for range attempts {
		state, err := w.get(ctx)
		if err != nil {
			return Source{}, err
		}
		source, torn, err := state.source()
		switch {
		case err != nil:
			return Source{}, unusable(w.name(), err.Error(), "")
		case torn == "":
			return source, nil
		}
	}
	return Source{}, unreachable(w.name(), "changes while it is read", "try again", nil)
}

// name is the address without what may be secret.
func (w Web) name() string {
	return (&url.URL{Scheme: w.URL.Scheme, Host: w.URL.Host, Path: w.URL.Path}).String()
}

// webRow is what Promgen says of a shard, a service or a project.
type webRow struct {
	// HTML is the page of the row, at the end of which is its id.
	HTML        string `json:"html"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Owner       string `json:"owner"`
	Service     string `json:"service"`
	Shard       string `json:"shard"`
	URL         string `json:"url"`
	Enabled     *bool  `json:"enabled"`
	Samples     int64  `json:"samples"`
	Targets     int64  `json:"targets"`
}

// key is the row's id, or a key made from its name where there is none.
func (r webRow) key(noun string) int64 {
	if id, err := strconv.ParseInt(r.HTML[strings.LastIndexByte(r.HTML, '/')+1:], 10, 64); err == nil && id > 0 {
		return id
	}
	return keyOf(noun, r.Name)
}

type webGroup struct {
	Targets []string          `json:"targets"`
	Labels  map[string]string `json:"labels"`
}

// webState is what one round of requests has brought.
type webState struct {
	shards, services, projects []webRow
	targets, urls              []webGroup
}

func (w Web) get(ctx context.Context) (*webState, error) {
	var s webState
	for _, fetch := range []func() error{
		func() (err error) { s.shards, err = fetchList[webRow](ctx, w, "rest/shard/"); return },
		func() (err error) { s.services, err = fetchList[webRow](ctx, w, "rest/service/"); return },
		func() (err error) { s.projects, err = fetchList[webRow](ctx, w, "rest/project/"); return },
		func() (err error) { s.targets, err = fetchList[webGroup](ctx, w, "api/v1/targets"); return },
		func() (err error) { s.urls, err = fetchList[webGroup](ctx, w, "api/v1/urls"); return },
	} {
		if err := fetch(); err != nil {
			return nil, err
		}
	}
	return &s, nil
}

// fetchList gets one JSON list.
func fetchList[T any](ctx context.Context, w Web, path string) ([]T, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.URL.JoinPath(path).String(), http.NoBody)
	if err != nil {
		return nil, unusable(w.name(), "is not a URL", "")
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", w.UserAgent)
	if w.Token != "" {
		req.Header.Set("Authorization", "Token "+w.Token)
	}
	resp, err := w.Client.Do(req)
	if err != nil {
		return nil, w.failed(ctx, path, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, w.refused(path, resp)
	}
	all, err := decodeList[T](json.NewDecoder(resp.Body))
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case err == nil:
		return all, nil
	case errors.Is(err, errNoList), errors.As(err, &syntax), errors.As(err, &kind):
		return nil, unusable(w.name(), fmt.Sprintf("what /%s answers is not a list of Promgen's: %v", path, err), "is it Promgen's address?")
	}
	return nil, w.failed(ctx, path, err)
}

var errNoList = errors.New("it is not one whole JSON list")

// decodeList reads exactly one list. What is cut off is an error, never a shorter list.
func decodeList[T any](d *json.Decoder) ([]T, error) {
	if begin, err := d.Token(); err != nil {
		return nil, err
	} else if begin != json.Delim('[') {
		return nil, errNoList
	}
	var all []T
	for d.More() {
		var row *T
		if err := d.Decode(&row); err != nil {
			return nil, err
		}
		if row == nil {
			return nil, errNoList
		}
		all = append(all, *row)
	}
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errNoList
	}
	return all, nil
}

func (w Web) failed(ctx context.Context, path string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err // without the URL, which may hold a password
	}
	return unreachable(w.name(), "fetching /"+path, "", err)
}

func (w Web) refused(path string, resp *http.Response) error {
	hint := ""
	switch resp.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		hint = "--promgen-token-file or --promgen-token gives a token of Promgen's API"
	case http.StatusNotFound:
		hint = "is it Promgen's address? Promgen 0.61.0 answers there"
	}
	return unreachable(w.name(), "fetching /"+path+": the server answered "+resp.Status, hint, nil)
}
