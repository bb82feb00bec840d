package client

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/httpsd/wire"
)

var cacheQuery = url.Values{"shard": {"prod"}, "kind": {"targets"}}

// cached returns the path of a cache file that a client of cacheQuery has written with that state.
func cached(t *testing.T, s state) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "cache.json")
	network := &hosts{}
	network.set("a", sends(s.full()))
	p := play(t, network, Options{CacheFile: path, Query: cacheQuery}, "a")
	synctest.Wait()
	p.stop()
	return path
}

func TestTheCacheIsUsedWhileNoServerAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := at(5, "exporter/1=a:1 exporter/2=b:1,<c>&:1", "", "exporter/3=d:1")
		path := cached(t, s)
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm())

		time.Sleep(24 * time.Hour)
		network := &hosts{}
		p := play(t, network, Options{CacheFile: path, Query: cacheQuery}, "a", "b")
		time.Sleep(4 * time.Second)
		require.Nil(t, p.held())
		time.Sleep(2 * time.Second)
		require.Equal(t, s.targets(), p.held())
		u := p.update()
		require.True(t, u.First)
		require.Equal(t, Cache, u.Origin)
		require.Empty(t, u.Server)
		require.Equal(t, s.id(), u.ID.String())
		require.Equal(t, s.etag(), u.ETag)
		require.Equal(t, 1, p.count(CacheUsed))
		require.Equal(t, 1, p.logged("the targets are those of the cache file"))
		require.Equal(t, 1, p.logged("age=24h0m"))

		after := at(7, "exporter/1=a:1 exporter/2=b:1,<c>&:1", "", "exporter/3=d:2")
		network.set("a", sends(after.delta(s, 3)))
		time.Sleep(time.Minute)
		require.Contains(t, network.seen(), "a/watch 5f1c-5")
		require.Equal(t, []string{"exporter/3"}, sources(p.update().Changed), "only what has changed")
		require.Equal(t, after.targets(), p.held())
	})
}

func TestTheCacheIsNotUsedWhenAServerAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := cached(t, at(5, "exporter/1=a:1"))
		s := at(6, "exporter/1=a:2")
		network := &hosts{}
		network.set("b", sends(s.full()))
		p := play(t, network, Options{CacheFile: path, Query: cacheQuery}, "a", "b")
		time.Sleep(10 * time.Second)
		require.Zero(t, p.count(CacheUsed))
		require.Len(t, p.updates, 1)
		require.Equal(t, s.targets(), p.held())
	})
}

func TestAServerIsNotBelievedWhenItIsBehindTheCache(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := at(5, "exporter/1=a:1 exporter/2=b:1")
		path := cached(t, s)
		network := &hosts{}
		network.set("a", watching{stream: func(w http.ResponseWriter, r *http.Request) {
			pause(r.Context(), 7*time.Second) // the cache is used in between
			flush(w, at(4, "exporter/1=a:1").full())
		}, documents: at(3).serveDocument})
		p := play(t, network, Options{CacheFile: path, Query: cacheQuery}, "a")
		time.Sleep(time.Minute)
		require.Equal(t, s.targets(), p.held())
		require.Contains(t, p.failures(""), "5f1c-4, behind 5f1c-5")
		require.Contains(t, p.failures(""), "5f1c-3, behind 5f1c-5")
		p.stop()
	})
}

