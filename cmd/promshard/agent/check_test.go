package agent

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/httpsd/wire"
)

// oddServer is one that sends what no promshard would: lists that Prometheus would not take. Each stream has one list,
// and ends when the next is there.
type oddServer struct {
	url string
	// bodies are the groups now, revision counts them.
	bodies   atomic.Pointer[[]string]
	revision atomic.Int64
	server   *httptest.Server
}

func startOddServer(t *testing.T, bodies ...string) *oddServer {
	t.Helper()
	s := &oddServer{}
	s.bodies.Store(&bodies)
	s.revision.Store(1)
	s.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != wire.WatchPath {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", wire.ContentTypeStream)
		var e wire.Encoder
		var tag wire.Tag
		list := *s.bodies.Load()
		e.BeginFull(0)
		wire.PutProject(&e, 1, func(yield func(source, []byte) bool) {
			for i, body := range list {
				tag = tag.Plus(wire.TagOf([]byte(body)))
				if !yield(source(fmt.Sprintf("exporter/%d", i+1)), []byte(body)) {
					return
				}
			}
		})
		e.EndLastFull(wire.ID{Epoch: "e", Revision: s.revision.Load()}, tag.ETag(int64(len(list))))
		_, _ = w.Write(e.Bytes())
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}))
	s.url = s.server.URL
	t.Cleanup(func() {
		s.server.CloseClientConnections()
		s.server.Close()
	})
	return s
}

func (s *oddServer) send(bodies ...string) {
	s.bodies.Store(&bodies)
	s.revision.Add(1)
	s.server.CloseClientConnections()
}

type source string

func (s source) Append(dst []byte) []byte { return append(dst, s...) }

const (
	goodA = `{"targets":["a:1"],"labels":{"service":"a"}}`
	goodB = `{"targets":["b:1"],"labels":{"service":"b"}}`
	badB  = `{"targets":["b:1/metrics"],"labels":{"service":"b"}}`
	oddB  = `{"targets":["b"],"labels":{"service":"b","__scheme__":"ftp"}}`
)

func TestCheckKeepsWhatPrometheusTakes(t *testing.T) {
	s := startOddServer(t, goodA, goodB)
	o := options(&promshard{url: s.url}, inFolder(t, "x.json"))
	o.Check = true
	r := startAgent(t, o)
	good := "[" + goodA + "," + goodB + "]"
	becomes(t, o.TargetsFile, good)
	require.Eventually(t, func() bool { return r.Standing() == nil }, waitMost, waitStep)

	s.send(goodA, badB)
	require.Eventually(t, func() bool { return r.Standing() != nil }, waitMost, waitStep)
	var refused *CheckError
	require.ErrorAs(t, r.lists[0].standing(), &refused)
	require.ErrorContains(t, refused, `the target "b:1/metrics" has a "/" in it`)
	stays(t, o.TargetsFile, good)
	require.Equal(t, 1.0, r.metric(t, "write_failures_total"), "it is not tried again until it is another list")

	s.send(oddB)
	becomes(t, o.TargetsFile, "["+oddB+"]") // a warning is none of Prometheus's refusals
	require.Eventually(t, func() bool { return r.Standing() == nil }, waitMost, waitStep)
}

func TestCheckRefusesAllFilesForOne(t *testing.T) {
	s := startOddServer(t, goodA, goodB)
	folder := t.TempDir()
	o := options(&promshard{url: s.url}, filepath.Join(folder, "x-*.yml"))
	o.Check, o.SplitBy = true, "service"
	r := startAgent(t, o)
	require.Eventually(t, func() bool { return r.Standing() == nil }, waitMost, waitStep)
	a, b := content(t, filepath.Join(folder, "x-a.yml")), content(t, filepath.Join(folder, "x-b.yml"))
	s.send(badB)
	require.Eventually(t, func() bool { return r.Standing() != nil }, waitMost, waitStep)
	assert.Equal(t, a, content(t, filepath.Join(folder, "x-a.yml")))
	assert.Equal(t, b, content(t, filepath.Join(folder, "x-b.yml")))
}

func TestWithoutCheckTheServersWordCounts(t *testing.T) {
	s := startOddServer(t, badB)
	o := options(&promshard{url: s.url}, inFolder(t, "x.json"))
	require.NoError(t, newAgent(t, o).Once(t.Context()))
	require.Equal(t, "["+badB+"]", content(t, o.TargetsFile)) //nolint:testifylint // byte by byte

	o.Check = true
	o.TargetsFile = inFolder(t, "y.json")
	var refused *CheckError
	require.ErrorAs(t, newAgent(t, o).Once(t.Context()), &refused)
	require.NoFileExists(t, o.TargetsFile)
}
