package client

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/httpsd/wire"
)

// Whatever a server does wrong, the set stays as it is and another server is asked.
func TestBadAnswers(t *testing.T) {
	before := at(5, "exporter/1=a:1 exporter/2=b:1", "exporter/3=c:1")
	after := at(6, "exporter/1=a:2 exporter/2=b:1", "exporter/3=c:1")
	foreign := after
	foreign.epoch = "beef"
	past := after
	past.revision = 4
	full := func(part int, last bool, etag, projects string) string {
		return sse(wire.EventFull, after.id(), fmt.Sprintf(`{"part":%d,"last":%v,"etag":%q,"projects":%s}`, part, last, etag, projects))
	}
	status := func(code int, encoding, text string) watching {
		return watching{stream: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", encoding)
			w.WriteHeader(code)
			fmt.Fprint(w, text)
		}}
	}
	for name, c := range map[string]struct {
		server http.Handler
		want   string
	}{
		"refused connection":        {nil, "connection refused"},
		"unknown shard":             {watching{}, `404 Not Found: shard "x" does not exist`},
		"not loaded":                {status(503, "", "busy"), "503 Service Unavailable"},
		"another content type":      {watching{stream: func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Type", "text/html") }}, `"text/html"`},
		"an encoding not asked for": {status(200, "br", "…"), `"br"`},
		"garbage for gzip":          {status(200, "gzip", "this is not gzip, is it"), "gzip: invalid header"},
		"nothing":                   {status(200, "", ""), "ended before it brought anything"},
		"silence":                   {sends(), "no event has come within 10s"},
		"comments alone":            {sends(": here\n\n"), "no event has come within 10s"},
		"half an event":             {status(200, "", after.full()[:50]), "unexpected EOF"},
		"no JSON":                   {sends(sse(wire.EventFull, after.id(), "{")), "data of the event full"},
		"an id that is none":        {sends(sse(wire.EventDelta, "12", after.document())), `id "12"`},
		"a delta without an id":     {sends(sse(wire.EventDelta, "", after.document())), "another inventory"},
		"a set without an id":       {sends(sse(wire.EventFull, "", full(0, true, after.etag(), after.only(1, 2))[26:])), "id"},
		"a wrong tag":               {sends(full(0, true, before.etag(), after.only(1, 2))), "the groups have the entity tag"},
		"a missing group":           {sends(full(0, true, after.etag(), after.only(1))), "the groups have the entity tag"},
		"a missing part":            {sends(full(1, true, after.etag(), after.only(1, 2))), "part 1 of a whole set came where part 0 belongs"},
		"a part twice":              {sends(full(0, false, "", after.only(1)), full(0, true, after.etag(), after.only(2))), "part 0 of a whole set came where part 1 belongs"},
		"a project twice":           {sends(full(0, false, "", after.only(1)), full(1, true, after.etag(), after.only(1, 2))), "project 1 comes twice"},
		"a delta amid parts":        {sends(full(0, false, "", after.only(1)), after.delta(before)), "amid the parts"},
		"an id amid parts":          {sends(full(0, false, "", after.only(1)), sse("", "5f1c-6", "")), "amid the parts"},
		"an id of the past":         {sends(past.delta(before)), "5f1c-4, behind 5f1c-5"},
		"a set of the past":         {sends(past.full()), "5f1c-4, behind 5f1c-5"},
		"nothing new, in the past":  {sends(sse("", "5f1c-4", "")), "5f1c-4, behind 5f1c-5"},
		"a delta of another epoch":  {sends(foreign.delta(before)), "another inventory"},
		"a delta that falls short":  {sends(after.delta(before, 2)), "the groups have the entity tag"},
		"a group without targets": {
			sends(sse(wire.EventDelta, after.id(), `{"etag":"","projects":[{"id":1,"groups":[{"source":"exporter/1","group":{"labels":{}}}]}]}`)),
			"no targets",
		},
		"a group without a source": {
			sends(sse(wire.EventDelta, after.id(), `{"etag":"","projects":[{"id":1,"groups":[{"group":{"targets":["a"]}}]}]}`)),
			"without a source",
		},
		"a group of two projects": {
			sends(sse(wire.EventDelta, after.id(), `{"etag":"","projects":[{"id":1,"groups":[{"source":"exporter/3","group":{"targets":["a"]}}]}]}`)),
			`group "exporter/3" comes with another project`,
		},
		"a group twice": {
			sends(sse(wire.EventDelta, after.id(), `{"etag":"","projects":[{"id":1,"groups":[{"source":"x","group":{"targets":["a"]}},{"source":"x","group":{"targets":["a"]}}]}]}`)),
			`group "x" comes twice`,
		},
		"a slow drip": {watching{stream: func(w http.ResponseWriter, r *http.Request) {
			for i := 0; r.Context().Err() == nil; i = 1 {
				flush(w, after.delta(before)[i:i+1])
				pause(r.Context(), 9*time.Second)
			}
		}}, "no event has come within 10s"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				network := &hosts{}
				network.set("a", watching{stream: func(w http.ResponseWriter, _ *http.Request) {
					network.set("a", nil)
					flush(w, before.full())
					cut()
				}})
				network.set("b", c.server)
				p := play(t, network, Options{}, "a", "b", "c")
				time.Sleep(time.Minute)
				require.Equal(t, before.targets(), p.held(), "the set stays")
				require.Len(t, p.updates, 1)
				require.Contains(t, p.failures("http://b"), c.want)
				network.set("c", sends(after.full()))
				time.Sleep(2 * time.Minute)
				require.Equal(t, after.targets(), p.held())
				p.stop()
			})
		})
	}
}
