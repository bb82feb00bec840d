package snapshot

import (
	"bytes"
	"encoding/json"
	"flag"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// body is what a list writes.
func body(t require.TestingT, l *List) string {
	var b bytes.Buffer
	n, err := l.WriteTo(&b)
	require.NoError(t, err)
	require.EqualValues(t, b.Len(), n, "what WriteTo says it wrote")
	require.EqualValues(t, b.Len(), l.Size(), "Size")
	return b.String()
}

// listBody is the list that a query picks, as bytes.
func listBody(t require.TestingT, s *Snapshot, k Kind, q Query) string {
	l, err := s.List(k, q)
	require.NoError(t, err)
	return body(t, l)
}

// plainJSON is v by encoding/json, without its escapes for HTML.
func plainJSON(t require.TestingT, v any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	require.NoError(t, enc.Encode(v))
	return string(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}
