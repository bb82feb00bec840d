package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store/storetest"
)

// patience is how long a test waits for what should take a moment.
const patience = 30 * time.Second

// printed collects what a program prints. It is safe for concurrent use.
type printed struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (p *printed) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.b.Write(b)
}

func (p *printed) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.b.String()
}

// served is a serve in a process of its own, on a port of its own.
type served struct {
	url            string
	stdout, stderr *printed
	process        *os.Process
	// exit receives how it ended.
	exit chan error
}

// startServe starts promshard serve in a process of its own and waits until it listens.
func startServe(t *testing.T, args ...string) *served {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	s := &served{stdout: &printed{}, stderr: &printed{}, exit: make(chan error, 1)}
	cmd := exec.Command(self)
	cmd.Args = append([]string{"promshard", "serve", "--web.listen-address=127.0.0.1:0"}, args...)
	cmd.Stdout, cmd.Stderr = s.stdout, s.stderr
	cmd.Dir = t.TempDir()
	require.NoError(t, cmd.Start())
	s.process = cmd.Process
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.exit <- cmd.Wait()
	}()
	t.Cleanup(func() {
		s.process.Kill() //nolint:errcheck // it may have ended
		<-ended
		if t.Failed() {
			t.Logf("stderr of serve:\n%s", s.stderr)
		}
	})
	// The two are copied by goroutines of their own, in any order.
	require.Eventually(t, func() bool {
		return strings.Contains(s.stdout.String(), "\nscrape_configs:") && strings.Contains(s.stderr.String(), "Serving")
	}, patience, 10*time.Millisecond)
	first, _, _ := strings.Cut(s.stdout.String(), "\n")
	s.url = strings.TrimSuffix(strings.TrimPrefix(first, "promshard is at "), "/")
	return s
}

func (s *served) signal(t *testing.T, sig os.Signal) {
	t.Helper()
	require.NoError(t, s.process.Signal(sig))
}

// wait returns how the process ended.
func (s *served) wait(t *testing.T) error {
	t.Helper()
	select {
	case err := <-s.exit:
		return err
	case <-time.After(patience):
		require.Fail(t, "serve goes on", s.stderr.String())
		return nil
	}
}

// get fetches a path, on a connection of its own.
func (s *served) get(t *testing.T, path string) (*http.Response, string) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	resp, err := client.Get(s.url + path)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp, string(body)
}

// becomes waits until a path is answered with a status and a body that contains text.
func (s *served) becomes(t *testing.T, path string, status int, text string) {
	t.Helper()
	require.Eventually(t, func() bool {
		resp, body := s.get(t, path)
		return resp.StatusCode == status && strings.Contains(body, text)
	}, patience, 20*time.Millisecond, "%s is not answered with %d and %q", path, status, text)
}

// fill puts one target on shard prod.
func fill(t *testing.T, database string) {
	t.Helper()
	for _, args := range [][]string{
		{"register-server", "prod", "p1.example", "9090"},
		{"service", "add", "shop"},
		{"project", "add", "shop-web", "--service=shop", "--shard=prod"},
		{"register-host", "shop-web", "web1.example"},
		{"register-job", "shop-web", "node", "9100", "--enabled"},
	} {
		mustRun(t, append(args, "--database="+database)...)
	}
}

func TestACommandThatIsInterruptedSaysSo(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	database := "sqlite://" + filepath.Join(t.TempDir(), "x.db")
	cmd := exec.Command(self)
	cmd.Args = []string{"promshard", "import-jobs", "-", "--database=" + database}
	var stderr printed
	cmd.Stderr = &stderr
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	_, err = io.WriteString(in, `[{"targets":["a:1"],"labels":{"service":"s","project":"p","farm":"f","job":"j","__shard":"prod"}},`)
	require.NoError(t, err)
	require.Eventually(t, func() bool { // until the import is under way
		_, err := os.Stat(strings.TrimPrefix(database, "sqlite://") + "-wal")
		return err == nil
	}, patience, 10*time.Millisecond)
	require.NoError(t, cmd.Process.Signal(syscall.SIGINT))
	var exit *exec.ExitError
	require.ErrorAs(t, cmd.Wait(), &exit)
	assert.Equal(t, exitInterrupted, exit.ExitCode())
	assert.Equal(t, "promshard: interrupted\n", stderr.String())
	assert.Equal(t, "[]\n", mustRun(t, "shard", "list", "--output=json", "--database="+database))
}