func TestACacheThatIsNoGoodIsNotUsed(t *testing.T) {
	for name, c := range map[string]struct {
		change func(string) string
		query  url.Values
		want   string
	}{
		"cut off":         {func(s string) string { return s[:len(s)-20] }, cacheQuery, "damaged"},
		"another group":   {func(s string) string { return strings.Replace(s, "a:1", "a:2", 1) }, cacheQuery, "entity tag"},
		"a group fewer":   {func(s string) string { return strings.Replace(s, `"id":2,"groups":`, `"id":2,"later":`, 1) }, cacheQuery, "entity tag"},
		"of the future":   {func(s string) string { return strings.Replace(s, `"format":1`, `"format":2`, 1) }, cacheQuery, "format is 2, not 1"},
		"another query":   {func(s string) string { return s }, url.Values{"shard": {"test"}}, "for the query"},
		"without its id":  {func(s string) string { return strings.Replace(s, "5f1c-5", "", 1) }, cacheQuery, "damaged"},
		"something else":  {func(string) string { return "[]" }, cacheQuery, "damaged"},
		"empty":           {func(string) string { return "" }, cacheQuery, "damaged"},
		"an empty object": {func(string) string { return "{}" }, cacheQuery, "format is 0"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				path := cached(t, at(5, "exporter/1=a:1", "exporter/2=b:1"))
				before, err := os.ReadFile(path)
				require.NoError(t, err)
				require.NoError(t, os.WriteFile(path, []byte(c.change(string(before))), 0o600))
				p := play(t, &hosts{}, Options{CacheFile: path, Query: c.query}, "a")
				time.Sleep(time.Minute)
				require.Nil(t, p.held())
				require.Zero(t, p.count(CacheUsed))
				require.Equal(t, 1, p.logged("No server has answered, and the cache file"))
				require.Contains(t, p.log.String(), c.want)
			})
		})
	}
	t.Run("none", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "cache.json")
			p := play(t, &hosts{}, Options{CacheFile: path}, "a")
			time.Sleep(time.Minute)
			require.Nil(t, p.held())
			p.stop()
			require.NoFileExists(t, path, "nothing is known, so nothing is kept")
		})
	})
}

func TestTheCacheFollows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		path := filepath.Join(dir, "cache.json")
		states := []state{at(1, "exporter/1=a:1")}
		network := &hosts{}
		network.set("a", watching{stream: func(w http.ResponseWriter, r *http.Request) {
			flush(w, states[0].full())
			for r.Context().Err() == nil {
				pause(r.Context(), 100*time.Millisecond)
				last := states[len(states)-1]
				next := at(last.revision+1, "exporter/1=a:"+strings.Repeat("1", len(states)))
				if len(states) == 300 {
					break
				}
				states = append(states, next)
				fmt.Fprint(w, next.delta(last))
			}
			fmt.Fprint(w, sse("", "5f1c-999", ""))
			<-r.Context().Done()
		}})
		p := play(t, network, Options{CacheFile: path}, "a")
		writes, last := 0, ""
		for range 300 {
			time.Sleep(100 * time.Millisecond)
			synctest.Wait()
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			if string(data) != last {
				writes, last = writes+1, string(data)
			}
		}
		require.GreaterOrEqual(t, writes, 4)
		require.LessOrEqual(t, writes, 8, "at most every five seconds")
		time.Sleep(10 * time.Second)
		p.stop()
		files, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Len(t, files, 1, "nothing else is left")
		f, err := newCache(Options{CacheFile: path}).load()
		require.NoError(t, err)
		require.Equal(t, wire.ID{Epoch: epoch, Revision: 999}, f.id, "written once more at the end")
		require.Equal(t, states[len(states)-1].etag(), f.Set.ETag)
	})
}

func TestACacheThatCannotBeWrittenHurtsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "later")
		path := filepath.Join(dir, "cache.json")
		s := at(5, "exporter/1=a:1")
		network := &hosts{}
		network.set("a", sends(s.full()))
		p := play(t, network, Options{CacheFile: path}, "a")
		time.Sleep(30 * time.Second)
		require.Equal(t, s.targets(), p.held())
		require.Equal(t, 1, p.logged("cannot be written"))
		require.NoError(t, os.Mkdir(dir, 0o700))
		time.Sleep(10 * time.Second)
		require.Equal(t, 1, p.logged("is written again"))
		require.FileExists(t, path)
	})
}

func TestTheAgeOfACacheThatWasOnlyReadStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := cached(t, at(5, "exporter/1=a:1"))
		before, err := os.ReadFile(path)
		require.NoError(t, err)
		time.Sleep(time.Hour)
		p := play(t, &hosts{}, Options{CacheFile: path, Query: cacheQuery}, "a")
		time.Sleep(time.Minute)
		require.Equal(t, 1, p.count(CacheUsed))
		p.stop()
		after, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, string(before), string(after))
	})
}
