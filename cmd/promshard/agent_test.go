package main

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"github.com/promshard/promshard/store/storetest"
)

// agentProcess is an agent in a process of its own, which the test outlives.
type agentProcess struct {
	cmd *exec.Cmd
	log *printed
}

func startAgentProcess(t *testing.T, args ...string) *agentProcess {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	a := &agentProcess{cmd: exec.Command(self), log: &printed{}}
	a.cmd.Args = append([]string{"promshard", "agent"}, args...)
	a.cmd.Stdout, a.cmd.Stderr = a.log, a.log
	require.NoError(t, a.cmd.Start())
	t.Cleanup(func() {
		_ = a.end(syscall.SIGKILL)
		if t.Failed() {
			t.Logf("log of the agent:\n%s", a.log)
		}
	})
	return a
}

// end sends a signal unless the process has ended, and waits until it has.
func (a *agentProcess) end(s os.Signal) error {
	_ = a.cmd.Process.Signal(s)
	return a.cmd.Wait()
}

// filled returns the URL of a database with one target.
func filled(t *testing.T) string {
	t.Helper()
	database := storetest.SQLiteURL(t)
	fill(t, database)
	return database
}

func whole(t *testing.T, file string) (targets int, text string) {
	t.Helper()
	b, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		return 0, ""
	}
	require.NoError(t, err)
	var list []struct{ Targets []string }
	require.NoError(t, json.Unmarshal(b, &list), "%s", b)
	for _, g := range list {
		targets += len(g.Targets)
	}
	return targets, string(b)
}

func TestAgentKeepsAFileUntilItIsTold(t *testing.T) {
	database := filled(t)
	s := startServe(t, "--database="+database)
	s.becomes(t, "/-/ready", http.StatusOK, "")
	folder := t.TempDir()
	file := filepath.Join(folder, "x.json")
	a := startAgentProcess(t, "--server="+s.url, "--as=p1.example:9090", "--targets-file="+file, "--mode=640",
		"--coalesce-interval=0s", "--web.listen-address=127.0.0.1:0")
	same := func() bool {
		_, body := s.get(t, "/sd/targets?shard=prod")
		_, text := whole(t, file)
		return text == body
	}
	require.Eventually(t, same, patience, 10*time.Millisecond)
	info, err := os.Stat(file)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o640), info.Mode().Perm())

	mustRun(t, "register-host", "shop-web", "web2.example", "--database="+database)
	require.Eventually(t, func() bool { n, _ := whole(t, file); return n == 2 }, patience, 10*time.Millisecond)

	_, page, found := strings.Cut(a.log.String(), "msg=Listening url=")
	require.True(t, found, a.log.String())
	page, _, _ = strings.Cut(page, "\n")
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	require.Eventually(t, func() bool {
		resp, err := client.Get(strings.TrimSpace(page) + "-/ready")
		require.NoError(t, err)
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	}, patience, 10*time.Millisecond)

	require.NoError(t, a.cmd.Process.Signal(syscall.SIGHUP), "it does not end for that")
	mustRun(t, "register-server", "empty", "p1.example", "9090", "--database="+database)
	require.Eventually(t, func() bool { _, text := whole(t, file); return text == "[]" }, patience, 10*time.Millisecond)
	require.NoError(t, a.end(syscall.SIGTERM), "a signal is no error")
}

// TestAgentIsKilledAtAnyTime kills agents while they write, again and again. The file is a whole list all the time, never
// shorter than it was, and the last agent leaves nothing of the others.
func TestAgentIsKilledAtAnyTime(t *testing.T) {
	database := filled(t)
	s := startServe(t, "--database="+database)
	s.becomes(t, "/-/ready", http.StatusOK, "")
	folder := t.TempDir()
	file := filepath.Join(folder, "x.json")
	flags := []string{"--server=" + s.url, "--shard=prod", "--targets-file=" + file, "--coalesce-interval=0s"}
	inv := storetest.Open(t, database)
	hosts, least := 1, 0
	for range 6 {
		a := startAgentProcess(t, flags...)
		killed := make(chan struct{})
		delay := time.Duration(100+rand.IntN(400)) * time.Millisecond
		go func() {
			defer close(killed)
			time.Sleep(delay)
			_ = a.end(syscall.SIGKILL)
		}()
		for running := true; running; {
			hosts++
			_, _, err := inv.RegisterHost(t.Context(), "shop-web", fmt.Sprintf("many%d.example", hosts))
			require.NoError(t, err)
			n, _ := whole(t, file)
			require.GreaterOrEqual(t, n, least)
			least = n
			select {
			case <-killed:
				running = false
			default:
			}
		}
	}
	left := filepath.Join(folder, ".x.json.promshard-1")
	require.NoError(t, os.WriteFile(left, []byte("["), 0o600), "one at least")
	s.becomes(t, "/sd/targets?shard=prod", http.StatusOK, fmt.Sprintf(`"many%d.example:9100"`, hosts))
	mustRun(t, append([]string{"agent", "--once"}, flags...)...)
	n, _ := whole(t, file)
	require.Equal(t, hosts, n)
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.Len(t, entries, 1, "only the file itself")
}

