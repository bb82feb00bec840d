package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/httpsd"
	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

// scriptsOfBoth are the scripts of commands that work on a server as they do on a database: they run on each, with the
// same output and the same exit codes.
var scriptsOfBoth = []string{"nouns", "register", "import", "json", "export", "guard", "history"}

func TestScriptsOnAServer(t *testing.T) {
	var files []string
	for _, name := range scriptsOfBoth {
		files = append(files, filepath.Join("testdata", "script", name+".txtar"))
	}
	p := scriptParams()
	p.Dir, p.Files, p.UpdateScripts = "", files, false
	setUp := p.Setup
	p.Setup = func(e *testscript.Env) error {
		if err := setUp(e); err != nil {
			return err
		}
		e.Setenv(serverVariable, serveStore(t, storetest.SQLite(t)))
		e.Setenv(tokenVariable, "psh_"+exampleToken)
		return nil
	}
	p.Condition = func(condition string) (bool, error) { return condition == "server", nil }
	testscript.Run(t, p)
}

// exampleToken is a token without its prefix, which scanners for leaked secrets look for.
const exampleToken = "00000000000000000000000000000000vs3wkcg"

// serveStore serves an inventory until the test ends, to whoever shows a token, as the local user. It returns the URL.
func serveStore(t *testing.T, s *store.Store) string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	publisher := httpsd.NewPublisher(httpsd.PublisherOptions{Source: s})
	ended := make(chan error, 1)
	go func() { ended <- publisher.Run(ctx) }()
	handler := httpsd.New(httpsd.Options{
		Publisher: publisher, API: httpsd.APIOptions{Inventory: func() (store.Inventory, error) { return s, nil }},
	})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer psh_"+exampleToken {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		handler.ServeHTTP(w, r.WithContext(store.WithActor(r.Context(), "local:somebody")))
	}))
	t.Cleanup(func() {
		handler.Release()
		server.Close()
		cancel()
		<-ended
	})
	return server.URL
}

// runServer runs serve in this process on an inventory of its own, until stop is called. token is the file with its first
// token.
func runServer(t *testing.T, args ...string) (url, token string, stop func()) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "served.db")
	ctx, cancel := context.WithCancel(context.Background())
	out, in := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		app := newApp(strings.NewReader(""), in, io.Discard)
		ended <- app.run(ctx, append([]string{"serve", "--web.listen-address=127.0.0.1:0", "--database=sqlite://" + file}, args...))
		in.Close()
	}()
	first, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	go io.Copy(io.Discard, out) //nolint:errcheck // until serve ends
	url = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(first), "promshard is at "), "/")
	token = tokenFileFor("sqlite://" + file)
	require.Eventually(t, func() bool { _, err := os.Stat(token); return err == nil }, patience, patience/3000)
	return url, token, func() {
		cancel()
		<-ended
	}
}
