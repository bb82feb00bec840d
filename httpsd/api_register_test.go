package httpsd

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

const oneGroup = `[{"targets":["i1:9100","i2:9100"],"labels":{"__shard":"new","service":"s","project":"p","farm":"f","job":"node"}}]`

// zipped is a text, compressed.
func zipped(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write([]byte(text))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.Bytes()
}

func TestListsAreImported(t *testing.T) {
	withAPI(t, func(t *testing.T, a *apiServing) {
		const path = "/api/v2/import"
		tried := data[store.ImportResult](t, a.do(t, http.MethodPost, path+"?dry_run=true", oneGroup), http.StatusOK)
		assert.EqualValues(t, 2, tried.Imported.Hosts)
		key := []string{"Idempotency-Key", "once", "Content-Encoding", "gzip"}
		first := data[store.ImportResult](t, a.do(t, http.MethodPost, path, zipped(t, oneGroup), key...), http.StatusOK)
		assert.Equal(t, int64(1), first.Revision)
		assert.EqualValues(t, 2, first.Imported.Hosts)
		again := a.do(t, http.MethodPost, path, zipped(t, oneGroup), key...)
		assert.Equal(t, first, data[store.ImportResult](t, again, http.StatusOK))
		assert.Contains(t, again.body, `"replayed":true`)
		requireError(t, a.do(t, http.MethodPost, path, zipped(t, "[]"), key...), http.StatusConflict, "conflict")
		there := data[store.ImportResult](t, a.do(t, http.MethodPost, path, oneGroup), http.StatusOK)
		assert.Zero(t, there.Revision)
		assert.EqualValues(t, 2, there.Existing.Hosts)
		requireError(t, a.do(t, http.MethodPost, path+"?shard=other", oneGroup), http.StatusConflict, "conflict")
	})
}

func TestListsThatAreNoneAreRefusedWhole(t *testing.T) {
	s := storetest.SQLite(t)
	folder := t.TempDir()
	a := newAPI(t, s, func(o *Options) { o.API.MaxImportBytes, o.API.ImportFolder = 2000, folder })
	const path = "/api/v2/import"
	half := oneGroup[:len(oneGroup)-1]
	for body, want := range map[string]string{
		"": "the list is empty", "{}": "begins with [", half: "ends before its closing ]", half + ",null]": "null", half + `,{"x":1}]`: "unknown field",
	} {
		assert.Contains(t, requireError(t, a.do(t, http.MethodPost, path, body), http.StatusBadRequest, "bad_data"), want)
	}
	requireError(t, a.do(t, http.MethodPost, path, half, "Content-Encoding", "gzip"), http.StatusBadRequest, "bad_data")
	requireError(t, a.do(t, http.MethodPost, path, zipped(t, oneGroup)[:40], "Content-Encoding", "gzip"), http.StatusBadRequest, "bad_data")
	requireError(t, a.do(t, http.MethodPost, path, oneGroup, "Content-Encoding", "br"), http.StatusUnsupportedMediaType, "bad_data")
	requireError(t, a.do(t, http.MethodPost, path, oneGroup, "Content-Type", "text/plain"), http.StatusUnsupportedMediaType, "bad_data")
	requireError(t, a.do(t, http.MethodPost, path, half+strings.Repeat(" ", 2000)+"]"), http.StatusRequestEntityTooLarge, "bad_data")
	bomb := zipped(t, half+strings.Repeat(" ", 1<<20)+"]")
	require.Less(t, len(bomb), 2000)
	requireError(t, a.do(t, http.MethodPost, path, bomb, "Content-Encoding", "gzip"), http.StatusRequestEntityTooLarge, "bad_data")
	revision, err := s.Revision(t.Context())
	require.NoError(t, err)
	assert.Zero(t, revision.Number)
	left, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.Empty(t, left, "no list is left behind")
}

func TestRegisteringSaysWhatIsNew(t *testing.T) {
	withAPI(t, func(t *testing.T, a *apiServing) {
		plant(t, a.store)
		for _, c := range []struct{ what, body, field string }{
			{"server", `{"shard":"new","host":"p9","port":9090}`, "server"},
			{"host", `{"project":"shop-api","host":"w9"}`, "host"},
			{"job", `{"project":"shop-api","job":"new","port":9}`, "exporter"},
			{"exporter", `{"job":"new","port":9,"path":"/x"}`, "default_exporter"},
		} {
			path := "/api/v2/register/" + c.what
			for _, created := range []bool{true, false} {
				got := data[map[string]any](t, a.do(t, http.MethodPost, path, c.body), http.StatusOK)
				assert.Equal(t, created, got["created"], c.what)
				assert.NotEmpty(t, got[c.field], c.what)
			}
			requireError(t, a.do(t, http.MethodPost, path, `{"nonsense":1}`), http.StatusBadRequest, "bad_data")
			requireError(t, a.do(t, http.MethodPost, path, `{}`), http.StatusBadRequest, "bad_data")
			requireError(t, a.do(t, http.MethodPost, path, strings.Replace(c.body, `"port":9`, `"port":"9"`, 1), "If-Match", `"1"`), http.StatusBadRequest, "bad_data")
		}
	})
}
