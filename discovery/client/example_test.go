package client_test

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"

	"github.com/promshard/promshard/discovery/client"
	"github.com/promshard/promshard/httpsd/wire"
)

// A program follows the targets of one shard, and prints what changes in them.
func Example() {
	server := httptest.NewServer(http.HandlerFunc(serve)) // in earnest, promshard
	defer server.Close()

	c, err := client.New(client.Options{
		Servers: []string{server.URL},
		Query:   url.Values{"shard": {"prod"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	err = c.Run(ctx, func(u client.Update) {
		for _, g := range u.Changed {
			fmt.Println(u.ID, "changed", g.Source, g.Targets, g.Labels)
		}
		for _, source := range u.Gone {
			fmt.Println(u.ID, "gone   ", source)
		}
		if !u.First {
			cancel() // enough for an example
		}
	})
	fmt.Println("ended:", err)

	// Output:
	// 5f1c-7 changed exporter/1 [web01:9100 web02:9100] map[job:node project:shop]
	// 5f1c-7 changed exporter/2 [web01:9113] map[job:nginx project:shop]
	// 5f1c-8 changed exporter/1 [web01:9100 web02:9100 web03:9100] map[job:node project:shop]
	// 5f1c-8 gone    exporter/2
	// ended: <nil>
}

// serve sends a set of one project, and then what becomes of it.
func serve(w http.ResponseWriter, r *http.Request) {
	before := groups{
		"exporter/1": `{"targets":["web01:9100","web02:9100"],"labels":{"job":"node","project":"shop"}}`,
		"exporter/2": `{"targets":["web01:9113"],"labels":{"job":"nginx","project":"shop"}}`,
	}
	after := groups{
		"exporter/1": `{"targets":["web01:9100","web02:9100","web03:9100"],"labels":{"job":"node","project":"shop"}}`,
	}
	var e wire.Encoder
	e.BeginFull(0)
	wire.PutProject(&e, 1, before.all())
	e.EndLastFull(wire.ID{Epoch: "5f1c", Revision: 7}, before.etag())
	e.BeginDelta()
	wire.PutProject(&e, 1, after.all())
	e.EndDelta(wire.ID{Epoch: "5f1c", Revision: 8}, after.etag())

	w.Header().Set("Content-Type", wire.ContentTypeStream)
	_, _ = w.Write(e.Bytes())
	w.(http.Flusher).Flush()
	<-r.Context().Done()
}

// groups are the groups of a project, by source.
type groups map[source]string

type source string

// Append implements wire.Appender.
func (s source) Append(dst []byte) []byte { return append(dst, s...) }

func (g groups) all() iter.Seq2[source, []byte] {
	return func(yield func(source, []byte) bool) {
		for s, body := range maps.All(g) {
			if !yield(s, []byte(body)) {
				return
			}
		}
	}
}

func (g groups) etag() string {
	var tag wire.Tag
	for _, body := range g {
		tag = tag.Plus(wire.TagOf([]byte(body)))
	}
	return tag.ETag(int64(len(g)))
}
