//go:build e2e && linux

package e2e

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	// patience is how long anything may take that must happen.
	patience = 60 * time.Second
	// logLines is how much of a program's log a failed test prints.
	logLines = 40
)

// process is a program that a test has started. It does not outlive the test.
type process struct {
	name string
	cmd  *exec.Cmd
	log  logBuffer
	// done is closed once the program has ended; cmd.ProcessState then says how.
	done chan struct{}
}

// logBuffer collects what a program prints. It is safe for concurrent use.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// tail returns the last lines.
func (l *logBuffer) tail() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	lines := strings.SplitAfter(l.b.String(), "\n")
	return strings.Join(lines[max(0, len(lines)-logLines):], "")
}

func (l *logBuffer) contains(text string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Contains(l.b.String(), text)
}

func (l *logBuffer) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.b.String(), text)
}

// start starts a program, and prints its log when the test has failed.
func start(t *testing.T, name, path string, args ...string) *process {
	t.Helper()
	p := &process{name: name, cmd: exec.Command(path, args...), done: make(chan struct{})}
	p.cmd.Dir = t.TempDir()
	p.cmd.Stdout, p.cmd.Stderr = &p.log, &p.log
	// A test binary that is killed takes its programs with it.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	require.NoError(t, p.cmd.Start(), "starting %s", name)
	go func() {
		defer close(p.done)
		_ = p.cmd.Wait()
	}()
	t.Cleanup(func() {
		p.end(t, syscall.SIGTERM)
		if t.Failed() {
			t.Logf("%s ended (%s), its log:\n%s", p.name, p.cmd.ProcessState, p.log.tail())
		}
	})
	return p
}

// kill ends the program the hard way.
func (p *process) kill(t *testing.T) {
	t.Helper()
	p.end(t, syscall.SIGKILL)
}

// end sends the signal unless the program has ended, and returns once it has.
func (p *process) end(t *testing.T, signal syscall.Signal) {
	t.Helper()
	select {
	case <-p.done:
		return
	default:
	}
	if err := p.cmd.Process.Signal(signal); err != nil {
		t.Logf("signalling %s: %v", p.name, err)
	}
	select {
	case <-p.done:
	case <-time.After(patience):
		t.Errorf("%s does not end on %s", p.name, signal)
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}

// ended says how the program ended, nil while it runs.
func (p *process) ended() error {
	select {
	case <-p.done:
		return fmt.Errorf("%s has ended (%s)\n%s", p.name, p.cmd.ProcessState, p.log.tail())
	default:
		return nil
	}
}

// eventually runs check until it returns nil. The test ends when that takes longer than patience.
func eventually(t *testing.T, check func() error) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-deadline.C:
			t.Fatalf("still after %s: %v", patience, err)
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		case <-tick.C:
		}
	}
}

// given are the addresses that freeAddress has returned.
var given sync.Map

// freeAddress returns a loopback address that nothing listens on and no other test was given, so that a program can be
// started on it again and again. Its port is below those that the system hands out by itself.
func freeAddress(t *testing.T) string {
	t.Helper()
	for range 100 {
		address := fmt.Sprintf("127.0.0.1:%d", 20000+rand.IntN(10000))
		if _, taken := given.LoadOrStore(address, true); taken {
			continue
		}
		l, err := net.Listen("tcp", address)
		if err == nil {
			require.NoError(t, l.Close())
			return address
		}
	}
	t.Fatal("no free port between 20000 and 30000")
	return ""
}