func TestServeShowsWhatTheCommandLineWrites(t *testing.T) {
	database := "sqlite://" + filepath.Join(t.TempDir(), "x.db")
	s := startServe(t, "--database="+database)
	s.becomes(t, "/-/ready", http.StatusOK, "")
	s.becomes(t, "/sd/targets", http.StatusOK, "[]")

	fill(t, database)
	s.becomes(t, "/sd/targets?shard=prod", http.StatusOK, `"web1.example:9100"`)
	_, body := s.get(t, "/sd/targets")
	assert.Equal(t, mustRun(t, "targets", "--database="+database), body+"\n", "the command line and the server agree")
	mustRun(t, "host", "rm", "shop-web", "web1.example", "--database="+database)
	s.becomes(t, "/sd/targets?shard=prod", http.StatusOK, `[]`)
	resp, _ := s.get(t, "/sd/targets?shard=nope")
	assert.Equal(t, http.StatusNotFound, resp.StatusCode)
	_, metrics := s.get(t, "/metrics")
	for _, name := range []string{"promshard_build_info", "go_goroutines", "process_start_time_seconds"} {
		assert.Contains(t, metrics, "\n"+name)
	}

	s.signal(t, syscall.SIGHUP)
	require.Eventually(t, func() bool { return strings.Contains(s.stderr.String(), "SIGHUP ignored") }, patience, 10*time.Millisecond)
	s.signal(t, syscall.SIGTERM)
	require.NoError(t, s.wait(t))
	assert.Contains(t, s.stderr.String(), "Stopped, as a signal asked for")
	assert.NotContains(t, s.stderr.String(), "level=warn")
}

func TestServeSharesWhoAsks(t *testing.T) {
	database := "sqlite://" + filepath.Join(t.TempDir(), "x.db")
	fill(t, database)
	s := startReady(t, "--database="+database)
	before := mustRun(t, "journal", "--database="+database)
	s.get(t, "/sd/targets?shard=prod")
	listed := func() string { return mustRun(t, "consumers", "--live", "--database="+database) }
	require.Eventually(t, func() bool { return strings.Contains(listed(), "shard=prod") }, patience, 100*time.Millisecond)
	assert.Regexp(t, `127\.0\.0\.1 .*targets  shard=prod .* yes `, listed())
	assert.Contains(t, mustRun(t, "explain", "web1.example:9100", "--database="+database), "CONSUMER      127.0.0.1, ")
	s.get(t, "/sd/urls")
	s.signal(t, syscall.SIGTERM)
	require.NoError(t, s.wait(t))
	assert.Regexp(t, `127\.0\.0\.1 .*urls `, listed(), "what was seen last is saved at the end")
	assert.Equal(t, before, mustRun(t, "journal", "--database="+database), "it is no write of the inventory")
}

func TestServeSaysWhatToPasteIntoPrometheus(t *testing.T) {
	s := startServe(t, "--web.external-url=https://promshard.example/x/")
	assert.Contains(t, s.stdout.String(), "promshard is at https://promshard.example/x/\n")
	assert.Contains(t, s.stdout.String(), "    http_sd_configs:\n      - url: https://promshard.example/x/sd/targets?shard=SHARD\n")
	assert.Contains(t, s.stderr.String(), `prometheus_url="https://promshard.example/x/sd/targets?shard=SHARD"`)
}

func TestServeLogsInJSONWhenAskedTo(t *testing.T) {
	s := startServe(t, "--log.format=json", "--log.level=debug")
	assert.Contains(t, s.stderr.String(), `"msg":"Serving"`)
}

func TestServeRefusesLimitsThatMakeNoSense(t *testing.T) {
	for flag, want := range map[string]string{
		"--web.max-wait=0s":            "--web.max-wait 0s: must be above 0",
		"--web.max-wait=-1s":           "--web.max-wait -1s: must be above 0",
		"--web.max-held-requests=-1":   "--web.max-held-requests -1: must be 0 or more",
		"--web.max-held-requests=many": "many",
		"--web.max-watchers=-1":        "--web.max-watchers -1: must be 0 or more",
		"--web.max-consumers=0":        "--web.max-consumers 0: must be 1 or more",
	} {
		_, stderr, code := promshard(t, "serve", flag, "--database=sqlite://"+filepath.Join(t.TempDir(), "x.db"))
		assert.Equal(t, exitUsage, code, flag)
		assert.Contains(t, stderr, want)
	}
}

