package snapshot

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAppendString(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"nothing", "", `""`},
		{"plain text", "web01.example.net", `"web01.example.net"`},
		{"a quote and a backslash", `a"b\c`, `"a\"b\\c"`},
		{"control characters", "\x00\b\t\n\f\r\x1f\x7f", "\"\\u0000\\b\\t\\n\\f\\r\\u001f\x7f\""},
		{"what HTML would escape", "<a href='x'>&", `"<a href='x'>&"`},
		{"Japanese", "監視対象", `"監視対象"`},
		{"line separators", "\u2028\u2029", "\"\u2028\u2029\""},
		{"beyond the basic plane", "😀", `"😀"`},
		{"bytes that are no UTF-8", "a\xffb\xc3", "\"a\ufffdb\ufffd\""},
		{"a replacement character of its own", "a\ufffdb", "\"a\ufffdb\""},
	} {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, "x"+test.want, string(appendString([]byte("x"), test.in)))
		})
	}
}

func FuzzAppendString(f *testing.F) {
	for _, seed := range []string{"", "web01", "a\"\\\x00\n", "監視\u2028", "\xff\xc3", "<&>"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := appendString(nil, s)
		require.True(t, utf8.Valid(got))
		want, err := json.Marshal(s)
		require.NoError(t, err)
		var ours, theirs string
		require.NoError(t, json.Unmarshal(got, &ours))
		require.NoError(t, json.Unmarshal(want, &theirs))
		require.Equal(t, theirs, ours)
		if utf8.ValidString(s) && !strings.ContainsAny(s, "<>&\u2028\u2029") {
			require.Equal(t, string(want), string(got), "no escape that encoding/json would not make, and none less")
		}
	})
}
