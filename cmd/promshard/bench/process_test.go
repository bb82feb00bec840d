//go:build bench && linux

package bench

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// patience is how long a server may take to start, loading the fleet included, or to stop.
const patience = 3 * time.Minute

// server is a program under measurement. It ends with the test.
type server struct {
	name string
	// url has no slash at the end.
	url string
	cmd *exec.Cmd
	log bytes.Buffer // to be read once the program has ended
}

// startServer starts a program that will answer at the address, and waits until probe, a path, is answered with 200.
func startServer(t *testing.T, name, address, probe string, cmd *exec.Cmd) *server {
	t.Helper()
	s := &server{name: name, url: "http://" + address, cmd: cmd}
	cmd.Stdout, cmd.Stderr = &s.log, &s.log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	require.NoError(t, cmd.Start(), "starting %s", name)
	var ended error
	done := make(chan struct{})
	go func() {
		ended = cmd.Wait()
		close(done)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-done:
		case <-time.After(patience):
			_ = cmd.Process.Kill()
			<-done
			t.Errorf("%s did not stop", name)
		}
		if t.Failed() {
			t.Logf("%s ended with %v, its log:\n%s", name, ended, s.log.String())
		}
	})
	for deadline := time.Now().Add(patience); ; {
		if get(t, s.url+probe, "").ok() {
			return s
		}
		select {
		case <-done:
			require.FailNow(t, "has ended early", "%s: %v\n%s", name, ended, s.log.String())
		case <-time.After(20 * time.Millisecond):
			require.True(t, time.Now().Before(deadline), "%s does not answer", name)
		}
	}
}

// freeAddress returns a loopback address that nothing listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := l.Addr().String()
	require.NoError(t, l.Close())
	return address
}

// buildPromshard builds the program once per run.
var buildPromshard = sync.OnceValues(func() (string, error) {
	path := filepath.Join(config.cache, "promshard")
	out, err := exec.Command("go", "build", "-o", path, "..").CombinedOutput()
	if err != nil {
		err = fmt.Errorf("building promshard: %w\n%s", err, out)
	}
	return path, err
})

// startPromshard serves the database, and returns once everything is loaded.
func startPromshard(t *testing.T, databaseURL string) *server {
	t.Helper()
	path, err := buildPromshard()
	require.NoError(t, err)
	address := freeAddress(t)
	cmd := exec.Command(path, "serve", "--database", databaseURL, "--web.listen-address", address)
	return startServer(t, "promshard", address, "/-/ready", cmd)
}

// startBare serves the file from the memory of a process that does nothing else; see serveBare.
func startBare(t *testing.T, file string) *server {
	t.Helper()
	path, err := os.Executable()
	require.NoError(t, err)
	address := freeAddress(t)
	cmd := exec.Command(path, address)
	cmd.Env = append(os.Environ(), bareFile+"="+file)
	return startServer(t, "bare net/http", address, "/", cmd)
}

// nginxConfig is Debian's defaults where they matter to a file this size (sendfile, tcp_nopush, a worker per core), with
// an open file kept open, no log, and connections that are never closed.
const nginxConfig = `
daemon off; worker_processes auto; pid %[1]s/nginx.pid; error_log stderr warn; %[4]s
events { worker_connections 768; }
http {
	access_log off; sendfile on; tcp_nopush on; types_hash_max_size 2048; open_file_cache max=10;
	keepalive_timeout 65; keepalive_requests 1000000000;
	client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/proxy; fastcgi_temp_path %[1]s/fastcgi;
	uwsgi_temp_path %[1]s/uwsgi; scgi_temp_path %[1]s/scgi;
	server { listen %[2]s; root %[3]s; default_type application/json; }
}
`

// startNginx serves the folder of files.
func startNginx(t *testing.T, folder string) *server {
	t.Helper()
	path := findNginx(t)
	dir, address, user := t.TempDir(), freeAddress(t), ""
	if os.Geteuid() == 0 {
		user = "user root;" // the folders of tests are open to their owner alone
	}
	file := filepath.Join(dir, "nginx.conf")
	require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, nginxConfig, dir, address, folder, user), 0o644))
	return startServer(t, "nginx", address, "/list", exec.Command(path, "-p", dir, "-e", "stderr", "-c", file))
}

// findNginx returns the one of this system, or the one that .ci/setup has unpacked.
func findNginx(t *testing.T) string {
	t.Helper()
	for _, path := range []string{"nginx", "/usr/sbin/nginx", filepath.Join(filepath.Dir(config.cache), "nginx", "usr", "sbin", "nginx")} {
		if found, err := exec.LookPath(path); err == nil {
			return found
		}
	}
	missing(t, "nginx")
	return ""
}

// missing skips a measurement for want of a program, or fails it where the environment has CI=true.
func missing(t *testing.T, program string) {
	t.Helper()
	message := program + " is not installed; .ci/setup bench installs it"
	if os.Getenv("CI") == "true" {
		require.FailNow(t, message)
	}
	t.Skip(message)
}
