package main

import (
	"context"
	"net"
	"slices"
	"time"

	"github.com/promshard/promshard/cmd/promshard/remote"
	"github.com/promshard/promshard/httpsd/consumers"
	"github.com/promshard/promshard/httpsd/origins"
	"github.com/promshard/promshard/httpsd/snapshot"
	"github.com/promshard/promshard/store"
)

// database is an inventory in a database.
type database struct{ *store.Store }

// List implements inventory. It renders the list as serve does.
func (d database) List(ctx context.Context, kind snapshot.Kind, q snapshot.Query) (renderedList, error) {
	builder := snapshot.NewBuilder()
	revision, err := d.Load(ctx, builder)
	if err != nil {
		return nil, err
	}
	list, err := builder.Snapshot(revision).List(kind, q)
	if err != nil {
		return nil, err
	}
	return loadedList{list, revision.Number}, nil
}

// loadedList is a list of a revision.
type loadedList struct {
	*snapshot.List
	revision int64
}

// Revision implements renderedList.
func (l loadedList) Revision() int64 { return l.revision }

// Entries implements inventory.
func (d database) Entries(ctx context.Context, f store.JournalFilter) ([]store.Entry, error) {
	return d.Journal(ctx, f)
}

// Diff implements inventory.
func (d database) Diff(ctx context.Context, from, to int64, shard string, limit int) (origins.Diff, error) {
	if err := origins.CheckDiffLimit(limit); err != nil {
		return origins.Diff{}, err
	}
	past, err := d.Between(ctx, from, to)
	if err != nil {
		return origins.Diff{}, err
	}
	return origins.Compare(past, shard, limit), nil
}

// ExplainTarget implements inventory.
func (d database) ExplainTarget(ctx context.Context, target string) (origins.Explanation, error) {
	return d.explain(ctx, origins.Target, target)
}

// ExplainURL implements inventory.
func (d database) ExplainURL(ctx context.Context, url string) (origins.Explanation, error) {
	return d.explain(ctx, origins.URL, url)
}

type explainer func(ctx context.Context, source origins.Source, asked string, o origins.Options) (origins.Explanation, error)

func (d database) explain(ctx context.Context, do explainer, asked string) (origins.Explanation, error) {
	rows, err := d.Consumers(ctx)
	if err != nil {
		return origins.Explanation{}, err
	}
	return do(ctx, d.Store, asked, origins.Options{Consumers: consumers.Join(rows)})
}

// ListConsumers implements inventory.
func (d database) ListConsumers(ctx context.Context, live *bool) (list remote.ConsumerList, err error) {
	rows, err := d.Consumers(ctx)
	if err != nil {
		return list, err
	}
	servers, err := d.Servers(ctx, store.ServerFilter{})
	if err != nil {
		return list, err
	}
	now := time.Now()
	list.Consumers = consumers.Join(rows)
	list.Servers = consumers.Servers(ctx, servers, list.Consumers, net.DefaultResolver, now)
	if live != nil {
		list.Consumers = slices.DeleteFunc(list.Consumers, func(v consumers.View) bool { return v.Live(now) != *live })
		list.Servers = slices.DeleteFunc(list.Servers, func(s consumers.ServerView) bool { return s.Live != *live })
	}
	return list, nil
}
