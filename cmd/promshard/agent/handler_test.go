package agent

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPages(t *testing.T) {
	p := startPromshard(t)
	folder := filepath.Join(t.TempDir(), "later")
	o := options(p, filepath.Join(folder, "x.json"))
	r := startAgent(t, o)
	ask := func(path string) (int, string) {
		w := httptest.NewRecorder()
		r.Handler(r.registry).ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, http.NoBody))
		return w.Code, w.Body.String()
	}
	require.Eventually(t, func() bool { return r.metric(t, "write_failures_total") > 0 }, waitMost, waitStep)
	code, text := ask("/-/ready")
	assert.Equal(t, http.StatusServiceUnavailable, code)
	assert.Contains(t, text, "not ready: targets: writing "+o.TargetsFile)
	code, _ = ask("/-/healthy")
	assert.Equal(t, http.StatusOK, code)

	require.NoError(t, os.Mkdir(folder, 0o755))
	require.Eventually(t, func() bool { code, _ := ask("/-/ready"); return code == http.StatusOK }, waitMost, waitStep)
	p.die()
	require.Eventually(t, func() bool { return r.metric(t, "connected") == 0 }, waitMost, waitStep)
	code, _ = ask("/-/ready")
	assert.Equal(t, http.StatusOK, code, "what was last heard is in place")
	code, text = ask("/metrics")
	assert.Equal(t, http.StatusOK, code)
	assert.Contains(t, text, `promshard_agent_targets{list="targets"} 1`)
	code, _ = ask("/")
	assert.Equal(t, http.StatusNotFound, code)
}
