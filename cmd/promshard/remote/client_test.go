package remote

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/httpsd"
	"github.com/promshard/promshard/httpsd/snapshot"
	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

// nobody is the address of a server that is not there.
func nobody(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	return "http://" + l.Addr().String()
}

// losing cuts the connection behind the first answers instead of sending them; the requests have been done by then.
func losing(handler http.Handler, answers int64) http.Handler {
	var lost atomic.Int64
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if lost.Add(1) > answers {
			handler.ServeHTTP(w, r)
			return
		}
		handler.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	})
}

func shards(t *testing.T, inv store.Registry) int {
	t.Helper()
	rows, err := inv.Shards(t.Context(), store.ShardFilter{})
	require.NoError(t, err)
	return len(rows)
}

func TestTheNextServerIsAskedWhenOneCannotBeReached(t *testing.T) {
	s := storetest.SQLite(t)
	c := clientOf(t, Options{Servers: []string{nobody(t), serve(t, handlerOf(t, s))}})
	require.NoError(t, c.CreateShard(t.Context(), &store.Shard{Name: "prod"}))
	assert.Equal(t, 1, shards(t, c))
	assert.EqualValues(t, 1, c.preferred.Load(), "it goes on with the server that answered")

	gone := clientOf(t, Options{Servers: []string{nobody(t)}})
	_, err := gone.Shards(t.Context(), store.ShardFilter{})
	require.ErrorIs(t, err, store.ErrUnavailable)
	assert.ErrorContains(t, err, "cannot be reached: dial tcp")
}

func TestALostAnswerMakesNothingTwice(t *testing.T) {
	s := storetest.SQLite(t)
	c := clientOf(t, Options{Servers: []string{serve(t, losing(handlerOf(t, s), 1))}})
	c.pause = time.Millisecond
	shard := store.Shard{Name: "prod"}
	var receipt store.Receipt
	require.NoError(t, c.CreateShard(store.WithReceipt(t.Context(), &receipt), &shard))
	assert.EqualValues(t, 1, shard.ID)
	assert.True(t, receipt.Replayed)
	assert.Equal(t, 1, shards(t, s))
}

func TestALostAnswerOfWhatCannotBeRepeatedIsSaid(t *testing.T) {
	s := storetest.SQLite(t)
	require.NoError(t, s.CreateShard(t.Context(), &store.Shard{Name: "prod"}))
	c := clientOf(t, Options{Servers: []string{serve(t, losing(handlerOf(t, s), 1))}})
	err := c.DeleteShard(t.Context(), 1, store.DeleteOptions{})
	require.ErrorIs(t, err, store.ErrUnavailable)
	assert.ErrorContains(t, err, "the answer to a write was lost, which may have been done")
	assert.Zero(t, shards(t, s))

	c = clientOf(t, Options{Servers: []string{serve(t, losing(handlerOf(t, s), 100))}})
	c.pause = time.Millisecond
	require.ErrorIs(t, c.CreateShard(t.Context(), &store.Shard{Name: "prod"}), store.ErrUnavailable)
	assert.Equal(t, 1, shards(t, s))
}

func TestATokenWhoseAnswerWasLostIsNotCreatedAgain(t *testing.T) {
	s := storetest.SQLite(t)
	c := clientOf(t, Options{Servers: []string{serve(t, losing(handlerOf(t, s), 1))}})
	c.pause = time.Millisecond
	p := store.Principal{Kind: store.KindToken, Name: "ci", Grants: []store.Grant{{Role: store.RoleViewer}}}
	secret, err := c.CreatePrincipal(t.Context(), &p)
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.ErrorContains(t, err, "the answer to a write was lost, which may have been done")
	var doubt *store.Error
	require.ErrorAs(t, err, &doubt)
	require.Contains(t, doubt.Hint, "revoke it and create it again")
	require.Empty(t, secret)
	list, err := s.Principals(t.Context(), store.PrincipalFilter{})
	require.NoError(t, err)
	require.Len(t, list, 1)
	_, err = c.CreatePrincipal(store.WithIdempotencyKey(t.Context(), "k", "f"), &store.Principal{Kind: store.KindToken, Name: "other", Grants: p.Grants})
	require.ErrorIs(t, err, store.ErrInvalid, "a key is not passed over")

	c = clientOf(t, Options{Servers: []string{serve(t, losing(handlerOf(t, s), 1))}})
	c.pause = time.Millisecond
	user := store.Principal{Kind: store.KindUser, Name: "ann", Grants: p.Grants}
	_, err = c.CreatePrincipal(t.Context(), &user)
	require.NoError(t, err, "what has no secret is answered again")
	require.EqualValues(t, 2, user.ID)
}

