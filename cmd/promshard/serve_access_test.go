package main

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

// ask sends a request with a token, which may be empty, and returns the status and the body.
func (s *served) ask(t *testing.T, method, path, token, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.url+path, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	resp, err := client.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(text)
}

func TestFirstStartMakesATokenThatIsFound(t *testing.T) {
	file := filepath.Join(t.TempDir(), "new", "x.db")
	database := "sqlite://" + file
	s := startServe(t, "--database="+database)
	s.becomes(t, "/-/ready", http.StatusOK, "")
	require.Equal(t, file+".admin-token", tokenFileFor(database))
	info, err := os.Stat(tokenFileFor(database))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	secret, err := readToken(tokenFileFor(database))
	require.NoError(t, err)
	assert.NotContains(t, s.stdout.String()+s.stderr.String(), secret)
	assert.Contains(t, s.stderr.String(), "x.db.admin-token")

	code, body := s.ask(t, http.MethodPost, "/api/v2/shards", "", `{"name":"tokyo"}`)
	require.Equal(t, http.StatusUnauthorized, code, body)
	code, body = s.ask(t, http.MethodPost, "/api/v2/shards", secret, `{"name":"tokyo"}`)
	require.Equal(t, http.StatusCreated, code, body)
	s.becomes(t, "/sd/targets?shard=tokyo", http.StatusOK, "[]")
	assert.Contains(t, s.journal(t, database), `"token:admin"`)

	// Another start leaves everything as it is, a token that was revoked included.
	mustRun(t, "token", "revoke", "admin", "--database="+database)
	require.Eventually(t, func() bool {
		code, _ := s.ask(t, http.MethodGet, "/api/v2/shards", secret, "")
		return code == http.StatusUnauthorized
	}, patience, 10*time.Millisecond)
	require.NoError(t, s.process.Signal(os.Interrupt))
	require.NoError(t, s.wait(t))
	again := startServe(t, "--database="+database)
	again.becomes(t, "/-/ready", http.StatusOK, "")
	code, _ = again.ask(t, http.MethodGet, "/api/v2/shards", secret, "")
	require.Equal(t, http.StatusUnauthorized, code)
}

// journal is the journal as text.
func (s *served) journal(t *testing.T, database string) string {
	t.Helper()
	inv := storetest.Open(t, database)
	entries, err := inv.Journal(t.Context(), store.JournalFilter{})
	require.NoError(t, err)
	text, err := marshal(entries)
	require.NoError(t, err)
	return string(text)
}

func TestFirstTokenOfPostgresIsPrinted(t *testing.T) {
	database := storetest.NewCluster(t).DatabaseURL(t)
	s := startServe(t, "--database="+database, "--auth.lists=closed")
	s.becomes(t, "/-/ready", http.StatusOK, "")
	require.Eventually(t, func() bool { return strings.Contains(s.stdout.String(), "psh_") }, patience, 10*time.Millisecond)
	_, secret, _ := strings.Cut(s.stdout.String(), "\npsh_")
	secret = "psh_" + strings.TrimSpace(secret)
	require.True(t, store.ValidToken(secret), s.stdout.String())
	assert.NotContains(t, s.stderr.String(), secret)
	code, body := s.ask(t, http.MethodGet, "/sd/targets", secret, "")
	require.Equal(t, http.StatusOK, code, body)
	code, _ = s.ask(t, http.MethodGet, "/sd/targets", "", "")
	require.Equal(t, http.StatusUnauthorized, code)
	require.Empty(t, tokenFileFor(database))
}

func TestTokenFilesAreNeverOverwritten(t *testing.T) {
	secret := mustRun(t, "token", "create", "a", "--role=admin", "--database=sqlite://"+filepath.Join(t.TempDir(), "a.db"))
	secret = strings.TrimSpace(secret)
	file := filepath.Join(t.TempDir(), "x.db.admin-token")
	kept, err := keepToken(file, secret)
	require.NoError(t, err)
	require.Equal(t, secret, kept)
	kept, err = keepToken(file, "another")
	require.NoError(t, err)
	require.Equal(t, secret, kept, "what a start left that ended too early is used")
	files, err := os.ReadDir(filepath.Dir(file))
	require.NoError(t, err)
	require.Len(t, files, 1, "nothing else is left over")

	require.NoError(t, os.Chmod(file, 0o644))
	_, err = keepToken(file, secret)
	require.ErrorContains(t, err, "others may read (mode 644)")
	require.NoError(t, os.WriteFile(file, []byte("notes"), 0o600))
	_, err = keepToken(file, secret)
	require.ErrorContains(t, err, "holds no token")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, "notes", string(text))
	_, err = keepToken(filepath.Join(file, "below"), secret)
	require.ErrorContains(t, err, "writing the first token")
}