func TestServeHoldsNoMoreThanItMay(t *testing.T) {
	database := "sqlite://" + filepath.Join(t.TempDir(), "x.db")
	for _, args := range [][]string{{"--web.max-held-requests=0"}, {"--web.max-wait=10ms"}} {
		s := startReady(t, append(args, "--database="+database)...)
		client := &http.Client{Timeout: patience}
		for range 3 {
			resp, err := client.Get(s.url + "/sd/targets?wait")
			require.NoError(t, err)
			_, err = io.Copy(io.Discard, resp.Body)
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			assert.Equal(t, http.StatusOK, resp.StatusCode)
		}
		client.CloseIdleConnections()
		_, metrics := s.get(t, "/metrics")
		if args[0] == "--web.max-wait=10ms" {
			assert.Contains(t, metrics, "\npromshard_held_requests_total{outcome=\"deadline\"} 2\n")
		} else {
			assert.Contains(t, metrics, "\npromshard_hold_refused_total{reason=\"limit\"} 2\n")
		}
	}
}

// slowRequest asks for a list and reads none of it, so that the server cannot end its answer.
func slowRequest(t *testing.T, s *served) net.Conn {
	t.Helper()
	dialer := net.Dialer{Timeout: patience, Control: func(_, _ string, c syscall.RawConn) error {
		return c.Control(func(fd uintptr) {
			assert.NoError(t, syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4096))
		})
	}}
	conn, err := dialer.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	_, err = io.WriteString(conn, "GET /sd/targets HTTP/1.1\r\nHost: x\r\n\r\n")
	require.NoError(t, err)
	_, err = conn.Read(make([]byte, 0))
	require.NoError(t, err)
	time.Sleep(100 * time.Millisecond) // until the answer has filled what it can
	return conn
}

// longList returns a database whose list has 14 MB, more than lies between two programs unread.
func longList(t *testing.T) string {
	t.Helper()
	labels := `"service": "s", "project": "p", "farm": "f", "job": "j"`
	for i := range 60 {
		labels += fmt.Sprintf(`, "l%d": %q`, i, strings.Repeat("x", 4000))
	}
	groups := make([]string, 60)
	for i := range groups {
		groups[i] = fmt.Sprintf(`{"targets": ["web1.example:%d"], "labels": {%s}}`, 9000+i, labels)
	}
	folder := t.TempDir()
	list, database := filepath.Join(folder, "list.json"), "sqlite://"+filepath.Join(folder, "x.db")
	require.NoError(t, os.WriteFile(list, []byte("["+strings.Join(groups, ",")+"]"), 0o600))
	mustRun(t, "import-jobs", list, "prod", "--database="+database)
	return database
}

// startReady starts serve and waits until its lists are there.
func startReady(t *testing.T, args ...string) *served {
	t.Helper()
	s := startServe(t, args...)
	s.becomes(t, "/-/ready", http.StatusOK, "")
	return s
}

// refusesConnections waits until the process listens no more.
func refusesConnections(t *testing.T, s *served) {
	t.Helper()
	require.Eventually(t, func() bool {
		conn, err := net.DialTimeout("tcp", strings.TrimPrefix(s.url, "http://"), time.Second)
		if err == nil {
			conn.Close()
		}
		return errors.Is(err, syscall.ECONNREFUSED)
	}, patience, 10*time.Millisecond)
}

func TestServeFinishesWhatIsUnderWayWhenAskedToEnd(t *testing.T) {
	database := longList(t)
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		t.Run(sig.String(), func(t *testing.T) {
			s := startReady(t, "--database="+database)
			_, whole := s.get(t, "/sd/targets")
			conn := slowRequest(t, s)
			s.signal(t, sig)
			refusesConnections(t, s)
			select {
			case err := <-s.exit:
				require.Fail(t, "serve has ended before its answer has", "%v", err)
			case <-time.After(200 * time.Millisecond):
			}
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			require.NoError(t, err)
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			assert.Equal(t, http.StatusOK, resp.StatusCode)
			assert.Len(t, body, len(whole), "the answer was cut off")
			require.NoError(t, s.wait(t))
		})
	}
}

func TestServeCutsOffWhatTakesTooLongToEnd(t *testing.T) {
	s := startReady(t, "--web.shutdown-timeout=200ms", "--database="+longList(t))
	slowRequest(t, s)
	s.signal(t, syscall.SIGTERM)
	require.NoError(t, s.wait(t))
	assert.Contains(t, s.stderr.String(), "Not everything stopped well")
}

