package httpsd

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/httpsd/snapshot"
	"github.com/promshard/promshard/httpsd/wire"
)

// document reads what /sd/groups has answered, and checks that it is what its entity tag says.
func document(t *testing.T, body string) wire.Document {
	t.Helper()
	var doc wire.Document
	require.NoError(t, json.Unmarshal([]byte(body), &doc), body)
	var tag wire.Tag
	n := int64(0)
	for _, p := range doc.Projects {
		require.NotEmpty(t, p.Groups)
		for _, g := range p.Groups {
			tag, n = tag.Plus(wire.TagOf(g.Body)), n+1
		}
	}
	require.Equal(t, tag.ETag(n), doc.ETag)
	return doc
}

// bodies are the groups of a document as a list.
func bodies(doc wire.Document) string {
	var all []string
	for _, p := range doc.Projects {
		for _, g := range p.Groups {
			all = append(all, string(g.Body))
		}
	}
	return "[" + strings.Join(all, ",") + "]"
}

func TestGroups(t *testing.T) {
	s := loadedServing(t)

	t.Run("are those of the list, byte by byte, by project and source", func(t *testing.T) {
		for query, want := range map[string]string{
			"":                        s.list(t, snapshot.Targets, snapshot.Query{}),
			"?kind=urls":              s.list(t, snapshot.URLs, snapshot.Query{}),
			"?kind=targets&shard=dev": s.list(t, snapshot.Targets, snapshot.Query{Shards: []string{"dev"}}),
			"?shard=" + url.QueryEscape(hostileShard): s.list(t, snapshot.Targets, snapshot.Query{Shards: []string{hostileShard}}),
			"?job=unknown": "[]",
		} {
			a := s.get(t, wire.GroupsPath+query)
			require.Equal(t, http.StatusOK, a.code, a.body)
			doc := document(t, a.body)
			assert.Equal(t, want, bodies(doc), query)
			assert.Equal(t, "application/json", a.header.Get("Content-Type"))
			assert.Equal(t, "one-4", doc.ID)
			assert.Equal(t, doc.ID, a.header.Get(wire.RevisionHeader))
			assert.Equal(t, doc.ETag, a.header.Get("ETag"))
		}
		doc := document(t, s.get(t, wire.GroupsPath+"?shard=prod").body)
		require.Len(t, doc.Projects, 1)
		assert.Equal(t, int64(1), doc.Projects[0].ID)
		assert.Equal(t, "exporter/1", doc.Projects[0].Groups[0].Source)
	})

	t.Run("are not sent to a client that has them", func(t *testing.T) {
		first := s.get(t, wire.GroupsPath+"?shard=prod")
		again := s.get(t, wire.GroupsPath+"?shard=prod", "If-None-Match", first.header.Get("ETag"))
		assert.Equal(t, http.StatusNotModified, again.code)
		assert.Empty(t, again.body)
		assert.Equal(t, "one-4", again.header.Get(wire.RevisionHeader), "it says up to where that is true")
		list := s.get(t, "/sd/targets?shard=prod")
		assert.Equal(t, list.header.Get("ETag"), first.header.Get("ETag"), "one content has one tag")
	})

	t.Run("are compressed for those who ask, with gzip alone", func(t *testing.T) {
		plain := s.get(t, wire.GroupsPath)
		a := s.get(t, wire.GroupsPath, "Accept-Encoding", "zstd, gzip")
		require.Equal(t, "gzip", a.header.Get("Content-Encoding"))
		assert.NotEqual(t, plain.header.Get("ETag"), a.header.Get("ETag"))
		z, err := gzip.NewReader(strings.NewReader(a.body))
		require.NoError(t, err)
		body, err := io.ReadAll(z)
		require.NoError(t, err)
		assert.Equal(t, plain.body, string(body))
		assert.Equal(t, http.StatusNotAcceptable, s.get(t, wire.GroupsPath, "Accept-Encoding", "zstd, identity;q=0").code)
	})

	t.Run("refuse what they do not know", func(t *testing.T) {
		for query, message := range map[string]string{
			"?kind=hosts":                  `kind \"hosts\": must be targets or urls`,
			"?kind=":                       "must be targets or urls",
			"?kind=targets&kind=urls":      "must be given once",
			"?shard=nowhere":               `unknown shard \"nowhere\"`,
			"?wait":                        "not known here",
			"?kind=targets&shard=prod&x=1": "not known here",
		} {
			a := s.get(t, wire.GroupsPath+query)
			assert.NotEqual(t, http.StatusOK, a.code)
			assert.Contains(t, a.body, message, query)
			assert.Empty(t, a.header.Get(wire.RevisionHeader))
		}
	})
}

// TestLargeGroups is of a set that is sent in many pieces.
func TestLargeGroups(t *testing.T) {
	s := loadedServing(t)
	for id := int64(10); id < 1500; id++ {
		s.source.put(project(id, "project-"+strings.Repeat("x", 200)+string(rune('a'+id%26)), s.source.directory.Shards[0], "a", "b"))
	}
	require.NoError(t, s.publisher.pass(t.Context()))
	a := s.get(t, wire.GroupsPath+"?shard=prod")
	require.Greater(t, len(a.body), 4*documentPiece)
	assert.Equal(t, s.list(t, snapshot.Targets, snapshot.Query{Shards: []string{"prod"}}), bodies(document(t, a.body)))
}