func TestAServerThatWantsToBeLeftAloneIsWaitedFor(t *testing.T) {
	s := storetest.SQLite(t)
	handler, asked := handlerOf(t, s), atomic.Int64{}
	url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) == 1 {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
			fmt.Fprint(w, `{"status":"error","errorType":"too_many_requests","error":"too many requests of token:x"}`)
			return
		}
		handler.ServeHTTP(w, r)
	}))
	begun := time.Now()
	assert.Zero(t, shards(t, clientOf(t, Options{Servers: []string{url}})))
	assert.GreaterOrEqual(t, time.Since(begun), time.Second)

	asked.Store(0)
	_, err := clientOf(t, Options{Servers: []string{url}, Patience: time.Millisecond}).Shards(t.Context(), store.ShardFilter{})
	require.ErrorIs(t, err, store.ErrUnavailable)
	assert.ErrorContains(t, err, "too many requests of token:x")
}

func TestATokenGoesNowhereElse(t *testing.T) {
	const token = "psh_secret"
	elsewhere := serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it was followed") }))
	url := serve(t, http.RedirectHandler(elsewhere+"/x", http.StatusFound))
	_, err := clientOf(t, Options{Servers: []string{url}, Token: token}).Shards(t.Context(), store.ShardFilter{})
	require.ErrorIs(t, err, store.ErrUnavailable)
	var refused *store.Error
	require.ErrorAs(t, err, &refused)
	assert.Contains(t, refused.Hint, "it points to "+elsewhere)
	assert.NotContains(t, err.Error()+refused.Hint, token)

	_, err = New(Options{Servers: []string{"http://ann:" + token + "@localhost"}})
	require.Error(t, err)
	assert.NotContains(t, err.Error(), token)
	_, err = clientOf(t, Options{Servers: []string{url}, Token: token + "\n"}).Shards(t.Context(), store.ShardFilter{})
	require.Error(t, err)
	assert.NotContains(t, err.Error(), token)
}

func TestWhoIsNotLetInLearnsWhy(t *testing.T) {
	for status, kind := range map[int]error{http.StatusUnauthorized: ErrUnauthorized, http.StatusForbidden: store.ErrForbidden} {
		for _, body := range []string{"no", fmt.Sprintf(`{"status":"error","errorType":%q,"error":"not you"}`, kind)} {
			url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(status)
				fmt.Fprint(w, body)
			}))
			_, err := clientOf(t, Options{Servers: []string{url}}).Shards(t.Context(), store.ShardFilter{})
			require.ErrorIs(t, err, kind, body)
			require.NotErrorIs(t, err, store.ErrUnavailable)
		}
	}
}

func TestAnotherProgramIsNoServer(t *testing.T) {
	for _, answer := range []func(w http.ResponseWriter){
		func(w http.ResponseWriter) { fmt.Fprint(w, "<html>") },
		func(w http.ResponseWriter) { http.Error(w, "not here", http.StatusNotFound) },
		func(w http.ResponseWriter) { http.Error(w, "down", http.StatusBadGateway) },
		func(w http.ResponseWriter) {
			w.Header().Set("Content-Encoding", "gzip")
			fmt.Fprint(w, "not gzip")
		},
	} {
		url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answer(w) }))
		c := clientOf(t, Options{Servers: []string{url}})
		c.pause = time.Millisecond
		_, err := c.Shards(t.Context(), store.ShardFilter{})
		require.ErrorIs(t, err, store.ErrUnavailable)
		assert.ErrorContains(t, err, url)
		_, err = c.List(t.Context(), snapshot.Targets, snapshot.Query{})
		require.ErrorIs(t, err, store.ErrUnavailable)
	}
}

