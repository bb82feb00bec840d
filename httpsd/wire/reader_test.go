package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// readAll reads to the end, which must be a clean one.
func readAll(t require.TestingT, r io.Reader, limit int) []Event {
	events, err := drain(r, limit)
	require.ErrorIs(t, err, io.EOF)
	return events
}

// drain reads until an error.
func drain(r io.Reader, limit int) ([]Event, error) {
	reader := NewReaderSize(r, limit)
	var events []Event
	for {
		e, err := reader.Next()
		if err != nil {
			if _, again := reader.Next(); !errors.Is(again, err) {
				return events, fmt.Errorf("an error must stay: %w, then %w", err, again)
			}
			return events, err
		}
		if e.Data != nil {
			e.Data = bytes.Clone(e.Data)
		}
		events = append(events, e)
	}
}

func TestReader(t *testing.T) {
	delta := func(id, data string) Event { return Event{Name: EventDelta, ID: id, Data: []byte(data)} }
	for name, tc := range map[string]struct {
		stream string
		want   []Event
		err    error
	}{
		"nothing":                    {"", nil, io.EOF},
		"blank lines":                {"\n\r\n\r\n\n", nil, io.EOF},
		"an event":                   {"event: delta\ndata: {}\nid: e-1\n\n", []Event{delta("e-1", "{}")}, io.EOF},
		"without spaces":             {"event:delta\ndata:{}\nid:e-1\n\n", []Event{delta("e-1", "{}")}, io.EOF},
		"one space goes":             {"event: delta\ndata:  x\n\n", []Event{delta("", " x")}, io.EOF},
		"lines that end in CR":       {"event: delta\rdata: {}\r\revent: delta\rdata: 2\r\r", []Event{delta("", "{}"), delta("", "2")}, io.EOF},
		"lines that end in CRLF":     {"event: delta\r\ndata: {}\r\n\r\n", []Event{delta("", "{}")}, io.EOF},
		"every kind of line end":     {"event: delta\rdata: a\r\ndata: b\n\r\n", []Event{delta("", "a\nb")}, io.EOF},
		"data in lines":              {"event: delta\ndata: a\ndata\ndata: b\n\n", []Event{delta("", "a\n\nb")}, io.EOF},
		"the last of two names":      {"event: full\nevent: delta\ndata: a\n\n", []Event{delta("", "a")}, io.EOF},
		"empty data":                 {"event: delta\ndata\n\n", []Event{delta("", "")}, io.EOF},
		"no data":                    {"event: delta\nid: e-1\n\n", nil, io.EOF},
		"an id alone":                {"id: e-1\n\n", []Event{{ID: "e-1"}}, io.EOF},
		"an id with a NUL":           {"id: e\x00-1\n\n", nil, io.EOF},
		"an empty id":                {"id\n\n", nil, io.EOF},
		"comments":                   {":\n\n: x\nevent: delta\n:y\ndata: a\n\n:\n\n", []Event{delta("", "a")}, io.EOF},
		"a comment beside an id":     {": still here\nid: e-1\n\n", []Event{{ID: "e-1"}}, io.EOF},
		"unknown fields":             {"retry: 5\nevent: delta\nfoo: bar\nDATA: no\ndata: a\n\n", []Event{delta("", "a")}, io.EOF},
		"unknown events and none":    {"event: new\ndata: a\nid: e-1\n\ndata: a\n\n", nil, io.EOF},
		"a byte order mark":          {"\uFEFFid: e-1\n\n", []Event{{ID: "e-1"}}, io.EOF},
		"only the first one":         {"\uFEFF\uFEFFid: e-1\n\n", nil, io.EOF},
		"nothing but that":           {"\uFEFF", nil, io.EOF},
		"half of that":               {"\xEF\xBB", nil, io.ErrUnexpectedEOF},
		"broken off before the end":  {"event: delta\ndata: {}\n", nil, io.ErrUnexpectedEOF},
		"broken off in a line":       {"id: e-1\n\nevent: del", []Event{{ID: "e-1"}}, io.ErrUnexpectedEOF},
		"broken off in the last one": {"event: delta\ndata: {}\nid: e-1", nil, io.ErrUnexpectedEOF},
		"broken off in a comment":    {"id: e-1\n\n: sti", []Event{{ID: "e-1"}}, io.EOF},
	} {
		t.Run(name, func(t *testing.T) {
			for split, r := range map[string]io.Reader{
				"at once":      strings.NewReader(tc.stream),
				"byte by byte": iotest.OneByteReader(strings.NewReader(tc.stream)),
				"with the end": iotest.DataErrReader(strings.NewReader(tc.stream)),
			} {
				events, err := drain(r, MaxEventSize)
				require.ErrorIs(t, err, tc.err, split)
				require.Equal(t, tc.want, events, split)
			}
		})
	}
}

func TestReaderHandsOutAnEventAtOnce(t *testing.T) {
	for name, stream := range map[string]string{"LF": "id: e-1\n\n", "CR": "id: e-1\r\r", "CRLF": "id: e-1\r\n\r\n"} {
		t.Run(name, func(t *testing.T) {
			// Nothing comes after it: a reader that looks ahead meets the error.
			r := NewReader(io.MultiReader(strings.NewReader(stream), iotest.ErrReader(errors.New("looked ahead"))))
			e, err := r.Next()
			require.NoError(t, err)
			require.Equal(t, Event{ID: "e-1"}, e)
		})
	}
}

