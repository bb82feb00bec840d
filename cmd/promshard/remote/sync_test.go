package remote

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/httpsd"
	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

// elsewhere is a source with some hosts of one project.
func elsewhere(hosts int) store.SyncSource {
	source := store.SyncSource{
		Name:     "promgen",
		Shards:   []store.SyncShard{{Key: 1, Name: "tokyo", Enabled: true}},
		Services: []store.SyncService{{Key: 1, Name: "shop"}},
		Projects: []store.SyncProject{{Key: 1, Name: "web", Service: 1, Shard: 1}},
		Farms:    []store.SyncFarm{{Key: 1, Name: "boxes", Project: 1}},
	}
	for i := range hosts {
		source.Hosts = append(source.Hosts, store.SyncHost{Key: -int64(i + 1), Name: fmt.Sprintf("h%d", i), Farm: 1})
	}
	return source
}

func TestALargeSourceIsSentInPieces(t *testing.T) {
	s := storetest.SQLite(t)
	c := clientOf(t, Options{Servers: []string{serve(t, handlerOf(t, s))}})
	source := elsewhere(20_000)
	var shown []int64
	result, err := c.Sync(t.Context(), source, store.SyncOptions{Progress: func(rows int64) { shown = append(shown, rows) }})
	require.NoError(t, err)
	assert.Len(t, result.Changes, source.Rows())
	assert.Greater(t, len(shown), 10)
	assert.EqualValues(t, source.Rows(), shown[len(shown)-1])
}

func TestASyncThatBreaksOffTakesNothingIn(t *testing.T) {
	s := storetest.SQLite(t)
	folder := t.TempDir()
	c := clientOf(t, Options{Servers: []string{serve(t, handlerOf(t, s, func(o *httpsd.Options) { o.API.ImportFolder = folder }))}})
	source := elsewhere(50_000)
	source.Hosts[40_000].Name = "h\xff"
	_, err := c.Sync(t.Context(), source, store.SyncOptions{})
	require.ErrorIs(t, err, store.ErrInvalid)
	assert.Equal(t, `host name "h\xff": is not valid UTF-8`, err.Error())

	ctx, cancel := context.WithCancel(t.Context())
	_, err = c.Sync(ctx, elsewhere(50_000), store.SyncOptions{Progress: func(int64) { cancel() }})
	require.ErrorIs(t, err, context.Canceled)
	assert.Zero(t, shards(t, s))
	require.Eventually(t, func() bool { left, err := os.ReadDir(folder); return err == nil && len(left) == 0 }, 10*time.Second, 10*time.Millisecond)
}

func TestASyncWhoseAnswerWasLostIsRunAgain(t *testing.T) {
	s := storetest.SQLite(t)
	handler := handlerOf(t, s)
	lossy := losing(handler, 1)
	c := clientOf(t, Options{Servers: []string{serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			lossy.ServeHTTP(w, r)
			return
		}
		handler.ServeHTTP(w, r)
	}))}})
	source := elsewhere(3)
	_, err := c.Sync(t.Context(), source, store.SyncOptions{})
	require.ErrorIs(t, err, store.ErrUnavailable)
	assert.ErrorContains(t, err, "may have been done")
	var doubtful *store.Error
	require.ErrorAs(t, err, &doubtful)
	assert.Equal(t, "run it again: what was taken in is not taken in twice", doubtful.Hint)
	result, err := c.Sync(t.Context(), source, store.SyncOptions{})
	require.NoError(t, err)
	assert.Empty(t, result.Changes)
	assert.Equal(t, 1, shards(t, s))
}

func TestASyncUnderAKeyIsDoneOnce(t *testing.T) {
	s := storetest.SQLite(t)
	c := clientOf(t, Options{Servers: []string{serve(t, handlerOf(t, s))}})
	var receipt store.Receipt
	ctx := store.WithReceipt(store.WithIdempotencyKey(t.Context(), "k", ""), &receipt)
	first, err := c.Sync(ctx, elsewhere(3), store.SyncOptions{})
	require.NoError(t, err)
	again, err := c.Sync(ctx, elsewhere(3), store.SyncOptions{})
	require.NoError(t, err)
	assert.Equal(t, first, again)
	assert.True(t, receipt.Replayed)
}
