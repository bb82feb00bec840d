package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/promshard/promshard/cmd/promshard/compare"
	"github.com/promshard/promshard/httpsd/snapshot"
	"github.com/promshard/promshard/store"
)

// prometheusPrefix stands before the URL of a Prometheus whose targets are meant.
const prometheusPrefix = "prometheus+"

func isPrometheus(list string) bool { return strings.HasPrefix(list, prometheusPrefix) }

// listName calls a list in messages, without a password that its URL may hold.
func listName(list string) string {
	switch {
	case list == "":
		return "the inventory"
	case isPrometheus(list):
		return "the Prometheus " + redacted(strings.TrimPrefix(list, prometheusPrefix))
	}
	return redacted(sourceName(list))
}

// redacted hides the password of a URL.
func redacted(address string) string {
	if u, err := url.Parse(address); err == nil && u.User != nil {
		return u.Redacted()
	}
	return address
}

// groupsOf returns the groups of a list.
func (a *app) groupsOf(ctx context.Context, o compareOptions, list string) compare.Groups {
	read := a.readListed
	switch {
	case list == "":
		read = a.readInventory
	case isPrometheus(list):
		read = a.readPrometheus
	}
	return func(yield func(compare.Group, error) bool) {
		err := read(ctx, o, list, func(groups compare.Groups) error { return pass(ctx, groups, yield) })
		if err != nil && !errors.Is(err, errEnough) {
			yield(compare.Group{}, err)
		}
	}
}

// errEnough ends reading when nobody wants more.
var errEnough = errors.New("nobody wants more")

// reading names the list that an error is about.
func reading(list string, err error) error {
	if err == nil || errors.Is(err, errEnough) {
		return err
	}
	return fmt.Errorf("reading %s: %w", listName(list), err)
}

// pass hands groups on until one is an error, nobody wants more, or ctx ends.
func pass(ctx context.Context, groups compare.Groups, yield func(compare.Group, error) bool) error {
	for g, err := range groups {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		if !yield(g, nil) {
			return errEnough
		}
	}
	return nil
}

// readInventory reads the list that the inventory's servers would serve.
func (a *app) readInventory(ctx context.Context, o compareOptions, list string, pass func(compare.Groups) error) error {
	return a.withInventory(ctx, a.openExisting, func(ctx context.Context, inv inventory) error {
		kind := snapshot.Targets
		if o.urls {
			kind = snapshot.URLs
		}
		content, err := inv.List(ctx, kind, o.query)
		if err != nil {
			return reading(list, withListHint(err))
		}
		r, w := io.Pipe()
		written := make(chan struct{})
		go func() {
			defer close(written)
			_, err := content.WriteTo(w)
			w.CloseWithError(err)
		}()
		err = pass(ofGroups(store.ReadGroups(r)))
		r.CloseWithError(err)
		<-written
		return reading(list, err)
	})
}

// readListed reads a list of target groups in a file, at a URL or from standard input.
func (a *app) readListed(ctx context.Context, o compareOptions, list string, pass func(compare.Groups) error) error {
	r, _, err := a.openList(ctx, list, o.timeout)
	if err != nil {
		return err
	}
	defer r.Close()
	if slices.Contains([]string{".yml", ".yaml"}, strings.ToLower(filepath.Ext(list))) {
		return reading(list, pass(ofGroups(readYAMLGroups(r))))
	}
	return reading(list, pass(ofGroups(store.ReadGroups(r))))
}

// readPrometheus reads the targets of a running Prometheus.
func (a *app) readPrometheus(ctx context.Context, o compareOptions, list string, pass func(compare.Groups) error) error {
	base, err := url.Parse(strings.TrimPrefix(list, prometheusPrefix))
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" {
		return &usageError{err: fmt.Errorf("%s: not an http or https URL after %s", list, prometheusPrefix)}
	}
	pools, err := fetchPools(ctx, base, o.timeout)
	if err != nil {
		return reading(list, err)
	}
	for _, pool := range o.pools {
		if _, ok := pools[pool]; !ok {
			return reading(list, &store.Error{Kind: store.ErrNotFound, Noun: "scrape pool", Value: pool, Reason: "is not in its configuration"})
		}
	}
	address := base.JoinPath("api/v1/targets")
	query := url.Values{"state": {"active"}}
	if o.dropped {
		query.Set("state", "any")
	}
	if len(o.pools) == 1 {
		query.Set("scrapePool", o.pools[0]) // a newer one then sends less
	}
	address.RawQuery = query.Encode()
	r, _, err := fetch(ctx, address.String(), o.timeout)
	if err != nil {
		return err
	}
	defer r.Close()
	err = pass(compare.Prometheus(r, compare.PrometheusOptions{Pools: pools, Only: o.pools}))
	if err != nil && !errors.Is(err, errEnough) {
		err = &unavailable{err}
	}
	return reading(list, err)
}

// fetchPools asks a Prometheus for its configuration.
func fetchPools(ctx context.Context, base *url.URL, timeout time.Duration) (compare.Pools, error) {
	r, _, err := fetch(ctx, base.JoinPath("api/v1/status/config").String(), timeout)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var answer struct {
		Data struct {
			YAML string `json:"yaml"`
		} `json:"data"`
	}
	if err := json.NewDecoder(r).Decode(&answer); err != nil {
		return nil, &unavailable{fmt.Errorf("decoding its configuration: %w", err)}
	}
	pools, err := compare.ReadPools(answer.Data.YAML)
	if err != nil {
		return nil, &unavailable{err}
	}
	return pools, nil
}

// ofGroups turns groups of a list into those that compare takes. The label __address__ is that of the target, and
// whatever a group says of it Prometheus does not read.
func ofGroups(groups store.ImportGroups) compare.Groups {
	return func(yield func(compare.Group, error) bool) {
		for g, err := range groups {
			delete(g.Labels, "__address__")
			if !yield(compare.Group{Targets: g.Targets, Labels: g.Labels}, err) {
				return
			}
		}
	}
}

// readYAMLGroups yields the groups of a YAML list, which it reads whole.
func readYAMLGroups(r io.Reader) iter.Seq2[store.ImportGroup, error] {
	return func(yield func(store.ImportGroup, error) bool) {
		var groups []*store.ImportGroup
		dec := yaml.NewDecoder(r)
		dec.KnownFields(true)
		if err := dec.Decode(&groups); err != nil && !errors.Is(err, io.EOF) {
			yield(store.ImportGroup{}, &store.Error{Kind: store.ErrInvalid, Reason: "the list is not what Prometheus reads", Err: err})
			return
		}
		for i, g := range groups {
			if g == nil {
				yield(store.ImportGroup{}, &store.Error{Kind: store.ErrInvalid, Reason: fmt.Sprintf("group %d is null", i+1)})
				return
			}
			if !yield(*g, nil) {
				return
			}
		}
	}
}