func TestReaderIsBounded(t *testing.T) {
	const limit = 100_000
	event := func(data string) string { return "event: delta\n" + data + "\n\n" }
	long := strings.Repeat("x", limit)
	for name, stream := range map[string]string{
		"one line":                event("data: " + long),
		"a line that never ends":  "data: " + long + long,
		"many lines":              event(strings.Repeat("data: 0123456789\n", limit/10)),
		"lines of unknown fields": event(strings.Repeat("x\n", limit)),
		"a comment":               ":" + long + "\n\n",
	} {
		t.Run(name, func(t *testing.T) {
			events, err := drain(strings.NewReader(stream), limit)
			require.ErrorIs(t, err, ErrTooLarge)
			require.ErrorContains(t, err, "100000 bytes")
			require.Empty(t, events)
		})
	}
	t.Run("many events", func(t *testing.T) {
		stream := strings.Repeat(event("data: "+long[:limit/2])+":\n", 10)
		require.Len(t, readAll(t, strings.NewReader(stream), limit), 10)
	})
	t.Run("many comments", func(t *testing.T) {
		stream := strings.Repeat(":0123456789\n", limit) + event("data: a")
		require.Len(t, readAll(t, strings.NewReader(stream), limit), 1)
	})
	t.Run("a reader that gives nothing", func(t *testing.T) {
		_, err := drain(nothing{}, limit)
		require.ErrorIs(t, err, io.ErrNoProgress)
	})
}

// nothing reads nothing, without an error.
type nothing struct{}

func (nothing) Read([]byte) (int, error) { return 0, nil }

func TestReaderPassesErrorsOn(t *testing.T) {
	boom := errors.New("boom")
	r := io.MultiReader(strings.NewReader("id: e-1\n\nevent: delta\ndata: {}\n"), iotest.ErrReader(boom))
	events, err := drain(r, MaxEventSize)
	require.ErrorIs(t, err, boom)
	require.Equal(t, []Event{{ID: "e-1"}}, events)
}

func TestReaderReadsWhatIsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var stream []byte
		var want []Event
		for range rapid.IntRange(0, 5).Draw(t, "events") {
			e := Event{
				Name: rapid.SampledFrom([]string{EventFull, EventDelta, EventBehind}).Draw(t, "name"),
				ID:   rapid.StringMatching(`([a-z0-9-]{1,8}-[0-9]+)?`).Draw(t, "id"),
				Data: []byte(rapid.StringMatching(`[ -~\n:é]{0,200}`).Draw(t, "data")),
			}
			stream = AppendEvent(stream, e.Name, e.ID, e.Data)
			want = append(want, e)
		}
		require.Equal(t, want, readAll(t, bytes.NewReader(stream), MaxEventSize))
	})
	require.Equal(t, "id: e-1\n\n", string(AppendEvent(nil, "", "e-1", nil)))
}

// splitReader reads at most as many bytes at once as the next byte of sizes says.
type splitReader struct {
	rest  []byte
	sizes []byte
	turn  int
}

func (r *splitReader) Read(into []byte) (int, error) {
	if len(r.rest) == 0 {
		return 0, io.EOF
	}
	n := 1
	if len(r.sizes) > 0 {
		n = 1 + int(r.sizes[r.turn%len(r.sizes)])%64
		r.turn++
	}
	n = copy(into, r.rest[:min(n, len(r.rest))])
	r.rest = r.rest[n:]
	return n, nil
}

// FuzzReader holds that events do not depend on how the stream is cut into reads, that they keep to the limit, and
// that they come back when they are written again.
func FuzzReader(f *testing.F) {
	for _, stream := range []string{
		"event: delta\ndata: {}\nid: e-1\n\n:\n\nid: e-2\n\n",
		"event: full\r\ndata: a\rdata: b\r\n\r\n",
		"\uFEFFid: e-1\r\r\nevent: behind\ndata:\n\n",
		"event: delta\ndata: " + strings.Repeat("x", 300) + "\n\n",
	} {
		f.Add([]byte(stream), []byte{0, 5, 63, 1})
	}
	const limit = 256
	f.Fuzz(func(t *testing.T, stream, sizes []byte) {
		want, wantErr := drain(bytes.NewReader(stream), limit)
		got, err := drain(&splitReader{rest: stream, sizes: sizes}, limit)
		require.Equal(t, want, got)
		require.Equal(t, wantErr, err)

		var again []byte
		for _, e := range got {
			require.LessOrEqual(t, len(e.Data)+len(e.Name)+len(e.ID), limit)
			require.NotEqual(t, Event{}, e)
			again = AppendEvent(again, e.Name, e.ID, e.Data)
		}
		require.Equal(t, got, readAll(t, bytes.NewReader(again), 2*MaxEventSize))
	})
}

func BenchmarkReader(b *testing.B) {
	var e Encoder
	e.BeginFull(0)
	for id := range int64(1000) {
		PutProject(&e, id, pairs("exporter/1", odd))
	}
	e.EndLastFull(ID{Epoch: "e", Revision: 1}, `"tag"`)
	in := bytes.NewReader(nil)
	b.SetBytes(int64(e.Len()))
	b.ReportAllocs()
	for b.Loop() {
		in.Reset(e.Bytes())
		if _, err := NewReader(in).Next(); err != nil {
			b.Fatal(err)
		}
	}
}
