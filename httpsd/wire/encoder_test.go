package wire

import (
	"bytes"
	"encoding/json"
	"iter"
	"testing"

	"github.com/stretchr/testify/require"
)

// text is a source id.
type text string

func (s text) Append(dst []byte) []byte { return append(dst, s...) }

// pairs yields a source id and a body in turns.
func pairs(list ...string) iter.Seq2[text, []byte] {
	return func(yield func(text, []byte) bool) {
		for i := 0; i < len(list); i += 2 {
			if !yield(text(list[i]), []byte(list[i+1])) {
				return
			}
		}
	}
}

// one reads the only event of a stream.
func one(t *testing.T, stream []byte) Event {
	t.Helper()
	events := readAll(t, bytes.NewReader(stream), MaxEventSize)
	require.Len(t, events, 1)
	return events[0]
}

func decode[T any](t *testing.T, data []byte) T {
	t.Helper()
	var v T
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	require.NoError(t, d.Decode(&v), "%s", data)
	return v
}

// odd is a body with everything that a careless encoder would alter: <, &, U+2028, spaces, escapes.
const odd = `{"targets": ["a:1"],"labels":{"x":"<&>` + "\u2028" + `\n\""}}`

func TestEncoderKeepsBodiesByteByByte(t *testing.T) {
	id := ID{Epoch: "e-1", Revision: 7}
	two := []Project{
		{ID: 3, Groups: []Group{{Source: "exporter/1", Body: json.RawMessage(odd)}, {Source: "exporter/2/00ff", Body: json.RawMessage(`{}`)}}},
		{ID: 4, Groups: []Group{}},
	}
	put := func(e *Encoder) {
		PutProject(e, 3, pairs("exporter/1", odd, "exporter/2/00ff", `{}`))
		e.PutGone(4)
	}
	t.Run("a delta", func(t *testing.T) {
		var e Encoder
		e.BeginDelta()
		put(&e)
		e.EndDelta(id, `"tag"`)
		event := one(t, e.Bytes())
		require.Equal(t, EventDelta, event.Name)
		require.Equal(t, "e-1-7", event.ID)
		require.Equal(t, Delta{ETag: `"tag"`, Projects: two}, decode[Delta](t, event.Data))
		require.Contains(t, string(event.Data), odd)
	})
	t.Run("the parts of a full set", func(t *testing.T) {
		var e Encoder
		e.BeginFull(0)
		put(&e)
		e.EndFull()
		e.BeginFull(1)
		PutProject(&e, 9, pairs("url/9/1", `{}`))
		e.EndLastFull(id, `"tag"`)
		events := readAll(t, bytes.NewReader(e.Bytes()), MaxEventSize)
		require.Len(t, events, 2)
		require.Empty(t, events[0].ID)
		require.Equal(t, Full{Projects: two}, decode[Full](t, events[0].Data))
		require.Equal(t, "e-1-7", events[1].ID)
		require.Equal(t, Full{Part: 1, Last: true, ETag: `"tag"`, Projects: []Project{
			{ID: 9, Groups: []Group{{Source: "url/9/1", Body: json.RawMessage(`{}`)}}},
		}}, decode[Full](t, events[1].Data))
	})
	t.Run("a document", func(t *testing.T) {
		var e Encoder
		e.BeginDocument(id, `"tag"`)
		put(&e)
		e.EndDocument()
		require.Equal(t, Document{ID: "e-1-7", ETag: `"tag"`, Projects: two}, decode[Document](t, e.Bytes()))
	})
	t.Run("an empty set", func(t *testing.T) {
		var e Encoder
		e.BeginFull(0)
		e.EndLastFull(id, `"0-0"`)
		require.Equal(t, Full{Last: true, ETag: `"0-0"`, Projects: []Project{}}, decode[Full](t, one(t, e.Bytes()).Data))
	})
}

func TestEncoderOfEverythingElse(t *testing.T) {
	var e Encoder
	e.Comment()
	e.ID(ID{Epoch: "e", Revision: 1})
	e.Behind(Behind{Revision: 1, Seen: 2, Confirmed: true})
	events := readAll(t, bytes.NewReader(e.Bytes()), MaxEventSize)
	require.Len(t, events, 2)
	require.Equal(t, Event{ID: "e-1"}, events[0])
	require.Equal(t, EventBehind, events[1].Name)
	require.Equal(t, Behind{Revision: 1, Seen: 2, Confirmed: true}, decode[Behind](t, events[1].Data))
	require.Empty(t, events[1].ID)

	require.Equal(t, len(e.Bytes()), e.Len())
	e.Reset()
	require.Zero(t, e.Len())
}

func TestEncoderReusesItsMemory(t *testing.T) {
	var e Encoder
	encode := func() {
		e.Reset()
		e.BeginDelta()
		PutProject(&e, 1, pairs("exporter/1", odd))
		e.EndDelta(ID{Epoch: "e", Revision: 1}, `"tag"`)
	}
	encode()
	first := bytes.Clone(e.Bytes())
	encode()
	require.Equal(t, first, e.Bytes())
}

func TestIDs(t *testing.T) {
	for _, id := range []ID{{"a", 0}, {"a-b-", 12}, {"-", 1}} {
		got, err := ParseID(id.String())
		require.NoError(t, err)
		require.Equal(t, id, got)
	}
	for _, bad := range []string{"", "a", "-1", "a-", "a-x", "a-9999999999999999999"} {
		_, err := ParseID(bad)
		require.Error(t, err, bad)
	}
	require.True(t, ID{"a", 1}.Before(ID{"a", 2}))
	require.False(t, ID{"a", 2}.Before(ID{"a", 2}))
	require.False(t, ID{"a", 1}.Before(ID{"b", 2}), "epochs do not compare")
	require.Empty(t, ID{}.String())
}
