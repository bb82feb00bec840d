package agent

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestOnce(t *testing.T) {
	p := startPromshard(t)
	o := options(p, inFolder(t, "x.json"))
	o.URLsFile = inFolder(t, "urls.yml")
	reloads := 0
	o.Reload = func(context.Context) error { reloads++; return nil }
	require.NoError(t, newAgent(t, o).Once(t.Context()))
	assert.Equal(t, p.get(t, prodTargets), content(t, o.TargetsFile))
	assert.Contains(t, content(t, o.URLsFile), "shop.example")
	assert.Equal(t, 1, reloads, "for both files")

	require.NoError(t, newAgent(t, o).Once(t.Context()))
	assert.Equal(t, 1, reloads, "nothing has changed")
	removeHost(t, p.store, "web1")
	require.Eventually(t, func() bool { return p.get(t, prodTargets) == "[]" }, waitMost, waitStep)
	require.NoError(t, newAgent(t, o).Once(t.Context()))
	assert.Equal(t, "[]", content(t, o.TargetsFile))
	assert.Equal(t, 2, reloads)
}

func TestOnceWithoutAList(t *testing.T) {
	unauthorized := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }))
	t.Cleanup(unauthorized.Close)
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(silent.Close)
	p := startPromshard(t)
	for name, c := range map[string]struct {
		change func(*Options)
		want   error
		says   string
		quick  bool
	}{
		"an unknown shard":  {func(o *Options) { o.Shard = "gone" }, ErrUnknown, `unknown shard "gone"`, true},
		"an unknown server": {func(o *Options) { o.Shard, o.As = "", "gone:1" }, ErrUnknown, `unknown server "gone:1"`, true},
		"nobody":            {func(o *Options) { o.Servers = []string{"http://127.0.0.1:1"} }, ErrNoAnswer, "connection refused", false},
		"no password":       {func(o *Options) { o.Servers = []string{unauthorized.URL} }, ErrNoAnswer, "401", false},
		"silence":           {func(o *Options) { o.Servers = []string{silent.URL} }, ErrNoAnswer, "in time", false},
		"unknown to one, and the other is away": {func(o *Options) {
			o.Shard, o.Servers = "gone", append(o.Servers, "http://127.0.0.1:1")
		}, ErrNoAnswer, "connection refused", false},
	} {
		t.Run(name, func(t *testing.T) {
			o := options(p, inFolder(t, "x.json"))
			o.Timeout = time.Second
			require.NoError(t, os.WriteFile(o.TargetsFile, []byte(`[{"targets":["good:1"]}]`), 0o644))
			c.change(&o)
			if c.quick {
				o.Timeout = time.Hour
			}
			o.Reload = func(context.Context) error { return errors.New("must not be asked for") }
			err := newAgent(t, o).Once(t.Context())
			require.ErrorIs(t, err, c.want)
			require.ErrorContains(t, err, c.says)
			assert.Equal(t, `[{"targets":["good:1"]}]`, content(t, o.TargetsFile)) //nolint:testifylint // byte by byte
		})
	}
}

func TestOnceIsInterrupted(t *testing.T) {
	p := startPromshard(t)
	o := options(p, inFolder(t, "x.json"))
	o.Servers = []string{"http://127.0.0.1:1"}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	canceled, stop := context.WithCancel(context.Background())
	context.AfterFunc(ctx, stop)
	require.ErrorIs(t, newAgent(t, o).Once(canceled), context.Canceled)
}

func TestOnceThatCannotWrite(t *testing.T) {
	p := startPromshard(t)
	o := options(p, filepath.Join(t.TempDir(), "missing", "x.json"))
	o.URLsFile = inFolder(t, "urls.json")
	err := newAgent(t, o).Once(t.Context())
	require.ErrorIs(t, err, os.ErrNotExist)
	assert.Contains(t, content(t, o.URLsFile), "shop.example", "the other list is written all the same")
}

func TestOnceThatCannotReload(t *testing.T) {
	p := startPromshard(t)
	o := options(p, inFolder(t, "x.json"))
	o.Timeout = time.Second
	tries := 0
	o.Reload = func(context.Context) error { tries++; return errors.New("busy") }
	err := newAgent(t, o).Once(t.Context())
	require.ErrorIs(t, err, ErrNotReloaded)
	require.ErrorContains(t, err, "busy")
	assert.Greater(t, tries, 3)
	assert.Equal(t, p.get(t, prodTargets), content(t, o.TargetsFile))
}
