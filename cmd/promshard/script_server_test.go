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
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/httpsd"
	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

// scriptsOfBoth are the scripts of commands that work on a server as they do on a database: they run on each, with the
// same output and the same exit codes.
var scriptsOfBoth = []string{"access", "nouns", "register", "import", "json", "export", "guard", "history", "apply", "compare", "import_prometheus", "import_promgen", "import_promgen_again"}

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
		<-ended //nolint:errcheck // the context has ended
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
	require.Eventually(t, func() bool {
		resp, err := http.Get(url + "/-/ready")
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	}, patience, 10*time.Millisecond)
	return url, token, func() {
		http.DefaultClient.CloseIdleConnections()
		cancel()
		<-ended
	}
}

// secretOf reads a token's file.
func secretOf(t *testing.T, file string) string {
	t.Helper()
	secret, err := readToken(file)
	require.NoError(t, err)
	return secret
}

func TestTokensDecideWhatCommandsMayDoOnAServer(t *testing.T) {
	url, token, stop := runServer(t)
	defer stop()
	database := "sqlite://" + strings.TrimSuffix(token, ".admin-token")
	on := "--server=" + url
	t.Setenv(databaseVariable, "sqlite://"+filepath.Join(t.TempDir(), "none.db"))
	_, stderr, code := promshard(t, "shard", "list", on)
	assert.Equal(t, exitDenied, code)
	assert.Contains(t, stderr, "hint: show a token: --token-file, PROMSHARD_TOKEN_FILE or PROMSHARD_TOKEN;")

	// The first token is found beside the database that --database would name.
	t.Setenv(databaseVariable, database)
	mustRun(t, "register-server", "prod", "p1.example", "9090", on)
	mustRun(t, "service", "add", "shop", on)
	assert.Contains(t, mustRun(t, "journal", on), "token:admin")

	viewer := filepath.Join(t.TempDir(), "viewer")
	secret := strings.TrimSpace(mustRun(t, "token", "create", "looker", "--role=viewer"))
	require.NoError(t, os.WriteFile(viewer, []byte(secret), 0o600))
	require.Eventually(t, func() bool {
		_, _, code := promshard(t, "shard", "list", on, "--token-file="+viewer)
		return code == exitOK
	}, patience, 50*time.Millisecond)
	stdout, stderr, code := promshard(t, "service", "add", "mail", on, "--token-file="+viewer)
	assert.Equal(t, exitDenied, code)
	assert.Contains(t, stderr, "not allowed")
	assert.NotContains(t, stdout+stderr, secret)
	assert.NotContains(t, stdout+stderr, secretOf(t, token))

	for _, args := range [][]string{{"token", "list"}, {"token", "create", "x", "--role=admin"}, {"access", "set", "token", "looker", "--role=admin"}, {"token", "revoke", "admin"}} {
		stdout, stderr, code = promshard(t, append(args, on, "--token-file="+viewer)...)
		assert.Equal(t, exitDenied, code, args)
		assert.Contains(t, stderr, "hint: ask an admin")
		assert.Empty(t, stdout)
	}

	// Who may do what is managed on the server as on the database, and is the same there.
	editor := filepath.Join(t.TempDir(), "editor")
	made := strings.TrimSpace(mustRun(t, "token", "create", "writer", "--role=editor", "--on=service=shop", on))
	require.NoError(t, os.WriteFile(editor, []byte(made), 0o600))
	assert.Equal(t, mustRun(t, "access", "list"), mustRun(t, "access", "list", on))
	assert.Regexp(t, `token +writer +editor on service "shop" .* token:admin `, mustRun(t, "token", "list"))
	require.Eventually(t, func() bool {
		_, _, code := promshard(t, "service", "set", "shop", "--owner=@shop", on, "--token-file="+editor)
		return code == exitOK
	}, patience, 50*time.Millisecond)
	mustRun(t, "token", "revoke", "writer", on)
	require.Eventually(t, func() bool {
		_, _, code := promshard(t, "service", "list", on, "--token-file="+editor)
		return code == exitDenied
	}, patience, 50*time.Millisecond)

	t.Setenv(tokenVariable, secret)
	assert.Contains(t, mustRun(t, "service", "list", on), "shop")
	config := filepath.Join(t.TempDir(), "http.yml")
	require.NoError(t, os.WriteFile(config, []byte("authorization: {credentials_file: "+token+"}"), 0o600))
	mustRun(t, "service", "add", "mail", on, "--http.config.file="+config)
	assert.Equal(t, "[]\n", mustRun(t, "targets", on))
}