func TestAgentOnceHasExitCodes(t *testing.T) {
	database := filled(t)
	s := startServe(t, "--database="+database)
	s.becomes(t, "/-/ready", http.StatusOK, "")
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"done":               {[]string{"--server=" + s.url, "--shard=prod"}, exitOK, ""},
		"an unknown shard":   {[]string{"--server=" + s.url, "--shard=nope"}, exitNotFound, `unknown shard "nope"`},
		"an unknown server":  {[]string{"--server=" + s.url, "--as=nope:1"}, exitNotFound, `unknown server "nope:1"`},
		"nobody there":       {[]string{"--server=http://127.0.0.1:1", "--shard=prod", "--timeout=1s"}, exitUnavailable, "connection refused"},
		"no reload":          {[]string{"--server=" + s.url, "--shard=prod", "--reload=http://127.0.0.1:1", "--timeout=1s"}, exitUnavailable, "the files are in place, but Prometheus was not reloaded"},
		"no folder":          {[]string{"--server=" + s.url, "--shard=prod", "--urls-file=/nope/x.json"}, exitFailure, "no such file or directory"},
		"no shard":           {[]string{"--server=" + s.url}, exitUsage, "neither a shard nor a server"},
		"no server":          {[]string{"--shard=prod"}, exitUsage, "required flag(s) '--server' not provided"},
		"a bad server":       {[]string{"--server=localhost", "--shard=prod"}, exitUsage, "is not the URL of a server"},
		"a bad reload":       {[]string{"--server=" + s.url, "--shard=prod", "--reload=localhost"}, exitUsage, `--reload "localhost": not an http or https URL`},
		"a bad split":        {[]string{"--server=" + s.url, "--shard=prod", "--split-by=job"}, exitUsage, `must have one "*"`},
		"a listen address":   {[]string{"--server=" + s.url, "--shard=prod", "--web.listen-address=:0"}, exitUsage, "of no use with --once"},
		"no config":          {[]string{"--server=" + s.url, "--shard=prod", "--http.config.file=/nope"}, exitUsage, `--http.config.file "/nope"`},
		"a config of nobody": {[]string{"--server=" + s.url, "--shard=prod", "--reload.config.file=/nope"}, exitUsage, "but no --reload"},
		"no timeout":         {[]string{"--server=" + s.url, "--shard=prod", "--timeout=0s"}, exitUsage, "--timeout 0s: must be above 0"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "x.json")
			require.NoError(t, os.WriteFile(file, []byte(`[{"targets":["good:1"]}]`), 0o644))
			_, stderr, code := promshard(t, append([]string{"agent", "--once", "--targets-file=" + file}, c.args...)...)
			require.Equal(t, c.code, code, stderr)
			require.Contains(t, stderr, c.says)
			if c.code == exitOK || name == "no reload" || name == "no folder" {
				_, body := s.get(t, "/sd/targets?shard=prod")
				_, text := whole(t, file)
				require.Equal(t, body, text)
				return
			}
			n, _ := whole(t, file)
			require.Equal(t, 1, n, "the file stays")
			_, text := whole(t, file)
			require.Contains(t, text, "good:1")
		})
	}
}

// TestAgentHasCredentials runs against a promshard that wants a password, and a Prometheus that wants one and has a
// certificate of its own.
func TestAgentHasCredentials(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		return file
	}
	database := filled(t)
	hash := bcryptHash(t, "secret")
	s := startServe(t, "--database="+database, "--web.config.file="+write("web.yml", "basic_auth_users: {agent: "+hash+"}"))

	var reloads atomic.Int64
	prometheus := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && r.URL.Path == "/-/reload" && r.Header.Get("Authorization") == "Bearer token" {
			reloads.Add(1)
			return
		}
		w.WriteHeader(http.StatusUnauthorized)
	}))
	defer prometheus.Close()
	var ca bytes.Buffer
	require.NoError(t, pem.Encode(&ca, &pem.Block{Type: "CERTIFICATE", Bytes: prometheus.Certificate().Raw}))
	write("ca.pem", ca.String())
	write("password", "secret")
	file := filepath.Join(folder, "x.json")
	once := []string{"agent", "--once", "--server=" + s.url, "--shard=prod", "--targets-file=" + file}

	_, stderr, code := promshard(t, append(once, "--timeout=1s")...)
	require.Equal(t, exitUnavailable, code)
	require.Contains(t, stderr, "401 Unauthorized")
	require.NoFileExists(t, file)

	mustRun(t, append(once,
		"--http.config.file="+write("http.yml", "basic_auth: {username: agent, password_file: password}"),
		"--reload="+prometheus.URL+"/",
		"--reload.config.file="+write("reload.yml", "authorization: {credentials: token}\ntls_config: {ca_file: ca.pem}"))...)
	n, _ := whole(t, file)
	require.Equal(t, 1, n)
	require.Equal(t, int64(1), reloads.Load())
}

func bcryptHash(t *testing.T, password string) string {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	require.NoError(t, err)
	return string(hash)
}