func TestAnImportThatBreaksOffTakesNothingIn(t *testing.T) {
	s := storetest.SQLite(t)
	folder := t.TempDir()
	c := clientOf(t, Options{Servers: []string{serve(t, handlerOf(t, s, func(o *httpsd.Options) { o.API.ImportFolder = folder }))}})
	group := store.ImportGroup{Targets: []string{"a:1"}, Labels: map[string]string{"__shard": "prod", "service": "shop", "project": "web", "farm": "web", "job": "node"}}
	broken := errors.New("line 7: the disk is gone")
	_, err := c.Import(t.Context(), func(yield func(store.ImportGroup, error) bool) {
		for range 100_000 {
			if !yield(group, nil) {
				return
			}
		}
		yield(store.ImportGroup{}, broken)
	}, store.ImportOptions{})
	require.ErrorIs(t, err, broken)

	ctx, cancel := context.WithCancel(t.Context())
	_, err = c.Import(ctx, func(yield func(store.ImportGroup, error) bool) {
		for yield(group, nil) {
			cancel()
		}
	}, store.ImportOptions{})
	require.ErrorIs(t, err, context.Canceled)
	assert.Zero(t, shards(t, s))
	require.Eventually(t, func() bool { left, err := os.ReadDir(folder); return err == nil && len(left) == 0 }, 10*time.Second, 10*time.Millisecond)
}

func TestALargeListIsSentInPieces(t *testing.T) {
	s := storetest.SQLite(t)
	c := clientOf(t, Options{Servers: []string{serve(t, handlerOf(t, s))}})
	shown := int64(0)
	result, err := c.Import(t.Context(), func(yield func(store.ImportGroup, error) bool) {
		for i := range 50 {
			g := store.ImportGroup{Labels: map[string]string{"__shard": "prod", "service": "shop", "project": fmt.Sprint("p", i), "farm": "f", "job": "node"}}
			for j := range 1000 {
				g.Targets = append(g.Targets, fmt.Sprintf("host-with-a-rather-long-name-%d-%d.example:9100", i, j))
			}
			if !yield(g, nil) {
				return
			}
		}
	}, store.ImportOptions{Progress: func(n int64) { shown = n }})
	require.NoError(t, err)
	assert.EqualValues(t, 50_000, result.Imported.Hosts)
	assert.EqualValues(t, 50_000, shown)
}

func TestAListHasWhatWasWrittenBefore(t *testing.T) {
	s := storetest.SQLite(t)
	c := clientOf(t, Options{Servers: []string{serve(t, handlerOf(t, s))}})
	for i := range 20 {
		_, err := c.RegisterServer(t.Context(), fmt.Sprint("s", i), "p1", 9090)
		require.NoError(t, err)
		list, err := c.List(t.Context(), snapshot.Targets, snapshot.Query{Shards: []string{fmt.Sprint("s", i)}})
		require.NoError(t, err)
		assert.EqualValues(t, i+1, list.Revision())
		var b bytes.Buffer
		n, err := list.WriteTo(&b)
		require.NoError(t, err)
		assert.Equal(t, "[]", b.String())
		assert.Equal(t, list.Size(), n)
	}
	begun := time.Now()
	_, err := c.List(t.Context(), snapshot.URLs, snapshot.Query{Shards: []string{"nope"}})
	require.ErrorIs(t, err, store.ErrNotFound)
	assert.Less(t, time.Since(begun), catchUpTimeout, "what is not there is not waited for")
}

func TestAServerMustBeAURL(t *testing.T) {
	for _, server := range []string{"", "localhost:9780", "ftp://x", "http://", "http://x?y", "http://x#y", "http://%zz"} {
		_, err := New(Options{Servers: []string{server}})
		assert.Error(t, err, server)
	}
	_, err := New(Options{})
	require.Error(t, err)
	s := storetest.SQLite(t)
	behind := serve(t, http.StripPrefix("/promshard", handlerOf(t, s)))
	assert.Zero(t, shards(t, clientOf(t, Options{Servers: []string{behind + "/promshard/"}})))
	assert.False(t, strings.HasSuffix(behind, "/"))
}