func TestASecondSignalEndsServeAtOnce(t *testing.T) {
	s := startReady(t, "--database="+longList(t))
	slowRequest(t, s)
	s.signal(t, syscall.SIGTERM)
	refusesConnections(t, s)
	s.signal(t, syscall.SIGTERM)
	var exit *exec.ExitError
	require.ErrorAs(t, s.wait(t), &exit)
	status, ok := exit.Sys().(syscall.WaitStatus)
	require.True(t, ok)
	assert.Equal(t, syscall.SIGTERM, status.Signal())
}

func TestServeSaysThatItsPortIsTaken(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	database := filepath.Join(t.TempDir(), "x.db")
	_, stderr, code := promshard(t, "serve", "--web.listen-address="+l.Addr().String(), "--database=sqlite://"+database)
	assert.Equal(t, exitFailure, code)
	assert.Contains(t, stderr, fmt.Sprintf("promshard: listening on %q: ", l.Addr()))
	assert.Contains(t, stderr, "hint: another process listens there; --web.listen-address takes another address\n")
	assert.NoFileExists(t, database)
}

// TestServeLeavesNothingBehind runs serve in this process, where goroutines that are left behind are found.
func TestServeLeavesNothingBehind(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var out, errOut printed
	code := make(chan int)
	go func() {
		code <- newApp(strings.NewReader(""), &out, &errOut).run(ctx, []string{
			"serve", "--web.listen-address=127.0.0.1:0", "--database=sqlite://" + filepath.Join(t.TempDir(), "x.db"),
		})
	}()
	require.Eventually(t, func() bool { return strings.Contains(out.String(), "scrape_configs:") }, patience, 10*time.Millisecond)
	cancel()
	select {
	case got := <-code:
		assert.Equal(t, exitOK, got, errOut.String())
	case <-time.After(patience):
		require.Fail(t, "serve goes on")
	}
}

func TestServeWaitsForPostgreSQL(t *testing.T) {
	t.Setenv("PROMSHARD_TEST_FSYNC", "1") // what was written must outlive the crashes below
	cluster := storetest.NewCluster(t)
	database := cluster.DatabaseURL(t)
	fill(t, database)
	cluster.Stop(t)

	s := startServe(t, "--database="+database)
	s.becomes(t, "/-/healthy", http.StatusOK, "")
	for _, path := range []string{"/sd/targets", "/sd/targets?shard=prod", "/-/ready"} {
		resp, body := s.get(t, path)
		assert.Equal(t, http.StatusServiceUnavailable, resp.StatusCode, path)
		assert.NotEmpty(t, resp.Header.Get("Retry-After"), path)
		assert.NotEqual(t, "[]", body)
	}
	require.Eventually(t, func() bool { return strings.Contains(s.stderr.String(), "The database cannot be used yet") }, patience, 10*time.Millisecond)
	_, stderr, code := promshard(t, "shard", "list", "--database="+database)
	assert.Equal(t, exitUnavailable, code, stderr)

	cluster.Start(t)
	s.becomes(t, "/sd/targets?shard=prod", http.StatusOK, `"web1.example:9100"`)
	require.Eventually(t, func() bool { return strings.Contains(s.stderr.String(), "The database can be used now") }, patience, 10*time.Millisecond)
	mustRun(t, "register-host", "shop-web", "web2.example", "--database="+database)
	s.becomes(t, "/sd/targets?shard=prod", http.StatusOK, `"web2.example:9100"`)

	cluster.Stop(t)
	time.Sleep(500 * time.Millisecond) // long enough for the loss to be noticed
	resp, body := s.get(t, "/sd/targets?shard=prod")
	assert.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Contains(t, body, `"web2.example:9100"`)
	s.signal(t, syscall.SIGTERM)
	require.NoError(t, s.wait(t))
}

func TestServeEndsWhileItWaitsForPostgreSQL(t *testing.T) {
	s := startServe(t, "--database=postgres://promshard@127.0.0.1:1/promshard?sslmode=disable")
	require.Eventually(t, func() bool { return strings.Contains(s.stderr.String(), "The database cannot be used yet") }, patience, 10*time.Millisecond)
	s.signal(t, syscall.SIGTERM)
	require.NoError(t, s.wait(t))
	assert.Equal(t, 1, strings.Count(s.stderr.String(), "The database cannot be used yet"), "one line per change of state")
}
